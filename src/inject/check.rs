//! Which injection webhooks of a cluster would take a pod, by the labels of its namespace and its own.

use serde::Serialize;
use serde_json::Value;

use crate::install::revisions::injectors::is_deactivated;
use crate::install::revisions::labels::{Labels, label, selects};

const INJECTION: &str = "istio-injection";

/// What one webhook configuration makes of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// The MutatingWebhookConfiguration.
    pub webhook: String,
    pub revision: String,
    pub injected: bool,
    pub reason: String,
}

/// The verdict of every configuration that has an entry of Istio's, sorted by name.
pub fn verdicts(configurations: &[Value], namespace: &Labels, pod: &Labels) -> Vec<Verdict> {
    let mut verdicts: Vec<Verdict> = configurations
        .iter()
        .filter(|configuration| entries(configuration).any(|entry| name_of(entry).ends_with("istio.io")))
        .map(|configuration| {
            let (injected, reason) = verdict(configuration, namespace, pod);
            Verdict {
                webhook: crate::cluster::name_of(configuration).to_string(),
                revision: label(configuration, "istio.io/rev").unwrap_or_default().to_string(),
                injected,
                reason,
            }
        })
        .collect();
    verdicts.sort_by(|a, b| a.webhook.cmp(&b.webhook));
    verdicts
}

/// The entries of a configuration.
pub fn entries(configuration: &Value) -> impl Iterator<Item = &Value> {
    configuration.get("webhooks").and_then(Value::as_array).into_iter().flatten()
}

pub fn name_of(entry: &Value) -> &str {
    entry.get("name").and_then(Value::as_str).unwrap_or_default()
}

/// An entry's selectors: of namespaces, of pods.
pub fn selectors(entry: &Value) -> (&Value, &Value) {
    let of = |key: &str| entry.get(key).unwrap_or(&Value::Null);
    (of("namespaceSelector"), of("objectSelector"))
}

fn verdict(configuration: &Value, namespace: &Labels, pod: &Labels) -> (bool, String) {
    for entry in entries(configuration) {
        let (of_namespace, of_pod) = selectors(entry);
        match (selects(of_namespace, namespace), selects(of_pod, pod)) {
            (true, true) => match (matching_label(of_namespace, namespace), matching_label(of_pod, pod)) {
                (Some(space), Some(own)) => {
                    return (true, format!("Namespace label {space} matches, and pod label {own} matches"));
                }
                (Some(space), None) => {
                    let everywhere = if space.starts_with("kubernetes.io/metadata.name") {
                        " (Automatic injection is enabled in all namespaces)."
                    } else {
                        ""
                    };
                    return (true, format!("Namespace label {space} matches{everywhere}"));
                }
                (None, Some(own)) => return (true, format!("Pod label {own} matches")),
                (None, None) => {}
            },
            (true, false) => {
                if let Some(own) = preventing_label(of_pod, pod) {
                    return (false, format!("Pod has {own} label, preventing injection"));
                }
            }
            (false, true) => {
                if let Some(value) = namespace.get(INJECTION).filter(|value| *value != "enabled") {
                    return (false, format!("Namespace has {INJECTION}={value} label, preventing injection"));
                }
            }
            (false, false) => {}
        }
    }
    if is_deactivated(configuration) {
        return (false, "The injection webhook is deactivated, and will never match labels.".to_string());
    }
    let wanted = |which: fn(&Value) -> &Value| {
        let found: Vec<String> = entries(configuration).flat_map(|entry| wanted_labels(which(entry))).collect();
        found.join(", ")
    };
    let (spaces, pods) = (wanted(|entry| selectors(entry).0), wanted(|entry| selectors(entry).1));
    (false, format!("No matching namespace labels ({spaces}) or pod labels ({pods})"))
}

/// The first `In` or `NotIn` rule about a label that is there.
fn matching_label(selector: &Value, labels: &Labels) -> Option<String> {
    let exact =
        selector.get("matchLabels").and_then(Value::as_object).into_iter().flatten().map(|(key, _)| key.as_str());
    let rules = rules(selector).filter(|rule| matches!(text(rule, "operator"), "In" | "NotIn"));
    exact
        .chain(rules.map(|rule| text(rule, "key")))
        .find_map(|key| labels.get(key).map(|value| format!("{key}={value}")))
}

/// A label that must not be there, or must not have its value.
fn preventing_label(selector: &Value, labels: &Labels) -> Option<String> {
    rules(selector).find_map(|rule| {
        let key = text(rule, "key");
        let value = labels.get(key)?;
        let listed = values(rule).any(|known| known == value);
        let prevents = match text(rule, "operator") {
            "DoesNotExist" => true,
            "NotIn" => listed,
            _ => false,
        };
        prevents.then(|| format!("{key}={value}"))
    })
}

/// What would match: the labels of the `In` rules.
fn wanted_labels(selector: &Value) -> Vec<String> {
    rules(selector)
        .filter(|rule| text(rule, "operator") == "In")
        .map(|rule| format!("{}={}", text(rule, "key"), values(rule).collect::<Vec<_>>().join(",")))
        .collect()
}

fn rules(selector: &Value) -> impl Iterator<Item = &Value> {
    selector.get("matchExpressions").and_then(Value::as_array).into_iter().flatten()
}

fn values(rule: &Value) -> impl Iterator<Item = &str> {
    rule.get("values").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
