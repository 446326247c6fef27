//! Taking back what injection added to a pod, from what injection recorded in it.

use serde_json::{Map, Value, json};

use super::annotations::{NETWORK_LABEL, OVERRIDES, REWRITE_PROBES, STATUS};
use super::customise::{list_mut, name_of};

const ANNOTATIONS: &[&str] = &[
    "istio.io/rev",
    "kubectl.kubernetes.io/default-container",
    "kubectl.kubernetes.io/default-logs-container",
    STATUS,
    OVERRIDES,
];
/// What a default installation sets where the CNI plugin redirects traffic; other values were somebody's choice.
const REDIRECTION: &[(&str, &str)] = &[
    ("sidecar.istio.io/interceptionMode", "REDIRECT"),
    ("traffic.sidecar.istio.io/excludeInboundPorts", "15020"),
    ("traffic.sidecar.istio.io/includeInboundPorts", "*"),
    ("traffic.sidecar.istio.io/includeOutboundIPRanges", "*"),
];
/// The network that the CNI plugin is attached as, and the annotation it is listed in.
const NETWORKS: &str = "k8s.v1.cni.cncf.io/networks";
const CNI_NETWORK: &str = "default/istio-cni";
/// Volumes and containers of the templates that leave the application's probes alone.
const PROXYLESS: &[&str] = &["istio-xds", "grpc-io-proxyless-bootstrap"];
/// Recorded on the proxy, and needed to give the application's own settings back.
const PROBERS: &str = "ISTIO_KUBE_APP_PROBERS";
const PROMETHEUS: &str = "ISTIO_PROMETHEUS_ANNOTATIONS";

/// Removes injection from a pod (`metadata` and `spec`). False when the pod has none.
pub fn remove(pod: &mut Value) -> bool {
    let annotation = |pod: &Value, name: &str| {
        pod.get("metadata").and_then(|metadata| metadata.get("annotations")?.get(name)?.as_str()).map(str::to_string)
    };
    let Some(status) = annotation(pod, STATUS).and_then(|text| serde_json::from_str::<Value>(&text).ok()) else {
        return false;
    };
    let overrides: Value =
        annotation(pod, OVERRIDES).and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    let (probers, prometheus) = (recorded(pod, PROBERS), recorded(pod, PROMETHEUS));
    let added = Added {
        prometheus,
        redirection: names(&status, "initContainers").any(|name| name == "istio-validation"),
        proxyless: names(&status, "volumes").any(|name| PROXYLESS.contains(&name)),
    };
    let gateway = is_gateway(pod);
    for list in ["initContainers", "containers", "volumes", "imagePullSecrets"] {
        let names: Vec<&str> = names(&status, list).collect();
        let Some(items) = list_mut(pod, list) else { continue };
        items.retain(|item| !names.contains(&name_of(item)));
        if items.is_empty()
            && list != "containers"
            && let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut)
        {
            spec.shift_remove(list);
        }
    }
    for list in ["containers", "initContainers"] {
        for own in overrides.get(list).and_then(Value::as_array).into_iter().flatten() {
            let mut own = own.clone();
            if let Some(fields) = own.as_object_mut()
                && !fields.contains_key("image")
            {
                fields.insert("image".to_string(), Value::from("auto"));
            }
            if let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut)
                && let Value::Array(items) = spec.entry(list).or_insert_with(|| Value::Array(Vec::new()))
            {
                items.push(own);
            }
        }
    }
    for (path, prober) in probers.iter().flatten() {
        restore_handler(pod, path, prober);
    }
    if gateway {
        close_low_ports(pod);
    }
    clean_metadata(pod, added);
    true
}

/// What injection added to the metadata besides what it always adds.
struct Added {
    /// The user's own annotations for Prometheus.
    prometheus: Option<Map<String, Value>>,
    redirection: bool,
    proxyless: bool,
}

fn names<'s>(status: &'s Value, list: &str) -> impl Iterator<Item = &'s str> {
    status.get(list).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// Whether the proxy is a gateway, whose pod was opened for low ports.
fn is_gateway(pod: &Value) -> bool {
    let containers = pod.get("spec").and_then(|spec| spec.get("containers")?.as_array());
    let proxy = containers.into_iter().flatten().find(|container| name_of(container) == "istio-proxy");
    let args = proxy.and_then(|proxy| proxy.get("args")?.as_array());
    args.is_some_and(|args| args.iter().any(|arg| arg == "router"))
}

fn close_low_ports(pod: &mut Value) {
    let opened = json!([{"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"}]);
    let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) else { return };
    let Some(Value::Object(context)) = spec.get_mut("securityContext") else { return };
    if context.get("sysctls") == Some(&opened) {
        context.shift_remove("sysctls");
    }
    if context.is_empty() {
        spec.shift_remove("securityContext");
    }
}

