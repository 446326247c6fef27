//! What templates write, laid over a pod by strategic merge.

use serde_json::{Value, json};

use super::customise::name_of;
use super::engine::InjectError;
use super::merge::{self, MergeError};
use super::types::decode::{self, DecodeError};
use super::types::pod::POD;

/// The words of strategic merge that a template may use.
const DIRECTIVES: [&str; 4] = ["$patch", "$retainKeys", "$setElementOrder", "$deleteFromPrimitiveList"];

/// What is wrong with text that a template made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OverlayError {
    #[error("strategic merge: invalid JSON document")]
    NotYaml,
    #[error("strategic merge: {0}")]
    Merge(#[from] MergeError),
    #[error("unmarshal patched pod: {0}")]
    Decode(#[from] DecodeError),
}

/// What the templates add to a pod: the names in its lists, in the templates' order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Added {
    pub init_containers: Vec<String>,
    pub containers: Vec<String>,
    pub volumes: Vec<String>,
    pub image_pull_secrets: Vec<String>,
}

impl Added {
    pub(super) fn of(template_pod: &Value) -> Self {
        let names = |list| containers(template_pod, list).iter().map(|item| name_of(item).to_string()).collect();
        Added {
            init_containers: names("initContainers"),
            containers: names("containers"),
            volumes: names("volumes"),
            image_pull_secrets: names("imagePullSecrets"),
        }
    }
}

/// Whether a text uses the words of strategic merge, which find things by what they say.
pub(super) fn has_directives(text: &str) -> bool {
    DIRECTIVES.iter().any(|directive| text.contains(directive))
}

/// What a template wrote; `None` when it wrote nothing.
pub(super) fn read(text: &str) -> Result<Option<Value>, InjectError> {
    match crate::yaml::from_str(text) {
        Ok(overlay @ Value::Object(_)) => Ok(Some(overlay)),
        Ok(Value::Null) => Ok(None),
        _ => Err(InjectError::Overlay(OverlayError::NotYaml)),
    }
}

/// The only template's overlay on the pod.
pub(super) fn alone(mut pod: Value, overlay: Value, text: &str, native: bool) -> Result<(Added, Value), InjectError> {
    let added = Added::of(&overlay);
    if native && added.init_containers.iter().any(|name| name == "istio-proxy") {
        move_to_init(&mut pod);
    }
    match overlaid(pod, overlay) {
        Ok(merged) => Ok((added, merged)),
        // It may be the overlay itself that is wrong.
        Err(error) => Err(match overlaid(json!({}), read(text)?.unwrap_or_default()) {
            Err(own) => InjectError::Overlay(own),
            Ok(_) => InjectError::Generated(error),
        }),
    }
}

/// `overlay` merged into a pod, which is then decoded as a pod again.
pub(super) fn overlaid(pod: Value, overlay: Value) -> Result<Value, OverlayError> {
    let merged = merge::strategic(pod, overlay, &POD)?;
    Ok(decode::normalized(merged, &POD)?)
}

/// A user's `istio-proxy` among the containers customises the native sidecar, so it goes where that will be.
pub(super) fn move_to_init(pod: &mut Value) {
    let Some(spec) = pod.get_mut("spec").and_then(Value::as_object_mut) else { return };
    let Some(Value::Array(containers)) = spec.get_mut("containers") else { return };
    let Some(at) = containers.iter().position(|container| is_named(container, "istio-proxy")) else { return };
    let proxy = containers.remove(at);
    if let Value::Array(list) = spec.entry("initContainers").or_insert_with(|| json!([])) {
        list.push(proxy);
    }
}

pub(super) fn has_container(pod: &Value, list: &str, name: &str) -> bool {
    containers(pod, list).iter().any(|container| is_named(container, name))
}

pub(super) fn containers<'p>(pod: &'p Value, list: &str) -> &'p [Value] {
    pod.get("spec").and_then(|spec| spec.get(list)).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(super) fn is_named(container: &Value, name: &str) -> bool {
    container.get("name").and_then(Value::as_str) == Some(name)
}
