//! What applying an object would do, told from the server's record of who owns which field.
//!
//! Every live object lists the fields that each manager has set (`metadata.managedFields`). If the ones we own are just
//! the ones we are about to set, with the values they have, applying the object again is no change at all, and need not
//! be asked of the server. Where that cannot be told for sure, it counts as a change.

use serde_json::{Map, Value};

/// What the server adds inside values that have one owner as a whole.
const DEFAULTED: [(&str, &str); 6] = [
    ("apiVersion", "\"v1\""),
    ("defaultMode", "420"),
    ("divisor", "\"0\""),
    ("expirationSeconds", "3600"),
    ("protocol", "\"TCP\""),
    ("scope", "\"*\""),
];
/// Keys below which texts are quantities, which the server writes its own way.
const QUANTITIES: [&str; 7] = ["averageValue", "capacity", "divisor", "hard", "limits", "requests", "sizeLimit"];

/// Whether applying an object as this manager would leave the live one as it is, owners included.
pub fn is_settled(live: &Value, object: &Value, manager: &str) -> bool {
    let Some(fields) = applied_fields(live, object, manager) else { return false };
    let Some(wanted) = object.as_object() else { return false };
    if !live["metadata"]["deletionTimestamp"].is_null() {
        return false;
    }
    let mut wanted = wanted.clone();
    wanted.retain(|key, _| !matches!(key.as_str(), "apiVersion" | "kind"));
    if let Some(metadata) = wanted.get_mut("metadata").and_then(Value::as_object_mut) {
        // They say which object it is; nobody owns them.
        metadata.retain(|key, _| !matches!(key.as_str(), "name" | "namespace"));
        if metadata.is_empty() {
            wanted.remove("metadata");
        }
    }
    covers(fields, live, &Value::Object(wanted), false)
}

/// The live object without the fields that this manager has set before and would not set again.
pub fn without_dropped(live: &Value, object: &Value, manager: &str) -> Value {
    let mut rest = live.clone();
    if let Some(fields) = applied_fields(live, object, manager) {
        drop_fields(&mut rest, fields, object);
    }
    rest
}

fn applied_fields<'l>(live: &'l Value, object: &Value, manager: &str) -> Option<&'l Map<String, Value>> {
    let entries = live["metadata"]["managedFields"].as_array()?;
    let ours = entries.iter().find(|entry| {
        entry["manager"] == manager
            && entry["operation"] == "Apply"
            && entry["apiVersion"] == object["apiVersion"]
            && entry["subresource"].is_null()
    });
    ours?["fieldsV1"].as_object()
}

/// Whether the owned fields and the wanted ones are the same, and live has their values.
fn covers(fields: &Map<String, Value>, live: &Value, wanted: &Value, quantity: bool) -> bool {
    match wanted {
        Value::Object(wanted) => {
            // A null is owned as an empty value.
            let set = |key: &str| wanted.get(key).is_some_and(|value| !value.is_null() || is_empty(&live[key]));
            let owned = |key: &String| key == "." || key.strip_prefix("f:").is_some_and(set);
            let held = |(key, value): (&String, &Value)| {
                let below = fields.get(&format!("f:{key}")).and_then(Value::as_object);
                // Of labels and annotations each is owned by itself: an empty map asks for nothing.
                let nothing =
                    matches!(key.as_str(), "labels" | "annotations") && value.as_object().is_some_and(Map::is_empty);
                value.is_null()
                    || nothing && below.is_some_and(is_leaf)
                    || below.is_some_and(|below| {
                        let quantity = quantity || QUANTITIES.contains(&key.as_str());
                        field(below, &live[key], value, quantity)
                    })
            };
            fields.keys().all(owned) && wanted.iter().all(held)
        }
        Value::Array(items) => {
            let mut known: Vec<&String> = fields.keys().filter(|key| *key != ".").collect();
            let mut after = 0;
            for item in items {
                let Some(at) = known.iter().position(|key| is_key_of(key, item)) else { return false };
                let key = known.swap_remove(at);
                let Some(place) = place_of(key, live) else { return false };
                // Another order is a change.
                if place < after {
                    return false;
                }
                after = place;
                let below = fields.get(key).and_then(Value::as_object);
                let same = match key.starts_with("k:") {
                    true => below.is_some_and(|below| field(below, &live[place], item, quantity)),
                    false => true,
                };
                if !same {
                    return false;
                }
            }
            known.is_empty()
        }
        _ => false,
    }
}

fn field(below: &Map<String, Value>, live: &Value, wanted: &Value, quantity: bool) -> bool {
    if is_leaf(below) { same(live, wanted, quantity) } else { covers(below, live, wanted, quantity) }
}

