//! An API server in memory: keeps objects, selects them by labels and fields, and says of workloads what it is told to say.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bowline::cluster::{name_of, object_namespace};
use serde_json::{Map, Value, json};

use super::server::{Answer, Asked, Server};

/// How it behaves.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    pub version: &'static str,
    /// Whether workloads become ready; otherwise a pod of theirs cannot pull its image.
    pub ready: bool,
    /// The plural of a kind that may not be written.
    pub refused: &'static str,
    /// Whether the account may do nothing at all.
    pub forbidden: bool,
}

/// A server of the version that most recordings were made with.
pub const SOUND: Manner = Manner { version: "v1.34.0", ready: true, refused: "", forbidden: false };

pub struct Api {
    pub server: Server,
    folder: tempfile::TempDir,
}

/// A write: method, path without query, and what it carried.
#[derive(Clone, Debug, PartialEq)]
pub struct Write {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub body: Value,
}

/// group, plural, namespace (empty for cluster-scoped objects), name
type Place = (String, String, String, String);
type Store = BTreeMap<Place, Value>;

impl Api {
    /// A server that holds these objects.
    pub fn start(manner: Manner, objects: &[Value]) -> Self {
        let mut store = Store::new();
        for object in objects {
            let place = place_of(object);
            let count = store.len();
            store.insert(place, kept(object.clone(), count, manner));
        }
        let store = Arc::new(Mutex::new(store));
        let server = Server::start(move |asked, before| {
            answer(asked, before, &mut store.lock().expect("no test panics here"), manner)
        });
        Api { server, folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn kubeconfig(&self) -> String {
        self.server.kubeconfig(self.folder.path())
    }

    /// As [`Api::kubeconfig`], for a server that outlives this handle.
    pub fn kubeconfig_kept(self) -> String {
        self.server.kubeconfig(&self.folder.keep())
    }

    /// The writes so far, dry runs aside, in order.
    pub fn writes(&self) -> Vec<Write> {
        let mut writes = Vec::new();
        for asked in self.server.asked() {
            let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
            let query: BTreeMap<String, String> = query
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .map(|(key, value)| (key.to_owned(), value.to_owned()))
                .collect();
            let is_question = path.ends_with("reviews") || query.contains_key("dryRun");
            if asked.method != "GET" && !is_question {
                let body = serde_json::from_str(&asked.body).unwrap_or_default();
                writes.push(Write { method: asked.method.clone(), path: path.to_owned(), query, body });
            }
        }
        writes
    }
}

fn answer(asked: &Asked, before: usize, store: &mut Store, manner: Manner) -> Answer {
    let (path, query) = asked.path.split_once('?').unwrap_or((&asked.path, ""));
    let parameter = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| decoded(value)).unwrap_or_default()
    };
    if path == "/version" {
        return Answer::Json(200, json!({"gitVersion": manner.version}));
    }
    if manner.forbidden {
        return status(403, "Forbidden", "things is forbidden: User \"nobody\" cannot list resource \"things\"");
    }
    let words: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (group, rest) = match words.as_slice() {
        ["api", "v1", rest @ ..] => ("", rest),
        ["apis", group, _, rest @ ..] => (*group, rest),
        _ => return status(404, "NotFound", "404 page not found"),
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (*namespace, rest),
        rest => ("", rest),
    };
    let (plural, name) = match rest {
        [plural] => (*plural, ""),
        [plural, name] => (*plural, *name),
        _ => return status(404, "NotFound", "the server could not find the requested resource"),
    };
    if !is_served(group, plural, store) {
        return status(404, "NotFound", "the server could not find the requested resource");
    }
    let place = (group.to_owned(), plural.to_owned(), namespace.to_owned(), name.to_owned());
    let absent = || status(404, "NotFound", &format!("{plural} \"{name}\" not found"));
    let body = || serde_json::from_str::<Value>(&asked.body).unwrap_or_default();
    if asked.method != "GET" && plural == manner.refused {
        return status(403, "Forbidden", "denied by test");
    }
    match asked.method.as_str() {
        "GET" if name.is_empty() => {
            let (labels, fields) = (parameter("labelSelector"), parameter("fieldSelector"));
            let here =
                |place: &Place| place.0 == group && place.1 == plural && (namespace.is_empty() || place.2 == namespace);
            let chosen = |object: &Value| selected(object, &labels) && has_fields(object, &fields);
            let mut items: Vec<Value> =
                store.iter().filter(|(place, object)| here(place) && chosen(object)).map(|(_, o)| o.clone()).collect();
            if plural == "pods" && !manner.ready && !labels.is_empty() {
                items.push(stuck_pod(namespace));
            }
            Answer::Json(200, json!({"metadata": {}, "items": items}))
        }
        "GET" => store.get(&place).map_or_else(absent, |object| Answer::Json(200, object.clone())),
        "POST" if plural.ends_with("reviews") => Answer::Json(201, json!({"status": {"allowed": true}})),
        "POST" => {
            let object = kept(body(), before, manner);
            store.insert(place_of_named(&place, name_of(&object)), object.clone());
            Answer::Json(201, object)
        }
        "PATCH" | "PUT" => {
            let mut object =
                if asked.method == "PUT" { body() } else { store.get(&place).cloned().unwrap_or(json!({})) };
            merge(&mut object, body());
            let object = kept(object, before, manner);
            if parameter("dryRun").is_empty() {
                store.insert(place, object.clone());
            }
            Answer::Json(200, object)
        }
        "DELETE" => match store.remove(&place) {
            Some(_) => Answer::Json(200, json!({"kind": "Status", "status": "Success"})),
            None => absent(),
        },
        _ => status(405, "MethodNotAllowed", "no"),
    }
}

