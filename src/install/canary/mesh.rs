//! What a cluster holds of revisions and of those who use them.

use serde_json::{Value, json};

use crate::cluster::{Cluster, Error, Selection, name_of, object_namespace};
use crate::install::revisions::injectors::{REVISION, TAG, answering, injectors};
use crate::install::revisions::labels::{Labels, label, labels_of, selects};
pub use crate::install::revisions::live::version_of;
use crate::install::revisions::live::{self, kind};

/// Kinds whose pods follow a template.
const WORKLOADS: [&str; 3] = ["Deployment", "StatefulSet", "DaemonSet"];

/// The objects that say who is injected by whom.
#[derive(Clone, Debug, Default)]
pub struct Mesh {
    /// MutatingWebhookConfigurations with a revision.
    pub webhooks: Vec<Value>,
    pub namespaces: Vec<Value>,
    /// Pods that are not on their way out.
    pub pods: Vec<Value>,
    /// Deployments, StatefulSets and DaemonSets.
    pub workloads: Vec<Value>,
    /// istiod's Deployments in the Istio namespace.
    pub istiods: Vec<Value>,
}

/// Reads the whole mesh.
pub async fn look(cluster: &Cluster, istio_namespace: &str) -> Result<Mesh, Error> {
    let (workloads, pods) = users(cluster, None).await?;
    let istiod = |workload: &&Value| {
        workload["kind"] == "Deployment"
            && object_namespace(workload) == Some(istio_namespace)
            && label(workload, "app") == Some("istiod")
    };
    Ok(Mesh {
        webhooks: live::webhooks(cluster, REVISION).await?,
        namespaces: live::namespaces(cluster, "").await?,
        istiods: workloads.iter().filter(istiod).cloned().collect(),
        workloads,
        pods,
    })
}

/// The workloads and living pods of one namespace, or of all.
pub async fn users(cluster: &Cluster, namespace: Option<&str>) -> Result<(Vec<Value>, Vec<Value>), Error> {
    let selection = Selection { namespace, ..Selection::default() };
    let mut workloads = Vec::new();
    for name in WORKLOADS {
        workloads.extend(cluster.list(&kind("apps", name)?, &selection).await?);
    }
    let mut pods = Vec::new();
    let add = |pods: &mut Vec<Value>, pod| pods.extend(Some(pod).filter(is_alive).map(slim));
    cluster.fold(&kind("", "Pod")?, &selection, &mut pods, add).await?;
    Ok((workloads, pods))
}

/// A pod without what nobody here asks about: there may be tens of thousands.
fn slim(mut pod: Value) -> Value {
    if let Some(metadata) = pod["metadata"].as_object_mut() {
        metadata.remove("managedFields");
    }
    if let Some(spec) = pod["spec"].as_object_mut() {
        spec.retain(|key, _| key == "containers");
        for container in spec.get_mut("containers").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(container) = container.as_object_mut() {
                container.retain(|key, _| matches!(key.as_str(), "name" | "image"));
            }
        }
    }
    pod
}

/// Neither leaving nor finished.
fn is_alive(pod: &Value) -> bool {
    pod["metadata"]["deletionTimestamp"].is_null()
        && !matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"))
}