/// JSON that injection left in a variable of the proxy.
fn recorded(pod: &Value, variable: &str) -> Option<Map<String, Value>> {
    let spec = pod.get("spec")?;
    let proxy = ["containers", "initContainers"]
        .iter()
        .find_map(|list| spec.get(list)?.as_array()?.iter().find(|container| name_of(container) == "istio-proxy"))?;
    let entry = proxy.get("env")?.as_array()?.iter().find(|entry| name_of(entry) == variable)?;
    serde_json::from_str(entry.get("value")?.as_str()?).ok()
}

/// Gives a probe or lifecycle handler back what the agent was told to do in its place.
fn restore_handler(pod: &mut Value, path: &str, prober: &Value) {
    let mut parts = path.trim_start_matches('/').split('/');
    let (Some(_), Some(name), Some(end)) = (parts.next(), parts.next(), parts.next()) else { return };
    let place: &[&str] = match end {
        "readyz" => &["readinessProbe"],
        "livez" => &["livenessProbe"],
        "startupz" => &["startupProbe"],
        "prestopz" => &["lifecycle", "preStop"],
        "poststartz" => &["lifecycle", "postStart"],
        _ => return,
    };
    for list in ["containers", "initContainers"] {
        for container in list_mut(pod, list).into_iter().flatten().filter(|container| name_of(container) == name) {
            let handler = place.iter().try_fold(container, |value, key| value.get_mut(*key));
            let Some(Value::Object(handler)) = handler else { continue };
            handler.shift_remove("httpGet");
            for kind in ["httpGet", "tcpSocket", "grpc"] {
                if let Some(action) = prober.get(kind) {
                    handler.insert(kind.to_string(), action.clone());
                }
            }
        }
    }
}

fn clean_metadata(pod: &mut Value, added: Added) {
    let first = pod
        .get("spec")
        .and_then(|spec| spec.get("containers")?.as_array()?.iter().find(|item| name_of(item) != "istio-proxy"))
        .map(|container| name_of(container).to_string());
    let Some(metadata) = pod.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
        let scraped = scrapes_agent(annotations);
        annotations.retain(|key, value| {
            // A default container that is not the first one was chosen by the user.
            let chosen = key.starts_with("kubectl.") && value.as_str() != first.as_deref();
            let always = ANNOTATIONS.contains(&key.as_str()) && !chosen;
            let redirected = added.redirection && REDIRECTION.iter().any(|(name, set)| key == name && value == set);
            let unprobed = added.proxyless && key == REWRITE_PROBES && value == "false";
            let merged = scraped && key.starts_with("prometheus.io/");
            !(always || redirected || unprobed || merged)
        });
        if added.redirection {
            leave_network(annotations);
        }
        for (part, value) in added.prometheus.into_iter().flatten() {
            if value.as_str().is_some_and(|text| !text.is_empty()) {
                annotations.insert(format!("prometheus.io/{part}"), value);
            }
        }
    }
    if let Some(Value::Object(labels)) = metadata.get_mut("labels") {
        let own = labels.clone();
        labels.retain(|key, value| !set_by_injection(key, value.as_str().unwrap_or_default(), &own));
    }
    for map in ["annotations", "labels"] {
        if metadata.get(map).and_then(Value::as_object).is_some_and(Map::is_empty) {
            metadata.shift_remove(map);
        }
    }
}

/// Whether Prometheus is sent to the agent, as injection does it.
fn scrapes_agent(annotations: &Map<String, Value>) -> bool {
    let of = |part: &str| annotations.get(&format!("prometheus.io/{part}")).and_then(Value::as_str).unwrap_or_default();
    of("path") == "/stats/prometheus" && of("scrape") == "true" && of("port").parse::<u16>().is_ok()
}

fn leave_network(annotations: &mut Map<String, Value>) {
    let Some(networks) = annotations.get(NETWORKS).and_then(Value::as_str) else { return };
    if networks == CNI_NETWORK {
        annotations.shift_remove(NETWORKS);
    } else if let Some(own) = networks.strip_suffix(CNI_NETWORK).and_then(|own| own.strip_suffix(", ")) {
        annotations.insert(NETWORKS.to_string(), Value::from(own));
    }
}

/// Whether a label has the value that injection gives it on its own; another one was the user's.
fn set_by_injection(key: &str, value: &str, labels: &Map<String, Value>) -> bool {
    let first =
        |names: &[&str]| names.iter().filter_map(|name| labels.get(*name)?.as_str()).find(|value| !value.is_empty());
    match key {
        "security.istio.io/tlsMode" => value == "istio",
        "networking.istio.io/tunnel" => value == "http",
        "service.istio.io/canonical-name" => {
            first(&["app.kubernetes.io/name", "app"]).is_none_or(|name| name == value || name.starts_with(value))
        }
        "service.istio.io/canonical-revision" => {
            value == first(&["app.kubernetes.io/version", "version"]).unwrap_or("latest")
        }
        _ => key == NETWORK_LABEL,
    }
}
