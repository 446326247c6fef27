//! Pods as users name them: `[TYPE/]NAME[.NAMESPACE]`, a workload, a service, or a label selector.

use serde_json::Value;

use super::{Cluster, Error, Resource, Selection, name_of, object_namespace};

/// A pod's name and namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PodName {
    pub name: String,
    pub namespace: String,
}

impl std::fmt::Display for PodName {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{}.{}", self.name, self.namespace)
    }
}

impl PodName {
    /// The name of a pod that was read.
    pub fn of(pod: &Value) -> Self {
        PodName { name: name_of(pod).to_owned(), namespace: object_namespace(pod).unwrap_or_default().to_owned() }
    }
}

/// The parts of a word that names pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word<'w> {
    /// The type before the slash; without one the word is a pod's name.
    pub kind: Option<&'w str>,
    pub name: &'w str,
    pub namespace: Option<&'w str>,
}

impl<'w> Word<'w> {
    /// The last dot behind the slash (or of the whole word) starts the namespace.
    pub fn parse(word: &'w str) -> Self {
        let slash = word.find('/').filter(|place| *place > 0);
        let from = slash.map_or(0, |place| place + 1);
        let dot = word.get(from..).and_then(|rest| rest.rfind('.')).map(|place| from + place);
        let (name, namespace) = match dot.and_then(|place| word.split_at_checked(place)) {
            Some((name, rest)) => (name, rest.strip_prefix('.')),
            None => (word, None),
        };
        match slash.and_then(|place| name.split_at_checked(place)) {
            Some((kind, rest)) => Word { kind: Some(kind), name: rest.strip_prefix('/').unwrap_or(rest), namespace },
            None => Word { kind: None, name, namespace },
        }
    }
}

impl Cluster {
    /// All pods that a word means, in the order in which they are preferred. A plain pod name is taken as it is.
    pub async fn pods_by_word(&self, word: &str) -> Result<Vec<PodName>, Error> {
        let parsed = Word::parse(word);
        let namespace = parsed.namespace.unwrap_or(self.namespace()).to_owned();
        let Some(kind) = parsed.kind else {
            return Ok(vec![PodName { name: parsed.name.to_owned(), namespace }]);
        };
        let failed = |reason: &str| Error::Word {
            word: word.to_owned(),
            reason: format!("{reason} in namespace {namespace:?}"),
        };
        // Whether a cluster answers, and lets us ask, has nothing to do with the word.
        let of_word = |error: Error| if error.is_not_found() { failed(&error.to_string()) } else { error };
        let resource = self.resource_by_word(kind).await.map_err(of_word)?;
        if parsed.name.is_empty() {
            return Err(Error::Word { word: word.to_owned(), reason: "a name is missing behind the slash".to_owned() });
        }
        if resource.kind == "Pod" {
            return Ok(vec![PodName { name: parsed.name.to_owned(), namespace }]);
        }
        let object = self.get(&resource, Some(&namespace), parsed.name).await.map_err(of_word)?;
        let object = object.ok_or_else(|| failed(&format!("{} \"{}\" not found", resource.plural, parsed.name)))?;
        let selector = selector_of(&object, &resource)
            .map_err(|reason| Error::Word { word: word.to_owned(), reason: format!("this means no pod: {reason}") })?;
        let mut pods = self.pods_by_selector(&namespace, &selector).await?;
        if pods.is_empty() {
            return Err(Error::Word { word: word.to_owned(), reason: "no pod matches".to_owned() });
        }
        pods.sort_by_cached_key(preference);
        Ok(pods.iter().map(PodName::of).collect())
    }

    /// The pod that a word means; of several the one whose log `kubectl` would show.
    pub async fn pod_by_word(&self, word: &str) -> Result<PodName, Error> {
        let none = || Error::Word { word: word.to_owned(), reason: "no pod matches".to_owned() };
        self.pods_by_word(word).await?.into_iter().next().ok_or_else(none)
    }

    /// The pods of a namespace with these labels, as objects.
    pub async fn pods_by_selector(&self, namespace: &str, labels: &str) -> Result<Vec<Value>, Error> {
        let pods = pod_resource()?;
        self.list(&pods, &Selection { namespace: Some(namespace), labels, ..Selection::default() }).await
    }

