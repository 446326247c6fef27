//! Objects that the tool makes: the mesh configuration as an object to report on, and the default ingress gateway.

use super::input::Source;
use super::snapshot::Settings;

/// The name that references to the default ingress gateway carry.
const INGRESS: &str = "internal-ingress";

/// The synthetic objects; the ingress gateway, by the name of its Service, only where nothing real is at hand.
pub fn sources(settings: &Settings, ingress: Option<&str>) -> Vec<Source> {
    let namespace = &settings.istio_namespace;
    let synthetic = |kind: &str, name: &str| {
        format!("apiVersion: synthetic/v1\nkind: {kind}\nmetadata: {{name: {name}, namespace: {namespace}}}\n")
    };
    let mesh = format!("{}---\n{}", synthetic("MeshConfig", "meshconfig"), synthetic("MeshNetworks", "meshnetworks"));
    let mut sources = vec![Source::builtin("", mesh)];
    if let Some(service) = ingress {
        sources.push(Source::builtin(INGRESS, default_ingress(namespace, service)));
    }
    sources
}

fn default_ingress(namespace: &str, service: &str) -> String {
    let ports = [("http2", 80), ("https", 443), ("tcp", 31400), ("tls", 15443)];
    let ports: String = ports
        .iter()
        .map(|(name, port)| format!("  - {{name: {name}, port: {port}, targetPort: {port}, protocol: TCP}}\n"))
        .collect();
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {service}-dummypod\n  namespace: {namespace}\n  labels: {{istio: ingressgateway}}\nspec:\n  containers:\n  - name: istio-proxy\n---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {service}\n  namespace: {namespace}\nspec:\n  selector: {{istio: ingressgateway}}\n  ports:\n{ports}"
    )
}
