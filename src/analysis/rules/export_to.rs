//! Objects that are exported to namespaces that do not exist.
//!
//! # BOW0003 ExportToUnknownNamespace
//! ## What it does
//! Checks that the namespaces in `exportTo` exist.
//! ## Why is this bad?
//! A misspelt namespace hides the object from those it was meant for.
//! ## Example
//! ```yaml
//! exportTo: [chekout]
//! ```
//! ## Use instead
//! The namespace's name, `.` for the own one, `*` for all.

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::BOW0003;
use crate::analysis::kind::Kind;
use crate::ui::nearest::nearest;

pub static RULE: Rule = Rule {
    name: "bowline.ExportTo",
    description: "exportTo names namespaces that exist",
    inputs: &[Kind::VirtualService, Kind::DestinationRule, Kind::ServiceEntry],
    more: &[Kind::Namespace],
    codes: &[&BOW0003],
    check,
    set: Set::Ours,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    for kind in RULE.inputs {
        for resource in snapshot.all(*kind) {
            for entry in resource.spec().get("exportTo").items() {
                let name = entry.str();
                if matches!(name, "." | "*" | "~" | "")
                    || name.starts_with("kube-")
                    || name == "default"
                    || snapshot.knows_namespace(name)
                {
                    continue;
                }
                if !check.closed(&[Kind::Namespace], None) {
                    check.unverified("exportTo namespaces", "no Namespace in the input", name, &resource);
                    continue;
                }
                let near = nearest(name, snapshot.known_namespaces());
                let report = check.report(&BOW0003, &resource, entry, params! { namespace: name });
                if let Some(near) = near {
                    report.hint(format!("did you mean {near}?"));
                }
            }
        }
    }
}
