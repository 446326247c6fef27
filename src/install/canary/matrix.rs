//! Who injects whom, over everything that is really there: each namespace with each kind of pod it has.
//!
//! A step is allowed when every such pair has as many injectors afterwards as before, and never two.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::cluster::{name_of, object_namespace};
use crate::install::revisions::injectors::{answering, injectors};
use crate::install::revisions::labels::{Labels, labels_of};

/// Namespace and pod labels (only those that selectors look at) → revisions of the injectors that answer.
pub type Matrix = BTreeMap<(String, Labels), Vec<String>>;

/// Tries every pair. `namespaces` gives each name its labels; `templates` are pods and workloads with pod templates.
pub fn matrix(webhooks: &[Value], namespaces: &BTreeMap<String, Labels>, pods: &[Value]) -> Matrix {
    let keys = selector_keys(webhooks);
    let all = injectors(webhooks);
    let mut classes: BTreeMap<&str, BTreeSet<Labels>> = BTreeMap::new();
    for pod in pods {
        let Some(namespace) = object_namespace(pod) else { continue };
        let labels = labels_of(pod).into_iter().filter(|(key, _)| keys.contains(key)).collect();
        classes.entry(namespace).or_default().insert(labels);
    }
    let mut found = Matrix::new();
    for (name, labels) in namespaces {
        let mut kinds = classes.remove(name.as_str()).unwrap_or_default();
        kinds.insert(Labels::new());
        for pod in kinds {
            let revisions = answering(&all, labels, &pod).iter().map(|i| i.revision().to_owned()).collect();
            found.insert((name.clone(), pod), revisions);
        }
    }
    found
}

/// Each namespace's labels.
pub fn labels_by_namespace(namespaces: &[Value]) -> BTreeMap<String, Labels> {
    namespaces.iter().map(|namespace| (name_of(namespace).to_owned(), labels_of(namespace))).collect()
}

/// Every pair that would gain or lose injectors, or have two, in words.
pub fn broken(before: &Matrix, after: &Matrix) -> Vec<String> {
    let mut lines = Vec::new();
    for (place @ (namespace, pod), now) in after {
        let count = before.get(place).map_or(0, Vec::len);
        if now.len() == count && now.len() < 2 {
            continue;
        }
        let labels: Vec<String> = pod.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let whom = if labels.is_empty() { "pods".to_owned() } else { format!("pods with {}", labels.join(",")) };
        lines.push(match now.as_slice() {
            [] => format!("{whom} in namespace {namespace} would be injected by nobody, now by {count}"),
            [one] => format!("{whom} in namespace {namespace} would be injected by {one}, now by {count} injectors"),
            many => format!("{whom} in namespace {namespace} would be injected by {} at once", many.join(" and ")),
        });
    }
    lines
}

/// Label keys that any selector looks at.
fn selector_keys(webhooks: &[Value]) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for entry in webhooks.iter().flat_map(|webhook| webhook["webhooks"].as_array().into_iter().flatten()) {
        for selector in [&entry["namespaceSelector"], &entry["objectSelector"]] {
            keys.extend(selector["matchLabels"].as_object().into_iter().flatten().map(|(key, _)| key.clone()));
            let rules = selector["matchExpressions"].as_array().into_iter().flatten();
            keys.extend(rules.filter_map(|rule| rule["key"].as_str().map(str::to_owned)));
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::canary::mesh::tests::{pod, two_revisions};
    use crate::install::revisions::injectors::deactivate;

    #[test]
    fn gaps_and_doubles_are_told_apart() {
        let mut mesh = two_revisions();
        mesh.pods.push(pod("by-tag", "web", "old"));
        let namespaces = labels_by_namespace(&mesh.namespaces);
        let before = matrix(&mesh.webhooks, &namespaces, &mesh.pods);
        assert_eq!(broken(&before, &before), Vec::<String>::new());
        let mut gap = mesh.webhooks.clone();
        deactivate(&mut gap[1]);
        assert_eq!(
            broken(&before, &matrix(&gap, &namespaces, &mesh.pods)),
            ["pods in namespace by-tag would be injected by nobody, now by 1"]
        );
        let mut double = mesh.webhooks.clone();
        double.push(double[0].clone());
        assert_eq!(
            broken(&before, &matrix(&double, &namespaces, &mesh.pods)),
            ["pods in namespace by-name would be injected by old and old at once"]
        );
    }
}
