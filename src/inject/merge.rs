//! Kubernetes' strategic merge patch, driven by the type tables: keyed lists, `$patch` directives, element order.
//!
//! Source of the rules: the Kubernetes API conventions for strategic merge; the order of merged lists is in `ordered`.

use serde_json::{Map, Value};

use super::types::{Kind, Merge, Struct};

/// Why a patch does not fit.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MergeError {
    #[error("map: {item} does not contain declared merge key: {key}")]
    NoKey { item: String, key: &'static str },
    #[error("unknown patch type: {directive} in map: {map}")]
    Directive { directive: String, map: String },
    #[error("merging lists cannot yet be specified in the patch")]
    MergedList,
    #[error("list element types are not identical: [{0}]")]
    Mixed(String),
    #[error("the value of {0} is not a list")]
    NotAList(String),
    #[error("$retainKeys does not list \"{0}\", which the patch sets")]
    Retain(String),
}

/// The field of the parent that a value sits in.
#[derive(Clone, Copy)]
struct Place {
    kind: Kind,
    merge: Merge,
}

const UNKNOWN: Place = Place { kind: Kind::Any, merge: Merge::Replace };

/// `patch` laid over `original`, both being JSON of the type `of`.
pub fn strategic(original: Value, patch: &Value, of: &'static Struct) -> Result<Value, MergeError> {
    let (Value::Object(original), Value::Object(patch)) = (original, patch) else { return Ok(patch.clone()) };
    merge_map(original, patch, Kind::Struct(of)).map(Value::Object)
}

fn merge_map(
    mut original: Map<String, Value>,
    patch: &Map<String, Value>,
    kind: Kind,
) -> Result<Map<String, Value>, MergeError> {
    match patch.get("$patch") {
        Some(directive) if directive == "replace" => {
            let mut replaced = patch.clone();
            replaced.shift_remove("$patch");
            return Ok(replaced);
        }
        Some(directive) if directive == "delete" => return Ok(Map::new()),
        Some(other) => return Err(unknown_directive(other, patch)),
        None => {}
    }
    if let Some(keys) = patch.get("$retainKeys") {
        retain(&mut original, patch, keys)?;
    }
    for (key, value) in patch {
        if let Some(field) = key.strip_prefix("$deleteFromPrimitiveList/") {
            delete_scalars(&mut original, field, value);
        } else if let Some(field) = key.strip_prefix("$setElementOrder/") {
            // Handled with the field itself; alone it only reorders.
            if !patch.contains_key(field) {
                set_order(&mut original, field, value, place(kind, field));
            }
        } else if !key.starts_with('$') {
            let order = patch.get(&format!("$setElementOrder/{key}")).and_then(Value::as_array);
            merge_field(&mut original, key, value, order.map(Vec::as_slice), place(kind, key))?;
        }
    }
    Ok(original)
}

fn merge_field(
    original: &mut Map<String, Value>,
    key: &str,
    value: &Value,
    order: Option<&[Value]>,
    place: Place,
) -> Result<(), MergeError> {
    if value.is_null() {
        original.shift_remove(key);
        return Ok(());
    }
    match (original.get_mut(key), value) {
        (Some(Value::Object(have)), Value::Object(patch)) => {
            *have = merge_map(std::mem::take(have), patch, place.kind)?;
        }
        (Some(Value::Array(have)), Value::Array(patch)) => {
            *have = merge_list(std::mem::take(have), patch, order, place)?;
        }
        // Nothing there, or something of another type: the patch as it is, in place of it.
        _ => {
            if let Some(value) = as_new(value) {
                original.insert(key.to_string(), value);
            } else {
                original.shift_remove(key);
            }
        }
    }
    Ok(())
}

