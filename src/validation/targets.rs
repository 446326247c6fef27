//! What a policy applies to: a selector of pods, or references to services and gateways.

use super::labels;
use super::report::Report;
use crate::api::view::View;

/// Group and kind of what can be referred to.
const TARGETS: &[(&str, &str)] = &[
    ("", "Service"),
    ("core", "Service"),
    ("networking.istio.io", "ServiceEntry"),
    ("gateway.networking.k8s.io", "Gateway"),
    ("gateway.networking.k8s.io", "GatewayClass"),
];

/// Which of the ways to target a kind has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Targeting {
    /// `selector`, `targetRef`, `targetRefs`.
    All,
    /// `selector` and `targetRefs`.
    NoSingle,
}

pub fn check<'d>(report: &mut Report<'d>, spec: View<'d>, targeting: Targeting) {
    let single = (targeting == Targeting::All).then(|| spec.message("targetRef")).flatten();
    let ways = [spec.has("selector"), single.is_some(), !spec.is_empty("targetRefs")];
    if ways.iter().filter(|given| **given).count() > 1 {
        report.error("target-conflict", spec.here(), "only one of selector, targetRef and targetRefs can be given");
    }
    labels::selector(report, spec.message("selector"));
    for reference in single.into_iter().chain(spec.list("targetRefs")) {
        if reference.text("name").is_empty() {
            report.error("target-name", reference.at("name"), "the target has no name");
        }
        if !reference.text("namespace").is_empty() {
            report.error(
                "target-namespace",
                reference.at("namespace"),
                "targets in other namespaces are not supported, leave the namespace out",
            );
        }
        let (group, kind) = (reference.text("group"), reference.text("kind"));
        if !TARGETS.contains(&(group, kind)) {
            let known = "Service, networking.istio.io/ServiceEntry, gateway.networking.k8s.io/Gateway and GatewayClass";
            report.error(
                "target-kind",
                reference.at("kind"),
                format!("a target cannot be a {kind:?} of group {group:?}; known are {known}"),
            );
        }
    }
}
