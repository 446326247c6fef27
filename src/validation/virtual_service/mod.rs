//! VirtualService: hosts, gateways, and the routes of HTTP, TLS and TCP.

mod actions;
mod http;
mod layer4;
mod unreachable;

use super::export_to::{self, Exporter};
use super::object::Object;
use super::report::Report;
use super::{amounts, destinations, gateway_names, headers, hosts};
use crate::api::view::View;

/// What the routes of a VirtualService depend on.
#[derive(Clone, Copy)]
pub struct Scope {
    /// Without hosts it is a part of another VirtualService.
    delegate: bool,
    /// Applies to the gateways it names and not to the mesh.
    gateways_only: bool,
    /// Some TLS route matches on SNI.
    sni: bool,
}

pub fn check<'d>(report: &mut Report<'d>, spec: View<'d>, object: &Object<'d>) {
    let mesh = spec.texts("gateways").any(|(gateway, _)| gateway == "mesh");
    let scope = Scope {
        delegate: spec.is_empty("hosts"),
        gateways_only: !spec.is_empty("gateways") && !mesh,
        sni: spec.list("tls").flat_map(|route| route.list("match")).any(|matched| !matched.is_empty("sniHosts")),
    };
    if scope.delegate {
        for (field, code) in [("gateways", "delegate-gateways"), ("tls", "delegate-tls"), ("tcp", "delegate-tcp")] {
            if !spec.is_empty(field) {
                report.error(
                    code,
                    spec.at(field),
                    format!("a delegate (a VirtualService without hosts) cannot have {field}"),
                );
            }
        }
    }
    gateway_names::check(report, spec);
    if !scope.gateways_only {
        claims(report, spec);
    }
    check_hosts(report, spec, scope);
    if ["http", "tcp", "tls"].iter().all(|field| spec.is_empty(field)) {
        report.error("vs-routes-missing", spec.here(), "there are no http, tls or tcp routes");
    }
    for route in spec.list("http") {
        http::check(report, route, scope);
    }
    // Without gateways a TLS route counts as bound to gateways, though it applies to the mesh.
    for route in spec.list("tls") {
        layer4::tls(report, route, spec, !mesh);
    }
    for route in spec.list("tcp") {
        layer4::tcp(report, route);
    }
    export_to::check(report, spec, object.effective_namespace, Exporter::VirtualService);
    for (protocol, field) in [("HTTP", "http"), ("TCP", "tcp"), ("TLS", "tls")] {
        unreachable::check(report, spec, field, protocol);
    }
}

/// Claims of a token can only be matched where the gateway has verified it.
fn claims<'d>(report: &mut Report<'d>, spec: View<'d>) {
    for matched in spec.list("http").flat_map(|route| route.list("match")) {
        for field in ["headers", "withoutHeaders"] {
            for (key, _) in matched.entries(field).filter(|(key, _)| headers::is_claim(key.text())) {
                let message = format!(
                    "{} can only be matched at gateways, and this VirtualService applies to the mesh",
                    key.text()
                );
                report.error("vs-jwt-claim-mesh", key, message);
            }
        }
    }
}

fn check_hosts<'d>(report: &mut Report<'d>, spec: View<'d>, scope: Scope) {
    let before = report.errors();
    for (host, node) in spec.texts("hosts") {
        let verdict =
            if scope.gateways_only { hosts::gateway_domain(scope.sni, host) } else { hosts::wildcard_domain(host) };
        if !hosts::is_ip(host) {
            report.check(node, verdict);
        }
        if host == "*" && !scope.gateways_only {
            report.error("vs-host-star-mesh", node, "host `*` is only possible for gateways, not for the mesh");
        }
    }
    if report.errors() > before {
        return;
    }
    let all: Vec<_> = spec.texts("hosts").collect();
    for (at, (host, _)) in all.iter().enumerate() {
        for (other, node) in all.iter().skip(at + 1).filter(|(other, _)| hosts::overlap(host, other)) {
            report.error("vs-host-duplicate", *node, format!("hosts {host:?} and {other:?} overlap"));
        }
    }
}

/// Gateways named in a match. The reference loses the warning about old names here.
fn match_gateways<'d>(report: &mut Report<'d>, matched: View<'d>) {
    report.losing_warnings(|report| gateway_names::check(report, matched));
}

/// A port to match, 0 meaning any.
fn match_port<'d>(report: &mut Report<'d>, matched: View<'d>) {
    let port = matched.number("port");
    if port != 0 {
        report.check(matched.at("port"), super::ports::port(port));
    }
}

/// Checks a list of weighted destinations.
fn weights<'d>(report: &mut Report<'d>, route: View<'d>) {
    let mut total = 0i64;
    for share in route.list("route") {
        match share.message("destination") {
            None => report.error("destination-missing", share.at("destination"), "the route has no destination"),
            Some(destination) => destinations::check(report, destination),
        }
        let weight = share.number("weight");
        if weight < 0 {
            report.error("weight-negative", share.at("weight"), format!("weight {weight} is negative"));
        }
        total += weight;
    }
    if total == 0 && route.count("route") > 1 {
        report.error("weight-total", route.at("route"), "the weights add up to 0, so no destination gets traffic");
    }
}

/// Checks a share of traffic that must be between 0 and 100 percent.
fn mirror_percentage<'d>(report: &mut Report<'d>, view: View<'d>, name: &'static str) {
    let Some(percent) = view.message(name) else { return };
    let value = percent.decimal("value").unwrap_or(0.0);
    if !(0.0..=100.0).contains(&value) && !value.is_nan() {
        report.error("mirror-percentage", percent.at("value"), format!("{value} is not between 0 and 100 percent"));
    }
}
