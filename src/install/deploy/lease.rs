//! Only one run at a time: a Lease in the Istio namespace, renewed while the run lasts.
//!
//! A run that was killed leaves its lease behind. It is taken over when it has expired, or at once when the process that
//! held it ran on this machine and is gone.

use std::cell::RefCell;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::OWN_MANAGER;
use crate::cluster::{Cluster, Error as ClusterError, Propagation};
use crate::install::revisions::live::kind;

/// How long a lease holds without being renewed.
const HOLDS: Duration = Duration::from_secs(60);
/// It is renewed when this much of it has passed.
const RENEW_AFTER: Duration = Duration::from_secs(15);

/// Why the lease cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    #[error("{holder} is at work on the same installation (Lease {namespace}/{name}, renewed {renewed})")]
    Held { namespace: String, name: String, holder: String, renewed: String },
    #[error("the Lease {namespace}/{name} was taken over by another run")]
    Lost { namespace: String, name: String },
}

/// A lease that this process holds.
#[derive(Debug)]
pub struct Lease {
    namespace: String,
    name: String,
    holder: String,
    /// The lease as last written.
    object: RefCell<Value>,
}

impl Lease {
    /// Takes the lease, if nobody alive holds it.
    pub async fn acquire(cluster: &Cluster, namespace: &str, name: &str) -> Result<Self, Error> {
        let leases = kind("coordination.k8s.io", "Lease")?;
        let holder = holder();
        // A first look also tells what time it is there.
        let live = cluster.get(&leases, Some(namespace), name).await?;
        let now = cluster.now();
        let mut object = json!({
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": name, "namespace": namespace},
            "spec": spec(&holder, now),
        });
        let written = match live {
            None => cluster.create(&leases, &object, OWN_MANAGER).await,
            Some(live) => {
                if let Some(error) = held(&live, &holder, now) {
                    return Err(error);
                }
                object["metadata"] = live["metadata"].clone();
                cluster.replace(&leases, &object, OWN_MANAGER).await
            }
        };
        match written {
            Ok(object) => Ok(Lease {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                holder,
                object: RefCell::new(object),
            }),
            // Somebody was faster, or our own first try did arrive: the lease itself tells.
            Err(error) if error.is_conflict() => {
                let live = cluster.get(&leases, Some(namespace), name).await?.unwrap_or_default();
                if live["spec"]["holderIdentity"] != holder.as_str() {
                    let lost = Error::Lost { namespace: namespace.to_owned(), name: name.to_owned() };
                    return Err(held(&live, &holder, now).unwrap_or(lost));
                }
                Ok(Lease { namespace: namespace.to_owned(), name: name.to_owned(), holder, object: RefCell::new(live) })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Prolongs the lease when it is time to.
    pub async fn renew(&self, cluster: &Cluster) -> Result<(), Error> {
        let now = cluster.now();
        let mut object = self.object.borrow().clone();
        if renewed(&object).is_some_and(|then| passed(then, now) < RENEW_AFTER) {
            return Ok(());
        }
        object["spec"] = spec(&self.holder, now);
        let leases = kind("coordination.k8s.io", "Lease")?;
        let object = match cluster.replace(&leases, &object, OWN_MANAGER).await {
            Ok(object) => object,
            // Lost, unless it was ourselves: a first try whose answer was lost, or another part of the same run.
            Err(error) if error.is_conflict() || error.is_not_found() => {
                let live = cluster.get(&leases, Some(&self.namespace), &self.name).await?.unwrap_or_default();
                if live["spec"]["holderIdentity"] != self.holder.as_str() {
                    return Err(Error::Lost { namespace: self.namespace.clone(), name: self.name.clone() });
                }
                live
            }
            Err(error) => return Err(error.into()),
        };
        self.object.replace(object);
        Ok(())
    }

    /// Prolongs the lease for as long as it is polled; ends only when the lease is lost.
    pub async fn keep(&self, cluster: &Cluster) -> Error {
        loop {
            tokio::time::sleep(RENEW_AFTER).await;
            match self.renew(cluster).await {
                Err(error @ Error::Lost { .. }) => return error,
                // A server that does not answer is told of by those who wait for it.
                Err(error) => crate::ui::log::debug(&format!("the lease is not renewed: {error}")),
                Ok(()) => {}
            }
        }
    }

    /// Gives the lease back.
    pub async fn release(self, cluster: &Cluster) -> Result<(), Error> {
        let object = self.object.into_inner();
        let uid = object["metadata"]["uid"].as_str();
        let leases = kind("coordination.k8s.io", "Lease")?;
        cluster.delete(&leases, Some(&self.namespace), &self.name, Propagation::Background, uid).await?;
        Ok(())
    }
}

/// `user@machine/process`.
fn holder() -> String {
    let user = std::env::var("USER").unwrap_or_else(|_| "unknown".to_owned());
    format!("{user}@{}/{}", machine(), std::process::id())
}

fn machine() -> String {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = kernel.or_else(|| std::env::var("HOSTNAME").ok()).or_else(|| std::env::var("COMPUTERNAME").ok());
    name.map(|name| name.trim().to_owned()).unwrap_or_else(|| "unknown".to_owned())
}

/// Whether a holder was a process of this machine that is no more.
fn is_dead(holder: &str) -> bool {
    let Some((place, process)) = holder.rsplit_once('/') else { return false };
    let here = place.rsplit_once('@').is_some_and(|(_, name)| name == machine());
    let known = std::path::Path::new("/proc/self").exists();
    here && known && process.parse::<u32>().is_ok_and(|id| !std::path::Path::new(&format!("/proc/{id}")).exists())
}

/// Why a live lease cannot be taken; none if it can.
fn held(live: &Value, me: &str, now: Timestamp) -> Option<Error> {
    let holder = live["spec"]["holderIdentity"].as_str().unwrap_or_default();
    let seconds = live["spec"]["leaseDurationSeconds"].as_u64().unwrap_or(HOLDS.as_secs());
    let expired = renewed(live).is_none_or(|then| passed(then, now) > Duration::from_secs(seconds));
    if holder.is_empty() || holder == me || expired || is_dead(holder) {
        return None;
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Some(Error::Held {
        namespace: text(&live["metadata"]["namespace"]),
        name: text(&live["metadata"]["name"]),
        holder: holder.to_owned(),
        renewed: text(&live["spec"]["renewTime"]),
    })
}

fn spec(holder: &str, now: Timestamp) -> Value {
    let time = now.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string();
    json!({"holderIdentity": holder, "leaseDurationSeconds": HOLDS.as_secs(), "acquireTime": time, "renewTime": time})
}

fn renewed(lease: &Value) -> Option<Timestamp> {
    lease["spec"]["renewTime"].as_str()?.parse().ok()
}

/// The time between two moments, none if the first is still to come.
fn passed(then: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(then)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(holder: &str, renewed: &str) -> Value {
        json!({"metadata": {"namespace": "ns", "name": "l"}, "spec": {
            "holderIdentity": holder, "leaseDurationSeconds": 60, "renewTime": renewed,
        }})
    }

    #[test]
    fn a_lease_is_free_when_it_expired_or_its_process_died() {
        let now: Timestamp = "2026-01-01T00:01:00Z".parse().expect("a time");
        let refuses = |holder: &str, renewed: &str| held(&lease(holder, renewed), "me@here/1", now).is_some();
        assert!(refuses("you@elsewhere/7", "2026-01-01T00:00:30.000000Z"));
        assert!(!refuses("you@elsewhere/7", "2025-12-31T23:59:00.000000Z"), "expired");
        assert!(!refuses("me@here/1", "2026-01-01T00:00:30.000000Z"), "our own");
        let living = format!("you@{}/{}", machine(), std::process::id());
        assert!(refuses(&living, "2026-01-01T00:00:30.000000Z"));
        if std::path::Path::new("/proc/self").exists() {
            let dead = format!("you@{}/4294967294", machine());
            assert!(!refuses(&dead, "2026-01-01T00:00:30.000000Z"), "gone from this machine");
        }
    }
}
