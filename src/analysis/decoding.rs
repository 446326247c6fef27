//! Whether an object decodes into its type, as the reference does it before any rule looks at it.

use k8s_openapi::api::admissionregistration::v1::{MutatingWebhookConfiguration, ValidatingWebhookConfiguration};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Node, Pod, Secret, Service};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::de::DeserializeOwned;

use super::kind::Kind;
use super::view::View;
use crate::validation;
use crate::yaml::Value;

/// Tries whether an object of this kind can be decoded. Unknown fields do not matter.
///
/// # Errors
/// Why it cannot: a field has a value of another type.
pub fn check(kind: Kind, root: View<'_>) -> Result<(), String> {
    let metadata = root.key("metadata");
    if metadata.is_set() {
        decode::<ObjectMeta>(metadata)?;
    }
    if kind.is_istio() {
        return match root.node().and_then(validation::undecodable) {
            Some(problem) => Err(format!("{}: {}", problem.path, problem.message)),
            None => Ok(()),
        };
    }
    match kind {
        Kind::ConfigMap => decode::<ConfigMap>(root),
        Kind::Namespace => decode::<Namespace>(root),
        Kind::Node => decode::<Node>(root),
        Kind::Pod => decode::<Pod>(root),
        Kind::Secret => decode::<Secret>(root),
        Kind::Service => decode::<Service>(root),
        Kind::Deployment => decode::<Deployment>(root),
        Kind::MutatingWebhookConfiguration => decode::<MutatingWebhookConfiguration>(root),
        Kind::ValidatingWebhookConfiguration => decode::<ValidatingWebhookConfiguration>(root),
        _ => Ok(()),
    }
}

fn decode<T: DeserializeOwned>(root: View<'_>) -> Result<(), String> {
    let mut value = root.to_value();
    forgive(&mut value);
    match serde_json::from_value::<T>(value).map_err(|error| error.to_string()) {
        // Go knows no fields that must be there.
        Err(text) if text.starts_with("missing field") => Ok(()),
        result => result.map(drop),
    }
}

/// Brings what Go's decoder takes into the form that ours takes: null is the same as nothing, the quantities of a resource list may
/// be numbers, and base64 may have line breaks.
fn forgive(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            for (name, value) in fields.iter_mut() {
                match name.as_str() {
                    "limits" | "requests" | "capacity" | "allocatable" | "hard" => quantities(value),
                    "data" | "binaryData" => without_line_breaks(value),
                    "sizeLimit" | "divisor" => quantity(value),
                    _ => forgive(value),
                }
            }
        }
        Value::Array(items) => {
            items.retain(|item| !item.is_null());
            items.iter_mut().for_each(forgive);
        }
        _ => {}
    }
}

fn quantities(value: &mut Value) {
    forgive(value);
    value.as_object_mut().into_iter().flat_map(|list| list.values_mut()).for_each(quantity);
}

fn quantity(value: &mut Value) {
    if let Value::Number(number) = value {
        *value = Value::String(number.to_string());
    }
}

fn without_line_breaks(value: &mut Value) {
    forgive(value);
    for entry in value.as_object_mut().into_iter().flat_map(|entries| entries.values_mut()) {
        if let Value::String(text) = entry {
            text.retain(|c| c != '\n' && c != '\r');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::parse_document;

    #[test]
    fn what_go_decodes_is_decoded() {
        let head = |kind: &str, rest: &str| format!("kind: {kind}\nmetadata: {{name: a, labels: {{x: }}}}\n{rest}\n");
        let pod = "spec: {template: {spec: {containers: [{name: a, resources: {limits: {cpu: 1, memory: 1Gi}}, env: [{name: a, value: \"1\"}], ports: [{containerPort: 80}]}], volumes: [{name: v, emptyDir: {sizeLimit: 1}}]}}}";
        let table = [
            (Kind::Deployment, head("Deployment", pod), true),
            (Kind::Deployment, head("Deployment", "spec: {replicas: \"3\"}"), false),
            (Kind::Deployment, head("Deployment", "spec: {template: {spec: {containers: {name: a}}}}"), false),
            (Kind::Deployment, head("Deployment", "spec: {template: {metadata: {labels: {a: 1}}}}"), false),
            (
                Kind::Service,
                head("Service", "spec: {ports: [{port: 80, targetPort: http}, {port: 81, targetPort: 8081}]}"),
                true,
            ),
            (Kind::Service, head("Service", "spec: {ports: [{port: \"80\"}]}"), false),
            (Kind::Service, head("Service", ""), true),
            (Kind::Service, head("Service", "status: {conditions: [{type: a, status: \"False\"}]}"), true),
            (Kind::Secret, head("Secret", "data: {a: \"aGVs\\nbG8=\"}"), true),
            (Kind::Secret, head("Secret", "data: {a: \"###\"}"), false),
            (Kind::ConfigMap, head("ConfigMap", "data: {a: 1}"), false),
            (Kind::VirtualService, head("VirtualService", "apiVersion: networking.istio.io/v1"), true),
            (Kind::VirtualService, "apiVersion: networking.istio.io/v1\nmetadata: {name: 1}".into(), false),
            (Kind::VirtualService, "apiVersion: networking.istio.io/v1\nmetadata: {labels: {a: true}}".into(), false),
            (Kind::VirtualService, "apiVersion: networking.istio.io/v1\nmetadata: [a]".into(), false),
            (Kind::Namespace, head("Namespace", "status: {phase: Active}"), true),
            (
                Kind::MutatingWebhookConfiguration,
                head("MutatingWebhookConfiguration", "webhooks: [{name: a, clientConfig: {caBundle: \"\"}}]"),
                true,
            ),
        ];
        for (kind, text, good) in table {
            let document = parse_document(&text).expect("YAML");
            let result = check(kind, View::new(document.root()));
            assert_eq!(result.is_ok(), good, "{text}: {result:?}");
        }
    }
}
