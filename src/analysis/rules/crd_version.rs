//! Custom resource definitions of the Gateway API that are too old to be used.
//!
//! # IST0176 GatewayAPICRDVersionBelowMinimum
//! ## What it does
//! Compares the version of installed Gateway API definitions with the oldest that istiod reads.
//! ## Why is this bad?
//! istiod ignores the kind altogether: routes exist and do nothing.
//! ## Example
//! ```yaml
//! kind: CustomResourceDefinition
//! metadata:
//!   name: tlsroutes.gateway.networking.k8s.io
//!   annotations:
//!     gateway.networking.k8s.io/bundle-version: v1.3.0
//! ```
//! ## Use instead
//! The definitions of a newer Gateway API release.

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::IST0176;
use crate::analysis::kind::Kind;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "k8sgateway.CRDVersionAnalyzer",
    description: "Gateway API definitions are new enough",
    inputs: &[Kind::CustomResourceDefinition],
    more: &[],
    codes: &[&IST0176],
    check,
    set: Set::Reference,
};

const BUNDLE_VERSION: &str = "gateway.networking.k8s.io/bundle-version";

const MINIMUM: &[(&str, (u64, u64, u64))] = &[
    ("grpcroutes.gateway.networking.k8s.io", (1, 1, 0)),
    ("backendtlspolicies.gateway.networking.k8s.io", (1, 4, 0)),
    ("tlsroutes.gateway.networking.k8s.io", (1, 5, 0)),
];

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    for definition in snapshot.all(Kind::CustomResourceDefinition) {
        let Some((_, minimum)) = MINIMUM.iter().find(|(name, _)| *name == definition.name) else { continue };
        let annotation = definition.annotations().key(BUNDLE_VERSION);
        let written = annotation.str().strip_prefix('v').unwrap_or(annotation.str());
        if version(written).is_some_and(|installed| installed < *minimum) {
            let (major, minor, patch) = minimum;
            let minimum = format!("{major}.{minor}.{patch}");
            let at = if check.reference() { View::NONE } else { annotation };
            check.report(
                &IST0176,
                &definition,
                at,
                params! { crd: definition.name, installedVersion: written, minimumVersion: minimum },
            );
        }
    }
}

/// The numbers of a semantic version, what follows `-` or `+` left out.
fn version(text: &str) -> Option<(u64, u64, u64)> {
    let core = text.split(['-', '+']).next()?;
    let mut parts = core.split('.').map(|part| part.parse::<u64>().ok());
    let (major, minor, patch) = (parts.next()??, parts.next().unwrap_or(Some(0))?, parts.next().unwrap_or(Some(0))?);
    parts.next().is_none().then_some((major, minor, patch))
}
