//! The admin interface of a pod's proxy: over a port-forward, or where that fails through the agent in its container.

use http::Method;

use super::{Cluster, Error, PodName};
use crate::ui::log;

/// Why a proxy did not answer, in the words that the reference's callers know.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error("cannot reach {pod}: {error}")]
    Pod { pod: PodName, error: Error },
    #[error("the pod is not running but {phase}")]
    NotRunning { phase: String },
    #[error("the proxy answered with status {status}{}", if body.is_empty() { String::new() } else { format!(": {body}") })]
    Status { status: u16, body: String },
    #[error("cannot forward the admin port: {error}{}", if *meshed { "" } else { "; the pod has no proxy container" })]
    Forward {
        error: Error,
        /// The pod has a container of Istio's agent.
        meshed: bool,
    },
}

/// The container of Istio's agent.
const PROXY_CONTAINER: &str = "istio-proxy";

impl Cluster {
    /// Sends a request to a port of the pod's proxy and gives the body of its answer.
    pub async fn admin(&self, method: Method, pod: &PodName, port: u16, path: &str) -> Result<Vec<u8>, AdminError> {
        let object = self.pod(pod).await.map_err(|error| AdminError::Pod { pod: pod.clone(), error })?;
        let phase = object["status"]["phase"].as_str().unwrap_or_default();
        if phase != "Running" {
            return Err(AdminError::NotRunning { phase: phase.to_owned() });
        }
        let path = format!("/{}", path.trim_start_matches('/'));
        let limit = self.request_timeout();
        let reply = self.pod_http(method.clone(), &pod.namespace, &pod.name, port, &path, limit).await;
        let error = match reply {
            Ok(reply) if reply.status == 200 => return Ok(reply.body),
            Ok(reply) => {
                let body = String::from_utf8_lossy(&reply.body).trim().to_owned();
                return Err(AdminError::Status { status: reply.status, body });
            }
            Err(error) => error,
        };
        let meshed = has_container(&object, PROXY_CONTAINER);
        // A proxy that does not answer in time will not do so through its agent either.
        if meshed && port == 15000 && !error.to_string().contains("no answer") {
            log::debug(&format!("port-forward to {pod} failed ({error}); asking its agent"));
            let words = ["pilot-agent", "request", method.as_str(), path.trim_start_matches('/')];
            if let Ok(output) = self.exec(&pod.namespace, &pod.name, PROXY_CONTAINER, &words, limit).await {
                return Ok(output.stdout);
            }
        }
        Err(AdminError::Forward { error, meshed })
    }
}

fn has_container(pod: &serde_json::Value, name: &str) -> bool {
    ["containers", "initContainers"]
        .iter()
        .any(|list| pod["spec"][list].as_array().into_iter().flatten().any(|container| container["name"] == name))
}
