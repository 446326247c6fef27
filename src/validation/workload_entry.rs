//! WorkloadEntry, and the endpoints of a ServiceEntry, which have the same form.

use super::report::Report;
use super::{hosts, labels, ports};
use crate::api::scalar;
use crate::api::schema::Type;
use crate::api::view::View;

pub fn check<'d>(report: &mut Report<'d>, spec: View<'d>) {
    entry(report, spec, None, true);
}

/// A workload; as an endpoint it has the ports of its service, and a host name only where names are looked up.
pub fn entry<'d>(report: &mut Report<'d>, entry: View<'d>, service_ports: Option<&[&str]>, names_allowed: bool) {
    let address = entry.text("address");
    let socket = address.strip_prefix("unix://");
    if address.is_empty() {
        if entry.text("network").is_empty() {
            report.error(
                "we-address-missing",
                entry.at("address"),
                "the workload needs an address, or the network its gateway is reached by",
            );
            return;
        }
        report.warning(
            "we-address-network",
            entry.at("address"),
            "without an address the workload is reached through its network's gateway",
        );
    } else if let Some(path) = socket {
        report.check(entry.at("address"), ports::unix_socket(path));
        if !entry.is_empty("ports") {
            report.error("we-uds-ports", entry.at("ports"), "a Unix socket has no ports");
        }
    } else if !hosts::is_ip(address) {
        if !names_allowed {
            report.error("we-address-ip", entry.at("address"), format!("{address:?} is not an IP address"));
        } else if hosts::fqdn(address).is_err() {
            let message = format!("{address:?} is neither an IP address nor a host name");
            report.error("we-address", entry.at("address"), message);
        }
    }
    endpoint_ports(report, entry, service_ports);
    labels::labels_field(report, entry, "labels");
    if let Some(service_ports) = service_ports
        && socket.is_some()
        && service_ports.len() != 1
    {
        report.error(
            "we-uds-one-port",
            entry.at("address"),
            "a Unix socket can only serve a ServiceEntry with one port",
        );
    }
}

/// The ports of an endpoint by name, which must be names of the service's ports.
pub fn endpoint_ports<'d>(report: &mut Report<'d>, entry: View<'d>, service_ports: Option<&[&str]>) {
    for (name, node) in entry.entries("ports") {
        if service_ports.is_some_and(|known| !known.contains(&name.text())) {
            report.error(
                "se-endpoint-port",
                name,
                format!("{:?} is not the name of a port of the ServiceEntry", name.text()),
            );
        }
        report.check(name, ports::name(name.text()));
        let number = scalar::integer(node, Type::Uint32).ok().flatten().unwrap_or(0);
        report.check(node, ports::port(i64::try_from(number).unwrap_or(i64::MAX)));
    }
}
