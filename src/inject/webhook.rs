//! The webhook's side: variables in its URL, an AdmissionReview in, an AdmissionReview with a JSON patch out.

use std::collections::BTreeMap;

use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::engine::{Caller, InjectError, Outcome, ProxyConfigs, Request, Worker};
use super::types::decode::{self, DecodeError};
use super::types::pod::POD;
use super::workload;

/// The variables in an injection URL: `/inject/KEY/VALUE/…`, or the older `/inject/:ENV:key=value:ENV:…`.
pub fn url_environment(path: &str) -> BTreeMap<String, String> {
    let Some(rest) = path.strip_prefix("/inject/").filter(|rest| !rest.is_empty()) else { return BTreeMap::new() };
    let mut environment = BTreeMap::new();
    let mut set = |key: &str, value: &str| {
        if key.is_empty() {
            return;
        }
        let name = match key {
            "cluster" => "ISTIO_META_CLUSTER_ID".to_string(),
            "net" => "ISTIO_META_NETWORK".to_string(),
            other => other.to_uppercase(),
        };
        environment.insert(name, value.replace("--slash--", "/"));
    };
    if rest.starts_with(":ENV:") {
        for pair in rest.split(":ENV:") {
            if let Some((key, value)) = pair.split_once('=') {
                set(key, value);
            }
        }
        return environment;
    }
    let parts: Vec<&str> = rest.trim_end_matches('/').split('/').collect();
    for pair in parts.chunks(2) {
        if let [key, value] = pair {
            set(key, value);
        }
    }
    environment
}

/// A pod as an AdmissionReview brings it.
#[derive(Clone, Debug, Default)]
pub struct Admission {
    /// The decoded pod, in the namespace of the request.
    pub pod: Value,
    /// Whether the pod itself names its namespace.
    pub has_namespace: bool,
    pub uid: Value,
}

/// A review that cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReviewError {
    #[error("the review has no request.object")]
    NoObject,
    #[error("request.object: {0}")]
    Decode(#[from] DecodeError),
}

impl Admission {
    /// Reads an `AdmissionReview`, or a bare request.
    pub fn of(review: &Value) -> Result<Self, ReviewError> {
        let request = review.get("request").unwrap_or(review);
        let object = request.get("object").filter(|object| object.is_object()).ok_or(ReviewError::NoObject)?;
        let namespace = request.get("namespace").and_then(Value::as_str).unwrap_or_default();
        let mut admission = Admission::of_pod(object.clone(), namespace)?;
        admission.uid = request.get("uid").cloned().unwrap_or_default();
        Ok(admission)
    }

    /// A bare pod that is created in `namespace`.
    pub fn of_pod(pod: Value, namespace: &str) -> Result<Self, ReviewError> {
        let mut pod = decode::normalized(pod, &POD)?;
        let metadata = pod.get_mut("metadata").and_then(Value::as_object_mut);
        let has_namespace = metadata.as_ref().is_some_and(|metadata| metadata.contains_key("namespace"));
        if let Some(metadata) = metadata.filter(|_| !has_namespace && !namespace.is_empty()) {
            metadata.insert("namespace".to_string(), Value::from(namespace));
        }
        Ok(Admission { pod, has_namespace, uid: Value::Null })
    }

    /// What the control plane does with the pod.
    pub fn inject(
        &self,
        worker: &Worker,
        environment: BTreeMap<String, String>,
        namespace_annotations: Option<Map<String, Value>>,
        proxy_configs: ProxyConfigs,
    ) -> Result<Outcome, InjectError> {
        let owner = workload::owner_of_pod(self.pod.get("metadata").unwrap_or(&Value::Null));
        worker.inject(&Request {
            pod: self.pod.clone(),
            owner,
            environment,
            namespace_annotations,
            proxy_configs,
            caller: Caller::Webhook,
        })
    }

    /// The AdmissionReview that answers, as the control plane would send it.
    pub fn answer(&self, outcome: &Result<Outcome, InjectError>) -> Value {
        let mut response = json!({"uid": self.uid, "allowed": true});
        match outcome {
            Ok(Outcome::Injected { pod, .. }) => {
                let patch = Value::Array(json_patch(&self.pod, pod)).to_string();
                response["patchType"] = json!("JSONPatch");
                response["patch"] = json!(base64::engine::general_purpose::STANDARD.encode(patch));
            }
            Ok(Outcome::Skipped(_)) => {}
            Err(error) => {
                response["allowed"] = json!(false);
                response["status"] = json!({"metadata": {}, "message": error.to_string()});
            }
        }
        json!({"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "response": response})
    }
}

/// The operations (RFC 6902) that make `after` out of `before`.
pub fn json_patch(before: &Value, after: &Value) -> Vec<Value> {
    let mut operations = Vec::new();
    compare(before, after, &mut String::new(), &mut operations);
    operations
}

fn compare(before: &Value, after: &Value, path: &mut String, operations: &mut Vec<Value>) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            let length = path.len();
            for (key, value) in after {
                push_segment(path, key);
                match before.get(key) {
                    Some(old) => compare(old, value, path, operations),
                    None => operations.push(json!({"op": "add", "path": path, "value": value})),
                }
                path.truncate(length);
            }
            for key in before.keys().filter(|key| !after.contains_key(*key)) {
                push_segment(path, key);
                operations.push(json!({"op": "remove", "path": path}));
                path.truncate(length);
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            let length = path.len();
            for (at, (old, new)) in before.iter().zip(after).enumerate() {
                push_segment(path, &at.to_string());
                compare(old, new, path, operations);
                path.truncate(length);
            }
            for (at, value) in after.iter().enumerate().skip(before.len()) {
                operations.push(json!({"op": "add", "path": format!("{path}/{at}"), "value": value}));
            }
            for at in (after.len()..before.len()).rev() {
                operations.push(json!({"op": "remove", "path": format!("{path}/{at}")}));
            }
        }
        (before, after) if before == after => {}
        (_, after) => operations.push(json!({"op": "replace", "path": path, "value": after})),
    }
}

fn push_segment(path: &mut String, key: &str) {
    path.push('/');
    path.push_str(&key.replace('~', "~0").replace('/', "~1"));
}
