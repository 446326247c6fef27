//! Why a pod is or is not injected: every rule that had a say, in order, and what a changed label would change.

use serde::Serialize;
use serde_json::{Map, Value};

use super::annotations;
use super::check::{entries, name_of, selectors};
use super::config::InjectConfig;
use super::decide::{Decision, INJECT, Reason, Selector, decide};
use super::engine::{InjectError, Injector, Outcome, Request, Worker};
use super::overlay::{containers, is_named};
use super::workload::Owner;
use crate::install::revisions::labels::{Labels, label, labels_of, selects};

/// The whole answer about one pod.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// `Kind namespace/name`.
    pub object: String,
    pub namespace: String,
    pub injected: bool,
    /// The rule that decided, in one sentence.
    pub reason: String,
    pub steps: Vec<Step>,
    pub changes: Vec<Change>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub result: Option<Added>,
    pub warnings: Vec<String>,
}

/// One rule that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The object whose rule it is.
    pub rule: String,
    pub passed: bool,
    pub why: String,
}

/// A label that would turn the decision around.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    pub change: String,
    pub injected: bool,
    pub reason: String,
}

/// What injection adds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Added {
    pub templates: Vec<String>,
    /// Where the list of templates came from.
    pub templates_from: String,
    pub values_from: String,
    pub image: String,
    pub native_sidecar: bool,
    pub revision: String,
    pub containers: Vec<String>,
    pub init_containers: Vec<String>,
}

/// What is known about a pod's surroundings.
#[derive(Clone, Debug)]
pub struct Scene<'s> {
    /// `Kind namespace/name`.
    pub object: String,
    /// A decoded pod: `metadata` and `spec`.
    pub pod: Value,
    pub owner: Owner,
    pub namespace: String,
    /// `None` when the namespace is not at hand.
    pub namespace_labels: Option<Labels>,
    /// MutatingWebhookConfigurations; empty when none are at hand.
    pub webhooks: &'s [Value],
    pub values_from: &'s str,
}

/// Explains what happens to a pod when it is created.
pub fn explain(scene: &Scene, injector: &Injector) -> Explanation {
    let labels = pod_labels(&scene.pod);
    let space = scene.namespace_labels.clone().unwrap_or_default();
    let now = ruling(scene, &space, &scene.pod, injector);
    let mut explanation = Explanation {
        object: scene.object.clone(),
        namespace: scene.namespace.clone(),
        injected: now.injected,
        reason: now.reason.clone(),
        steps: now.steps,
        changes: changes(scene, &space, &labels, injector, now.injected),
        result: None,
        warnings: now.warnings,
    };
    if scene.namespace_labels.is_none() && !scene.webhooks.is_empty() {
        explanation
            .warnings
            .push(format!("namespace {} is not at hand; it is taken to have no labels", scene.namespace));
    }
    if now.injected {
        match added(scene, injector) {
            Ok(added) => explanation.result = added,
            Err(error) => {
                explanation.injected = false;
                explanation.reason = format!("the webhook refuses the pod: {error}");
            }
        }
    }
    explanation
}

struct Ruling {
    injected: bool,
    reason: String,
    steps: Vec<Step>,
    warnings: Vec<String>,
}

/// First the webhooks' selectors, then the injector's own rules.
fn ruling(scene: &Scene, namespace: &Labels, pod: &Value, injector: &Injector) -> Ruling {
    let mut steps = Vec::new();
    let mut warnings = Vec::new();
    if !scene.webhooks.is_empty() {
        let hits = webhook_steps(scene.webhooks, namespace, &pod_labels(pod), &mut steps);
        if hits.len() > 1 {
            warnings.push(format!("several webhooks take the pod: {}", hits.join(", ")));
        }
        if hits.is_empty() {
            let reason = "no injection webhook takes the pod".to_string();
            return Ruling { injected: false, reason, steps, warnings };
        }
    }
    let mut metadata = pod.get("metadata").cloned().unwrap_or_default();
    if let Some(fields) = metadata.as_object_mut()
        && !fields.contains_key("namespace")
    {
        fields.insert("namespace".to_string(), Value::from(scene.namespace.as_str()));
    }
    let decision = decide(&metadata, pod.get("spec").unwrap_or(&Value::Null), &injector.config.rules);
    let reason = tell(&decision, &injector.config);
    steps.push(Step { rule: "injector".to_string(), passed: decision.inject, why: reason.clone() });
    warnings.extend(decision.warnings);
    Ruling { injected: decision.inject, reason, steps, warnings }
}

