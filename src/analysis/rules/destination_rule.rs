//! Subsets that routes name and no DestinationRule defines. Raises IST0101, which `destination_host.rs` explains.

use std::collections::{HashMap, HashSet};

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::IST0101;
use crate::analysis::fixes;
use crate::analysis::hosts::{covers, fqdn, short};
use crate::analysis::kind::Kind;
use crate::analysis::routes::{self, Destination};
use crate::analysis::snapshot::Resource;
use crate::analysis::view::View;
use crate::ui::nearest::nearest;

pub static RULE: Rule = Rule {
    name: "virtualservice.DestinationRuleAnalyzer",
    description: "VirtualServices route to subsets that exist",
    inputs: &[Kind::VirtualService, Kind::DestinationRule],
    more: &[],
    codes: &[&IST0101],
    check,
    set: Set::Reference,
};

fn check(check: &mut Check<'_, '_>) {
    if check.reference() { by_reference(check) } else { by_visibility(check) }
}

fn by_reference(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let mut known: HashSet<((&str, &str), &str)> = HashSet::new();
    for rule in snapshot.all(Kind::DestinationRule) {
        let host = short(rule.namespace, rule.spec().get("host").str());
        known.extend(rule.spec().get("subsets").items().map(|subset| (host, subset.get("name").str())));
    }
    for service in snapshot.all(Kind::VirtualService) {
        for destination in routes::destinations(service.spec()) {
            let (host, subset) = (destination.node.get("host").str(), destination.node.get("subset").str());
            if !subset.is_empty() && !known.contains(&(short(service.namespace, host), subset)) {
                report(check, &service, &destination, None, None);
            }
        }
    }
}

fn report<'a>(
    check: &mut Check<'_, 'a>,
    service: &Resource<'a>,
    destination: &Destination<'a>,
    rule: Option<&Resource<'a>>,
    near: Option<&str>,
) {
    let (host, subset) = (destination.node.get("host"), destination.node.get("subset"));
    let at = match check.reference() {
        true if destination.is_in_mirrors => View::NONE,
        true => host,
        false => subset,
    };
    let reftype =
        if destination.is_mirror { "mirror+subset in destinationrule" } else { "host+subset in destinationrule" };
    let params = params! { reftype: reftype, refval: format!("{}+{}", host.str(), subset.str()) };
    let fix = near.and_then(|near| fixes::replace_scalar(check.snapshot, service, subset, near));
    let mut report = check.report(&IST0101, service, at, params).fix(fix);
    if let Some(near) = near {
        report = report.hint(format!("did you mean {near}?"));
    }
    if let Some(rule) = rule {
        report.related(rule, rule.spec().get("subsets"), "the DestinationRule in force for the host");
    }
}

/// The DestinationRule in force is looked for as istiod does: in the client's namespace, then the service's, then the root namespace.
fn by_visibility(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let mut exact: HashMap<String, Vec<Resource<'_>>> = HashMap::new();
    let mut wildcards: Vec<(&str, Resource<'_>)> = Vec::new();
    for rule in snapshot.all(Kind::DestinationRule) {
        let host = rule.spec().get("host").str();
        if host.starts_with('*') {
            wildcards.push((host, rule));
        } else {
            exact.entry(fqdn(rule.namespace, host).into_owned()).or_default().push(rule);
        }
    }
    wildcards.sort_by_key(|(host, _)| std::cmp::Reverse(host.len()));
    for service in snapshot.all(Kind::VirtualService) {
        for destination in routes::destinations(service.spec()) {
            let subset = destination.node.get("subset").str();
            if subset.is_empty() {
                continue;
            }
            let host = fqdn(service.namespace, destination.node.get("host").str());
            let mut candidates: Vec<&Resource<'_>> = exact.get(host.as_ref()).into_iter().flatten().collect();
            candidates.extend(wildcards.iter().filter(|(pattern, _)| covers(pattern, &host)).map(|(_, rule)| rule));
            let visible: Vec<_> =
                candidates.into_iter().filter(|rule| is_visible(check, rule, service.namespace, &host)).collect();
            if visible.iter().any(|rule| subsets(rule).any(|name| name == subset)) {
                continue;
            }
            match visible.first() {
                Some(rule) => {
                    let near = nearest(subset, subsets(rule))
                        .or_else(|| Some(subsets(rule).next()?).filter(|_| subsets(rule).count() == 1));
                    report(check, &service, &destination, Some(rule), near);
                }
                None if snapshot.settings.complete || snapshot.settings.listed.contains(&Kind::DestinationRule) => {
                    report(check, &service, &destination, None, None);
                }
                None => {
                    let name = format!("{}+{subset}", destination.node.get("host").str());
                    check.unverified("subsets", "no DestinationRule for their hosts in the input", name, &service);
                }
            }
        }
    }
}

fn subsets<'a>(rule: &Resource<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
    rule.spec().get("subsets").items().map(|subset| subset.get("name").str())
}

fn is_visible(check: &Check<'_, '_>, rule: &Resource<'_>, client: &str, host: &str) -> bool {
    let home = super::destination_host::home_of(host);
    let near = rule.namespace == client
        || Some(rule.namespace) == home
        || rule.namespace == check.snapshot.mesh_config.root_namespace();
    // Rules for hosts outside the mesh are found in the namespace of the ServiceEntry, wherever that is.
    let exported = rule.spec().get("exportTo");
    let visible = exported.is_empty()
        || exported
            .strings()
            .any(|scope| scope == "*" || scope == client || (scope == "." && rule.namespace == client));
    (near || home.is_none()) && visible
}
