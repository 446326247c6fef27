//! Gateways that open the same hosts on the same port of the same pods.
//!
//! # IST0145 ConflictingGateways
//! ## What it does
//! Reports Gateways that select the same workloads and have the same hosts on one port.
//! ## Why is this bad?
//! Only one server can answer for a host with TLS; which one is decided by age and name, not by you.
//! ## Example
//! Two Gateways with `selector: {istio: ingressgateway}`, both with a server for `shop.example.com` on port 443.
//! ## Use instead
//! One Gateway for the host, named by all VirtualServices that need it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::authorization_policies::WORKLOADS;
use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::{IST0101, IST0145};
use crate::analysis::kind::Kind;
use crate::analysis::labels;
use crate::analysis::snapshot::Resource;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "gateway.ConflictingGatewayAnalyzer",
    description: "No two Gateways answer for the same hosts on the same port",
    inputs: &[Kind::Gateway, Kind::Pod],
    more: WORKLOADS,
    codes: &[&IST0101, &IST0145],
    check,
    set: Set::Reference,
};

fn check(check: &mut Check<'_, '_>) {
    if check.reference() { by_reference(check) } else { by_listener(check) }
}

/// Gateways by port, host and bind.
type Listeners<'a> = BTreeMap<i64, HashMap<(&'a str, &'a str), Vec<Resource<'a>>>>;

fn by_reference(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let mut index: BTreeMap<String, (View<'_>, Listeners<'_>)> = BTreeMap::new();
    for gateway in snapshot.all(Kind::Gateway) {
        let selector = gateway.spec().get("selector");
        // A second server on the same port takes the place of the first.
        let servers: BTreeMap<i64, View<'_>> =
            gateway.spec().get("servers").items().map(|server| (number(server), server)).collect();
        let (_, ports) = index.entry(labels::canonical(selector)).or_insert_with(|| (selector, BTreeMap::new()));
        for (port, server) in servers {
            let listeners = ports.entry(port).or_default();
            let hosts: BTreeSet<&str> = server.get("hosts").strings().collect();
            for host in hosts {
                listeners.entry((host, server.get("bind").str())).or_default().push(gateway);
            }
        }
    }
    index.retain(|_, (_, ports)| !ports.is_empty());
    let mut together: HashMap<String, Vec<&Listeners<'_>>> = HashMap::new();
    for gateway in snapshot.all(Kind::Gateway) {
        let selector = gateway.spec().get("selector");
        let text = labels::canonical(selector);
        let related = together.entry(text.clone()).or_insert_with(|| {
            let shares = |other: &str, theirs: View<'_>| {
                other == text
                    || ((other.contains(&text) || text.contains(other)) && share_a_pod(check, selector, theirs))
            };
            index.iter().filter(|(other, (theirs, _))| shares(other, *theirs)).map(|(_, (_, ports))| ports).collect()
        });
        if related.is_empty() {
            if !text.is_empty() {
                check.report(
                    &IST0101,
                    &gateway,
                    labels::first(selector),
                    params! { reftype: "selector", refval: text },
                );
            }
            continue;
        }
        for server in gateway.spec().get("servers").items() {
            let bind = server.get("bind").str();
            let mut others: BTreeSet<String> = BTreeSet::new();
            for listeners in related.iter().filter_map(|ports| ports.get(&number(server))) {
                let sharing = server.get("hosts").strings().filter_map(|host| listeners.get(&(host, bind)));
                others.extend(sharing.flatten().filter(|other| other.id != gateway.id).map(Resource::full_name));
            }
            report(check, &gateway, server, &others);
        }
    }
}

fn number(server: View<'_>) -> i64 {
    server.get("port").get("number").int().unwrap_or(0)
}

fn share_a_pod(check: &Check<'_, '_>, a: View<'_>, b: View<'_>) -> bool {
    check.snapshot.workloads().select(a, None).any(|pod| pod.matches(b))
}

fn report<'a>(check: &mut Check<'_, 'a>, gateway: &Resource<'a>, server: View<'a>, others: &BTreeSet<String>) {
    if others.is_empty() {
        return;
    }
    let names = others.iter().map(String::as_str).collect::<Vec<_>>().join(",");
    let hosts = server.get("hosts").strings().collect::<Vec<_>>().join(",");
    let selector = labels::canonical(gateway.spec().get("selector"));
    let at = if check.reference() { View::NONE } else { server.get("hosts") };
    check.report(
        &IST0145,
        gateway,
        at,
        params! { gateway: names, selector: selector, portnumber: number(server).to_string(), hosts: hosts },
    );
}

/// Servers that would share a listener: plain HTTP servers are merged by host, so only those with TLS conflict, or
/// an HTTP server with one of another protocol.
fn by_listener(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let mut listeners: HashMap<(i64, &str), Vec<(Resource<'_>, View<'_>)>> = HashMap::new();
    for gateway in snapshot.all(Kind::Gateway) {
        for server in gateway.spec().get("servers").items() {
            listeners.entry((number(server), server.get("bind").str())).or_default().push((gateway, server));
        }
    }
    let mut ordered: Vec<_> = listeners.into_iter().collect();
    ordered.sort_by_key(|(key, _)| *key);
    for (_, servers) in ordered {
        if servers.iter().all(|(_, server)| is_http(*server)) {
            continue;
        }
        let mut by_host: HashMap<&str, Vec<usize>> = HashMap::new();
        let (plain, secured): (Vec<usize>, Vec<usize>) =
            (0..servers.len()).partition(|index| servers.get(*index).is_some_and(|(_, server)| is_http(*server)));
        for index in &secured {
            for host in servers.get(*index).into_iter().flat_map(|(_, server)| server.get("hosts").strings()) {
                by_host.entry(bare(host)).or_default().push(*index);
            }
        }
        for (gateway, server) in &servers {
            // HTTP and TLS cannot share a port; servers with TLS cannot share a host.
            let same_host = server.get("hosts").strings().filter_map(|host| by_host.get(bare(host))).flatten();
            let rivals: BTreeSet<usize> = if is_http(*server) {
                secured.iter().copied().collect()
            } else {
                plain.iter().chain(same_host).copied().collect()
            };
            let rivals = rivals.into_iter().filter_map(|index| servers.get(index)).map(|(other, _)| other);
            let rivals = rivals.filter(|other| other.id != gateway.id && same_workloads(check, gateway, other));
            let others: BTreeSet<String> = rivals.map(Resource::full_name).collect();
            report(check, gateway, *server, &others);
        }
    }
}

/// The host without the namespace before it.
fn bare(host: &str) -> &str {
    host.rsplit('/').next().unwrap_or(host)
}

fn is_http(server: View<'_>) -> bool {
    matches!(
        server.get("port").get("protocol").str().to_ascii_uppercase().as_str(),
        "HTTP" | "HTTP2" | "GRPC" | "GRPC-WEB"
    )
}

fn same_workloads(check: &Check<'_, '_>, a: &Resource<'_>, b: &Resource<'_>) -> bool {
    let (x, y) = (a.spec().get("selector"), b.spec().get("selector"));
    let known = share_a_pod(check, x, y);
    // Without the pods at hand, equal selectors are taken to mean the same pods.
    known
        || (labels::canonical(x) == labels::canonical(y) && check.snapshot.workloads().select(x, None).next().is_none())
}
