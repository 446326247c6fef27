//! The service itself: its ports, what protocol Istio takes each for, and the Istio objects that shape it in a proxy.

use serde::Serialize;
use serde_json::Value;

use super::destination_rule::DestinationRule;
use super::proxy::ServicePort;
use super::virtual_service::VirtualService;
use super::{ObjectName, Referred, list_at, text_at};
use crate::inspect::authz::RuleName;

/// A service.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Service {
    #[serde(flatten)]
    pub name: ObjectName,
    /// Its TCP ports; Istio looks at no others.
    pub ports: Vec<Port>,
    /// What the proxy allows and denies, whatever the port.
    pub rbac_policies: Vec<RbacPolicy>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Port {
    /// Empty where it has none.
    pub name: String,
    pub port: i64,
    pub protocol: String,
    /// The pod's port behind it; nothing where no container has a port of that name.
    pub target_port: Option<i64>,
    pub target_port_name: Option<String>,
    /// Nothing where the proxy was not asked.
    #[serde(flatten)]
    pub shape: Option<Shape>,
}

/// The Istio objects that shaped what a proxy knows of a port.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shape {
    pub destination_rule: Option<Referred<DestinationRule>>,
    pub virtual_service: Option<Referred<VirtualService>>,
}

/// A policy of an RBAC filter, and the rule that it was made from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RbacPolicy {
    pub key: String,
    /// Nothing where no AuthorizationPolicy made it.
    #[serde(flatten)]
    pub rule: Option<RuleName>,
}

impl From<String> for RbacPolicy {
    fn from(key: String) -> Self {
        RbacPolicy { rule: RuleName::parse(&key), key }
    }
}

impl Service {
    /// Reads a service; `pod` tells what named target ports are.
    pub fn of(service: &Value, pod: &Value) -> Self {
        Service {
            name: ObjectName::of(service),
            ports: tcp_ports(service).map(|port| Port::of(port, pod)).collect(),
            rbac_policies: Vec::new(),
        }
    }

    /// What proxies call a port of it.
    pub fn in_proxies(&self, port: &Port) -> ServicePort {
        let ObjectName { name, namespace } = &self.name;
        ServicePort { host: format!("{name}.{namespace}.svc.cluster.local"), port: port.port }
    }
}

impl Port {
    fn of(port: &Value, pod: &Value) -> Self {
        let (target_port, target_port_name) = target(port, pod);
        Port {
            name: text_at(port, "/name").to_owned(),
            port: port["port"].as_i64().unwrap_or_default(),
            protocol: protocol(port).to_owned(),
            target_port,
            target_port_name,
            shape: None,
        }
    }
}

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

/// The ports that Istio looks at.
fn tcp_ports(service: &Value) -> impl Iterator<Item = &Value> {
    list_at(service, "/spec/ports").iter().filter(|port| matches!(text_at(port, "/protocol"), "" | "TCP"))
}

fn protocol(port: &Value) -> &str {
    let (name, declared) = (text_at(port, "/name"), text_at(port, "/appProtocol"));
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

/// The pod's port behind a port of the service, and its name if it is given by one.
fn target(port: &Value, pod: &Value) -> (Option<i64>, Option<String>) {
    let same = port["port"].as_i64().or(Some(0));
    match &port["targetPort"] {
        Value::Number(number) => (number.as_i64().filter(|number| *number != 0).or(same), None),
        Value::String(name) => {
            let mut ports = list_at(pod, "/spec/containers").iter().flat_map(|container| list_at(container, "/ports"));
            let found = ports.find(|port| port["name"] == **name).and_then(|port| port["containerPort"].as_i64());
            (found, Some(name.clone()))
        }
        _ => (same, None),
    }
}
