//! Annotations that may change or go away; only checked when asked for.
//!
//! # IST0136 AlphaAnnotation
//! ## What it does
//! Reports Istio annotations of alpha quality. The rule runs only when it is named with `--analyzer annotations.AlphaAnalyzer`.
//! ## Why is this bad?
//! Alpha features come without promises: they may change or be removed in any release.
//! ## Example
//! ```yaml
//! metadata:
//!   annotations:
//!     sidecar.istio.io/logLevel: debug
//! ```
//! ## Use instead
//! Where there is one, the field of `ProxyConfig` or `Telemetry` that does the same; otherwise know that you depend on it.

use super::{Rule, Set};
use crate::analysis::annotation_registry::{self, Maturity};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::IST0136;
use crate::analysis::kind::Kind;

pub static RULE: Rule = Rule {
    name: "annotations.AlphaAnalyzer",
    description: "Annotations of Istio that are alpha",
    inputs: &[Kind::Namespace, Kind::Service, Kind::Pod, Kind::Deployment],
    more: &[],
    codes: &[&IST0136],
    check,
    set: Set::OnRequest,
};

const NEVER_JUDGED: &[&str] = &["sidecar.istio.io/status", "gateway.istio.io/controller-version", "istio.io/rev"];

/// The CNI plugin needs these, so pods without the init container carry them of necessity.
const OF_THE_CNI: &[&str] = &[
    "sidecar.istio.io/interceptionMode",
    "traffic.sidecar.istio.io/includeInboundPorts",
    "traffic.sidecar.istio.io/excludeInboundPorts",
    "traffic.sidecar.istio.io/includeOutboundIPRanges",
];

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    for kind in RULE.inputs {
        for resource in snapshot.all(*kind) {
            let initialised =
                resource.spec().key("initContainers").items().any(|c| c.key("name").str() == "istio-init");
            let by_cni = *kind == Kind::Pod && !initialised;
            for (key, _) in resource.annotations().keyed() {
                let name = key.str();
                let alpha = annotation_registry::find(name).is_some_and(|a| a.maturity == Maturity::Alpha);
                if alpha && !NEVER_JUDGED.contains(&name) && !(by_cni && OF_THE_CNI.contains(&name)) {
                    check.report(&IST0136, &resource, key, params! { annotation: name });
                }
            }
        }
    }
}