/// Whether an entry of managed fields owns its value as a whole.
fn is_leaf(below: &Map<String, Value>) -> bool {
    below.keys().all(|key| key == ".")
}

/// Whether a value that is owned as a whole is the wanted one, what the server adds by itself aside.
fn same(live: &Value, wanted: &Value, quantity: bool) -> bool {
    match (live, wanted) {
        _ if live == wanted || is_empty(live) && is_empty(wanted) => true,
        (Value::Object(known), Value::Object(map)) => {
            let added = |(key, value): (&String, &Value)| {
                map.contains_key(key)
                    || is_empty(value)
                    || DEFAULTED.iter().any(|(name, default)| name == key && value.to_string().as_str() == *default)
            };
            let held = |(key, value): (&String, &Value)| {
                same(&live[key], value, quantity || QUANTITIES.contains(&key.as_str()))
            };
            known.iter().all(added) && map.iter().all(held)
        }
        (Value::Array(known), Value::Array(items)) => {
            known.len() == items.len() && known.iter().zip(items).all(|(live, wanted)| same(live, wanted, quantity))
        }
        (Value::Number(known), Value::Number(number)) => known.as_f64() == number.as_f64(),
        (Value::String(known), Value::String(text)) => quantity && same_quantity(known, text),
        (Value::String(known), Value::Number(number)) => quantity && same_quantity(known, &number.to_string()),
        _ => false,
    }
}

/// Whether an element of a list goes by this key: `k:{"name":"a"}` for a map, `v:"a"` for a value of its own.
fn is_key_of(key: &str, item: &Value) -> bool {
    match parsed(key) {
        // A key that the element does not name has its default.
        Some(Key::Fields(keys)) => {
            item.is_object() && keys.iter().all(|(name, value)| item[name].is_null() || item[name] == *value)
        }
        Some(Key::Value(value)) => *item == value,
        None => false,
    }
}

/// Where the element of a key is in the live list.
fn place_of(key: &str, live: &Value) -> Option<usize> {
    let key = parsed(key)?;
    live.as_array()?.iter().position(|item| match &key {
        Key::Fields(keys) => keys.iter().all(|(name, value)| item[name] == *value),
        Key::Value(value) => item == value,
    })
}

enum Key {
    Fields(Map<String, Value>),
    Value(Value),
}

fn parsed(key: &str) -> Option<Key> {
    if let Some(text) = key.strip_prefix("k:") {
        return serde_json::from_str(text).ok().map(Key::Fields);
    }
    serde_json::from_str(key.strip_prefix("v:")?).ok().map(Key::Value)
}

/// Takes what we own and no longer want out of a live value.
fn drop_fields(live: &mut Value, fields: &Map<String, Value>, wanted: &Value) {
    for (key, below) in fields {
        let below = below.as_object().filter(|below| !is_leaf(below));
        if let Some(name) = key.strip_prefix("f:") {
            let Some(map) = live.as_object_mut() else { return };
            let wanted = &wanted[name];
            if let Some(below) = below {
                let Some(inner) = map.get_mut(name) else { continue };
                drop_fields(inner, below, wanted);
                if wanted.is_null() && is_empty(inner) {
                    map.remove(name);
                }
            } else if wanted.is_null() {
                map.remove(name);
            }
        } else if let Some(place) = place_of(key, live) {
            let item = wanted.as_array().into_iter().flatten().find(|item| is_key_of(key, item));
            match (item, below, live.as_array_mut()) {
                (Some(item), Some(below), Some(list)) => {
                    if let Some(inner) = list.get_mut(place) {
                        drop_fields(inner, below, item);
                    }
                }
                (None, _, Some(list)) => {
                    list.remove(place);
                }
                _ => {}
            }
        }
    }
}

/// Suffixes of quantities and what they stand for, as a power of two or ten.
const SUFFIXES: [(&str, f64); 16] = [
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("Ei", 1_152_921_504_606_846_976.0),
    ("n", 1e-9),
    ("u", 1e-6),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("E", 1e18),
    ("", 1.0),
];

/// Whether two texts are the same amount: `2` and `2000m`.
pub fn same_quantity(a: &str, b: &str) -> bool {
    let read = |text: &str| {
        SUFFIXES.iter().find_map(|(suffix, factor)| {
            let number: f64 = text.strip_suffix(suffix)?.parse().ok()?;
            Some((number * factor * 1e9).round())
        })
    };
    read(a).is_some_and(|amount| read(b) == Some(amount))
}

