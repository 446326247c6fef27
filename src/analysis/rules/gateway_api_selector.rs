//! Selectors where only target references work.
//!
//! # IST0166 IneffectiveSelector
//! ## What it does
//! Reports policies whose selector matches pods of a Kubernetes Gateway.
//! ## Why is this bad?
//! Gateways of the Gateway API, waypoints among them, ignore selectors: the policy is not enforced there.
//! ## Example
//! ```yaml
//! kind: AuthorizationPolicy
//! spec:
//!   selector:
//!     matchLabels:
//!       gateway.networking.k8s.io/gateway-name: shop
//! ```
//! ## Use instead
//! ```yaml
//! kind: AuthorizationPolicy
//! spec:
//!   targetRefs:
//!   - group: gateway.networking.k8s.io
//!     kind: Gateway
//!     name: shop
//! ```

use std::collections::BTreeSet;

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::IST0166;
use crate::analysis::fixes;
use crate::analysis::kind::Kind;
use crate::analysis::snapshot::Resource;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "k8sgateway.SelectorAnalyzer",
    description: "Policies for Kubernetes Gateways use target references",
    inputs: &[Kind::AuthorizationPolicy, Kind::RequestAuthentication, Kind::Telemetry, Kind::WasmPlugin, Kind::Pod],
    more: &[Kind::Deployment],
    codes: &[&IST0166],
    check,
    set: Set::Reference,
};

const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    for kind in &RULE.inputs[..4] {
        for policy in snapshot.all(*kind) {
            let spec = policy.spec();
            let targeted = spec.get("targetRef").is_set() || (!check.reference() && !spec.get("targetRefs").is_empty());
            if targeted || !spec.get("selector").is_set() {
                continue;
            }
            judge(check, &policy, spec.get("selector").get("matchLabels"));
        }
    }
}

fn judge<'a>(check: &mut Check<'_, 'a>, policy: &Resource<'a>, labels: View<'a>) {
    let pods = check.snapshot.workloads().inside(policy.namespace).filter(|pod| pod.matches(labels));
    let names: BTreeSet<&str> = pods.filter_map(|pod| pod.label(GATEWAY_NAME)).collect();
    let fix = match names.iter().next() {
        Some(only) if names.len() == 1 => fixes::selector_to_target(check.snapshot, policy, only),
        _ => None,
    };
    for gateway in names {
        let at = if check.reference() { View::NONE } else { policy.spec().get("selector") };
        check.report(&IST0166, policy, at, params! { gateway: gateway }).fix(fix.clone());
    }
}
