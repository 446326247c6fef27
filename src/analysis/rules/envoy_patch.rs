//! EnvoyFilters whose patches do nothing, or depend on chance.
//!
//! # IST0151 EnvoyFilterUsesRelativeOperation
//! ## What it does
//! Reports patches that insert before or after, replace or remove another filter, in an EnvoyFilter without a priority.
//! ## Why is this bad?
//! If another EnvoyFilter changes the same place, which of them comes first depends on creation times.
//! ## Example
//! ```yaml
//! configPatches:
//! - applyTo: HTTP_FILTER
//!   patch: {operation: INSERT_BEFORE, value: {name: my-filter}}
//! ```
//! ## Use instead
//! A priority that says which goes first:
//! ```yaml
//! priority: 10
//! configPatches:
//! - applyTo: HTTP_FILTER
//!   patch: {operation: INSERT_BEFORE, value: {name: my-filter}}
//! ```
//!
//! # IST0152 EnvoyFilterUsesReplaceOperationIncorrectly
//! ## What it does
//! Reports `REPLACE` where it has no effect.
//! ## Why is this bad?
//! Only HTTP filters, network filters and virtual hosts can be replaced; elsewhere the patch is ignored.
//! ## Example
//! ```yaml
//! - applyTo: CLUSTER
//!   patch: {operation: REPLACE}
//! ```
//! ## Use instead
//! `MERGE`, or `REMOVE` and `ADD`.
//!
//! # IST0153 EnvoyFilterUsesAddOperationIncorrectly
//! ## What it does
//! Reports `ADD` where it has no effect.
//! ## Why is this bad?
//! Route configurations and routes cannot be added; the patch is ignored.
//! ## Example
//! ```yaml
//! - applyTo: HTTP_ROUTE
//!   patch: {operation: ADD}
//! ```
//! ## Use instead
//! `INSERT_FIRST` or `MERGE`, or a VirtualService.
//!
//! # IST0154 EnvoyFilterUsesRemoveOperationIncorrectly
//! ## What it does
//! Reports `REMOVE` where it has no effect.
//! ## Why is this bad?
//! Route configurations and routes cannot be removed; the patch is ignored.
//! ## Example
//! ```yaml
//! - applyTo: ROUTE_CONFIGURATION
//!   patch: {operation: REMOVE}
//! ```
//! ## Use instead
//! A VirtualService that leaves the route out.
//!
//! # IST0155 EnvoyFilterUsesRelativeOperationWithProxyVersion
//! ## What it does
//! Reports relative patches, without a priority, at a filter that another patch adds for some proxy versions only.
//! ## Why is this bad?
//! In a proxy of another version the filter is not there, and the patch does nothing.
//! ## Example
//! ```yaml
//! - applyTo: HTTP_FILTER
//!   match: {proxy: {proxyVersion: '^1\.29.*'}}
//!   patch: {operation: INSERT_FIRST, value: {name: a}}
//! - applyTo: HTTP_FILTER
//!   match: {listener: {filterChain: {filter: {name: a}}}}
//!   patch: {operation: INSERT_AFTER}
//! ```
//! ## Use instead
//! A priority, and the same `proxyVersion` on both patches.

use std::collections::{HashMap, HashSet};