/// Whether Go's types leave the value out when they are written.
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(on) => !on,
        Value::String(text) => text.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::Array(items) => items.iter().all(Value::is_null),
        Value::Object(map) => map.values().all(is_empty),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A Deployment as the server keeps it, of which we own labels, one container with its port, and tolerations.
    fn live() -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {
                "name": "web", "namespace": "shop", "labels": {"a": "1", "theirs": "x"},
                "managedFields": [
                    {"manager": "else", "operation": "Apply", "apiVersion": "apps/v1", "fieldsV1": {"f:spec": {}}},
                    {"manager": "us", "operation": "Apply", "apiVersion": "apps/v1", "fieldsV1": {
                        "f:metadata": {"f:annotations": {}, "f:labels": {"f:a": {}}},
                        "f:spec": {"f:template": {
                            "f:containers": {"k:{\"name\":\"web\"}": {
                                ".": {}, "f:name": {}, "f:resources": {"f:limits": {"f:cpu": {}}},
                                "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}},
                            }},
                            "f:tolerations": {},
                        }},
                    }},
                ],
            },
            "spec": {"replicas": 1, "template": {
                "containers": [{
                    "name": "web", "resources": {"limits": {"cpu": "2"}},
                    "ports": [{"containerPort": 80, "protocol": "TCP"}], "imagePullPolicy": "Always",
                }],
                "tolerations": [{"key": "a", "operator": "Exists"}],
            }},
        })
    }

    fn wanted() -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "web", "namespace": "shop", "annotations": null, "labels": {"a": "1"}},
            "spec": {"template": {
                "containers": [{"name": "web", "resources": {"limits": {"cpu": "2000m"}}, "ports": [{"containerPort": 80}]}],
                "tolerations": [{"key": "a", "operator": "Exists"}],
            }},
        })
    }

    #[test]
    fn what_is_there_as_we_left_it_is_settled() {
        assert!(is_settled(&live(), &wanted(), "us"));
        assert!(!is_settled(&live(), &wanted(), "another"), "to be owned by it too is a change");
        let mut going = live();
        going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        assert!(!is_settled(&going, &wanted(), "us"), "it is on its way out");
    }

    #[test]
    fn another_value_a_new_field_and_a_field_left_out_are_changes() {
        let changed = |pointer: &str, value: Value| {
            let mut object = wanted();
            *object.pointer_mut(pointer).expect("there") = value;
            !is_settled(&live(), &object, "us")
        };
        assert!(changed("/metadata/labels/a", "2".into()));
        assert!(changed("/metadata/labels", json!({"a": "1", "b": "1"})), "a label more");
        assert!(changed("/metadata/labels", json!({})), "a label less");
        assert!(changed("/metadata/labels", json!({"a": "1", "theirs": "x"})), "a label that somebody else owns");
        assert!(changed("/spec/template/containers/0/ports", json!([])));
        assert!(changed("/spec/template/containers/0/resources/limits/cpu", "3".into()));
        assert!(changed("/spec/template/tolerations", json!([{"key": "a"}])), "a key less inside a whole");
    }

    #[test]
    fn an_empty_map_of_annotations_leaves_those_of_the_server() {
        let (mut live, mut object) = (live(), wanted());
        live["metadata"]["annotations"] = json!({"deprecated.daemonset.template.generation": "1"});
        object["metadata"]["annotations"] = json!({});
        assert!(is_settled(&live, &object, "us"));
    }

    #[test]
    fn what_we_no_longer_set_goes_and_what_others_set_stays() {
        let mut object = wanted();
        object["metadata"]["labels"] = json!({});
        object["spec"]["template"]["containers"] = json!([{"name": "web"}]);
        let rest = without_dropped(&live(), &object, "us");
        assert_eq!(rest["metadata"]["labels"], json!({"theirs": "x"}));
        let container = &rest["spec"]["template"]["containers"][0];
        assert_eq!(*container, json!({"name": "web", "imagePullPolicy": "Always"}));
        assert_eq!(rest["spec"]["replicas"], 1);
    }

    #[test]
    fn amounts_are_compared_as_amounts() {
        for (one, other) in
            [("1Gi", "1024Mi"), ("2", "2000m"), ("1Ei", "1024Pi"), ("1E", "1000P"), ("1e3", "1k"), ("1E3", "1k")]
        {
            assert!(same_quantity(one, other), "{one} {other}");
        }
        for (one, other) in [("1G", "1Gi"), ("1E", "1Ei"), ("a", "b"), ("1", "1Pi")] {
            assert!(!same_quantity(one, other), "{one} {other}");
        }
    }
}
