//! The test cluster itself: if this fails, look here before looking at what runs on it.

mod support;

use std::time::Duration;

use serde_json::json;
use support::control_plane::{ControlPlane, wait};

#[test]
fn deployments_become_ready_on_simulated_nodes() {
    let Some(plane) = ControlPlane::start() else { return };
    plane.apply(&json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "example.invalid/web"}]},
            },
        },
    }));
    wait("both replicas are ready", Duration::from_secs(60), || {
        let deployment = plane.get("apps/v1", "Deployment", Some("default"), "web").unwrap_or_default();
        deployment["status"]["readyReplicas"] == 2
    });
}