    /// A pod as an object.
    pub async fn pod(&self, pod: &PodName) -> Result<Value, Error> {
        let resource = pod_resource()?;
        self.get_path(&resource.path(Some(&pod.namespace), &pod.name)).await
    }
}

pub(super) fn pod_resource() -> Result<Resource, Error> {
    Resource::known("", "Pod").ok_or_else(|| Error::NoSuchKind { kind: "Pod".to_owned() })
}

/// The label selector of a workload or service.
fn selector_of(object: &Value, resource: &Resource) -> Result<String, String> {
    let spec = &object["spec"];
    let none = || format!("{} has no selector", resource.kind);
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("gateway.networking.k8s.io", "Gateway") => {
            let addresses = spec["addresses"].as_array().map(Vec::as_slice).unwrap_or_default();
            if addresses.iter().any(|address| address["type"] == "Hostname") {
                return Err("gateway is not a managed gateway".to_owned());
            }
            Ok(format!("gateway.networking.k8s.io/gateway-name={}", name_of(object)))
        }
        ("", "Service" | "ReplicationController") => {
            Some(equalities(&spec["selector"])).filter(|s| !s.is_empty()).ok_or_else(none)
        }
        ("apps" | "batch", _) => Some(label_selector(&spec["selector"])).filter(|s| !s.is_empty()).ok_or_else(none),
        _ => Err(format!("a {} selects no pods", resource.kind)),
    }
}

fn equalities(labels: &Value) -> String {
    let pairs = labels.as_object().into_iter().flatten();
    pairs.filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).collect::<Vec<_>>().join(",")
}

/// `matchLabels` and `matchExpressions` as text.
fn label_selector(selector: &Value) -> String {
    let mut parts = vec![equalities(&selector["matchLabels"])];
    for expression in selector["matchExpressions"].as_array().into_iter().flatten() {
        let key = expression["key"].as_str().unwrap_or_default();
        let values: Vec<&str> =
            expression["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        parts.push(match expression["operator"].as_str() {
            Some("In") => format!("{key} in ({})", values.join(",")),
            Some("NotIn") => format!("{key} notin ({})", values.join(",")),
            Some("DoesNotExist") => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    parts.retain(|part| !part.is_empty());
    parts.join(",")
}

/// Orders pods as `kubectl logs` does: scheduled, running, ready, ready for long, often restarted, old.
fn preference(pod: &Value) -> (bool, u8, bool, String, i64, String) {
    let status = &pod["status"];
    let phase = match status["phase"].as_str() {
        Some("Running") => 0,
        Some("Pending") => 2,
        _ => 1,
    };
    let conditions = status["conditions"].as_array().into_iter().flatten();
    let ready = conditions.into_iter().find(|one| one["type"] == "Ready" && one["status"] == "True");
    let since = ready.and_then(|one| one["lastTransitionTime"].as_str()).unwrap_or("~").to_owned();
    let containers = status["containerStatuses"].as_array().into_iter().flatten();
    let restarts = containers.filter_map(|one| one["restartCount"].as_i64()).max().unwrap_or(0);
    let created = pod["metadata"]["creationTimestamp"].as_str().unwrap_or("~").to_owned();
    (pod["spec"]["nodeName"].as_str().is_none_or(str::is_empty), phase, ready.is_none(), since, -restarts, created)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_are_taken_apart() {
        let cases = [
            ("pod", (None, "pod", None)),
            ("pod.ns", (None, "pod", Some("ns"))),
            ("a.b.ns", (None, "a.b", Some("ns"))),
            ("deploy/x", (Some("deploy"), "x", None)),
            ("gateway.gateway.networking.k8s.io/gw.ns", (Some("gateway.gateway.networking.k8s.io"), "gw", Some("ns"))),
            ("/x", (None, "/x", None)),
        ];
        for (word, (kind, name, namespace)) in cases {
            assert_eq!(Word::parse(word), Word { kind, name, namespace }, "{word}");
        }
    }

    #[test]
    fn selectors_become_text() {
        let deployment = json!({"spec": {"selector": {"matchLabels": {"app": "a"}, "matchExpressions": [
            {"key": "v", "operator": "In", "values": ["1", "2"]}, {"key": "x", "operator": "DoesNotExist"}]}}});
        let apps = Resource::known("apps", "Deployment").expect("known");
        assert_eq!(selector_of(&deployment, &apps), Ok("app=a,v in (1,2),!x".to_owned()));
    }
}
