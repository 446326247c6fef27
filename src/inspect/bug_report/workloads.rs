//! Containers with the workload they belong to and their part in the mesh.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cluster::{name_of, object_namespace};

/// A container's part in the mesh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    Istiod,
    Cni,
    Ztunnel,
    Proxy,
    #[default]
    Application,
}

/// One container of a pod.
#[derive(Clone, Debug, Default)]
pub struct Container {
    pub namespace: String,
    /// The Deployment, StatefulSet, DaemonSet or Job; the pod itself when nothing owns it.
    pub workload: String,
    pub pod: String,
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    pub image: String,
    pub role: Role,
    /// Whether an earlier run left a log.
    pub restarted: bool,
}

impl Container {
    /// `NAMESPACE/WORKLOAD/POD/CONTAINER`.
    pub fn path(&self) -> String {
        format!("{}/{}/{}/{}", self.namespace, self.workload, self.pod, self.name)
    }
}

/// The containers of these pods, sorted by path. Of init containers only the sidecar counts: the others are done.
pub fn containers(pods: &[Value], replica_sets: &[Value]) -> Vec<Container> {
    let mut found: Vec<Container> = pods.iter().flat_map(|pod| of_pod(pod, replica_sets)).collect();
    found.sort_by_key(Container::path);
    found
}

fn of_pod(pod: &Value, replica_sets: &[Value]) -> Vec<Container> {
    let namespace = object_namespace(pod).unwrap_or_default();
    let texts = |key: &str| {
        let pairs = pod["metadata"][key].as_object().into_iter().flatten();
        pairs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect::<BTreeMap<_, _>>()
    };
    let (labels, annotations) = (texts("labels"), texts("annotations"));
    let list = |key: &str| pod["spec"][key].as_array().into_iter().flatten();
    let sidecar = list("initContainers").filter(|one| one["name"] == "istio-proxy");
    let restarted = |name: &str| {
        ["containerStatuses", "initContainerStatuses"].iter().any(|key| {
            let mut all = pod["status"][key].as_array().into_iter().flatten();
            all.any(|status| status["name"] == name && status["restartCount"].as_i64().is_some_and(|count| count > 0))
        })
    };
    list("containers")
        .chain(sidecar)
        .map(|container| {
            let name = container["name"].as_str().unwrap_or_default();
            Container {
                namespace: namespace.to_owned(),
                workload: owner(pod, replica_sets),
                pod: name_of(pod).to_owned(),
                name: name.to_owned(),
                labels: labels.clone(),
                annotations: annotations.clone(),
                image: container["image"].as_str().unwrap_or_default().to_owned(),
                role: role(name, &labels),
                restarted: restarted(name),
            }
        })
        .collect()
}

fn role(container: &str, labels: &BTreeMap<String, String>) -> Role {
    let is = |key: &str, value: &str| labels.get(key).is_some_and(|label| label == value);
    match container {
        "discovery" if is("app", "istiod") => Role::Istiod,
        "install-cni" if is("k8s-app", "istio-cni-node") => Role::Cni,
        "istio-proxy" if is("app", "ztunnel") => Role::Ztunnel,
        "istio-proxy" => Role::Proxy,
        _ => Role::Application,
    }
}

/// The workload a pod belongs to.
fn owner(pod: &Value, replica_sets: &[Value]) -> String {
    let Some((kind, name)) = owner_of(pod) else { return name_of(pod).to_owned() };
    if kind != "ReplicaSet" {
        return name.to_owned();
    }
    let set = replica_sets.iter().find(|set| name_of(set) == name && object_namespace(set) == object_namespace(pod));
    match set.and_then(owner_of) {
        Some((_, deployment)) => deployment.to_owned(),
        None => name.to_owned(),
    }
}

fn owner_of(object: &Value) -> Option<(&str, &str)> {
    let owner = object["metadata"]["ownerReferences"].get(0)?;
    Some((owner["kind"].as_str()?, owner["name"].as_str()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_kind_of_owner_counts_and_pods_without_one_too() {
        let pod = |name: &str, owner: Value, spec: Value| json!({"metadata": {"name": name, "namespace": "n", "ownerReferences": owner, "labels": {"app": "ztunnel"}}, "spec": spec});
        let app =
            json!({"containers": [{"name": "app"}], "initContainers": [{"name": "wait"}, {"name": "istio-proxy"}]});
        let pods = [
            pod("d-1-x", json!([{"kind": "ReplicaSet", "name": "d-1"}]), app),
            pod("s-0", json!([{"kind": "StatefulSet", "name": "s"}]), json!({"containers": [{"name": "db"}]})),
            pod("bare", json!(null), json!({"containers": [{"name": "c"}]})),
        ];
        let sets = [
            json!({"metadata": {"name": "d-1", "namespace": "n", "ownerReferences": [{"kind": "Deployment", "name": "d"}]}}),
        ];
        let found = containers(&pods, &sets);
        let paths: Vec<String> = found.iter().map(Container::path).collect();
        assert_eq!(paths, ["n/bare/bare/c", "n/d/d-1-x/app", "n/d/d-1-x/istio-proxy", "n/s/s-0/db"]);
        assert_eq!(found[2].role, Role::Ztunnel);
    }
}
