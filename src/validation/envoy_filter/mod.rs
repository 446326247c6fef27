//! EnvoyFilter: patches that fit what they are applied to, with values that Envoy could read.

mod names;
mod value;

use super::labels;
use super::report::Report;
use crate::api::view::View;
use crate::re2;

pub fn check<'d>(report: &mut Report<'d>, spec: View<'d>) {
    let before = report.len();
    report.warning(
        "ef-caution",
        spec.here(),
        "an EnvoyFilter depends on Envoy's internals and may break with any upgrade",
    );
    if !labels::workload_selector(report, spec.message("workloadSelector")) {
        // The errors take the place of the caution.
        report.retract(before, |problem| problem.code == "ef-caution");
        return;
    }
    for patch in spec.list("configPatches") {
        check_patch(report, patch);
    }
}

/// The members of the match that say which object is meant.
const OBJECTS: &[&str] = &["listener", "routeConfiguration", "cluster", "waypoint"];

fn check_patch<'d>(report: &mut Report<'d>, patch: View<'d>) {
    let matched = patch.message_or_empty("match");
    if matched.choice("context") == "WAYPOINT" {
        return;
    }
    let target = patch.choice("applyTo");
    if target == "INVALID" {
        report.error("ef-applyto-missing", patch.at("applyTo"), "the patch does not say what it applies to");
        return;
    }
    let Some(change) = patch.message("patch") else {
        report.error("ef-patch-missing", patch.at("patch"), "there is no patch");
        return;
    };
    let operation = change.choice("operation");
    if operation == "INVALID" {
        report.error("ef-operation-missing", change.at("operation"), "the patch has no operation");
        return;
    }
    if operation != "REMOVE" && !change.has("value") {
        report.error("ef-value-missing", change.at("value"), format!("operation {operation} needs a value"));
        return;
    }
    let proxy = matched.message_or_empty("proxy");
    if let Err(why) = re2::check(proxy.text("proxyVersion")) {
        report.error(
            "ef-proxy-version-regex",
            proxy.at("proxyVersion"),
            format!("proxyVersion is not an RE2 regular expression: {why}"),
        );
        return;
    }
    let object = OBJECTS.iter().copied().find(|object| matched.has(object));
    if !match_fits(report, matched, target, object) {
        return;
    }
    if let Some(node) = change.node("value") {
        value::check(report, node, target);
    }
}

/// Whether the object of the match is one the target can be found in; `false` ends the patch.
fn match_fits<'d>(report: &mut Report<'d>, matched: View<'d>, target: &str, object: Option<&'static str>) -> bool {
    let Some(object) = object else { return true };
    match target {
        "LISTENER" | "FILTER_CHAIN" | "NETWORK_FILTER" | "HTTP_FILTER" => {
            if object != "listener" {
                let message = format!("{target} is found by a listener match, not by {object}");
                report.error("ef-match-not-listener", matched.at(object), message);
                return false;
            }
            filter_match(report, matched.message_or_empty("listener"), target)
        }
        "ROUTE_CONFIGURATION" | "VIRTUAL_HOST" | "HTTP_ROUTE" if object != "routeConfiguration" => {
            let message = format!("{target} is found by a routeConfiguration match, not by {object}");
            report.error("ef-match-not-route", matched.at(object), message);
            true
        }
        "CLUSTER" if object != "cluster" => {
            report.error(
                "ef-match-not-cluster",
                matched.at(object),
                format!("CLUSTER is found by a cluster match, not by {object}"),
            );
            true
        }
        _ => true,
    }
}

fn filter_match<'d>(report: &mut Report<'d>, listener: View<'d>, target: &str) -> bool {
    let Some(filter) = listener.message_or_empty("filterChain").message("filter") else { return true };
    if matches!(target, "LISTENER" | "FILTER_CHAIN") {
        report.warning("ef-filter-match-noop", filter.here(), format!("a filter match has no effect for {target}"));
    }
    let name = filter.text("name");
    let sub_filter = filter.message("subFilter");
    if name.is_empty() {
        report.error("ef-filter-name", filter.at("name"), "the filter to match has no name");
        return false;
    }
    deprecated(report, filter);
    let Some(sub_filter) = sub_filter else { return true };
    if target != "HTTP_FILTER" {
        report.error(
            "ef-subfilter-applyto",
            sub_filter.here(),
            format!("a subFilter is only for HTTP_FILTER, not for {target}"),
        );
        return false;
    }
    if !matches!(name, "envoy.filters.network.http_connection_manager" | "envoy.http_connection_manager") {
        let message = format!("only envoy.filters.network.http_connection_manager has sub-filters, not {name}");
        report.error("ef-subfilter-hcm", sub_filter.here(), message);
        return false;
    }
    if sub_filter.text("name").is_empty() {
        report.error("ef-filter-name", sub_filter.at("name"), "the sub-filter to match has no name");
        return false;
    }
    deprecated(report, sub_filter);
    true
}

fn deprecated<'d>(report: &mut Report<'d>, filter: View<'d>) {
    let name = filter.text("name");
    if let Some(replacement) = names::replacement(name) {
        report.warning(
            "ef-deprecated-filter-name",
            filter.at("name"),
            format!("{name} is an old name of {replacement}"),
        );
    }
}