fn merge_list(
    original: Vec<Value>,
    patch: &[Value],
    order: Option<&[Value]>,
    place: Place,
) -> Result<Vec<Value>, MergeError> {
    let (Merge::ByKey(key), Kind::List(item)) = (place.merge, place.kind) else {
        return Ok(match place.merge {
            Merge::Union => union(original, patch, order),
            _ => patch.to_vec(),
        });
    };
    if original.iter().chain(patch).any(|item| !item.is_object()) {
        return Err(MergeError::Mixed(
            [original.as_slice(), patch].map(|items| go_text(&Value::from(items))).join(" "),
        ));
    }
    if original.is_empty() && order.is_none() && all_new(patch, key) {
        return Ok(patch.to_vec());
    }
    let (mut merged, mut items, mut replace) = (original, Vec::new(), false);
    let before: Vec<Value> = merged.iter().filter_map(|item| item.get(key).cloned()).collect();
    for entry in patch {
        match entry.get("$patch") {
            Some(directive) if directive == "delete" => {
                let name = key_of(entry, key)?;
                merged.retain(|item| item.get(key) != Some(name));
            }
            Some(directive) if directive == "replace" => replace = true,
            Some(directive) if directive == "merge" => return Err(MergeError::MergedList),
            Some(other) => return Err(unknown_directive(other, entry.as_object().unwrap_or(&Map::new()))),
            None => items.push(entry),
        }
    }
    if replace {
        return Ok(items.into_iter().cloned().collect());
    }
    let mut named = Vec::with_capacity(items.len());
    for entry in items {
        let name = key_of(entry, key)?;
        named.push(name.clone());
        match merged.iter_mut().find(|item| item.get(key) == Some(name)) {
            Some(slot) => match (slot.take(), entry) {
                (Value::Object(have), Value::Object(patch)) => {
                    *slot = Value::Object(merge_map(have, patch, *item)?);
                }
                (_, other) => *slot = other.clone(),
            },
            // As it is, with its nulls: those still count where a null means a zero value.
            None => merged.push(entry.clone()),
        }
    }
    let wanted = order.map_or(named, |order| order.iter().filter_map(|item| item.get(key).cloned()).collect());
    for item in &merged {
        key_of(item, key)?;
    }
    Ok(ordered(merged, &wanted, &before, |item| item.get(key).cloned().unwrap_or(Value::Null)))
}

/// The patch's items in the patch's order, and between them the others in the original's order: an original item comes
/// first only if it stood before the patch's next item in the original list.
fn ordered(merged: Vec<Value>, patch: &[Value], before: &[Value], name: impl Fn(&Value) -> Value) -> Vec<Value> {
    let position = |list: &[Value], wanted: &Value| list.iter().position(|entry| entry == wanted);
    let mut ours: Vec<(usize, Value, Value)> = Vec::new();
    let mut others: Vec<(usize, Value)> = Vec::new();
    for item in merged {
        let label = name(&item);
        match position(patch, &label) {
            Some(at) => ours.push((at, label, item)),
            None => others.push((position(before, &label).unwrap_or(usize::MAX), item)),
        }
    }
    ours.sort_by_key(|(at, ..)| *at);
    others.sort_by_key(|(at, _)| *at);
    let mut result = Vec::with_capacity(ours.len() + others.len());
    let mut others = others.into_iter().peekable();
    for (_, label, item) in ours {
        if let Some(at) = position(before, &label) {
            while let Some((_, other)) = others.next_if(|(other, _)| *other < at) {
                result.push(other);
            }
        }
        result.push(item);
    }
    result.extend(others.map(|(_, item)| item));
    result
}

fn union(original: Vec<Value>, patch: &[Value], order: Option<&[Value]>) -> Vec<Value> {
    let before = original.clone();
    let mut merged: Vec<Value> = Vec::with_capacity(original.len() + patch.len());
    for item in original.into_iter().chain(patch.iter().cloned()) {
        if !merged.contains(&item) {
            merged.push(item);
        }
    }
    ordered(merged, order.unwrap_or(patch), &before, Value::clone)
}

fn set_order(original: &mut Map<String, Value>, field: &str, order: &Value, place: Place) {
    let (Some(Value::Array(items)), Some(order)) = (original.get_mut(field), order.as_array()) else { return };
    let items_now = std::mem::take(items);
    *items = match place.merge {
        Merge::ByKey(key) => {
            let name = |item: &Value| item.get(key).cloned().unwrap_or(Value::Null);
            let before: Vec<Value> = items_now.iter().map(name).collect();
            let wanted: Vec<Value> = order.iter().map(name).collect();
            ordered(items_now, &wanted, &before, name)
        }
        _ => {
            let before = items_now.clone();
            ordered(items_now, order, &before, Value::clone)
        }
    };
}

fn delete_scalars(original: &mut Map<String, Value>, field: &str, gone: &Value) {
    if let (Some(Value::Array(items)), Some(gone)) = (original.get_mut(field), gone.as_array()) {
        items.retain(|item| !gone.contains(item));
    }
}

fn retain(original: &mut Map<String, Value>, patch: &Map<String, Value>, keys: &Value) -> Result<(), MergeError> {
    let keys = keys.as_array().ok_or_else(|| MergeError::NotAList("$retainKeys".to_string()))?;
    let kept = |name: &str| keys.iter().any(|key| key.as_str() == Some(name));
    if let Some(name) = patch.keys().find(|name| !name.starts_with('$') && !kept(name)) {
        return Err(MergeError::Retain(name.clone()));
    }
    original.retain(|name, _| kept(name));
    Ok(())
}

fn key_of<'v>(item: &'v Value, key: &'static str) -> Result<&'v Value, MergeError> {
    item.get(key).ok_or_else(|| MergeError::NoKey { item: go_text(item), key })
}

