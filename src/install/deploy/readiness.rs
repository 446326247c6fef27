//! When an object counts as ready, and why it is not.

use serde_json::Value;

/// How far an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    Ready,
    /// Not yet; what is known about it, maybe nothing.
    Waiting(String),
}

impl State {
    fn when(ready: bool, why: impl FnOnce() -> String) -> Self {
        if ready { State::Ready } else { State::Waiting(why()) }
    }
}

/// Whether objects of this kind have to be waited for at all.
pub fn is_awaited(object: &Value) -> bool {
    matches!(
        object["kind"].as_str(),
        Some("CustomResourceDefinition" | "Namespace" | "Deployment" | "DaemonSet" | "StatefulSet")
    )
}

/// The state of a live object. `replica_sets` are those of its namespace, used for Deployments whose controller has not
/// written a status.
pub fn state(object: &Value, replica_sets: &[Value]) -> State {
    match object["kind"].as_str() {
        Some("CustomResourceDefinition") => {
            let names = condition(object, "NamesAccepted").filter(|c| c["status"] == "False");
            State::when(is_true(object, "Established"), || text(names, "message"))
        }
        Some("Namespace") => State::when(object["status"]["phase"] == "Active", || "it is not active".to_owned()),
        Some("Deployment") => deployment(object, replica_sets),
        Some("DaemonSet") => daemon_set(object),
        Some("StatefulSet") => stateful_set(object),
        _ => State::Ready,
    }
}

fn deployment(object: &Value, replica_sets: &[Value]) -> State {
    let wanted = object["spec"]["replicas"].as_i64().unwrap_or(1);
    let status = &object["status"];
    if status["observedGeneration"].is_null() {
        let ready =
            replica_sets.iter().any(|set| is_current(set, object) && number(&set["status"]["readyReplicas"]) >= wanted);
        return State::when(ready, || "no controller has looked at it yet".to_owned());
    }
    if number(&status["observedGeneration"]) < number(&object["metadata"]["generation"]) {
        return State::Waiting("its controller has not seen the change yet".to_owned());
    }
    let (updated, ready) = (number(&status["updatedReplicas"]), number(&status["readyReplicas"]));
    let old = number(&status["replicas"]) - updated;
    State::when(updated >= wanted && ready - old.max(0) >= wanted, || {
        // Pods that may not even be created (a quota, a webhook that refuses them) say more than a deadline that passed.
        let refused = text(condition(object, "ReplicaFailure").filter(|c| c["status"] == "True"), "message");
        let stuck = text(condition(object, "Progressing").filter(|c| c["status"] == "False"), "message");
        match [refused, stuck].into_iter().find(|message| !message.is_empty()) {
            Some(message) => message,
            None => format!("{} of {wanted} replicas are ready", (ready - old.max(0)).max(0)),
        }
    })
}

/// Whether a ReplicaSet is the Deployment's newest: owned by it, with its very pod template.
fn is_current(set: &Value, deployment: &Value) -> bool {
    let owners = set["metadata"]["ownerReferences"].as_array().into_iter().flatten();
    let owned = owners
        .into_iter()
        .any(|owner| owner["kind"] == "Deployment" && owner["name"] == deployment["metadata"]["name"]);
    let mut template = set["spec"]["template"].clone();
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.remove("pod-template-hash");
    }
    owned && template == deployment["spec"]["template"]
}

fn daemon_set(object: &Value) -> State {
    let status = &object["status"];
    if number(&status["observedGeneration"]) < number(&object["metadata"]["generation"]) {
        return State::Waiting("its controller has not seen the change yet".to_owned());
    }
    let (desired, updated, ready) = (
        number(&status["desiredNumberScheduled"]),
        number(&status["updatedNumberScheduled"]),
        number(&status["numberReady"]),
    );
    if object["spec"]["updateStrategy"]["type"] == "OnDelete" {
        return State::Ready; // its pods change when somebody deletes them
    }
    // No matching node means nothing to wait for: a node that joins later gets its pod then.
    State::when(updated >= desired && ready >= desired, || format!("{ready} of {desired} pods are ready"))
}

fn stateful_set(object: &Value) -> State {
    let (spec, status) = (&object["spec"], &object["status"]);
    let wanted = spec["replicas"].as_i64().unwrap_or(1);
    let partition = number(&spec["updateStrategy"]["rollingUpdate"]["partition"]);
    let (updated, ready) = (number(&status["updatedReplicas"]), number(&status["readyReplicas"]));
    State::when(updated >= wanted - partition && ready >= wanted, || format!("{ready} of {wanted} replicas are ready"))
}

