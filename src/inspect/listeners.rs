//! `proxy-config listener`: which listeners are shown, in which order, and their tables.

use serde::{Deserialize, Deserializer};

use super::go_sort::sort_by_less;
use super::pattern::Pattern;
use super::{address, route_text};
use crate::envoy::dump::listener::{FilterChain, FilterChainMatch, FilterConfig, HttpConnectionManager, Listener};
use crate::envoy::dump::route::RouteConfiguration;
use crate::ui::tabwriter::TabWriter;

/// What the tables show of a listener. It is made while the dump is read, so that nothing else of it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    name: Box<str>,
    /// The address, then additional ones.
    addresses: Box<[Box<str>]>,
    port: u32,
    kind: &'static str,
    /// What each chain takes and where that goes.
    chains: Box<[(Box<str>, Box<str>)]>,
}

impl Summary {
    pub(super) fn of(listener: &Listener) -> Self {
        let mut rows: Vec<(Box<str>, Box<str>)> = chains(listener)
            .map(|chain| (matches(chain.filter_chain_match.as_ref()).into(), destination(chain).into()))
            .collect();
        sort_by_less(&mut rows, |(_, a), (_, b)| a > b);
        let more = listener.additional_addresses.iter().map(|more| more.address.as_ref());
        let all = std::iter::once(listener.address.as_ref()).chain(more);
        Summary {
            name: (*listener.name).into(),
            addresses: all.map(|address| address::of_listener(address).into()).collect(),
            port: port(listener),
            kind: kind(listener),
            chains: rows.into(),
        }
    }

    /// By port, address and type.
    pub(super) fn order(&self) -> (u32, Option<&str>, &str) {
        (self.port, self.addresses.first().map(|address| &**address), self.kind)
    }

    pub(super) fn first_cells(&self, named: bool) -> Vec<String> {
        let mut cells = Vec::with_capacity(5);
        if named {
            cells.push(format!("listener/{}", self.name));
        }
        cells.extend([self.addresses.join(","), self.port.to_string()]);
        cells
    }
}

impl<'de> Deserialize<'de> for Summary {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Listener::deserialize(deserializer).map(|listener| Summary::of(&listener))
    }
}

/// Which listeners are shown; all conditions have to hold.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub address: Pattern,
    pub port: u32,
    pub kind: Pattern,
}

impl Filter {
    pub fn admits(&self, listener: &Summary) -> bool {
        listener.addresses.iter().any(|shown| self.address.is_nearly(shown))
            && (self.port == 0 || listener.port == self.port)
            && self.kind.is_nearly(listener.kind)
    }
}

/// By port, address and type.
pub fn sort(listeners: &mut [Summary]) {
    sort_by_less(listeners, |a, b| a.order() < b.order());
}

/// Addresses, port and type of each.
pub fn summary(listeners: &[Summary], named: bool) -> TabWriter {
    let mut table = TabWriter::new(1);
    table.push(if named { "NAME\t" } else { "" });
    table.push("ADDRESSES\tPORT\tTYPE\n");
    for listener in listeners {
        let mut cells = listener.first_cells(named);
        cells.push(listener.kind.to_owned());
        table.row(cells);
    }
    table
}

/// A row for each filter chain: what it takes and where that goes.
pub fn table(listeners: &[Summary], named: bool) -> TabWriter {
    let mut table = TabWriter::new(1);
    table.push(if named { "NAME\t" } else { "" });
    table.push("ADDRESSES\tPORT\tMATCH\tDESTINATION\n");
    for listener in listeners {
        let cells = listener.first_cells(named);
        for (matches, destination) in &listener.chains {
            table.row(cells.iter().map(String::as_str).chain([&**matches, &**destination]));
        }
    }
    table
}

pub(super) fn port(listener: &Listener) -> u32 {
    listener.address.as_ref().map_or(0, |address| address.port())
}

/// All filter chains, the default one last.
pub(super) fn chains<'l, 'a>(listener: &'l Listener<'a>) -> impl Iterator<Item = &'l FilterChain<'a>> {
    listener.filter_chains.iter().chain(&listener.default_filter_chain)
}

/// `HTTP`, `TCP`, `HTTP+TCP` or `UNKNOWN`, by the filters of all chains.
pub(super) fn kind(listener: &Listener) -> &'static str {
    let has = |wanted: fn(&FilterConfig) -> bool| {
        chains(listener).flat_map(|chain| chain.filters.iter()).any(|filter| wanted(&filter.config))
    };
    let http = has(|config| matches!(config, FilterConfig::Http(_)));
    let tcp = has(|config| matches!(config, FilterConfig::Tcp(proxy) if !proxy.black_hole));
    match (http, tcp) {
        (true, true) => "HTTP+TCP",
        (true, false) => "HTTP",
        (false, true) => "TCP",
        (false, false) => "UNKNOWN",
    }
}

