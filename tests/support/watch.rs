//! Looks all the time whether namespaces are served by an injector.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bowline::cluster::{Cluster, Error, block_on};
use bowline::install::canary::mesh::injected_by;
use bowline::install::revisions::injectors::{answering, injectors};
use bowline::install::revisions::labels::{Labels, label, labels_of};
use bowline::install::revisions::live;
use serde_json::json;

use super::control_plane::ControlPlane;

/// How closely it looks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Closeness {
    /// A webhook that points to a ready istiod matches the namespace.
    Webhooks,
    /// And the API server, asked for a pod that it does not keep, has it injected.
    Pods,
}

pub struct Watch {
    stop: Arc<AtomicBool>,
    gaps: Arc<Mutex<Vec<String>>>,
    looks: Arc<AtomicUsize>,
    thread: thread::JoinHandle<()>,
}

impl Watch {
    pub fn start(plane: &ControlPlane, namespaces: &[&'static str], closeness: Closeness) -> Self {
        let (stop, gaps) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let looks = Arc::new(AtomicUsize::new(0));
        let (target, namespaces) = (plane.target(), namespaces.to_vec());
        let (stopped, found, counted) = (Arc::clone(&stop), Arc::clone(&gaps), Arc::clone(&looks));
        let thread = thread::spawn(move || {
            block_on(async {
                let cluster = Cluster::connect(&target).await.expect("a valid configuration");
                while !stopped.load(Ordering::Relaxed) {
                    for name in &namespaces {
                        let Some(seen) = look(&cluster, name, closeness).await else { continue };
                        counted.fetch_add(1, Ordering::Relaxed);
                        found.lock().expect("no panic holds it").extend(seen.err());
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            })
            .expect("a runtime");
        });
        Watch { stop, gaps, looks, thread }
    }

    /// The moments in which nobody served.
    pub fn stop(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("it looked to the end");
        assert!(self.looks.load(Ordering::Relaxed) > 0, "it saw something");
        let gaps = self.gaps.lock().expect("no panic holds it");
        gaps.clone()
    }
}

/// Whether a new pod of a namespace would be injected now; none when the server did not tell. The webhooks are read before
/// and after the namespace, so that a move between the two readings is not taken for a gap.
async fn look(cluster: &Cluster, name: &str, closeness: Closeness) -> Option<Result<(), String>> {
    let before = live::webhooks(cluster, "istio.io/rev").await.ok()?;
    let namespace = live::namespaces(cluster, &format!("kubernetes.io/metadata.name={name}")).await.ok()?;
    let istiods = live::istiods(cluster, "istio-system").await.ok()?;
    let after = live::webhooks(cluster, "istio.io/rev").await.ok()?;
    let labels = labels_of(namespace.first()?);
    let ready = |revision: &str| {
        let own = istiods.iter().filter(|istiod| label(istiod, "istio.io/rev").unwrap_or("default") == revision);
        own.into_iter().any(|istiod| istiod["status"]["readyReplicas"].as_u64() > Some(0))
    };
    let served = [&before, &after].into_iter().any(|webhooks| {
        let answering = answering(&injectors(webhooks), &labels, &Labels::new());
        answering.iter().any(|injector| ready(injector.revision()))
    });
    if !served {
        return Some(Err(format!("nobody injects {name}, whose labels are {labels:?}")));
    }
    if closeness == Closeness::Pods { try_pod(cluster, name).await } else { Some(Ok(())) }
}

/// What the API server makes of a new pod, which it does not keep.
async fn try_pod(cluster: &Cluster, namespace: &str) -> Option<Result<(), String>> {
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "tried", "namespace": namespace},
        "spec": {"containers": [{"name": "app", "image": "example.invalid/app"}]},
    });
    match cluster.post_path(&format!("/api/v1/namespaces/{namespace}/pods?dryRun=All"), &pod).await {
        Ok(made) if injected_by(&made).is_some() => Some(Ok(())),
        Ok(_) => Some(Err(format!("a pod of {namespace} is not injected"))),
        Err(Error::Api { message, .. }) => Some(Err(format!("a pod of {namespace} is refused: {message}"))),
        Err(_) => None,
    }
}
