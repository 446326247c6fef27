//! Several defaults for the telemetry of one namespace.
//!
//! # IST0160 MultipleTelemetriesWithoutWorkloadSelectors
//! ## What it does
//! Reports several Telemetry resources without a selector in one namespace.
//! ## Why is this bad?
//! Each wants to be the namespace's default; which one is, is not defined.
//! ## Example
//! Two Telemetry resources in `istio-system`, neither with a `selector`.
//! ## Use instead
//! One Telemetry with all default settings.

use std::collections::BTreeMap;

use super::sidecar_selector::report_several;
use super::{Rule, Set};
use crate::analysis::check::Check;
use crate::analysis::codes::IST0160;
use crate::analysis::kind::Kind;
use crate::analysis::snapshot::Resource;

pub static RULE: Rule = Rule {
    name: "telemetry.DefaultSelectorAnalyzer",
    description: "A namespace has one default Telemetry",
    inputs: &[Kind::Telemetry],
    more: &[],
    codes: &[&IST0160],
    check,
    set: Set::Reference,
};

fn check(check: &mut Check<'_, '_>) {
    let mut by_namespace: BTreeMap<&str, Vec<Resource<'_>>> = BTreeMap::new();
    for telemetry in check.snapshot.all(Kind::Telemetry) {
        if is_wide(check.reference(), &telemetry) {
            by_namespace.entry(telemetry.namespace).or_default().push(telemetry);
        }
    }
    for (namespace, telemetries) in by_namespace.iter().filter(|(_, telemetries)| telemetries.len() > 1) {
        report_several(check, &IST0160, "conflictingTelemetries", namespace, telemetries);
    }
}

fn is_wide(reference: bool, telemetry: &Resource<'_>) -> bool {
    let spec = telemetry.spec();
    if reference {
        return !spec.get("selector").is_set();
    }
    spec.get("selector").get("matchLabels").is_empty()
        && spec.get("targetRefs").is_empty()
        && !spec.get("targetRef").is_set()
}
