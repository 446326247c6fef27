//! Telemetry resources that select nothing, or each other's workloads.
//!
//! # IST0159 ConflictingTelemetryWorkloadSelectors
//! ## What it does
//! Reports Telemetry resources of one namespace that select the same pod.
//! ## Why is this bad?
//! A proxy takes one Telemetry with a selector; which one of several is not defined.
//! ## Example
//! Two Telemetry resources with `selector: {matchLabels: {app: reviews}}`.
//! ## Use instead
//! One Telemetry for each set of workloads.

use super::authorization_policies::WORKLOADS;
use super::sidecar_selector::{Selected, report_conflicts};
use super::{Rule, Set};
use crate::analysis::check::Check;
use crate::analysis::codes::IST0159;
use crate::analysis::kind::Kind;
use crate::analysis::snapshot::Resource;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "telemetry.SelectorAnalyzer",
    description: "Telemetry resources select workloads, and no two the same",
    inputs: &[Kind::Telemetry, Kind::Pod],
    more: WORKLOADS,
    codes: &[&IST0159],
    check,
    set: Set::Reference,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let selecting: Vec<_> = snapshot.all(Kind::Telemetry).filter(|telemetry| !selector(telemetry).is_empty()).collect();
    let selected = Selected::collect(check, &selecting, selector);
    report_conflicts(check, &IST0159, "conflictingTelemetries", selected.by_pod);
}

fn selector<'a>(telemetry: &Resource<'a>) -> View<'a> {
    telemetry.spec().get("selector").get("matchLabels")
}
