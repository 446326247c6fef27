//! Sidecar resources that reach for nothing, or stand where they have no effect.
//!
//! # BOW0014 SidecarEgressHostNotFound
//! ## What it does
//! Checks that the hosts in a Sidecar's `egress` match a service.
//! ## Why is this bad?
//! The workload cannot reach what it was meant to reach: with `REGISTRY_ONLY` its requests fail, without it they miss routes and mTLS.
//! ## Example
//! ```yaml
//! egress: [{hosts: ["shop/kart.shop.svc.cluster.local"]}]
//! ```
//! ## Use instead
//! The host of a service, `shop/cart.shop.svc.cluster.local`, or `shop/*`.
//!
//! # BOW0015 SidecarInRootNamespaceWithSelector
//! ## What it does
//! Reports Sidecar resources in the root namespace that have a workload selector.
//! ## Why is this bad?
//! In the root namespace a Sidecar is the default for the whole mesh, and selectors apply to workloads of that namespace alone: it
//! concerns nothing else.
//! ## Example
//! A Sidecar in `istio-system` with `workloadSelector: {labels: {app: cart}}`.
//! ## Use instead
//! The Sidecar in the namespace of the workload.

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::{BOW0014, BOW0015};
use crate::analysis::kind::Kind;
use crate::analysis::snapshot::Resource;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "bowline.SidecarScope",
    description: "Sidecar resources reach for hosts that exist, from where they have an effect",
    inputs: &[Kind::Sidecar],
    more: &[Kind::Service, Kind::ServiceEntry],
    codes: &[&BOW0014, &BOW0015],
    check,
    set: Set::Ours,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    for sidecar in snapshot.all(Kind::Sidecar) {
        let selector = sidecar.spec().get("workloadSelector");
        let applies = snapshot.workloads().select(selector.get("labels"), Some(sidecar.namespace)).next().is_some();
        if sidecar.namespace == snapshot.mesh_config.root_namespace() && !selector.get("labels").is_empty() && !applies
        {
            check.report(&BOW0015, &sidecar, selector, params! { namespace: sidecar.namespace });
        }
        for host in sidecar.spec().get("egress").items().flat_map(|egress| egress.get("hosts").items()) {
            judge(check, &sidecar, host);
        }
    }
}

fn judge<'a>(check: &mut Check<'_, 'a>, sidecar: &Resource<'a>, entry: View<'a>) {
    let snapshot = check.snapshot;
    let Some((scope, host)) = entry.str().split_once('/') else { return };
    let home = match scope {
        "~" => return,
        "." => Some(sidecar.namespace),
        "*" => None,
        named => Some(named),
    };
    if host == "*" {
        return;
    }
    if snapshot.hosts().is_defined(host, home) {
        return;
    }
    let evidence: &[Kind] = if host.contains(".svc.") { &[Kind::Service] } else { &[Kind::ServiceEntry] };
    // Services of a namespace say nothing about those of another.
    let where_it_is = home.or_else(|| super::destination_host::home_of(host));
    if check.closed(evidence, where_it_is) {
        check.report(&BOW0014, sidecar, entry, params! { host: entry.str() });
    } else {
        check.unverified(
            "egress hosts",
            "no Service or ServiceEntry of their namespaces in the input",
            entry.str(),
            sidecar,
        );
    }
}
