//! Matcher trees: how newer listeners, those of waypoints above all, choose their filter chain.

use std::net::IpAddr;

use super::filter_chain::{Facts, holds};
use crate::envoy::value::Value;

/// What a matcher comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The action of this name: a filter chain.
    Action(String),
    NoMatch,
    /// Something that is not known decides.
    Depends(String),
}

/// Evaluates `xds.type.matcher.v3.Matcher`: lists in order, maps by key, the most specific range or domain; where nothing
/// fits, what stands in `on_no_match`.
pub fn evaluate(matcher: &Value, facts: &Facts) -> Verdict {
    let found = match (matcher.get("matcherTree"), matcher.get("matcherList")) {
        (Some(tree), _) => in_tree(tree, facts),
        (None, Some(list)) => in_list(list, facts),
        (None, None) => Verdict::NoMatch,
    };
    match (found, matcher.get("onNoMatch")) {
        (Verdict::NoMatch, Some(otherwise)) => follow(otherwise, facts),
        (found, _) => found,
    }
}

/// An action ends the search, a matcher goes on with it.
fn follow(on_match: &Value, facts: &Facts) -> Verdict {
    match on_match.get("matcher") {
        Some(nested) => evaluate(nested, facts),
        None => Verdict::Action(on_match.text(&["action", "name"]).to_owned()),
    }
}

fn in_list(list: &Value, facts: &Facts) -> Verdict {
    for one in list.list(&["matchers"]) {
        let Some(on_match) = one.get("onMatch") else { continue };
        match holds_all(one.get("predicate").unwrap_or(&Value::Null), facts) {
            Ok(true) => match follow(on_match, facts) {
                Verdict::NoMatch => {}
                found => return found,
            },
            Ok(false) => {}
            Err(on) => return Verdict::Depends(on),
        }
    }
    Verdict::NoMatch
}

fn holds_all(predicate: &Value, facts: &Facts) -> Result<bool, String> {
    if let Some(single) = predicate.get("singlePredicate") {
        let Some(matcher) = single.get("valueMatch") else { return Err("a predicate of its own".to_owned()) };
        return Ok(match input(single.get("input"), facts)? {
            Some(text) => super::string_match::string(matcher, &text) == super::Truth::Yes,
            None => false,
        });
    }
    let parts = |key: &str| predicate.list(&[key, "predicate"]).iter().map(|part| holds_all(part, facts));
    if predicate.get("andMatcher").is_some() {
        return parts("andMatcher").try_fold(true, |all, part| Ok(all && part?));
    }
    if predicate.get("orMatcher").is_some() {
        return parts("orMatcher").try_fold(false, |any, part| Ok(any || part?));
    }
    match predicate.get("notMatcher") {
        Some(inner) => holds_all(inner, facts).map(|holds| !holds),
        None => Err("a predicate that this program does not know".to_owned()),
    }
}

fn in_tree(tree: &Value, facts: &Facts) -> Verdict {
    let ranges = tree.list(&["customMatch", "typedConfig", "rangeMatchers"]);
    let value = match input(tree.get("input"), facts) {
        Ok(value) => value,
        Err(_) if !ranges.is_empty() => return by_host(ranges, facts),
        Err(on) => return Verdict::Depends(on),
    };
    let Some(text) = value else { return Verdict::NoMatch };
    let entries = |key: &str| tree.at(&[key, "map"]).map(Value::entries).unwrap_or_default();
    let exact = entries("exactMatchMap").iter().find(|(key, _)| *key == text);
    let mut prefixes: Vec<_> = entries("prefixMatchMap").iter().filter(|(key, _)| text.starts_with(&**key)).collect();
    prefixes.sort_by_key(|(key, _)| std::cmp::Reverse(key.len()));
    let mut candidates: Vec<&Value> = exact.into_iter().chain(prefixes).map(|(_, on_match)| on_match).collect();
    if let Ok(ip) = text.parse::<IpAddr>() {
        candidates.extend(by_range(ranges, ip));
    }
    candidates.extend(by_domain(tree.list(&["customMatch", "typedConfig", "domainMatchers"]), &text));
    candidates.iter().map(|on_match| follow(on_match, facts)).find(|found| *found != Verdict::NoMatch).unwrap_or(
        match tree.text(&["customMatch", "typedConfig", "@type"]) {
            "" => Verdict::NoMatch,
            url if url.ends_with(".IPMatcher") || url.ends_with(".ServerNameMatcher") => Verdict::NoMatch,
            url => Verdict::Depends(format!("the matcher {url}")),
        },
    )
}

