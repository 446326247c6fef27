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

use std::collections::{BTreeMap, BTreeSet};

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
    // Only Gateways that have a certificate in common need to be compared.
    let mut by_certificate: BTreeMap<Certificate<'_>, Vec<Resource<'_>>> = BTreeMap::new();
    for gateway in snapshot.all(Kind::Gateway) {
        let certificates: BTreeSet<_> = servers(&gateway).filter_map(|server| certificate(server.get("tls"))).collect();
        for certificate in certificates {
            by_certificate.entry(certificate).or_default().push(gateway);
        }
    }
    let mut pairs: BTreeSet<(u32, u32)> = BTreeSet::new();
    for sharing in by_certificate.values().filter(|sharing| sharing.len() > 1) {
        for gateway in sharing {
            let others = sharing.iter().filter(|other| other.id != gateway.id);
            for other in others.filter(|other| !scoped || gateway.namespace == other.namespace) {
                if pairs.insert((gateway.id, other.id)) {
                    compare(check, gateway, other);
                }
            }
        }
    }
}

fn compare<'a>(check: &mut Check<'_, 'a>, gateway: &Resource<'a>, other: &Resource<'a>) {
    // Credentials are looked up in the namespace of the workload, which an equal selector without one leaves open.
    if !check.reference() && gateway.namespace != other.namespace && !same_workloads(check, gateway, other) {
        return;
    }
    if !is_subset(gateway.spec().get("selector"), other.spec().get("selector")) {
        return;
    }
    let Some(server) = shared_certificate(check.reference(), gateway, other) else { return };
    let at = if check.reference() { gateway.metadata().key("name") } else { server.get("tls").get("credentialName") };
    let names = vec![gateway.full_name(), other.full_name()];
    check.report(&IST0138, gateway, at, params! { gateways: names }).related(other, View::NONE, "the other Gateway");
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
            let equal = certificate(a).is_some_and(|mine| certificate(b) == Some(mine));
            let same_port = server.get("port").get("number").int() == theirs.get("port").get("number").int();
            equal && (reference || (same_port && !same_hosts(*server, theirs)))
        })
    })
}

/// The name of the credential, or the files of certificate and key.
type Certificate<'a> = (&'a str, &'a str, &'a str);

/// The certificate of a server, if it has one that can be compared.
fn certificate<'a>(tls: View<'a>) -> Option<Certificate<'a>> {
    let [name, certificate, key] =
        ["credentialName", "serverCertificate", "privateKey"].map(|field| tls.get(field).str());
    if !name.is_empty() {
        return Some((name, "", ""));
    }
    (!certificate.is_empty() && !key.is_empty()).then_some(("", certificate, key))
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
