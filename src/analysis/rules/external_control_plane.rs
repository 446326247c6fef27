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

/// The host of a URL, without port and brackets; `None` if Go cannot read the URL. What has no `//` has no host.
fn host(url: &str) -> Option<&str> {
    if url.chars().any(|c| c.is_control()) {
        return None;
    }
    let url = url.split('#').next().unwrap_or("");
    let rest = after_scheme(url)?;
    let Some(rest) = rest.strip_prefix("//") else {
        // A first segment with a colon would look like a scheme.
        let first = rest.split(['/', '?']).next().unwrap_or("");
        return (rest.len() < url.len() || !first.contains(':')).then_some("");
    };
    let authority = rest.split(['/', '?']).next().unwrap_or("");
    let authority = authority.rsplit('@').next().unwrap_or("");
    if authority.contains([' ', '"', '<', '>', '\\', '^', '`', '{', '|', '}']) {
        return None;
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']')?,
        None => authority.find(':').map_or((authority, ""), |colon| authority.split_at(colon)),
    };
    let digits = port.strip_prefix(':').unwrap_or(port);
    (port.is_empty() || (port.starts_with(':') && digits.bytes().all(|b| b.is_ascii_digit()))).then_some(host)
}

/// What follows `scheme:`, or everything; `None` for a colon without a scheme before it.
fn after_scheme(url: &str) -> Option<&str> {
    let end = url.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')));
    match end.map(|end| url.split_at(end)) {
        Some(("", rest)) if rest.starts_with(':') => None,
        Some((scheme, rest)) if rest.starts_with(':') && scheme.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            rest.get(1..)
        }
        _ => Some(url),
    }
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn hosts_are_read_as_go_reads_them() {
        let table = [
            ("https://1.2.3.4:15017/inject", Some("1.2.3.4")),
            ("https://[::1]:443/inject", Some("::1")),
            ("https://user@istiod.example.com/x", Some("istiod.example.com")),
            ("", Some("")),
            ("istiod.example.com:15017/inject", Some("")),
            ("1.2.3.4/inject", Some("")),
            ("1.2.3.4:15017/inject", None),
            ("://1.2.3.4", None),
            ("https://1.2.3.4:http/", None),
            ("https://a b/", None),
            ("https://a\n", None),
        ];
        for (url, expected) in table {
            assert_eq!(host(url), expected, "{url}");
        }
    }
}
