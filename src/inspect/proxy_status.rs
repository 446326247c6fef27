//! `proxy-status`: which proxies each istiod serves, and whether they have what it sent.

use std::collections::{BTreeMap, BTreeSet};

use crate::envoy::decode::TYPE_PREFIX;
use crate::envoy::value::Value;
use crate::envoy::well_known::parse_timestamp;
use crate::ui::tabwriter::TabWriter;

/// Types by the short names of their discovery services, and which of them stand first.
const SHORT_NAMES: [(&str, &str); 11] = [
    ("envoy.config.cluster.v3.Cluster", "CDS"),
    ("envoy.config.listener.v3.Listener", "LDS"),
    ("envoy.config.endpoint.v3.ClusterLoadAssignment", "EDS"),
    ("envoy.config.route.v3.RouteConfiguration", "RDS"),
    ("envoy.config.core.v3.TypedExtensionConfig", "ECDS"),
    ("envoy.extensions.transport_sockets.tls.v3.Secret", "SDS"),
    ("istio.networking.nds.v1.NameTable", "NDS"),
    ("istio.mesh.v1alpha1.ProxyConfig", "PCDS"),
    ("istio.workload.Address", "WDS"),
    ("istio.workload.Workload", "WDS"),
    ("istio.security.Authorization", "WADS"),
];

/// Types that are shown first, and in detail even if no proxy has them (the first five).
const FIRST: usize = 4;
const ALWAYS: usize = 5;

/// A proxy's state of one type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeStatus {
    /// `SYNCED`, `STALE`, `ERROR`, `NOT SENT` or `IGNORED`.
    pub status: String,
    /// Seconds since 1970.
    pub last_updated: Option<i64>,
    /// What the proxy said when it refused an update.
    pub error: String,
}

/// A proxy as its istiod sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// `POD.NAMESPACE`.
    pub id: String,
    pub cluster: String,
    pub namespace: String,
    pub version: String,
    pub istiod: String,
    /// By type URL.
    pub types: BTreeMap<String, TypeStatus>,
}

/// The proxies of one istiod's canonical DiscoveryResponse.
pub fn proxies(response: &Value) -> Vec<Proxy> {
    let istiod = istiod_name(response);
    response.list(&["resources"]).iter().map(|resource| proxy(resource, &istiod)).collect()
}

fn proxy(resource: &Value, istiod: &str) -> Proxy {
    let metadata = |key: &str| resource.text(&["node", "metadata", key]).to_owned();
    let mut types: BTreeMap<String, TypeStatus> = BTreeMap::new();
    for config in resource.list(&["genericXdsConfigs"]) {
        let error = config.text(&["errorState", "details"]).to_owned();
        let last_updated = parse_timestamp(config.text(&["lastUpdated"])).map(|(seconds, _)| seconds);
        let status = TypeStatus { status: shown_status(config.text(&["configStatus"])), last_updated, error };
        types.insert(config.text(&["typeUrl"]).to_owned(), status);
    }
    // Older control planes tell the four core types each in a field of its own.
    for config in resource.list(&["xdsConfig"]) {
        let fields = ["clusterConfig", "listenerConfig", "endpointConfig", "routeConfig"];
        let place = fields.iter().position(|field| config.get(field).is_some());
        if let Some((name, _)) = place.and_then(|place| SHORT_NAMES.get(place)) {
            let status = shown_status(config.text(&["status"]));
            let entry = TypeStatus { status, last_updated: None, error: String::new() };
            types.entry(format!("{TYPE_PREFIX}{name}")).or_insert(entry);
        }
    }
    Proxy {
        id: resource.text(&["node", "id"]).to_owned(),
        cluster: metadata("CLUSTER_ID"),
        namespace: metadata("NAMESPACE"),
        version: metadata("ISTIO_VERSION"),
        istiod: istiod.to_owned(),
        types,
    }
}

fn shown_status(status: &str) -> String {
    match status {
        "" | "UNKNOWN" => IGNORED.to_owned(),
        other => other.replace('_', " "),
    }
}

const IGNORED: &str = "IGNORED";

/// `ID` in the JSON of the control plane's identifier.
pub fn istiod_name(response: &Value) -> String {
    match response.at(&["controlPlane", "identifier"]).and_then(Value::as_str) {
        None => "MISSING".to_owned(),
        Some(text) => match serde_json::from_str::<serde_json::Value>(text) {
            Ok(serde_json::Value::Object(fields)) => {
                fields.get("ID").and_then(|id| id.as_str()).unwrap_or_default().to_owned()
            }
            _ => "INVALID".to_owned(),
        },
    }
}

fn short_name(url: &str) -> &str {
    let name = url.strip_prefix(TYPE_PREFIX).unwrap_or(url);
    SHORT_NAMES.iter().find(|(known, _)| *known == name).map_or(url, |(_, short)| short)
}

/// Which types each proxy has.
pub fn summary(mut proxies: Vec<Proxy>) -> String {
    proxies.sort_by(|a, b| a.id.cmp(&b.id));
    let mut table = TabWriter::new(5);
    table.push("NAME\tCLUSTER\tISTIOD\tVERSION\tSUBSCRIBED TYPES\n");
    for proxy in &proxies {
        table.row([&*proxy.id, &*proxy.cluster, &*proxy.istiod, &*proxy.version, &*subscribed(proxy)]);
    }
    table.finish()
}