/// One step for each configuration: the entry that matches, or the rule that its closest entry failed on.
fn webhook_steps(webhooks: &[Value], namespace: &Labels, pod: &Labels, steps: &mut Vec<Step>) -> Vec<String> {
    let mut hits = Vec::new();
    let mut sorted: Vec<&Value> = webhooks.iter().collect();
    sorted.sort_by_key(|webhook| crate::cluster::name_of(webhook));
    for configuration in sorted {
        let mut best: Option<(usize, String)> = None;
        let mut hit = None;
        for entry in entries(configuration).filter(|entry| name_of(entry).ends_with("sidecar-injector.istio.io")) {
            let (of_namespace, of_pod) = selectors(entry);
            let (space, own) = (selects(of_namespace, namespace), selects(of_pod, pod));
            if space && own {
                hit = Some(name_of(entry).to_string());
                break;
            }
            let unmet = |selector: &Value, labels: &Labels, what: &str| {
                let selector = Selector::parse(selector).ok()?;
                Some(format!("{}: wants {what} with {}", name_of(entry), selector.first_unmet(&to_map(labels))?))
            };
            let why = if space { unmet(of_pod, pod, "a pod") } else { unmet(of_namespace, namespace, "a namespace") };
            let score = usize::from(space) + usize::from(own);
            if let Some(why) = why.filter(|_| best.as_ref().is_none_or(|(known, _)| score > *known)) {
                best = Some((score, why));
            }
        }
        let name = crate::cluster::name_of(configuration);
        let rule = match label(configuration, "istio.io/rev") {
            Some(revision) => format!("MutatingWebhookConfiguration {name} (revision {revision})"),
            None => format!("MutatingWebhookConfiguration {name}"),
        };
        match (hit, best) {
            (Some(entry), _) => {
                steps.push(Step { rule, passed: true, why: format!("{entry} matches") });
                hits.push(name.to_string());
            }
            (None, Some((_, why))) => steps.push(Step { rule, passed: false, why }),
            (None, None) => {}
        }
    }
    hits
}

fn to_map(labels: &Labels) -> Map<String, Value> {
    labels.iter().map(|(key, value)| (key.clone(), Value::from(value.as_str()))).collect()
}

fn pod_labels(pod: &Value) -> Labels {
    labels_of(pod)
}

fn tell(decision: &Decision, config: &InjectConfig) -> String {
    match &decision.reason {
        Reason::HostNetwork => "the pod uses the host's network".to_string(),
        Reason::IgnoredNamespace(namespace) => format!("pods of namespace {namespace} are never injected"),
        Reason::Asked { label, value } => {
            let kind = if *label { "label" } else { "annotation" };
            format!("the pod's {kind} {INJECT}={value} says so")
        }
        Reason::NeverSelector(at) => format!("neverInjectSelector[{at}] matches{}", shown(config.rules.never.get(*at))),
        Reason::AlwaysSelector(at) => {
            format!("alwaysInjectSelector[{at}] matches{}", shown(config.rules.always.get(*at)))
        }
        Reason::Policy(policy) => format!("the injector's policy is {policy:?}").to_lowercase(),
    }
}

fn shown(selector: Option<&Value>) -> String {
    selector.map_or_else(String::new, |selector| format!(": {selector}"))
}

