//! One service in several clusters, defined differently.
//!
//! # IST0170 MultiClusterInconsistentService
//! ## What it does
//! Compares Services of the same name and namespace over all clusters.
//! ## Why is this bad?
//! The mesh treats them as one service. Where the definitions differ, traffic to some clusters' endpoints fails.
//! ## Example
//! Port `http` is 80 in one cluster and 8080 in the other.
//! ## Use instead
//! The same ports, type and headlessness everywhere.

use std::collections::{BTreeMap, BTreeSet};

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::IST0170;
use crate::analysis::kind::Kind;
use crate::analysis::snapshot::Resource;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "services.MultiClusterServiceAnalyzer",
    description: "Services are defined alike in all clusters",
    inputs: &[Kind::Service],
    more: &[],
    codes: &[&IST0170],
    check,
    set: Set::Reference,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    if snapshot.clusters.len() < 2 {
        return;
    }
    let mut groups: BTreeMap<String, Vec<Resource<'_>>> = BTreeMap::new();
    for service in snapshot.all(Kind::Service) {
        groups.entry(service.full_name()).or_default().push(service);
    }
    for services in groups.values().filter(|services| services.len() > 1) {
        let reasons = differences(services, check.reference());
        let Some(first) = services.first().filter(|_| !reasons.is_empty()) else { continue };
        let mut clusters: Vec<String> =
            services.iter().filter_map(|service| snapshot.clusters.get(service.cluster as usize).cloned()).collect();
        clusters.sort_unstable();
        let error = reasons.into_iter().collect::<Vec<_>>().join("; ");
        let params = params! { serviceName: first.name, namespace: first.namespace, clusters: clusters, error: error };
        check.report(&IST0170, first, View::NONE, params);
    }
}

fn differences(services: &[Resource<'_>], reference: bool) -> BTreeSet<String> {
    let mut reasons = BTreeSet::new();
    let Some((first, others)) = services.split_first() else { return reasons };
    let headless = |service: &Resource<'_>| service.spec().key("clusterIP").str() == "None";
    let kind = |service: &Resource<'_>| match service.spec().key("type").str() {
        "" => "ClusterIP".to_string(),
        written => written.to_string(),
    };
    for other in others {
        if headless(first) != headless(other) {
            reasons.insert("it is headless in some clusters only".to_string());
        }
        if kind(first) != kind(other) {
            reasons.insert(format!("its types are {} and {}", kind(first), kind(other)));
        }
        let (a, b) = (ports(first, reference), ports(other, reference));
        if a != b {
            reasons.insert("its ports differ".to_string());
        }
    }
    reasons
}

/// The ports by name, without what differs between clusters by nature.
fn ports(service: &Resource<'_>, reference: bool) -> Vec<serde_json::Value> {
    let mut ports: Vec<_> = service.spec().key("ports").items().map(View::to_value).collect();
    for port in &mut ports {
        if let Some(fields) = port.as_object_mut() {
            if !reference {
                fields.shift_remove("nodePort");
            }
            fields.entry("protocol").or_insert_with(|| "TCP".into());
            fields.sort_keys();
        }
    }
    ports.sort_by_key(|port| port.get("name").and_then(|name| name.as_str()).unwrap_or("").to_string());
    ports
}