use super::{Rule, Set};
use crate::analysis::check::Check;
use crate::analysis::codes::{Code, IST0151, IST0152, IST0153, IST0154, IST0155};
use crate::analysis::kind::Kind;
use crate::analysis::labels::canonical;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "envoyfilter.EnvoyPatchAnalyzer",
    description: "Patches of EnvoyFilters use operations that work where they are used",
    inputs: &[Kind::EnvoyFilter],
    more: &[],
    codes: &[&IST0151, &IST0152, &IST0153, &IST0154, &IST0155],
    check,
    set: Set::Reference,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let mut versioned: HashSet<(bool, &str)> = HashSet::new();
    let shared = if check.reference() { HashMap::new() } else { shared_anchors(check) };
    for filter in snapshot.all(Kind::EnvoyFilter) {
        let unordered = filter.spec().get("priority").int().unwrap_or(0) == 0;
        if !check.reference() {
            versioned.clear();
        }
        for patch in filter.spec().get("configPatches").items() {
            let body = patch.get("patch");
            if !body.is_set() {
                break;
            }
            let name = filter_name(patch, body);
            let apply_to = patch.get("applyTo").str();
            let operation = body.get("operation");
            let relative = if versioned.contains(&name) { &IST0155 } else { &IST0151 };
            let code = verdict(operation.str(), apply_to, relative).filter(|code| {
                let is_relative = std::ptr::eq(*code, relative);
                !is_relative || (unordered && (check.reference() || judged_relative(&shared, &versioned, name, patch)))
            });
            if let Some(code) = code {
                let at = if check.reference() { View::NONE } else { operation };
                check.report(code, &filter, at, Vec::new());
            }
            if !patch.get("match").get("proxy").get("proxyVersion").str().is_empty() {
                versioned.insert(name);
            }
        }
    }
}

fn verdict(operation: &str, apply_to: &str, relative: &'static Code) -> Option<&'static Code> {
    let of_routes = matches!(apply_to, "ROUTE_CONFIGURATION" | "HTTP_ROUTE");
    match operation {
        "ADD" if of_routes => Some(&IST0153),
        "REMOVE" if of_routes => Some(&IST0154),
        "REPLACE" if !matches!(apply_to, "NETWORK_FILTER" | "HTTP_FILTER" | "VIRTUAL_HOST") => Some(&IST0152),
        "REMOVE" | "REPLACE" | "INSERT_BEFORE" | "INSERT_AFTER" => Some(relative),
        _ => None,
    }
}

/// The filter a patch is about, and whether the name is that of its value: names of the two sorts never compare equal.
fn filter_name<'a>(patch: View<'a>, body: View<'a>) -> (bool, &'a str) {
    let value = body.get("value");
    match value.key("name").text() {
        Some(name) => (true, name),
        None if value.is_set() => (false, anchor(patch)),
        None => (false, ""),
    }
}

fn anchor(patch: View<'_>) -> &str {
    patch.get("match").at(&["listener", "filterChain", "filter", "name"]).str()
}

type Anchor<'a> = (String, &'a str, &'a str, &'a str);

/// How many EnvoyFilters without a priority change the same place of the same workloads.
fn shared_anchors<'a>(check: &Check<'_, 'a>) -> HashMap<Anchor<'a>, usize> {
    let mut counts: HashMap<Anchor<'a>, usize> = HashMap::new();
    for filter in check.snapshot.all(Kind::EnvoyFilter) {
        let spec = filter.spec();
        if spec.get("priority").int().unwrap_or(0) != 0 {
            continue;
        }
        let scope = format!("{}/{}", filter.namespace, canonical(spec.get("workloadSelector").get("labels")));
        let anchors: HashSet<Anchor<'a>> =
            spec.get("configPatches").items().map(|patch| anchor_key(&scope, patch)).collect();
        for anchor in anchors {
            *counts.entry(anchor).or_default() += 1;
        }
    }
    counts
}

fn anchor_key<'a>(scope: &str, patch: View<'a>) -> Anchor<'a> {
    let context = patch.get("match").get("context").str();
    (scope.to_string(), patch.get("applyTo").str(), context, anchor(patch))
}

/// The order matters only if another EnvoyFilter changes the same place.
fn judged_relative(
    shared: &HashMap<Anchor<'_>, usize>,
    versioned: &HashSet<(bool, &str)>,
    name: (bool, &str),
    patch: View<'_>,
) -> bool {
    if versioned.contains(&name) && !name.1.is_empty() {
        return true;
    }
    let context = patch.get("match").get("context").str();
    let (apply_to, anchor) = (patch.get("applyTo").str(), anchor(patch));
    shared.iter().any(|((_, a, c, n), count)| *count > 1 && *a == apply_to && *c == context && *n == anchor)
}
