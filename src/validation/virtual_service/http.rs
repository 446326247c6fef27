//! HTTP routes: the kind of route, its matches, its destinations, and whatever else it may ask for.

use super::{Scope, actions, amounts, headers, match_gateways, match_port, mirror_percentage, weights};
use crate::api::view::View;
use crate::validation::report::Report;
use crate::validation::{destinations, hosts, labels, regex, string_match};

pub fn check<'d>(report: &mut Report<'d>, route: View<'d>, scope: Scope) {
    let root = !scope.delegate && route.has("delegate");
    if root {
        for (field, code, given) in
            [("redirect", "root-redirect", route.has("redirect")), ("route", "root-route", !route.is_empty("route"))]
        {
            if given {
                report.error(code, route.at(field), format!("a route that delegates cannot have {field}"));
            }
        }
    } else {
        if scope.delegate && route.has("delegate") {
            report.error("delegate-nested", route.at("delegate"), "a delegate cannot delegate further");
        }
        action(report, route);
        if route.has("mirror") && !route.is_empty("mirrors") {
            report.error("route-mirror-mirrors", route.at("mirror"), "give mirror or mirrors, not both");
        }
    }
    for matched in route.list("match") {
        check_match(report, matched);
    }
    headers::operations(report, route.message("headers"));
    actions::cors(report, route.message("corsPolicy"));
    actions::fault(report, route.message("fault"));
    mirrors(report, route);
    actions::redirect(report, route.message("redirect"));
    actions::direct_response(report, route.message("directResponse"));
    actions::retries(report, route.message("retries"));
    actions::rewrite(report, route.message("rewrite"));
    authority(report, route);
    weights(report, route);
    for share in route.list("route") {
        headers::operations(report, share.message("headers"));
    }
    amounts::duration_field(report, route, "timeout");
}

/// A route redirects, answers directly or has destinations, and each excludes the others.
fn action<'d>(report: &mut Report<'d>, route: View<'d>) {
    let excluded: &[(&'static str, &'static str)] = if route.has("redirect") {
        &[
            ("route", "route-redirect-route"),
            ("fault", "route-redirect-fault"),
            ("rewrite", "route-redirect-rewrite"),
            ("directResponse", "route-redirect-direct"),
        ]
    } else if route.has("directResponse") {
        &[("route", "route-direct-route"), ("fault", "route-direct-fault"), ("rewrite", "route-direct-rewrite")]
    } else if route.is_empty("route") {
        report.error(
            "route-action-missing",
            route.here(),
            "the route has no destinations, redirect, directResponse or delegate",
        );
        return;
    } else {
        return;
    };
    let action = if route.has("redirect") { "redirect" } else { "directResponse" };
    for (field, code) in excluded {
        let given = if *field == "route" { !route.is_empty(field) } else { route.has(field) };
        if given {
            report.error(code, route.at(field), format!("{field} and {action} exclude each other"));
        }
    }
}

fn check_match<'d>(report: &mut Report<'d>, matched: View<'d>) {
    for (key, matcher) in matched.messages("headers") {
        report.check(key, headers::match_name(key.text()));
        string_match::check(report, Some(matcher));
    }
    for (key, matcher) in matched.messages("withoutHeaders") {
        report.check(key, headers::match_name(key.text()));
        // Any value at all, which as a regular expression would be an error.
        let any = matcher.has("regex") && matcher.text("regex") == "*";
        if !any {
            string_match::check(report, Some(matcher));
        }
    }
    if let Some(uri) = matched.message("uri") {
        string_match::check_regex(report, uri);
    }
    for field in ["scheme", "method", "authority"] {
        string_match::check(report, matched.message(field));
    }
    for (_, matcher) in matched.messages("queryParams") {
        string_match::check(report, Some(matcher));
    }
    match_port(report, matched);
    labels::labels_field(report, matched, "sourceLabels");
    match_gateways(report, matched);
    let namespace = matched.text("sourceNamespace");
    if !namespace.is_empty() && !hosts::is_label(namespace) {
        report.error("source-namespace", matched.at("sourceNamespace"), format!("{namespace:?} is not a namespace"));
    }
}

fn mirrors<'d>(report: &mut Report<'d>, route: View<'d>) {
    if let Some(percent) = route.number_if_set("mirrorPercent") {
        let place = route.at("mirrorPercent");
        if percent > 100 {
            report.error("mirror-percentage", place, format!("{percent} is not between 0 and 100 percent"));
        }
        report.warning("mirror-percent-deprecated", place, "mirrorPercent is deprecated, use mirrorPercentage");
    }
    mirror_percentage(report, route, "mirrorPercentage");
    if let Some(mirror) = route.message("mirror") {
        destinations::check(report, mirror);
    }
    for mirror in route.list("mirrors") {
        match mirror.message("destination") {
            None => report.error("mirror-destination", mirror.at("destination"), "the mirror has no destination"),
            Some(destination) => destinations::check(report, destination),
        }
        mirror_percentage(report, mirror, "percentage");
    }
}

/// The authority can be rewritten, set or added, but only in one place.
fn authority<'d>(report: &mut Report<'d>, route: View<'d>) {
    let rewritten = route.message_or_empty("rewrite");
    let mut sources = usize::from(!rewritten.text("authority").is_empty());
    let request = route.message_or_empty("headers").message_or_empty("request");
    for (key, _) in request.entries("set").chain(request.entries("add")) {
        let name = key.text();
        if name.eq_ignore_ascii_case(":authority") || name.eq_ignore_ascii_case("host") {
            sources += 1;
            if sources > 1 {
                report.error("authority-multiple", key, "the authority is changed in more than one place");
                return;
            }
        }
    }
}

/// Checks a rewrite by regular expression.
pub fn regex_rewrite<'d>(report: &mut Report<'d>, rewrite: View<'d>) {
    if rewrite.text("match").is_empty() || rewrite.text("rewrite").is_empty() {
        report.error(
            "rewrite-regex-incomplete",
            rewrite.here(),
            "a rewrite by regular expression needs match and rewrite",
        );
    } else {
        report.check(rewrite.at("match"), regex::pattern(rewrite.text("match")));
    }
}
