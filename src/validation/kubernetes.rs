//! Kubernetes objects that the mesh asks something of: ports of Services, labels of Deployments.

use super::ports::{self, Protocol};
use super::report::{Layer, Report, Severity};
use crate::yaml::{Kind, Node};

/// A Service or a Deployment, of any API group. Objects of the control plane's namespace are not the user's.
pub fn check<'d>(report: &mut Report<'d>, object: Node<'d>, istio_namespace: &str) {
    let namespace = object.at(&["metadata", "namespace"]).and_then(Node::as_str).unwrap_or_default();
    if namespace == istio_namespace {
        return;
    }
    match object.get("kind").and_then(Node::as_str) {
        Some("Service") => service(report, object),
        Some("Deployment") => deployment(report, object),
        _ => {}
    }
}

fn service<'d>(report: &mut Report<'d>, object: Node<'d>) {
    let ports = object.at(&["spec", "ports"]).into_iter().flat_map(Node::items);
    for port in ports {
        let text = |key: &str| port.get(key).filter(|node| !node.is_null());
        // The reference fails on values that are no texts only when it comes to read them.
        let read: &[&str] = if report.compat() { &["protocol"] } else { &["protocol", "name", "appProtocol"] };
        let wrong: Vec<Node<'d>> =
            read.iter().filter_map(|key| text(key)).filter(|node| !is_text(report, *node)).collect();
        if report.compat() && !wrong.is_empty() {
            continue;
        }
        if text("protocol").is_some_and(|protocol| protocol.text().eq_ignore_ascii_case("udp")) {
            continue;
        }
        let (code, value) = match (text("appProtocol"), text("name")) {
            (Some(protocol), _) => ("svc-app-protocol", protocol),
            (None, Some(name)) => ("svc-port-name", name),
            (None, None) => {
                let message = "the port needs a name that starts with its protocol, or an appProtocol";
                report.error("svc-port-unnamed", port, message);
                continue;
            }
        };
        if value.kind() == Kind::Str {
            port_protocol(report, code, value);
        } else if report.compat() {
            is_text(report, value);
        }
    }
}

/// Reports a value that is no text.
fn is_text<'d>(report: &mut Report<'d>, node: Node<'d>) -> bool {
    let good = node.kind() == Kind::Str;
    if !good {
        let message = format!("a text is expected, not {}; put it in quotes", node.text());
        report.add(Severity::Error, Layer::Decode, "json-type", node.into(), message);
    }
    good
}

/// An appProtocol, or a port name that starts with a protocol and a dash.
fn port_protocol<'d>(report: &mut Report<'d>, code: &'static str, value: Node<'d>) {
    let text = value.text();
    if code == "svc-app-protocol" {
        if Protocol::parse(text).is_none() {
            let fault = ports::unknown_protocol(code, text);
            report.error(fault.code, value, fault.message);
        }
    } else if Protocol::parse(text.split('-').next().unwrap_or_default()).is_none() {
        let message = format!(
            "the port name {text:?} does not start with a protocol, as in http-web; give appProtocol otherwise"
        );
        report.error(code, value, message);
    }
}

/// Labels of which one tells the application, and one its version, as telemetry shows them.
const APPLICATION: &[&str] = &["service.istio.io/canonical-name", "app.kubernetes.io/name", "app"];
const VERSION: &[&str] = &["service.istio.io/canonical-revision", "app.kubernetes.io/version", "version"];

fn deployment<'d>(report: &mut Report<'d>, object: Node<'d>) {
    let labels = object.at(&["spec", "template", "metadata", "labels"]);
    let entries = || labels.into_iter().flat_map(Node::entries);
    if let Some((key, value)) = entries().find(|(_, value)| !matches!(value.kind(), Kind::Str)) {
        report.error("label-type", value, format!("the label {} must be a text; put it in quotes", key.text()));
        return;
    }
    let has = |names: &[&str]| entries().any(|(key, _)| names.contains(&key.text()));
    if !has(APPLICATION) || !has(VERSION) {
        let message = "the pods have no labels app and version, which telemetry needs".to_owned();
        report.add(Severity::Notice, Layer::Rule, "deployment-labels", labels.unwrap_or(object).into(), message);
    }
}