/// Why pods do not come up: of the newest pods first, a container that cannot start, else a pod that cannot be placed.
pub fn reason_of_pods(pods: &[Value]) -> Option<String> {
    let mut newest: Vec<&Value> = pods.iter().collect();
    newest.sort_by_key(|pod| std::cmp::Reverse(pod["metadata"]["creationTimestamp"].as_str().unwrap_or_default()));
    newest.iter().find_map(|pod| waiting_container(pod)).or_else(|| newest.iter().find_map(|pod| false_condition(pod)))
}

fn waiting_container(pod: &Value) -> Option<String> {
    let statuses = ["initContainerStatuses", "containerStatuses"];
    let all = statuses.iter().flat_map(|key| pod["status"][key].as_array().into_iter().flatten());
    all.filter(|status| {
        !matches!(status["state"]["waiting"]["reason"].as_str(), Some("PodInitializing" | "ContainerCreating"))
    })
    .find_map(|status| {
        let waiting = &status["state"]["waiting"];
        let reason = waiting["reason"].as_str()?;
        let message = waiting["message"].as_str().unwrap_or_default();
        let last = status["lastState"]["terminated"]["exitCode"].as_i64();
        let last = last.map(|code| format!(" (last exit code {code})")).unwrap_or_default();
        Some(format!("container failed to start: {reason}: {message}{last}"))
    })
}

fn false_condition(pod: &Value) -> Option<String> {
    ["PodScheduled", "Ready"].iter().find_map(|kind| {
        let message = text(condition(pod, kind).filter(|c| c["status"] == "False"), "message");
        (!message.is_empty()).then_some(message)
    })
}

fn condition<'o>(object: &'o Value, kind: &str) -> Option<&'o Value> {
    object["status"]["conditions"].as_array()?.iter().find(|condition| condition["type"] == kind)
}

fn is_true(object: &Value, kind: &str) -> bool {
    condition(object, kind).is_some_and(|condition| condition["status"] == "True")
}

fn text(value: Option<&Value>, key: &str) -> String {
    value.and_then(|value| value[key].as_str()).unwrap_or_default().to_owned()
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_deployment_is_ready_when_its_new_replicas_are() {
        let with = |status: Value| json!({"kind": "Deployment", "metadata": {"generation": 2}, "spec": {"replicas": 2}, "status": status});
        let status = |updated: i64, total: i64, ready: i64| json!({"observedGeneration": 2, "updatedReplicas": updated, "replicas": total, "readyReplicas": ready});
        assert_eq!(state(&with(status(2, 2, 2)), &[]), State::Ready);
        assert_eq!(state(&with(status(1, 3, 2)), &[]), State::Waiting("0 of 2 replicas are ready".into()));
        let mut refused = status(0, 0, 0);
        refused["conditions"] = json!([
            {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: pods"},
            {"type": "Progressing", "status": "False", "message": "timed out"},
        ]);
        assert_eq!(state(&with(refused), &[]), State::Waiting("exceeded quota: pods".into()));
        assert_eq!(
            state(&with(json!({"observedGeneration": 1})), &[]),
            State::Waiting("its controller has not seen the change yet".into())
        );
        let deployment = json!({
            "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"template": {"metadata": {"labels": {"a": "1"}}}},
        });
        let set = json!({
            "metadata": {"ownerReferences": [{"kind": "Deployment", "name": "web"}]},
            "spec": {"template": {"metadata": {"labels": {"a": "1", "pod-template-hash": "x"}}}},
            "status": {"readyReplicas": 1},
        });
        assert_eq!(state(&deployment, &[set]), State::Ready);
    }

    #[test]
    fn a_daemon_set_without_nodes_is_ready() {
        let set = json!({"kind": "DaemonSet", "metadata": {"generation": 1}, "status": {"observedGeneration": 1, "desiredNumberScheduled": 0}});
        assert_eq!(state(&set, &[]), State::Ready);
    }

    #[test]
    fn the_newest_pod_says_why() {
        let pods = [
            json!({"metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"}}),
            json!({
                "metadata": {"creationTimestamp": "2026-01-02T00:00:00Z"},
                "status": {"containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}}}]},
            }),
        ];
        assert_eq!(
            reason_of_pods(&pods).as_deref(),
            Some("container failed to start: ImagePullBackOff: no such image")
        );
    }
}