fn status(code: u16, reason: &str, message: &str) -> Answer {
    Answer::Json(code, json!({"kind": "Status", "code": code, "reason": reason, "message": message}))
}

/// Kinds that others bring are there once their definition is.
fn is_served(group: &str, plural: &str, store: &Store) -> bool {
    let foreign = group.ends_with("istio.io") || group.contains("cncf.io") || group.contains("calico");
    let definition = ("apiextensions.k8s.io", "customresourcedefinitions", format!("{plural}.{group}"));
    !foreign
        || store.keys().any(|(group, plural, _, name)| (group.as_str(), plural.as_str(), name.clone()) == definition)
}

fn place_of(object: &Value) -> Place {
    let group =
        object["apiVersion"].as_str().and_then(|version| version.split_once('/')).map_or("", |(group, _)| group);
    let kind = object["kind"].as_str().expect("a kind");
    let plural = match kind {
        "NetworkPolicy" => "networkpolicies".to_owned(),
        kind => format!("{}{}", kind.to_lowercase(), if kind.ends_with('s') { "es" } else { "s" }),
    };
    (group.to_owned(), plural, object_namespace(object).unwrap_or_default().to_owned(), name_of(object).to_owned())
}

fn place_of_named(place: &Place, name: &str) -> Place {
    (place.0.clone(), place.1.clone(), place.2.clone(), name.to_owned())
}

/// An object as a server keeps it: with an identity, and in the state that its controller would have brought it to.
fn kept(mut object: Value, number: usize, manner: Manner) -> Value {
    let metadata = &mut object["metadata"];
    for (key, value) in
        [("uid", json!(format!("uid-{number}"))), ("resourceVersion", json!("1")), ("generation", json!(1))]
    {
        if metadata[key].is_null() {
            metadata[key] = value;
        }
    }
    let wanted = object["spec"]["replicas"].as_i64().unwrap_or(1);
    let there = if manner.ready { wanted } else { 0 };
    let status = match object["kind"].as_str() {
        Some("CustomResourceDefinition") => json!({"conditions": [{"type": "Established", "status": "True"}]}),
        Some("Namespace") => json!({"phase": "Active"}),
        Some("Deployment") => json!({
            "observedGeneration": 1, "replicas": wanted, "updatedReplicas": wanted, "readyReplicas": there,
        }),
        Some("DaemonSet") => json!({
            "observedGeneration": 1, "desiredNumberScheduled": 1, "updatedNumberScheduled": 1, "numberReady": there.min(1),
        }),
        _ => return object,
    };
    object["status"] = status;
    object
}

fn stuck_pod(namespace: &str) -> Value {
    json!({
        "metadata": {"name": "stuck", "namespace": namespace, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "status": {"containerStatuses": [
            {"state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image"}}},
        ]},
    })
}

/// Lays a patch over an object: maps are merged, a null takes a key away.
fn merge(object: &mut Value, patch: Value) {
    match (object, patch) {
        (Value::Object(object), Value::Object(patch)) => {
            for (key, value) in patch {
                match value {
                    Value::Null => drop(object.remove(&key)),
                    value => merge(object.entry(key).or_insert(Value::Null), value),
                }
            }
        }
        (object, patch) => *object = if patch.is_object() { without_nulls(patch) } else { patch },
    }
}

fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let kept = map.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key, without_nulls(value))).collect::<Map<_, _>>())
        }
        other => other,
    }
}

/// `a=b,!c,d,e in (f,g)`
fn selected(object: &Value, selector: &str) -> bool {
    let label = |key: &str| object["metadata"]["labels"][key].as_str();
    let mut rest = selector;
    let mut all = true;
    while !rest.is_empty() {
        let inside = rest.find('(').is_some_and(|open| rest.find(',').is_none_or(|comma| open < comma));
        let end = match inside {
            true => rest.find(')').map_or(rest.len(), |close| close + 1),
            false => rest.find(',').unwrap_or(rest.len()),
        };
        let rule = rest[..end].trim();
        rest = rest[end..].trim_start_matches(',');
        all &= if let Some((key, values)) = rule.split_once(" in ") {
            let values = values.trim_matches(['(', ')']).split(',').map(str::trim);
            label(key).is_some_and(|found| values.into_iter().any(|value| value == found))
        } else if let Some(key) = rule.strip_prefix('!') {
            label(key).is_none()
        } else if let Some((key, value)) = rule.split_once('=') {
            label(key.trim()) == Some(value.trim_start_matches('=').trim())
        } else {
            label(rule).is_some()
        };
    }
    all
}

/// `status.phase=Running`
fn has_fields(object: &Value, selector: &str) -> bool {
    selector.split(',').filter_map(|rule| rule.split_once('=')).all(|(path, value)| {
        let found = path.split('.').fold(object, |tree, key| &tree[key]);
        found.as_str().unwrap_or_default() == value
    })
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let hex = (*byte == b'%').then(|| std::str::from_utf8(after.get(..2)?).ok()).flatten();
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(value) => {
                bytes.push(value);
                rest = &after[2..];
            }
            None => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
