//! Webhooks that call a control plane outside the cluster.
//!
//! # IST0163 InvalidExternalControlPlaneConfig
//! ## What it does
//! Reports injection and validation webhooks without an address that can be called.
//! ## Why is this bad?
//! Pods are not injected, or their creation fails; configuration is not validated.
//! ## Example
//! ```yaml
//! webhooks:
//! - name: rev.namespace.sidecar-injector.istio.io
//!   clientConfig: {}
//! ```
//! ## Use instead
//! ```yaml
//!   clientConfig:
//!     url: https://istiod.example.com:15017/inject
//! ```
//!
//! # IST0164 ExternalControlPlaneAddressIsNotAHostname
//! ## What it does
//! Reports webhooks whose address is an IP address.
//! ## Why is this bad?
//! It works until the address changes; and certificates are rarely made for addresses.
//! ## Example
//! ```yaml
//!   clientConfig:
//!     url: https://10.0.0.1:15017/inject
//! ```
//! ## Use instead
//! A host name.

use std::net::IpAddr;

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::{IST0163, IST0164};
use crate::analysis::kind::Kind;
use crate::analysis::snapshot::Resource;

pub static RULE: Rule = Rule {
    name: "externalcontrolplane.ExternalControlPlaneAnalyzer",
    description: "Webhooks of an external control plane have an address",
    inputs: &[Kind::ValidatingWebhookConfiguration, Kind::MutatingWebhookConfiguration],
    more: &[],
    codes: &[&IST0163, &IST0164],
    check,
    set: Set::Reference,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let validating = snapshot.all(Kind::ValidatingWebhookConfiguration);
    for configuration in
        validating.filter(|c| c.name == "istiod-default-validator" || c.name.starts_with("istio-validator"))
    {
        judge(check, &configuration);
    }
    for configuration in
        snapshot.all(Kind::MutatingWebhookConfiguration).filter(|c| c.name.starts_with("istio-sidecar-injector"))
    {
        judge(check, &configuration);
    }
}

fn judge<'a>(check: &mut Check<'_, 'a>, configuration: &Resource<'a>) {
    for webhook in configuration.root.key("webhooks").items() {
        let name = webhook.key("name").str();
        let client = webhook.key("clientConfig");
        let url = client.key("url");
        if url.is_set() {
            match host(url.str()) {
                None => {
                    let msg = "it cannot be read as a URL";
                    check.report(
                        &IST0163,
                        configuration,
                        url,
                        params! { hostname: url.str(), webhook: name, msg: msg },
                    );
                }
                Some(host) if host.parse::<IpAddr>().is_ok() => {
                    check.report(&IST0164, configuration, url, params! { hostname: url.str(), webhook: name });
                }
                Some(_) => {}
            }
        } else if !client.key("service").is_set() {
            let at = webhook.key("name");
            let msg = "neither a URL nor a Service is given";
            let at = if check.reference() { crate::analysis::view::View::NONE } else { at };
            check.report(&IST0163, configuration, at, params! { hostname: "", webhook: name, msg: msg });
        }
    }
}

/// The host of a URL, without port and brackets.
fn host(url: &str) -> Option<&str> {
    if url.chars().any(|c| c.is_control() || c == ' ') {
        return None;
    }
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
    let authority = authority.rsplit('@').next().unwrap_or("");
    if let Some(bracketed) = authority.strip_prefix('[') {
        return bracketed.split_once(']').map(|(host, _)| host);
    }
    match authority.split_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => Some(host),
        Some(_) => None,
        None => Some(authority),
    }
}
