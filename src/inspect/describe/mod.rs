//! `experimental describe`: what Istio does to a pod or service, from its objects and its proxy's dump.
//!
//! Each part is a function from objects (JSON trees) to facts, which `-o json|yaml` shows as they are; [`text`] makes the
//! text of them. Who fetches the objects is the command.

pub mod destination_rule;
pub mod ingress;
pub mod mutual_tls;
pub mod pod;
pub mod proxy;
pub mod service;
pub mod text;
pub mod virtual_service;

use serde::Serialize;
use serde_json::Value;

use ingress::Ingress;
use mutual_tls::MutualTls;
use pod::{Pod, ServicePod};
use service::Service;

/// All there is to say of a pod, as far as it was found out.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodDescription {
    pub pod: Pod,
    /// The services that select it; nothing where nobody looked, as the pod does not run.
    pub selected_by: Option<Vec<ObjectName>>,
    /// The same services as its proxy sees them.
    pub services: Vec<Service>,
    /// Why the proxy tells nothing of them, where that is no failure.
    pub proxy_error: Option<String>,
    pub mutual_tls: Option<MutualTls>,
    pub ingress: Vec<Ingress>,
}

/// All there is to say of a service, as far as it was found out.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceDescription {
    #[serde(flatten)]
    pub service: Service,
    pub pods: Vec<ServicePod>,
    /// The pod whose proxy tells the rest.
    pub proxy: Option<ObjectName>,
    pub ingress: Vec<Ingress>,
}

/// The name and namespace of an object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct ObjectName {
    pub name: String,
    pub namespace: String,
}

impl ObjectName {
    pub fn of(object: &Value) -> Self {
        let part = |pointer| text_at(object, pointer).to_owned();
        ObjectName { name: part("/metadata/name"), namespace: part("/metadata/namespace") }
    }

    /// `NAME` in the current namespace, else `NAME.NAMESPACE`.
    pub fn shown(&self, current: &str) -> String {
        if self.namespace == current { self.name.clone() } else { format!("{}.{}", self.name, self.namespace) }
    }
}

/// An object that a proxy's dump refers to, and what is in it if it still exists.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Referred<T> {
    #[serde(flatten)]
    pub name: ObjectName,
    exists: bool,
    #[serde(flatten)]
    pub content: Option<T>,
}

impl<T> Referred<T> {
    pub fn new(name: ObjectName, content: Option<T>) -> Self {
        Referred { name, exists: content.is_some(), content }
    }
}

/// Whether labels have all of a selector; an empty selector selects nothing.
pub fn selects(selector: &Value, labels: &Value) -> bool {
    let Some(selector) = selector.as_object().filter(|selector| !selector.is_empty()) else { return false };
    selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

fn text_at<'v>(object: &'v Value, pointer: &str) -> &'v str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn list_at<'v>(object: &'v Value, pointer: &str) -> &'v [Value] {
    object.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
