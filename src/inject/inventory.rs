//! Every namespace with the revision that injects it and the revisions its pods run; every injector with its namespaces.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::annotations::STATUS;
use super::check::{entries, name_of, selectors};
use super::decide::{IGNORED_NAMESPACES, INJECT};
use crate::install::revisions::labels::{Labels, label, labels_of, selects};

const REVISION: &str = "istio.io/rev";
const INJECTION: &str = "istio-injection";
/// A pod without a sidecar.
pub const NO_SIDECAR: &str = "<non-Istio>";

/// Pods of one revision in one namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PodRevision {
    pub revision: String,
    pub pods: usize,
    /// Pods that asked not to be injected.
    pub disabled: usize,
    pub needs_restart: usize,
}

/// A namespace and who injects it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Namespace {
    pub namespace: String,
    /// `MISSING/…` when no injector answers to the namespace's labels.
    pub revision: String,
    pub pods: Vec<PodRevision>,
}

/// An injection webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hook {
    pub hook: String,
    pub revision: String,
    pub image: String,
    pub namespaces: Vec<String>,
}

/// Namespaces and injectors of a cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Inventory {
    pub namespaces: Vec<Namespace>,
    pub hooks: Vec<Hook>,
}

/// What a cluster holds that this depends on.
#[derive(Debug, Default)]
pub struct Objects {
    pub namespaces: Vec<Value>,
    /// Webhook configurations with the label `app=sidecar-injector`.
    pub webhooks: Vec<Value>,
    pub pods: Vec<Value>,
    /// ConfigMaps with a revision label.
    pub config_maps: Vec<Value>,
}

/// Which pods count as running an outdated sidecar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restart {
    /// As the reference: all whose revision is not the namespace's, though nothing may inject them.
    ByNamespace,
    /// Those that an injector would take today, with another revision.
    ByPod,
}

/// Builds the inventory. `only` names one namespace; one that does not exist selects all.
pub fn inventory(objects: &Objects, istio_namespace: &str, only: &str, restart: Restart) -> Inventory {
    let mut webhooks: Vec<&Value> = objects.webhooks.iter().collect();
    webhooks.sort_by_key(|webhook| crate::cluster::name_of(webhook));
    let mut spaces: Vec<&Value> = objects.namespaces.iter().filter(|space| is_listed(space, istio_namespace)).collect();
    spaces.sort_by_key(|space| crate::cluster::name_of(space));
    if spaces.iter().any(|space| crate::cluster::name_of(space) == only) {
        spaces.retain(|space| crate::cluster::name_of(space) == only);
    }
    let mut pods: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for pod in &objects.pods {
        pods.entry(crate::cluster::object_namespace(pod).unwrap_or_default()).or_default().push(pod);
    }
    let namespaces = spaces
        .iter()
        .map(|space| {
            let name = crate::cluster::name_of(space);
            let revision = revision_of(space, &webhooks);
            let pods = pods.get(name).map(Vec::as_slice).unwrap_or_default();
            let labels = labels_of(space);
            let wanted = |pod: &Value| match restart {
                Restart::ByNamespace => Some(revision.as_str()),
                Restart::ByPod => injecting_revision(&webhooks, &labels, &labels_of(pod)),
            };
            Namespace { namespace: name.to_string(), pods: pod_revisions(pods, wanted), revision }
        })
        .filter(|space| !space.revision.is_empty() || space.pods.iter().any(|pods| pods.revision != NO_SIDECAR))
        .collect();
    let images = images(&objects.config_maps);
    let hooks = webhooks
        .iter()
        .map(|webhook| {
            let revision = label(webhook, REVISION).unwrap_or_default();
            Hook {
                hook: crate::cluster::name_of(webhook).to_string(),
                revision: revision.to_string(),
                image: images.get(revision).cloned().unwrap_or_default(),
                namespaces: spaces
                    .iter()
                    .filter(|space| injects_namespace(webhook, &labels_of(space)))
                    .map(|space| crate::cluster::name_of(space).to_string())
                    .collect(),
            }
        })
        .collect();
    Inventory { namespaces, hooks }
}

