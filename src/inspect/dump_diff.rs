//! `proxy-config diff`: what differs between two dumps, by cause rather than by line.
//!
//! Resources are paired by name and compared only if their text differs; inside a pair the smallest changed nodes are
//! reported, the same change in many places once, under the Istio object that made the resource.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::value::RawValue;

use crate::envoy::canonical::{self, CLUSTER, LISTENER, ROUTE};
use crate::envoy::decode::Decoder;
use crate::envoy::dump::{Clusters, DumpError, Endpoints, Listeners, Routes, Secrets, Tree, section};
use crate::envoy::json::{Json, Text};
use crate::envoy::text::compact;
use crate::envoy::value::Value;
use crate::ui::tabwriter::TabWriter;

/// What is compared and ignored.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Kinds of resources: `clusters`, `listeners`, `routes`, `endpoints`, `secrets`; empty for all.
    pub only: Vec<String>,
    /// The proxies' own addresses count as different, too.
    pub all: bool,
}

/// One difference, wherever it occurs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Change {
    /// `KIND NAMESPACE/NAME` of the Istio object, or the kind of the resource.
    pub object: String,
    /// `only A`, `only B` or `changed`.
    pub how: &'static str,
    pub what: String,
    /// The resources where it occurs.
    pub places: Vec<String>,
}

/// All differences, and how many resources are the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    pub same: BTreeMap<&'static str, usize>,
    pub changes: Vec<Change>,
}

const KINDS: [&str; 5] = ["clusters", "listeners", "routes", "endpoints", "secrets"];

/// Compares two dumps.
pub fn compare(a: &[u8], b: &[u8], options: &Options) -> Result<Report, DumpError> {
    let mut report = Report::default();
    let mut found: BTreeMap<(String, &'static str, String), BTreeSet<String>> = BTreeMap::new();
    for kind in KINDS {
        if !options.only.is_empty() && !options.only.iter().any(|only| only == kind) {
            continue;
        }
        let (left, right) = (resources(a, kind)?, resources(b, kind)?);
        let names: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
        for name in names {
            let place = format!("{} {name}", kind.trim_end_matches('s'));
            let mut add = |object: String, how: &'static str, what: String| {
                found.entry((object, how, what)).or_default().insert(place.clone());
            };
            let object = |value: &Value| origin(value).unwrap_or_else(|| kind.to_owned());
            match (left.get(name), right.get(name)) {
                (Some(l), Some(r)) if l.text() == r.text() => *report.same.entry(kind).or_default() += 1,
                (Some(l), Some(r)) => {
                    let (l, r) = (l.decoded(kind)?, r.decoded(kind)?);
                    let mut changes = Vec::new();
                    differences(&l, &r, "", &object(&l), &mut changes);
                    if !options.all {
                        changes.retain(|(_, what)| !is_personal(what, a, b));
                    }
                    if changes.is_empty() {
                        *report.same.entry(kind).or_default() += 1;
                    }
                    changes.into_iter().for_each(|(object, what)| add(object, "changed", what));
                }
                (Some(l), None) => add(object(&l.decoded(kind)?), "only A", kind.trim_end_matches('s').to_owned()),
                (None, Some(r)) => add(object(&r.decoded(kind)?), "only B", kind.trim_end_matches('s').to_owned()),
                (None, None) => {}
            }
        }
    }
    report.changes = found
        .into_iter()
        .map(|((object, how, what), places)| Change { object, how, what, places: places.into_iter().collect() })
        .collect();
    Ok(report)
}

impl Report {
    /// A line for each difference.
    pub fn text(&self) -> String {
        let same: Vec<String> = self.same.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        let mut out = format!("same: {}\n", if same.is_empty() { "nothing".to_owned() } else { same.join(", ") });
        let mut table = TabWriter::new(3);
        for change in &self.changes {
            let place = match change.places.as_slice() {
                [only] => only.clone(),
                [first, rest @ ..] => format!("{first} and {} more", rest.len()),
                [] => String::new(),
            };
            table.row([&*change.object, change.how, &*place, &*change.what]);
        }
        out.push_str(&table.finish());
        out
    }
}

/// A resource of one dump.
enum Resource<'a> {
    Raw(&'a RawValue),
    Tree(Json<'a>),
}

impl<'a> Resource<'a> {
    fn text(&self) -> Cow<'a, str> {
        match self {
            Resource::Raw(raw) => Cow::Borrowed(raw.get()),
            Resource::Tree(json) => Cow::Owned(format!("{json:?}")),
        }
    }

    fn decoded(&self, kind: &str) -> Result<Value<'a>, DumpError> {
        let unreadable = |reason: String| DumpError::Unreadable(reason);
        let json = match self {
            Resource::Raw(raw) => serde_json::from_str(raw.get()).map_err(|error| unreadable(error.to_string()))?,
            Resource::Tree(json) => json.clone(),
        };
        let message = match kind {
            "clusters" => CLUSTER,
            "listeners" => LISTENER,
            "routes" => ROUTE,
            "endpoints" => "envoy.config.endpoint.v3.ClusterLoadAssignment",
            _ => "envoy.admin.v3.SecretsConfigDump.DynamicSecret",
        };
        Decoder::default().content(json, message).map_err(|error| unreadable(error.to_string()))
    }
}

