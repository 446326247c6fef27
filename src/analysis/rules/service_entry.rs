//! ServiceEntries whose TCP ports catch more than they should.
//!
//! # IST0134 ServiceEntryAddressesRequired
//! ## What it does
//! Reports TCP ports of ServiceEntries without addresses, where the control plane does not allocate any.
//! ## Why is this bad?
//! TCP carries no host name. Without an address to compare, the port takes all traffic on that number, whatever its destination.
//! ## Example
//! ```yaml
//! hosts: [db.example.com]
//! ports: [{number: 5432, name: tcp-db, protocol: TCP}]
//! resolution: NONE
//! ```
//! ## Use instead
//! ```yaml
//! addresses: [203.0.113.7/32]
//! ```
//! or a `resolution` for which istiod allocates an address.

use std::collections::HashMap;

use super::{Rule, Set};
use crate::analysis::check::Check;
use crate::analysis::codes::IST0134;
use crate::analysis::kind::Kind;
use crate::analysis::snapshot::Resource;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "serviceentry.Analyzer",
    description: "TCP ports of ServiceEntries have addresses",
    inputs: &[Kind::ServiceEntry, Kind::MeshConfig],
    more: &[Kind::Service],
    codes: &[&IST0134],
    check,
    set: Set::Reference,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    if snapshot.mesh_config.allocates_addresses() {
        return;
    }
    let crowded = if check.reference() { HashMap::new() } else { tcp_ports(check) };
    for entry in snapshot.all(Kind::ServiceEntry) {
        let spec = entry.spec();
        let addressed = !spec.get("addresses").is_empty() || !entry.status().get("addresses").is_empty();
        if addressed || (!check.reference() && is_allocated(&entry)) {
            continue;
        }
        for port in spec.get("ports").items().filter(|port| is_tcp(*port)) {
            let number = port.get("number").int().unwrap_or(0);
            if check.reference() || crowded.get(&number).is_some_and(|count| *count > 1) {
                check.report(&IST0134, &entry, port.get("name"), Vec::new());
            }
        }
    }
}

fn is_tcp(port: View<'_>) -> bool {
    let protocol = port.get("protocol").str();
    protocol.is_empty() || protocol.eq_ignore_ascii_case("TCP")
}

/// istiod gives an address to every ServiceEntry that resolves, unless it is told not to.
fn is_allocated(entry: &Resource<'_>) -> bool {
    let resolution = entry.spec().get("resolution").str();
    let refused = entry.label("networking.istio.io/enable-autoallocate-ip").eq_ignore_ascii_case("false");
    !matches!(resolution, "" | "NONE") && !refused
}

/// How many ServiceEntries and Services have a TCP port of the number: one alone takes nothing from anybody.
fn tcp_ports(check: &Check<'_, '_>) -> HashMap<i64, usize> {
    let mut counts = HashMap::new();
    for entry in check.snapshot.all(Kind::ServiceEntry) {
        for port in entry.spec().get("ports").items().filter(|port| is_tcp(*port)) {
            *counts.entry(port.get("number").int().unwrap_or(0)).or_default() += 1;
        }
    }
    for service in check.snapshot.all(Kind::Service) {
        for port in service.spec().key("ports").items() {
            if crate::analysis::protocol::class(port) == "TCP" {
                *counts.entry(port.key("port").int().unwrap_or(0)).or_default() += 1;
            }
        }
    }
    counts
}
