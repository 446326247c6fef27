//! Route destinations of VirtualServices: the service exists, and so does the port.
//!
//! # IST0101 ReferencedResourceNotFound
//! ## What it does
//! Checks that what an object refers to by name exists: destination hosts and ports, mirrors, subsets, gateways, workload selectors,
//! credentials and namespaces.
//! ## Why is this bad?
//! Requests to a destination that does not exist fail with 503; a VirtualService bound to a missing Gateway, or a selector that picks
//! nothing, has no effect at all.
//! ## Example
//! ```yaml
//! http:
//! - route:
//!   - destination:
//!       host: revews
//! ```
//! ## Use instead
//! The name of what exists and may be seen from here: `host: reviews`, or the full name for another namespace,
//! `reviews.shop.svc.cluster.local`.
//!
//! # IST0112 VirtualServiceDestinationPortSelectorRequired
//! ## What it does
//! Reports destinations without a port where the service has several.
//! ## Why is this bad?
//! Through a gateway there is no original port to fall back to, so no route is made.
//! ## Example
//! ```yaml
//! - destination:
//!     host: shop   # has the ports 80 and 9090
//! ```
//! ## Use instead
//! ```yaml
//! - destination:
//!     host: shop
//!     port:
//!       number: 80
//! ```
//!
//! # IST0140 IngressRouteRulesNotAffected
//! ## What it does
//! Reports VirtualServices for a gateway that route to a host whose subset rules are in another VirtualService.
//! ## Why is this bad?
//! Rules are applied once, where the traffic enters. Traffic that comes in through the gateway is not split again by the rules for the
//! mesh, so a canary gets no external traffic.
//! ## Example
//! One VirtualService for the mesh sends 10 % of `shop` to subset `v2`; another one for the ingress gateway routes to `shop`.
//! ## Use instead
//! The subsets in the gateway's VirtualService too, or one VirtualService for `gateways: [mesh, ingress]`.

use std::collections::{BTreeMap, HashSet};

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::{IST0101, IST0112, IST0140};
use crate::analysis::fixes;
use crate::analysis::hosts::{self, HostEntry};
use crate::analysis::kind::Kind;
use crate::analysis::routes::{self, Destination};
use crate::analysis::snapshot::{Resource, Snapshot};
use crate::analysis::view::View;
use crate::ui::nearest::nearest;

pub static RULE: Rule = Rule {
    name: "virtualservice.DestinationHostAnalyzer",
    description: "VirtualServices route to hosts and ports that exist",
    inputs: &[Kind::ServiceEntry, Kind::VirtualService, Kind::Service],
    more: &[Kind::Gateway],
    codes: &[&IST0101, &IST0112, &IST0140],
    check,
    set: Set::Reference,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    for service in snapshot.all(Kind::VirtualService) {
        for destination in routes::destinations(service.spec()) {
            judge(check, &service, &destination);
        }
    }
    ingress(check);
}

fn judge<'a>(check: &mut Check<'_, 'a>, service: &Resource<'a>, destination: &Destination<'a>) {
    let snapshot = check.snapshot;
    let host = destination.node.get("host");
    let at = if check.reference() && destination.is_in_mirrors { View::NONE } else { host };
    let entry = if check.reference() {
        snapshot.hosts().lookup_reference(service.namespace, service.spec().get("exportTo"), host.str())
    } else {
        // Schema validation complains about a missing destination.
        if host.str().is_empty() {
            return;
        }
        callers(snapshot, service)
            .iter()
            .find_map(|caller| snapshot.hosts().lookup(caller, service.namespace, host.str()))
    };
    match entry {
        None if check.reference() => {
            let reftype = if destination.is_mirror { "mirror host" } else { "host" };
            check.report(&IST0101, service, at, params! { reftype: reftype, refval: host.str() });
        }
        None => missing(check, service, destination, host),
        Some(entry) => port(check, service, destination, entry, at),
    }
}

