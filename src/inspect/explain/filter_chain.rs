//! Which filter chain of a listener takes a connection: step by step, each keeping the most specific, never going back.

use std::net::IpAddr;

use super::matcher::{self, Verdict};
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
        // What the client names first counts most.
        let offered = facts.protocols.iter().rev().enumerate();
        let common = |protocol: &&str| wanted.iter().any(|one| one.as_str() == Some(*protocol));
        let places = offered.filter(|(_, protocol)| common(protocol)).map(|(place, _)| place);
        places.max().and_then(|place| u32::try_from(place).ok()).map(|place| place + 1)
    }),
    ("direct source", |criteria, facts| prefix(criteria.list(&["directSourcePrefixRanges"]), facts.source)),
    ("source type", |criteria, facts| match criteria.text(&["sourceType"]) {
        "" | "ANY" => Some(0),
        "SAME_IP_OR_LOOPBACK" => facts.is_local().then_some(1),
        _ => (!facts.is_local()).then_some(1),
    }),
    ("source address", |criteria, facts| prefix(criteria.list(&["sourcePrefixRanges"]), facts.source)),
    ("source port", |criteria, _| criteria.list(&["sourcePorts"]).is_empty().then_some(0)),
];

/// What matching knows of a connection.
pub struct Facts<'r> {
    pub port: u16,
    pub ip: Option<IpAddr>,
    pub server_name: Option<&'r str>,
    pub transport: &'static str,
    pub protocols: Vec<&'r str>,
    pub source: Option<IpAddr>,
    /// The host of the request.
    host: &'r str,
}

impl Facts<'_> {
    /// The connection comes from this machine.
    pub fn is_local(&self) -> bool {
        self.source.is_some_and(|source| source.is_loopback() || Some(source) == self.ip)
    }

    /// Whether a chain is named after the service and port of the request.
    pub fn names(&self, chain: &str) -> bool {
        let mut parts = chain.split('|');
        let port = parts.any(|part| part == self.port.to_string());
        port && parts
            .any(|part| part == self.host || part.strip_prefix(self.host).is_some_and(|rest| rest.starts_with('.')))
    }
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
        host: &request.host,
    };
    if let Some(tree) = listener.get("filterChainMatcher") {
        return by_matcher(listener, tree, &facts, told);
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
        if dropped.is_empty() {
            told.step("chain", "the listener has none", String::new());
            told.ends(0, "left to the listener's own filters");
            return None;
        }
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

/// The chain that the listener's matcher tree names.
fn by_matcher<'a>(listener: &Value<'a>, tree: &Value, facts: &Facts, told: &mut Explanation) -> Option<Value<'a>> {
    let named = match matcher::evaluate(tree, facts) {
        Verdict::Action(name) => listener.list(&["filterChains"]).iter().find(|chain| chain.text(&["name"]) == name),
        Verdict::NoMatch => None,
        Verdict::Depends(on) => {
            told.unknown(format!("which filter chain is taken: it depends on {on}"));
            told.ends(0, "goes where the listener's matcher tree says");
            return None;
        }
    };
    let Some(chain) = named.or_else(|| listener.get("defaultFilterChain")) else {
        told.step("chain", "none: the matcher tree names no chain", String::new());
        told.ends(0, "connection closed: no filter chain takes it");
        return None;
    };
    told.step("chain", format!("{}, {}", chain_name(chain), transport(chain)), super::origin(chain));
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

/// The longest prefix that holds the address; one that holds all is no condition. An unknown address fits no prefix.
fn prefix(ranges: &[Value], ip: Option<IpAddr>) -> Option<u32> {
    if ranges.is_empty() {
        return Some(0);
    }
    let ip = ip?;
    ranges.iter().filter(|range| holds(range, ip)).map(length).max()
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