/// The entries whose ranges hold an address, the most specific first.
fn by_range<'v, 'a>(ranges: &'v [Value<'a>], ip: IpAddr) -> Vec<&'v Value<'a>> {
    let length = |range: &Value| range.get("prefixLen").and_then(Value::as_u64).unwrap_or(0);
    let mut found: Vec<(u64, &Value)> = Vec::new();
    for one in ranges {
        let Some(on_match) = one.get("onMatch") else { continue };
        let fitting = one.list(&["ranges"]).iter().filter(|range| holds(range, ip)).map(length).max();
        found.extend(fitting.map(|length| (length, on_match)));
    }
    found.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
    found.into_iter().map(|(_, on_match)| on_match).collect()
}

/// The entries whose domains are the name, the most specific first.
fn by_domain<'v, 'a>(domains: &'v [Value<'a>], name: &str) -> Vec<&'v Value<'a>> {
    let grade = |domain: &str| match domain.strip_prefix('*') {
        None => (domain == name).then_some(usize::MAX),
        Some(suffix) => (name.len() > suffix.len() && name.ends_with(suffix)).then_some(suffix.len()),
    };
    let mut found: Vec<(usize, &Value)> = Vec::new();
    for one in domains {
        let Some(on_match) = one.get("onMatch") else { continue };
        let best = one.list(&["domains"]).iter().filter_map(Value::as_str).filter_map(grade).max();
        found.extend(best.map(|grade| (grade, on_match)));
    }
    found.sort_by_key(|(grade, _)| std::cmp::Reverse(*grade));
    found.into_iter().map(|(_, on_match)| on_match).collect()
}

/// The address is not known, but chains are named after the service they are for.
fn by_host(ranges: &[Value], facts: &Facts) -> Verdict {
    let all = ranges.iter().filter_map(|one| one.get("onMatch")).map(|on_match| follow(on_match, facts));
    let mut named = all.filter(|found| matches!(found, Verdict::Action(name) if facts.names(name)));
    named.next().unwrap_or_else(|| Verdict::Depends("the destination's address (--ip)".to_owned()))
}

/// The value of an input: `None` where the connection has none, an error where we do not know it.
fn input(input: Option<&Value>, facts: &Facts) -> Result<Option<String>, String> {
    let kind = input.map(|input| input.text(&["typedConfig", "@type"])).unwrap_or_default();
    let ip = |ip: Option<IpAddr>, what: &str| ip.map(|ip| Some(ip.to_string())).ok_or_else(|| what.to_owned());
    match kind.rsplit('.').next().unwrap_or_default() {
        "DestinationIPInput" => ip(facts.ip, "the destination's address (--ip)"),
        "DestinationPortInput" => Ok(Some(facts.port.to_string())),
        "SourceIPInput" | "DirectSourceIPInput" => ip(facts.source, "the client's address (--source-ip)"),
        "SourceTypeInput" => Ok(facts.is_local().then(|| "local".to_owned())),
        "ServerNameInput" => Ok(facts.server_name.map(str::to_owned)),
        "TransportProtocolInput" => Ok(Some(facts.transport.to_owned())),
        "ApplicationProtocolInput" => {
            let quoted: Vec<String> = facts.protocols.iter().map(|protocol| format!("'{protocol}'")).collect();
            Ok((!quoted.is_empty()).then(|| quoted.join(",")))
        }
        other => Err(format!("the input {other}")),
    }
}
