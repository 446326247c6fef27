//! Which filter chain of a listener takes a connection: step by step, each keeping the most specific, never going back.

use std::net::IpAddr;

use super::{Explanation, Request};
use crate::envoy::value::Value;

/// The criteria in Envoy's order: a name, and how specifically a chain matches (`None`: not at all, 0: no condition).
type Criterion = (&'static str, fn(&Value, &Facts) -> Option<u32>);

const CRITERIA: [Criterion; 9] = [
    ("destination port", |criteria, facts| exact(criteria.get("destinationPort"), facts.port)),
    ("destination address", |criteria, facts| prefix(criteria.list(&["prefixRanges"]), facts.ip)),
    ("server name", server_name),
    ("transport", |criteria, facts| match criteria.text(&["transportProtocol"]) {
        "" => Some(0),
        wanted => (wanted == facts.transport).then_some(1),
    }),
    ("application protocol", |criteria, facts| {
        let wanted = criteria.list(&["applicationProtocols"]);
        if wanted.is_empty() {
            return Some(0);
        }
        let common = |one: &Value| one.as_str().is_some_and(|one| facts.protocols.contains(&one));
        wanted.iter().any(common).then_some(1)
    }),
    ("direct source", |criteria, facts| prefix(criteria.list(&["directSourcePrefixRanges"]), facts.source)),
    ("source type", |criteria, facts| match criteria.text(&["sourceType"]) {
        "" | "ANY" => Some(0),
        "SAME_IP_OR_LOOPBACK" => facts.source.is_some_and(|ip| ip.is_loopback()).then_some(1),
        _ => Some(1),
    }),
    ("source address", |criteria, facts| prefix(criteria.list(&["sourcePrefixRanges"]), facts.source)),
    ("source port", |criteria, _| criteria.list(&["sourcePorts"]).is_empty().then_some(0)),
];

struct Facts<'r> {
    port: u16,
    ip: Option<IpAddr>,
    server_name: Option<&'r str>,
    transport: &'static str,
    protocols: Vec<&'r str>,
    source: Option<IpAddr>,
}

/// The chain that takes the connection; the end is told where there is none.
pub fn choose<'a>(listener: &Value<'a>, request: &Request, told: &mut Explanation) -> Option<Value<'a>> {
    let has = |name: &str| listener.list(&["listenerFilters"]).iter().any(|filter| filter.text(&["name"]) == name);
    let tls = request.is_tls() && has("envoy.filters.listener.tls_inspector");
    let inspected = tls || (!request.is_tls() && has("envoy.filters.listener.http_inspector"));
    let facts = Facts {
        port: request.port,
        ip: request.ip.as_deref().and_then(|ip| ip.parse().ok()),
        server_name: request.server_name().filter(|_| tls),
        transport: if tls { "tls" } else { "raw_buffer" },
        protocols: if inspected { request.application_protocols() } else { Vec::new() },
        source: request.source_ip.as_deref().and_then(|ip| ip.parse().ok()),
    };
    if listener.get("filterChainMatcher").is_some() {
        told.unknown("the listener chooses its chain with a matcher tree; `listener --waypoint` shows it");
    }
    let mut left: Vec<&Value> = listener.list(&["filterChains"]).iter().collect();
    let mut dropped: Vec<String> = Vec::new();
    for (name, criterion) in CRITERIA {
        let none = Value::Null;
        let graded =
            left.iter().map(|chain| (criterion(chain.get("filterChainMatch").unwrap_or(&none), &facts), *chain));
        let graded: Vec<(Option<u32>, &Value)> = graded.collect();
        let best = graded.iter().filter_map(|(grade, _)| *grade).max();
        for (grade, chain) in &graded {
            if grade.is_none() || *grade != best {
                dropped.push(format!("{} by its {name}", chain_name(chain)));
            }
        }
        left =
            graded.into_iter().filter(|(grade, _)| grade.is_some() && *grade == best).map(|(_, chain)| chain).collect();
    }
    let default = listener.get("defaultFilterChain");
    let Some(chain) = left.first().copied().or(default) else {
        let nearest: Vec<String> = dropped.iter().rev().take(2).cloned().collect();
        told.step("chain", format!("none takes {}; nearest: {}", facts.transport, nearest.join(", ")), String::new());
        if !request.is_tls() && dropped.iter().any(|text| text.contains("transport")) {
            told.unknown("whether the client's sidecar would use mutual TLS, which this port demands");
        }
        told.ends(0, "connection closed: no filter chain takes it");
        return None;
    };
    let by_default = if left.is_empty() { ", the default chain" } else { "" };
    told.step("chain", format!("{}{by_default}, {}", chain_name(chain), transport(chain)), super::origin(chain));
    Some(chain.clone())
}

fn chain_name(chain: &Value) -> String {
    match chain.text(&["name"]) {
        "" => "unnamed chain".to_owned(),
        name => name.to_owned(),
    }
}

/// What the chain does with TLS.
fn transport(chain: &Value) -> String {
    let Some(socket) = chain.get("transportSocket") else { return "plain text".to_owned() };
    let config = socket.get("typedConfig");
    let mutual =
        config.and_then(|config| config.get("requireClientCertificate")).and_then(Value::as_bool) == Some(true);
    if mutual { "mutual TLS".to_owned() } else { "TLS".to_owned() }
}

fn exact(wanted: Option<&Value>, port: u16) -> Option<u32> {
    match wanted.and_then(Value::as_u64) {
        None => Some(0),
        Some(wanted) => (wanted == u64::from(port)).then_some(1),
    }
}

/// The longest prefix that holds the address, its length counted from 1. An unknown address fits no prefix.
fn prefix(ranges: &[Value], ip: Option<IpAddr>) -> Option<u32> {
    if ranges.is_empty() {
        return Some(0);
    }
    let ip = ip?;
    ranges.iter().filter(|range| holds(range, ip)).map(|range| length(range) + 1).max()
}

fn length(range: &Value) -> u32 {
    range.get("prefixLen").and_then(Value::as_u64).and_then(|length| u32::try_from(length).ok()).unwrap_or(0)
}

/// Whether a range of addresses holds this one.
pub fn holds(range: &Value, ip: IpAddr) -> bool {
    let bits = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => (u128::from(u32::from(ip)) << 96, 32),
        IpAddr::V6(ip) => (u128::from(ip), 128),
    };
    let Ok(base) = range.text(&["addressPrefix"]).parse::<IpAddr>() else { return false };
    let ((base, base_size), (ip, size)) = (bits(base), bits(ip));
    let length = length(range).min(size);
    base_size == size && (length == 0 || (base ^ ip) >> (128 - length) == 0)
}

fn server_name(criteria: &Value, facts: &Facts) -> Option<u32> {
    let names = criteria.list(&["serverNames"]);
    if names.is_empty() {
        return Some(0);
    }
    let sni = facts.server_name?.to_lowercase();
    let grade = |name: &str| match name.strip_prefix("*.") {
        None => (name == sni).then_some(u32::MAX),
        Some(suffix) => {
            let fits = sni.strip_suffix(suffix).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'));
            fits.then(|| u32::try_from(suffix.len()).unwrap_or(u32::MAX - 1) + 1)
        }
    };
    names.iter().filter_map(Value::as_str).filter_map(grade).max()
}
