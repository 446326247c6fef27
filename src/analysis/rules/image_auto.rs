//! Containers that wait for the injector to choose their image.
//!
//! # IST0146 ImageAutoWithoutInjectionWarning
//! ## What it does
//! Reports Deployments with an `istio-proxy` container of image `auto` that no injection webhook matches.
//! ## Why is this bad?
//! `auto` is a placeholder. Without the injector the kubelet tries to pull an image of that name, and the pod never starts.
//! ## Example
//! ```yaml
//! spec:
//!   template:
//!     spec:
//!       containers: [{name: istio-proxy, image: auto}]
//! ```
//! in a namespace without injection.
//! ## Use instead
//! Enable injection for the namespace, or label the template `sidecar.istio.io/inject: "true"`.
//!
//! # IST0147 ImageAutoWithoutInjectionError
//! ## What it does
//! Reports pods that still have the image `auto`.
//! ## Why is this bad?
//! The pod was made without the injector and cannot start.
//! ## Example
//! ```yaml
//! kind: Pod
//! spec:
//!   containers: [{name: istio-proxy, image: auto}]
//! ```
//! ## Use instead
//! Enable injection, then delete the pod so that it is made anew.

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::{Code, IST0146, IST0147};
use crate::analysis::kind::Kind;
use crate::analysis::labels::selector_matches;
use crate::analysis::snapshot::Snapshot;
use crate::analysis::view::View;
use crate::analysis::workloads::{Workload, Workloads};

pub static RULE: Rule = Rule {
    name: "injection.ImageAutoAnalyzer",
    description: "Workloads with the image auto are injected",
    inputs: &[Kind::Namespace, Kind::Pod, Kind::Deployment, Kind::MutatingWebhookConfiguration],
    more: &[Kind::StatefulSet, Kind::DaemonSet],
    codes: &[&IST0146, &IST0147],
    check,
    set: Set::Reference,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let reference = check.reference();
    let webhooks: Vec<View<'_>> = snapshot
        .all(Kind::MutatingWebhookConfiguration)
        .flat_map(|configuration| configuration.root.key("webhooks").items())
        .filter(|webhook| webhook.key("name").str().ends_with("istio.io"))
        .collect();
    let kinds: &[(Kind, &Code)] = &[
        (Kind::Pod, &IST0147),
        (Kind::Deployment, &IST0146),
        (Kind::StatefulSet, &IST0146),
        (Kind::DaemonSet, &IST0146),
    ];
    let kinds = if reference { &kinds[..2] } else { kinds };
    for (kind, code) in kinds {
        for workload in Workloads::of(snapshot, *kind) {
            let Some(container) = waiting(&workload) else { continue };
            let judged_by_webhooks = *kind != Kind::Pod || !reference;
            if judged_by_webhooks && webhooks.iter().any(|webhook| injects(snapshot, *webhook, &workload)) {
                continue;
            }
            let Some(resource) = snapshot.resource(workload.resource) else { continue };
            // The revision's webhooks are rarely part of the files.
            if !reference
                && webhooks.is_empty()
                && (in_injected_namespace(snapshot, &workload)
                    || !check.closed(&[Kind::MutatingWebhookConfiguration], Some("")))
            {
                check.unverified(
                    "workloads with image auto",
                    "no injection webhook in the input",
                    resource.name,
                    &resource,
                );
                continue;
            }
            let at = if reference { View::NONE } else { container.key("image") };
            check.report(code, &resource, at, params! { resourceType: kind.name(), resourceName: resource.name });
        }
    }
}

fn in_injected_namespace(snapshot: &Snapshot<'_>, workload: &Workload<'_>) -> bool {
    crate::analysis::injected::in_mesh(snapshot, workload)
}

fn waiting<'a>(workload: &Workload<'a>) -> Option<View<'a>> {
    workload
        .containers()
        .find(|container| container.key("name").str() == "istio-proxy" && container.key("image").str() == "auto")
}

fn injects(snapshot: &Snapshot<'_>, webhook: View<'_>, workload: &Workload<'_>) -> bool {
    let name = if workload.namespace.is_empty() { "default" } else { workload.namespace };
    let labels = snapshot.find(Kind::Namespace, "", name).map_or(View::NONE, |namespace| namespace.labels());
    selector_matches(webhook.key("namespaceSelector"), &labels)
        && selector_matches(webhook.key("objectSelector"), &workload.metadata.key("labels"))
}
