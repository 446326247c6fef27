//! Listeners with the name and the filters of each chain, its TLS and who may come from where; chains in their own order.

use super::{NOTHING, or_dash, protection};
use crate::envoy::dump::listener::Listener;
use crate::envoy::value::Value;
use crate::inspect::listeners::{Filter, Summary, chains, destination, matches};
use crate::ui::tabwriter::TabWriter;

/// The table of listeners, each as it is read for tables and as its canonical value.
pub fn table(listeners: Vec<(Listener, Value)>, filter: &Filter) -> TabWriter {
    let mut kept: Vec<(Summary, Listener, Value)> =
        listeners.into_iter().map(|(listener, value)| (Summary::of(&listener), listener, value)).collect();
    kept.retain(|(summary, _, _)| filter.admits(summary));
    crate::inspect::go_sort::sort_by_less(&mut kept, |(a, _, _), (b, _, _)| a.order() < b.order());
    let mut table = TabWriter::new(3);
    table.push("ADDRESSES\tPORT\tMATCH\tDESTINATION\tNAME\tCHAIN\tFILTERS\tTLS\tSOURCE\n");
    for (summary, listener, value) in &kept {
        if chains(listener).next().is_none() {
            let mut cells = summary.first_cells(false);
            let filters = listed(value.list(&["listenerFilters"]));
            cells.extend(
                [NOTHING, "no filter chain", &listener.name, NOTHING, &filters, NOTHING, NOTHING].map(str::to_owned),
            );
            table.row(cells.into_iter().map(or_dash));
        }
        let values = value.list(&["filterChains"]).iter().chain(value.get("defaultFilterChain"));
        for (chain, value) in chains(listener).zip(values) {
            let mut cells = summary.first_cells(false);
            cells.extend([matches(chain.filter_chain_match.as_ref()), destination(chain)]);
            cells.extend([
                listener.name.to_string(),
                chain.name.to_string(),
                filters(value),
                tls(value),
                source(value),
            ]);
            table.row(cells.into_iter().map(or_dash));
        }
    }
    table
}

/// The filters in order; of an HTTP connection manager its own.
fn filters(chain: &Value) -> String {
    let mut names = Vec::new();
    for filter in chain.list(&["filters"]) {
        match filter.list(&["typedConfig", "httpFilters"]) {
            [] => names.push(short(filter).to_owned()),
            inner => names.push(listed(inner)),
        }
    }
    names.join(",")
}

fn listed(filters: &[Value]) -> String {
    filters.iter().map(short).collect::<Vec<_>>().join(",")
}

/// Envoy's own and Istio's filters by the last part of their names, all others in full.
fn short<'v>(filter: &'v Value) -> &'v str {
    let name = filter.text(&["name"]);
    let known = name.starts_with("envoy.") || name.starts_with("istio");
    if known { name.rsplit('.').next().unwrap_or(name) } else { name }
}

/// How the chain ends TLS, and with which certificates.
fn tls(chain: &Value) -> String {
    let socket = chain.get("transportSocket");
    let Some(kind) = protection(socket) else { return NOTHING.to_owned() };
    let secrets =
        socket.map(|socket| socket.list(&["typedConfig", "commonTlsContext", "tlsCertificateSdsSecretConfigs"]));
    let names: Vec<&str> = secrets.unwrap_or_default().iter().map(|secret| secret.text(&["name"])).collect();
    if names.is_empty() { kind.to_owned() } else { format!("{kind} ({})", names.join(",")) }
}

fn source(chain: &Value) -> String {
    let Some(criteria) = chain.get("filterChainMatch") else { return NOTHING.to_owned() };
    let mut parts = Vec::new();
    for (key, label) in [("sourcePrefixRanges", ""), ("directSourcePrefixRanges", "direct ")] {
        let ranges = criteria.list(&[key]).iter();
        parts.extend(ranges.map(|range| {
            let length = range.get("prefixLen").and_then(Value::as_u64).unwrap_or(0);
            format!("{label}{}/{length}", range.text(&["addressPrefix"]))
        }));
    }
    let ports: Vec<String> =
        criteria.list(&["sourcePorts"]).iter().filter_map(Value::as_u64).map(|port| format!(":{port}")).collect();
    parts.extend(ports);
    match criteria.text(&["sourceType"]) {
        "SAME_IP_OR_LOOPBACK" => parts.push("local".to_owned()),
        "EXTERNAL" => parts.push("external".to_owned()),
        _ => {}
    }
    parts.join(",")
}
