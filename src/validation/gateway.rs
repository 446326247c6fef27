//! Gateway: servers, their ports, hosts and certificates.

use super::hosts::Owner;
use super::object::Object;
use super::ports::Protocol;
use super::report::Report;
use super::{hosts, ports, tls};
use crate::api::view::View;

/// Marks what was made from a Gateway API object.
const SEMANTICS: &str = "internal.istio.io/gateway-semantics";

pub fn check<'d>(report: &mut Report<'d>, spec: View<'d>, object: &Object<'d>) {
    let internal = object.annotation(SEMANTICS) == Some("gateway");
    if !internal && !hosts::is_label(object.name) {
        let node = object.root.at(&["metadata", "name"]).or_else(|| object.root.get("metadata")).unwrap_or(object.root);
        report.error("gw-name", node, format!("the name {:?} is not a DNS label", object.name));
    }
    if spec.is_empty("servers") {
        report.error("gw-servers-missing", spec.at("servers"), "the gateway has no servers");
    }
    let mut names = std::collections::HashSet::new();
    for server in spec.list("servers") {
        check_server(report, server, internal);
        let Some(port) = server.message("port") else { continue };
        let name = port.text("name");
        if !names.insert(name) {
            report.error(
                "gw-port-name-duplicate",
                port.at("name"),
                format!("the port name {name:?} is used by another server"),
            );
        }
        let http = Protocol::parse(port.text("protocol")).is_some_and(Protocol::is_http);
        let server_tls = server.message_or_empty("tls");
        if server_tls.flag("httpsRedirect") && !http {
            let message = format!("httpsRedirect only works on HTTP ports, this one is {}", port.text("protocol"));
            report.warning("gw-redirect-not-http", server_tls.at("httpsRedirect"), message);
        }
    }
}

fn check_server<'d>(report: &mut Report<'d>, server: View<'d>, internal: bool) {
    if server.is_empty("hosts") {
        report.error("gw-hosts-missing", server.at("hosts"), "the server has no hosts");
    }
    for (host, node) in server.texts("hosts") {
        hosts::namespaced(report, node, Owner::Gateway { internal }, host);
    }
    let before = report.errors();
    check_port(report, server);
    let good_port = report.errors() == before;
    check_bind(report, server);
    tls::server(report, server.message("tls"));
    if good_port && let Some(port) = server.message("port") {
        protocol_and_tls(report, server, port.text("protocol"));
    }
}

fn check_port<'d>(report: &mut Report<'d>, server: View<'d>) {
    let Some(port) = server.message("port") else {
        report.error("gw-port-missing", server.at("port"), "the server has no port");
        return;
    };
    let protocol = port.text("protocol");
    if Protocol::parse(protocol).is_none() {
        let fault = ports::unknown_protocol("gw-protocol", protocol);
        report.error(fault.code, port.at("protocol"), fault.message);
    }
    let number = port.number("number");
    if number > 0 || !server.text("bind").starts_with("unix://") {
        report.check(port.at("number"), ports::port(number));
    }
    if port.number("targetPort") > 0 {
        report.error("target-port-unused", port.at("targetPort"), "targetPort has no meaning here");
    }
    if port.text("name").is_empty() {
        report.error("gw-port-name-missing", port.at("name"), "the port has no name");
    }
}

fn check_bind<'d>(report: &mut Report<'d>, server: View<'d>) {
    let bind = server.text("bind");
    if let Some(path) = bind.strip_prefix("unix://") {
        report.check(server.at("bind"), ports::unix_socket(path));
        let port = server.message_or_empty("port");
        if port.number("number") != 0 {
            report.error("gw-uds-port", port.at("number"), "a server on a Unix socket has port number 0");
        }
    } else if !bind.is_empty() {
        report.check(server.at("bind"), hosts::ip(bind));
    }
}

/// TLS settings and the protocol must agree.
fn protocol_and_tls<'d>(report: &mut Report<'d>, server: View<'d>, name: &str) {
    let Some(protocol) = Protocol::parse(name) else { return };
    match server.message("tls") {
        None if protocol.is_tls() => {
            report.error("gw-tls-missing", server.at("tls"), format!("protocol {name} needs tls settings"));
        }
        Some(settings) if protocol.is_http() => {
            let passes = matches!(settings.choice("mode"), "PASSTHROUGH" | "AUTO_PASSTHROUGH");
            let files = ["caCertificates", "privateKey", "serverCertificate"]
                .iter()
                .any(|field| !settings.text(field).is_empty());
            if !passes || files {
                report.error(
                    "gw-tls-on-http",
                    settings.here(),
                    format!("protocol {name} has no TLS to terminate; use HTTPS"),
                );
            }
        }
        Some(settings) if !protocol.is_tls() => {
            report.error(
                "gw-tls-on-plain",
                settings.here(),
                format!("protocol {name} cannot have tls settings; use TLS or HTTPS"),
            );
        }
        _ => {}
    }
}
