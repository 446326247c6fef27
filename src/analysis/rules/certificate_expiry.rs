//! Certificates of gateways that are about to expire.
//!
//! # BOW0012 CertificateExpiresSoon
//! ## What it does
//! Reports secrets named by Gateways of either API whose certificate expires within 30 days.
//! ## Why is this bad?
//! On that day every client is shut out.
//! ## Example
//! A Secret whose `tls.crt` is valid for another week.
//! ## Use instead
//! A new certificate; or let a controller such as cert-manager renew it.

use std::collections::BTreeSet;

use super::{Rule, Set};
use crate::analysis::certificate;
use crate::analysis::check::{Check, params};
use crate::analysis::codes::BOW0012;
use crate::analysis::kind::Kind;
use crate::analysis::snapshot::Snapshot;

pub static RULE: Rule = Rule {
    name: "bowline.CertificateExpiry",
    description: "Certificates of gateways do not expire within 30 days",
    inputs: &[Kind::Gateway, Kind::KubernetesGateway, Kind::Secret],
    more: &[],
    codes: &[&BOW0012],
    check,
    set: Set::Ours,
};

const DAY: i64 = 24 * 60 * 60;
const SOON: i64 = 30 * DAY;

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let named = named(snapshot);
    for secret in snapshot.all(Kind::Secret).filter(|secret| named.contains(secret.name)) {
        let now = snapshot.settings.now;
        let Some(end) = certificate::expiry(&secret) else { continue };
        if end >= now && end - now < SOON {
            check.report(&BOW0012, &secret, secret.metadata().key("name"), params! { days: (end - now) / DAY });
        }
    }
}

/// Names of secrets that some gateway uses.
fn named<'a>(snapshot: &Snapshot<'a>) -> BTreeSet<&'a str> {
    let istio = snapshot.all(Kind::Gateway).flat_map(|gateway| gateway.spec().get("servers").items());
    let istio = istio.flat_map(|server| {
        std::iter::once(server.get("tls").get("credentialName")).chain(server.get("tls").get("credentialNames").items())
    });
    let kubernetes = snapshot.all(Kind::KubernetesGateway).flat_map(|gateway| gateway.spec().key("listeners").items());
    let kubernetes = kubernetes
        .flat_map(|listener| listener.key("tls").key("certificateRefs").items())
        .map(|reference| reference.key("name"));
    istio
        .chain(kubernetes)
        .map(|name| name.str().rsplit('/').next().unwrap_or(""))
        .filter(|name| !name.is_empty())
        .collect()
}
