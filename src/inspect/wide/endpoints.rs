//! The hosts of `/clusters?format=json` with where they are, their weight, why they are not used, and their counters.

use super::{NOTHING, or_dash};
use crate::envoy::value::Value;
use crate::inspect::endpoints::{Filter, Host};
use crate::ui::tabwriter::TabWriter;

/// Why Envoy does not use a host, by the flags of its health.
const REASONS: [(&str, &str); 7] = [
    ("failedActiveHealthCheck", "active check failed"),
    ("failedOutlierCheck", "ejected"),
    ("failedActiveDegradedCheck", "degraded"),
    ("pendingDynamicRemoval", "being removed"),
    ("pendingActiveHc", "not checked yet"),
    ("excludedViaImmediateHcFail", "excluded"),
    ("activeHcTimeout", "check timed out"),
];

/// The table of canonical cluster statuses, each with the view its rows come from.
pub fn table(clusters: &[(Vec<Host<'_>>, Value)], filter: &Filter) -> TabWriter {
    let mut rows: Vec<(&Host, &Value)> = clusters
        .iter()
        .flat_map(|(hosts, value)| hosts.iter().zip(value.list(&["hostStatuses"])))
        .filter(|(host, _)| filter.admits(host))
        .collect();
    rows.sort_by(|(a, _), (b, _)| a.order().cmp(&b.order()));
    let mut table = TabWriter::new(3);
    table.push(
        "ENDPOINT\tSTATUS\tOUTLIER CHECK\tCLUSTER\tHEALTH\tLOCALITY\tPRIORITY\tWEIGHT\tREQUESTS\tERRORS\tACTIVE\n",
    );
    for (host, value) in rows {
        let number = |key: &str| value.get(key).and_then(Value::as_u64).unwrap_or(0).to_string();
        let more = [health(value), locality(value), number("priority"), number("weight")];
        let counters = ["rq_total", "rq_error", "rq_active"].map(|name| counter(value, name));
        let cells = host.cells().map(|cell| cell.into_owned());
        table.row(cells.into_iter().chain(more).chain(counters).map(or_dash));
    }
    table
}

fn health(host: &Value) -> String {
    let flag = |key: &str| host.at(&["healthStatus", key]).and_then(Value::as_bool) == Some(true);
    let reasons: Vec<&str> = REASONS.iter().filter(|(key, _)| flag(key)).map(|(_, reason)| *reason).collect();
    if reasons.is_empty() { "ok".to_owned() } else { reasons.join(", ") }
}

fn locality(host: &Value) -> String {
    let part = |key: &str| host.text(&["locality", key]);
    let parts = [part("region"), part("zone"), part("subZone")];
    parts.iter().take_while(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("/")
}

/// A counter that has not moved is not told.
fn counter(host: &Value, name: &str) -> String {
    let found = host.list(&["stats"]).iter().find(|one| one.text(&["name"]) == name);
    found.map_or_else(|| NOTHING.to_owned(), |one| one.get("value").and_then(Value::as_u64).unwrap_or(0).to_string())
}
