//! TLS settings, of servers (Gateway, Sidecar ingress) and of clients (DestinationRule, tracing).

use std::collections::BTreeSet;

use super::report::{Fault, Report, Verdict};
use crate::api::view::View;

const CIPHERS: &[&str] = &[
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES256-SHA",
    "AES128-GCM-SHA256",
    "AES256-GCM-SHA384",
    "AES128-SHA",
    "AES256-SHA",
    "DES-CBC3-SHA",
];

/// `configmap://NAMESPACE/NAME` in the namespace of the resource.
fn config_map(credential: &str, namespace: &str) -> Verdict {
    let Some(reference) = credential.strip_prefix("configmap://") else { return Ok(()) };
    match reference.split_once('/') {
        Some((owner, name)) if !owner.is_empty() && !name.is_empty() => {
            if !namespace.is_empty() && owner == namespace {
                Ok(())
            } else {
                Err(Fault::new(
                    "tls-configmap",
                    format!("{credential:?} is not in the resource's own namespace {namespace:?}"),
                ))
            }
        }
        _ => Err(Fault::new(
            "tls-configmap",
            format!("{credential:?} does not have the form configmap://NAMESPACE/NAME"),
        )),
    }
}

/// Client settings, if given.
pub fn client<'d>(report: &mut Report<'d>, tls: Option<View<'d>>, namespace: &str) {
    let Some(tls) = tls else { return };
    let given = |name: &str| !tls.text(name).is_empty();
    report.check(tls.at("credentialName"), config_map(tls.text("credentialName"), namespace));
    let mode = tls.choice("mode");
    if tls.node("insecureSkipVerify").and_then(|node| node.as_bool()) == Some(true) {
        let conflict = match mode {
            "SIMPLE" => given("caCertificates") || given("credentialName") || !tls.is_empty("subjectAltNames"),
            "MUTUAL" => given("caCertificates") || !tls.is_empty("subjectAltNames"),
            _ => false,
        };
        if conflict {
            report.error(
                "tls-skip-verify",
                tls.at("insecureSkipVerify"),
                "insecureSkipVerify contradicts the certificates and names to verify",
            );
        }
    }
    if matches!(mode, "SIMPLE" | "MUTUAL") && given("credentialName") {
        if ["clientCertificate", "caCertificates", "privateKey", "caCrl"].into_iter().any(given) {
            report.error(
                "tls-credential-files",
                tls.at("credentialName"),
                "certificates come from credentialName or from files, not from both",
            );
        }
        return;
    }
    if mode == "MUTUAL" {
        if !given("clientCertificate") {
            report.error(
                "tls-client-cert-missing",
                tls.at("clientCertificate"),
                "mode MUTUAL needs a client certificate",
            );
        }
        if !given("privateKey") {
            report.error("tls-client-key-missing", tls.at("privateKey"), "mode MUTUAL needs a private key");
        }
    }
}

/// Server settings, if given.
pub fn server<'d>(report: &mut Report<'d>, tls: Option<View<'d>>) {
    let Some(tls) = tls else { return };
    let given = |name: &str| !tls.text(name).is_empty();
    let listed = |name: &str| !tls.is_empty(name);
    if matches!(tls.choice("minProtocolVersion"), "TLSV1_0" | "TLSV1_1") && !listed("cipherSuites") {
        report.warning(
            "tls-version-ciphers",
            tls.at("minProtocolVersion"),
            "TLS below 1.2 works only with cipherSuites that allow it",
        );
    }
    ciphers(report, tls);
    let mode = tls.choice("mode");
    match mode {
        "ISTIO_MUTUAL" => return own_certificates(report, tls),
        "PASSTHROUGH" | "AUTO_PASSTHROUGH" => unused_certificates(report, tls, mode),
        _ => {}
    }
    let pair = given("serverCertificate") && given("privateKey");
    let sources = [pair, given("credentialName"), listed("credentialNames"), listed("tlsCertificates")];
    if sources.iter().filter(|source| **source).count() > 1 {
        report.error(
            "tls-multiple-sources",
            tls.here(),
            "certificates come from one of credentialName, credentialNames, tlsCertificates and files",
        );
    }
    let terminates = matches!(mode, "SIMPLE" | "MUTUAL" | "OPTIONAL_MUTUAL");
    if terminates && (given("credentialName") || listed("credentialNames")) {
        return;
    }
    if terminates {
        certificates(report, tls, mode);
    }
    revocation(report, tls, mode);
}