#[derive(serde::Deserialize)]
struct Named<'a> {
    #[serde(default, borrow)]
    name: Text<'a>,
    #[serde(default, borrow, alias = "clusterName")]
    cluster_name: Text<'a>,
}

/// The resources of a kind by name. A section that is missing has none.
fn resources<'a>(dump: &'a [u8], kind: &str) -> Result<BTreeMap<String, Resource<'a>>, DumpError> {
    let raws: Result<Vec<&RawValue>, DumpError> = match kind {
        "clusters" => section::<Clusters<&RawValue>>(dump).map(Clusters::into_resources),
        "listeners" => section::<Listeners<&RawValue>>(dump).map(Listeners::into_resources),
        "routes" => section::<Routes<&RawValue>>(dump).map(Routes::into_resources),
        "endpoints" => section::<Endpoints<&RawValue>>(dump).map(Endpoints::into_resources),
        _ => return secrets(dump),
    };
    let raws = match raws {
        Err(DumpError::Missing(_)) => Vec::new(),
        raws => raws?,
    };
    let mut found = BTreeMap::new();
    for (head, raw) in canonical::viewed::<Named>(dump, raws)? {
        let name = if head.name.is_empty() { head.cluster_name } else { head.name };
        found.insert(name.to_string(), Resource::Raw(raw));
    }
    Ok(found)
}

fn secrets(dump: &[u8]) -> Result<BTreeMap<String, Resource<'_>>, DumpError> {
    let json: Json = match section::<Tree<Secrets>>(dump) {
        Ok(tree) => tree.into(),
        Err(DumpError::Missing(_)) => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    let mut found = BTreeMap::new();
    let active = json.get("dynamic_active_secrets").or_else(|| json.get("dynamicActiveSecrets"));
    if let Some(Json::List(items)) = active {
        for item in items {
            let Json::Object(entries) = item else { continue };
            // When a secret was loaded says nothing about it.
            let kept = entries
                .iter()
                .filter(|(key, _)| !matches!(&**key, "last_updated" | "lastUpdated" | "version_info" | "versionInfo"));
            let entry = Json::Object(kept.cloned().collect());
            let name = entry.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
            found.insert(name, Resource::Tree(entry));
        }
    }
    Ok(found)
}

fn origin(value: &Value) -> Option<String> {
    let path = value.text(&["metadata", "filterMetadata", "istio", "config"]);
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        [_, _, _, _, _, namespace, kind, name] => Some(format!("{kind} {namespace}/{name}")),
        _ => None,
    }
}

/// Lists whose order means nothing.
const UNORDERED: [&str; 7] = [
    "domains",
    "serverNames",
    "matchTypedSubjectAltNames",
    "cipherSuites",
    "lbEndpoints",
    "prefixRanges",
    "applicationProtocols",
];

/// The smallest changed nodes, each with the Istio object nearest to it.
fn differences(a: &Value, b: &Value, path: &str, object: &str, found: &mut Vec<(String, String)>) {
    if a == b {
        return;
    }
    let object = &origin(b).or_else(|| origin(a)).unwrap_or_else(|| object.to_owned());
    match (a, b) {
        (Value::Object(_) | Value::Struct(_), Value::Object(_) | Value::Struct(_)) => {
            let keys: BTreeSet<&str> = a.entries().iter().chain(b.entries()).map(|(key, _)| &**key).collect();
            for key in keys {
                let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => differences(a, b, &path, object, found),
                    (Some(a), None) => found.push((object.clone(), format!("{path}: {} → absent", short(a)))),
                    (None, Some(b)) => found.push((object.clone(), format!("{path}: absent → {}", short(b)))),
                    (None, None) => {}
                }
            }
        }
        (Value::List(a), Value::List(b)) => lists(a, b, path, object, found),
        _ => found.push((object.clone(), format!("{path}: {} → {}", short(a), short(b)))),
    }
}

