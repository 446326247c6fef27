//! DestinationRules that set the same thing twice.
//!
//! # BOW0004 DestinationRuleConflict
//! ## What it does
//! Reports DestinationRules of one namespace for one host that define the same subset, or both a traffic policy.
//! ## Why is this bad?
//! Rules for one host are merged, but the first one's policy and subsets win and the others are dropped without a word.
//! ## Example
//! Two DestinationRules for `reviews`, both with a `trafficPolicy`.
//! ## Use instead
//! One DestinationRule for the host.

use std::collections::{BTreeMap, BTreeSet};

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::BOW0004;
use crate::analysis::hosts::fqdn;
use crate::analysis::kind::Kind;
use crate::analysis::labels::canonical;
use crate::analysis::snapshot::Resource;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "bowline.DestinationRules",
    description: "DestinationRules for one host do not contradict each other",
    inputs: &[Kind::DestinationRule],
    more: &[],
    codes: &[&BOW0004],
    check,
    set: Set::Ours,
};

fn check(check: &mut Check<'_, '_>) {
    let mut groups: BTreeMap<(&str, String, String), Vec<Resource<'_>>> = BTreeMap::new();
    for rule in check.snapshot.all(Kind::DestinationRule) {
        let host = fqdn(rule.namespace, rule.spec().get("host").str()).into_owned();
        let workloads = canonical(rule.spec().get("workloadSelector").get("matchLabels"));
        groups.entry((rule.namespace, host, workloads)).or_default().push(rule);
    }
    for rules in groups.values().filter(|rules| rules.len() > 1) {
        for (number, rule) in rules.iter().enumerate() {
            for other in rules.iter().take(number).filter(|other| share_clients(rule, other)) {
                if let Some((what, at)) = repeated(rule, other) {
                    let params = params! { host: rule.spec().get("host").str(), other: other.full_name(), what: what };
                    check.report(&BOW0004, rule, at, params).related(other, other.spec().get("host"), "the other rule");
                    break;
                }
            }
        }
    }
}

/// Exported to the same namespaces, in part.
fn share_clients(a: &Resource<'_>, b: &Resource<'_>) -> bool {
    let scopes =
        |rule: &Resource<'_>| -> BTreeSet<String> { rule.spec().get("exportTo").strings().map(String::from).collect() };
    let (x, y) = (scopes(a), scopes(b));
    x.is_empty() || y.is_empty() || x.contains("*") || y.contains("*") || !x.is_disjoint(&y)
}

fn repeated<'a>(rule: &Resource<'a>, other: &Resource<'a>) -> Option<(String, View<'a>)> {
    let policy = rule.spec().get("trafficPolicy");
    if policy.is_set() && other.spec().get("trafficPolicy").is_set() {
        return Some(("a traffic policy".into(), policy));
    }
    let theirs: BTreeSet<&str> = other.spec().get("subsets").items().map(|subset| subset.get("name").str()).collect();
    let subset =
        rule.spec().get("subsets").items().map(|subset| subset.get("name")).find(|name| theirs.contains(name.str()))?;
    Some((format!("the subset {}", subset.str()), subset))
}