fn place(kind: Kind, key: &str) -> Place {
    match kind {
        Kind::Struct(of) => of.field(key).map_or(UNKNOWN, |field| Place { kind: field.kind, merge: field.merge }),
        Kind::Map(item) => Place { kind: *item, merge: Merge::Replace },
        _ => UNKNOWN,
    }
}

fn unknown_directive(directive: &Value, map: &Map<String, Value>) -> MergeError {
    MergeError::Directive { directive: go_text(directive), map: go_text(&Value::Object(map.clone())) }
}

/// Whether the items are just added to an empty list: each has its own key, and none is a directive.
fn all_new(items: &[Value], key: &str) -> bool {
    items.iter().enumerate().all(|(at, item)| {
        let name = item.get(key);
        name.is_some() && item.get("$patch").is_none() && items.iter().take(at).all(|earlier| earlier.get(key) != name)
    })
}

/// What a patch leaves where there was nothing: no nulls in maps, and nothing that carries a directive.
fn as_new(value: &Value) -> Option<Value> {
    Some(match value {
        Value::Object(entries) if entries.contains_key("$patch") => return None,
        Value::Object(entries) => Value::Object(
            entries
                .iter()
                .filter(|(key, value)| !value.is_null() && !key.starts_with('$'))
                .filter_map(|(key, value)| Some((key.clone(), as_new(value)?)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().filter_map(as_new).collect()),
        scalar => scalar.clone(),
    })
}

/// A JSON value as Go's `%v` prints it.
fn go_text(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(go_text).collect::<Vec<_>>().join(" ")),
        Value::Object(entries) => {
            let mut keys: Vec<_> = entries.iter().collect();
            keys.sort_by_key(|(key, _)| key.as_str());
            let inner: Vec<_> = keys.iter().map(|(key, value)| format!("{key}:{}", go_text(value))).collect();
            format!("map[{}]", inner.join(" "))
        }
        scalar => scalar.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::types::pod::POD;
    use super::*;

    fn merged(original: Value, patch: Value) -> Result<Value, String> {
        strategic(original, &patch, &POD).map_err(|error| error.to_string())
    }

    fn names(pod: &Value) -> Vec<&str> {
        let items = pod["spec"]["containers"].as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(|item| item["name"].as_str()).collect()
    }

    fn containers(names: &[&str]) -> Value {
        json!({"spec": {"containers": names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>()}})
    }

    #[test]
    fn new_items_come_before_the_originals_that_the_patch_does_not_name() {
        let result = merged(containers(&["a", "b", "c"]), containers(&["x", "b", "y"])).unwrap();
        assert_eq!(names(&result), ["x", "a", "b", "y", "c"]);
        let result = merged(containers(&["a", "b", "c"]), containers(&["c", "a"])).unwrap();
        assert_eq!(names(&result), ["b", "c", "a"]);
    }

    #[test]
    fn directives_delete_replace_and_order() {
        let patch = json!({"spec": {"containers": [{"name": "a", "$patch": "delete"}, {"name": "d"}]}});
        assert_eq!(names(&merged(containers(&["a", "b"]), patch).unwrap()), ["d", "b"]);
        let patch = json!({"spec": {"containers": [{"$patch": "replace"}, {"name": "d"}]}});
        assert_eq!(names(&merged(containers(&["a", "b"]), patch).unwrap()), ["d"]);
        let patch = json!({"spec": {"$setElementOrder/containers": [{"name": "b"}, {"name": "a"}]}});
        assert_eq!(names(&merged(containers(&["a", "b"]), patch).unwrap()), ["b", "a"]);
    }

    #[test]
    fn nulls_delete_atomic_lists_replace_and_maps_merge() {
        let original = json!({
            "metadata": {"labels": {"a": "1", "b": "2"}},
            "spec": {"containers": [{"name": "c", "args": ["x", "y"], "env": [{"name": "E", "value": "1"}]}]},
        });
        let patch = json!({
            "metadata": {"labels": {"a": null, "c": "3"}, "annotations": {"n": null}},
            "spec": {"containers": [{"name": "c", "args": ["z"], "env": [{"name": "F"}]}]},
        });
        let want = json!({
            "metadata": {"labels": {"b": "2", "c": "3"}, "annotations": {}},
            "spec": {"containers": [{"name": "c", "args": ["z"], "env": [{"name": "F"}, {"name": "E", "value": "1"}]}]},
        });
        assert_eq!(merged(original, patch), Ok(want));
    }

    #[test]
    fn a_missing_key_is_noticed_against_a_list_with_items() {
        let patch = json!({"spec": {"containers": [{"image": "foo"}]}});
        assert_eq!(
            merged(containers(&["a"]), patch.clone()),
            Err("map: map[image:foo] does not contain declared merge key: name".to_string())
        );
        assert!(merged(json!({}), patch).is_ok());
    }
}
