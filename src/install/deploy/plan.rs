//! What a run would change, as the server itself computes it, before anything is written.

use std::collections::BTreeSet;

use futures_util::StreamExt;
use serde::Serialize;
use serde_json::{Map, Value};

use super::apply::title_of;
use super::ownership::{is_empty, is_settled, same_quantity, without_dropped};
use super::readiness::{self, State};
use super::{FIELD_MANAGER, Part};
use crate::cluster::{Apply, Cluster, Error, name_of, object_namespace};

/// Requests in flight at once.
const AT_ONCE: usize = 16;

/// What happens to one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    Create,
    Change,
    Unchanged,
    Prune,
}

/// What a change means for whoever uses the mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    None,
    /// The pod template changes.
    PodsRestart,
    /// Pods on every node change.
    NodeWide,
    /// A Service, webhook or gateway changes.
    Traffic,
    /// A CRD changes.
    Api,
}

/// One object of a plan.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    pub component: &'static str,
    /// `Kind/namespace/name`.
    pub object: String,
    pub action: Action,
    pub effect: Effect,
    /// Managers whose fields are taken over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub takes_over: Vec<String>,
    /// Why the server could not be asked; the comparison is then ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guessed: Option<String>,
    #[serde(skip)]
    pub before: Option<Value>,
    #[serde(skip)]
    pub after: Option<Value>,
    /// Whether applying the object would change nothing at all, not even who owns it, and it is ready.
    #[serde(skip)]
    pub settled: bool,
}

/// A plan: the steps in the order of the run.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Plan {
    pub steps: Vec<Step>,
}

impl Plan {
    pub fn count(&self, action: Action) -> usize {
        self.steps.iter().filter(|step| step.action == action).count()
    }

    /// The objects that need not be written, by `Kind/namespace/name`.
    pub fn settled(&self) -> BTreeSet<String> {
        self.steps.iter().filter(|step| step.settled).map(|step| step.object.clone()).collect()
    }
}

/// Who computes the result of applying an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judge {
    /// The server, by a dry run: exact, but a request that only those who may write can send.
    Server,
    /// We do, from what was read: close, and fit for a read-only client.
    Reader,
}

/// Compares every object with the cluster.
pub async fn plan(cluster: &Cluster, parts: &[Part], judge: Judge) -> Result<Plan, Error> {
    let objects = parts.iter().flat_map(|part| part.objects.iter().map(|object| (part.name, object)));
    let steps: Vec<Result<Step, Error>> = futures_util::stream::iter(objects)
        .map(|(part, object)| step(cluster, part, object, judge))
        .buffered(AT_ONCE)
        .collect()
        .await;
    Ok(Plan { steps: steps.into_iter().collect::<Result<_, _>>()? })
}

async fn step(cluster: &Cluster, component: &'static str, object: &Value, judge: Judge) -> Result<Step, Error> {
    let new = |guessed: Option<String>| Step {
        component,
        object: title_of(object),
        action: Action::Create,
        effect: Effect::None,
        takes_over: Vec::new(),
        guessed,
        before: None,
        after: Some(without_noise(object)),
        settled: false,
    };
    let resource = match cluster.resource_of(object).await {
        Ok(resource) => resource,
        Err(error @ Error::NoSuchKind { .. }) => return Ok(new(Some(error.to_string()))),
        Err(error) => return Err(error),
    };
    let Some(live) = cluster.get(&resource, object_namespace(object), name_of(object)).await? else {
        return Ok(new(None));
    };
    let how = Apply { field_manager: FIELD_MANAGER, force: true, dry_run: true };
    let unchanged = is_settled(&live, object, FIELD_MANAGER);
    let guess = || laid_over(&without_dropped(&live, object, FIELD_MANAGER), object);
    let (after, guessed) = match judge {
        _ if unchanged => (live.clone(), None),
        Judge::Reader => (guess(), None),
        Judge::Server => match cluster.apply(&resource, object, &how).await {
            Ok(after) => (after, None),
            Err(error) if error.is_unreachable() => return Err(error),
            Err(error) => (guess(), Some(error.to_string())),
        },
    };
    let settled = unchanged && readiness::state(&live, &[]) == State::Ready;
    let (before, after) = (without_noise(&live), without_noise(&after));
    let action = if before == after { Action::Unchanged } else { Action::Change };
    let effect = if action == Action::Change { effect_of(&before, &after) } else { Effect::None };
    let takes_over = if action == Action::Change { other_managers(&live) } else { Vec::new() };
    Ok(Step {
        component,
        object: title_of(object),
        action,
        effect,
        takes_over,
        guessed,
        before: Some(before),
        after: Some(after),
        settled,
    })
}

