//! Objects that the control plane or a gateway has turned down, by their status.
//!
//! # IST0171 NegativeConditionStatus
//! ## What it does
//! Reports conditions in `status` that say an object was not accepted, not programmed, or not bound.
//! ## Why is this bad?
//! The object exists but does not work; nothing else tells so.
//! ## Example
//! ```yaml
//! kind: HTTPRoute
//! status:
//!   parents:
//!   - conditions:
//!     - type: ResolvedRefs
//!       status: "False"
//!       reason: BackendNotFound
//! ```
//! ## Use instead
//! Mend what the condition's message names; the status follows by itself.

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::IST0171;
use crate::analysis::kind::Kind;
use crate::analysis::snapshot::Resource;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "conditions.ConditionAnalyzer",
    description: "No object has a condition that says it does not work",
    inputs: &[
        Kind::Service,
        Kind::ServiceEntry,
        Kind::WorkloadEntry,
        Kind::AuthorizationPolicy,
        Kind::KubernetesGateway,
        Kind::HttpRoute,
        Kind::GrpcRoute,
    ],
    more: &[],
    codes: &[&IST0171],
    check,
    set: Set::Reference,
};

const GATEWAY_API: &[&str] = &["Accepted", "Programmed", "ResolvedRefs"];

/// Which conditions matter, by kind.
const TYPES: &[(Kind, &[&str])] = &[
    (Kind::Service, &["istio.io/WaypointBound"]),
    (Kind::ServiceEntry, &["istio.io/WaypointBound"]),
    (Kind::WorkloadEntry, &["istio.io/WaypointBound"]),
    (Kind::AuthorizationPolicy, &["ZtunnelAccepted", "WaypointAccepted"]),
    (Kind::KubernetesGateway, GATEWAY_API),
    (Kind::HttpRoute, GATEWAY_API),
    (Kind::GrpcRoute, GATEWAY_API),
];

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    for (kind, types) in TYPES {
        for resource in snapshot.all(*kind) {
            let status = resource.status();
            match kind {
                Kind::HttpRoute | Kind::GrpcRoute => {
                    for parent in status.key("parents").items() {
                        judge(check, &resource, parent.key("conditions"), types);
                    }
                }
                _ => judge(check, &resource, status.key("conditions"), types),
            }
            if *kind == Kind::KubernetesGateway && !check.reference() {
                for listener in status.key("listeners").items() {
                    judge(check, &resource, listener.key("conditions"), types);
                }
            }
        }
    }
}

fn judge<'a>(check: &mut Check<'_, 'a>, resource: &Resource<'a>, conditions: View<'a>, types: &[&str]) {
    for condition in conditions.items() {
        let (name, reason) = (condition.key("type").str(), condition.key("reason").str());
        if !check.reference() && is_stale(resource, condition) {
            continue;
        }
        let negative = types.contains(&name) && condition.key("status").str() == "False";
        let partial =
            resource.kind == Kind::AuthorizationPolicy && name == "WaypointAccepted" && reason == "PartiallyInvalid";
        if negative || partial {
            let message = condition.key("message").str();
            check.report(
                &IST0171,
                resource,
                View::NONE,
                params! { conditionType: name, reason: reason, message: message },
            );
        }
    }
}

/// Said about an older generation of the object.
fn is_stale(resource: &Resource<'_>, condition: View<'_>) -> bool {
    match (condition.key("observedGeneration").int(), resource.metadata().key("generation").int()) {
        (Some(observed), Some(current)) => observed < current,
        _ => false,
    }
}