fn subscribed(proxy: &Proxy) -> String {
    let seen = proxy.types.iter().filter(|(_, state)| state.status != IGNORED);
    let mut names: Vec<(usize, &str)> = seen
        .map(|(url, _)| {
            let short = short_name(url);
            let place = SHORT_NAMES.iter().take(FIRST).position(|(_, first)| *first == short);
            (place.unwrap_or(FIRST), short)
        })
        .collect();
    names.sort_by_key(|(place, _)| *place);
    let names: Vec<&str> = names.into_iter().map(|(_, short)| short).collect();
    if names.is_empty() { "0".to_owned() } else { format!("{} ({})", names.len(), names.join(",")) }
}

/// The state of each type of each proxy at this time (seconds since 1970).
pub fn detail(mut proxies: Vec<Proxy>, now: i64) -> String {
    proxies.sort_by(|a, b| a.id.cmp(&b.id));
    let always = SHORT_NAMES.iter().take(ALWAYS).map(|(name, _)| format!("{TYPE_PREFIX}{name}"));
    let seen = proxies.iter().flat_map(|proxy| proxy.types.keys().cloned());
    let types: BTreeSet<String> = always.chain(seen).collect();
    let mut table = TabWriter::new(5);
    let heading = ["NAME", "CLUSTER"].into_iter().chain(types.iter().map(|url| short_name(url)));
    table.row(heading.chain(["ISTIOD", "VERSION"]));
    for proxy in &proxies {
        let cells =
            types.iter().map(|url| proxy.types.get(url).map_or_else(|| IGNORED.to_owned(), |one| one.shown(now)));
        let ends = [proxy.istiod.clone(), proxy.version.clone()];
        table.row([proxy.id.clone(), proxy.cluster.clone()].into_iter().chain(cells).chain(ends));
    }
    table.finish()
}

impl TypeStatus {
    fn shown(&self, now: i64) -> String {
        match self.last_updated {
            Some(time) if self.status != IGNORED && self.status != "NOT SENT" => {
                format!("{} ({})", self.status, age(now - time))
            }
            _ => self.status.clone(),
        }
    }
}

/// A length of time in seconds the way Kubernetes shows ages.
pub fn age(seconds: i64) -> String {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    const YEAR: i64 = 365 * DAY;
    let two = |big: i64, big_name: &str, small: i64, small_name: &str| {
        let rest = (seconds % big) / small;
        let rest = if rest == 0 { String::new() } else { format!("{rest}{small_name}") };
        format!("{}{big_name}{rest}", seconds / big)
    };
    match seconds {
        ..-1 => "<invalid>".to_owned(),
        -1..=0 => "0s".to_owned(),
        s if s < 2 * MINUTE => format!("{s}s"),
        s if s < 10 * MINUTE => two(MINUTE, "m", 1, "s"),
        s if s < 3 * HOUR => format!("{}m", s / MINUTE),
        s if s < 8 * HOUR => two(HOUR, "h", MINUTE, "m"),
        s if s < 2 * DAY => format!("{}h", s / HOUR),
        s if s < 8 * DAY => two(DAY, "d", HOUR, "h"),
        s if s < 2 * YEAR => format!("{}d", s / DAY),
        s if s < 8 * YEAR => two(YEAR, "y", DAY, "d"),
        s => format!("{}y", s / YEAR),
    }
}

/// Proxies that do not have what was sent to them, each with what is wrong: `STALE 14s  CDS LDS`.
pub fn attention(proxies: &[Proxy], now: i64) -> Vec<String> {
    let mut lines = Vec::new();
    for proxy in proxies {
        let mut stale: Vec<&str> = Vec::new();
        let mut oldest = None;
        for (url, state) in &proxy.types {
            match state.status.as_str() {
                "STALE" => {
                    stale.push(short_name(url));
                    oldest = oldest.into_iter().chain(state.last_updated).min();
                }
                "ERROR" => {
                    let when = state.last_updated.map(|time| format!(" {} ago", age(now - time))).unwrap_or_default();
                    let why = if state.error.is_empty() { String::new() } else { format!(": {}", state.error) };
                    lines.push(format!("{}  {} rejected{when}{why}", proxy.id, short_name(url)));
                }
                _ => {}
            }
        }
        if !stale.is_empty() {
            let since = oldest.map(|time: i64| format!(" {}", age(now - time))).unwrap_or_default();
            lines.push(format!("{}  STALE{since}  {}", proxy.id, stale.join(" ")));
        }
    }
    lines
}

/// Keeps the resources of proxies in this namespace.
pub fn in_namespace<'a>(response: Value<'a>, namespace: &str) -> Value<'a> {
    let Value::Object(mut fields) = response else { return response };
    if !namespace.is_empty()
        && let Some((_, Value::List(resources))) = fields.iter_mut().find(|(key, _)| key == "resources")
    {
        resources.retain(|one| one.text(&["node", "metadata", "NAMESPACE"]) == namespace);
    }
    fields.retain(|(key, value)| key != "resources" || !value.items().is_empty());
    Value::Object(fields)
}

#[cfg(test)]
mod tests {
    use super::age;

    #[test]
    fn ages() {
        let cases = [
            (-5, "<invalid>"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (150, "2m30s"),
            (3600, "60m"),
            (10800, "3h"),
            (11_000, "3h3m"),
            (100_000, "27h"),
            (200_000, "2d7h"),
            (700_000, "8d"),
            (63_072_000, "2y"),
            (300_000_000, "9y"),
        ];
        for (seconds, wanted) in cases {
            assert_eq!(age(seconds), wanted, "{seconds}");
        }
    }
}
