//! A mesh on the test cluster: an installed control plane and namespaces with workloads.

use std::collections::BTreeMap;
use std::process::Output;
use std::time::Duration;

use bowline::install::canary::mesh::injected_by;
use serde_json::{Value, json};

use super::control_plane::{ControlPlane, wait};
use super::injector::{Injector, REFUSED_BY};

pub struct Mesh {
    pub plane: ControlPlane,
    pub injector: Injector,
}

impl Mesh {
    /// A cluster with the unnamed revision installed.
    pub fn start() -> Option<Self> {
        let mesh = Mesh { plane: ControlPlane::start()?, injector: Injector::start() };
        mesh.run(&["install", "-y", "--set=profile=minimal"], "default").succeeds();
        Some(mesh)
    }

    /// Runs the binary with the injector of a revision among the settings.
    pub fn run(&self, words: &[&str], revision: &str) -> Ran {
        let settings = self.injector.settings(revision);
        let words: Vec<&str> = words.iter().copied().chain(settings.iter().map(String::as_str)).collect();
        Ran::of(&words, self.plane.bowline(&words).output().expect("the built binary starts"))
    }

    /// Runs the binary as it is.
    pub fn bowline(&self, words: &[&str]) -> Ran {
        Ran::of(words, self.plane.bowline(words).output().expect("the built binary starts"))
    }

    pub fn namespace(&self, name: &str, labels: Value) {
        self.plane
            .apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}));
        wait(&format!("namespace {name} has its account"), Duration::from_secs(20), || {
            self.plane.get("v1", "ServiceAccount", Some(name), "default").is_some()
        });
    }

    /// A Deployment, ready; `refused_by` names the revision that cannot inject it.
    pub fn deployment(&self, namespace: &str, name: &str, refused_by: Option<&str>) {
        let mut labels = json!({"app": name});
        if let Some(revision) = refused_by {
            labels[REFUSED_BY] = revision.into();
        }
        self.plane.apply(&json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": name}},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {"containers": [{"name": "app", "image": "example.invalid/app"}]},
                },
            },
        }));
        wait(&format!("{namespace}/{name} is ready"), Duration::from_secs(60), || {
            let live = self.plane.get("apps/v1", "Deployment", Some(namespace), name).unwrap_or_default();
            let status = &live["status"];
            status["observedGeneration"] == live["metadata"]["generation"]
                && status["readyReplicas"] == 2
                && status["updatedReplicas"] == 2
                && status["replicas"] == 2
        });
    }

    /// The living pods of a namespace: UID → revision that injected it (`-` for none).
    pub fn pods(&self, namespace: &str) -> BTreeMap<String, String> {
        let pods = self.plane.with(async |cluster| {
            bowline::install::canary::mesh::users(cluster, Some(namespace)).await.expect("pods").1
        });
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        pods.iter().map(|pod| (text(&pod["metadata"]["uid"]), injected_by(pod).unwrap_or("-".to_owned()))).collect()
    }

    /// The revisions of a namespace's pods, each once.
    pub fn revisions(&self, namespace: &str) -> Vec<String> {
        let mut found: Vec<String> = self.pods(namespace).into_values().collect();
        found.sort();
        found.dedup();
        found
    }

    /// The labels of a namespace that people set.
    pub fn labels(&self, namespace: &str) -> Value {
        let live = self.plane.get("v1", "Namespace", None, namespace).unwrap_or_default();
        let mut labels = live["metadata"]["labels"].clone();
        labels.as_object_mut().map(|labels| labels.remove("kubernetes.io/metadata.name"));
        labels
    }
}

/// A run that has ended.
pub struct Ran {
    words: String,
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ran {
    fn of(words: &[&str], output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let words: Vec<&str> = words.iter().filter(|word| !word.contains("injectionCABundle")).copied().collect();
        Ran { words: words.join(" "), code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    #[track_caller]
    pub fn succeeds(self) -> Self {
        assert_eq!(self.code, Some(0), "{}\n{}\n{}", self.words, self.out, self.err);
        self
    }

    #[track_caller]
    pub fn fails(self) -> Self {
        assert_eq!(self.code, Some(1), "{}\n{}\n{}", self.words, self.out, self.err);
        self
    }
}
