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
use crate::analysis::hosts::overlap;
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

/// The hosts of a Gateway's server on a port, with their binds.
type Servers<'a> = BTreeMap<String, BTreeMap<&'a str, &'a str>>;

fn by_reference(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    // By selector text, then port, then Gateway.
    let mut index: BTreeMap<String, (View<'_>, BTreeMap<i64, Servers<'_>>)> = BTreeMap::new();
    for gateway in snapshot.all(Kind::Gateway) {
        let selector = gateway.spec().get("selector");
        let (_, ports) = index.entry(labels::canonical(selector)).or_insert_with(|| (selector, BTreeMap::new()));
        for server in gateway.spec().get("servers").items() {
            let bind = server.get("bind").str();
            let hosts = server.get("hosts").strings().map(|host| (host, bind)).collect();
            ports.entry(number(server)).or_default().insert(gateway.full_name(), hosts);
        }
    }
    index.retain(|_, (_, ports)| !ports.is_empty());
    for gateway in snapshot.all(Kind::Gateway) {
        let selector = gateway.spec().get("selector");
        let text = labels::canonical(selector);
        let related: Vec<_> = index
            .iter()
            .filter(|(other, (theirs, _))| {
                **other == text
                    || ((other.contains(&text) || text.contains(other.as_str()))
                        && share_a_pod(check, selector, *theirs))
            })
            .map(|(_, (_, ports))| ports)
            .collect();
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
            let hosts: Vec<&str> = server.get("hosts").strings().collect();
            let mut others: BTreeSet<&str> = BTreeSet::new();
            for ports in &related {
                for (name, theirs) in ports.get(&number(server)).into_iter().flatten() {
                    if *name != gateway.full_name() && hosts.iter().any(|host| theirs.get(host) == Some(&bind)) {
                        others.insert(name);
                    }
                }
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

fn report<'a>(check: &mut Check<'_, 'a>, gateway: &Resource<'a>, server: View<'a>, others: &BTreeSet<&str>) {
    if others.is_empty() {
        return;
    }
    let names = others.iter().copied().collect::<Vec<_>>().join(",");
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
        for (gateway, server) in &servers {
            let mut others: BTreeSet<String> = BTreeSet::new();
            for (other, theirs) in &servers {
                if other.id != gateway.id && conflict(*server, *theirs) && same_workloads(check, gateway, other) {
                    others.insert(other.full_name());
                }
            }
            let names: BTreeSet<&str> = others.iter().map(String::as_str).collect();
            report(check, gateway, *server, &names);
        }
    }
}

fn is_http(server: View<'_>) -> bool {
    matches!(
        server.get("port").get("protocol").str().to_ascii_uppercase().as_str(),
        "HTTP" | "HTTP2" | "GRPC" | "GRPC-WEB"
    )
}

fn conflict(a: View<'_>, b: View<'_>) -> bool {
    if is_http(a) != is_http(b) {
        return true;
    }
    if is_http(a) {
        return false;
    }
    let bare = |host: &str| host.rsplit('/').next().unwrap_or("").to_string();
    a.get("hosts").strings().any(|x| {
        b.get("hosts")
            .strings()
            .any(|y| bare(x) == bare(y) || (overlap(&bare(x), &bare(y)) && bare(x).len() == bare(y).len()))
    })
}

fn same_workloads(check: &Check<'_, '_>, a: &Resource<'_>, b: &Resource<'_>) -> bool {
    let (x, y) = (a.spec().get("selector"), b.spec().get("selector"));
    let known = share_a_pod(check, x, y);
    // Without the pods at hand, equal selectors are taken to mean the same pods.
    known
        || (labels::canonical(x) == labels::canonical(y) && check.snapshot.workloads().select(x, None).next().is_none())
}
