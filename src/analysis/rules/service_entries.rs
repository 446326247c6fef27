//! ServiceEntries that define one host in different ways.
//!
//! # BOW0013 ServiceEntryConflict
//! ## What it does
//! Reports ServiceEntries seen by the same clients that give one host and port different protocols or resolutions.
//! ## Why is this bad?
//! Sidecars merge them or take the older one; which protocol the port gets is not up to you.
//! ## Example
//! One ServiceEntry has port 443 of `api.example.com` as TLS with resolution DNS, another one as TCP with resolution NONE.
//! ## Use instead
//! One ServiceEntry for the host, exported to those who need it.

use std::collections::BTreeMap;

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::BOW0013;
use crate::analysis::kind::Kind;
use crate::analysis::snapshot::Resource;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "bowline.ServiceEntries",
    description: "ServiceEntries for one host agree about its ports",
    inputs: &[Kind::ServiceEntry],
    more: &[],
    codes: &[&BOW0013],
    check,
    set: Set::Ours,
};

fn check(check: &mut Check<'_, '_>) {
    let mut ports: BTreeMap<(&str, i64), Vec<(Resource<'_>, View<'_>)>> = BTreeMap::new();
    for entry in check.snapshot.all(Kind::ServiceEntry) {
        for host in entry.spec().get("hosts").strings() {
            for port in entry.spec().get("ports").items() {
                ports.entry((host, port.get("number").int().unwrap_or(0))).or_default().push((entry, port));
            }
        }
    }
    for ((host, number), definitions) in ports.iter().filter(|(_, definitions)| definitions.len() > 1) {
        for (index, (entry, port)) in definitions.iter().enumerate() {
            let earlier = definitions.iter().take(index).find(|(other, theirs)| {
                other.id != entry.id && meet(entry, other) && differ(entry, *port, other, *theirs)
            });
            if let Some((other, theirs)) = earlier {
                let params = params! { host: *host, port: *number, other: other.full_name() };
                check.report(&BOW0013, entry, port.get("protocol"), params).related(
                    other,
                    *theirs,
                    "the other definition",
                );
            }
        }
    }
}

fn differ(a: &Resource<'_>, x: View<'_>, b: &Resource<'_>, y: View<'_>) -> bool {
    let protocol = |port: View<'_>| match port.get("protocol").str().to_ascii_uppercase().as_str() {
        "HTTP2" | "GRPC" | "GRPC-WEB" => "HTTP2".to_string(),
        // Sidecars look no deeper into HTTPS than into other TLS.
        "HTTPS" => "TLS".to_string(),
        "" => "TCP".to_string(),
        other => other.to_string(),
    };
    let resolution = |entry: &Resource<'_>| match entry.spec().get("resolution").str() {
        "" => "NONE".to_string(),
        written => written.to_string(),
    };
    protocol(x) != protocol(y) || resolution(a) != resolution(b)
}

/// Some namespace sees both.
fn meet(a: &Resource<'_>, b: &Resource<'_>) -> bool {
    let sees = |entry: &Resource<'_>, namespace: &str| {
        let written = entry.spec().get("exportTo");
        written.is_empty()
            || written
                .strings()
                .any(|scope| scope == "*" || scope == namespace || (scope == "." && entry.namespace == namespace))
    };
    let public = |entry: &Resource<'_>| {
        entry.spec().get("exportTo").is_empty() || entry.spec().get("exportTo").strings().any(|scope| scope == "*")
    };
    (public(a) && public(b))
        || (a.namespace == b.namespace && sees(a, a.namespace) && sees(b, a.namespace))
        || sees(a, b.namespace) && !public(b)
        || sees(b, a.namespace) && !public(a)
}
