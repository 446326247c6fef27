//! DestinationRule.

use super::export_to::{self, Exporter};
use super::object::Object;
use super::report::Report;
use super::{destinations, hosts, labels, traffic_policy};
use crate::api::view::View;

pub fn check<'d>(report: &mut Report<'d>, spec: View<'d>, object: &Object<'d>) {
    let namespace = object.effective_namespace;
    report.check(spec.at("host"), hosts::wildcard_domain(spec.text("host")));
    traffic_policy::check(report, spec.message("trafficPolicy"), namespace);
    let mut seen = std::collections::HashSet::new();
    for subset in spec.list("subsets") {
        let name = subset.text("name");
        if !seen.insert(name) {
            report.error("subset-duplicate", subset.at("name"), format!("the subset {name:?} is defined twice"));
        }
        if name.is_empty() {
            report.error("subset-name-empty", subset.at("name"), "the subset has no name");
        } else {
            report.check(subset.at("name"), destinations::subset_name(name));
        }
        labels::labels_field(report, subset, "labels");
        report.losing_warnings(|report| traffic_policy::check(report, subset.message("trafficPolicy"), namespace));
    }
    export_to::check(report, spec, namespace, Exporter::DestinationRule { selects: spec.has("workloadSelector") });
    labels::selector(report, spec.message("workloadSelector"));
}