/// Namespaces from which the routes are followed: the VirtualService's own for sidecars, those of its gateways for gateways.
fn callers<'a>(snapshot: &Snapshot<'a>, service: &Resource<'a>) -> Vec<&'a str> {
    let mut callers = vec![service.namespace];
    for gateway in service.spec().get("gateways").strings().filter(|name| *name != "mesh") {
        let (namespace, name) = gateway.split_once('/').unwrap_or((service.namespace, gateway));
        let home = snapshot.find(Kind::Gateway, namespace, name);
        let selector = home.map_or(View::NONE, |gateway| gateway.spec().get("selector"));
        callers.push(if namespace == "." { service.namespace } else { namespace });
        if !selector.is_empty() {
            callers.extend(snapshot.workloads().select(selector, None).map(|pod| pod.namespace).take(1));
        }
    }
    callers
}

fn missing<'a>(check: &mut Check<'_, 'a>, service: &Resource<'a>, destination: &Destination<'a>, host: View<'a>) {
    let snapshot = check.snapshot;
    let full = hosts::fqdn(service.namespace, host.str());
    let reftype = if destination.is_mirror { "mirror host" } else { "host" };
    // Multi-cluster services are known to the other clusters.
    if full.ends_with(".svc.clusterset.local") {
        check.unverified("destination hosts", "they are those of a cluster set", host.str(), service);
        return;
    }
    let hidden = snapshot.hosts().any_scope(&full);
    if hidden.is_none() {
        let known = match home_of(&full) {
            Some(home) => check.closed(&[Kind::Service, Kind::ServiceEntry], Some(home)),
            None => short_of_full(snapshot, &full).is_some() || check.closed(&[Kind::ServiceEntry], None),
        };
        if !known {
            let why = match home_of(&full) {
                Some(home) => format!("no Service of namespace {home} in the input"),
                None => "no ServiceEntry in the input".to_string(),
            };
            check.unverified("destination hosts", why, host.str(), service);
            return;
        }
    }
    let near = suggestion(snapshot, &full);
    let report = check.report(&IST0101, service, host, params! { reftype: reftype, refval: host.str() });
    if let Some(entry) = hidden {
        report.hint(format!("it exists but is not exported to namespace {}", service.namespace)).related(
            &entry.service,
            View::NONE,
            "not exported here",
        );
    } else if let Some(near) = near {
        report.hint(format!("did you mean {near}?")).fix(fixes::replace_scalar(snapshot, service, host, &near));
    }
}

/// The namespace of a host inside the cluster; `None` for any other host.
pub(super) fn home_of(full: &str) -> Option<&str> {
    let (rest, _) = full.split_once(".svc.").or_else(|| full.strip_suffix(".svc").map(|rest| (rest, "")))?;
    rest.rsplit_once('.').map(|(_, namespace)| namespace)
}

/// The full name that `service.namespace` was probably meant to be.
fn short_of_full(snapshot: &Snapshot<'_>, host: &str) -> Option<String> {
    let (name, namespace) = host.split_once('.')?;
    let namespace = namespace.strip_suffix(".svc").unwrap_or(namespace);
    snapshot.find(Kind::Service, namespace, name).map(|_| format!("{name}.{namespace}.svc.cluster.local"))
}

/// Among thousands of names of one pattern, the nearest one says nothing, and takes long to find.
const MANY: usize = 500;

/// The host that was probably meant.
pub(super) fn suggestion(snapshot: &Snapshot<'_>, full: &str) -> Option<String> {
    if let Some(known) = short_of_full(snapshot, full) {
        return Some(known);
    }
    let hosts = snapshot.hosts();
    let Some(home) = home_of(full) else {
        return (hosts.count() <= MANY).then(|| nearest(full, hosts.names()).map(ToString::to_string)).flatten();
    };
    let (name, _) = full.split_once('.')?;
    let here = hosts.services_of(home);
    let near = (here.len() <= MANY).then(|| nearest(name, here.iter().copied())).flatten();
    near.map(|near| full.replacen(name, near, 1))
        .or_else(|| hosts.only_home_of(name).map(|elsewhere| format!("{name}.{elsewhere}.svc.cluster.local")))
}

