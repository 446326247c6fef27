//! Clients and servers that disagree about mutual TLS.
//!
//! # BOW0001 MutualTlsConflict
//! ## What it does
//! Compares the TLS mode of a DestinationRule with the PeerAuthentication in force for the host's workloads, port by port. Workloads that
//! have no proxy are not held to a PeerAuthentication; `mode: DISABLE` is right for them, and nothing is said.
//! ## Why is this bad?
//! A client that sends plain text to a server in mode STRICT is refused, and so is one that offers mTLS to a server that has it off:
//! 503, or connections that are reset.
//! ## Example
//! ```yaml
//! kind: PeerAuthentication
//! metadata: {name: default, namespace: shop}
//! spec: {mtls: {mode: STRICT}}
//! ---
//! kind: DestinationRule
//! spec:
//!   host: cart.shop.svc.cluster.local
//!   trafficPolicy: {tls: {mode: DISABLE}}
//! ```
//! ## Use instead
//! Leave `tls` out of the DestinationRule; sidecars find out by themselves. Or `mode: ISTIO_MUTUAL`.

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::BOW0001;
use crate::analysis::injected::{INJECT, in_mesh, is_ambient_namespace};
use crate::analysis::kind::Kind;
use crate::analysis::snapshot::{Resource, Snapshot};
use crate::analysis::view::View;
use crate::analysis::workloads::Workload;

pub static RULE: Rule = Rule {
    name: "bowline.MutualTls",
    description: "DestinationRules and PeerAuthentications agree about mutual TLS",
    inputs: &[Kind::DestinationRule, Kind::PeerAuthentication, Kind::Service],
    more: super::authorization_policies::WORKLOADS,
    codes: &[&BOW0001],
    check,
    set: Set::Ours,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    if !snapshot.has(Kind::PeerAuthentication) {
        return;
    }
    for rule in snapshot.all(Kind::DestinationRule) {
        let policy = rule.spec().get("trafficPolicy");
        if !policy.get("tls").is_set() && policy.get("portLevelSettings").is_empty() {
            continue;
        }
        let Some(entry) = snapshot.hosts().lookup(rule.namespace, rule.namespace, rule.spec().get("host").str()) else {
            continue;
        };
        if entry.service.kind == Kind::Service {
            let service = entry.service;
            judge(check, &rule, policy, &service);
        }
    }
}

fn judge<'a>(check: &mut Check<'_, 'a>, rule: &Resource<'a>, policy: View<'a>, service: &Resource<'a>) {
    let snapshot = check.snapshot;
    let workload = snapshot.workloads().select(service.spec().key("selector"), Some(service.namespace)).next();
    for port in service.spec().key("ports").items() {
        let number = port.key("port").int().unwrap_or(0);
        let specific = policy
            .get("portLevelSettings")
            .items()
            .find(|settings| settings.get("port").get("number").int() == Some(number));
        let tls = specific.map_or(policy.get("tls"), |settings| settings.get("tls"));
        let client = tls.get("mode");
        let target = port.key("targetPort").int().unwrap_or(number);
        let (server, authentication) = server_mode(snapshot, service.namespace, workload, target);
        let conflict =
            matches!((client.str(), server), ("DISABLE" | "SIMPLE" | "MUTUAL", "STRICT") | ("ISTIO_MUTUAL", "DISABLE"));
        if conflict
            && let Some(authentication) = authentication
            && is_held_to(snapshot, workload, &authentication, service)
        {
            let params = params! {
                host: rule.spec().get("host").str(), client: client.str(), server: server, policy: authentication.full_name()
            };
            check.report(&BOW0001, rule, client, params).related(
                &authentication,
                authentication.spec().get("mtls"),
                "in force for the host",
            );
            return;
        }
    }
}

/// Whether the workload has something that holds it to the policy. Plain text to workloads outside a mesh that is STRICT is the usual
/// reason for such a DestinationRule; a policy of their own namespace says that they are inside.
fn is_held_to(
    snapshot: &Snapshot<'_>,
    workload: Option<&Workload<'_>>,
    policy: &Resource<'_>,
    service: &Resource<'_>,
) -> bool {
    let opted_out = workload.is_some_and(|workload| {
        workload.label(INJECT).or_else(|| workload.annotation(INJECT)).is_some_and(|value| value == "false")
    });
    let labels = snapshot.find(Kind::Namespace, "", service.namespace).map(|namespace| namespace.labels());
    let ambient = labels.is_some_and(is_ambient_namespace);
    let sidecar = workload.is_some_and(|workload| in_mesh(snapshot, workload));
    !opted_out
        && (ambient || sidecar || (policy.namespace == service.namespace && (workload.is_none() || labels.is_none())))
}

/// The mode in force for a port, and the policy that says so: that of the workload, then of the namespace, then of the mesh.
fn server_mode<'a>(
    snapshot: &Snapshot<'a>,
    namespace: &str,
    workload: Option<&Workload<'a>>,
    port: i64,
) -> (&'a str, Option<Resource<'a>>) {
    let selects = |policy: &Resource<'a>| {
        let labels = policy.spec().get("selector").get("matchLabels");
        !labels.is_empty() && workload.is_some_and(|workload| workload.matches(labels))
    };
    let wide = |policy: &Resource<'a>| policy.spec().get("selector").get("matchLabels").is_empty();
    let root = snapshot.mesh_config.root_namespace();
    let all = || snapshot.all(Kind::PeerAuthentication);
    let levels = [
        all().find(|policy| policy.namespace == namespace && selects(policy)),
        all().find(|policy| policy.namespace == namespace && wide(policy)),
        all().find(|policy| policy.namespace == root && wide(policy)),
    ];
    for policy in levels.into_iter().flatten() {
        let by_port = policy.spec().get("portLevelMtls").key(&port.to_string()).get("mode").str();
        let mode = if by_port.is_empty() || by_port == "UNSET" {
            policy.spec().get("mtls").get("mode").str()
        } else {
            by_port
        };
        if !mode.is_empty() && mode != "UNSET" {
            return (mode, Some(policy));
        }
    }
    ("PERMISSIVE", None)
}
