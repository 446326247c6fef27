//! `exportTo`: which namespaces see a resource.

use std::collections::HashSet;

use super::hosts;
use super::report::Report;
use crate::api::view::View;

/// What the rules depend on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Exporter {
    VirtualService,
    /// With or without a selector of client workloads.
    DestinationRule {
        selects: bool,
    },
    /// May be exported to nobody with `~`.
    ServiceEntry,
}

pub fn check<'d>(report: &mut Report<'d>, view: View<'d>, namespace: &'d str, exporter: Exporter) {
    let mut seen: HashSet<&str> = HashSet::new();
    for (written, node) in view.texts("exportTo") {
        let value = if written == "." { namespace } else { written };
        if seen.contains(value) {
            report.error("export-duplicate", node, format!("{written:?} is listed twice"));
        } else if value == "~" && exporter != Exporter::ServiceEntry {
            report.error("export-none", node, "only a ServiceEntry can be exported to nobody (`~`)");
        } else if !matches!(value, "*" | "~") && !hosts::is_label(value) {
            report.error("export-value", node, format!("{written:?} is not a namespace, `.` or `*`"));
        } else {
            seen.insert(value);
        }
    }
    let here = view.at("exportTo");
    if exporter == (Exporter::DestinationRule { selects: true }) && !seen.is_empty() {
        if !seen.contains(namespace) {
            report.error(
                "export-selector-namespace",
                here,
                "a rule with a workloadSelector can only be exported to its own namespace",
            );
        } else if seen.len() > 1 {
            report.error(
                "export-selector-multiple",
                here,
                "a rule with a workloadSelector can be exported to no other namespace",
            );
        }
    }
    let count = view.count("exportTo");
    if seen.contains("*") && count > 1 {
        report.error("export-public-mixed", here, "`*` stands for every namespace and must be the only entry");
    }
    if seen.contains("~") && count > 1 {
        report.error("export-none-mixed", here, "`~` stands for no namespace and must be the only entry");
    }
}
