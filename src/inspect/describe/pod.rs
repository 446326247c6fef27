//! The pod itself: ports, readiness, whether it is in the mesh.

use serde_json::Value;

use super::{list, shown_name, text};

const PROXY: &str = "istio-proxy";
const RESERVED: &str = "WARNING: User ID (UID) 1337 is reserved for the sidecar proxy.\n";

/// The lines of a pod, and whether what follows makes sense: it runs and has a proxy (or that is to be ignored).
pub fn lines(pod: &Value, current: &str, ignore_unmeshed: bool) -> (String, bool) {
    let name = shown_name(text(pod, "/metadata/name"), text(pod, "/metadata/namespace"), current);
    let mut out = String::new();
    let own = |container: &&Value| !matches!(text(container, "/name"), PROXY | "istio-operator");
    let is_1337 = |object: &Value| object.pointer("/securityContext/runAsUser").and_then(Value::as_i64) == Some(1337);
    for _ in list(pod, "/spec/containers").iter().filter(own).filter(|container| is_1337(container)) {
        out.push_str(RESERVED);
    }
    out.push_str(&format!("Pod: {name}\n   Pod Revision: {}\n", revision(pod)));
    let ports = ports(pod);
    if ports.is_empty() {
        out.push_str("   Pod does not expose ports\n");
    } else {
        out.push_str(&format!("   Pod Ports: {}\n", ports.join(", ")));
    }
    let phase = text(pod, "/status/phase");
    if phase != "Running" {
        out.push_str(&format!("   Pod is not Running ({phase})\n"));
        return (out, false);
    }
    out.push_str(&not_ready(pod, &name));
    if ignore_unmeshed {
        return (out, true);
    }
    if !has_proxy(pod) {
        out.push_str(&format!("WARNING: {name} is not part of mesh; no Istio sidecar\n"));
        return (out, true);
    }
    if is_1337(&pod["spec"]) {
        out.push_str(&format!("   {RESERVED}"));
    }
    let labelled = |names: [&str; 3]| names.iter().any(|label| !pod["metadata"]["labels"][*label].is_null());
    for (names, what) in [
        (["service.istio.io/canonical-name", "app.kubernetes.io/name", "app"], "name"),
        (["service.istio.io/canonical-revision", "app.kubernetes.io/version", "version"], "revision"),
    ] {
        if !labelled(names) {
            out.push_str(&format!(
                "Suggestion: add required service {what} label for Istio telemetry: one of {}.\n",
                names.join(", ")
            ));
        }
    }
    (out, true)
}

/// A line for each container that is not ready; `name` is what the pod is called.
pub fn not_ready(pod: &Value, name: &str) -> String {
    let mut out = String::new();
    for (field, what) in
        [("/status/initContainerStatuses", "Init Container"), ("/status/containerStatuses", "Container")]
    {
        for status in list(pod, field).iter().filter(|status| status["ready"] == false) {
            out.push_str(&format!("WARNING: Pod {name} {what} {} NOT READY\n", text(status, "/name")));
        }
    }
    out
}

/// Whether the pod has a proxy of Istio.
pub fn has_proxy(pod: &Value) -> bool {
    ["/spec/containers", "/spec/initContainers"]
        .iter()
        .any(|field| list(pod, field).iter().any(|one| one["name"] == PROXY))
}

/// By label or annotation, else as injection recorded it.
fn revision(pod: &Value) -> String {
    for place in ["labels", "annotations"] {
        if let Some(revision) = pod["metadata"][place]["istio.io/rev"].as_str() {
            return revision.to_owned();
        }
    }
    let status = pod["metadata"]["annotations"]["sidecar.istio.io/status"].as_str().unwrap_or_default();
    let status: Value = serde_json::from_str(status).unwrap_or_default();
    status["revision"].as_str().unwrap_or_default().to_owned()
}

fn ports(pod: &Value) -> Vec<String> {
    let mut shown = Vec::new();
    for container in ["/spec/containers", "/spec/initContainers"].iter().flat_map(|field| list(pod, field)) {
        for port in list(container, "/ports") {
            let protocol = match text(port, "/protocol") {
                "" | "TCP" => String::new(),
                other => format!("/{other}"),
            };
            shown.push(format!("{}{protocol} ({})", port["containerPort"], text(container, "/name")));
        }
    }
    shown
}
