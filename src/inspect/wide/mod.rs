//! The views with `--wide`: what a table leaves out because scripts count its columns.

pub mod clusters;
pub mod endpoints;
pub mod listeners;
pub mod routes;
pub mod secrets;

use crate::envoy::value::Value;

/// What an empty cell shows.
const NOTHING: &str = "-";

fn or_dash(text: String) -> String {
    if text.is_empty() { NOTHING.to_owned() } else { text }
}

/// How a transport socket protects what it carries; `None` where it does not.
fn protection(socket: Option<&Value>) -> Option<&'static str> {
    let socket = socket?;
    let name = socket.text(&["name"]);
    if name.contains("quic") {
        return Some("quic");
    }
    if name.contains("raw_buffer") || !name.contains("tls") {
        return None;
    }
    let common = socket.at(&["typedConfig", "commonTlsContext"]).unwrap_or(&Value::Null);
    let own = ["tlsCertificateSdsSecretConfigs", "tlsCertificates"].iter().any(|key| !common.list(&[*key]).is_empty());
    let demanded = socket.at(&["typedConfig", "requireClientCertificate"]).and_then(Value::as_bool) == Some(true);
    let upstream = socket.text(&["typedConfig", "@type"]).ends_with("UpstreamTlsContext");
    Some(if (upstream && own) || demanded { "mutual" } else { "simple" })
}
