//! Which protocol a service port says it carries.

use super::view::View;

const KNOWN: &[&str] =
    &["tcp", "udp", "grpc", "http", "http_proxy", "http2", "https", "tls", "mongo", "redis", "mysql"];
const KUBERNETES: &[&str] = &["kubernetes.io/h2c", "kubernetes.io/ws", "kubernetes.io/wss"];
/// Ports of protocols in which the server speaks first; never taken for HTTP.
const WELL_KNOWN_PORTS: &[i64] = &[25, 53, 3306, 27017];

/// The protocol of a Service's port, by `appProtocol`, its name, or its number; `None` if none of them tells.
pub fn of_port(port: View<'_>) -> Option<&'static str> {
    if port.key("protocol").str() == "UDP" {
        return Some("udp");
    }
    let app = port.key("appProtocol");
    let name = if app.is_set() { app.str() } else { port.key("name").str() };
    if app.is_set() && KUBERNETES.contains(&name) {
        return Some(if name == "kubernetes.io/h2c" { "http2" } else { "http" });
    }
    let lower = name.to_ascii_lowercase();
    if lower.starts_with("grpc-web") {
        return Some("grpc-web");
    }
    let prefix = lower.split('-').next().unwrap_or("");
    KNOWN.iter().copied().find(|known| *known == prefix).or_else(|| {
        let number = port.key("port").int().unwrap_or(0);
        WELL_KNOWN_PORTS.contains(&number).then_some("tcp")
    })
}

/// How a sidecar treats the port: as HTTP, as plain bytes, or by looking at the first bytes.
pub fn class(port: View<'_>) -> &'static str {
    match of_port(port) {
        Some("http" | "http2" | "http_proxy" | "grpc" | "grpc-web") => "HTTP",
        Some("udp") => "UDP",
        Some(_) => "TCP",
        None => "detected",
    }
}
