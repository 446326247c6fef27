//! One certificate in several Gateways of the same pods.
//!
//! # IST0138 GatewayDuplicateCertificate
//! ## What it does
//! Reports Gateways of the same workloads that use one certificate for different hosts.
//! ## Why is this bad?
//! Browsers reuse a connection for every host its certificate is good for. The second host's requests arrive on the first host's
//! connection, where no route knows them: 404.
//! ## Example
//! Two Gateways with `selector: {istio: ingressgateway}` and `credentialName: wildcard`, one for `a.example.com`, one for `b.example.com`.
//! ## Use instead
//! One Gateway for all hosts of the certificate, or a certificate for each.

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::IST0138;
use crate::analysis::kind::Kind;
use crate::analysis::labels::is_subset;
use crate::analysis::snapshot::Resource;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "gateway.CertificateAnalyzer",
    description: "Gateways of the same workloads do not share a certificate",
    inputs: &[Kind::Gateway],
    more: &[],
    codes: &[&IST0138],
    check,
    set: Set::Reference,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let scoped = std::env::var("PILOT_SCOPE_GATEWAY_TO_NAMESPACE").is_ok_and(|value| value == "true");
    let secured: Vec<_> = snapshot
        .all(Kind::Gateway)
        .filter(|gateway| servers(gateway).any(|server| server.get("tls").is_set()))
        .collect();
    for gateway in &secured {
        for other in &secured {
            if gateway.id == other.id
                || gateway.full_name() == other.full_name()
                || (scoped && gateway.namespace != other.namespace)
            {
                continue;
            }
            // Credentials are looked up in the namespace of the workload, which an equal selector without one leaves open.
            if !check.reference() && gateway.namespace != other.namespace && !same_workloads(check, gateway, other) {
                continue;
            }
            if is_subset(gateway.spec().get("selector"), other.spec().get("selector"))
                && let Some(server) = shared_certificate(check.reference(), gateway, other)
            {
                let at = if check.reference() {
                    gateway.metadata().key("name")
                } else {
                    server.get("tls").get("credentialName")
                };
                let names = vec![gateway.full_name(), other.full_name()];
                check.report(&IST0138, gateway, at, params! { gateways: names }).related(
                    other,
                    View::NONE,
                    "the other Gateway",
                );
            }
        }
    }
}

fn same_workloads(check: &Check<'_, '_>, gateway: &Resource<'_>, other: &Resource<'_>) -> bool {
    let index = check.snapshot.workloads();
    index.select(gateway.spec().get("selector"), None).any(|pod| pod.matches(other.spec().get("selector")))
}

fn servers<'a>(gateway: &Resource<'a>) -> impl Iterator<Item = View<'a>> + use<'a> {
    gateway.spec().get("servers").items()
}

/// The first server of `gateway` that has the certificate of a server of `other`.
fn shared_certificate<'a>(reference: bool, gateway: &Resource<'a>, other: &Resource<'a>) -> Option<View<'a>> {
    servers(gateway).find(|server| {
        servers(other).any(|theirs| {
            let (a, b) = (server.get("tls"), theirs.get("tls"));
            let equal = a.is_set() && b.is_set() && same_certificate(a, b);
            let same_port = server.get("port").get("number").int() == theirs.get("port").get("number").int();
            equal && (reference || (same_port && !same_hosts(*server, theirs)))
        })
    })
}

fn same_certificate(a: View<'_>, b: View<'_>) -> bool {
    let text = |tls: View<'_>, name: &str| tls.get(name).str().to_string();
    let (x, y) = (a.get("credentialName").str(), b.get("credentialName").str());
    if !x.is_empty() || !y.is_empty() {
        return x == y;
    }
    ["serverCertificate", "privateKey"].iter().all(|name| !text(a, name).is_empty() && text(a, name) == text(b, name))
}

fn same_hosts(a: View<'_>, b: View<'_>) -> bool {
    let bare = |server: View<'_>| {
        let mut hosts: Vec<String> =
            server.get("hosts").strings().map(|host| host.rsplit('/').next().unwrap_or(host).to_string()).collect();
        hosts.sort_unstable();
        hosts
    };
    bare(a) == bare(b)
}
