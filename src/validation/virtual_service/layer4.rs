//! Routes of TLS by SNI, and of plain TCP.

use super::{match_gateways, match_port, weights};
use crate::api::view::View;
use crate::validation::report::Report;
use crate::validation::{gateway_names, hosts, labels};

pub fn tls<'d>(report: &mut Report<'d>, route: View<'d>, spec: View<'d>, gateway_bound: bool) {
    if route.is_empty("match") {
        report.error("tls-match-missing", route.at("match"), "a TLS route needs a match with sniHosts");
    }
    for matched in route.list("match") {
        if matched.is_empty("sniHosts") {
            report.error("tls-sni-missing", matched.at("sniHosts"), "a TLS match needs sniHosts");
        }
        for (sni, node) in matched.texts("sniHosts") {
            let verdict = if gateway_bound { hosts::gateway_domain(true, sni) } else { hosts::wildcard_domain(sni) };
            match verdict {
                Err(_) if hosts::is_ip(sni) => {
                    report.warning(
                        "tls-sni-ip",
                        node,
                        format!("{sni:?} is an address, and clients send no SNI for addresses"),
                    );
                }
                Err(fault) => report.error(fault.code, node, fault.message),
                Ok(()) if !spec.texts("hosts").any(|(host, _)| hosts::is_subset(sni, host)) => {
                    report.error(
                        "tls-sni-subset",
                        node,
                        format!("{sni:?} is not covered by any host of the VirtualService"),
                    );
                }
                Ok(()) => {}
            }
        }
        subnets(report, matched);
        match_port(report, matched);
        labels::labels_field(report, matched, "sourceLabels");
        gateway_names::check(report, matched);
    }
    if route.is_empty("route") {
        report.error("tls-route-missing", route.at("route"), "the TLS route has no destinations");
    }
    weights(report, route);
}

pub fn tcp<'d>(report: &mut Report<'d>, route: View<'d>) {
    for matched in route.list("match") {
        subnets(report, matched);
        match_port(report, matched);
        labels::labels_field(report, matched, "sourceLabels");
        match_gateways(report, matched);
    }
    if route.is_empty("route") {
        report.error("tcp-route-missing", route.at("route"), "the TCP route has no destinations");
    }
    weights(report, route);
}

fn subnets<'d>(report: &mut Report<'d>, matched: View<'d>) {
    for (subnet, node) in matched.texts("destinationSubnets") {
        report.check(node, hosts::subnet(subnet));
    }
}
