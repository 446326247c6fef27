//! The pod that a person names: itself, or the first ready one of a workload.

use serde_json::Value;

use crate::cli::Failure;
use crate::cluster::{Cluster, Resource, Selection};

/// Finds the pod of `[TYPE/]NAME[.NAMESPACE]`.
pub async fn find(cluster: &Cluster, word: &str) -> Result<Value, Failure> {
    let (kind, name) = word.split_once('/').unwrap_or(("pod", word));
    let (name, namespace) = name.split_once('.').unwrap_or((name, cluster.namespace()));
    let resource = cluster.resource_by_word(kind).await?;
    let object = cluster
        .get(&resource, Some(namespace), name)
        .await?
        .ok_or_else(|| Failure::new(format!("{} \"{name}\" not found", resource.plural)))?;
    if resource.kind == "Pod" {
        return Ok(object);
    }
    let selector = object.get("spec").and_then(|spec| spec.get("selector"));
    let labels = selector.and_then(|selector| selector.get("matchLabels").or(Some(selector))?.as_object());
    let labels: Vec<String> =
        labels.into_iter().flatten().filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).collect();
    if labels.is_empty() {
        return Err(Failure::new(format!("{kind}/{name} in namespace {namespace} selects no pods")));
    }
    let pods = Resource::known("", "Pod").ok_or_else(|| Failure::new("kind Pod is not known"))?;
    let selection = Selection { namespace: Some(namespace), labels: &labels.join(","), ..Selection::default() };
    let mut found = cluster.list(&pods, &selection).await?;
    found.sort_by_key(|pod| !is_ready(pod));
    found
        .into_iter()
        .next()
        .ok_or_else(|| Failure::new(format!("no pod of {kind}/{name} in namespace {namespace} was found")))
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod.get("status").and_then(|status| status.get("conditions")?.as_array());
    conditions.into_iter().flatten().any(|condition| {
        condition.get("type").and_then(Value::as_str) == Some("Ready")
            && condition.get("status").and_then(Value::as_str) == Some("True")
    })
}
