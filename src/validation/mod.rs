//! Per-kind rules of the Istio API: one file per kind, every problem reported at once.
//!
//! [`validate`] looks at one document. With `compat` it finds what the reference's validation finds, in number and kind; without,
//! it also tells what the API server's schema would refuse, what is misspelt and what is lost on the way.

pub mod amounts;
pub mod authorization_policy;
pub mod cel;
mod decoding;
mod destination_rule;
mod destinations;
mod envoy_filter;
mod export_to;
mod gateway;
mod gateway_names;
pub mod headers;
#[cfg(test)]
mod helper_corpus;
pub mod hosts;
mod jwks;
mod kinds;
mod kubernetes;
pub mod labels;
#[cfg(test)]
mod laws;
pub mod locality;
pub mod mesh;
mod metadata;
mod object;
mod peer_authentication;
pub mod ports;
mod proxy_config;
pub mod regex;
mod report;
mod request_authentication;
mod schema;
mod service_entry;
mod sidecar;
mod stream;
mod string_match;
mod targets;
mod telemetry;
mod tls;
mod traffic_extension;
mod traffic_policy;
pub mod url;
mod virtual_service;
mod wasm;
mod workload_entry;
mod workload_group;

pub use object::Object;
pub use report::{Fault, Layer, Problem, Report, Severity, Verdict, path_of};
pub use stream::{Validated, validate_stream};

use crate::api::decode;
use crate::api::view::View;
use crate::api::{self, Kind};
use crate::yaml::Node;

/// How to validate.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Namespace of documents that name none.
    pub namespace: &'a str,
    /// Namespace of the control plane, whose Services and Deployments are not looked at.
    pub istio_namespace: &'a str,
    /// Find exactly what the reference finds.
    pub compat: bool,
}

/// The rules of one kind over its decoded `spec`.
type Rules = for<'d> fn(&mut Report<'d>, View<'d>, &Object<'d>);

/// The rules of every kind. A new kind is one file and one line here.
const RULES: &[(&str, Rules)] = &[
    ("AuthorizationPolicy", authorization_policy::check),
    ("DestinationRule", destination_rule::check),
    ("EnvoyFilter", |report, spec, _| envoy_filter::check(report, spec)),
    ("Gateway", gateway::check),
    ("PeerAuthentication", |report, spec, _| peer_authentication::check(report, spec)),
    ("ProxyConfig", |report, spec, _| proxy_config::check(report, spec)),
    ("RequestAuthentication", |report, spec, _| request_authentication::check(report, spec)),
    ("ServiceEntry", service_entry::check),
    ("Sidecar", sidecar::check),
    ("Telemetry", |report, spec, _| telemetry::check(report, spec)),
    ("TrafficExtension", |report, spec, _| traffic_extension::check(report, spec)),
    ("VirtualService", virtual_service::check),
    ("WasmPlugin", |report, spec, _| wasm::plugin(report, spec)),
    ("WorkloadEntry", |report, spec, _| workload_entry::check(report, spec)),
    ("WorkloadGroup", |report, spec, _| workload_group::check(report, spec)),
];

/// Everything that is wrong with an object: an Istio resource, a Service, a Deployment, or a list of them.
pub fn validate<'d>(root: Node<'d>, options: Options<'d>) -> Vec<Problem> {
    let mut report = Report::new(root, options.compat);
    inspect(&mut report, &Object::new(root, options.namespace), options);
    report.finish()
}

fn inspect<'d>(report: &mut Report<'d>, object: &Object<'d>, options: Options<'d>) {
    match api::find(object.group, object.version, object.kind) {
        Some(kind) => resource(report, object, kind),
        None => other(report, object, options),
    }
}

/// The rules of a kind as the reference's analysis applies them: fields it does not know are passed over, and labels and annotations
/// count as absent. What cannot be decoded at all is for [`undecodable`] to tell.
pub fn validate_spec<'d>(root: Node<'d>, options: Options<'d>) -> Vec<Problem> {
    let mut report = Report::new(root, options.compat);
    let object = Object::new(root, options.namespace);
    let Some(kind) = api::find(object.group, object.version, object.kind) else { return Vec::new() };
    let node = root.get("spec").filter(|node| !node.is_null());
    let usual = node.is_none_or(|node| decode::usual(node, kind.spec));
    let place = node.unwrap_or(root);
    if let Some((_, rules)) = RULES.iter().find(|(name, _)| *name == kind.name) {
        rules(&mut report, View::new(kind.spec, node, place, !usual), &Object { root: place, ..object });
    }
    report.finish()
}

/// The first thing that keeps the `spec` of an Istio resource from being decoded, fields nobody knows left aside.
pub fn undecodable(root: Node<'_>) -> Option<Problem> {
    let object = Object::new(root, "");
    let kind = api::find(object.group, object.version, object.kind)?;
    let node = root.get("spec").filter(|node| !node.is_null() && !decode::usual(*node, kind.spec))?;
    let mut findings = decode::check(node, kind.spec);
    findings.retain(|finding| finding.what.is_error() && !matches!(finding.what, decode::What::UnknownField(_)));
    findings.truncate(1);
    let mut report = Report::new(root, true);
    decoding::explain(&mut report, findings);
    report.finish().into_iter().next()
}

/// An Istio resource.
fn resource<'d>(report: &mut Report<'d>, object: &Object<'d>, kind: &'static Kind) {
    let others = report.len();
    rules(report, object, kind);
    if !report.compat() {
        schema::check(report, object.root, kind, others);
    }
}

/// The control plane's rules.
fn rules<'d>(report: &mut Report<'d>, object: &Object<'d>, kind: &'static Kind) {
    let Some(spec) = decoding::spec(report, object, kind) else { return };
    if !metadata::check(report, object, kind, spec) && report.compat() {
        return;
    }
    if let Some((_, rules)) = RULES.iter().find(|(name, _)| *name == kind.name) {
        rules(report, spec, object);
    }
}

/// Anything else: a list, a Kubernetes object, or something that is none of our business.
fn other<'d>(report: &mut Report<'d>, object: &Object<'d>, options: Options<'d>) {
    if let Some(items) = object.root.get("items").filter(|items| items.is_seq()) {
        let before = report.errors();
        for item in items.items() {
            if report.compat() {
                kubernetes::check(report, item, options.istio_namespace);
            } else {
                let (others, object) = (report.len(), Object::new(item, options.namespace));
                inspect(report, &object, options);
                report.belong_to(others, &object);
            }
        }
        if report.errors() > before {
            return;
        }
    }
    kubernetes::check(report, object.root, options.istio_namespace);
    if !report.compat() {
        kinds::check(report, object);
    }
}