fn lists(a: &[Value], b: &[Value], path: &str, object: &str, found: &mut Vec<(String, String)>) {
    let field = path.rsplit('.').next().unwrap_or_default();
    let unordered = UNORDERED.contains(&field);
    let keyed = |list: &[Value]| -> Vec<String> {
        let mut seen: HashMap<String, usize> = HashMap::new();
        let key = |item: &Value| {
            let key = identity(item, unordered);
            let count = seen.entry(key.clone()).or_default();
            *count += 1;
            if *count > 1 { format!("{key}#{count}") } else { key }
        };
        list.iter().map(key).collect()
    };
    let (left, right) = (keyed(a), keyed(b));
    if left.iter().all(String::is_empty) && right.iter().all(String::is_empty) && a.len() == b.len() {
        for (place, (a, b)) in a.iter().zip(b).enumerate() {
            differences(a, b, &format!("{path}[{place}]"), object, found);
        }
        return;
    }
    let place_in = |keys: &[String], key: &str| keys.iter().position(|known| known == key);
    for (key, item) in left.iter().zip(a) {
        match place_in(&right, key).and_then(|place| b.get(place)) {
            Some(other) => differences(item, other, &format!("{path}[{}]", label(key)), object, found),
            None => found
                .push((origin(item).unwrap_or_else(|| object.to_owned()), format!("{path}[{}]: only A", label(key)))),
        }
    }
    for (key, item) in right.iter().zip(b) {
        if place_in(&left, key).is_none() {
            found.push((origin(item).unwrap_or_else(|| object.to_owned()), format!("{path}[{}]: only B", label(key))));
        }
    }
    if !unordered {
        let common = |keys: &[String], others: &[String]| -> Vec<String> {
            keys.iter().filter(|key| others.contains(key)).cloned().collect()
        };
        let (before, after) = (common(&left, &right), common(&right, &left));
        if let Some((place, key)) = after.iter().enumerate().find(|(place, key)| before.get(*place) != Some(key)) {
            let old = place_in(&before, key).unwrap_or(0);
            found.push((
                object.to_owned(),
                format!("{path}[{}]: moved from place {} to {}", label(key), old + 1, place + 1),
            ));
        }
    }
}

/// What an item of a list is paired by: its name, its address, its match, or itself where order means nothing.
fn identity(item: &Value, whole: bool) -> String {
    if let Some(name) = item.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()) {
        return name.to_owned();
    }
    let parts =
        [item.at(&["endpoint", "address"]), item.get("locality"), item.get("match"), item.get("filterChainMatch")];
    match parts.into_iter().flatten().next() {
        Some(part) => compact(part),
        None if whole || !matches!(item, Value::Object(_)) => compact(item),
        None => String::new(),
    }
}

fn label(key: &str) -> String {
    shortened(key, 60)
}

fn short(value: &Value) -> String {
    shortened(&compact(value), 80)
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let head: String = text.chars().take(most).collect();
    format!("{head}…")
}

/// A change between the two proxies' own addresses.
fn is_personal(what: &str, a: &[u8], b: &[u8]) -> bool {
    let ips = (own_ip(a), own_ip(b));
    match ips {
        (Some(a), Some(b)) if a != b => what.split_once(" → ").is_some_and(|(before, after)| {
            let before = before.rsplit(": ").next().unwrap_or_default();
            before.contains(a) && before.replace(a, b) == after
        }),
        _ => false,
    }
}

/// The proxy's address, out of its node's name `sidecar~IP~…` in the dump.
fn own_ip(dump: &[u8]) -> Option<&str> {
    let place = ["\"sidecar~", "\"router~"]
        .iter()
        .find_map(|mark| memchr::memmem::find(dump, mark.as_bytes()).map(|place| place + mark.len()))?;
    let rest = std::str::from_utf8(dump.get(place..)?.get(..64)?).ok()?;
    rest.split('~').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dump(clusters: &str) -> String {
        format!(
            r#"{{"configs":[{{"@type":"type.googleapis.com/envoy.admin.v3.ClustersConfigDump","static_clusters":[{clusters}]}}]}}"#
        )
    }

    #[test]
    fn causes_are_told_once_with_their_places() {
        let cluster = |name: &str, limit: u32| {
            format!(
                r#"{{"cluster":{{"name":"{name}","connect_timeout":"1s","circuit_breakers":{{"thresholds":[{{"max_connections":{limit}}}]}},
                "metadata":{{"filter_metadata":{{"istio":{{"config":"/apis/networking.istio.io/v1/namespaces/n/destination-rule/d"}}}}}}}}}}"#
            )
        };
        let a = dump(&[cluster("x", 10), cluster("y", 10), cluster("z", 1)].join(","));
        let b = dump(&[cluster("x", 100), cluster("y", 100), cluster("z", 1).replace("1s", "1.0s")].join(","));
        let report = compare(a.as_bytes(), b.as_bytes(), &Options::default()).expect("dumps");
        let wanted = Change {
            object: "destination-rule n/d".to_owned(),
            how: "changed",
            what: "circuitBreakers.thresholds[0].maxConnections: 10 → 100".to_owned(),
            places: vec!["cluster x".to_owned(), "cluster y".to_owned()],
        };
        assert_eq!(report, Report { same: [("clusters", 1)].into(), changes: vec![wanted] });
    }

    #[test]
    fn what_one_side_lacks_is_told() {
        let (a, b) = (dump(r#"{"cluster":{"name":"x"}}"#), dump(r#"{"cluster":{"name":"y"}}"#));
        let report = compare(a.as_bytes(), b.as_bytes(), &Options::default()).expect("dumps");
        let told: Vec<(&str, &str)> = report.changes.iter().map(|one| (one.how, one.places[0].as_str())).collect();
        assert_eq!(told, [("only A", "cluster x"), ("only B", "cluster y")]);
    }
}