/// The single label changes that would turn the decision around.
fn changes(scene: &Scene, namespace: &Labels, pod: &Labels, injector: &Injector, injected: bool) -> Vec<Change> {
    let mut found = Vec::new();
    let mut consider = |change: String, namespace: &Labels, pod: &Labels| {
        let mut changed = scene.pod.clone();
        if let Some(labels) = super::customise::metadata_map_mut(&mut changed, "labels") {
            *labels = to_map(pod);
        }
        let ruling = ruling(scene, namespace, &changed, injector);
        if ruling.injected != injected {
            found.push(Change { change, injected: ruling.injected, reason: ruling.reason });
        }
    };
    let with = |labels: &Labels, key: &str, value: Option<&str>| {
        let mut labels = labels.clone();
        match value {
            Some(value) => labels.insert(key.to_string(), value.to_string()),
            None => labels.remove(key),
        };
        labels
    };
    for value in ["true", "false"] {
        if pod.get(INJECT).map(String::as_str) != Some(value) {
            consider(format!("pod label {INJECT}={value}"), namespace, &with(pod, INJECT, Some(value)));
        }
    }
    if pod.contains_key(INJECT) {
        consider(format!("pod without label {INJECT}"), namespace, &with(pod, INJECT, None));
    }
    if scene.webhooks.is_empty() {
        return found;
    }
    let mut revisions: Vec<&str> = scene
        .webhooks
        .iter()
        .filter_map(|webhook| label(webhook, "istio.io/tag").or(label(webhook, "istio.io/rev")))
        .collect();
    revisions.sort_unstable();
    revisions.dedup();
    let mut spaces: Vec<(String, &str, Option<&str>)> = vec![
        ("namespace label istio-injection=enabled".to_string(), "istio-injection", Some("enabled")),
        ("namespace label istio-injection=disabled".to_string(), "istio-injection", Some("disabled")),
    ];
    for revision in &revisions {
        spaces.push((format!("namespace label istio.io/rev={revision}"), "istio.io/rev", Some(revision)));
    }
    for key in ["istio-injection", "istio.io/rev"] {
        if namespace.contains_key(key) {
            spaces.push((format!("namespace without label {key}"), key, None));
        }
    }
    for (change, key, value) in spaces {
        if namespace.get(key).map(String::as_str) != value {
            consider(change, &with(namespace, key, value), pod);
        }
    }
    found
}

/// Injects the pod for real, to tell what comes of it.
fn added(scene: &Scene, injector: &Injector) -> Result<Option<Added>, InjectError> {
    let request = Request { pod: scene.pod.clone(), owner: scene.owner.clone(), ..Request::default() };
    let Outcome::Injected { pod, templates, .. } = Worker::new(injector).inject(&request)? else { return Ok(None) };
    let annotation = |name: &str| scene.pod.get("metadata")?.get("annotations")?.get(name)?.as_str();
    let templates_from = match annotation(annotations::TEMPLATES) {
        Some(list) => format!("the pod's annotation {}={list}", annotations::TEMPLATES),
        None => "the injector's default templates".to_string(),
    };
    let before = |list: &str, name: &str| {
        containers(&scene.pod, list).iter().any(|container| container.get("name").and_then(Value::as_str) == Some(name))
    };
    let new = |list: &str| -> Vec<String> {
        let names = containers(&pod, list).iter().filter_map(|container| container.get("name")?.as_str());
        names.filter(|name| !before(list, name)).map(str::to_string).collect()
    };
    let (plain, init) = (new("containers"), new("initContainers"));
    let proxy = ["containers", "initContainers"]
        .iter()
        .find_map(|list| containers(&pod, list).iter().find(|container| is_named(container, "istio-proxy")));
    Ok(Some(Added {
        templates,
        templates_from,
        values_from: scene.values_from.to_string(),
        image: proxy.and_then(|proxy| proxy.get("image")?.as_str()).unwrap_or_default().to_string(),
        native_sidecar: containers(&pod, "initContainers").iter().any(|item| is_named(item, "istio-proxy")),
        revision: if injector.revision.is_empty() { "default".to_string() } else { injector.revision.clone() },
        containers: plain,
        init_containers: init,
    }))
}
