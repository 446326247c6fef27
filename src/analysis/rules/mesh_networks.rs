//! Networks that are made of registries nobody knows.
//!
//! # IST0126 UnknownMeshNetworksServiceRegistry
//! ## What it does
//! Checks that `fromRegistry` in the mesh networks names a cluster that istiod knows.
//! ## Why is this bad?
//! Endpoints of the cluster are taken to be in the local network; traffic to them goes nowhere.
//! ## Example
//! ```yaml
//! networks:
//!   west:
//!     endpoints: [{fromRegistry: clusterwest}]   # the cluster is called cluster-west
//! ```
//! ## Use instead
//! The name under which the remote cluster's secret lists it.

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::IST0126;
use crate::analysis::kind::Kind;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "meshnetworks.MeshNetworksAnalyzer",
    description: "Mesh networks name registries that exist",
    inputs: &[Kind::MeshNetworks, Kind::Secret],
    more: &[Kind::ConfigMap],
    codes: &[&IST0126],
    check,
    set: Set::Reference,
};

/// Registries that need no cluster.
const BUILT_IN: &[&str] = &["Mock", "Kubernetes", "External"];

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let remote = snapshot.all(Kind::Secret).filter(|secret| secret.label("istio/multiCluster") == "true");
    let mut known: Vec<String> = BUILT_IN.iter().map(|name| (*name).to_string()).collect();
    for secret in remote {
        let more = if check.reference() { View::NONE } else { secret.root.key("stringData") };
        known.extend(secret.root.key("data").entries().chain(more.entries()).map(|(name, _)| name.to_string()));
    }
    if !check.reference() {
        known.extend(snapshot.clusters.iter().cloned());
        known.extend(own_clusters(check));
    }
    let Some(networks) = snapshot.all(Kind::MeshNetworks).next() else { return };
    for (network, settings) in snapshot.mesh_networks.get("networks").entries() {
        for endpoint in settings.get("endpoints").items() {
            let registry = endpoint.get("fromRegistry").str();
            if !registry.is_empty() && !known.iter().any(|name| name == registry) {
                check.report(&IST0126, &networks, View::NONE, params! { serviceregistry: registry, network: network });
            }
        }
    }
}

/// The name of the local cluster, from the injector's values.
fn own_clusters(check: &Check<'_, '_>) -> Vec<String> {
    let configs =
        check.snapshot.all(Kind::ConfigMap).filter(|config| config.name.starts_with("istio-sidecar-injector"));
    let values = configs.filter_map(|config| {
        serde_json::from_str::<serde_json::Value>(config.root.key("data").key("values").str()).ok()
    });
    values
        .filter_map(|values| Some(values.pointer("/global/multiCluster/clusterName")?.as_str()?.to_string()))
        .collect()
}