fn port<'a>(
    check: &mut Check<'_, 'a>,
    service: &Resource<'a>,
    destination: &Destination<'a>,
    entry: &HostEntry<'a>,
    at: View<'a>,
) {
    let snapshot = check.snapshot;
    let host = destination.node.get("host").str();
    let written = destination.node.get("port");
    let ports: Vec<i64> = entry.ports().collect();
    if !written.is_set() {
        if ports.len() > 1 && (check.reference() || gateway_has_other_port(snapshot, service, &ports)) {
            check.report(&IST0112, service, at, params! { destHost: host, destPorts: ports });
        }
        return;
    }
    let number = written.get("number").int().unwrap_or(0);
    if ports.contains(&number) {
        return;
    }
    let at = if check.reference() { at } else { written.get("number") };
    let fix = match ports.as_slice() {
        [only] => fixes::replace_scalar(snapshot, service, written.get("number"), &only.to_string()),
        _ => None,
    };
    let listed = ports.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
    let params = params! { reftype: "host:port", refval: format!("{host}:{number}") };
    let report = check.report(&IST0101, service, at, params).fix(fix.map(|fix| fixes::Fix { safe: true, ..fix }));
    if !ports.is_empty() {
        report.hint(format!("the service has {listed}"));
    }
}

/// A sidecar falls back to the port of the request. A gateway does so too, which works where its port is one of the service's.
fn gateway_has_other_port(snapshot: &Snapshot<'_>, service: &Resource<'_>, ports: &[i64]) -> bool {
    service.spec().get("gateways").strings().filter(|name| *name != "mesh").any(|written| {
        let (namespace, name) = written.split_once('/').unwrap_or((service.namespace, written));
        let Some(gateway) = snapshot.find(Kind::Gateway, namespace, name) else { return false };
        gateway
            .spec()
            .get("servers")
            .items()
            .any(|server| server.get("port").get("number").int().is_some_and(|number| !ports.contains(&number)))
    })
}

/// IST0140: traffic that enters by a gateway does not meet the subset rules of other VirtualServices.
fn ingress(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let key = |service: &Resource<'_>, host: &str| {
        if snapshot.is_reference() { host.to_string() } else { hosts::fqdn(service.namespace, host).into_owned() }
    };
    let mut splitting: BTreeMap<String, Vec<Resource<'_>>> = BTreeMap::new();
    for service in snapshot.all(Kind::VirtualService) {
        let own: HashSet<String> = service.spec().get("hosts").strings().map(|host| key(&service, host)).collect();
        for destination in routes::http_destinations(service.spec()) {
            let host = key(&service, destination.get("host").str());
            if !destination.get("subset").str().is_empty() && own.contains(&host) {
                splitting.entry(host).or_default().push(service);
            }
        }
    }
    if splitting.is_empty() {
        return;
    }
    for service in snapshot.all(Kind::VirtualService) {
        let gateways = service.spec().get("gateways");
        let bound = if snapshot.is_reference() {
            !gateways.is_empty()
        } else {
            gateways.strings().any(|gateway| gateway != "mesh")
        };
        if !bound {
            continue;
        }
        for destination in routes::http_destinations(service.spec()).filter(|d| d.get("subset").str().is_empty()) {
            let host = destination.get("host");
            for other in splitting.get(&key(&service, host.str())).into_iter().flatten() {
                if !snapshot.is_reference() && (other.id == service.id || shares_gateway(other, &service)) {
                    continue;
                }
                let at = if snapshot.is_reference() { View::NONE } else { host };
                let params = params! { virtualservicesubset: other.full_name(), virtualservice: service.full_name() };
                check.report(&IST0140, &service, at, params).related(other, View::NONE, "its subset rules");
            }
        }
    }
}

/// Both are bound to one gateway besides the mesh: the subset rules are met after all.
fn shares_gateway(a: &Resource<'_>, b: &Resource<'_>) -> bool {
    let full = |service: &Resource<'_>, name: &str| {
        if name.contains('/') { name.to_string() } else { format!("{}/{name}", service.namespace) }
    };
    let mine: HashSet<String> =
        a.spec().get("gateways").strings().filter(|name| *name != "mesh").map(|name| full(a, name)).collect();
    b.spec().get("gateways").strings().any(|name| mine.contains(&full(b, name)))
}
