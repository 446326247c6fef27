//! Moving a namespace from one revision to another and back, each in one patch of its labels.

use serde_json::{Value, json};

use super::{BEFORE, UPGRADE};
use crate::install::revisions::injectors::{INJECTION, REVISION};
use crate::install::revisions::labels::{Labels, label, labels_of};

/// The two labels that choose an injector; null where there is none.
pub fn labels_before(namespace: &Value) -> Value {
    json!({INJECTION: label(namespace, INJECTION), REVISION: label(namespace, REVISION)})
}

/// The patch that gives a namespace to a revision. Both labels at once would let `istio-injection` win, so one goes.
pub fn forward(id: &str, before: &Value, to: &str) -> Value {
    json!({"metadata": {
        "labels": {INJECTION: null, REVISION: to},
        "annotations": {UPGRADE: id, BEFORE: before.to_string()},
    }})
}

/// The patch that gives a namespace its labels again and takes our marks off.
pub fn back(before: &Value) -> Value {
    json!({"metadata": {
        "labels": {INJECTION: before[INJECTION], REVISION: before[REVISION]},
        "annotations": {UPGRADE: null, BEFORE: null},
    }})
}

/// The labels a namespace had, as its own annotation says; none for one that no upgrade touched.
pub fn recorded_before(namespace: &Value) -> Option<Value> {
    serde_json::from_str(namespace["metadata"]["annotations"][BEFORE].as_str()?).ok()
}

/// The id of the upgrade that touched an object.
pub fn upgrade_of(object: &Value) -> Option<&str> {
    object["metadata"]["annotations"][UPGRADE].as_str()
}

/// A namespace's labels once a patch is applied.
pub fn patched(namespace: &Value, patch: &Value) -> Labels {
    let mut labels = labels_of(namespace);
    for (key, value) in patch["metadata"]["labels"].as_object().into_iter().flatten() {
        match value.as_str() {
            Some(value) => labels.insert(key.clone(), value.to_owned()),
            None => labels.remove(key),
        };
    }
    labels
}

/// The patch that lets a workload make its pods anew, and says for whom.
pub fn restart(id: &str, revision: &str, time: &str) -> Value {
    json!({
        "metadata": {"annotations": {super::RESTARTED: restart_mark(id, revision)}},
        "spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": time}}}},
    })
}

/// What a workload that was restarted for a revision says.
pub fn restart_mark(id: &str, revision: &str) -> String {
    format!("{id}/{revision}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::canary::mesh::tests::namespace;

    #[test]
    fn there_and_back_leaves_a_namespace_as_it_was() {
        for labels in [json!({INJECTION: "enabled", "team": "a"}), json!({REVISION: "prod"})] {
            let namespace = namespace("shop", labels);
            let before = labels_before(&namespace);
            let there = forward("id", &before, "new");
            let mut moved = namespace.clone();
            moved["metadata"]["labels"] = json!(patched(&namespace, &there));
            moved["metadata"]["annotations"] = there["metadata"]["annotations"].clone();
            assert_eq!((label(&moved, INJECTION), label(&moved, REVISION)), (None, Some("new")));
            assert_eq!(upgrade_of(&moved), Some("id"));
            let before = recorded_before(&moved).expect("recorded");
            assert_eq!(patched(&moved, &back(&before)), labels_of(&namespace));
        }
    }
}
