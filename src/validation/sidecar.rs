//! Sidecar: listeners in both directions and what they see.

use std::collections::{HashMap, HashSet};

use super::hosts::Owner;
use super::object::Object;
use super::ports::Protocol;
use super::report::Report;
use super::{destinations, hosts, labels, ports, tls, traffic_policy};
use crate::api::view::View;

pub fn check<'d>(report: &mut Report<'d>, spec: View<'d>, object: &Object<'d>) {
    if !labels::workload_selector(report, spec.message("workloadSelector")) {
        return;
    }
    let lists = spec.is_empty("egress") && spec.is_empty("ingress");
    if lists && !spec.has("outboundTrafficPolicy") && !spec.has("inboundConnectionPool") {
        let message = "the Sidecar has none of egress, ingress, outboundTrafficPolicy and inboundConnectionPool";
        report.error("sidecar-empty", spec.here(), message);
        return;
    }
    let mut numbers = HashSet::new();
    for listener in spec.list("ingress") {
        ingress(report, listener, &mut numbers);
    }
    traffic_policy::connection_pool(report, spec.message("inboundConnectionPool"));
    egress(report, spec, object);
    outbound(report, spec.message_or_empty("outboundTrafficPolicy"));
}

fn ingress<'d>(report: &mut Report<'d>, listener: View<'d>, numbers: &mut HashSet<i64>) {
    let Some(port) = listener.message("port") else {
        report.error("sidecar-ingress-port-missing", listener.at("port"), "the ingress listener has no port");
        return;
    };
    port_basics(report, port);
    let number = port.number("number");
    report.check(port.at("number"), ports::port(number));
    let bind = listener.text("bind");
    if !bind.is_empty() {
        report.check(listener.at("bind"), hosts::ip(bind));
    }
    if !numbers.insert(number) {
        report.error(
            "sidecar-port-duplicate",
            port.at("number"),
            format!("another ingress listener has port {number}"),
        );
    }
    default_endpoint(report, listener);
    let protocol = Protocol::parse(port.text("protocol"));
    if let Some(settings) = listener.message("tls") {
        ingress_tls(report, settings, protocol);
    }
    if let Some(pool) = listener.message("connectionPool") {
        traffic_policy::connection_pool(report, Some(pool));
        if pool.has("http") && !protocol.is_some_and(Protocol::is_http) {
            report.warning(
                "sidecar-pool-not-http",
                pool.at("http"),
                "http settings have no effect on a port that is not HTTP",
            );
        }
    }
}

/// What ports have in common, whether they have a number or not.
fn port_basics<'d>(report: &mut Report<'d>, port: View<'d>) {
    if port.number("targetPort") > 0 {
        report.error("target-port-unused", port.at("targetPort"), "targetPort has no meaning here");
    }
    let name = port.text("name");
    if !name.is_empty() {
        report.check(port.at("name"), ports::name(name));
    }
    report.check(port.at("protocol"), ports::protocol(port.text("protocol")));
}

fn default_endpoint<'d>(report: &mut Report<'d>, listener: View<'d>) {
    let endpoint = listener.text("defaultEndpoint");
    let place = listener.at("defaultEndpoint");
    if endpoint.is_empty() {
        return;
    }
    if let Some(path) = endpoint.strip_prefix("unix://") {
        report.check(place, ports::unix_socket(path));
        return;
    }
    let Some((host, port)) = split_host_port(endpoint) else {
        report.error("sidecar-endpoint-split", place, format!("{endpoint:?} does not have the form ADDRESS:PORT"));
        report.error("sidecar-endpoint-port", place, format!("{endpoint:?} has no port"));
        return;
    };
    if !matches!(host, "" | "127.0.0.1" | "0.0.0.0" | "::1" | "::") {
        let message =
            format!("{host:?} must be 127.0.0.1 or [::1] (this host), or 0.0.0.0 or [::] (the pod's address)");
        report.error("sidecar-endpoint-host", place, message);
    }
    match port.parse::<i64>() {
        Ok(port) => {
            report.check(place, ports::port(port));
        }
        Err(_) => report.error("sidecar-endpoint-port", place, format!("{port:?} is not a port number")),
    }
}

/// Splits `host:port` or `[host]:port`; a host with colons needs the brackets.
pub fn split_host_port(text: &str) -> Option<(&str, &str)> {
    let (host, port) = text.rsplit_once(':')?;
    if let Some(inner) = host.strip_prefix('[') {
        let inner = inner.strip_suffix(']')?;
        return (!inner.contains(['[', ']']) && !port.contains(['[', ']'])).then_some((inner, port));
    }
    (!host.contains([':', '[', ']']) && !port.contains(['[', ']'])).then_some((host, port))
}

