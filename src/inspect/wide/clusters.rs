//! Clusters with their endpoints, TLS, state and limits.

use std::collections::HashMap;

use super::{NOTHING, or_dash, protection};
use crate::envoy::dump::State;
use crate::envoy::value::Value;
use crate::inspect::clusters::{Cells, Filter, selected};
use crate::inspect::eds::Summary;
use crate::ui::tabwriter::TabWriter;

/// What every threshold is set to where Istio sets no limit.
const UNLIMITED: u64 = u32::MAX as u64;

/// How many endpoints of each service can be used, and how many there are.
#[derive(Debug, Default)]
pub struct Ready(HashMap<String, (usize, usize)>);

impl Ready {
    /// Counted over a dump's endpoints.
    pub fn of(assignments: &[Summary]) -> Self {
        let mut counts: HashMap<String, (usize, usize)> = HashMap::new();
        for assignment in assignments {
            let (usable, all) = counts.entry(assignment.cluster().to_owned()).or_default();
            for health in assignment.health() {
                *all += 1;
                // Unknown, healthy and degraded ones take requests.
                *usable += usize::from(matches!(health, 0 | 1 | 5));
            }
        }
        Ready(counts)
    }

    fn shown(&self, cluster: &Value) -> String {
        let name = cluster.text(&["name"]);
        let service = cluster.text(&["edsClusterConfig", "serviceName"]);
        let found = [service, name].iter().find_map(|name| self.0.get(*name));
        let own = || {
            let groups = cluster.list(&["loadAssignment", "endpoints"]).iter();
            let endpoints = groups.flat_map(|group| group.list(&["lbEndpoints"]));
            let usable = |endpoint: &&Value| matches!(endpoint.text(&["healthStatus"]), "" | "HEALTHY" | "DEGRADED");
            let count = (endpoints.clone().filter(usable).count(), endpoints.count());
            cluster.get("loadAssignment").map(|_| count)
        };
        let found = found.copied().or_else(own);
        found.map_or_else(|| NOTHING.to_owned(), |(usable, all)| format!("{usable}/{all}"))
    }
}

/// The table of canonical clusters.
pub fn table(clusters: Vec<(State, Value)>, filter: &Filter, ready: &Ready) -> TabWriter {
    let mut table = TabWriter::new(3);
    table.push("SERVICE FQDN\tPORT\tSUBSET\tDIRECTION\tTYPE\tDESTINATION RULE\tREADY\tTLS\tSTATE\tLIMITS\tOUTLIER\n");
    let named: Vec<(String, (State, Value))> =
        clusters.into_iter().map(|one| (one.1.text(&["name"]).to_owned(), one)).collect();
    for (name, (state, cluster)) in selected(named, |(name, _)| name, filter) {
        let config = cluster.at(&["metadata", "filterMetadata", "istio", "config"]);
        let cells = Cells {
            name: &name,
            discovery: match (cluster.text(&["clusterType", "name"]), cluster.text(&["type"])) {
                ("", "") => "STATIC",
                ("", kind) => kind,
                (extension, _) => extension.strip_prefix("envoy.").unwrap_or(extension),
            },
            origin: &crate::inspect::origin::of_path(config.map(|config| config.as_str())),
        };
        let more = [ready.shown(&cluster), tls(&cluster), state.to_string(), limits(&cluster), outlier(&cluster)];
        table.row(cells.row(false).into_iter().map(or_dash).chain(more));
    }
    table
}

/// `auto` where each endpoint decides.
fn tls(cluster: &Value) -> String {
    let matches = cluster.list(&["transportSocketMatches"]);
    let mut kinds: Vec<&str> = matches
        .iter()
        .map(|one| protection(one.get("transportSocket")).unwrap_or(NOTHING))
        .chain(cluster.get("transportSocket").map(|socket| protection(Some(socket)).unwrap_or(NOTHING)))
        .collect();
    kinds.dedup();
    match kinds.as_slice() {
        [] => NOTHING.to_owned(),
        [only] => (*only).to_owned(),
        _ => "auto".to_owned(),
    }
}

fn limits(cluster: &Value) -> String {
    let thresholds = cluster.list(&["circuitBreakers", "thresholds"]).first();
    let names = [
        ("maxConnections", "conn"),
        ("maxPendingRequests", "pending"),
        ("maxRequests", "requests"),
        ("maxRetries", "retries"),
    ];
    let limit = |(key, name): &(&str, &str)| {
        let value = thresholds?.get(key)?.as_u64()?;
        (value != UNLIMITED).then(|| format!("{name}={value}"))
    };
    or_dash(names.iter().filter_map(limit).collect::<Vec<_>>().join(" "))
}

/// `5x5xx/30s`: how many errors in a row cast a host out, and for how long.
fn outlier(cluster: &Value) -> String {
    let Some(rules) = cluster.get("outlierDetection") else { return NOTHING.to_owned() };
    let count = |key: &str| rules.get(key).and_then(Value::as_u64);
    let errors = [
        ("consecutive5xx", "5xx"),
        ("consecutiveGatewayFailure", "gateway"),
        ("consecutiveLocalOriginFailure", "local"),
    ];
    let mut parts: Vec<String> = errors
        .iter()
        .filter_map(|(key, name)| count(key).filter(|count| *count > 0).map(|count| format!("{count}x{name}")))
        .collect();
    if let Some(time) = rules.get("baseEjectionTime").and_then(Value::as_str)
        && let Some(last) = parts.last_mut()
    {
        last.push_str(&format!("/{time}"));
    }
    or_dash(parts.join(" "))
}