impl Mesh {
    /// Revisions with an istiod, sorted.
    pub fn revisions(&self) -> Vec<&str> {
        let mut found: Vec<&str> = self.istiods.iter().map(revision_of).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    pub fn istiod(&self, revision: &str) -> Option<&Value> {
        self.istiods.iter().find(|istiod| revision_of(istiod) == revision)
    }

    pub fn istiod_pods(&self, revision: &str) -> Vec<&Value> {
        self.istiod(revision).map(|istiod| self.pods_of(istiod)).unwrap_or_default()
    }

    /// The webhook of a revision itself, not of a tag.
    pub fn own_webhook(&self, revision: &str) -> Option<&Value> {
        let own = |webhook: &&Value| label(webhook, REVISION) == Some(revision) && label(webhook, TAG).is_none();
        self.webhooks.iter().find(own)
    }

    /// (tag, revision), sorted by tag; `default` last, since it has the most users.
    pub fn tags(&self) -> Vec<(&str, &str)> {
        let pair = |webhook| Some((label(webhook, TAG)?, label(webhook, REVISION)?));
        let mut tags: Vec<(&str, &str)> = self.webhooks.iter().filter_map(pair).collect();
        tags.sort_by_key(|(tag, _)| (*tag == "default", *tag));
        tags.dedup();
        tags
    }

    pub fn tag_webhook(&self, tag: &str) -> Option<&Value> {
        self.webhooks.iter().find(|webhook| label(webhook, TAG) == Some(tag))
    }

    pub fn namespace(&self, name: &str) -> Option<&Value> {
        self.namespaces.iter().find(|namespace| name_of(namespace) == name)
    }

    /// The revision that injects new pods of a namespace with these labels, if the pods themselves ask for nothing.
    pub fn revision_for(&self, namespace: &Labels) -> Option<&str> {
        answering(&injectors(&self.webhooks), namespace, &Labels::new()).first().map(|injector| injector.revision())
    }

    /// Namespaces whose new pods this revision injects.
    pub fn members(&self, revision: &str) -> Vec<&str> {
        let all = injectors(&self.webhooks);
        let member = |namespace: &&Value| {
            let answering = answering(&all, &labels_of(namespace), &Labels::new());
            answering.first().is_some_and(|injector| injector.revision() == revision)
        };
        self.namespaces.iter().filter(member).map(name_of).collect()
    }

    pub fn pods_in<'m>(&'m self, namespace: &'m str) -> impl Iterator<Item = &'m Value> {
        self.pods.iter().filter(move |pod| object_namespace(pod) == Some(namespace))
    }

    pub fn workloads_in<'m>(&'m self, namespace: &'m str) -> impl Iterator<Item = &'m Value> {
        self.workloads.iter().filter(move |workload| object_namespace(workload) == Some(namespace))
    }

    /// Pods, and the templates of workloads as if they were pods: every kind of pod there is.
    pub fn pod_shapes(&self) -> Vec<Value> {
        let of_template = |workload: &Value| {
            let labels = &workload["spec"]["template"]["metadata"]["labels"];
            json!({"metadata": {"namespace": object_namespace(workload), "labels": labels}})
        };
        let of_pod = |pod: &Value| json!({"metadata": {"namespace": object_namespace(pod), "labels": pod["metadata"]["labels"]}});
        self.pods.iter().map(of_pod).chain(self.workloads.iter().map(of_template)).collect()
    }

    pub fn pods_of<'m>(&'m self, workload: &'m Value) -> Vec<&'m Value> {
        pods_of(workload, &self.pods)
    }
}

/// The pods that a workload's selector picks.
pub fn pods_of<'p>(workload: &Value, pods: &'p [Value]) -> Vec<&'p Value> {
    let mine = |pod: &&Value| {
        object_namespace(pod) == object_namespace(workload)
            && !pod["metadata"]["ownerReferences"].is_null()
            && selects(&workload["spec"]["selector"], &labels_of(pod))
    };
    pods.iter().filter(mine).collect()
}

/// The revision an object of a control plane belongs to.
pub fn revision_of(object: &Value) -> &str {
    label(object, REVISION).unwrap_or("default")
}

/// The revision that did inject a pod; none for a pod without a proxy.
pub fn injected_by(pod: &Value) -> Option<String> {
    let annotation = |key: &str| pod["metadata"]["annotations"][key].as_str();
    let status = annotation("sidecar.istio.io/status").and_then(|text| serde_json::from_str::<Value>(text).ok());
    let of_status = status.as_ref().and_then(|status| status["revision"].as_str()).filter(|text| !text.is_empty());
    if let Some(revision) = of_status.or_else(|| annotation(REVISION)) {
        return Some(revision.to_owned());
    }
    // Pods of gateways that were installed whole name their revision in a label.
    let containers = pod["spec"]["containers"].as_array().into_iter().flatten();
    let has_proxy = containers.into_iter().any(|container| container["name"] == "istio-proxy");
    has_proxy.then(|| label(pod, REVISION)).flatten().map(str::to_owned)
}