/// Everything that says where a server's certificates come from, the list of revoked ones aside.
const CERTIFICATES: [&str; 6] =
    ["serverCertificate", "privateKey", "caCertificates", "tlsCertificates", "credentialName", "credentialNames"];

/// Servers with the mesh's certificates need no others.
fn own_certificates<'d>(report: &mut Report<'d>, tls: View<'d>) {
    for extra in CERTIFICATES.into_iter().filter(|extra| listed_or_given(tls, extra)) {
        report.error(
            "tls-istio-mutual-extra",
            tls.at(extra),
            format!("mode ISTIO_MUTUAL uses the mesh's certificates; {extra} must not be given"),
        );
    }
}

fn unused_certificates<'d>(report: &mut Report<'d>, tls: View<'d>, mode: &str) {
    if listed_or_given(tls, "caCrl") || CERTIFICATES.iter().any(|name| listed_or_given(tls, name)) {
        report.warning(
            "tls-passthrough-certs",
            tls.here(),
            format!("mode {mode} does not terminate TLS, so the certificates are not used"),
        );
    }
}

fn revocation<'d>(report: &mut Report<'d>, tls: View<'d>, mode: &str) {
    if tls.text("caCrl").is_empty() {
        return;
    }
    if !tls.text("credentialName").is_empty() {
        report.error(
            "tls-crl-credential",
            tls.at("caCrl"),
            "a revocation list comes with the credential, not beside it",
        );
    }
    if mode == "SIMPLE" {
        report.error(
            "tls-crl-simple",
            tls.at("caCrl"),
            "mode SIMPLE asks for no client certificate that a list could revoke",
        );
    }
}

fn listed_or_given(tls: View<'_>, name: &str) -> bool {
    if matches!(name, "tlsCertificates" | "credentialNames") { !tls.is_empty(name) } else { !tls.text(name).is_empty() }
}

fn certificates<'d>(report: &mut Report<'d>, tls: View<'d>, mode: &str) {
    if mode != "SIMPLE" && tls.text("caCertificates").is_empty() {
        report.error(
            "tls-ca-missing",
            tls.at("caCertificates"),
            format!("mode {mode} needs CA certificates to verify clients with"),
        );
    }
    if tls.count("tlsCertificates") > 2 {
        report.warning(
            "tls-cert-count",
            tls.at("tlsCertificates"),
            "at most two certificates are used, one RSA and one ECDSA",
        );
    }
    let mut pairs: Vec<View<'d>> = tls.list("tlsCertificates").collect();
    if pairs.is_empty() {
        pairs.push(tls);
    }
    for pair in pairs {
        if pair.text("serverCertificate").is_empty() {
            report.error(
                "tls-cert-missing",
                pair.at("serverCertificate"),
                format!("mode {mode} needs a server certificate or a credentialName"),
            );
        }
        if pair.text("privateKey").is_empty() {
            report.error(
                "tls-key-missing",
                pair.at("privateKey"),
                format!("mode {mode} needs a private key or a credentialName"),
            );
        }
    }
}

fn ciphers<'d>(report: &mut Report<'d>, tls: View<'d>) {
    let (mut invalid, mut twice, mut seen) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (cipher, _) in tls.texts("cipherSuites") {
        let named = cipher.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        if named && cipher != "ALL" && !CIPHERS.contains(&cipher) {
            invalid.insert(cipher);
        } else if !seen.insert(cipher) {
            twice.insert(cipher);
        }
    }
    for (code, ciphers, what) in [("cipher-invalid", invalid, "not known"), ("cipher-duplicate", twice, "listed twice")]
    {
        if !ciphers.is_empty() {
            let list: Vec<&str> = ciphers.into_iter().collect();
            report.warning(code, tls.at("cipherSuites"), format!("cipher suites {what}: {}", list.join(", ")));
        }
    }
}
