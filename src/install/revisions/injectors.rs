//! Who injects whom: the injection webhooks of a cluster tried on label sets of namespaces and pods.
//!
//! The same question decides whether a tag would conflict, whether an install may go on, and whether a canary step
//! leaves every namespace with exactly one injector.

use std::collections::BTreeSet;

use serde_json::Value;

use super::labels::{Labels, label, selects};

pub const REVISION: &str = "istio.io/rev";
pub const TAG: &str = "istio.io/tag";
pub const INJECTION: &str = "istio-injection";
const INJECT: &str = "sidecar.istio.io/inject";
/// The selector of a webhook that is kept but must match nothing.
const NEVER: (&str, &str) = ("istio.io/deactivated", "never-match");
/// How the entries are called that inject sidecars.
const ENTRY: &str = "sidecar-injector.istio.io";

/// One entry of a MutatingWebhookConfiguration.
#[derive(Clone, Copy, Debug)]
pub struct Injector<'w> {
    configuration: &'w Value,
    entry: &'w Value,
}

impl<'w> Injector<'w> {
    /// The name of the configuration.
    pub fn configuration(&self) -> &'w str {
        self.configuration["metadata"]["name"].as_str().unwrap_or_default()
    }

    /// The name of the entry.
    pub fn entry(&self) -> &'w str {
        self.entry["name"].as_str().unwrap_or_default()
    }

    /// The revision whose control plane is asked.
    pub fn revision(&self) -> &'w str {
        label(self.configuration, REVISION).unwrap_or("default")
    }

    fn matches(&self, namespace: &Labels, pod: &Labels) -> bool {
        selects(&self.entry["namespaceSelector"], namespace) && selects(&self.entry["objectSelector"], pod)
    }
}

/// The entries of these configurations that inject sidecars.
pub fn injectors(configurations: &[Value]) -> Vec<Injector<'_>> {
    let entries = |configuration: &'_ Value| -> Vec<(usize, bool)> {
        let entries = configuration["webhooks"].as_array().into_iter().flatten().enumerate();
        entries.map(|(at, entry)| (at, entry["name"].as_str().is_some_and(|name| name.ends_with(ENTRY)))).collect()
    };
    configurations
        .iter()
        .flat_map(|configuration| {
            let found = entries(configuration).into_iter().filter(|(_, injects)| *injects);
            found.map(|(at, _)| Injector { configuration, entry: &configuration["webhooks"][at] }).collect::<Vec<_>>()
        })
        .collect()
}

/// The injectors that answer for a pod with these labels in a namespace with those.
pub fn answering<'w>(injectors: &[Injector<'w>], namespace: &Labels, pod: &Labels) -> Vec<Injector<'w>> {
    injectors.iter().filter(|injector| injector.matches(namespace, pod)).copied().collect()
}

/// Two or more injectors for one pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// `CONFIGURATION/ENTRY` of each, sorted.
    pub entries: Vec<String>,
    pub namespace: Labels,
    pub pod: Labels,
}

/// Tries every combination of injection labels and known revisions; one overlap for each distinct set of injectors.
pub fn overlaps(configurations: &[Value]) -> Vec<Overlap> {
    let all = injectors(configurations);
    let revisions = known_revisions(configurations);
    let namespaces = label_sets(INJECTION, &["enabled", "disabled"], &revisions);
    let pods = label_sets(INJECT, &["true", "false"], &revisions);
    let mut found: Vec<Overlap> = Vec::new();
    for namespace in &namespaces {
        for pod in &pods {
            let answering = answering(&all, namespace, pod);
            if answering.len() < 2 {
                continue;
            }
            let mut entries: Vec<String> =
                answering.iter().map(|i| format!("{}/{}", i.configuration(), i.entry())).collect();
            entries.sort();
            if !found.iter().any(|overlap| overlap.entries == entries) {
                found.push(Overlap { entries, namespace: namespace.clone(), pod: pod.clone() });
            }
        }
    }
    found
}