/// Lists of application protocols that Istio uses, and what they mean.
const PROTOCOLS: [(&str, &str); 4] = [
    ("http/1.0,http/1.1,h2c,istio-http/1.0,istio-http/1.1,istio-h2", "HTTP TLS"),
    ("istio,istio-http/1.0,istio-http/1.1,istio-h2", "Istio HTTP Plain"),
    ("istio-peer-exchange,istio", "TCP TLS"),
    ("http/1.0,http/1.1,h2c", "HTTP"),
];

/// What a chain takes; `ALL` where it has no condition.
pub(super) fn matches(criteria: Option<&FilterChainMatch>) -> String {
    let Some(criteria) = criteria else { return "ALL".to_owned() };
    let joined = |texts: &[crate::envoy::json::Text]| texts.iter().map(|text| &**text).collect::<Vec<_>>().join(",");
    let mut parts = Vec::new();
    if !criteria.server_names.is_empty() {
        parts.push(format!("SNI: {}", joined(&criteria.server_names)));
    }
    if !criteria.transport_protocol.is_empty() {
        parts.push(format!("Trans: {}", &*criteria.transport_protocol));
    }
    if !criteria.application_protocols.is_empty() {
        let protocols = joined(&criteria.application_protocols);
        let known = PROTOCOLS.iter().find(|(list, _)| *list == protocols);
        parts.push(format!("App: {}", known.map_or(&*protocols, |(_, meaning)| meaning)));
    }
    let port = criteria.destination_port.map(|port| format!(":{}", port.0)).unwrap_or_default();
    if !criteria.prefix_ranges.is_empty() {
        let ranges = criteria.prefix_ranges.iter();
        let ranges: Vec<_> = ranges.map(|range| format!("{}/{}", &*range.address_prefix, range.prefix_len.0)).collect();
        parts.push(format!("Addr: {}{port}", ranges.join(",")));
    } else if !port.is_empty() {
        parts.push(format!("Addr: *{port}"));
    }
    if parts.is_empty() { "ALL".to_owned() } else { parts.join("; ") }
}

/// Where a chain sends what it takes: told by its first filter that decides.
pub(super) fn destination(chain: &FilterChain) -> String {
    for filter in chain.filters.iter() {
        match &filter.config {
            FilterConfig::Http(manager) => return http_destination(manager),
            FilterConfig::Tcp(proxy) if !proxy.black_hole => return cluster_text(&proxy.cluster),
            _ => {}
        }
    }
    "Non-HTTP/Non-TCP".to_owned()
}

fn http_destination(manager: &HttpConnectionManager) -> String {
    if let Some(inline) = &manager.route_config {
        return only_cluster(inline).unwrap_or_else(|| format!("Inline Route: {}", inline_text(inline)));
    }
    match &manager.rds {
        Some(rds) if !rds.route_config_name.is_empty() => format!("Route: {}", &*rds.route_config_name),
        _ => "HTTP".to_owned(),
    }
}

/// The cluster of a route configuration that sends everything there.
fn only_cluster(config: &RouteConfiguration) -> Option<String> {
    let [host] = &*config.virtual_hosts else { return None };
    let [domain] = &*host.domains else { return None };
    let [route] = &*host.routes else { return None };
    let everything = **domain == *"*" && route.matches.as_ref().is_some_and(|matches| *matches.prefix == *"/");
    let cluster = route.route.as_ref()?.cluster.as_ref()?;
    everything.then(|| cluster_text(cluster))
}

fn inline_text(config: &RouteConfiguration) -> String {
    let host = |host: &crate::envoy::dump::route::VirtualHost| {
        let domains: Vec<&str> = host.domains.iter().map(|domain| &**domain).collect();
        let paths: Vec<String> = host.routes.iter().map(|route| route_text::path(route.matches.as_ref())).collect();
        let domains = if matches!(domains.as_slice(), [] | ["*"]) { String::new() } else { domains.join("/") + " " };
        domains + &paths.join(", ")
    };
    config.virtual_hosts.iter().map(host).collect::<Vec<_>>().join("; ")
}

fn cluster_text(name: &str) -> String {
    if name.contains("Cluster") { name.to_owned() } else { format!("Cluster: {name}") }
}
