//! Checks before an installation or upgrade, as functions from what was read of the cluster to findings.
//!
//! The caller reads [`Facts`]; nothing here asks a cluster. `control_plane` holds what stops an installation,
//! `changes` the behaviour that newer releases changed, `health` the state of the mesh that is there.

mod changes;
mod control_plane;
mod health;

use std::collections::BTreeMap;

use serde_json::Value;

use super::codes::Code;
use super::finding::{Finding, PRECHECK, Param};
use crate::cluster::{name_of, object_namespace};

pub use changes::changes;
pub use control_plane::{CREATED, gateway_api, kubernetes, permission};
pub use health::{conflicts, skew, webhooks};

/// Group and kind of everything the checks look at.
pub const KINDS: &[(&str, &str)] = &[
    ("", "Namespace"),
    ("", "Pod"),
    ("", "Service"),
    ("apps", "DaemonSet"),
    ("apps", "Deployment"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("discovery.k8s.io", "EndpointSlice"),
    ("networking.istio.io", "DestinationRule"),
    ("networking.istio.io", "ServiceEntry"),
    ("networking.istio.io", "Sidecar"),
    ("networking.istio.io", "VirtualService"),
    ("telemetry.istio.io", "Telemetry"),
];

/// What was read of a cluster.
#[derive(Debug, Default)]
pub struct Facts {
    /// By kind.
    pub objects: BTreeMap<&'static str, Vec<Value>>,
    /// Kinds that could not be read, and why.
    pub unread: BTreeMap<&'static str, String>,
    pub istio_namespace: String,
    /// `mesh` of the control plane's ConfigMap; null when there is none.
    pub mesh_config: Value,
}

impl Facts {
    pub fn all(&self, kind: &str) -> &[Value] {
        self.objects.get(kind).map(Vec::as_slice).unwrap_or_default()
    }

    fn find(&self, kind: &str, namespace: &str, name: &str) -> Option<&Value> {
        let is = |object: &&Value| name_of(object) == name && object_namespace(object).unwrap_or_default() == namespace;
        self.all(kind).iter().find(is)
    }
}

/// A release of Istio 1.
pub type Minor = u32;

/// The release in `--from-version`. The reference takes `1.21` only, `lenient` a patch level too.
pub fn parse_release(text: &str, lenient: bool) -> Result<Minor, String> {
    let Some((major, minor)) = text.split_once('.') else {
        return Err(format!("invalid version {text}, expected format like '1.0'"));
    };
    if major.trim_start_matches('v') != "1" || (major != "1" && !lenient) {
        return Err(format!("expected major version 1, got {text}"));
    }
    let number = if lenient { minor.split(['.', '-']).next().unwrap_or_default() } else { minor };
    number.parse().map_err(|_| format!("minor version is not a number: {minor}"))
}

/// A finding about an object, or about the cluster as a whole.
fn finding(code: &'static Code, origin: impl Into<String>, params: Vec<(&'static str, Param)>) -> Finding {
    Finding { origin: Some(origin.into()), params, ..Finding::new(code, PRECHECK) }
}

/// `Kind namespace/name`.
fn origin(object: &Value) -> String {
    let kind = object["kind"].as_str().unwrap_or_default();
    match object_namespace(object) {
        Some(namespace) => format!("{kind} {namespace}/{}", name_of(object)),
        None => format!("{kind} {}", name_of(object)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_read_as_the_reference_does_unless_told_otherwise() {
        let cases = [
            ("1.21", Ok(21), Ok(21)),
            ("1.21.3", Err("minor version is not a number: 21.3"), Ok(21)),
            ("v1.21", Err("expected major version 1, got v1.21"), Ok(21)),
            ("2.0", Err("expected major version 1, got 2.0"), Err("expected major version 1, got 2.0")),
            ("1.x", Err("minor version is not a number: x"), Err("minor version is not a number: x")),
            (
                "foo",
                Err("invalid version foo, expected format like '1.0'"),
                Err("invalid version foo, expected format like '1.0'"),
            ),
        ];
        for (text, strict, lenient) in cases {
            assert_eq!(parse_release(text, false), strict.map_err(str::to_owned), "{text}");
            assert_eq!(parse_release(text, true), lenient.map_err(str::to_owned), "{text}");
        }
    }
}
