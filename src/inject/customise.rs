//! What a pod says about itself: traces of an earlier injection, and the user's own settings for injected containers.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

use super::annotations::{INTERCEPTION_MODE, OVERRIDES, STATUS};
use super::finish::is_prometheus;
use super::mesh::ProxyConfig;
use super::overlay::{Added, OverlayError, containers, is_named, overlaid};
use super::types::decode::{go_json, in_order, normalized};
use super::types::pod::CONTAINER;
use super::types::{Kind, Struct, list};
use crate::gotemplate::helm::json_error;

/// What an earlier injection left in a pod's annotations.
#[derive(Clone, Debug, Default)]
pub struct Previous {
    /// The parsed `sidecar.istio.io/status`, if it can be parsed.
    pub status: Option<Value>,
    /// The containers recorded in `proxy.istio.io/overrides`, decoded.
    pub overrides: Value,
}

/// What an earlier injection recorded about the pod's own containers, and what cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnreadableOverrides(String);

static RECORDED: Struct = Struct::new(
    "inject.podOverrides",
    &[list("containers", &Kind::Struct(&CONTAINER)), list("initContainers", &Kind::Struct(&CONTAINER))],
);

impl Previous {
    /// A status that cannot be read counts as none, but the pod's own containers must not get lost.
    pub fn of(pod: &Value) -> Result<Self, UnreadableOverrides> {
        let annotation = |name: &str| pod.get("metadata")?.get("annotations")?.get(name)?.as_str();
        let status = annotation(STATUS).and_then(|text| serde_json::from_str(text).ok()).filter(is_status);
        let overrides = match annotation(OVERRIDES) {
            None => Value::Null,
            Some(text) => {
                let tree = serde_json::from_str::<Value>(text)
                    .map_err(|error| UnreadableOverrides(json_error(text, &error)))?;
                normalized(tree, &RECORDED).map_err(|error| UnreadableOverrides(error.to_string()))?
            }
        };
        Ok(Previous { status, overrides })
    }

    /// Whether the earlier injection put a container of this name into `list`.
    fn lists(&self, list: &str, name: &str) -> bool {
        let names = self.status.as_ref().and_then(|status| status.get(list)).and_then(Value::as_array);
        names.is_some_and(|names| names.iter().any(|known| known.as_str() == Some(name)))
    }

    fn overridden(&self, list: &str) -> &[Value] {
        self.overrides.get(list).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

const LISTS: [&str; 2] = ["containers", "initContainers"];

/// Whether a status annotation has the shape that injection gives it: lists of names, and a revision.
fn is_status(status: &Value) -> bool {
    let names = |name: &str| match status.get(name) {
        None | Some(Value::Null) => true,
        Some(Value::Array(names)) => names.iter().all(|name| name.is_string() || name.is_null()),
        Some(_) => false,
    };
    let revision = status.get("revision").is_none_or(|revision| revision.is_string() || revision.is_null());
    (status.is_object() || status.is_null())
        && revision
        && ["initContainers", "containers", "volumes", "imagePullSecrets"].into_iter().all(names)
}

/// The pod as it was before an earlier injection, for the templates to look at. The pod that is patched stays as it is.
pub fn stripped<'p>(pod: &'p Value, previous: &Previous, status_port: i64) -> Cow<'p, Value> {
    if previous.status.is_none() && previous.overrides.is_null() {
        return Cow::Borrowed(pod);
    }
    let mut pod = pod.clone();
    if previous.status.is_some() {
        for list in LISTS {
            if let Some(items) = list_mut(&mut pod, list) {
                items.retain(|item| !previous.lists(list, name_of(item)));
            }
        }
        if let Some(annotations) = annotations_mut(&mut pod) {
            let port = annotations.iter().find(|(key, _)| is_prometheus(key, "port")).map(|(_, value)| value);
            if port.and_then(Value::as_str) == Some(status_port.to_string().as_str()) {
                annotations.retain(|key, _| !["scrape", "port", "path"].iter().any(|part| is_prometheus(key, part)));
            }
            annotations.shift_remove(STATUS);
        }
    }
    for list in LISTS {
        for container in previous.overridden(list) {
            if containers(&pod, list).iter().any(|known| is_named(known, name_of(container))) {
                continue;
            }
            let container = container.clone();
            let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) else { continue };
            match spec.get_mut(list) {
                Some(Value::Array(items)) => items.push(container),
                _ => _ = spec.insert(list.to_string(), json!([container])),
            }
        }
    }
    Cow::Owned(pod)
}

/// OpenShift gives every container of a namespace the same user. If the proxy has only that one, it was not chosen for it.
pub fn forget_default_user(pod: &mut Value) {
    let user = |container: &Value| {
        container
            .get("securityContext")
            .and_then(|context| context.get("runAsUser"))
            .and_then(Value::as_i64)
            .unwrap_or(0)
    };
    let injected = ["istio-proxy", "istio-init", "istio-validation"];
    let mut all = LISTS.iter().flat_map(|list| containers(pod, list).iter().rev());
    let last = all.find(|container| !injected.iter().any(|name| is_named(container, name))).map_or(0, user);
    for list in LISTS {
        let Some(items) = list_mut(pod, list) else { continue };
        for container in
            items.iter_mut().filter(|container| is_named(container, "istio-proxy") && user(container) == last)
        {
            if let Some(context) = container.get_mut("securityContext").and_then(Value::as_object_mut) {
                context.shift_remove("runAsUser");
                context.shift_remove("runAsGroup");
            }
        }
    }
}

