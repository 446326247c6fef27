//! Sidecar resources that select nothing, or each other's workloads.
//!
//! # IST0110 ConflictingSidecarWorkloadSelectors
//! ## What it does
//! Reports Sidecar resources of one namespace that select the same pod.
//! ## Why is this bad?
//! A proxy takes one Sidecar resource; which one of several is not defined.
//! ## Example
//! Two Sidecars with `workloadSelector: {labels: {app: reviews}}`.
//! ## Use instead
//! One Sidecar for each set of workloads.
//!
//! # IST0111 MultipleSidecarsWithoutWorkloadSelectors
//! ## What it does
//! Reports several Sidecar resources without a selector in one namespace.
//! ## Why is this bad?
//! Each wants to be the namespace's default; which one is, is not defined.
//! ## Example
//! Two Sidecars in namespace `shop`, neither with a `workloadSelector`.
//! ## Use instead
//! One default, and a `workloadSelector` for the others.
//!
//! # IST0167 IneffectivePolicy
//! ## What it does
//! Reports Sidecar resources for workloads of the ambient mesh.
//! ## Why is this bad?
//! There is no sidecar to configure: ztunnel and waypoints do not read this kind.
//! ## Example
//! A Sidecar in a namespace labelled `istio.io/dataplane-mode: ambient`.
//! ## Use instead
//! A waypoint with routes and policies attached to it; remove the Sidecar.

use std::collections::{BTreeMap, HashSet};

use super::authorization_policies::WORKLOADS;
use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::{Code, IST0101, IST0110, IST0111, IST0167};
use crate::analysis::finding::Param;
use crate::analysis::injected::{is_ambient_namespace, is_ambient_pod};
use crate::analysis::kind::Kind;
use crate::analysis::labels;
use crate::analysis::snapshot::Resource;
use crate::analysis::view::View;
use crate::analysis::workloads::Workload;

pub static RULE: Rule = Rule {
    name: "sidecar.SelectorAnalyzer",
    description: "Sidecar resources select workloads, and no two the same",
    inputs: &[Kind::Sidecar, Kind::Pod, Kind::Namespace],
    more: WORKLOADS,
    codes: &[&IST0101, &IST0110, &IST0111, &IST0167],
    check,
    set: Set::Reference,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let (selecting, wide): (Vec<_>, Vec<_>) =
        snapshot.all(Kind::Sidecar).partition(|sidecar| !selector(sidecar).is_empty());
    let selected = Selected::collect(check, &selecting, selector);
    let mut ambient = HashSet::new();
    for (pod, sidecars) in &selected.by_pod {
        if is_ambient_pod(pod) {
            for sidecar in sidecars.iter().filter(|sidecar| ambient.insert(sidecar.id)) {
                check.report(
                    &IST0167,
                    sidecar,
                    View::NONE,
                    params! { reason: "the selected pods are in the ambient mesh" },
                );
            }
        }
    }
    let conflicts = selected.by_pod.into_iter().filter(|(pod, _)| !is_ambient_pod(pod)).collect();
    report_conflicts(check, &IST0110, "conflictingSidecars", conflicts);
    let mut by_namespace: BTreeMap<&str, Vec<Resource<'_>>> = BTreeMap::new();
    for sidecar in wide {
        by_namespace.entry(sidecar.namespace).or_default().push(sidecar);
    }
    for (name, sidecars) in by_namespace {
        let labels = snapshot.find(Kind::Namespace, "", name).map_or(View::NONE, |namespace| namespace.labels());
        if is_ambient_namespace(labels) {
            for sidecar in &sidecars {
                check.report(&IST0167, sidecar, View::NONE, params! { reason: "the namespace is in the ambient mesh" });
            }
        } else if sidecars.len() > 1 {
            report_several(check, &IST0111, "conflictingSidecars", name, &sidecars);
        }
    }
}

fn selector<'a>(sidecar: &Resource<'a>) -> View<'a> {
    sidecar.spec().get("workloadSelector").get("labels")
}

/// Which pods are picked by which objects.
pub(super) struct Selected<'a> {
    pub by_pod: Vec<(Workload<'a>, Vec<Resource<'a>>)>,
}

impl<'a> Selected<'a> {
    /// Collects the pods of each object, and reports objects that pick none.
    pub fn collect(
        check: &mut Check<'_, 'a>,
        objects: &[Resource<'a>],
        selector: fn(&Resource<'a>) -> View<'a>,
    ) -> Self {
        let snapshot = check.snapshot;
        let mut pods: BTreeMap<(u32, &str), (Workload<'a>, Vec<Resource<'a>>)> = BTreeMap::new();
        for object in objects {
            let labels = selector(object);
            let mut found = false;
            for pod in snapshot.workloads().select(labels, Some(object.namespace)) {
                found = true;
                pods.entry((pod.resource, pod.name)).or_insert_with(|| (*pod, Vec::new())).1.push(*object);
            }
            if !found {
                let text = labels::canonical(labels);
                if check.closed(WORKLOADS, Some(object.namespace)) {
                    check.report(
                        &IST0101,
                        object,
                        labels::first(labels),
                        params! { reftype: "selector", refval: text },
                    );
                } else {
                    check.unverified(
                        "workload selectors",
                        format!("no workload of namespace {} in the input", object.namespace),
                        text,
                        object,
                    );
                }
            }
        }
        Selected { by_pod: pods.into_values().collect() }
    }
}

/// Reports pods picked by more than one object: one finding for each object and pod, or in our profile for each set of objects.
pub(super) fn report_conflicts<'a>(
    check: &mut Check<'_, 'a>,
    code: &'static Code,
    parameter: &'static str,
    by_pod: Vec<(Workload<'a>, Vec<Resource<'a>>)>,
) {
    let mut seen: HashSet<Vec<u32>> = HashSet::new();
    for (pod, objects) in by_pod.iter().filter(|(_, objects)| objects.len() > 1) {
        if !check.reference() && !seen.insert(objects.iter().map(|object| object.id).collect()) {
            continue;
        }
        let names = names(objects);
        for object in objects {
            let params = vec![
                (parameter, Param::from(names.clone())),
                ("namespace", Param::from(object.namespace)),
                ("workloadPod", Param::from(pod.name)),
            ];
            check.report(code, object, object.metadata().key("name"), params);
        }
    }
}

/// Reports objects of which a namespace may have one.
pub(super) fn report_several<'a>(
    check: &mut Check<'_, 'a>,
    code: &'static Code,
    parameter: &'static str,
    namespace: &str,
    objects: &[Resource<'a>],
) {
    for object in objects {
        let params = vec![(parameter, Param::from(names(objects))), ("namespace", Param::from(namespace))];
        let at = if check.reference() { View::NONE } else { object.metadata().key("name") };
        check.report(code, object, at, params);
    }
}

fn names(objects: &[Resource<'_>]) -> Vec<String> {
    let mut names: Vec<String> = objects.iter().map(|object| object.name.to_string()).collect();
    names.sort_unstable();
    names
}
