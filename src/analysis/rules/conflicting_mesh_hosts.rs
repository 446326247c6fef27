//! VirtualServices that define the same host for the sidecars of the mesh.
//!
//! # IST0109 ConflictingMeshGatewayVirtualServiceHosts
//! ## What it does
//! Reports VirtualServices bound to the mesh that define one host for the same clients.
//! ## Why is this bad?
//! For sidecars the rules are not merged: one VirtualService wins, the others are ignored.
//! ## Example
//! Two VirtualServices with `hosts: [reviews.shop.svc.cluster.local]` and no `gateways`.
//! ## Use instead
//! One VirtualService for the host. Teams can keep theirs apart with `delegate`, or with `exportTo: ["."]`.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::IST0109;
use crate::analysis::hosts::{fqdn, overlap};
use crate::analysis::kind::Kind;
use crate::analysis::snapshot::Resource;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "virtualservice.ConflictingMeshGatewayHostsAnalyzer",
    description: "No two VirtualServices define one host for the mesh",
    inputs: &[Kind::VirtualService],
    more: &[],
    codes: &[&IST0109],
    check,
    set: Set::Reference,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let mut by_host: BTreeMap<String, BTreeMap<&str, Vec<Resource<'_>>>> = BTreeMap::new();
    let mut wildcards: BTreeSet<String> = BTreeSet::new();
    for service in snapshot.all(Kind::VirtualService).filter(is_for_mesh) {
        let mut seen: HashSet<(String, &str)> = HashSet::new();
        for host in service.spec().get("hosts").strings() {
            let host = fqdn(service.namespace, host).into_owned();
            for scope in scopes(&service) {
                // A host written twice in one VirtualService does not conflict with itself.
                if !check.reference() && !seen.insert((host.clone(), scope)) {
                    continue;
                }
                if host.starts_with('*') {
                    wildcards.insert(host.clone());
                }
                by_host.entry(host.clone()).or_default().entry(scope).or_default().push(service);
            }
        }
    }
    let mut reported: HashSet<u32> = HashSet::new();
    for (host, scopes) in &by_host {
        for (scope, services) in scopes {
            let mut all: Vec<Resource<'_>> = services.clone();
            if *scope != "*" {
                all.extend(public(&by_host, &wildcards, host));
            }
            if all.len() > 1 {
                report(check, &format!("{scope}/{host}"), &all, &mut reported);
            }
        }
    }
}

fn is_for_mesh(service: &Resource<'_>) -> bool {
    let gateways = service.spec().get("gateways");
    gateways.is_empty() || gateways.strings().any(|gateway| gateway == "mesh")
}

fn scopes<'a>(service: &Resource<'a>) -> BTreeSet<&'a str> {
    let written = service.spec().get("exportTo");
    if written.is_empty() || written.strings().any(|scope| scope == "*") {
        return BTreeSet::from(["*"]);
    }
    written.strings().map(|scope| if scope == "." { service.namespace } else { scope }).collect()
}

/// The VirtualServices that everybody sees and whose host has something in common with this one.
fn public<'a>(
    by_host: &BTreeMap<String, BTreeMap<&str, Vec<Resource<'a>>>>,
    wildcards: &BTreeSet<String>,
    host: &str,
) -> Vec<Resource<'a>> {
    let of = |name: &str| by_host.get(name).and_then(|scopes| scopes.get("*")).cloned().unwrap_or_default();
    if host.starts_with('*') {
        return by_host.keys().filter(|other| overlap(other, host)).flat_map(|other| of(other)).collect();
    }
    let mut found = of(host);
    found.extend(wildcards.iter().filter(|other| overlap(other, host)).flat_map(|other| of(other)));
    found
}

fn report<'a>(check: &mut Check<'_, 'a>, key: &str, all: &[Resource<'a>], reported: &mut HashSet<u32>) {
    let mut names: Vec<String> = all.iter().map(Resource::full_name).collect();
    names.sort_unstable();
    if !check.reference() {
        names.dedup();
        if names.len() < 2 {
            return;
        }
    }
    for service in all {
        // istioctl reports a VirtualService for one of its hosts only.
        if check.reference() && !reported.insert(service.id) {
            continue;
        }
        let mut others = all.iter().filter(|other| other.id != service.id);
        let params = params! { virtualServices: names.join(","), host: key };
        let report = check.report(&IST0109, service, service.metadata().key("name"), params);
        if let Some(other) = others.next() {
            report.related(other, View::NONE, "also defines the host");
        }
    }
}
