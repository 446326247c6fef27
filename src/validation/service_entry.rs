//! ServiceEntry: hosts, addresses, ports and endpoints, as the way of resolution allows.

use super::export_to::{self, Exporter};
use super::object::Object;
use super::ports::Protocol;
use super::report::Report;
use super::{hosts, labels, ports, workload_entry};
use crate::api::view::View;
use crate::yaml::Node;

const AUTO_ALLOCATE: &str = "networking.istio.io/enable-autoallocate-ip";
const WAYPOINT: &str = "istio.io/use-waypoint";

pub fn check<'d>(report: &mut Report<'d>, spec: View<'d>, object: &Object<'d>) {
    if !labels::workload_selector(report, spec.message("workloadSelector")) {
        return;
    }
    if spec.has("workloadSelector") && !spec.is_empty("endpoints") {
        report.error("se-selector-endpoints", spec.at("endpoints"), "give workloadSelector or endpoints, not both");
    }
    let resolution = spec.choice("resolution");
    check_hosts(report, spec, resolution);
    for (address, node) in spec.texts("addresses") {
        report.check(node, hosts::subnet(address));
    }
    if !matches!(resolution, "NONE" | "STATIC") && spec.texts("addresses").any(|(address, _)| address.contains('/')) {
        report.error(
            "se-cidr-resolution",
            spec.at("addresses"),
            "networks as addresses need resolution NONE or STATIC",
        );
    }
    check_ports(report, spec, object, resolution);
    check_resolution(report, spec, object, resolution);
    if resolution != "NONE" && spec.count("hosts") > 1 {
        let plain = spec.list("ports").find(|port| {
            !Protocol::parse(port.text("protocol")).is_some_and(|protocol| protocol.is_http() || protocol.is_tls())
        });
        if let Some(port) = plain {
            let message = "with several hosts only HTTP and TLS ports can tell which host is meant";
            report.error("se-multi-host-plain", port.here(), message);
        }
    }
    export_to::check(report, spec, object.effective_namespace, Exporter::ServiceEntry);
}

fn check_hosts<'d>(report: &mut Report<'d>, spec: View<'d>, resolution: &str) {
    if spec.is_empty("hosts") {
        report.error("se-hosts-missing", spec.at("hosts"), "the ServiceEntry has no hosts");
    }
    for (host, node) in spec.texts("hosts") {
        if host == "*" {
            report.error("se-host-star", node, "host `*` would take over every service");
            continue;
        }
        report.check(node, hosts::wildcard_domain(host));
        if resolution != "DYNAMIC_DNS" && hosts::is_partial_wildcard(host) {
            report.warning("host-partial-wildcard", node, hosts::partial_wildcard(host));
        }
    }
}

fn check_ports<'d>(report: &mut Report<'d>, spec: View<'d>, object: &Object<'d>, resolution: &str) {
    let no_addresses = spec.is_empty("addresses");
    let refused = object.label(AUTO_ALLOCATE).is_some_and(|value| value.eq_ignore_ascii_case("false"));
    let allocates = resolution != "NONE" && !refused && no_addresses;
    let (mut names, mut numbers) = (std::collections::HashSet::new(), std::collections::HashSet::new());
    for port in spec.list("ports") {
        let (name, number, protocol) = (port.text("name"), port.number("number"), port.text("protocol"));
        if !names.insert(name) {
            report.error("se-port-name-duplicate", port.at("name"), format!("the port name {name:?} is used twice"));
        }
        if !numbers.insert(number) {
            report.error("se-port-duplicate", port.at("number"), format!("the port number {number} is used twice"));
        }
        let target = port.number("targetPort");
        if target != 0 {
            report.check(port.at("targetPort"), ports::port(target));
        }
        if no_addresses && !allocates && matches!(protocol, "" | "TCP") {
            let message = format!("TCP port {number} without addresses matches traffic to any address; give addresses");
            report.warning("se-tcp-addresses", port.here(), message);
        }
        report.check(port.at("name"), ports::name(name));
        report.check(port.at("protocol"), ports::protocol(protocol));
        report.check(port.at("number"), ports::port(number));
    }
}