/// System namespaces and ambient ones have no sidecars.
fn is_listed(space: &Value, istio_namespace: &str) -> bool {
    let name = crate::cluster::name_of(space);
    let ambient = label(space, "istio.io/dataplane-mode") == Some("ambient")
        && label(space, INJECTION) != Some("enabled")
        && label(space, REVISION).unwrap_or_default().is_empty();
    !IGNORED_NAMESPACES.contains(&name) && name != istio_namespace && !ambient
}

fn revision_of(space: &Value, webhooks: &[&Value]) -> String {
    let labels = labels_of(space);
    let reaches = |webhook: &&&Value| entries(webhook).any(|entry| selects(selectors(entry).0, &labels));
    if let Some(webhook) = webhooks.iter().find(reaches) {
        return label(webhook, REVISION).unwrap_or_default().to_string();
    }
    match (labels.get(REVISION), labels.get(INJECTION).map(String::as_str)) {
        (Some(revision), _) => format!("MISSING/{revision}"),
        (None, None | Some("disabled")) => String::new(),
        (None, Some(_)) => format!("MISSING/{INJECTION}"),
    }
}

/// The revision that would inject a pod with these labels today.
fn injecting_revision<'w>(webhooks: &[&'w Value], namespace: &Labels, pod: &Labels) -> Option<&'w str> {
    let takes = |webhook: &&&'w Value| {
        entries(webhook).any(|entry| {
            let (of_namespace, of_pod) = selectors(entry);
            selects(of_namespace, namespace) && selects(of_pod, pod)
        })
    };
    webhooks.iter().find(takes).and_then(|webhook| label(webhook, REVISION))
}

fn pod_revisions<'w>(pods: &[&Value], wanted: impl Fn(&Value) -> Option<&'w str>) -> Vec<PodRevision> {
    let mut counted: BTreeMap<String, PodRevision> = BTreeMap::new();
    for pod in pods {
        let revision = revision_of_pod(pod);
        let entry = counted.entry(revision.clone()).or_insert_with(|| PodRevision {
            revision: revision.clone(),
            pods: 0,
            disabled: 0,
            needs_restart: 0,
        });
        entry.pods += 1;
        if refuses_injection(pod) {
            entry.disabled += 1;
        } else if wanted(pod).is_some_and(|wanted| wanted != revision) {
            entry.needs_restart += 1;
        }
    }
    counted.into_values().collect()
}

fn annotation<'p>(pod: &'p Value, name: &str) -> Option<&'p str> {
    pod.get("metadata")?.get("annotations")?.get(name)?.as_str()
}

fn revision_of_pod(pod: &Value) -> String {
    let status = || {
        let status: Value = serde_json::from_str(annotation(pod, STATUS)?).ok()?;
        status.get("revision")?.as_str().map(str::to_string)
    };
    annotation(pod, REVISION).map(str::to_string).or_else(status).unwrap_or_else(|| NO_SIDECAR.to_string())
}

fn refuses_injection(pod: &Value) -> bool {
    label(pod, INJECT).or_else(|| annotation(pod, INJECT)).is_some_and(|value| value.eq_ignore_ascii_case("false"))
}

/// Whether one of the configuration's entries for namespaces picks this one.
fn injects_namespace(webhook: &Value, labels: &Labels) -> bool {
    entries(webhook).any(|entry| {
        let name = name_of(entry);
        (name.starts_with("rev.namespace.") || name.starts_with("namespace.")) && selects(selectors(entry).0, labels)
    })
}

/// The sidecar's image of every revision, out of the injectors' values.
fn images(config_maps: &[Value]) -> BTreeMap<String, String> {
    let mut images = BTreeMap::new();
    for map in config_maps {
        let values = map.get("data").and_then(|data| data.get("values")?.as_str());
        let Some(values) = values.and_then(|text| super::config::InjectValues::parse(text).ok()) else { continue };
        let own = values.text(&["global", "proxy", "image"]);
        let image = if own.contains('/') { own.to_string() } else { values.proxy_image(None, None) };
        images.insert(label(map, REVISION).unwrap_or_default().to_string(), image);
    }
    images
}
