//! Takes the steps of an upgrade in a cluster. Every step can be repeated: it looks first and does what is still missing.

mod pin;
mod promote;
mod wave;

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Value;

use super::gates::{self, Verdict};
use super::mesh::{self, Mesh};
use super::record::{self, Upgrade};
use super::state::{self, State};
use crate::cluster::{self, Cluster, name_of, object_namespace};
use crate::install::deploy::lease::{self, Lease};
use crate::install::deploy::progress::Pending;
use crate::install::revisions::tag_objects;

/// How long istiod may take to put its certificate into its webhooks.
const CERTIFICATE: Duration = Duration::from_secs(10);
/// The field manager of labels and annotations that an upgrade writes.
const MANAGER: &str = crate::install::deploy::OWN_MANAGER;

/// What happens during a step, as it happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A step begins.
    Step { what: String },
    /// A question was answered.
    Gate(Verdict),
    /// A namespace's labels changed.
    Relabelled { namespace: String, revision: String },
    /// A workload makes its pods anew.
    Restarted { workload: String },
    /// What is not there yet.
    Waiting { objects: Vec<Pending> },
    /// A tag points to a revision.
    Tagged { tag: String, revision: String },
    /// An object was removed.
    Removed { object: String },
    /// Something worth knowing.
    Note { text: String },
}

/// Why a step of an upgrade was not done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Cluster(#[from] cluster::Error),
    #[error(transparent)]
    Lease(#[from] lease::Error),
    #[error(transparent)]
    Tag(#[from] tag_objects::Error),
    /// A gate is closed: the step must not be taken, or did not end well.
    #[error("{step}: {}", reasons.join("; "))]
    Gates { step: String, reasons: Vec<String> },
    #[error("revision {0} has no injection webhook of its own")]
    NoWebhook(String),
    #[error("the old revision {0} is gone; there is no way back but installing it again")]
    NoWayBack(String),
    #[error("{0}")]
    NotYet(String),
}

impl Error {
    /// Whether the mesh said no, in contrast to a tool or a server that failed on the way.
    pub fn is_verdict(&self) -> bool {
        matches!(self, Error::Gates { .. })
    }
}

/// Takes steps.
pub struct Driver<'d> {
    pub cluster: &'d Cluster,
    pub istio_namespace: &'d str,
    pub lease: &'d Lease,
    pub tell: &'d dyn Fn(Event),
    /// How long the workloads of a wave may take.
    pub wave_timeout: Duration,
}

impl Driver<'_> {
    pub async fn look(&self) -> Result<Mesh, Error> {
        Ok(mesh::look(self.cluster, self.istio_namespace).await?)
    }

    pub async fn state(&self, upgrade: &Upgrade) -> Result<State, Error> {
        Ok(state::derive(Some(upgrade), &self.look().await?))
    }

    pub async fn save(&self, upgrade: &Upgrade) -> Result<(), Error> {
        Ok(record::write(self.cluster, self.istio_namespace, upgrade).await?)
    }

    /// Writes down when something was done, once.
    pub async fn mark(&self, upgrade: &mut Upgrade, what: &str) -> Result<(), Error> {
        if !upgrade.times.contains_key(what) {
            upgrade.times.insert(what.to_owned(), now());
            self.save(upgrade).await?;
        }
        Ok(())
    }

    /// Tells every verdict; an error with those that failed.
    pub fn judge(&self, step: &str, verdicts: Vec<Verdict>) -> Result<(), Error> {
        let reasons: Vec<String> = verdicts.iter().filter(|v| !v.passed).map(|v| v.text.clone()).collect();
        for verdict in verdicts {
            (self.tell)(Event::Gate(verdict));
        }
        if reasons.is_empty() { Ok(()) } else { Err(Error::Gates { step: step.to_owned(), reasons }) }
    }

    /// After the installation of the new revision: waits a little for its certificate, then asks whether it is well.
    pub async fn settle(&self, upgrade: &Upgrade) -> Result<(), Error> {
        let mut patience = Patience::new(CERTIFICATE);
        loop {
            let mesh = self.look().await?;
            if mesh.own_webhook(&upgrade.to).is_none() {
                return Err(Error::NoWebhook(upgrade.to.clone()));
            }
            let certificates = gates::certificates(&mesh, &upgrade.to);
            if certificates.unknown && patience.pause().await {
                continue;
            }
            return self.judge("the new control plane", vec![gates::control_plane(&mesh, &upgrade.to), certificates]);
        }
    }

    async fn patch(&self, object: &Value, patch: &Value) -> Result<Value, Error> {
        let resource = self.cluster.resource_of(object).await?;
        Ok(self.cluster.merge_patch(&resource, object_namespace(object), name_of(object), patch, MANAGER).await?)
    }
}

/// Waits with growing pauses until a deadline.
struct Patience {
    deadline: Instant,
    pause: Duration,
}

impl Patience {
    fn new(limit: Duration) -> Self {
        Patience { deadline: Instant::now() + limit, pause: Duration::from_millis(250) }
    }

    /// Pauses; whether there is time left for another look.
    async fn pause(&mut self) -> bool {
        if Instant::now() >= self.deadline {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(Duration::from_secs(2));
        true
    }
}

/// The moment, RFC 3339.
fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
