//! `experimental describe`: what Istio does to a pod or service, from its objects and its proxy's dump.
//!
//! Everything here is a function from objects (JSON trees) to lines; who fetches them is the command.

pub mod mtls;
pub mod pod;
pub mod proxy;
pub mod service;
pub mod traffic;

use serde_json::Value;

/// `NAME` in the current namespace, else `NAME.NAMESPACE`.
pub fn shown_name(name: &str, namespace: &str, current: &str) -> String {
    if namespace == current { name.to_owned() } else { format!("{name}.{namespace}") }
}

/// Whether labels have all of a selector; an empty selector selects nothing.
pub fn selects(selector: &Value, labels: &Value) -> bool {
    let Some(selector) = selector.as_object().filter(|selector| !selector.is_empty()) else { return false };
    selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

pub(super) fn text<'v>(object: &'v Value, pointer: &str) -> &'v str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn list<'v>(object: &'v Value, pointer: &str) -> &'v [Value] {
    object.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The line between two parts.
pub const RULE: &str = "--------------------\n";
