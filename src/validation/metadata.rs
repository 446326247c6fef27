//! Annotations that istiod refuses. The first problem ends the validation of the object.

use super::object::Object;
use super::report::Report;
use crate::api::Kind;
use crate::api::view::View;

const DRY_RUN: &str = "istio.io/dry-run";
const ALWAYS_REJECT: &str = "internal.istio.io/webhook-always-reject";
const INTERNAL: &[&str] = &["internal.istio.io/parents", "internal.istio.io/parent-namespace"];

/// `false` if the object is refused.
pub fn check<'d>(report: &mut Report<'d>, object: &Object<'d>, kind: &Kind, spec: View<'d>) -> bool {
    if let Some(value) = object.annotation(DRY_RUN) {
        let place = object.annotation_node(DRY_RUN);
        if kind.name != "AuthorizationPolicy" {
            report.error("dry-run-unsupported", place, "only an AuthorizationPolicy can be run dry");
            return false;
        }
        let action = spec.choice("action");
        if !matches!(action, "ALLOW" | "DENY") {
            report.error("dry-run-action", place, format!("action {action} cannot be run dry"));
            return false;
        }
        if !is_go_bool(value) {
            report.error("dry-run-value", place, format!("{value:?} is neither true nor false"));
            return false;
        }
    }
    if object.annotation(ALWAYS_REJECT).is_some() {
        report.error(
            "always-reject",
            object.annotation_node(ALWAYS_REJECT),
            "the annotation asks for the object to be refused",
        );
        return false;
    }
    if let Some(name) = INTERNAL.iter().find(|name| object.annotation(name).is_some()) {
        report.error("internal-annotation", object.annotation_node(name), "the annotation is for internal use");
        return false;
    }
    true
}

/// The texts that Go's `strconv.ParseBool` takes.
fn is_go_bool(text: &str) -> bool {
    matches!(text, "1" | "t" | "T" | "TRUE" | "true" | "True" | "0" | "f" | "F" | "FALSE" | "false" | "False")
}
