//! Sources: who calls.

use super::values::{self, address, check_trust_domains, check_wildcards, service_accounts};
use super::{first_empty, list_fault};
use crate::api::view::View;
use crate::validation::report::Report;

/// Every list of a source.
const LISTS: &[&str] = &[
    "principals",
    "notPrincipals",
    "requestPrincipals",
    "notRequestPrincipals",
    "namespaces",
    "notNamespaces",
    "serviceAccounts",
    "notServiceAccounts",
    "trustDomains",
    "notTrustDomains",
    "ipBlocks",
    "notIpBlocks",
    "remoteIpBlocks",
    "notRemoteIpBlocks",
];

pub fn check<'d>(report: &mut Report<'d>, source: View<'d>) {
    let given = |fields: &[&str]| fields.iter().any(|field| !source.is_empty(field));
    if given(&["serviceAccounts", "notServiceAccounts"])
        && given(&["principals", "notPrincipals", "namespaces", "notNamespaces"])
    {
        let message = "serviceAccounts cannot stand beside principals or namespaces";
        report.error("authz-sa-conflict", source.at("serviceAccounts"), message);
    }
    if !given(LISTS) {
        report.error("authz-source-empty", source.here(), "the source has no attributes");
    }
    for field in ["ipBlocks", "notIpBlocks", "remoteIpBlocks", "notRemoteIpBlocks"] {
        for (text, node) in source.texts(field) {
            report.check(node, address(text));
        }
    }
    for field in LISTS.iter().copied() {
        let texts = || source.texts(field).map(|(text, _)| text).collect::<Vec<_>>();
        match field {
            "serviceAccounts" | "notServiceAccounts" => {
                list_fault(report, source, field, service_accounts(texts().into_iter()));
            }
            "trustDomains" | "notTrustDomains" => {
                let fault = values::first_empty(texts().into_iter())
                    .or_else(|| check_wildcards(texts().into_iter()))
                    .or_else(|| check_trust_domains(texts().into_iter()));
                list_fault(report, source, field, fault);
            }
            _ => first_empty(report, source, field),
        }
    }
}
