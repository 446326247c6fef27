//! The secrets that Gateways take their certificates from.
//!
//! # IST0161 InvalidGatewayCredential
//! ## What it does
//! Reads the secret a Gateway server names and checks that it holds a certificate and key, and that the certificate is valid today.
//! ## Why is this bad?
//! The gateway does not open the server's port, or clients refuse its certificate.
//! ## Example
//! ```yaml
//! tls: {mode: SIMPLE, credentialName: shop-cert}
//! ---
//! kind: Secret
//! metadata: {name: shop-cert, namespace: istio-system}
//! data: {tls.crt: ""}
//! ```
//! ## Use instead
//! A secret of type `kubernetes.io/tls` with a certificate and its key, in the namespace of the gateway's pods.

use std::collections::BTreeSet;

use super::authorization_policies::WORKLOADS;
use super::{Rule, Set};
use crate::analysis::certificate::{self, Judgement};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::{IST0101, IST0161};
use crate::analysis::kind::Kind;
use crate::analysis::labels;
use crate::analysis::snapshot::Resource;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "gateway.SecretAnalyzer",
    description: "Secrets that Gateways name exist and hold valid certificates",
    inputs: &[Kind::Gateway, Kind::Pod, Kind::Secret],
    more: &[
        Kind::Certificate,
        Kind::SealedSecret,
        Kind::ExternalSecret,
        WORKLOADS[1],
        WORKLOADS[2],
        WORKLOADS[3],
        WORKLOADS[4],
        WORKLOADS[7],
    ],
    codes: &[&IST0101, &IST0161],
    check,
    set: Set::Reference,
};

/// What makes a secret appear later.
const PRODUCERS: &[Kind] = &[Kind::Certificate, Kind::SealedSecret, Kind::ExternalSecret];

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let reference = check.reference();
    for gateway in snapshot.all(Kind::Gateway) {
        let selector = gateway.spec().get("selector");
        let mut namespaces: BTreeSet<&str> = BTreeSet::new();
        let first = snapshot.workloads().select(selector, None).next().map(|pod| pod.namespace);
        if check.reference() {
            match first {
                Some(namespace) if !namespace.is_empty() => {
                    namespaces.insert(namespace);
                }
                _ => {
                    let text = labels::canonical(selector);
                    check.report(
                        &IST0101,
                        &gateway,
                        labels::first(selector),
                        params! { reftype: "selector", refval: text },
                    );
                    continue;
                }
            }
        } else {
            namespaces.extend(snapshot.workloads().select(selector, None).map(|pod| pod.namespace));
        }
        for server in gateway.spec().get("servers").items() {
            let tls = server.get("tls");
            let more = tls.get("credentialNames").items().filter(|_| !reference);
            for credential in std::iter::once(tls.get("credentialName")).chain(more).filter(|c| !c.str().is_empty()) {
                judge(check, &gateway, server, credential, &namespaces);
            }
        }
    }
}

fn judge<'a>(
    check: &mut Check<'_, 'a>,
    gateway: &Resource<'a>,
    server: View<'a>,
    credential: View<'a>,
    namespaces: &BTreeSet<&str>,
) {
    let snapshot = check.snapshot;
    let written = credential.str();
    if !check.reference() && written.starts_with("configmap://") {
        return;
    }
    let written = if check.reference() { written } else { written.trim_start_matches("kubernetes://") };
    let (namespace, name) = written.split_once('/').unwrap_or(("", written));
    let wanted: Vec<&str> = if namespace.is_empty() { namespaces.iter().copied().collect() } else { vec![namespace] };
    if wanted.is_empty() {
        check.unverified("credentials", "no gateway workload in the input", credential.str(), gateway);
        return;
    }
    for home in wanted {
        let Some(secret) = snapshot.find(Kind::Secret, home, name) else {
            missing(check, gateway, credential, home, name);
            continue;
        };
        let mutual = matches!(server.get("tls").get("mode").str(), "MUTUAL" | "OPTIONAL_MUTUAL");
        let judgement =
            certificate::judge_secret(&secret, snapshot.settings.now, check.reference(), mutual, server.get("hosts"));
        if let Judgement::Bad(problem) = judgement {
            // istioctl names the namespace of the pods even where the credential is in another one.
            let named = namespaces.iter().next().copied().filter(|_| check.reference()).unwrap_or(home);
            let params = params! { gatewayName: gateway.full_name(), gatewayNamespace: named };
            check.report(&IST0161, gateway, credential, params).hint(problem).related(
                &secret,
                View::NONE,
                "the secret",
            );
        }
    }
}

fn missing<'a>(check: &mut Check<'_, 'a>, gateway: &Resource<'a>, credential: View<'a>, home: &str, name: &str) {
    let snapshot = check.snapshot;
    if !check.reference() {
        let produced = PRODUCERS.iter().any(|kind| {
            snapshot.all(*kind).any(|producer| {
                let target = producer.spec().key("secretName").str();
                let target =
                    if target.is_empty() { producer.root.at(&["spec", "target", "name"]).str() } else { target };
                producer.namespace == home && (target == name || (target.is_empty() && producer.name == name))
            })
        });
        if produced {
            return;
        }
        if !check.closed(&[Kind::Secret], Some(home)) {
            check.unverified(
                "credentials",
                format!("no Secret of namespace {home} in the input"),
                credential.str(),
                gateway,
            );
            return;
        }
    }
    let elsewhere = snapshot.all(Kind::Secret).find(|secret| secret.name == name);
    let report =
        check.report(&IST0101, gateway, credential, params! { reftype: "credentialName", refval: credential.str() });
    if let Some(other) = elsewhere {
        report.hint(format!("there is one in namespace {}, but the gateway's pods run in {home}", other.namespace));
    }
}
