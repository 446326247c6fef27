//! Fields and resources that are on their way out.
//!
//! # IST0002 Deprecated
//! ## What it does
//! Reports fields, providers and custom resources that have a successor.
//! ## Why is this bad?
//! They stop working in some later release, and get no fixes until then.
//! ## Example
//! ```yaml
//! http:
//! - fault:
//!     delay:
//!       percent: 10
//!       fixedDelay: 5s
//! ```
//! ## Use instead
//! ```yaml
//! http:
//! - fault:
//!     delay:
//!       percentage:
//!         value: 10
//!       fixedDelay: 5s
//! ```

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::IST0002;
use crate::analysis::fixes;
use crate::analysis::kind::Kind;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "deprecation.DeprecationAnalyzer",
    description: "No deprecated fields or resources are in use",
    inputs: &[Kind::VirtualService, Kind::Sidecar, Kind::CustomResourceDefinition],
    more: &[],
    codes: &[&IST0002],
    check,
    set: Set::Reference,
};

/// Kinds of the old authorization API, and the names of their definitions.
const OLD_RBAC: &[(&str, &str)] = &[
    ("ClusterRbacConfig", "clusterrbacconfigs.rbac.istio.io"),
    ("RbacConfig", "rbacconfigs.rbac.istio.io"),
    ("ServiceRole", "serviceroles.rbac.istio.io"),
    ("ServiceRoleBinding", "servicerolebindings.rbac.istio.io"),
];

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    for service in snapshot.all(Kind::VirtualService) {
        for route in service.spec().get("http").items() {
            let percent = route.get("fault").get("delay").get("percent");
            if percent.int().is_some_and(|percent| percent > 0) {
                let fix = fixes::percent_to_percentage(snapshot, &service, route.get("fault").get("delay"));
                let detail = "http.fault.delay.percent, use percentage in its place";
                check.report(&IST0002, &service, percent, params! { detail: detail }).fix(fix);
            }
        }
    }
    for sidecar in snapshot.all(Kind::Sidecar) {
        let proxy = sidecar.spec().get("outboundTrafficPolicy").get("egressProxy");
        if proxy.is_set() {
            check.report(
                &IST0002,
                &sidecar,
                proxy,
                params! { detail: "outboundTrafficPolicy.egressProxy, which has no successor" },
            );
        }
    }
    for definition in snapshot.all(Kind::CustomResourceDefinition) {
        let spec = definition.spec();
        let (group, named) = (spec.key("group").str(), spec.key("names").key("kind").str());
        // A cluster's definitions are read without their spec.
        let is_old = |(kind, name): &&(&str, &str)| {
            if spec.is_set() { group == "rbac.istio.io" && *kind == named } else { *name == definition.name }
        };
        if let Some((kind, _)) = OLD_RBAC.iter().find(is_old) {
            let detail = format!("the custom resource {kind}, use AuthorizationPolicy in its place");
            check.report(&IST0002, &definition, View::NONE, params! { detail: detail });
        }
    }
}