/// Revisions and tags that labels or selectors of the configurations name.
fn known_revisions(configurations: &[Value]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for configuration in configurations {
        found.extend([REVISION, TAG].iter().filter_map(|key| label(configuration, key)).map(str::to_owned));
        for entry in configuration["webhooks"].as_array().into_iter().flatten() {
            for selector in [&entry["namespaceSelector"], &entry["objectSelector"]] {
                for rule in selector["matchExpressions"].as_array().into_iter().flatten() {
                    if rule["key"] == REVISION {
                        let values = rule["values"].as_array().into_iter().flatten();
                        found.extend(values.filter_map(|value| value.as_str().map(str::to_owned)));
                    }
                }
            }
        }
    }
    found
}

/// {absent, each value of `key`} × {no revision, each revision}.
fn label_sets(key: &str, values: &[&str], revisions: &BTreeSet<String>) -> Vec<Labels> {
    let first = std::iter::once(None).chain(values.iter().map(Some));
    let mut sets = Vec::new();
    for value in first {
        for revision in std::iter::once(None).chain(revisions.iter().map(Some)) {
            let mut labels = Labels::new();
            labels.extend(value.map(|value| (key.to_owned(), (*value).to_owned())));
            labels.extend(revision.map(|revision| (REVISION.to_owned(), revision.clone())));
            sets.push(labels);
        }
    }
    sets
}

/// Whether every entry of the configuration has been told to match nothing.
pub fn is_deactivated(configuration: &Value) -> bool {
    let mut entries = configuration["webhooks"].as_array().into_iter().flatten().peekable();
    entries.peek().is_some() && entries.all(|entry| entry["namespaceSelector"]["matchLabels"][NEVER.0] == NEVER.1)
}

/// Tells every entry to match nothing; the configuration is kept, so that the way back stays open.
pub fn deactivate(configuration: &mut Value) {
    for entry in configuration["webhooks"].as_array_mut().into_iter().flatten() {
        for selector in ["namespaceSelector", "objectSelector"] {
            entry[selector] = serde_json::json!({"matchLabels": {NEVER.0: NEVER.1}});
        }
    }
}

#[cfg(test)]
pub(in crate::install) mod tests {
    use super::*;
    use serde_json::json;

    /// The configuration of a named revision, or of a tag that points to it.
    pub fn revisioned(name: &str, revision: &str, matched: &str) -> Value {
        json!({
            "metadata": {"name": name, "labels": {REVISION: revision}},
            "webhooks": [{
                "name": "rev.namespace.sidecar-injector.istio.io",
                "namespaceSelector": {"matchExpressions": [
                    {"key": REVISION, "operator": "In", "values": [matched]},
                    {"key": INJECTION, "operator": "DoesNotExist"},
                ]},
                "objectSelector": {"matchExpressions": [{"key": INJECT, "operator": "NotIn", "values": ["false"]}]},
            }],
        })
    }

    #[test]
    fn a_tag_named_like_a_revision_makes_two_injectors() {
        let apart = [revisioned("a", "canary", "canary"), revisioned("b", "canary", "prod")];
        assert_eq!(overlaps(&apart), []);
        let both = [revisioned("a", "canary", "canary"), revisioned("b", "default", "canary")];
        let entry = "rev.namespace.sidecar-injector.istio.io";
        assert_eq!(
            overlaps(&both),
            [Overlap {
                entries: vec![format!("a/{entry}"), format!("b/{entry}")],
                namespace: Labels::from([(REVISION.to_owned(), "canary".to_owned())]),
                pod: Labels::new(),
            }]
        );
    }

    #[test]
    fn a_deactivated_configuration_answers_for_nobody() {
        let mut configuration = revisioned("a", "default", "default");
        assert!(!is_deactivated(&configuration));
        deactivate(&mut configuration);
        assert!(is_deactivated(&configuration));
        let namespace = Labels::from([(REVISION.to_owned(), "default".to_owned())]);
        assert_eq!(answering(&injectors(&[configuration]), &namespace, &Labels::new()).len(), 0);
    }
}