fn check_resolution<'d>(report: &mut Report<'d>, spec: View<'d>, object: &Object<'d>, resolution: &str) {
    let service_ports: Vec<&str> = spec.list("ports").map(|port| port.text("name")).collect();
    match resolution {
        "NONE" => {
            if !spec.is_empty("endpoints") {
                report.error(
                    "se-none-endpoints",
                    spec.at("endpoints"),
                    "with resolution NONE there can be no endpoints",
                );
            }
            if spec.has("workloadSelector") {
                report.warning(
                    "se-none-selector",
                    spec.at("workloadSelector"),
                    "with resolution NONE the workloadSelector has no effect",
                );
            }
        }
        "STATIC" => {
            for endpoint in spec.list("endpoints") {
                workload_entry::entry(report, endpoint, Some(&service_ports), false);
            }
        }
        "DNS" | "DNS_ROUND_ROBIN" => dns(report, spec, resolution, &service_ports),
        "DYNAMIC_DNS" => dynamic_dns(report, spec, object),
        _ => report.error("se-resolution", spec.at("resolution"), "the resolution is not one that is known"),
    }
}

fn dns<'d>(report: &mut Report<'d>, spec: View<'d>, resolution: &str, service_ports: &[&str]) {
    if spec.is_empty("endpoints") {
        let unresolvable: Option<(&str, Node<'_>)> = spec.texts("hosts").find(|(host, _)| hosts::fqdn(host).is_err());
        if let Some((host, node)) = unresolvable {
            let message = format!("{host:?} cannot be looked up in DNS; give endpoints or another resolution");
            report.error("se-dns-fqdn", node, message);
        }
    }
    if resolution == "DNS_ROUND_ROBIN" && spec.count("endpoints") > 1 {
        report.error("se-dnsrr-endpoints", spec.at("endpoints"), "DNS_ROUND_ROBIN takes at most one endpoint");
    }
    for endpoint in spec.list("endpoints") {
        let address = endpoint.text("address");
        if !hosts::is_ip(address) && hosts::fqdn(address).is_err() {
            report.error(
                "we-address",
                endpoint.at("address"),
                format!("{address:?} is neither an IP address nor a host name"),
            );
        }
        labels::labels_field(report, endpoint, "labels");
        workload_entry::endpoint_ports(report, endpoint, Some(service_ports));
    }
    let tcp = spec.list("ports").find(|port| Protocol::parse(port.text("protocol")).is_some_and(Protocol::is_tcp));
    if let Some(port) = tcp
        && !spec.is_empty("addresses")
        && spec.count("hosts") > 1
    {
        let message = "several hosts share the addresses, so TCP traffic cannot be told apart";
        report.warning("se-multi-host-tcp", port.here(), message);
    }
}

fn dynamic_dns<'d>(report: &mut Report<'d>, spec: View<'d>, object: &Object<'d>) {
    if spec.is_empty("hosts") {
        report.error("se-dyndns-hosts", spec.at("hosts"), "DYNAMIC_DNS needs hosts");
    }
    for (host, node) in spec.texts("hosts") {
        if !host.starts_with('*') {
            report.error("se-dyndns-wildcard", node, format!("DYNAMIC_DNS is for wildcard hosts, {host:?} has none"));
        }
    }
    if !spec.is_empty("addresses") {
        report.error("se-dyndns-addresses", spec.at("addresses"), "DYNAMIC_DNS takes no addresses");
    }
    if !spec.is_empty("endpoints") {
        report.error("se-dyndns-endpoints", spec.at("endpoints"), "DYNAMIC_DNS takes no endpoints");
    }
    for port in spec.list("ports") {
        let protocol = port.text("protocol");
        if !matches!(Protocol::parse(protocol), Some(Protocol::Http | Protocol::Tls | Protocol::Grpc | Protocol::Http2))
        {
            let message = format!("DYNAMIC_DNS works for HTTP, HTTP2, GRPC and TLS, not for {protocol:?}");
            report.error("se-dyndns-protocol", port.at("protocol"), message);
        }
    }
    let location = spec.choice("location");
    if !matches!(location, "MESH_EXTERNAL" | "MESH_INTERNAL") {
        report.error("se-dyndns-location", spec.at("location"), "DYNAMIC_DNS needs a location");
    }
    let waypoint = object.label(WAYPOINT).unwrap_or_default();
    if location == "MESH_INTERNAL" && !waypoint.is_empty() && !waypoint.eq_ignore_ascii_case("none") {
        report.error(
            "se-dyndns-waypoint",
            spec.at("location"),
            "a waypoint cannot serve DYNAMIC_DNS hosts inside the mesh",
        );
    }
}
