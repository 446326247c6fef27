//! `experimental authz check`: which authorization policies a proxy enforces, read from its RBAC filters.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use regex::Regex;

use crate::envoy::value::Value;
use crate::ui::tabwriter::TabWriter;

const HTTP_FILTER: &str = "envoy.filters.http.rbac";
const NETWORK_FILTER: &str = "envoy.filters.network.rbac";
const MANAGERS: [&str; 2] = ["envoy.filters.network.http_connection_manager", "envoy.http_connection_manager"];
/// What a filter without policies does: it matches nothing, so its action never applies (or, as ALLOW, denies all).
const MATCH_NOTHING: &str = "_anonymous_match_nothing_";

/// The Istio rule that a policy of an RBAC filter was made from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleName {
    pub namespace: String,
    pub policy: String,
    pub rule: String,
}

impl RuleName {
    /// Reads `ns[NAMESPACE]-policy[NAME]-rule[INDEX]`, whatever stands around it.
    pub fn parse(key: &str) -> Option<Self> {
        static FORM: OnceLock<Option<Regex>> = OnceLock::new();
        let form = FORM.get_or_init(|| Regex::new(r"ns\[(.+)\]-policy\[(.+)\]-rule\[(.+)\]").ok());
        let parts = form.as_ref()?.captures(key)?;
        let part = |index: usize| parts.get(index).map_or("", |part| part.as_str()).to_owned();
        Some(RuleName { namespace: part(1), policy: part(2), rule: part(3) })
    }
}

/// The RBAC filters of a listener's chains (the default chain apart), in order.
pub fn filters<'v, 'a>(listener: &'v Value<'a>) -> Vec<&'v Value<'a>> {
    let mut found = Vec::new();
    for chain in listener.list(&["filterChains"]) {
        for filter in chain.list(&["filters"]) {
            let name = filter.text(&["name"]);
            if MANAGERS.contains(&name) {
                let http = filter.list(&["typedConfig", "httpFilters"]).iter();
                found.extend(
                    http.filter(|one| one.text(&["name"]) == HTTP_FILTER).filter_map(|one| one.get("typedConfig")),
                );
            } else if name == NETWORK_FILTER {
                found.extend(filter.get("typedConfig"));
            }
        }
    }
    found
}

/// The table over the listeners, and the keys of policies that no AuthorizationPolicy gave.
pub fn table(listeners: &[Value]) -> (String, Vec<String>) {
    let mut rules: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut policies: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut strange = Vec::new();
    let mut add = |action: &'static str, name: String, rule: String| {
        rules.entry(name.clone()).or_default().insert(rule);
        policies.entry(action).or_default().insert(name);
    };
    for filter in listeners.iter().flat_map(filters) {
        let action = action(filter.get("rules"));
        let keys = keys(filter.get("rules"));
        if keys.is_empty() {
            add(action, MATCH_NOTHING.to_owned(), "0".to_owned());
        }
        let custom =
            self::keys(filter.get("shadowRules")).into_iter().filter(|key| key.starts_with("istio-ext-authz-"));
        for (action, key) in keys.into_iter().map(|key| (action, key)).chain(custom.map(|key| ("CUSTOM", key))) {
            match RuleName::parse(key) {
                Some(name) => add(action, format!("{}.{}", name.policy, name.namespace), name.rule),
                None => {
                    strange.push(key.to_owned());
                    add(action, String::new(), String::new());
                }
            }
        }
    }
    let mut table = TabWriter::new(3);
    table.push("ACTION\tAuthorizationPolicy\tRULES\n");
    for action in ["DENY", "ALLOW", "LOG", "CUSTOM"] {
        for name in policies.get(action).into_iter().flatten() {
            table.row([action, name, &rules.get(name).map_or(0, BTreeSet::len).to_string()]);
        }
    }
    (table.finish(), strange)
}

fn action(rules: Option<&Value>) -> &'static str {
    match rules.map(|rules| rules.text(&["action"])) {
        Some("DENY") => "DENY",
        Some("LOG") => "LOG",
        _ => "ALLOW",
    }
}

fn keys<'v>(rules: Option<&'v Value>) -> Vec<&'v str> {
    let policies = rules.and_then(|rules| rules.get("policies"));
    policies.map(Value::entries).unwrap_or_default().iter().map(|(key, _)| &**key).collect()
}
