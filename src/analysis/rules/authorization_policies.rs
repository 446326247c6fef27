//! AuthorizationPolicies that guard nothing, or name namespaces that do not exist.
//!
//! # IST0127 NoMatchingWorkloadsFound
//! ## What it does
//! Reports an AuthorizationPolicy whose selector picks no workload of the mesh.
//! ## Why is this bad?
//! The policy guards nothing. A typing error in a label leaves a workload open that everybody believes to be closed.
//! ## Example
//! ```yaml
//! kind: AuthorizationPolicy
//! spec:
//!   selector:
//!     matchLabels:
//!       app: revews
//! ```
//! ## Use instead
//! Labels that the pods have: `app: reviews`.

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::{IST0101, IST0127};
use crate::analysis::injected::{in_mesh, is_ambient_namespace, is_ambient_pod};
use crate::analysis::kind::Kind;
use crate::analysis::labels::canonical;
use crate::analysis::snapshot::{Resource, Snapshot};
use crate::analysis::view::View;
use crate::analysis::workloads::Workload;
use crate::ui::nearest::nearest;

pub static RULE: Rule = Rule {
    name: "auth.AuthorizationPoliciesAnalyzer",
    description: "AuthorizationPolicies select workloads and name namespaces that exist",
    inputs: &[Kind::MeshConfig, Kind::AuthorizationPolicy, Kind::Namespace, Kind::Pod],
    more: WORKLOADS,
    codes: &[&IST0101, &IST0127],
    check,
    set: Set::Reference,
};

/// Kinds that say what runs.
pub(super) const WORKLOADS: &[Kind] = &[
    Kind::Pod,
    Kind::Deployment,
    Kind::StatefulSet,
    Kind::DaemonSet,
    Kind::ReplicaSet,
    Kind::Job,
    Kind::CronJob,
    Kind::Rollout,
    Kind::WorkloadEntry,
    Kind::WorkloadGroup,
];

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    for policy in snapshot.all(Kind::AuthorizationPolicy) {
        workloads(check, &policy);
        namespaces(check, &policy);
    }
}

fn workloads<'a>(check: &mut Check<'_, 'a>, policy: &Resource<'a>) {
    let snapshot = check.snapshot;
    let spec = policy.spec();
    if !check.reference() && (spec.get("targetRef").is_set() || !spec.get("targetRefs").is_empty()) {
        return;
    }
    let selector = spec.get("selector");
    let labels = selector.get("matchLabels");
    let in_root = policy.namespace == snapshot.mesh_config.root_namespace();
    if in_root && !selector.is_set() {
        return;
    }
    let scope = if in_root { None } else { Some(policy.namespace) };
    if !check.reference() && !selector.is_set() {
        return;
    }
    if !check.closed(WORKLOADS, scope) {
        check.unverified("workload selectors", "no workload in the input", canonical(labels), policy);
        return;
    }
    let guarded = snapshot.workloads().select(labels, scope).any(|workload| belongs(snapshot, workload));
    if !guarded {
        check.report(&IST0127, policy, View::NONE, params! { labels: canonical(labels) });
    }
}

/// In the mesh with a sidecar, in the ambient mesh, or outside the cluster and registered.
fn belongs(snapshot: &Snapshot<'_>, workload: &Workload<'_>) -> bool {
    let registered = matches!(workload.kind, Kind::WorkloadEntry | Kind::WorkloadGroup);
    if registered || in_mesh(snapshot, workload) || is_ambient_pod(workload) {
        return true;
    }
    if snapshot.is_reference() {
        return false;
    }
    // Gateways take policies too; and without its Namespace nothing is known about a workload's injection.
    let gateway =
        workload.label("gateway.networking.k8s.io/gateway-name").is_some() || workload.label("istio").is_some();
    let namespace = snapshot.find(Kind::Namespace, "", workload.namespace);
    gateway || namespace.is_none_or(|namespace| is_ambient_namespace(namespace.labels()))
}

fn namespaces<'a>(check: &mut Check<'_, 'a>, policy: &Resource<'a>) {
    for rule in policy.spec().get("rules").items() {
        for from in rule.get("from").items() {
            let source = from.get("source");
            for list in ["namespaces", "notNamespaces"] {
                for (index, entry) in source.get(list).items().enumerate() {
                    // istioctl looks for the line in `namespaces` whichever list it is.
                    let at = if check.reference() { source.get("namespaces").index(index) } else { entry };
                    namespace(check, policy, entry, at);
                }
            }
        }
    }
}

fn namespace<'a>(check: &mut Check<'_, 'a>, policy: &Resource<'a>, entry: View<'a>, at: View<'a>) {
    let snapshot = check.snapshot;
    let pattern = entry.str();
    let found = if check.reference() {
        snapshot.all(Kind::Namespace).any(|namespace| pattern_matches(pattern, namespace.name))
    } else {
        ALWAYS_THERE.iter().any(|name| pattern_matches(pattern, name))
            || snapshot.known_namespaces().any(|name| pattern_matches(pattern, name))
    };
    if found {
        return;
    }
    if !check.closed(&[Kind::Namespace], None) {
        check.unverified("namespaces", "no Namespace in the input", pattern, policy);
        return;
    }
    let near = nearest(pattern, snapshot.known_namespaces());
    let report = check.report(&IST0101, policy, at, params! { reftype: "namespace", refval: pattern });
    if let Some(near) = near {
        report.hint(format!("did you mean {near}?"));
    }
}

/// Every cluster has these.
const ALWAYS_THERE: &[&str] = &["default", "kube-system", "kube-public", "kube-node-lease"];

fn pattern_matches(pattern: &str, name: &str) -> bool {
    if pattern == "*" {
        return true;
    }
    if let Some(suffix) = pattern.strip_prefix('*') {
        return name.ends_with(suffix);
    }
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => pattern.eq_ignore_ascii_case(name),
    }
}
