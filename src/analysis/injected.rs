//! Whether a workload is part of the mesh.

use super::kind::Kind;
use super::snapshot::Snapshot;
use super::view::View;
use super::workloads::Workload;

pub const INJECT: &str = "sidecar.istio.io/inject";

/// Labelled as part of the control plane or of an old installation.
pub fn is_control_plane(labels: View<'_>) -> bool {
    labels.key("istio").is_set() || labels.key("release").str() == "istio"
}

/// Whether the pod has, or will have, a sidecar.
///
/// Init containers count for pods and not for the templates of Deployments.
pub fn in_mesh(snapshot: &Snapshot<'_>, workload: &Workload<'_>) -> bool {
    if has_proxy(workload) {
        return true;
    }
    if let Some(value) = workload.label(INJECT).or_else(|| workload.annotation(INJECT)) {
        return value == "true";
    }
    namespace_injects(snapshot, workload)
}

fn has_proxy(workload: &Workload<'_>) -> bool {
    let named = |container: &View<'_>| container.key("name").str() == "istio-proxy";
    let first = if workload.kind == Kind::Pod {
        workload.containers().chain(workload.init_containers()).find(named)
    } else {
        workload.containers().find(named)
    };
    first.is_some_and(|container| !container.key("image").str().is_empty())
}

fn namespace_injects(snapshot: &Snapshot<'_>, workload: &Workload<'_>) -> bool {
    let Some(namespace) = snapshot.find(Kind::Namespace, "", workload.namespace) else { return false };
    let chosen = namespace.label("istio-injection");
    if chosen == "enabled" {
        return true;
    }
    !snapshot.is_reference()
        && chosen.is_empty()
        && (workload.label("istio.io/rev").is_some() || !namespace.label("istio.io/rev").is_empty())
}

/// Captured by ztunnel: annotated so once it runs, or in a namespace that is labelled so.
pub fn is_ambient_pod(workload: &Workload<'_>) -> bool {
    workload.annotation("ambient.istio.io/redirection") == Some("enabled")
}

/// Whether the namespace's workloads join the ambient mesh.
pub fn is_ambient_namespace(labels: View<'_>) -> bool {
    labels.key("istio.io/dataplane-mode").str() == "ambient"
        && labels.key("istio-injection").str() != "enabled"
        && labels.key("istio.io/rev").str().is_empty()
}
