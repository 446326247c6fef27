//! Rules of the ambient mesh that need a waypoint and have none.
//!
//! # BOW0005 AmbientPolicyWithoutWaypoint
//! ## What it does
//! Reports AuthorizationPolicies with HTTP conditions for workloads of an ambient namespace without a waypoint, unless the workloads are
//! gateways or have sidecars.
//! ## Why is this bad?
//! ztunnel knows connections, not requests. It cannot check methods, paths or tokens: an ALLOW rule that needs them never matches, and
//! a DENY rule denies every connection.
//! ## Example
//! ```yaml
//! kind: AuthorizationPolicy
//! spec:
//!   selector: {matchLabels: {app: cart}}
//!   rules: [{to: [{operation: {methods: [GET]}}]}]
//! ```
//! in a namespace labelled `istio.io/dataplane-mode: ambient`.
//! ## Use instead
//! A waypoint (`waypoint apply --enroll-namespace`) and `targetRefs` to it or to the Service.
//!
//! # BOW0006 AmbientRoutingWithoutWaypoint
//! ## What it does
//! Reports VirtualServices for services of an ambient namespace without a waypoint.
//! ## Why is this bad?
//! Nothing on the way reads HTTP routes: ztunnel forwards connections as they are.
//! ## Example
//! A VirtualService that splits traffic of `cart` by weight, in an ambient namespace without `istio.io/use-waypoint`.
//! ## Use instead
//! A waypoint for the namespace or the Service.

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::{BOW0005, BOW0006};
use crate::analysis::injected::{INJECT, is_ambient_namespace};
use crate::analysis::kind::Kind;
use crate::analysis::snapshot::{Resource, Snapshot};
use crate::analysis::view::View;
use crate::analysis::workloads::Workload;

pub static RULE: Rule = Rule {
    name: "bowline.AmbientWaypoints",
    description: "Rules of the ambient mesh that need a waypoint have one",
    inputs: &[Kind::AuthorizationPolicy, Kind::VirtualService, Kind::Namespace],
    more: &[Kind::Service, Kind::ServiceEntry],
    codes: &[&BOW0005, &BOW0006],
    check,
    set: Set::Ours,
};

const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";
const USE_WAYPOINT: &str = "istio.io/use-waypoint";

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let ambient = snapshot.all(Kind::Namespace).any(|namespace| is_ambient_namespace(namespace.labels()));
    if !ambient {
        return;
    }
    for policy in snapshot.all(Kind::AuthorizationPolicy).filter(|policy| is_bare(snapshot, policy.namespace)) {
        let spec = policy.spec();
        if spec.get("targetRefs").is_empty()
            && !spec.get("targetRef").is_set()
            && let Some(condition) = http_condition(spec)
            && !is_for_proxies(snapshot, &policy)
        {
            check.report(&BOW0005, &policy, condition, params! { namespace: policy.namespace });
        }
    }
    // Clients with sidecars do read routes.
    let sidecars = snapshot.all(Kind::Namespace).any(|namespace| {
        namespace.label("istio-injection") == "enabled" || namespace.labels().key("istio.io/rev").is_set()
    });
    if sidecars {
        return;
    }
    for service in snapshot.all(Kind::VirtualService).filter(is_for_mesh) {
        for host in service.spec().get("hosts").items() {
            let Some(entry) = snapshot.hosts().lookup(service.namespace, service.namespace, host.str()) else {
                continue;
            };
            let target = entry.service;
            if is_bare(snapshot, target.namespace) && !has_waypoint(target.labels()) {
                check.report(&BOW0006, &service, host, params! { host: host.str(), namespace: target.namespace });
            }
        }
    }
}

/// For gateways, or for workloads with sidecars: what they run reads HTTP.
fn is_for_proxies(snapshot: &Snapshot<'_>, policy: &Resource<'_>) -> bool {
    let labels = policy.spec().get("selector").get("matchLabels");
    if labels.is_empty() {
        return false;
    }
    let gateway = labels.key(GATEWAY_NAME).is_set() || labels.key("istio").str().contains("gateway");
    let runs_proxy = |workload: &Workload<'_>| {
        workload.label(GATEWAY_NAME).is_some()
            || workload.label(INJECT) == Some("true")
            || workload.containers().any(|container| container.key("name").str() == "istio-proxy")
    };
    gateway || snapshot.workloads().select(labels, Some(policy.namespace)).any(runs_proxy)
}

fn is_for_mesh(service: &Resource<'_>) -> bool {
    let gateways = service.spec().get("gateways");
    gateways.is_empty() || gateways.strings().any(|gateway| gateway == "mesh")
}

fn has_waypoint(labels: View<'_>) -> bool {
    !matches!(labels.key(USE_WAYPOINT).str(), "" | "none")
}

/// In the ambient mesh, and without a waypoint.
fn is_bare(snapshot: &Snapshot<'_>, name: &str) -> bool {
    snapshot
        .find(Kind::Namespace, "", name)
        .is_some_and(|namespace| is_ambient_namespace(namespace.labels()) && !has_waypoint(namespace.labels()))
}

/// The first condition that only something that reads HTTP can check.
fn http_condition(spec: View<'_>) -> Option<View<'_>> {
    const OPERATION: &[&str] = &["hosts", "notHosts", "methods", "notMethods", "paths", "notPaths"];
    const SOURCE: &[&str] = &["requestPrincipals", "notRequestPrincipals", "remoteIpBlocks", "notRemoteIpBlocks"];
    for rule in spec.get("rules").items() {
        let operations =
            rule.get("to").items().flat_map(|to| OPERATION.iter().map(move |field| to.get("operation").get(field)));
        let sources =
            rule.get("from").items().flat_map(|from| SOURCE.iter().map(move |field| from.get("source").get(field)));
        let keys = rule
            .get("when")
            .items()
            .map(|when| when.get("key"))
            .filter(|key| key.str().starts_with("request.") || key.str() == "remote.ip");
        let found = operations.chain(sources).find(|list| !list.is_empty()).or_else(|| keys.into_iter().next());
        if found.is_some() {
            return found;
        }
    }
    None
}
