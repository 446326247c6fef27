//! Kubernetes' strategic merge, for the patches that `k8s` settings make.

use serde_json::{Map, Value};

/// Lists whose elements merge by a key. Every other list is replaced.
const MERGED_BY: [(&str, &str); 5] =
    [("containers", "name"), ("env", "name"), ("volumes", "name"), ("volumeMounts", "mountPath"), ("ports", "port")];

/// Merges a patch into a tree: maps key by key, null deletes, lists by their merge key where they have one.
pub fn merge(tree: &mut Value, patch: &Value) {
    match (tree, patch) {
        (Value::Object(tree), Value::Object(patch)) => merge_maps(tree, patch),
        (tree, patch) => *tree = cleaned(patch),
    }
}

fn merge_maps(tree: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (field, value) in patch {
        if value.is_null() {
            tree.shift_remove(field);
            continue;
        }
        let merge_key = MERGED_BY.iter().find(|(list, _)| list == field).map(|(_, key)| *key);
        match (tree.get_mut(field), value, merge_key) {
            (Some(Value::Array(list)), Value::Array(patch), Some(key)) => merge_lists(list, patch, key),
            (Some(place @ Value::Object(_)), Value::Object(_), _) => merge(place, value),
            _ => {
                tree.insert(field.clone(), cleaned(value));
            }
        }
    }
}

/// Elements of the patch keep the patch's order, the others theirs. Where both could come next, an untouched element goes first only
/// if the patch's one was there already and stood behind it: so new elements come before what they do not depend on.
fn merge_lists(list: &mut Vec<Value>, patch: &[Value], key: &str) {
    let mut patched: Vec<(Option<usize>, Value)> = Vec::new();
    let mut taken = vec![false; list.len()];
    for change in patch {
        let id = change.get(key);
        if let Some((_, again)) = patched.iter_mut().find(|(_, element)| element.get(key) == id) {
            merge(again, change);
            continue;
        }
        let place = list.iter().position(|element| id.is_some() && element.get(key) == id);
        let mut element = place.and_then(|at| list.get(at)).cloned().unwrap_or_else(|| Value::Object(Map::new()));
        merge(&mut element, change);
        patched.push((place, element));
        // The chart's own list may name an element twice; the copies follow the first.
        for (at, other) in list.iter().enumerate() {
            if id.is_some() && other.get(key) == id {
                if Some(at) != place {
                    patched.push((place, other.clone()));
                }
                if let Some(taken) = taken.get_mut(at) {
                    *taken = true;
                }
            }
        }
    }
    let untouched =
        std::mem::take(list).into_iter().enumerate().zip(taken).filter(|(_, taken)| !taken).map(|(element, _)| element);
    let mut untouched = untouched.peekable();
    for (place, element) in patched {
        while let Some(place) = place
            && let Some((_, before)) = untouched.next_if(|(at, _)| *at < place)
        {
            list.push(before);
        }
        list.push(element);
    }
    list.extend(untouched.map(|(_, element)| element));
}

/// A new value: nulls inside maps delete nothing and are not kept.
fn cleaned(value: &Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key.clone(), cleaned(value)))
                .collect(),
        ),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn merged(mut tree: Value, patch: Value) -> Value {
        merge(&mut tree, &patch);
        tree
    }

    #[test]
    fn maps_merge_nulls_delete_and_plain_lists_are_replaced() {
        let tree = json!({"a": {"x": 1, "y": 2}, "tolerations": [1, 2], "n": 1});
        let patch = json!({"a": {"x": null, "z": {"k": null, "m": 1}}, "tolerations": [], "n": null});
        assert_eq!(merged(tree, patch), json!({"a": {"y": 2, "z": {"m": 1}}, "tolerations": []}));
    }

    #[test]
    fn named_lists_keep_the_order_of_kubernetes() {
        let names = |list: &Value| {
            let items = list["env"].as_array().cloned().unwrap_or_default();
            items.iter().map(|item| item["name"].as_str().unwrap_or("").to_owned()).collect::<Vec<_>>().join(" ")
        };
        let tree = json!({"env": [{"name": "A", "value": "1"}, {"name": "B"}, {"name": "C"}, {"name": "D"}]});
        let of = |patch: &[&str]| {
            let env: Vec<Value> = patch.iter().map(|name| json!({"name": name})).collect();
            names(&merged(tree.clone(), json!({"env": env})))
        };
        assert_eq!(of(&["NEW", "A"]), "NEW A B C D");
        assert_eq!(of(&["C", "NEW"]), "A B C NEW D");
        assert_eq!(of(&["D", "B"]), "A C D B");
        assert_eq!(of(&[]), "A B C D");
        let twice = merged(
            json!({"env": [{"name": "X", "v": 1}, {"name": "Y"}, {"name": "X", "v": 2}]}),
            json!({"env": [{"name": "X", "w": 1}, {"name": "X", "v": 9}]}),
        );
        assert_eq!(twice, json!({"env": [{"name": "X", "v": 9, "w": 1}, {"name": "X", "v": 2}, {"name": "Y"}]}));
    }
}
