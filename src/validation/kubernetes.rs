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
        if let Some(wrong) =
            ["name", "protocol", "appProtocol"].iter().filter_map(|key| text(key)).find(|node| node.kind() != Kind::Str)
        {
            report.add(Severity::Error, Layer::Decode, "json-type", wrong.into(), "a text is expected here".into());
            continue;
        }
        if text("protocol").is_some_and(|protocol| protocol.text().eq_ignore_ascii_case("udp")) {
            continue;
        }
        if let Some(protocol) = text("appProtocol") {
            if Protocol::parse(protocol.text()).is_none() {
                let fault = ports::unknown_protocol("svc-app-protocol", protocol.text());
                report.error(fault.code, protocol, fault.message);
            }
            continue;
        }
        let Some(name) = text("name") else {
            report.error(
                "svc-port-unnamed",
                port,
                "the port needs a name that starts with its protocol, or an appProtocol",
            );
            continue;
        };
        let prefix = name.text().split('-').next().unwrap_or_default();
        if Protocol::parse(prefix).is_none() {
            let message = format!(
                "the port name {:?} does not start with a protocol, as in http-web; give appProtocol otherwise",
                name.text()
            );
            report.error("svc-port-name", name, message);
        }
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
