//! Mutual TLS of a pod: the PeerAuthentications that apply, and what they add up to.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{list, selects, text};

/// The lines of the effective and the applied policies: `root` are those of the mesh's namespace, `own` of the pod's.
pub fn lines(pod: &Value, root: &[Value], own: &[Value]) -> String {
    let labels = &pod["metadata"]["labels"];
    let in_root = root.iter().any(|policy| text(policy, "/metadata/namespace") == text(pod, "/metadata/namespace"));
    let own = if in_root { &[][..] } else { own };
    let selector = |policy: &&Value| {
        policy
            .pointer("/spec/selector/matchLabels")
            .filter(|labels| labels.as_object().is_some_and(|labels| !labels.is_empty()))
            .cloned()
    };
    let applies = |policy: &&Value| selector(policy).is_none_or(|selector| selects(&selector, labels));
    let of_mesh = root.iter().filter(|policy| if in_root { applies(policy) } else { selector(policy).is_none() });
    let applied: Vec<&Value> = of_mesh.chain(own.iter().filter(applies)).collect();
    let mut mode = "PERMISSIVE";
    let mut ports: BTreeMap<i64, &str> = BTreeMap::new();
    // General ones first, so that the more specific win.
    let (general, specific): (Vec<&&Value>, Vec<&&Value>) =
        applied.iter().partition(|policy| selector(policy).is_none());
    for policy in general.into_iter().chain(specific) {
        match text(policy, "/spec/mtls/mode") {
            "" | "UNSET" => {}
            set => mode = set,
        }
        for (port, settings) in policy.pointer("/spec/portLevelMtls").and_then(Value::as_object).into_iter().flatten() {
            if let (Ok(port), Some(set)) = (port.parse(), settings["mode"].as_str()) {
                ports.insert(port, set);
            }
        }
    }
    let mut out = format!("Effective PeerAuthentication:\n   Workload mTLS mode: {mode}\n");
    if !ports.is_empty() {
        out.push_str("   Port Level mTLS mode:\n");
        ports.iter().for_each(|(port, mode)| out.push_str(&format!("      {port}: {mode}\n")));
    }
    if !applied.is_empty() {
        let name =
            |policy: &&Value| format!("{}.{}", text(policy, "/metadata/name"), text(policy, "/metadata/namespace"));
        out.push_str(&format!(
            "Applied PeerAuthentication:\n   {}\n",
            applied.iter().map(name).collect::<Vec<_>>().join(", ")
        ));
    }
    out
}

/// The namespace of policies for the whole mesh, out of the mesh's ConfigMap.
pub fn root_namespace(config_map: Option<&Value>, istio_namespace: &str) -> String {
    let mesh = config_map.and_then(|map| map["data"]["mesh"].as_str());
    let mesh = mesh.and_then(|text| crate::yaml::from_str(text).ok()).unwrap_or_default();
    match mesh["rootNamespace"].as_str() {
        Some(namespace) if !namespace.is_empty() => namespace.to_owned(),
        _ => istio_namespace.to_owned(),
    }
}

/// Where an ingress gateway can be reached: its service's load balancer, else the pod's host.
pub fn ingress_addresses(service: &Value, pod: &Value) -> Vec<String> {
    let balancer = list(service, "/status/loadBalancer/ingress").first();
    let ip = balancer.map(|one| text(one, "/ip")).filter(|ip| !ip.is_empty());
    let host = Some(text(pod, "/status/hostIP")).filter(|ip| !ip.is_empty());
    let ip = ip.or(host).unwrap_or("unknown");
    let ports = list(service, "/spec/ports").iter().filter(|port| matches!(text(port, "/protocol"), "" | "TCP"));
    let http = ports.filter(|port| matches!(text(port, "/name"), "http" | "http2"));
    http.map(|port| match port["port"].as_i64() {
        Some(80) | None => format!("http://{ip}"),
        Some(port) => format!("http://{ip}:{port}"),
    })
    .collect()
}
