//! Where a service is exposed by ingress gateways.

use serde::Serialize;
use serde_json::Value;

use super::virtual_service::VirtualService;
use super::{ObjectName, Referred, list_at, text_at};

/// One thing found out about ingress.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Ingress {
    /// No ingress gateway runs.
    NoGatewayPods,
    /// No service leads to the ingress gateway, so the search ended.
    NoGatewayService {
        pod: ObjectName,
    },
    /// The gateway's proxy refers to a VirtualService that is gone.
    MissingVirtualService(ObjectName),
    /// A VirtualService names a Gateway that is not there.
    MissingGateway(ObjectName),
    Exposed(Box<Exposure>),
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Exposure {
    pub gateway: ObjectName,
    /// The pod of the ingress gateway.
    pub pod: ObjectName,
    pub urls: Vec<String>,
    /// The service and its port that are exposed.
    pub host: String,
    pub port: i64,
    pub virtual_service: Referred<VirtualService>,
}

/// Where an ingress gateway can be reached: its service's load balancer, else the pod's host.
pub fn urls(service: &Value, pod: &Value) -> Vec<String> {
    let balancer = list_at(service, "/status/loadBalancer/ingress").first();
    let ip = balancer.map(|one| text_at(one, "/ip")).filter(|ip| !ip.is_empty());
    let host = Some(text_at(pod, "/status/hostIP")).filter(|ip| !ip.is_empty());
    let ip = ip.or(host).unwrap_or("unknown");
    let ports = list_at(service, "/spec/ports").iter().filter(|port| matches!(text_at(port, "/protocol"), "" | "TCP"));
    let http = ports.filter(|port| matches!(text_at(port, "/name"), "http" | "http2"));
    http.map(|port| match port["port"].as_i64() {
        Some(80) | None => format!("http://{ip}"),
        Some(port) => format!("http://{ip}:{port}"),
    })
    .collect()
}
