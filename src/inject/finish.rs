//! What follows the templates, in this order: cluster variables, Prometheus, probes, labels and status, container order.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::annotations::{MERGE_METRICS, NETWORK_LABEL, REWRITE_PROBES, STATUS, parse_bool};
use super::customise::{annotations_mut, list_mut, metadata_map_mut, name_of, set_annotation};
use super::overlay::{Added, containers, is_named};
use super::probes;
use super::types::decode::go_json;

/// What finishing needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Finish<'f> {
    pub added: &'f Added,
    pub prometheus_merge: bool,
    /// The agent's port in the mesh's default proxy configuration.
    pub status_port: i64,
    /// The application starts after the proxy.
    pub hold: bool,
    pub rewrite_probes: bool,
    pub environment: &'f BTreeMap<String, String>,
    pub revision: &'f str,
    pub injected_annotations: Option<&'f BTreeMap<String, String>>,
}

/// The pod after everything that follows the templates.
pub fn finish(mut pod: Value, finish: &Finish) -> Value {
    set_cluster_environment(&mut pod, finish.environment);
    merge_prometheus(&mut pod, finish);
    if sidecar_mut(&mut pod).is_some() && rewrites_probes(&pod, finish) {
        probes::redirect(&mut pod, finish.status_port);
    }
    set_metadata(&mut pod, finish);
    order_containers(&mut pod, finish.hold);
    pod
}

/// The container `istio-proxy`, wherever it is.
pub(super) fn sidecar_mut(pod: &mut Value) -> Option<&mut Value> {
    let list = ["containers", "initContainers"]
        .into_iter()
        .find(|list| containers(pod, list).iter().any(|item| is_named(item, "istio-proxy")))?;
    list_mut(pod, list)?.iter_mut().find(|item| is_named(item, "istio-proxy"))
}

pub(super) fn env_mut(container: &mut Value) -> Option<&mut Vec<Value>> {
    container.as_object_mut()?.entry("env").or_insert_with(|| json!([])).as_array_mut()
}

fn set_cluster_environment(pod: &mut Value, environment: &BTreeMap<String, String>) {
    if environment.is_empty() {
        return;
    }
    let Some(env) = sidecar_mut(pod).and_then(env_mut) else { return };
    env.retain(|entry| !environment.contains_key(name_of(entry)));
    env.extend(environment.iter().map(|(name, value)| json!({"name": name, "value": value})));
}

/// Whether an annotation is `prometheus.io/PART` in any of the spellings Prometheus takes for the same.
pub(super) fn is_prometheus(key: &str, part: &str) -> bool {
    let Some(rest) = key.strip_suffix(part).and_then(|rest| rest.strip_prefix("prometheus")) else { return false };
    let same = |letter: char| !letter.is_ascii_alphanumeric();
    let mut letters = rest.chars();
    letters.next().is_some_and(same)
        && letters.next() == Some('i')
        && letters.next() == Some('o')
        && letters.next().is_some_and(same)
        && letters.next().is_none()
}

fn merge_prometheus(pod: &mut Value, finish: &Finish) {
    let empty = Map::new();
    let annotations =
        pod.get("metadata").and_then(|metadata| metadata.get("annotations")?.as_object()).unwrap_or(&empty);
    let of = |part: &str| {
        let mut found: Vec<(&String, &str)> = annotations
            .iter()
            .filter(|(key, _)| is_prometheus(key, part))
            .map(|(key, value)| (key, value.as_str().unwrap_or_default()))
            .collect();
        found.sort_unstable();
        found
    };
    let scrape = of("scrape");
    if scrape.iter().find_map(|(_, value)| parse_bool(value)) == Some(false) {
        return;
    }
    let merge = annotations.get(MERGE_METRICS).and_then(Value::as_str).and_then(parse_bool);
    if !merge.unwrap_or(finish.prometheus_merge) {
        return;
    }
    let first = |found: &[(&String, &str)]| found.first().map(|(_, value)| (*value).to_string());
    let (scrape, path, port) = (first(&scrape), first(&of("path")), first(&of("port")));
    let target = finish.status_port.to_string();
    if port.as_deref() == Some(target.as_str()) {
        return;
    }
    if scrape.is_some() || path.is_some() || port.is_some() {
        let original = json!({
            "scrape": scrape.unwrap_or_default(),
            "path": path.unwrap_or_default(),
            "port": port.unwrap_or_default(),
        });
        if let Some(env) = sidecar_mut(pod).and_then(env_mut) {
            env.push(json!({"name": "ISTIO_PROMETHEUS_ANNOTATIONS", "value": go_json(&original)}));
        }
    }
    if let Some(annotations) = annotations_mut(pod) {
        annotations.retain(|key, _| !["scrape", "port", "path"].iter().any(|part| is_prometheus(key, part)));
        for (key, value) in [("port", target.as_str()), ("path", "/stats/prometheus"), ("scrape", "true")] {
            annotations.insert(format!("prometheus.io/{key}"), Value::from(value));
        }
    }
}

fn rewrites_probes(pod: &Value, finish: &Finish) -> bool {
    let asked = pod.get("metadata").and_then(|metadata| metadata.get("annotations")?.get(REWRITE_PROBES)?.as_str());
    asked.and_then(parse_bool).unwrap_or(finish.rewrite_probes)
}

fn set_metadata(pod: &mut Value, finish: &Finish) {
    if let Some(network) = finish.environment.get("ISTIO_META_NETWORK")
        && let Some(labels) = metadata_map_mut(pod, "labels")
    {
        labels.insert(NETWORK_LABEL.to_string(), Value::from(network.as_str()));
    }
    let names = |names: &[String]| if names.is_empty() { Value::Null } else { json!(names) };
    let status = json!({
        "initContainers": names(&finish.added.init_containers),
        "containers": names(&finish.added.containers),
        "volumes": names(&finish.added.volumes),
        "imagePullSecrets": names(&finish.added.image_pull_secrets),
        "revision": if finish.revision.is_empty() { "default" } else { finish.revision },
    });
    set_annotation(pod, STATUS, go_json(&status));
    for (name, value) in finish.injected_annotations.into_iter().flatten() {
        set_annotation(pod, name, value.clone());
    }
}

fn order_containers(pod: &mut Value, hold: bool) {
    if let Some(items) = list_mut(pod, "containers") {
        let place = |item: &Value| match (is_named(item, "istio-proxy"), hold) {
            (false, _) => 1,
            (true, true) => 0,
            (true, false) => 2,
        };
        items.sort_by_key(place);
    }
    let Some(items) = list_mut(pod, "initContainers") else { return };
    let native = items.iter().any(|item| is_named(item, "istio-proxy"));
    let (first, last): (&[&str], &[&str]) = if native {
        (&["istio-init", "istio-validation", "istio-proxy", "enable-core-dump"], &[])
    } else {
        (&["istio-validation"], &["istio-init", "enable-core-dump"])
    };
    let among = |list: &[&str], item: &Value| list.iter().position(|name| is_named(item, name));
    items.sort_by_key(|item| match (among(first, item), among(last, item)) {
        (Some(at), _) => at,
        (None, None) => first.len(),
        (None, Some(at)) => first.len() + 1 + at,
    });
}
