//! `proxy-config bootstrap -o short`: which versions a proxy runs.

use crate::envoy::value::Value;
use crate::ui::tabwriter::TabWriter;

/// The versions in a canonical bootstrap section.
pub fn versions(section: &Value) -> TabWriter {
    let node = section.at(&["bootstrap", "node"]);
    let metadata = |key: &str| node.map(|node| node.text(&["metadata", key])).unwrap_or_default();
    let mut table = TabWriter::new(1);
    let sha = metadata("ISTIO_PROXY_SHA");
    let sha = sha.split(':').nth(1).unwrap_or(sha);
    for (label, version) in [("Istio Version:", metadata("ISTIO_VERSION")), ("Istio Proxy Version:", sha)] {
        if !version.is_empty() {
            table.row([label, version]);
        }
    }
    table.row(["Envoy Version:", &envoy_version(node)]);
    table
}

/// `1.38.2-dev/Clean/RELEASE/BoringSSL`: as much of it as the build tells.
fn envoy_version(node: Option<&Value>) -> String {
    let build = node.and_then(|node| node.get("userAgentBuildVersion"));
    let number = |part: &str| {
        build.and_then(|build| build.at(&["version", part])).and_then(Value::as_u64).unwrap_or(0).to_string()
    };
    let mut version = ["majorNumber", "minorNumber", "patch"].map(number).join(".");
    for (separator, key) in [('-', "build.label"), ('/', "revision.status"), ('/', "build.type"), ('/', "ssl.version")]
    {
        if let Some(part) = build.and_then(|build| build.at(&["metadata", key])).and_then(Value::as_str) {
            version.push(separator);
            version.push_str(part);
        }
    }
    version
}
