//! Whether namespaces say if sidecars are injected, and whether pods have theirs.
//!
//! # IST0102 NamespaceNotInjected
//! ## What it does
//! Reports namespaces without any label about sidecar injection.
//! ## Why is this bad?
//! Their workloads are not part of the mesh, and nobody can see whether that is meant.
//! ## Example
//! ```yaml
//! kind: Namespace
//! metadata:
//!   name: shop
//! ```
//! ## Use instead
//! ```yaml
//! kind: Namespace
//! metadata:
//!   name: shop
//!   labels:
//!     istio-injection: enabled   # or: disabled
//! ```
//!
//! # IST0103 PodMissingProxy
//! ## What it does
//! Reports pods without a sidecar in namespaces with injection.
//! ## Why is this bad?
//! The pod started before injection was enabled, or while the injector was away. It is outside the mesh: no mTLS, no policies.
//! ## Example
//! A pod with the container `app` alone, in a namespace labelled `istio-injection: enabled`.
//! ## Use instead
//! Restart it: `kubectl rollout restart deployment/NAME`. If it is meant to be outside, label it `sidecar.istio.io/inject: "false"`.
//!
//! # IST0123 NamespaceMultipleInjectionLabels
//! ## What it does
//! Reports namespaces with several labels that choose how workloads join the mesh.
//! ## Why is this bad?
//! One of them wins and the others do nothing: `istio-injection` hides `istio.io/rev`, so an upgrade by revision does not happen.
//! ## Example
//! ```yaml
//! labels:
//!   istio-injection: enabled
//!   istio.io/rev: canary
//! ```
//! ## Use instead
//! ```yaml
//! labels:
//!   istio.io/rev: canary
//! ```
//!
//! # IST0148 NamespaceInjectionEnabledByDefault
//! ## What it does
//! Tells that a namespace without labels is injected because the control plane was installed with `enableNamespacesByDefault`.
//! ## Why is this bad?
//! It is not; but it surprises people who look for a label.
//! ## Example
//! A Namespace without labels, and `sidecarInjectorWebhook.enableNamespacesByDefault: true`.
//! ## Use instead
//! The label `istio-injection: enabled` (or `disabled`) says the same to readers.

use std::collections::BTreeMap;

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::{IST0102, IST0103, IST0123, IST0148};
use crate::analysis::injected::INJECT;
use crate::analysis::kind::Kind;
use crate::analysis::snapshot::{Resource, Snapshot};
use crate::analysis::view::View;
use crate::analysis::workloads::Workload;

pub static RULE: Rule = Rule {
    name: "injection.Analyzer",
    description: "Namespaces say whether sidecars are injected, and pods have them where they do",
    inputs: &[Kind::Namespace, Kind::Pod, Kind::ConfigMap],
    more: super::authorization_policies::WORKLOADS,
    codes: &[&IST0102, &IST0103, &IST0123, &IST0148],
    check,
    set: Set::Reference,
};

/// The control plane lives here, whatever `--istioNamespace` says.
const CONTROL_PLANE: &str = "istio-system";

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let mut injected: BTreeMap<&str, Resource<'_>> = BTreeMap::new();
    let mut enabled_by_default = false;
    for namespace in snapshot.all(Kind::Namespace) {
        if namespace.name == CONTROL_PLANE
            || (!check.reference() && namespace.name == snapshot.settings.istio_namespace)
        {
            continue;
        }
        several_labels(check, &namespace);
        if namespace.label("istio.io/dataplane-mode") == "ambient" {
            continue;
        }
        let revision = namespace.labels().key("istio.io/rev");
        // istioctl carries the answer over from one namespace to the next.
        if !check.reference() {
            enabled_by_default = false;
        }
        if let Some(answer) = by_default(snapshot, revision.str()) {
            enabled_by_default = answer;
        }
        let chosen = namespace.label("istio-injection");
        if chosen.is_empty() && !revision.is_set() {
            undecided(check, &namespace, enabled_by_default);
        } else if chosen == "enabled" || (!check.reference() && chosen.is_empty()) {
            injected.insert(namespace.name, namespace);
        }
    }
    for pod in snapshot.pods().iter() {
        if injected.contains_key(pod.namespace) && lacks_proxy(check, pod) {
            let Some(resource) = snapshot.resource(pod.resource) else { continue };
            check.report(&IST0103, &resource, View::NONE, params! { podName: pod.full_name() });
        }
    }
}

fn several_labels<'a>(check: &mut Check<'_, 'a>, namespace: &Resource<'a>) {
    let labels = namespace.labels();
    let injection = labels.key("istio-injection");
    let mut given = Vec::new();
    if injection.is_set() {
        given.push(format!("istio-injection={}", injection.str()));
    }
    if !injection.is_set() || injection.str() == "enabled" {
        for key in ["istio.io/rev", "istio.io/dataplane-mode"] {
            if labels.key(key).is_set() {
                given.push(format!("{key}={}", labels.key(key).str()));
            }
        }
    }
    if given.len() > 1 {
        check.report(&IST0123, namespace, labels, params! { labels: given });
    }
}

fn undecided<'a>(check: &mut Check<'_, 'a>, namespace: &Resource<'a>, enabled_by_default: bool) {
    if enabled_by_default {
        check.report(&IST0148, namespace, View::NONE, Vec::new());
        return;
    }
    // A namespace without workloads needs no decision.
    if !check.reference() && !check.snapshot.workloads().has_in(namespace.name) {
        return;
    }
    let name = namespace.metadata().key("name");
    check.report(&IST0102, namespace, name, params! { namespace: namespace.name, namespace2: namespace.name });
}

/// Whether the injector of the revision injects where no label is.
fn by_default(snapshot: &Snapshot<'_>, revision: &str) -> Option<bool> {
    let name = super::injection_image::injector_config(revision);
    let config = snapshot.all(Kind::ConfigMap).find(|config| config.name == name)?;
    let values: serde_json::Value = serde_json::from_str(config.root.key("data").key("values").str()).ok()?;
    values.pointer("/sidecarInjectorWebhook/enableNamespacesByDefault")?.as_bool()
}

fn lacks_proxy(check: &Check<'_, '_>, pod: &Workload<'_>) -> bool {
    let wish = pod.label(INJECT).or_else(|| pod.annotation(INJECT)).unwrap_or("");
    if wish.eq_ignore_ascii_case("false") || pod.spec.key("hostNetwork").bool() {
        return false;
    }
    if !check.reference() && (pod.is_finished(check.snapshot) || !is_running(check.snapshot, pod)) {
        return false;
    }
    let proxy =
        |container: View<'_>| container.key("name").str() == "istio-proxy" && !container.key("image").str().is_empty();
    !pod.containers().chain(pod.init_containers()).any(proxy)
}

/// A pod in a manifest has not met the injector yet.
fn is_running(snapshot: &Snapshot<'_>, pod: &Workload<'_>) -> bool {
    snapshot
        .resource(pod.resource)
        .is_some_and(|resource| resource.status().is_set() || resource.metadata().key("uid").is_set())
}
