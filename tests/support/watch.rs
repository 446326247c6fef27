//! Looks all the time whether namespaces have an injector.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use bowline::cluster::{Cluster, block_on};
use bowline::install::injectors::{answering, injectors};
use bowline::install::labels::{Labels, labels_of};
use bowline::install::live;

use super::control_plane::ControlPlane;

pub struct Watch {
    stop: Arc<AtomicBool>,
    gaps: Arc<Mutex<Vec<String>>>,
    thread: thread::JoinHandle<()>,
}

impl Watch {
    pub fn start(plane: &ControlPlane, namespaces: &[&'static str]) -> Self {
        let (stop, gaps) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let (target, namespaces) = (plane.target(), namespaces.to_vec());
        let (stopped, found) = (Arc::clone(&stop), Arc::clone(&gaps));
        let thread = thread::spawn(move || {
            block_on(async {
                let cluster = Cluster::connect(&target).await.expect("a valid configuration");
                while !stopped.load(Ordering::Relaxed) {
                    for name in &namespaces {
                        if let Some(gap) = gap(&cluster, name).await {
                            found.lock().expect("no panic holds it").push(gap);
                        }
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            })
            .expect("a runtime");
        });
        Watch { stop, gaps, thread }
    }

    /// The moments without an injector.
    pub fn stop(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("it looked to the end");
        let gaps = self.gaps.lock().expect("no panic holds it");
        gaps.clone()
    }
}

/// Why a new pod of a namespace would not be injected now; none if it would. The webhooks are read before and after the
/// namespace, so that a move between the two readings is not taken for a gap.
async fn gap(cluster: &Cluster, name: &str) -> Option<String> {
    let mut answers = 0;
    let before = live::webhooks(cluster, "istio.io/rev").await.ok()?;
    let namespace = live::namespaces(cluster, &format!("kubernetes.io/metadata.name={name}")).await.ok()?;
    let after = live::webhooks(cluster, "istio.io/rev").await.ok()?;
    let labels = labels_of(namespace.first()?);
    for webhooks in [&before, &after] {
        answers = answers.max(answering(&injectors(webhooks), &labels, &Labels::new()).len());
    }
    (answers == 0).then(|| format!("nobody injects {name}, whose labels are {labels:?}"))
}
