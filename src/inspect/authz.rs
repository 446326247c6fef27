//! `experimental authz check`: which authorization policies a proxy enforces, read from its RBAC filters.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use regex::Regex;
use serde::Serialize;

use crate::envoy::value::Value;
use crate::ui::tabwriter::TabWriter;

const HTTP_FILTER: &str = "envoy.filters.http.rbac";
const NETWORK_FILTER: &str = "envoy.filters.network.rbac";
const MANAGERS: [&str; 2] = ["envoy.filters.network.http_connection_manager", "envoy.http_connection_manager"];
/// How policies of an external authorizer start; they stand among the rules that only count.
const EXTERNAL: &str = "istio-ext-authz-";
/// What the table calls a filter without policies: it matches nothing, so its action never applies (or, as ALLOW, denies
/// all).
const MATCH_NOTHING: &str = "_anonymous_match_nothing_";

/// The authorization that a proxy enforces.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Authorization {
    pub policies: Vec<Policy>,
    /// RBAC filters that have no policy.
    pub empty_filters: Vec<EmptyFilter>,
    /// Policies of RBAC filters that no AuthorizationPolicy made.
    pub unknown_keys: Vec<UnknownKey>,
}

/// An AuthorizationPolicy under one of its actions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Policy {
    pub action: Action,
    pub name: String,
    pub namespace: String,
    /// Whether it is only counted what it would do.
    pub dry_run: bool,
    pub rules: Vec<Rule>,
    pub applies_to: Vec<Place>,
}

/// A rule by its index in the policy, and what the filter calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rule {
    pub index: String,
    pub key: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EmptyFilter {
    /// Nothing where the filter has no rules at all.
    pub action: Option<Action>,
    /// To allow nothing is to deny all.
    pub denies_all: bool,
    pub applies_to: Vec<Place>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnknownKey {
    pub key: String,
    pub action: Action,
    pub dry_run: bool,
    pub applies_to: Vec<Place>,
}

/// Where a filter stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    pub listener: String,
    /// The port that the chain is for, else that of the listener.
    pub port: Option<u64>,
    pub filter: FilterKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FilterKind {
    Http,
    Network,
}

/// What is done with what a policy matches, in the order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Action {
    Deny,
    Allow,
    Log,
    Custom,
}

impl Action {
    const ALL: [(Action, &str); 4] =
        [(Action::Deny, "DENY"), (Action::Allow, "ALLOW"), (Action::Log, "LOG"), (Action::Custom, "CUSTOM")];

    fn of(rules: &Value) -> Self {
        match rules.text(&["action"]) {
            "DENY" => Action::Deny,
            "LOG" => Action::Log,
            _ => Action::Allow,
        }
    }
}

/// The Istio rule that a policy of an RBAC filter was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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
fn filters<'v, 'a>(listener: &'v Value<'a>) -> Vec<(Place, &'v Value<'a>)> {
    let mut found = Vec::new();
    let own_port = listener.at(&["address", "socketAddress", "portValue"]).and_then(Value::as_u64);
    for chain in listener.list(&["filterChains"]) {
        let port = chain.at(&["filterChainMatch", "destinationPort"]).and_then(Value::as_u64).or(own_port);
        let place = |filter| Place { listener: listener.text(&["name"]).to_owned(), port, filter };
        for filter in chain.list(&["filters"]) {
            let name = filter.text(&["name"]);
            if MANAGERS.contains(&name) {
                let http = filter.list(&["typedConfig", "httpFilters"]).iter();
                let rbac = http.filter(|one| one.text(&["name"]) == HTTP_FILTER);
                found.extend(rbac.filter_map(|one| Some((place(FilterKind::Http), one.get("typedConfig")?))));
            } else if name == NETWORK_FILTER {
                found.extend(filter.get("typedConfig").map(|config| (place(FilterKind::Network), config)));
            }
        }
    }
    found
}

