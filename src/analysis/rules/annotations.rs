//! Annotations of Istio on Kubernetes objects: known ones, in the right place, with values that mean something.
//!
//! # IST0107 MisplacedAnnotation
//! ## What it does
//! Reports an Istio annotation on a kind of object that does not read it.
//! ## Why is this bad?
//! It is ignored. An annotation for pods on a Deployment's own metadata changes nothing, although it looks as if it did.
//! ## Example
//! ```yaml
//! kind: Deployment
//! metadata:
//!   annotations:
//!     sidecar.istio.io/proxyCPU: 100m
//! ```
//! ## Use instead
//! Put annotations for pods into the template:
//! ```yaml
//! kind: Deployment
//! spec:
//!   template:
//!     metadata:
//!       annotations:
//!         sidecar.istio.io/proxyCPU: 100m
//! ```
//!
//! # IST0108 UnknownAnnotation
//! ## What it does
//! Reports an annotation under an `istio.io` domain that Istio does not know.
//! ## Why is this bad?
//! A misspelt annotation is ignored in silence.
//! ## Example
//! ```yaml
//! metadata:
//!   annotations:
//!     sidecar.istio.io/proxyCpu: 100m
//! ```
//! ## Use instead
//! The registered name, here `sidecar.istio.io/proxyCPU`.
//!
//! # IST0125 InvalidAnnotation
//! ## What it does
//! Checks the values of annotations that have a form: ports, address ranges, quantities, modes, proxy configuration.
//! ## Why is this bad?
//! The injector refuses the pod, or falls back to a default nobody asked for.
//! ## Example
//! ```yaml
//! metadata:
//!   annotations:
//!     traffic.sidecar.istio.io/excludeInboundPorts: http
//! ```
//! ## Use instead
//! A value of the right form: `"80,8080"`.
//!
//! # IST0135 DeprecatedAnnotation
//! ## What it does
//! Reports annotations that are kept for old configuration only.
//! ## Why is this bad?
//! They will be removed, and their successors do more: a label can be selected by the injection webhook, an annotation cannot.
//! ## Example
//! ```yaml
//! metadata:
//!   annotations:
//!     sidecar.istio.io/inject: "false"
//! ```
//! ## Use instead
//! The label of the same name:
//! ```yaml
//! metadata:
//!   labels:
//!     sidecar.istio.io/inject: "false"
//! ```

use super::{Rule, Set};
use crate::analysis::annotation_registry::{self, Annotation};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::{IST0107, IST0108, IST0125, IST0135};
use crate::analysis::fixes;
use crate::analysis::injected::INJECT;
use crate::analysis::kind::Kind;
use crate::analysis::snapshot::Resource;
use crate::analysis::view::View;
use crate::analysis::workloads::TEMPLATES;
use crate::ui::nearest::nearest;

pub static RULE: Rule = Rule {
    name: "annotations.K8sAnalyzer",
    description: "Annotations of Istio on Kubernetes objects are known, in the right place and valid",
    inputs: &[Kind::Namespace, Kind::Service, Kind::Pod, Kind::Deployment],
    more: &[Kind::StatefulSet, Kind::DaemonSet, Kind::Job, Kind::CronJob, Kind::Rollout],
    codes: &[&IST0107, &IST0108, &IST0125, &IST0135],
    check,
    set: Set::Reference,
};

/// Written by the control plane; never a mistake.
const NEVER_JUDGED: &[&str] = &["sidecar.istio.io/status", "gateway.istio.io/controller-version", "istio.io/rev"];

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    for kind in RULE.inputs {
        for resource in snapshot.all(*kind) {
            if !check.reference() && is_generated(&resource) {
                continue;
            }
            judge(check, &resource, kind.name(), resource.metadata());
        }
    }
    if check.reference() {
        return;
    }
    for (kind, path) in TEMPLATES.iter().filter(|(kind, _)| *kind == Kind::Deployment || RULE.more.contains(kind)) {
        for owner in snapshot.all(*kind) {
            if !is_generated(&owner) {
                judge(check, &owner, Kind::Pod.name(), owner.root.at(path).key("metadata"));
            }
        }
    }
}

fn is_generated(resource: &Resource<'_>) -> bool {
    resource.labels().key("gateway.istio.io/managed").is_set()
        || resource
            .metadata()
            .key("ownerReferences")
            .items()
            .any(|owner| owner.key("controller").bool() && owner.key("kind").str() == "Gateway")
}

fn judge<'a>(check: &mut Check<'_, 'a>, resource: &Resource<'a>, kind: &str, metadata: View<'a>) {
    for (key, value) in metadata.key("annotations").keyed() {
        let name = key.str();
        if !is_istio(name) || NEVER_JUDGED.contains(&name) {
            continue;
        }
        let Some(annotation) = annotation_registry::find(name) else {
            let near = nearest(name, annotation_registry::names());
            let report = check.report(&IST0108, resource, key, params! { annotation: name });
            if let Some(near) = near {
                report.hint(format!("did you mean {near}?"));
            }
            continue;
        };
        if annotation.deprecated && !(name == INJECT && metadata.key("labels").key(INJECT).is_set()) {
            let extra = if name == INJECT { format!(", use the label {INJECT}") } else { String::new() };
            let fix = if name == INJECT {
                fixes::annotation_to_label(check.snapshot, resource, metadata, name)
            } else {
                None
            };
            check.report(&IST0135, resource, key, params! { annotation: name, extra: extra }).fix(fix);
        }
        if annotation.kinds.contains(&annotation_registry::ANY) {
            continue;
        }
        if !annotation.kinds.contains(&kind) {
            let allowed = annotation.kinds.join(", ");
            let report = check.report(&IST0107, resource, key, params! { annotation: name, kind: allowed });
            if kind == "Deployment" && annotation.kinds == ["Pod"] {
                report.hint("move it to spec.template.metadata.annotations");
            }
            continue;
        }
        invalid(check, resource, annotation, key, value);
    }
}

fn invalid<'a>(
    check: &mut Check<'_, 'a>,
    resource: &Resource<'a>,
    annotation: &Annotation,
    key: View<'a>,
    value: View<'a>,
) {
    if let Err(problem) = annotation.value.check(value.str()) {
        let at = if value.is_scalar() { value } else { key };
        check.report(&IST0125, resource, at, params! { annotation: key.str(), problem: problem });
    }
}

fn is_istio(name: &str) -> bool {
    name == "kubernetes.io/ingress.class" || name.split('/').next().is_some_and(|domain| domain.ends_with("istio.io"))
}
