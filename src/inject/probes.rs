//! Probes and lifecycle handlers go through the agent, since the kubelet has no certificate.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::annotations::{STATUS, STATUS_PORT};
use super::customise::{list_mut, name_of};
use super::finish::{env_mut, sidecar_mut};
use super::overlay::is_named;
use super::types::decode::{go_json, in_order};
use super::types::pod::{GRPC, HTTP_GET, TCP_SOCKET};

const PROBERS: &str = "ISTIO_KUBE_APP_PROBERS";

/// Each place of a handler in a container, and the path the agent serves it at.
const PLACES: &[(&[&str], &str, &str)] = &[
    (&["readinessProbe"], "app-health", "readyz"),
    (&["livenessProbe"], "app-health", "livez"),
    (&["startupProbe"], "app-health", "startupz"),
    (&["lifecycle", "preStop"], "app-lifecycle", "prestopz"),
    (&["lifecycle", "postStart"], "app-lifecycle", "poststartz"),
];

/// Sends every HTTP, TCP and gRPC handler to the agent, and tells the agent what to do in its place.
pub fn redirect(pod: &mut Value, mesh_status_port: i64) {
    let own_port = pod.get("metadata").and_then(|metadata| metadata.get("annotations")?.get(STATUS_PORT)?.as_str());
    let status_port = own_port.and_then(|port| port.trim().parse().ok()).unwrap_or(mesh_status_port);
    let mut probers: BTreeMap<String, Value> = BTreeMap::new();
    for list in ["initContainers", "containers"] {
        for container in list_mut(pod, list).into_iter().flatten() {
            if is_named(container, "istio-proxy") {
                continue;
            }
            let ports = container.get("ports").cloned().unwrap_or_default();
            let name = name_of(container).to_string();
            for (path, group, end) in PLACES {
                let Some(handler) = at_mut(container, path) else { continue };
                let key = format!("/{group}/{name}/{end}");
                if let Some(prober) = prober(handler, &ports, mesh_status_port, *group == "app-lifecycle") {
                    probers.insert(key.clone(), prober);
                }
                rewrite(handler, &key, status_port, *group == "app-lifecycle");
            }
        }
    }
    record(pod, probers);
}

fn record(pod: &mut Value, mut probers: BTreeMap<String, Value>) {
    if probers.is_empty() {
        return;
    }
    let injected_before = pod.get("metadata").and_then(|metadata| metadata.get("annotations")?.get(STATUS)).is_some();
    let Some(env) = sidecar_mut(pod).and_then(env_mut) else { return };
    let existing = env.iter_mut().find(|entry| name_of(entry) == PROBERS).filter(|_| injected_before);
    if let Some(entry) = existing {
        let before = entry.get("value").and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok());
        // What cannot be read stays as it is.
        if let Some(Value::Object(before)) = before {
            probers.extend(before);
            *entry = prober_entry(probers);
        }
        return;
    }
    env.push(prober_entry(probers));
}

fn prober_entry(probers: BTreeMap<String, Value>) -> Value {
    json!({"name": PROBERS, "value": go_json(&Value::Object(probers.into_iter().collect()))})
}

/// What the agent has to do for this handler. Resolves a named port in the handler itself on the way.
fn prober(handler: &mut Value, ports: &Value, status_port: i64, lifecycle: bool) -> Option<Value> {
    let mut prober = Map::new();
    if let Some(http) = handler.get_mut("httpGet") {
        resolve_port(http, ports, status_port)?;
        prober.insert("httpGet".to_string(), in_order(http, &HTTP_GET));
    } else if let Some(tcp) = handler.get_mut("tcpSocket") {
        resolve_port(tcp, ports, status_port)?;
        prober.insert("tcpSocket".to_string(), in_order(tcp, &TCP_SOCKET));
    } else if let Some(grpc) = handler.get("grpc").filter(|_| !lifecycle) {
        prober.insert("grpc".to_string(), in_order(grpc, &GRPC));
    } else {
        return None;
    }
    if let Some(timeout) = handler.get("timeoutSeconds").filter(|_| !lifecycle) {
        prober.insert("timeoutSeconds".to_string(), timeout.clone());
    }
    Some(Value::Object(prober))
}

/// Turns a port's name into its number. `None` for an unknown name, or for the agent's own port.
fn resolve_port(action: &mut Value, ports: &Value, status_port: i64) -> Option<()> {
    let port = action.get_mut("port")?;
    if let Some(name) = port.as_str() {
        let number = ports.as_array()?.iter().find(|known| name_of(known) == name)?.get("containerPort")?.clone();
        *port = number;
    }
    (port.as_i64() != Some(status_port)).then_some(())
}

fn rewrite(handler: &mut Value, path: &str, status_port: i64, lifecycle: bool) {
    let Some(fields) = handler.as_object_mut() else { return };
    let mut http = match fields.get("httpGet") {
        Some(Value::Object(http)) => http.clone(),
        _ if fields.contains_key("tcpSocket") || (!lifecycle && fields.contains_key("grpc")) => Map::new(),
        _ => return,
    };
    if http.get("scheme").and_then(Value::as_str).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")) {
        http.insert("scheme".to_string(), Value::from("HTTP"));
    }
    http.insert("path".to_string(), Value::from(path));
    http.insert("port".to_string(), Value::from(status_port));
    fields.shift_remove("tcpSocket");
    if !lifecycle {
        fields.shift_remove("grpc");
    }
    fields.insert("httpGet".to_string(), Value::Object(http));
}

fn at_mut<'c>(container: &'c mut Value, path: &[&str]) -> Option<&'c mut Value> {
    path.iter().try_fold(container, |value, key| value.get_mut(*key))
}