/// Lays the user's own containers of the templates' names over the injected ones, and records them for the next time.
pub fn reapply(
    mut pod: Value,
    added: &Added,
    original: &Value,
    previous: &Previous,
    proxy: &ProxyConfig,
) -> Result<Value, OverlayError> {
    let mut recorded = Map::new();
    for (list, names) in LISTS.into_iter().zip([&added.containers, &added.init_containers]) {
        let mut found = Vec::new();
        for name in names {
            if previous.lists(list, name) {
                continue;
            }
            let Some(own) = own_container(name, list, original, previous) else { continue };
            let mut own = own.clone();
            if let Some(fields) = own.as_object_mut()
                && matches!(fields.get("image").and_then(Value::as_str), Some("auto" | ""))
            {
                fields.shift_remove("image");
            }
            let own = normalized(own, &CONTAINER)?;
            // The list of containers is always printed, and an absent one would take the pod's away.
            let mut overlay = json!({"spec": {"containers": []}});
            overlay["spec"][list] = json!([&own]);
            pod = overlaid(pod, overlay)?;
            found.push(in_order(&own, &CONTAINER));
        }
        if !found.is_empty() {
            recorded.insert(list.to_string(), Value::Array(found));
        }
    }
    if previous.status.is_none() && !recorded.is_empty() {
        set_annotation(&mut pod, OVERRIDES, go_json(&Value::Object(recorded)));
    }
    follow_user(&mut pod, original, proxy);
    Ok(pod)
}

/// The user's container of this name: recorded by an earlier injection, or in the pod. A native sidecar may be
/// customised by a plain container.
fn own_container<'p>(name: &str, list: &str, original: &'p Value, previous: &'p Previous) -> Option<&'p Value> {
    let among = |items: &'p [Value]| items.iter().find(|item| is_named(item, name));
    among(previous.overridden(list)).or_else(|| match list {
        "containers" => among(containers(original, list)),
        _ => among(containers(original, "containers")).or_else(|| among(containers(original, list))),
    })
}

/// When the user runs the proxy as another user, traffic of that user must not be redirected.
fn follow_user(pod: &mut Value, original: &Value, proxy: &ProxyConfig) {
    let own = LISTS.iter().flat_map(|list| containers(original, list)).find(|item| is_named(item, "istio-proxy"));
    let Some(context) = own.and_then(|own| own.get("securityContext")) else { return };
    let (user, group) = (context.get("runAsUser").cloned(), context.get("runAsGroup").cloned());
    if user.is_none() && group.is_none() {
        return;
    }
    let annotated =
        pod.get("metadata").and_then(|metadata| metadata.get("annotations")?.get(INTERCEPTION_MODE)?.as_str());
    let transparent = proxy.text("interceptionMode") == "TPROXY" || annotated == Some("TPROXY");
    let Some(init) = ["istio-init", "istio-validation"]
        .into_iter()
        .find(|name| containers(pod, "initContainers").iter().any(|item| is_named(item, name)))
    else {
        return;
    };
    if transparent && user.is_some() {
        for list in LISTS {
            for item in list_mut(pod, list).into_iter().flatten().filter(|item| is_named(item, "istio-proxy")) {
                set_context(item, "runAsUser", json!(0));
            }
        }
    }
    let Some(items) = list_mut(pod, "initContainers") else { return };
    let Some(container) = items.iter_mut().find(|item| is_named(item, init)) else { return };
    if !transparent && init == "istio-validation" {
        for (key, value) in [("runAsUser", &user), ("runAsGroup", &group)] {
            if let Some(value) = value {
                set_context(container, key, value.clone());
            }
        }
    }
    if let Some(user) = user.as_ref().and_then(Value::as_i64).filter(|user| *user != 0)
        && let Some(Value::Array(args)) = container.get_mut("args")
        && let Some(at) = args.iter().position(|arg| arg.as_str() == Some("-u"))
        && let Some(value) = args.get_mut(at + 1)
    {
        *value = Value::String(user.to_string());
    }
}

fn set_context(container: &mut Value, key: &str, value: Value) {
    let Some(fields) = container.as_object_mut() else { return };
    if let Value::Object(context) = fields.entry("securityContext").or_insert_with(|| json!({})) {
        context.insert(key.to_string(), value);
    }
}

pub(super) fn set_annotation(pod: &mut Value, name: &str, value: String) {
    if let Some(annotations) = annotations_mut(pod) {
        annotations.insert(name.to_string(), Value::String(value));
    }
}

/// The annotations, made if there are none.
pub(super) fn annotations_mut(pod: &mut Value) -> Option<&mut Map<String, Value>> {
    metadata_map_mut(pod, "annotations")
}

pub(super) fn metadata_map_mut<'p>(pod: &'p mut Value, name: &str) -> Option<&'p mut Map<String, Value>> {
    let metadata = pod.as_object_mut()?.entry("metadata").or_insert_with(|| json!({})).as_object_mut()?;
    metadata.entry(name).or_insert_with(|| json!({})).as_object_mut()
}

pub(super) fn list_mut<'p>(pod: &'p mut Value, list: &str) -> Option<&'p mut Vec<Value>> {
    pod.get_mut("spec")?.get_mut(list)?.as_array_mut()
}

pub(super) fn name_of(item: &Value) -> &str {
    item.get("name").and_then(Value::as_str).unwrap_or_default()
}
