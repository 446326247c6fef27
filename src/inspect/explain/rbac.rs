//! RBAC filters, three-valued: which policy lets the request pass or stops it.

use std::net::IpAddr;

use super::{Explanation, Request, Truth, filter_chain, string_match};
use crate::envoy::value::Value;
use crate::inspect::authz::RuleName;

/// Whether the filter lets the request pass; what decides is told.
pub fn apply(config: &Value, request: &Request, told: &mut Explanation) -> bool {
    let Some(rules) = config.get("rules") else { return true };
    let action = match rules.text(&["action"]) {
        "" => "ALLOW",
        action => action,
    };
    let policies = rules.get("policies").map(Value::entries).unwrap_or_default();
    let mut depends = None;
    for (key, policy) in policies {
        match matches(policy, request) {
            Truth::No => {}
            Truth::Depends(on) => {
                told.unknown(format!("whether {} applies: it depends on {on}", named(key)));
                depends = depends.or(Some(key));
            }
            Truth::Yes => {
                let verb = match action {
                    "DENY" => "DENIED by",
                    "LOG" => "logged by",
                    _ => "allowed by",
                };
                told.step("authz", format!("{verb} rule {}", rule(key)), named(key));
                return action != "DENY";
            }
        }
    }
    match (action, depends) {
        ("ALLOW", Some(key)) => {
            told.step("authz", "may be allowed", named(key));
            true
        }
        ("ALLOW", None) => {
            let nearest = policies.first().map(|(key, _)| named(key)).unwrap_or_default();
            let why = if policies.is_empty() {
                "DENIED: the policy allows nothing"
            } else {
                "DENIED: no ALLOW policy matches"
            };
            told.step("authz", why, nearest);
            false
        }
        _ => true,
    }
}

fn named(key: &str) -> String {
    RuleName::parse(key).map_or_else(
        || format!("RBAC policy {key}"),
        |name| format!("AuthorizationPolicy {}/{}", name.namespace, name.policy),
    )
}

fn rule(key: &str) -> String {
    RuleName::parse(key).map_or_else(|| key.to_owned(), |name| name.rule)
}

fn matches(policy: &Value, request: &Request) -> Truth {
    if policy.get("condition").is_some() || policy.get("checkedCondition").is_some() {
        return Truth::Depends("a CEL condition".to_owned());
    }
    Truth::all([
        Truth::any(policy.list(&["permissions"]).iter().map(|one| permission(one, request))),
        Truth::any(policy.list(&["principals"]).iter().map(|one| principal(one, request))),
    ])
}

fn only(value: &Value) -> Option<(String, Value<'static>)> {
    value.entries().first().map(|(key, inner)| (key.to_string(), inner.clone().into_owned()))
}

fn permission(value: &Value, request: &Request) -> Truth {
    let Some((kind, inner)) = only(value) else { return Truth::No };
    match kind.as_str() {
        "any" => Truth::Yes,
        "andRules" => Truth::all(inner.list(&["rules"]).iter().map(|one| permission(one, request))),
        "orRules" => Truth::any(inner.list(&["rules"]).iter().map(|one| permission(one, request))),
        "notRule" => permission(&inner, request).not(),
        "header" => string_match::header(&inner, request),
        "urlPath" => string_match::string(inner.get("path").unwrap_or(&Value::Null), request.path_without_query()),
        "destinationPort" => Truth::of(inner.as_u64() == Some(request.port.into())),
        "destinationPortRange" => {
            let bound = |key: &str| inner.get(key).and_then(Value::as_u64).unwrap_or(0);
            Truth::of((bound("start")..bound("end")).contains(&request.port.into()))
        }
        "destinationIp" => address(&inner, request.ip.as_deref(), "the destination's address"),
        "requestedServerName" => string_match::string(&inner, request.server_name().unwrap_or_default()),
        other => Truth::Depends(format!("{other} of the request")),
    }
}

fn principal(value: &Value, request: &Request) -> Truth {
    let Some((kind, inner)) = only(value) else { return Truth::No };
    match kind.as_str() {
        "any" => Truth::Yes,
        "andIds" => Truth::all(inner.list(&["ids"]).iter().map(|one| principal(one, request))),
        "orIds" => Truth::any(inner.list(&["ids"]).iter().map(|one| principal(one, request))),
        "notId" => principal(&inner, request).not(),
        "authenticated" => match (inner.get("principalName"), &request.source_principal) {
            (None, Some(_)) => Truth::Yes,
            (Some(matcher), Some(name)) => string_match::string(matcher, &format!("spiffe://{name}")),
            (_, None) => unauthenticated(request),
        },
        "filterState" => match (inner.get("stringMatch"), &request.source_principal) {
            (Some(matcher), Some(name)) => Truth::any([
                string_match::string(matcher, &format!("spiffe://{name}")),
                string_match::string(matcher, name),
            ]),
            (_, None) => unauthenticated(request),
            (None, Some(_)) => Truth::Depends("the state of the connection".to_owned()),
        },
        "header" => string_match::header(&inner, request),
        "urlPath" => string_match::string(inner.get("path").unwrap_or(&Value::Null), request.path_without_query()),
        "sourceIp" | "directRemoteIp" => address(&inner, request.source_ip.as_deref(), "the client's address"),
        "remoteIp" => address(&inner, request.source_ip.as_deref(), "the client's address before proxies"),
        "metadata" => claim(&inner, request),
        other => Truth::Depends(format!("{other} of the client")),
    }
}

/// Without a named client: a plain-text request has none, of another one we do not know.
fn unauthenticated(request: &Request) -> Truth {
    if request.is_tls() { Truth::Depends("the client's identity (--source-principal)".to_owned()) } else { Truth::No }
}

fn address(range: &Value, ip: Option<&str>, what: &str) -> Truth {
    match ip.and_then(|ip| ip.parse::<IpAddr>().ok()) {
        Some(ip) => Truth::of(filter_chain::holds(range, ip)),
        None => Truth::Depends(what.to_owned()),
    }
}

/// A claim that the JWT filter left in the metadata.
fn claim(matcher: &Value, request: &Request) -> Truth {
    let path = matcher.list(&["path"]);
    let name = path.iter().rev().map(|part| part.text(&["key"])).find(|key| !key.is_empty()).unwrap_or_default();
    let values: Vec<&str> =
        request.claims.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect();
    if request.claims.is_empty() {
        return Truth::Depends(format!("the claim {name} (--claim {name}=…)"));
    }
    let value = matcher.get("value").unwrap_or(&Value::Null);
    let inner = value.get("stringMatch").or_else(|| value.at(&["listMatch", "oneOf", "stringMatch"]));
    let result = match inner {
        Some(inner) => Truth::any(values.iter().map(|value| string_match::string(inner, value))),
        None => Truth::of(!values.is_empty()),
    };
    if matcher.get("invert").and_then(Value::as_bool) == Some(true) { result.not() } else { result }
}