fn ingress_tls<'d>(report: &mut Report<'d>, settings: View<'d>, protocol: Option<Protocol>) {
    if !settings.is_empty("subjectAltNames") {
        report.error(
            "sidecar-tls-san",
            settings.at("subjectAltNames"),
            "subjectAltNames are not supported on a sidecar",
        );
    }
    if settings.flag("httpsRedirect") {
        report.error(
            "sidecar-tls-redirect",
            settings.at("httpsRedirect"),
            "httpsRedirect is not supported on a sidecar",
        );
    }
    let given = [
        ("credentialName", !settings.text("credentialName").is_empty()),
        ("credentialNames", !settings.is_empty("credentialNames")),
        ("tlsCertificates", !settings.is_empty("tlsCertificates")),
    ];
    for (field, _) in given.into_iter().filter(|(_, given)| *given) {
        report.error(
            "sidecar-tls-credential",
            settings.at(field),
            format!("{field} is not supported on a sidecar, give files"),
        );
    }
    let mode = settings.choice("mode");
    if matches!(mode, "ISTIO_MUTUAL" | "AUTO_PASSTHROUGH") {
        report.error("sidecar-tls-mode", settings.at("mode"), format!("mode {mode} is not supported on a sidecar"));
    }
    if !protocol.is_some_and(Protocol::is_tls) {
        report.error("gw-tls-on-plain", settings.here(), "tls settings need protocol HTTPS or TLS");
    }
    tls::server(report, Some(settings));
}

fn egress<'d>(report: &mut Report<'d>, spec: View<'d>, object: &Object<'d>) {
    let count = spec.count("egress");
    let (mut numbers, mut sockets) = (HashSet::new(), HashSet::new());
    for (at, listener) in spec.list("egress").enumerate() {
        match listener.message("port") {
            None if at + 1 < count => {
                let message = "a listener without a port takes everything, so it must come last";
                report.error("sidecar-catch-all-last", listener.here(), message);
            }
            None => {}
            Some(port) => egress_port(report, listener, port, &mut numbers, &mut sockets),
        }
        if listener.is_empty("hosts") {
            report.error("sidecar-egress-hosts", listener.at("hosts"), "the egress listener has no hosts");
        }
        for (host, node) in listener.texts("hosts") {
            hosts::namespaced(report, node, Owner::Sidecar, host);
        }
        redundant_hosts(report, listener, object);
    }
}

fn egress_port<'d>(
    report: &mut Report<'d>,
    listener: View<'d>,
    port: View<'d>,
    numbers: &mut HashSet<i64>,
    sockets: &mut HashSet<&'d str>,
) {
    port_basics(report, port);
    let (number, bind) = (port.number("number"), listener.text("bind"));
    let place = listener.at("bind");
    if number == 0 {
        match bind.strip_prefix("unix://") {
            None => report.error(
                "sidecar-port-zero",
                port.at("number"),
                "port 0 is only for listeners bound to a Unix socket",
            ),
            Some(path) => {
                report.check(place, ports::unix_socket(path));
            }
        }
        if !matches!(listener.choice("captureMode"), "DEFAULT" | "NONE") {
            let message = "traffic to a Unix socket cannot be captured; captureMode must be DEFAULT or NONE";
            report.error("sidecar-capture-uds", listener.at("captureMode"), message);
        }
        if !sockets.insert(bind) {
            report.error("sidecar-uds-duplicate", place, format!("another egress listener is bound to {bind:?}"));
        }
        return;
    }
    report.check(port.at("number"), ports::port(number));
    if !bind.is_empty() {
        report.check(place, hosts::ip(bind));
    }
    if !numbers.insert(number) {
        report.error("sidecar-port-duplicate", port.at("number"), format!("another egress listener has port {number}"));
    }
}

/// Hosts that say what another host of the listener says already.
fn redundant_hosts<'d>(report: &mut Report<'d>, listener: View<'d>, object: &Object<'d>) {
    let mut by_namespace: HashMap<&str, HashSet<&str>> = HashMap::new();
    let (mut everything, mut namespaces) = (None, HashSet::new());
    for (text, node) in listener.texts("hosts") {
        let Some((namespace, host)) = text.split_once('/') else { continue };
        let namespace = if namespace == "." { object.effective_namespace } else { namespace };
        namespaces.insert(namespace);
        if namespace == "*" && host == "*" {
            everything = Some(node);
        }
        let seen = by_namespace.entry(namespace).or_default();
        let redundant = seen.contains(host) || seen.contains("*") || (host == "*" && !seen.is_empty());
        if redundant {
            report.warning(
                "sidecar-egress-duplicate",
                node,
                format!("{text:?} says what another host of the listener says already"),
            );
        }
        seen.insert(host);
    }
    if let Some(node) = everything
        && namespaces.len() > 1
    {
        report.warning("sidecar-star-star", node, "*/* covers the other hosts of the listener");
    }
}

fn outbound<'d>(report: &mut Report<'d>, policy: View<'d>) {
    let Some(proxy) = policy.message("egressProxy") else { return };
    if policy.choice("mode") != "ALLOW_ANY" {
        report.error("sidecar-egress-proxy-mode", policy.at("mode"), "egressProxy needs mode ALLOW_ANY");
        return;
    }
    report.check(proxy.at("host"), hosts::fqdn(proxy.text("host")));
    if !proxy.has("port") {
        report.error("sidecar-egress-proxy-port", proxy.at("port"), "egressProxy needs a port");
        return;
    }
    destinations::check(report, proxy);
}
