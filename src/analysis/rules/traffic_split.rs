//! Splits of traffic that do not split.
//!
//! # BOW0016 RouteSplitIneffective
//! ## What it does
//! Reports routes that have the same destination (host, subset and port) twice.
//! ## Why is this bad?
//! It looks like a canary and is none: both parts go to the same pods.
//! ## Example
//! ```yaml
//! route:
//! - {destination: {host: a, subset: v1}, weight: 90}
//! - {destination: {host: a, subset: v1}, weight: 10}
//! ```
//! ## Use instead
//! The other subset in the second destination: `subset: v2`.

use std::collections::HashMap;

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::BOW0016;
use crate::analysis::kind::Kind;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "bowline.TrafficSplit",
    description: "Weighted destinations differ",
    inputs: &[Kind::VirtualService],
    more: &[],
    codes: &[&BOW0016],
    check,
    set: Set::Ours,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    for service in snapshot.all(Kind::VirtualService) {
        for route in ["http", "tls", "tcp"].into_iter().flat_map(|kind| service.spec().get(kind).items()) {
            let entries: Vec<View<'_>> = route.get("route").items().collect();
            if entries.len() < 2 {
                continue;
            }
            let mut seen: HashMap<(&str, &str, i64), View<'_>> = HashMap::new();
            for entry in entries {
                let destination = entry.get("destination");
                // Destinations that change headers differently are different.
                if entry.get("headers").is_set() {
                    continue;
                }
                let (host, subset) = (destination.get("host").str(), destination.get("subset").str());
                let port = destination.get("port").get("number").int().unwrap_or(0);
                if let Some(first) = seen.insert((host, subset, port), destination) {
                    let name = if subset.is_empty() { host.to_string() } else { format!("{host} subset {subset}") };
                    check.report(&BOW0016, &service, destination.get("host"), params! { destination: name }).related(
                        &service,
                        first,
                        "the same destination",
                    );
                }
            }
        }
    }
}
