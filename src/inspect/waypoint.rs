//! `proxy-config listener --waypoint`: the chains of a waypoint's listeners, with the conditions of its matcher trees.

use super::go_sort::sort_by_less;
use super::{address, listeners};
use crate::envoy::decode::Decoder;
use crate::envoy::dump::listener::Listener;
use crate::envoy::json::Json;
use crate::envoy::value::Value;
use crate::ui::tabwriter::TabWriter;

/// A row for each chain and each condition under which it is chosen.
pub fn table(listeners: &mut Vec<Listener>) -> TabWriter {
    sort(listeners);
    let mut table = TabWriter::new(1);
    table.push("LISTENER\tCHAIN\tMATCH\tDESTINATION\n");
    for listener in listeners.iter() {
        let matcher = listener.filter_chain_matcher.and_then(|raw| matcher(raw.get()));
        let name = shown_name(listener);
        for chain in listeners::chains(listener) {
            let conditions = match &matcher {
                None => vec![listeners::matches(chain.filter_chain_match.as_ref())],
                Some(matcher) => conditions(matcher, &chain.name),
            };
            for condition in conditions {
                table.row([&*name, &*chain.name, &*condition, &*listeners::destination(chain)]);
            }
        }
    }
    table
}

/// Internal listeners by name, all others by port, address and type.
fn sort(listeners: &mut Vec<Listener>) {
    let key = |listener: &Listener| {
        (listeners::port(listener), address::of_listener(listener.address.as_ref()), listeners::kind(listener))
    };
    let mut keyed: Vec<_> = listeners.drain(..).map(|listener| (key(&listener), listener)).collect();
    sort_by_less(&mut keyed, |(a_key, a), (b_key, b)| {
        if a.internal_listener.is_some() && b.internal_listener.is_some() { a.name < b.name } else { a_key < b_key }
    });
    listeners.extend(keyed.into_iter().map(|(_, listener)| listener));
}

fn shown_name(listener: &Listener) -> String {
    let name = format!("envoy://{}", &*listener.name);
    let mut chains = listeners::chains(listener);
    let only = chains.next().filter(|_| chains.next().is_none());
    if listener.internal_listener.is_some() && only.is_some_and(|chain| *chain.name == *name) {
        "internal".to_owned()
    } else {
        name
    }
}

fn matcher(text: &str) -> Option<Value<'_>> {
    let json: Json = serde_json::from_str(text).ok()?;
    Decoder::default().message(json, "xds.type.matcher.v3.Matcher").ok()
}

fn conditions(matcher: &Value, chain: &str) -> Vec<String> {
    if leads_to(matcher.get("onNoMatch"), chain) {
        return vec!["UNMATCHED".to_owned()];
    }
    let nested = matcher.at(&["onNoMatch", "matcher"]);
    let found = search(nested.unwrap_or(matcher), chain);
    if found.is_empty() { vec!["NONE".to_owned()] } else { found }
}

fn search(matcher: &Value, chain: &str) -> Vec<String> {
    if leads_to(matcher.get("onNoMatch"), chain) {
        return vec!["ANY".to_owned()];
    }
    if let Some(nested) = matcher.at(&["onNoMatch", "matcher"]) {
        let found = search(nested, chain);
        return if found.is_empty() { vec!["NONE".to_owned()] } else { found };
    }
    let Some(tree) = matcher.get("matcherTree") else { return Vec::new() };
    let input = tree.text(&["input", "name"]);
    let mut found = Vec::new();
    for (key, sign, on_match) in entries(tree) {
        if leads_to(Some(on_match), chain) {
            found.push(format!("{input}{sign}{key}"));
        } else if let Some(nested) = on_match.get("matcher") {
            found.extend(search(nested, chain).into_iter().map(|child| format!("{input}{sign}{key} -> {child}")));
        }
    }
    found
}

/// The entries of a matcher tree: what the input is compared with, how, and what follows.
fn entries<'v>(tree: &'v Value) -> Vec<(String, &'static str, &'v Value<'v>)> {
    let map = |field: &str, sign: &'static str| {
        let entries = tree.at(&[field, "map"]).map(Value::entries).unwrap_or_default();
        entries.iter().map(move |(key, on_match)| (key.to_string(), sign, on_match))
    };
    let mut all: Vec<_> = map("exactMatchMap", "=").chain(map("prefixMatchMap", "^")).collect();
    for matcher in tree.list(&["customMatch", "typedConfig", "rangeMatchers"]) {
        let Some(on_match) = matcher.get("onMatch") else { continue };
        all.extend(matcher.list(&["ranges"]).iter().map(|range| (cidr(range), "=", on_match)));
    }
    all
}

fn cidr(range: &Value) -> String {
    let length = range.get("prefixLen").and_then(Value::as_u64).unwrap_or(0);
    let text = format!("{}/{length}", range.text(&["addressPrefix"]));
    let short = text.strip_suffix("/32").or_else(|| text.strip_suffix("/128"));
    short.map(str::to_owned).unwrap_or(text)
}

fn leads_to(on_match: Option<&Value>, chain: &str) -> bool {
    on_match.and_then(|on_match| on_match.at(&["action", "name"])).and_then(Value::as_str) == Some(chain)
}
