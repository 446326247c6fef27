//! Whether an object decodes into its type, as the reference does it before any rule looks at it.

use k8s_openapi::api::admissionregistration::v1::{MutatingWebhookConfiguration, ValidatingWebhookConfiguration};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Node, Pod, Secret, Service};
use serde::de::DeserializeOwned;

use super::kind::Kind;
use super::view::View;
use crate::validation;

/// Tries whether an object of this kind can be decoded. Unknown fields do not matter.
///
/// # Errors
/// Why it cannot: a field has a value of another type.
pub fn check(kind: Kind, root: View<'_>) -> Result<(), String> {
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
    serde_json::from_value::<T>(root.to_value()).map(drop).map_err(|error| error.to_string())
}
