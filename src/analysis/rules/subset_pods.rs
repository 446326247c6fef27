//! DestinationRules for hosts that do not exist and subsets that pick nothing.
//!
//! # IST0173 DestinationRuleSubsetNotSelectPods
//! ## What it does
//! Reports subsets whose labels no workload has.
//! ## Why is this bad?
//! Requests routed to an empty subset fail with 503.
//! ## Example
//! ```yaml
//! subsets:
//! - name: v2
//!   labels: {version: v2}   # only v1 is deployed
//! ```
//! ## Use instead
//! Labels of the pods behind the host, or deploy the version first.
//!
//! # IST0174 UnknownDestinationRuleHost
//! ## What it does
//! Reports DestinationRules for a host that no Service or ServiceEntry defines.
//! ## Why is this bad?
//! The rule applies to nothing: its TLS and connection settings are not in force where you think they are.
//! ## Example
//! ```yaml
//! host: revews.default.svc.cluster.local
//! ```
//! ## Use instead
//! The host of a Service or ServiceEntry that is exported to the rule's namespace: `reviews.default.svc.cluster.local`.

use super::authorization_policies::WORKLOADS;
use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::{IST0173, IST0174};
use crate::analysis::hosts::{self, HostEntry};
use crate::analysis::kind::Kind;
use crate::analysis::labels;
use crate::analysis::snapshot::{Resource, Snapshot};
use crate::analysis::view::View;
use crate::analysis::workloads::Workload;

pub static RULE: Rule = Rule {
    name: "destinationrule.SubsetSelectPodAnalyzer",
    description: "DestinationRules are for hosts that exist, and their subsets select workloads",
    inputs: &[Kind::DestinationRule, Kind::Pod, Kind::Service, Kind::ServiceEntry, Kind::Node],
    more: WORKLOADS,
    codes: &[&IST0173, &IST0174],
    check,
    set: Set::Reference,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    for rule in snapshot.all(Kind::DestinationRule) {
        if check.reference() {
            by_reference(check, &rule);
        } else {
            judge(check, &rule);
        }
    }
}

fn by_reference<'a>(check: &mut Check<'_, 'a>, rule: &Resource<'a>) {
    let snapshot = check.snapshot;
    let spec = rule.spec();
    let host = spec.get("host");
    let Some(entry) = snapshot.hosts().lookup_reference(rule.namespace, spec.get("exportTo"), host.str()) else {
        check.report(&IST0174, rule, host, params! { host: host.str() });
        return;
    };
    let base = if entry.service.kind == Kind::ServiceEntry {
        entry.service.spec().get("workloadSelector").get("labels")
    } else {
        View::NONE
    };
    let subsets: Vec<_> = spec.get("subsets").items().collect();
    for (index, subset) in subsets.iter().enumerate() {
        let name = subset.get("name").str();
        let replaced = subsets.iter().skip(index + 1).any(|later| later.get("name").str() == name);
        if !replaced && !picks_a_pod(snapshot, base, subset.get("labels"), None) {
            check.report(&IST0173, rule, subset.get("name"), params! { subset: name });
        }
    }
}

fn judge<'a>(check: &mut Check<'_, 'a>, rule: &Resource<'a>) {
    let snapshot = check.snapshot;
    let host = rule.spec().get("host");
    let full = hosts::fqdn(rule.namespace, host.str());
    let subsets = rule.spec().get("subsets");
    if host.str().starts_with('*') {
        // A rule for many hosts is fine if it matches one, or only sets policy.
        return;
    }
    let Some(entry) = snapshot.hosts().lookup(rule.namespace, rule.namespace, host.str()) else {
        unknown_host(check, rule, host, &full);
        return;
    };
    for subset in subsets.items() {
        judge_subset(check, rule, entry, subset);
    }
}