/// What applying would give if there were no defaults and no other managers.
fn laid_over(live: &Value, object: &Value) -> Value {
    match (live, object) {
        (Value::Object(live), Value::Object(object)) => {
            let mut merged: Map<String, Value> = live.clone();
            for (key, value) in object {
                match live.get(key) {
                    Some(known) => merged.insert(key.clone(), laid_over(known, value)),
                    // The server does not keep what says nothing.
                    None if is_empty(value) => None,
                    None => merged.insert(key.clone(), value.clone()),
                };
            }
            Value::Object(merged)
        }
        (Value::Array(live), Value::Array(object)) if live.len() == object.len() => {
            // Same length: the elements are taken for the same ones, so that defaults inside them are no difference.
            Value::Array(live.iter().zip(object).map(|(live, object)| laid_over(live, object)).collect())
        }
        (Value::String(quantity), Value::Number(number)) if *quantity == number.to_string() => live.clone(),
        // The server writes quantities its own way: `2000m` becomes `2`.
        (Value::String(known), Value::String(wanted)) if known != wanted && same_quantity(known, wanted) => {
            live.clone()
        }
        // The server leaves out what is empty.
        (Value::Null, Value::Object(map)) if map.is_empty() => Value::Null,
        _ => object.clone(),
    }
}

/// An object without what the server and controllers write: bookkeeping, status, certificates of webhooks.
pub fn without_noise(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(map) = object.as_object_mut() {
        map.remove("status");
    }
    if let Some(metadata) = object.pointer_mut("/metadata").and_then(Value::as_object_mut) {
        for key in ["managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink"] {
            metadata.remove(key);
        }
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove("deployment.kubernetes.io/revision");
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
        }
    }
    // istiod fills these in; they say nothing about who installed what.
    for webhook in object.get_mut("webhooks").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Some(config) = webhook.get_mut("clientConfig").and_then(Value::as_object_mut) {
            config.remove("caBundle");
        }
        if webhook["name"].as_str().is_some_and(|name| name.contains("validation")) {
            webhook.as_object_mut().map(|webhook| webhook.remove("failurePolicy"));
        }
    }
    object
}

fn effect_of(before: &Value, after: &Value) -> Effect {
    let template = before["spec"]["template"] != after["spec"]["template"];
    match after["kind"].as_str() {
        Some("CustomResourceDefinition") => Effect::Api,
        Some("DaemonSet") if template => Effect::NodeWide,
        Some("Service" | "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration") => Effect::Traffic,
        Some("Deployment") if template => Effect::PodsRestart,
        _ => Effect::None,
    }
}

/// Managers other than us that own fields of the object, controllers aside.
fn other_managers(live: &Value) -> Vec<String> {
    let entries = live["metadata"]["managedFields"].as_array().into_iter().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry["subresource"].is_null())
        .filter_map(|entry| entry["manager"].as_str())
        .filter(|name| {
            ![FIELD_MANAGER, super::OWN_MANAGER, "pilot-discovery", "kube-controller-manager"].contains(name)
        })
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    names
}

/// The steps of pruning, in order.
pub fn prune_steps(doomed: &[crate::install::deploy::owned::Owned]) -> Vec<Step> {
    doomed
        .iter()
        .map(|owned| Step {
            component: "",
            object: title_of(&owned.object),
            action: Action::Prune,
            effect: match owned.resource.kind.as_str() {
                "Service" | "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration" | "Deployment" => {
                    Effect::Traffic
                }
                "DaemonSet" => Effect::NodeWide,
                _ => Effect::None,
            },
            takes_over: Vec::new(),
            guessed: None,
            before: Some(without_noise(&owned.object)),
            after: None,
            settled: false,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_controllers_write_is_no_difference() {
        let live = json!({
            "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": "a", "uid": "1", "resourceVersion": "5", "managedFields": []},
            "webhooks": [{"name": "x", "clientConfig": {"caBundle": "Q0E="}}],
            "status": {},
        });
        let rendered = json!({
            "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": "a"},
            "webhooks": [{"name": "x", "clientConfig": {}}],
        });
        assert_eq!(without_noise(&live), without_noise(&rendered));
    }

    #[test]
    fn defaults_and_spellings_of_the_server_are_no_difference() {
        let live = json!({"env": [{"name": "A", "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "x"}}}], "cpu": "2"});
        let rendered = json!({
            "env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}],
            "cpu": "2000m",
            "annotations": null,
            "nodeSelector": {},
        });
        assert_eq!(laid_over(&live, &rendered), live);
        assert_eq!(laid_over(&live, &json!({"cpu": "3"}))["cpu"], "3");
    }

    #[test]
    fn a_changed_pod_template_restarts_pods() {
        let deployment = |image: &str| json!({"kind": "Deployment", "spec": {"template": {"image": image}}});
        assert_eq!(effect_of(&deployment("a"), &deployment("b")), Effect::PodsRestart);
        let daemon_set = |image: &str| json!({"kind": "DaemonSet", "spec": {"template": {"image": image}}});
        assert_eq!(effect_of(&daemon_set("a"), &daemon_set("b")), Effect::NodeWide);
        assert_eq!(effect_of(&json!({"kind": "ConfigMap"}), &json!({"kind": "ConfigMap", "data": {}})), Effect::None);
    }
}
