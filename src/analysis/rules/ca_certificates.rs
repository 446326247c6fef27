//! TLS to a server that nobody verifies.
//!
//! # IST0128 NoServerCertificateVerificationDestinationLevel
//! ## What it does
//! Reports DestinationRules that start TLS without a CA certificate to verify the server by.
//! ## Why is this bad?
//! The connection is encrypted, but to whom is not known: anybody in between can answer.
//! ## Example
//! ```yaml
//! trafficPolicy:
//!   tls:
//!     mode: SIMPLE
//! ```
//! ## Use instead
//! ```yaml
//! trafficPolicy:
//!   tls:
//!     mode: SIMPLE
//!     caCertificates: /etc/ssl/certs/ca-certificates.crt
//! ```
//!
//! # IST0129 NoServerCertificateVerificationPortLevel
//! ## What it does
//! The same for the TLS settings of one port.
//! ## Why is this bad?
//! See IST0128. Settings of a port replace those above it, they do not add to them: a CA given there does not hold here.
//! ## Example
//! ```yaml
//! portLevelSettings:
//! - port: {number: 443}
//!   tls:
//!     mode: SIMPLE
//! ```
//! ## Use instead
//! ```yaml
//! portLevelSettings:
//! - port: {number: 443}
//!   tls:
//!     mode: SIMPLE
//!     caCertificates: /etc/ssl/certs/ca-certificates.crt
//! ```

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::{IST0128, IST0129};
use crate::analysis::kind::Kind;
use crate::analysis::snapshot::Resource;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "destinationrule.CaCertificateAnalyzer",
    description: "DestinationRules that start TLS verify the server",
    inputs: &[Kind::DestinationRule],
    more: &[],
    codes: &[&IST0128, &IST0129],
    check,
    set: Set::Reference,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    for rule in snapshot.all(Kind::DestinationRule) {
        let policy = rule.spec().get("trafficPolicy");
        traffic_policy(check, &rule, policy);
        if !check.reference() {
            for subset in rule.spec().get("subsets").items() {
                traffic_policy(check, &rule, subset.get("trafficPolicy"));
            }
        }
    }
}

fn traffic_policy<'a>(check: &mut Check<'_, 'a>, rule: &Resource<'a>, policy: View<'a>) {
    let spec = rule.spec();
    let host = spec.get("host").str();
    let tls = policy.get("tls");
    if unverified(check, rule, tls) {
        let at = place(check, tls);
        let params = params! {
            destinationrule: rule.full_name(), namespace: rule.namespace, mode: tls.get("mode").str(), host: host
        };
        check.report(&IST0128, rule, at, params);
    }
    for settings in policy.get("portLevelSettings").items() {
        let tls = settings.get("tls");
        if unverified(check, rule, tls) {
            let at = place(check, tls);
            let number = settings.get("port").get("number").int().unwrap_or(0);
            let params = params! {
                destinationrule: rule.full_name(), namespace: rule.namespace, mode: tls.get("mode").str(), host: host,
                port: format!("number:{number}")
            };
            check.report(&IST0129, rule, at, params);
        }
    }
}

fn place<'a>(check: &Check<'_, 'a>, tls: View<'a>) -> View<'a> {
    if check.reference() { tls.get("caCertificates") } else { tls.get("mode") }
}

fn unverified(check: &Check<'_, '_>, rule: &Resource<'_>, tls: View<'_>) -> bool {
    let (mode, credential) = (tls.get("mode").str(), tls.get("credentialName").str());
    if !matches!(mode, "SIMPLE" | "MUTUAL") || !tls.get("caCertificates").str().is_empty() {
        return false;
    }
    let by_credential = !credential.is_empty() && rule.spec().get("workloadSelector").is_set();
    if check.reference() || by_credential {
        return !by_credential;
    }
    // Without a CA the system's CAs verify the server, which works for public hosts: no warning for those. Gateways take the
    // CA out of the credential.
    let host = rule.spec().get("host").str();
    let public = host.contains('.') && !host.contains(".svc.") && !host.ends_with(".local") && !host.ends_with(".svc");
    !tls.get("insecureSkipVerify").bool() && !public && credential.is_empty()
}
