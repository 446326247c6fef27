//! A mesh's configuration as one ordered stream of objects that can be applied again.

use serde_json::Value;

use super::live::kind;
use crate::cluster::{Cluster, Error, Resource, Selection, name_of, object_namespace};

/// Group and kind of what is saved, in the order in which it can be applied again.
const SAVED: [(&str, &str); 18] = [
    ("networking.istio.io", "EnvoyFilter"),
    ("networking.istio.io", "ProxyConfig"),
    ("networking.istio.io", "Sidecar"),
    ("networking.istio.io", "ServiceEntry"),
    ("networking.istio.io", "WorkloadGroup"),
    ("networking.istio.io", "WorkloadEntry"),
    ("security.istio.io", "PeerAuthentication"),
    ("security.istio.io", "RequestAuthentication"),
    ("security.istio.io", "AuthorizationPolicy"),
    ("telemetry.istio.io", "Telemetry"),
    ("extensions.istio.io", "WasmPlugin"),
    ("extensions.istio.io", "TrafficExtension"),
    // Destinations before the routes that lead to them.
    ("networking.istio.io", "DestinationRule"),
    ("networking.istio.io", "Gateway"),
    ("networking.istio.io", "VirtualService"),
    ("gateway.networking.k8s.io", "Gateway"),
    ("gateway.networking.k8s.io", "HTTPRoute"),
    ("gateway.networking.k8s.io", "GRPCRoute"),
];

/// Secrets of the Istio namespace that a mesh cannot be rebuilt without.
const SECRETS: [&str; 2] = ["cacerts", "istio-ca-secret"];

/// What was read, and what could not be.
#[derive(Debug, Default)]
pub struct Backup {
    pub objects: Vec<Value>,
    /// Kinds that the server refused to show, with its reason.
    pub refused: Vec<String>,
}

/// Reads everything worth saving: Istio and Gateway API resources of all namespaces, install records, and with
/// `secrets` the CA and the remote clusters' credentials.
pub async fn read(cluster: &Cluster, istio_namespace: &str, secrets: bool) -> Result<Backup, Error> {
    let mut backup = Backup::default();
    for (group, name) in SAVED {
        let resource = kind(group, name)?;
        backup.add(cluster, &resource, Selection::default()).await?;
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
}

/// Whether a controller made the object, and will make it again.
fn is_generated(object: &Value) -> bool {
    object["metadata"]["ownerReferences"].as_array().is_some_and(|owners| !owners.is_empty())
}

/// The object as a user would have written it.
pub fn clean(object: &Value) -> Value {
    let mut object = super::deploy::plan::without_noise(object);
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