impl Authorization {
    /// What the filters of these listeners enforce.
    pub fn of(listeners: &[Value]) -> Self {
        let mut found = Authorization::default();
        for (place, filter) in listeners.iter().flat_map(filters) {
            let (rules, shadow) = (filter.get("rules"), filter.get("shadowRules"));
            let action = rules.map(Action::of);
            let mut enforced = keys(rules).peekable();
            if enforced.peek().is_none() {
                found.add_empty(action, &place);
            }
            enforced.for_each(|key| found.add(action.unwrap_or(Action::Allow), false, key, &place));
            for key in keys(shadow) {
                if key.starts_with(EXTERNAL) {
                    found.add(Action::Custom, false, key, &place);
                } else {
                    found.add(shadow.map_or(Action::Allow, Action::of), true, key, &place);
                }
            }
        }
        found.policies.sort_by(|a, b| {
            let order =
                |policy: &Policy| (policy.dry_run, policy.action, policy.namespace.clone(), policy.name.clone());
            order(a).cmp(&order(b))
        });
        for policy in &mut found.policies {
            let order = |rule: &Rule| (rule.index.parse().unwrap_or(u64::MAX), rule.index.clone(), rule.key.clone());
            policy.rules.sort_by_cached_key(order);
        }
        found
    }

    fn add(&mut self, action: Action, dry_run: bool, key: &str, place: &Place) {
        let Some(RuleName { namespace, policy, rule }) = RuleName::parse(key) else {
            let same = |known: &&mut UnknownKey| known.key == key && (known.action, known.dry_run) == (action, dry_run);
            match self.unknown_keys.iter_mut().find(same) {
                Some(known) => add_once(&mut known.applies_to, place),
                None => self.unknown_keys.push(UnknownKey {
                    key: key.to_owned(),
                    action,
                    dry_run,
                    applies_to: vec![place.clone()],
                }),
            }
            return;
        };
        let rule = Rule { index: rule, key: key.to_owned() };
        let same = |known: &&mut Policy| {
            (known.action, known.dry_run) == (action, dry_run) && known.name == policy && known.namespace == namespace
        };
        match self.policies.iter_mut().find(same) {
            Some(known) => {
                add_once(&mut known.rules, &rule);
                add_once(&mut known.applies_to, place);
            }
            None => self.policies.push(Policy {
                action,
                name: policy,
                namespace,
                dry_run,
                rules: vec![rule],
                applies_to: vec![place.clone()],
            }),
        }
    }

    fn add_empty(&mut self, action: Option<Action>, place: &Place) {
        match self.empty_filters.iter_mut().find(|known| known.action == action) {
            Some(known) => add_once(&mut known.applies_to, place),
            None => self.empty_filters.push(EmptyFilter {
                action,
                denies_all: action == Some(Action::Allow),
                applies_to: vec![place.clone()],
            }),
        }
    }

    /// The table: a policy by its actions, with the number of its rules over all of them. What only counts is left out.
    pub fn table(&self) -> String {
        let mut rules: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
        let mut policies: BTreeMap<Action, BTreeSet<String>> = BTreeMap::new();
        let mut add = |action: Action, name: String, rule| {
            rules.entry(name.clone()).or_default().insert(rule);
            policies.entry(action).or_default().insert(name);
        };
        for policy in self.policies.iter().filter(|policy| !policy.dry_run) {
            let name = format!("{}.{}", policy.name, policy.namespace);
            policy.rules.iter().for_each(|rule| add(policy.action, name.clone(), &*rule.index));
        }
        for filter in &self.empty_filters {
            add(filter.action.unwrap_or(Action::Allow), MATCH_NOTHING.to_owned(), "0");
        }
        for unknown in self.unknown_keys.iter().filter(|unknown| !unknown.dry_run) {
            add(unknown.action, String::new(), "");
        }
        let mut table = TabWriter::new(3);
        table.push("ACTION\tAuthorizationPolicy\tRULES\n");
        for (action, shown) in Action::ALL {
            for name in policies.get(&action).into_iter().flatten() {
                table.row([shown, name, &rules.get(name).map_or(0, BTreeSet::len).to_string()]);
            }
        }
        table.finish()
    }
}

fn add_once<T: Clone + PartialEq>(list: &mut Vec<T>, one: &T) {
    if !list.contains(one) {
        list.push(one.clone());
    }
}

fn keys<'v>(rules: Option<&'v Value>) -> impl Iterator<Item = &'v str> {
    let policies = rules.and_then(|rules| rules.get("policies"));
    policies.map(Value::entries).unwrap_or_default().iter().map(|(key, _)| &**key)
}
