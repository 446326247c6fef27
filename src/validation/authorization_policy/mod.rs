//! AuthorizationPolicy: rules of sources, operations and conditions, as the action allows them.

mod condition;
mod operation;
mod source;
mod values;

use super::object::Object;
use super::report::{Fault, Report};
use super::targets::{self, Targeting};
use crate::api::view::{Place, View};

pub use condition::check_values as check_condition_values;
pub use operation::{check_path, has_template, is_literal};
pub use values::{check_trust_domains, check_wildcards};

/// Attributes of a source that an external authorizer is not told.
const NOT_FOR_CUSTOM: &[&str] = &[
    "namespaces",
    "notNamespaces",
    "serviceAccounts",
    "notServiceAccounts",
    "trustDomains",
    "notTrustDomains",
    "principals",
    "notPrincipals",
    "requestPrincipals",
    "notRequestPrincipals",
];

pub fn check<'d>(report: &mut Report<'d>, spec: View<'d>, _object: &Object<'d>) {
    targets::check(report, spec, Targeting::All);
    let action = spec.choice("action");
    let custom = action == "CUSTOM";
    if (custom || action == "DENY") && spec.is_empty("rules") {
        report.error("authz-rules-missing", spec.at("rules"), format!("action {action} needs rules"));
    }
    let provider = spec.message("provider");
    if custom && !spec.is_empty("rules") && provider.is_none_or(|provider| provider.text("name").is_empty()) {
        report.error("authz-provider-name", spec.at("provider"), "action CUSTOM needs the name of a provider");
    }
    if !custom && let Some(provider) = provider {
        report.error(
            "authz-provider-action",
            provider.here(),
            format!("a provider is only for action CUSTOM, this is {action}"),
        );
    }
    for rule in spec.list("rules") {
        check_rule(report, rule, custom);
        if action == "DENY" && denies_all_tcp(rule) {
            let message =
                "the rule uses attributes of HTTP only, so on TCP ports it denies all traffic; add ports to limit it";
            report.warning("authz-deny-tcp", rule.here(), message);
        }
    }
}

fn check_rule<'d>(report: &mut Report<'d>, rule: View<'d>, custom: bool) {
    for from in rule.list("from") {
        match from.message("source") {
            None => report.error("authz-source-null", from.at("source"), "the entry has no source"),
            Some(source) => {
                if custom {
                    refuse_unsupported(report, source);
                }
                source::check(report, source);
            }
        }
    }
    for to in rule.list("to") {
        match to.message("operation") {
            None => report.error("authz-operation-null", to.at("operation"), "the entry has no operation"),
            Some(operation) => operation::check(report, operation),
        }
    }
    for condition in rule.list("when") {
        condition::check(report, condition, custom);
    }
}

/// Sources that external authorizers are not asked by.
fn refuse_unsupported<'d>(report: &mut Report<'d>, source: View<'d>) {
    for field in NOT_FOR_CUSTOM.iter().copied().filter(|field| !source.is_empty(field)) {
        report.error(
            "authz-custom-unsupported",
            source.at(field),
            format!("{field} cannot be used with action CUSTOM"),
        );
    }
}

/// Attributes that TCP traffic has too.
const TCP_SOURCE: &[&str] = &[
    "principals",
    "notPrincipals",
    "ipBlocks",
    "notIpBlocks",
    "namespaces",
    "notNamespaces",
    "remoteIpBlocks",
    "notRemoteIpBlocks",
    "serviceAccounts",
    "notServiceAccounts",
];

/// Whether a rule has nothing that TCP traffic can be told apart by.
fn denies_all_tcp(rule: View<'_>) -> bool {
    let sources: Vec<View<'_>> = rule.list("from").filter_map(|from| from.message("source")).collect();
    let operations: Vec<View<'_>> = rule.list("to").filter_map(|to| to.message("operation")).collect();
    let tcp_source = sources.iter().any(|source| TCP_SOURCE.iter().any(|field| !source.is_empty(field)));
    let tcp_operation =
        operations.iter().any(|operation| !operation.is_empty("ports") || !operation.is_empty("notPorts"));
    (!sources.is_empty() && operations.is_empty() && !tcp_source) || (!operations.is_empty() && !tcp_operation)
}

/// Reports an empty text in a list, the first one only.
fn first_empty<'d>(report: &mut Report<'d>, view: View<'d>, field: &'static str) {
    if let Some((_, node)) = view.texts(field).find(|(text, _)| text.is_empty()) {
        report.error("authz-empty-value", node, format!("a value of {field} is empty"));
    }
}

/// Reports a fault of a whole list at the value it is about.
fn list_fault<'d>(report: &mut Report<'d>, view: View<'d>, field: &'static str, fault: Option<(usize, Fault)>) {
    let Some((index, fault)) = fault else { return };
    let place: Place<'d> = view.items(field).nth(index).map_or_else(|| view.at(field), Place::from);
    report.error(fault.code, place, fault.message);
}
