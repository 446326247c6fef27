//! Where the pod sits inside each kind of object, and which workload owns it.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Value, json};

use super::types::Struct;
use super::types::decode::{self, DecodeError};
use super::types::meta::TYPE_META;
use super::types::workload::WORKLOADS;

/// The workload a pod belongs to, as templates see it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    pub api_version: String,
    pub kind: String,
    pub name: String,
    pub namespace: String,
}

/// The kind of an object, read as Go reads it: from its `kind` in whatever case. `entries` are those at its top.
pub fn kind_of(entries: impl Iterator<Item = (String, Value)>) -> Result<String, DecodeError> {
    let Value::Object(mut read) = decode::read_document(Value::Object(entries.collect()), &TYPE_META)? else {
        return Ok(String::new());
    };
    Ok(match read.remove("kind") {
        Some(Value::String(kind)) => kind,
        _ => String::new(),
    })
}

/// Whether a key at the top of an object is one that [`kind_of`] looks at.
pub fn tells_kind(key: &str) -> bool {
    TYPE_META.field_in_any_case(key).is_some()
}

/// The Go type of an injectable kind.
pub fn type_of(kind: &str) -> Option<&'static Struct> {
    WORKLOADS.iter().find(|(name, _)| *name == kind).map(|(_, of)| *of)
}

/// The two places of a pod inside an object.
pub(super) struct Places {
    pub metadata: &'static [&'static str],
    pub spec: &'static [&'static str],
}

pub(super) fn places(kind: &str) -> Places {
    match kind {
        "Pod" => Places { metadata: &["metadata"], spec: &["spec"] },
        // The reference reads the job template's metadata, not the pod template's below it.
        "CronJob" => Places {
            metadata: &["spec", "jobTemplate", "metadata"],
            spec: &["spec", "jobTemplate", "spec", "template", "spec"],
        },
        _ => Places { metadata: &["spec", "template", "metadata"], spec: &["spec", "template", "spec"] },
    }
}

/// A workload without a pod template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("spec.template is required value")]
pub struct NoTemplate;

/// The pod of a decoded workload: `{metadata, spec}`.
pub fn pod_of(object: &Value) -> Result<Value, NoTemplate> {
    let kind = text(object, "kind");
    if matches!(kind, "ReplicationController" | "DeploymentConfig")
        && object.get("spec").and_then(|spec| spec.get("template")).is_none()
    {
        return Err(NoTemplate);
    }
    let places = places(kind);
    let part = |path| at(object, path).cloned().unwrap_or_else(|| json!({}));
    Ok(json!({"metadata": part(places.metadata), "spec": part(places.spec)}))
}

/// The spec of a workload's pod.
pub fn pod_spec(object: &Value) -> Option<&Value> {
    at(object, places(text(object, "kind")).spec)
}

/// Puts a pod's metadata and spec back into its workload.
pub fn put_pod(object: &mut Value, pod: Value) {
    let places = places(text(object, "kind"));
    let Value::Object(mut pod) = pod else { return };
    for (name, path) in [("metadata", places.metadata), ("spec", places.spec)] {
        if let Some(part) = pod.swap_remove(name) {
            put(object, path, part);
        }
    }
}

/// The owner that templates see for a decoded workload.
pub fn owner_of(object: &Value) -> Owner {
    if text(object, "kind") == "Pod" {
        return owner_of_pod(object.get("metadata").unwrap_or(&Value::Null));
    }
    let metadata = object.get("metadata").unwrap_or(&Value::Null);
    Owner {
        api_version: text(object, "apiVersion").to_string(),
        kind: text(object, "kind").to_string(),
        name: text(metadata, "name").to_string(),
        namespace: text(metadata, "namespace").to_string(),
    }
}

static CRON_JOB_RUN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^(.+)-\d{8,10}$").ok());

/// The workload behind a pod, found from its owner reference, its name and the labels controllers set.
pub fn owner_of_pod(metadata: &Value) -> Owner {
    let name = text(metadata, "name");
    let mut owner = Owner {
        api_version: "v1".to_string(),
        kind: "Pod".to_string(),
        name: name.to_string(),
        namespace: text(metadata, "namespace").to_string(),
    };
    let references = metadata.get("ownerReferences").and_then(Value::as_array);
    let controller = references
        .into_iter()
        .flatten()
        .find(|reference| reference.get("controller").and_then(Value::as_bool) == Some(true));
    if !text(metadata, "generateName").is_empty()
        && let Some(reference) = controller
    {
        owner.api_version = text(reference, "apiVersion").to_string();
        owner.kind = text(reference, "kind").to_string();
        owner.name = text(reference, "name").to_string();
        through_controller(&mut owner, metadata);
    }
    if owner.name.is_empty() {
        owner.name = name.to_string();
    }
    owner
}

/// Goes from a pod's direct controller to the object the user wrote.
fn through_controller(owner: &mut Owner, metadata: &Value) {
    let label = |key: &str| metadata.get("labels").map_or("", |labels| text(labels, key));
    let without = |name: &str, hash: &str| {
        (!hash.is_empty()).then(|| name.strip_suffix(hash)?.strip_suffix('-').map(str::to_string)).flatten()
    };
    let is_replica_set = owner.kind == "ReplicaSet";
    if is_replica_set && let Some(name) = without(&owner.name, label("pod-template-hash")) {
        owner.name = name;
        owner.kind = "Deployment".to_string();
    } else if is_replica_set && let Some(name) = without(&owner.name, label("rollouts-pod-template-hash")) {
        owner.name = name;
        owner.kind = "Rollout".to_string();
        owner.api_version = "v1alpha1".to_string();
    } else if owner.kind == "ReplicationController" && !label("deploymentconfig").is_empty() {
        owner.name = label("deploymentconfig").to_string();
        owner.kind = "DeploymentConfig".to_string();
    } else if owner.kind == "Job"
        && let Some(found) = CRON_JOB_RUN.as_ref().and_then(|pattern| pattern.captures(&owner.name))
    {
        owner.name = found.get(1).map_or("", |group| group.as_str()).to_string();
        owner.kind = "CronJob".to_string();
        owner.api_version = "batch/v1".to_string();
    }
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn at<'v>(object: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(object, |value, key| value.get(*key))
}

fn put(object: &mut Value, path: &[&str], part: Value) {
    let mut place = object;
    for key in path {
        let Value::Object(map) = place else { return };
        place = map.entry((*key).to_string()).or_insert_with(|| json!({}));
    }
    *place = part;
}
