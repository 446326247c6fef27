//! The admin interface of a pod's proxy: over a port-forward, or where that fails through the agent in its container.

use http::Method;
use serde_json::Value;

use super::{Cluster, Error, PodName};
use crate::ui::log;

/// Why a proxy did not answer, in the words that the reference's callers know.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    #[error("cannot reach {pod}: {error}")]
    Pod { pod: PodName, error: Error },
    #[error("the pod is not running but {phase}{troubles}")]
    NotRunning { phase: String, troubles: String },
    #[error("the proxy answered with status {status}{}", if body.is_empty() { String::new() } else { format!(": {body}") })]
    Status { status: u16, body: String },
    /// There is no proxy to ask, as far as one can see.
    #[error("the pod has no container {PROXY_CONTAINER}: {error}")]
    NoProxy { error: Error },
    /// `troubles` is what is wrong with the pod, each thing after a semicolon.
    #[error("cannot forward the admin port: {error}{troubles}")]
    Forward { error: Error, troubles: String },
}

/// The container of Istio's agent.
const PROXY_CONTAINER: &str = "istio-proxy";

impl Cluster {
    /// Sends a request to a port of the pod's proxy and gives the body of its answer.
    pub async fn admin(&self, method: Method, pod: &PodName, port: u16, path: &str) -> Result<Vec<u8>, AdminError> {
        let object = self.pod(pod).await.map_err(|error| AdminError::Pod { pod: pod.clone(), error })?;
        let phase = object["status"]["phase"].as_str().unwrap_or_default();
        if phase != "Running" {
            return Err(AdminError::NotRunning { phase: phase.to_owned(), troubles: troubles(&object) });
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
        if !meshed {
            return Err(AdminError::NoProxy { error });
        }
        Err(AdminError::Forward { error, troubles: troubles(&object) })
    }
}

/// What keeps the proxy of a pod from answering, as far as the pod itself tells.
fn troubles(pod: &Value) -> String {
    let mut found = Vec::new();
    let statuses = ["initContainerStatuses", "containerStatuses"];
    for status in statuses.iter().flat_map(|key| pod["status"][*key].as_array().into_iter().flatten()) {
        let name = status["name"].as_str().unwrap_or_default();
        let reason = |state: &str| status["state"][state]["reason"].as_str().filter(|reason| *reason != "Completed");
        if let Some(reason) = reason("waiting") {
            found.push(format!("; container {name} waits: {reason}"));
        } else if let Some(reason) = reason("terminated") {
            found.push(format!("; container {name} has ended: {reason}"));
        }
    }
    if pod["spec"]["hostNetwork"] == true {
        found.push("; the pod uses the network of its node, where the port may be another's".to_owned());
    }
    found.concat()
}

fn has_container(pod: &Value, name: &str) -> bool {
    ["containers", "initContainers"]
        .iter()
        .any(|list| pod["spec"][list].as_array().into_iter().flatten().any(|container| container["name"] == name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::troubles;

    #[test]
    fn a_pod_tells_why_its_proxy_is_silent() {
        let pod = json!({
            "spec": {"hostNetwork": true, "containers": [{"name": "app"}, {"name": "istio-proxy"}]},
            "status": {
                "initContainerStatuses": [{"name": "istio-init", "state": {"terminated": {"reason": "Completed"}}}],
                "containerStatuses": [
                    {"name": "app", "state": {"running": {}}},
                    {"name": "istio-proxy", "state": {"waiting": {"reason": "CrashLoopBackOff"}}},
                ],
            },
        });
        let wanted = "; container istio-proxy waits: CrashLoopBackOff; the pod uses the network of its node, where the port may be another's";
        assert_eq!(troubles(&pod), wanted);
        assert_eq!(troubles(&json!({"spec": {"containers": [{"name": "app"}]}})), "");
    }
}
