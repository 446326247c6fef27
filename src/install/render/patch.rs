//! `k8s` settings: each becomes a strategic merge patch on one object of the component.

use serde_json::{Value, json};

use super::component::{Component, gateway_ports};
use super::object::Object;
use super::strategic;
use crate::install::spec::merge::{put, remove, text_at};

/// Where a setting goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the workload, at these keys.
    Workload(&'static [&'static str]),
    /// In the workload's container.
    Container(&'static str),
    /// In another object of the component's name, at these keys.
    Other(&'static str, &'static [&'static str]),
}

const SETTINGS: [(&str, Place); 18] = [
    ("affinity", Place::Workload(&["spec", "template", "spec", "affinity"])),
    ("env", Place::Container("env")),
    ("hpaSpec", Place::Other("HorizontalPodAutoscaler", &["spec"])),
    ("imagePullPolicy", Place::Container("imagePullPolicy")),
    ("nodeSelector", Place::Workload(&["spec", "template", "spec", "nodeSelector"])),
    ("podDisruptionBudget", Place::Other("PodDisruptionBudget", &["spec"])),
    ("podAnnotations", Place::Workload(&["spec", "template", "metadata", "annotations"])),
    ("priorityClassName", Place::Workload(&["spec", "template", "spec", "priorityClassName"])),
    ("readinessProbe", Place::Container("readinessProbe")),
    ("replicaCount", Place::Workload(&["spec", "replicas"])),
    ("resources", Place::Container("resources")),
    ("securityContext", Place::Workload(&["spec", "template", "spec", "securityContext"])),
    ("service", Place::Other("Service", &["spec"])),
    ("serviceAnnotations", Place::Other("Service", &["metadata", "annotations"])),
    ("strategy", Place::Workload(&["spec", "strategy"])),
    ("tolerations", Place::Workload(&["spec", "template", "spec", "tolerations"])),
    ("volumes", Place::Workload(&["spec", "template", "spec", "volumes"])),
    ("volumeMounts", Place::Container("volumeMounts")),
];

/// A setting that changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    pub setting: &'static str,
    /// Why.
    pub reason: String,
}

/// Changes the objects of a component by its settings. Gives back the settings that changed nothing.
///
/// With `strict`, what the reference ignores is ignored and what it leaves invalid is left so.
pub fn apply(component: &Component, objects: &mut [Object], strict: bool) -> Vec<Unused> {
    let Some(settings) = component.k8s() else { return vec![] };
    let mut unused = Vec::new();
    for (setting, place) in SETTINGS {
        let Some(value) = settings.get(setting) else { continue };
        if strict && matches!(setting, "volumes" | "volumeMounts") {
            continue;
        }
        if let Err(reason) = apply_one(component, objects, setting, place, value.clone(), strict) {
            unused.push(Unused { setting, reason });
        }
    }
    unused
}

fn apply_one(
    component: &Component,
    objects: &mut [Object],
    setting: &str,
    place: Place,
    mut value: Value,
    strict: bool,
) -> Result<(), String> {
    let Some((workload, _, container)) = component.kind.workload else {
        return Err(format!("component {} has no workload; only overlays work there", component.kind.key));
    };
    let keys = match place {
        Place::Workload(keys) | Place::Other(_, keys) => keys,
        Place::Container(_) => &[],
    };
    if !strict {
        if workload == "DaemonSet" && setting == "replicaCount" {
            return Err("a DaemonSet runs one pod per node".to_owned());
        }
        one_of_a_kind(setting, &mut value);
    }
    if setting == "service" && component.kind.many && gateway_ports(&component.settings).is_some() {
        remove(&mut value, &["ports"]);
    }
    let (kind, patch) = match place {
        Place::Workload(_) => (workload, nested(keys, value)),
        Place::Other(kind, _) => (kind, nested(keys, value)),
        Place::Container(field) => {
            let containers = json!([{"name": container, field: value}]);
            (workload, nested(&["spec", "template", "spec", "containers"], containers))
        }
    };
    let name = name_of(component, strict);
    let mut found = false;
    for object in objects.iter_mut().filter(|object| object.identity.kind == kind && object.identity.name == name) {
        found = true;
        object.change(|tree| {
            if kind == "PodDisruptionBudget" {
                patch_budget(tree, &patch, strict);
            } else {
                strategic::merge(tree, &patch);
            }
        });
    }
    if found { Ok(()) } else { Err(format!("there is no {kind} {name}")) }
}

/// The name of the objects that settings change.
fn name_of(component: &Component, strict: bool) -> String {
    let name = component.workload_name(strict);
    match text_at(&component.values, &["revision"]).filter(|revision| *revision != "default") {
        Some(revision) if component.kind.key == "pilot" => format!("{name}-{revision}"),
        _ => name.to_owned(),
    }
}

fn nested(keys: &[&str], value: Value) -> Value {
    let mut patch = Value::Null;
    put(&mut patch, keys, value);
    patch
}

/// A budget has either bound, and its selector is replaced as a whole.
fn patch_budget(tree: &mut Value, patch: &Value, strict: bool) {
    if patch.get("spec").and_then(|spec| spec.get("selector")).is_some_and(Value::is_object) {
        remove(tree, &["spec", "selector"]);
    }
    strategic::merge(tree, patch);
    let has = |key: &str| tree.get("spec").and_then(|spec| spec.get(key)).is_some();
    if has("maxUnavailable") && has("minAvailable") {
        remove(tree, &["spec", "minAvailable"]);
        if strict {
            put(tree, &["spec", "minAvailable"], Value::Null);
        }
    }
}

/// Where an object may hold one field of a group, naming one takes away the others: a merge would keep both, and the API server
/// would refuse them.
fn one_of_a_kind(setting: &str, value: &mut Value) {
    const HANDLERS: &[&str] = &["exec", "httpGet", "tcpSocket", "grpc"];
    const SOURCES: &[&str] = &["value", "valueFrom"];
    match setting {
        "readinessProbe" => only_one(value, HANDLERS),
        "env" => value.as_array_mut().into_iter().flatten().for_each(|entry| only_one(entry, SOURCES)),
        "strategy" => {
            let rolls = value.get("type").and_then(Value::as_str).is_none_or(|kind| kind == "RollingUpdate");
            if let (false, Value::Object(map)) = (rolls, &mut *value) {
                map.entry("rollingUpdate").or_insert(Value::Null);
            }
        }
        _ => {}
    }
}

fn only_one(value: &mut Value, group: &[&str]) {
    let Value::Object(map) = value else { return };
    if group.iter().filter(|field| map.get(**field).is_some_and(|value| !value.is_null())).count() == 1 {
        for field in group {
            map.entry(*field).or_insert(Value::Null);
        }
    }
}
