//! A mesh's configuration as one ordered stream of objects that can be applied again.

use serde_json::{Value, json};

use super::deploy::owned::COMPONENT;
use super::revisions::injectors::TAG;
use super::revisions::live::{self, kind};
use crate::cluster::{Cluster, Error, Resource, Selection, name_of, object_namespace};

/// Groups of which every kind is saved.
const GROUPS: [&str; 5] = [
    "networking.istio.io",
    "security.istio.io",
    "telemetry.istio.io",
    "extensions.istio.io",
    "gateway.networking.k8s.io",
];
/// Kinds that others lead to come before those; of the rest the order does not matter.
const LAST: [&str; 9] = [
    "DestinationRule",
    "GatewayClass",
    "ReferenceGrant",
    "Gateway",
    "VirtualService",
    "HTTPRoute",
    "GRPCRoute",
    "TLSRoute",
    "TCPRoute",
];
/// How the labels begin by which a namespace belongs to the mesh.
const OURS: [&str; 3] = ["istio.io/", "topology.istio.io/", "istio-injection"];

/// Secrets of the Istio namespace that a mesh cannot be rebuilt without.
const SECRETS: [&str; 2] = ["cacerts", "istio-ca-secret"];

/// What was read, and what could not be.
#[derive(Debug, Default)]
pub struct Backup {
    pub objects: Vec<Value>,
    /// Kinds that the server refused to show, with its reason.
    pub refused: Vec<String>,
}

/// Reads everything worth saving: Istio and Gateway API resources of all namespaces, the namespaces they and the mesh's
/// labels are in, tags that users made, install records, and with `secrets` the CA and the remote clusters' credentials.
pub async fn read(cluster: &Cluster, istio_namespace: &str, secrets: bool) -> Result<Backup, Error> {
    let mut backup = Backup::default();
    let mut kinds = Vec::new();
    for group in GROUPS {
        kinds.extend(cluster.kinds_of(group).await?);
    }
    // The server lists kinds in the order in which they were defined; two backups of the same are to be the same text.
    let place = |resource: &Resource| {
        let last = LAST.iter().position(|last| *last == resource.kind).map_or(0, |at| at + 1);
        (last, GROUPS.iter().position(|group| *group == resource.group), resource.kind.clone())
    };
    kinds.sort_by_key(place);
    for resource in &kinds {
        backup.add(cluster, resource, Selection::default()).await?;
    }
    let records = Selection { namespace: Some(istio_namespace), labels: "bowline.dev/record", ..Selection::default() };
    backup.add(cluster, &kind("", "ConfigMap")?, records).await?;
    if secrets {
        let resource = kind("", "Secret")?;
        for name in SECRETS {
            backup.objects.extend(cluster.get(&resource, Some(istio_namespace), name).await?.map(|o| clean(&o)));
        }
        let remote =
            Selection { namespace: Some(istio_namespace), labels: "istio/multiCluster=true", ..Selection::default() };
        backup.add(cluster, &resource, remote).await?;
    }
    backup.add_tags(cluster, istio_namespace).await?;
    backup.add_namespaces(cluster).await?;
    Ok(backup)
}

