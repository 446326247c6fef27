//! istiod fetches JWKS addresses that policy writers choose.
//!
//! # IST0175 JwksUriFetchUnrestricted
//! ## What it does
//! Reports a control plane that fetches the keys of RequestAuthentications without `BLOCKED_CIDRS_IN_JWKS_URIS`.
//! ## Why is this bad?
//! Whoever may write a RequestAuthentication can make istiod send requests to addresses that only istiod can reach.
//! ## Example
//! ```yaml
//! kind: Deployment
//! metadata: {name: istiod, labels: {app: istiod}}
//! spec:
//!   template:
//!     spec:
//!       containers:
//!       - name: discovery
//! ```
//! ## Use instead
//! ```yaml
//!         env:
//!         - name: BLOCKED_CIDRS_IN_JWKS_URIS
//!           value: 10.0.0.0/8,169.254.0.0/16
//! ```

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::IST0175;
use crate::analysis::kind::Kind;
use crate::analysis::snapshot::Resource;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "authn.BlockedCIDRsAnalyzer",
    description: "istiod is told which addresses not to fetch keys from",
    inputs: &[Kind::RequestAuthentication, Kind::Deployment],
    more: &[],
    codes: &[&IST0175],
    check,
    set: Set::Reference,
};

const VARIABLE: &str = "BLOCKED_CIDRS_IN_JWKS_URIS";

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let reference = check.reference();
    let policies = snapshot.all(Kind::RequestAuthentication).filter(|policy| reference || makes_istiod_fetch(policy));
    let mut names: Vec<_> = policies.map(|policy| policy.full_name()).collect();
    names.sort_unstable();
    if names.is_empty() {
        return;
    }
    let mut shown = names.iter().take(5).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > 5 {
        shown.push_str(&format!(" and {} more", names.len() - 5));
    }
    for istiod in snapshot.all(Kind::Deployment).filter(|deployment| deployment.label("app") == "istiod") {
        let containers = istiod.root.at(&["spec", "template", "spec", "containers"]);
        let blocked = |variable: View<'_>| {
            variable.key("name").str() == VARIABLE
                && (!variable.key("value").str().is_empty() || (!reference && variable.key("valueFrom").is_set()))
        };
        let unknown = !reference && containers.items().any(|container| !container.key("envFrom").is_empty());
        if !unknown && !containers.items().any(|container| container.key("env").items().any(blocked)) {
            check.report(&IST0175, &istiod, View::NONE, params! { count: names.len() as i64, names: shown.as_str() });
        }
    }
}

/// Keys in the policy itself are not fetched.
fn makes_istiod_fetch(policy: &Resource<'_>) -> bool {
    policy.spec().get("jwtRules").items().any(|rule| rule.get("jwks").str().is_empty())
}
