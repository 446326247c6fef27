//! PeerAuthentications of which only one can be in force.
//!
//! # BOW0002 PeerAuthenticationConflict
//! ## What it does
//! Reports several PeerAuthentications of one namespace with the same selector, or without any.
//! ## Why is this bad?
//! The oldest one holds, whichever that is; the others do nothing. A STRICT that does nothing is a hole.
//! ## Example
//! Two PeerAuthentications without a selector in namespace `shop`, one STRICT, one PERMISSIVE.
//! ## Use instead
//! One for the namespace, and one for each set of workloads that differs.

use std::collections::BTreeMap;

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::BOW0002;
use crate::analysis::kind::Kind;
use crate::analysis::labels::canonical;
use crate::analysis::snapshot::Resource;

pub static RULE: Rule = Rule {
    name: "bowline.PeerAuthentications",
    description: "No two PeerAuthentications are for the same workloads",
    inputs: &[Kind::PeerAuthentication],
    more: &[],
    codes: &[&BOW0002],
    check,
    set: Set::Ours,
};

fn check(check: &mut Check<'_, '_>) {
    let mut groups: BTreeMap<(&str, String), Vec<Resource<'_>>> = BTreeMap::new();
    for policy in check.snapshot.all(Kind::PeerAuthentication) {
        let selector = canonical(policy.spec().get("selector").get("matchLabels"));
        groups.entry((policy.namespace, selector)).or_default().push(policy);
    }
    for ((namespace, selector), policies) in groups.iter().filter(|(_, policies)| policies.len() > 1) {
        let names: Vec<String> = policies.iter().map(|policy| policy.name.to_string()).collect();
        let workloads =
            if selector.is_empty() { "all workloads".to_string() } else { format!("the workloads with {selector}") };
        for policy in policies {
            let at = policy.metadata().key("name");
            check.report(
                &BOW0002,
                policy,
                at,
                params! { policies: names.clone(), namespace: *namespace, workloads: workloads.as_str() },
            );
        }
    }
}
