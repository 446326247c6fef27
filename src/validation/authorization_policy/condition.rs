//! Conditions: `when` an attribute has a value.

use super::values::{self, address, check_wildcards, service_accounts};
use crate::api::view::View;
use crate::validation::report::{Fault, Report, Verdict};

/// Keys an external authorizer is not told.
const NOT_FOR_CUSTOM: &[&str] =
    &["source.namespace", "source.serviceAccount", "source.trustDomain", "source.principal"];

pub fn check<'d>(report: &mut Report<'d>, condition: View<'d>, custom: bool) {
    let key = condition.text("key");
    if custom && (NOT_FOR_CUSTOM.contains(&key) || key.starts_with("request.auth.")) {
        report.error(
            "authz-custom-unsupported",
            condition.at("key"),
            format!("{key} cannot be used with action CUSTOM"),
        );
    }
    if key.is_empty() {
        report.error("authz-key-empty", condition.at("key"), "the condition has no key");
        return;
    }
    if condition.is_empty("values") && condition.is_empty("notValues") {
        report.error("authz-values-missing", condition.at("values"), "the condition has neither values nor notValues");
        return;
    }
    for field in ["values", "notValues"] {
        let list: Vec<&str> = condition.texts(field).map(|(text, _)| text).collect();
        if let Err(fault) = check_values(key, &list) {
            let about_key = fault.code.starts_with("authz-key");
            // The reference says it for both lists, even when one is not there.
            if about_key && !report.compat() && field == "notValues" {
                continue;
            }
            report.error(fault.code, condition.at(if about_key { "key" } else { field }), fault.message);
        }
    }
}

/// Keys of the form `PREFIX[NAME]`.
const INDEXED: &[&str] = &["request.headers", "request.auth.claims", "experimental.envoy.filters."];
/// Keys with free values.
const FREE: &[&str] = &[
    "source.namespace",
    "source.principal",
    "request.auth.principal",
    "request.auth.audiences",
    "request.auth.presenter",
    "connection.sni",
];
/// Keys of an API before this one.
const REPLACED: &[&str] = &["destination.namespace", "destination.name", "destination.user"];

/// The values of a condition's key.
pub fn check_values(key: &str, list: &[&str]) -> Verdict {
    let texts = || list.iter().copied();
    first(values::first_empty(texts()))?;
    if INDEXED.iter().any(|prefix| key.starts_with(prefix)) {
        let name = key.strip_suffix(']').and_then(|key| key.split_once('[')).filter(|(before, _)| !before.is_empty());
        return match name {
            Some((_, name)) if !name.is_empty() => Ok(()),
            _ => Err(Fault::new("authz-key-format", format!("{key:?} must have the form KEY[NAME]"))),
        };
    }
    match key {
        "source.ip" | "remote.ip" | "destination.ip" => all(list, address),
        "destination.port" => all(list, values::port),
        "source.serviceAccount" => first(service_accounts(texts())),
        "source.trustDomain" => first(check_wildcards(texts())),
        _ if FREE.contains(&key) => Ok(()),
        _ if REPLACED.contains(&key) || key.starts_with("destination.labels") => Err(Fault::new(
            "authz-key-replaced",
            format!("{key:?} is no longer supported; use the policy's namespace and selector"),
        )),
        _ => Err(Fault::new("authz-key-unknown", format!("{key:?} is not a key of a condition"))),
    }
}

fn first(found: Option<(usize, Fault)>) -> Verdict {
    found.map_or(Ok(()), |(_, fault)| Err(fault))
}

/// Every bad value of a list in one fault.
fn all(list: &[&str], check: fn(&str) -> Verdict) -> Verdict {
    let faults: Vec<Fault> = list.iter().filter_map(|text| check(text).err()).collect();
    let Some(code) = faults.first().map(|fault| fault.code) else { return Ok(()) };
    let messages: Vec<String> = faults.into_iter().map(|fault| fault.message).collect();
    Err(Fault::new(code, messages.join("; ")))
}