/// Whether all containers run.
pub fn is_ready(pod: &Value) -> bool {
    let mut conditions = pod["status"]["conditions"].as_array().into_iter().flatten();
    conditions.any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}

/// How often the containers of a pod were started again.
pub fn restarts(pod: &Value) -> i64 {
    let statuses = pod["status"]["containerStatuses"].as_array().into_iter().flatten();
    statuses.map(|status| status["restartCount"].as_i64().unwrap_or(0)).sum()
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::install::revisions::injectors::tests::revisioned;

    /// Two revisions, `old` behind tag `prod` and `new`; one namespace for each way to ask for `old`.
    pub fn two_revisions() -> Mesh {
        let mut tag = revisioned("tag", "old", "prod");
        tag["metadata"]["labels"][TAG] = "prod".into();
        let istiod = |name: &str, revision: &str| {
            json!({
                "apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": name, "namespace": "istio-system", "generation": 1, "labels": {"app": "istiod", REVISION: revision}},
                "spec": {
                    "replicas": 1, "selector": {"matchLabels": {"app": "istiod", REVISION: revision}},
                    "template": {"spec": {"containers": [{"name": "discovery", "image": "example.invalid:5000/pilot:1.30.3@sha256:0"}]}},
                },
                "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1},
            })
        };
        Mesh {
            webhooks: vec![revisioned("old", "old", "old"), tag, revisioned("new", "new", "new")],
            namespaces: vec![
                namespace("by-name", json!({REVISION: "old"})),
                namespace("by-tag", json!({REVISION: "prod"})),
            ],
            istiods: vec![istiod("istiod-old", "old"), istiod("istiod-new", "new")],
            ..Mesh::default()
        }
    }

    pub fn namespace(name: &str, labels: Value) -> Value {
        json!({"metadata": {"name": name, "labels": labels}})
    }

    pub fn deployment(namespace: &str, name: &str) -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": namespace, "generation": 1},
            "spec": {"replicas": 1, "selector": {"matchLabels": {"app": name}}},
            "status": {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1},
        })
    }

    pub fn pod(namespace: &str, workload: &str, revision: &str) -> Value {
        json!({
            "metadata": {
                "name": format!("{workload}-1"), "namespace": namespace, "labels": {"app": workload},
                "ownerReferences": [{"kind": "ReplicaSet"}],
                "annotations": {"sidecar.istio.io/status": json!({"revision": revision}).to_string()},
            },
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]},
        })
    }

    #[test]
    fn members_follow_names_and_tags() {
        let mesh = two_revisions();
        assert_eq!(mesh.members("old"), ["by-name", "by-tag"]);
        assert_eq!(mesh.members("new"), Vec::<&str>::new());
        assert_eq!(mesh.tags(), [("prod", "old")]);
        assert_eq!(mesh.revisions(), ["new", "old"]);
        assert_eq!(mesh.istiod("old").map(version_of), Some("1.30.3"));
    }

    #[test]
    fn a_pod_tells_who_injected_it() {
        assert_eq!(injected_by(&pod("ns", "web", "old")).as_deref(), Some("old"));
        assert_eq!(injected_by(&json!({"metadata": {"annotations": {REVISION: "a"}}})).as_deref(), Some("a"));
        let gateway =
            json!({"metadata": {"labels": {REVISION: "b"}}, "spec": {"containers": [{"name": "istio-proxy"}]}});
        assert_eq!(injected_by(&gateway).as_deref(), Some("b"));
        assert_eq!(injected_by(&json!({"metadata": {"labels": {REVISION: "b"}}})), None);
    }
}