impl Backup {
    async fn add(&mut self, cluster: &Cluster, resource: &Resource, selection: Selection<'_>) -> Result<(), Error> {
        match cluster.list(resource, &selection).await {
            Ok(mut objects) => {
                objects.retain(|object| !is_generated(object));
                objects.sort_by(|a, b| (object_namespace(a), name_of(a)).cmp(&(object_namespace(b), name_of(b))));
                self.objects.extend(objects.iter().map(clean));
                Ok(())
            }
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) if error.is_forbidden() => {
                self.refused.push(format!("{}: {error}", resource.kind));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// The tags that users made: those of an installation come with it.
    async fn add_tags(&mut self, cluster: &Cluster, istio_namespace: &str) -> Result<(), Error> {
        let selector = format!("{TAG},!{COMPONENT}");
        let services = Selection { namespace: Some(istio_namespace), labels: &selector, ..Selection::default() };
        self.add(cluster, &kind("", "Service")?, services).await?;
        let webhooks = Selection { labels: &selector, ..Selection::default() };
        self.add(cluster, &kind("admissionregistration.k8s.io", "MutatingWebhookConfiguration")?, webhooks).await
    }

    /// Puts the namespaces before everything else: those that hold what is saved, and those with labels of the mesh.
    async fn add_namespaces(&mut self, cluster: &Cluster) -> Result<(), Error> {
        let found = match live::namespaces(cluster, "").await {
            Err(error) if error.is_forbidden() => {
                self.refused.push(format!("Namespace: {error}"));
                return Ok(());
            }
            found => found?,
        };
        let holds = |name: &str| self.objects.iter().any(|object| object_namespace(object) == Some(name));
        let wanted = found.iter().filter(|namespace| {
            namespace["metadata"]["deletionTimestamp"].is_null() && (holds(name_of(namespace)) || is_meshed(namespace))
        });
        let namespaces: Vec<Value> = wanted.map(bare_namespace).collect();
        self.objects.splice(0..0, namespaces);
        Ok(())
    }
}

/// Whether a controller made the object, and will make it again.
fn is_generated(object: &Value) -> bool {
    let metadata = &object["metadata"];
    let has_owner = metadata["ownerReferences"].as_array().is_some_and(|owners| !owners.is_empty());
    let registered = !metadata["annotations"]["istio.io/autoRegistrationGroup"].is_null();
    let controller = object["spec"]["controllerName"].as_str().unwrap_or_default();
    let class_of_istiod = object["kind"] == "GatewayClass" && controller.starts_with("istio.io/");
    has_owner || registered || class_of_istiod
}

fn is_meshed(namespace: &Value) -> bool {
    let mut labels = namespace["metadata"]["labels"].as_object().into_iter().flatten();
    labels.any(|(key, _)| OURS.iter().any(|ours| key.starts_with(ours)))
}

/// A namespace by its name and labels: the rest is the cluster's own.
fn bare_namespace(namespace: &Value) -> Value {
    let mut labels = namespace["metadata"]["labels"].clone();
    if let Some(labels) = labels.as_object_mut() {
        labels.remove("kubernetes.io/metadata.name");
    }
    let mut bare = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name_of(namespace)}});
    if labels.as_object().is_some_and(|labels| !labels.is_empty()) {
        bare["metadata"]["labels"] = labels;
    }
    bare
}

/// The object as a user would have written it.
pub fn clean(object: &Value) -> Value {
    let live = object;
    let mut object = super::deploy::plan::without_noise(object);
    // Of a webhook that is reached by its address nobody fills in whom to trust.
    let webhooks = object.get_mut("webhooks").and_then(Value::as_array_mut).into_iter().flatten();
    for (webhook, live) in webhooks.zip(live["webhooks"].as_array().into_iter().flatten()) {
        if live["clientConfig"]["url"].is_string() && live["clientConfig"]["caBundle"].is_string() {
            webhook["clientConfig"]["caBundle"] = live["clientConfig"]["caBundle"].clone();
        }
    }
    if let Some(annotations) = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.retain(|key, _| !key.starts_with("kubectl.kubernetes.io/"));
        if annotations.is_empty()
            && let Some(metadata) = object["metadata"].as_object_mut()
        {
            metadata.remove("annotations");
        }
    }
    object
}

/// The stream of documents.
pub fn print(objects: &[Value]) -> String {
    objects.iter().map(|object| format!("---\n{}", crate::yaml::to_string(object))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_controllers_make_again_is_not_saved() {
        let with = |metadata: Value| is_generated(&json!({"kind": "WorkloadEntry", "metadata": metadata}));
        assert!(with(json!({"ownerReferences": [{"kind": "Gateway"}]})));
        assert!(with(json!({"annotations": {"istio.io/autoRegistrationGroup": "vm"}})));
        assert!(!with(json!({"annotations": {"a": "b"}})));
        let class = |name: &str| is_generated(&json!({"kind": "GatewayClass", "spec": {"controllerName": name}}));
        assert!(class("istio.io/gateway-controller") && !class("example.com/gateways"));
    }

    #[test]
    fn a_namespace_is_saved_by_its_labels() {
        let labels = json!({"kubernetes.io/metadata.name": "shop", "istio.io/rev": "prod", "team": "a"});
        let namespace = json!({"metadata": {"name": "shop", "uid": "1", "labels": labels}, "spec": {"finalizers": []}});
        assert!(is_meshed(&namespace) && !is_meshed(&json!({"metadata": {"labels": {"team": "a"}}})));
        assert_eq!(
            bare_namespace(&namespace),
            json!({
                "apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": "shop", "labels": {"istio.io/rev": "prod", "team": "a"}},
            })
        );
    }

    #[test]
    fn what_the_server_added_is_not_saved() {
        let live = json!({
            "apiVersion": "networking.istio.io/v1", "kind": "Sidecar",
            "metadata": {
                "name": "a", "namespace": "ns", "uid": "1", "resourceVersion": "2", "generation": 3,
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
            },
            "spec": {"egress": []},
            "status": {"observedGeneration": "3"},
        });
        assert_eq!(
            clean(&live),
            json!({
                "apiVersion": "networking.istio.io/v1", "kind": "Sidecar",
                "metadata": {"name": "a", "namespace": "ns"},
                "spec": {"egress": []},
            })
        );
    }
}
