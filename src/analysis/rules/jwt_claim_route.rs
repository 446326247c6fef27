//! Routing by claims of a token that nobody checks.
//!
//! # IST0149 JwtClaimBasedRoutingWithoutRequestAuthN
//! ## What it does
//! Reports VirtualServices that route by JWT claims for gateways without a RequestAuthentication.
//! ## Why is this bad?
//! Claims come from verified tokens only. Without a RequestAuthentication there are none, and the rule never matches.
//! ## Example
//! ```yaml
//! http:
//! - match:
//!   - headers:
//!       "@request.auth.claims.group": {exact: admin}
//! ```
//! and no RequestAuthentication for the gateway's pods.
//! ## Use instead
//! A RequestAuthentication with the issuer's `jwtRules` that selects the gateway's pods.

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::IST0149;
use crate::analysis::kind::Kind;
use crate::analysis::snapshot::{Resource, Snapshot};
use crate::analysis::view::View;
use crate::analysis::workloads::Workload;

pub static RULE: Rule = Rule {
    name: "virtualservice.JWTClaimRouteAnalyzer",
    description: "Gateways that route by JWT claims verify tokens",
    inputs: &[Kind::VirtualService, Kind::RequestAuthentication, Kind::Gateway, Kind::Pod],
    more: super::authorization_policies::WORKLOADS,
    codes: &[&IST0149],
    check,
    set: Set::Reference,
};

const CLAIMS: &str = "@request.auth.claims";

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    for service in snapshot.all(Kind::VirtualService) {
        let Some(key) = claim(&service) else { continue };
        for written in service.spec().get("gateways").strings().filter(|name| *name != "mesh") {
            let (namespace, name) = written.split_once('/').unwrap_or((service.namespace, written));
            let Some(gateway) = snapshot.find(Kind::Gateway, namespace, name) else { continue };
            for pod in snapshot.workloads().select(gateway.spec().get("selector"), None) {
                if !is_authenticated(snapshot, pod) {
                    let at = if check.reference() { View::NONE } else { key };
                    check.report(
                        &IST0149,
                        &service,
                        at,
                        params! { key: key.str(), gateway: gateway.full_name(), pod: pod.name },
                    );
                }
            }
        }
    }
}

/// The first header match on a claim.
fn claim<'a>(service: &Resource<'a>) -> Option<View<'a>> {
    let matches = service.spec().get("http").items().flat_map(|route| route.get("match").items());
    matches
        .flat_map(|m| m.get("headers").keyed().chain(m.get("withoutHeaders").keyed()))
        .map(|(key, _)| key)
        .find(|key| is_claim(key.str()))
}

fn is_claim(header: &str) -> bool {
    let Some(prefix) = header.get(..CLAIMS.len()) else { return false };
    if !prefix.eq_ignore_ascii_case(CLAIMS) {
        return false;
    }
    let rest = &header[CLAIMS.len()..];
    match rest.strip_prefix('[') {
        Some(bracketed) => bracketed.find(']').is_some_and(|end| end > 0),
        None => rest.len() > 1 && rest.starts_with('.'),
    }
}

fn is_authenticated(snapshot: &Snapshot<'_>, pod: &Workload<'_>) -> bool {
    let root = if snapshot.is_reference() { "istio-system" } else { snapshot.mesh_config.root_namespace() };
    snapshot
        .all(Kind::RequestAuthentication)
        .filter(|policy| policy.namespace == root || policy.namespace == pod.namespace)
        .any(|policy| {
            let targets = policy.spec().get("targetRefs");
            let targeted = !snapshot.is_reference() && (!targets.is_empty() || policy.spec().get("targetRef").is_set());
            !targeted && pod.matches(policy.spec().get("selector").get("matchLabels"))
        })
}
