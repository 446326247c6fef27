//! The service itself: its ports, and what protocol Istio takes each for.

use serde_json::Value;

use super::{list, shown_name, text};

/// The protocols that the name of a port may start with, and what they are called.
const PROTOCOLS: [(&str, &str); 13] = [
    ("grpc-web", "GRPC-Web"),
    ("grpc", "GRPC"),
    ("http2", "HTTP2"),
    ("https", "HTTPS"),
    ("http_proxy", "HTTP_PROXY"),
    ("http", "HTTP"),
    ("tcp", "TCP"),
    ("tls", "TLS"),
    ("udp", "UDP"),
    ("mongo", "Mongo"),
    ("redis", "Redis"),
    ("mysql", "MySQL"),
    ("hbone", "HBONE"),
];

/// The service and its TCP ports; `pod` tells what named target ports are.
pub fn lines(service: &Value, pod: &Value, current: &str) -> String {
    let name = shown_name(text(service, "/metadata/name"), text(service, "/metadata/namespace"), current);
    let mut out = format!("Service: {name}\n");
    for port in tcp_ports(service) {
        let label = match text(port, "/name") {
            "" => String::new(),
            name => format!("{name} "),
        };
        out.push_str(&match target(port, pod) {
            Ok(target) => format!("   Port: {label}{}/{} targets pod port {target}\n", port["port"], protocol(port)),
            Err(reason) => format!("   {reason}\n"),
        });
    }
    out
}

/// The ports that Istio looks at.
pub fn tcp_ports(service: &Value) -> impl Iterator<Item = &Value> {
    list(service, "/spec/ports").iter().filter(|port| matches!(text(port, "/protocol"), "" | "TCP"))
}

fn protocol(port: &Value) -> &str {
    let (name, declared) = (text(port, "/name"), text(port, "/appProtocol"));
    let by_prefix = |text: &str| {
        let text = text.to_lowercase();
        let fits = |known: &str| text.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
        PROTOCOLS.iter().find(|(known, _)| fits(known)).map(|(_, shown)| *shown)
    };
    let declared_as = match declared {
        "kubernetes.io/h2c" => Some("HTTP2"),
        "kubernetes.io/ws" | "kubernetes.io/wss" => Some("HTTP"),
        other => PROTOCOLS.iter().find(|(known, _)| *known == other.to_lowercase()).map(|(_, shown)| *shown),
    };
    match (declared, name) {
        ("", "") => "auto-detect",
        ("", name) => by_prefix(name).unwrap_or("UnsupportedProtocol"),
        _ => declared_as.unwrap_or("UnsupportedProtocol"),
    }
}

/// The pod's port behind a port of the service.
fn target(port: &Value, pod: &Value) -> Result<i64, String> {
    match &port["targetPort"] {
        Value::Number(number) => {
            Ok(number.as_i64().filter(|number| *number != 0).or(port["port"].as_i64()).unwrap_or(0))
        }
        Value::String(name) => {
            let mut ports = list(pod, "/spec/containers").iter().flat_map(|container| list(container, "/ports"));
            let found = ports.find(|port| port["name"] == **name).and_then(|port| port["containerPort"].as_i64());
            found.ok_or_else(|| format!("no container of the pod has a port named {name:?}"))
        }
        _ => Ok(port["port"].as_i64().unwrap_or(0)),
    }
}