fn unknown_host<'a>(check: &mut Check<'_, 'a>, rule: &Resource<'a>, host: View<'a>, full: &str) {
    let snapshot = check.snapshot;
    match super::destination_host::home_of(full) {
        Some(home) if !check.closed(&[Kind::Service, Kind::ServiceEntry], Some(home)) => {
            check.unverified(
                "DestinationRule hosts",
                format!("no Service of namespace {home} in the input"),
                host.str(),
                rule,
            );
        }
        Some(_) => {
            let report = check.report(&IST0174, rule, host, params! { host: host.str() });
            if let Some(near) = super::destination_host::suggestion(snapshot, full) {
                report.hint(format!("did you mean {near}?"));
            }
        }
        // Sidecars reach hosts outside the mesh without a ServiceEntry, unless the mesh forbids it.
        None if snapshot.mesh_config.registry_only() && check.closed(&[Kind::ServiceEntry], None) => {
            check.report(&IST0174, rule, host, params! { host: host.str() });
        }
        None => check.unverified(
            "DestinationRule hosts",
            "no ServiceEntry has them, and sidecars may reach any host",
            host.str(),
            rule,
        ),
    }
}

fn judge_subset<'a>(check: &mut Check<'_, 'a>, rule: &Resource<'a>, entry: &HostEntry<'a>, subset: View<'a>) {
    let snapshot = check.snapshot;
    let (name, labels) = (subset.get("name"), subset.get("labels"));
    if labels.is_empty() {
        return;
    }
    let service = &entry.service;
    let spec = service.spec();
    let selector =
        if service.kind == Kind::Service { spec.key("selector") } else { spec.get("workloadSelector").get("labels") };
    let inline = spec.get("endpoints");
    let found = if !inline.is_empty() {
        inline.items().any(|endpoint| labels::is_subset(labels, endpoint.get("labels")))
    } else if selector.is_empty() {
        // Endpoints by DNS or written by hand: nothing to compare with.
        return;
    } else {
        picks_a_pod(snapshot, selector, labels, Some(service.namespace))
    };
    if found {
        return;
    }
    if inline.is_empty()
        && snapshot.workloads().select(selector, Some(service.namespace)).next().is_none()
        && !check.closed(WORKLOADS, Some(service.namespace))
    {
        check.unverified(
            "subsets",
            format!("no workload of namespace {} in the input", service.namespace),
            name.str(),
            rule,
        );
        return;
    }
    let at = if name.is_set() { name } else { subset };
    check.report(&IST0173, rule, at, params! { subset: name.str() });
}

/// Whether a workload has the labels of the subset, laid over those of the service.
fn picks_a_pod<'a>(snapshot: &Snapshot<'a>, base: View<'a>, subset: View<'a>, namespace: Option<&str>) -> bool {
    let wanted = |workload: &Workload<'a>| {
        base.entries()
            .filter(|(key, _)| !subset.key(key).is_set())
            .all(|(key, value)| workload.label(key) == Some(value.str()))
            && subset.entries().all(|(key, value)| augmented(snapshot, workload, key).as_deref() == Some(value.str()))
    };
    let topological = subset.entries().any(|(key, _)| TOPOLOGY.contains(&key));
    let index = snapshot.workloads();
    if topological {
        return index
            .iter()
            .any(|workload| namespace.is_none_or(|name| workload.namespace == name) && wanted(workload));
    }
    let narrowest = if base.is_empty() { subset } else { base };
    let overridden = base.entries().any(|(key, _)| subset.key(key).is_set());
    if overridden || namespace.is_none() {
        return index.select(subset, namespace).any(wanted);
    }
    index.select(narrowest, namespace).any(wanted)
}

const REGION: &str = "topology.kubernetes.io/region";
const ZONE: &str = "topology.kubernetes.io/zone";
const SUBZONE: &str = "topology.istio.io/subzone";
const HOSTNAME: &str = "kubernetes.io/hostname";
const TOPOLOGY: &[&str] = &[REGION, ZONE, SUBZONE, HOSTNAME];

/// A label of the workload, or one that it has from its node. A place is cut at its first unknown part.
fn augmented<'a>(snapshot: &Snapshot<'a>, workload: &Workload<'a>, key: &str) -> Option<std::borrow::Cow<'a, str>> {
    let node = workload.spec.key("nodeName").str();
    if !TOPOLOGY.contains(&key) || node.is_empty() {
        return workload.label(key).map(Into::into);
    }
    if key == HOSTNAME {
        return Some(node.into());
    }
    let Some(node) = snapshot.find(Kind::Node, "", node) else { return workload.label(key).map(Into::into) };
    let parts = [REGION, ZONE, SUBZONE].iter().take_while(|part| !node.label(part).is_empty());
    let known = parts.into_iter().any(|part| *part == key);
    if known { Some(node.label(key).into()) } else { workload.label(key).map(Into::into) }
}
