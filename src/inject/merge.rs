//! Kubernetes' strategic merge patch, driven by the type tables: keyed lists, `$patch` directives, element order.
//!
//! Source of the rules: the Kubernetes API conventions for strategic merge, held against the published library on
//! thousands of random pods and patches; the order of merged lists is in `ordered`. The patch is taken apart, not copied.

use serde_json::{Map, Value};

use super::types::{Kind, Merge, Struct};

/// Why a patch does not fit. The texts are those of Kubernetes' library.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MergeError {
    #[error("map: {item} does not contain declared merge key: {key}")]
    NoKey { item: String, key: &'static str },
    #[error("$patch cannot be {directive}, as it is in {map}")]
    Directive { directive: String, map: String },
    #[error("$patch: merge has no meaning for a list")]
    MergedList,
    #[error("a list holds items of several types: {0}")]
    Mixed(String),
    #[error("a list holds lists, which have no names to merge by")]
    Nested,
    #[error("lists without items cannot be put in order")]
    NoElements,
    #[error("a mapping is needed here, not a {0}")]
    NotAMap(&'static str),
    #[error("a list is needed here, not a {0}")]
    NotAList(&'static str),
    #[error("the list is {patch}, which is not in the order of its $setElementOrder, {order}")]
    Order { patch: String, order: String },
    #[error("$setElementOrder is no list of the items it orders")]
    OrderShape,
    #[error("$retainKeys is no list of all keys that the patch sets")]
    Retain,
}

const ORDER: &str = "$setElementOrder/";
const DELETED: &str = "$deleteFromPrimitiveList/";

/// The field of the parent that a value sits in.
#[derive(Clone, Copy)]
struct Place {
    kind: Kind,
    merge: Merge,
}

const UNKNOWN: Place = Place { kind: Kind::Any, merge: Merge::Usual };

/// `patch` laid over `original`, both being JSON of the type `of`.
pub fn strategic(original: Value, patch: Value, of: &'static Struct) -> Result<Value, MergeError> {
    match (original, patch) {
        (Value::Object(original), Value::Object(patch)) => {
            merge_map(original, patch, Kind::Struct(of)).map(Value::Object)
        }
        (_, patch) => Ok(patch),
    }
}

fn merge_map(
    mut original: Map<String, Value>,
    mut patch: Map<String, Value>,
    kind: Kind,
) -> Result<Map<String, Value>, MergeError> {
    if patch.keys().any(|key| key.starts_with('$')) {
        match patch.get("$patch") {
            Some(directive) if directive == "replace" => {
                patch.shift_remove("$patch");
                return Ok(patch);
            }
            Some(directive) if directive == "delete" => return Ok(Map::new()),
            Some(other) => return Err(unknown_directive(other, &patch)),
            None => {}
        }
        if let Some(keys) = patch.shift_remove("$retainKeys") {
            retain(&mut original, &patch, &keys)?;
        }
        merge_in_order(&mut original, &mut patch, kind)?;
    }
    for (key, value) in patch {
        match key.strip_prefix(DELETED) {
            Some(field) => delete_items(&mut original, field, value, place(kind, field))?,
            None => {
                let place = place(kind, &key);
                merge_field(&mut original, key, value, place)?;
            }
        }
    }
    Ok(original)
}

/// Fields whose order the patch gives are merged before the others, and then put into that order.
fn merge_in_order(
    original: &mut Map<String, Value>,
    patch: &mut Map<String, Value>,
    kind: Kind,
) -> Result<(), MergeError> {
    let directives: Vec<String> = patch.keys().filter(|key| key.starts_with(ORDER)).cloned().collect();
    for directive in directives {
        let Some(Value::Array(order)) = patch.shift_remove(&directive) else { return Err(MergeError::OrderShape) };
        let field = directive.strip_prefix(ORDER).unwrap_or_default();
        let place = place(kind, field);
        let have = original.get(field).cloned().map(items_of).transpose()?;
        let given = patch.shift_remove(field).map(items_of).transpose()?;
        let before = have.clone().unwrap_or_default();
        if have.is_none() && given.is_none() {
            continue;
        }
        check_order(&before, given.as_deref().unwrap_or_default(), &order, place.merge)?;
        let merged = match (have, given) {
            (Some(have), Some(given)) => merge_list(have, given, place)?,
            (have, given) => have.into_iter().chain(given.map(all_as_new)).flatten().collect(),
        };
        let merged = in_order(merged, &order, &before, place.merge)?;
        original.insert(field.to_string(), Value::Array(merged));
    }
    Ok(())
}

fn items_of(value: Value) -> Result<Vec<Value>, MergeError> {
    match value {
        Value::Array(items) => Ok(items),
        other => Err(MergeError::NotAList(go_type(&other))),
    }
}

fn merge_field(original: &mut Map<String, Value>, key: String, value: Value, place: Place) -> Result<(), MergeError> {
    if value.is_null() {
        original.shift_remove(&key);
        return Ok(());
    }
    match (original.get_mut(&key), value) {
        (Some(Value::Object(have)), Value::Object(patch)) if place.merge != Merge::Whole => {
            *have = merge_map(std::mem::take(have), patch, place.kind)?;
        }
        (Some(Value::Array(have)), Value::Array(patch)) => {
            *have = merge_list(std::mem::take(have), patch, place)?;
        }
        // Nothing there, something of another type, or what is not merged: the patch as it is, in place of it.
        (_, value) => match as_new(value) {
            Some(value) => _ = original.insert(key, value),
            None => _ = original.shift_remove(&key),
        },
    }
    Ok(())
}

/// A list of values to delete. Where lists are not merged, it takes the place of the list itself.
fn delete_items(original: &mut Map<String, Value>, field: &str, gone: Value, place: Place) -> Result<(), MergeError> {
    match (original.get_mut(field), gone) {
        (_, Value::Null) => _ = original.shift_remove(field),
        (Some(Value::Array(have)), Value::Array(gone)) if place.merge != Merge::Usual => {
            if have.iter().chain(&gone).any(Value::is_object) {
                *have = merge_list(std::mem::take(have), gone, place)?;
            } else {
                same_types(have, &gone)?;
                have.retain(|item| !gone.contains(item));
            }
        }
        (Some(have @ Value::Array(_)), gone @ Value::Array(_)) => *have = gone,
        (Some(Value::Object(have)), Value::Object(gone)) => {
            *have = merge_map(std::mem::take(have), gone, place.kind)?;
        }
        _ => {}
    }
    Ok(())
}

fn merge_list(original: Vec<Value>, patch: Vec<Value>, place: Place) -> Result<Vec<Value>, MergeError> {
    if matches!(place.merge, Merge::Usual | Merge::Whole) {
        return Ok(patch);
    }
    if original.is_empty() && patch.is_empty() {
        return Ok(original);
    }
    same_types(&original, &patch)?;
    let (Merge::ByKey(key), Kind::List(item)) = (place.merge, place.kind) else {
        return Ok(union(original, patch));
    };
    if let Some(scalar) = original.iter().chain(&patch).find(|item| !item.is_object()) {
        return Err(MergeError::NotAMap(go_type(scalar)));
    }
    if original.is_empty() && all_new(&patch, key) {
        return Ok(patch);
    }
    merge_items(original, patch, key, *item)
}

fn merge_items(
    original: Vec<Value>,
    patch: Vec<Value>,
    key: &'static str,
    kind: Kind,
) -> Result<Vec<Value>, MergeError> {
    let (mut merged, mut items, mut replace) = (original, Vec::with_capacity(patch.len()), false);
    for entry in patch {
        match entry.get("$patch") {
            Some(directive) if directive == "delete" => {
                let name = key_of(&entry, key)?;
                merged.retain(|item| item.get(key) != Some(name));
            }
            Some(directive) if directive == "replace" => replace = true,
            Some(directive) if directive == "merge" => return Err(MergeError::MergedList),
            Some(other) => return Err(unknown_directive(other, entry.as_object().unwrap_or(&Map::new()))),
            None => items.push(entry),
        }
    }
    if replace {
        return items.iter().try_for_each(|item| key_of(item, key).map(drop)).map(|()| items);
    }
    let before: Vec<Value> = merged.iter().filter_map(|item| item.get(key).cloned()).collect();
    let mut named = Vec::with_capacity(items.len());
    for entry in items {
        let name = key_of(&entry, key)?.clone();
        match merged.iter_mut().find(|item| item.get(key) == Some(&name)) {
            Some(slot) => match (slot.take(), entry) {
                (Value::Object(have), Value::Object(patch)) => *slot = Value::Object(merge_map(have, patch, kind)?),
                (_, other) => *slot = other,
            },
            // As it is, with its nulls: those still count where a null means a zero value.
            None => merged.push(entry),
        }
        named.push(name);
    }
    for item in &merged {
        key_of(item, key)?;
    }
    Ok(ordered(merged, &named, &before, |item| item.get(key).cloned().unwrap_or(Value::Null)))
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

fn union(original: Vec<Value>, patch: Vec<Value>) -> Vec<Value> {
    let before = original.clone();
    let mut merged: Vec<Value> = Vec::with_capacity(original.len() + patch.len());
    for item in original.into_iter().chain(patch.iter().cloned()) {
        if !merged.contains(&item) {
            merged.push(item);
        }
    }
    ordered(merged, &patch, &before, Value::clone)
}

/// A merged list in the order that `$setElementOrder` gives; `before` is the list before the merge.
fn in_order(merged: Vec<Value>, order: &[Value], before: &[Value], merge: Merge) -> Result<Vec<Value>, MergeError> {
    let Merge::ByKey(key) = merge else {
        // Without a key maps cannot be told apart.
        return match merged.iter().chain(before).find(|item| item.is_object()) {
            Some(item) => Err(MergeError::NoKey { item: go_text(item), key: "" }),
            None => Ok(ordered(merged, order, before, Value::clone)),
        };
    };
    merged.iter().try_for_each(|item| key_of(item, key).map(drop))?;
    let name = |item: &Value| item.get(key).cloned().unwrap_or(Value::Null);
    let names = |items: &[Value]| items.iter().map(name).collect::<Vec<_>>();
    Ok(ordered(merged, &names(order), &names(before), name))
}

/// Every entry of an order has the key that tells the items apart, and the items of the patch stand in that order.
fn check_order(before: &[Value], patch: &[Value], order: &[Value], merge: Merge) -> Result<(), MergeError> {
    same_types(before, patch)?;
    if let Merge::ByKey(key) = merge {
        for entry in order {
            if !entry.is_object() {
                return Err(MergeError::NotAMap(go_type(entry)));
            }
            key_of(entry, key)?;
        }
    }
    if patch.is_empty() || order.is_empty() {
        return Ok(());
    }
    let same = |item: &Value, entry: &Value| match merge {
        Merge::ByKey(key) => item.get(key) == entry.get(key),
        _ => item == entry,
    };
    // An item with a directive needs no place of its own, except behind the last one that has one.
    let directive = |item: &Value| item.get("$patch").cloned();
    let mut items = patch.iter().filter(|item| directive(item).is_none_or(|name| name != "delete")).peekable();
    for entry in order {
        while items.next_if(|item| directive(item).is_some()).is_some() {}
        items.next_if(|item| same(item, entry));
    }
    if items.peek().is_none() {
        return Ok(());
    }
    let text = |items: &[Value]| go_text(&Value::from(items));
    Err(MergeError::Order { patch: text(patch), order: text(order) })
}

/// All items of the lists have one type, which is no list.
fn same_types(original: &[Value], patch: &[Value]) -> Result<(), MergeError> {
    let mut items = original.iter().chain(patch);
    let Some(first) = items.next() else { return Err(MergeError::NoElements) };
    if first.is_array() {
        return Err(MergeError::Nested);
    }
    if items.all(|item| go_type(item) == go_type(first)) {
        return Ok(());
    }
    Err(MergeError::Mixed([original, patch].map(|items| go_text(&Value::from(items))).join(" ")))
}

fn retain(original: &mut Map<String, Value>, patch: &Map<String, Value>, keys: &Value) -> Result<(), MergeError> {
    let keys = keys.as_array().ok_or(MergeError::Retain)?;
    let kept = |name: &str| keys.iter().any(|key| key.as_str() == Some(name));
    let sets = |(name, value): (&String, &Value)| {
        !value.is_null() && !name.starts_with(DELETED) && !name.starts_with(ORDER) && !kept(name)
    };
    if patch.iter().any(sets) {
        return Err(MergeError::Retain);
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
        Kind::Map(item) => Place { kind: *item, merge: Merge::Usual },
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
fn as_new(mut value: Value) -> Option<Value> {
    stays_as_new(&mut value).then_some(value)
}

fn all_as_new(items: Vec<Value>) -> Vec<Value> {
    items.into_iter().filter_map(as_new).collect()
}

fn stays_as_new(value: &mut Value) -> bool {
    match value {
        Value::Object(entries) if entries.contains_key("$patch") => return false,
        Value::Object(entries) => {
            let is_order = |key: &str| key.starts_with(ORDER) || key.starts_with(DELETED);
            entries.retain(|key, value| !value.is_null() && !is_order(key) && stays_as_new(value));
        }
        Value::Array(items) => items.retain_mut(stays_as_new),
        _ => {}
    }
    true
}

/// The Go type of a JSON value, as Go's messages name it.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "%!s(<nil>)",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_f64() => "float64",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
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

    use super::super::types::gateway::DISRUPTION_BUDGET;
    use super::super::types::pod::POD;
    use super::*;

    fn merged(original: Value, patch: Value) -> Result<Value, String> {
        strategic(original, patch, &POD).map_err(|error| error.to_string())
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
    fn an_order_must_hold_the_items_of_the_patch_and_fit_the_list() {
        let patch =
            |order: Value, items: Value| json!({"spec": {"$setElementOrder/containers": order, "containers": items}});
        let given = json!([{"name": "d"}, {"name": "b"}]);
        let result =
            merged(containers(&["a", "b"]), patch(json!([{"name": "d"}, {"name": "b"}]), given.clone())).unwrap();
        assert_eq!(names(&result), ["d", "a", "b"]);
        let fault =
            |order: Value, items: &Value| merged(containers(&["a", "b"]), patch(order, items.clone())).unwrap_err();
        assert_eq!(
            fault(json!([{"name": "b"}]), &given),
            "the list is [map[name:d] map[name:b]], which is not in the order of its $setElementOrder, [map[name:b]]"
        );
        assert_eq!(fault(json!(["d"]), &given), "a mapping is needed here, not a string");
        assert_eq!(fault(json!([{}]), &given), "map: map[] does not contain declared merge key: name");
        assert_eq!(fault(json!({}), &given), "$setElementOrder is no list of the items it orders");
        let none = json!({"spec": {"$setElementOrder/volumes": [], "volumes": []}});
        assert_eq!(merged(containers(&["a"]), none), Err("lists without items cannot be put in order".to_string()));
    }

    #[test]
    fn lists_of_values_to_delete_reach_only_lists_that_are_merged() {
        let original = json!({
            "metadata": {"finalizers": ["a", "b"]},
            "spec": {"containers": [{"name": "c", "args": ["x", "y"]}]},
        });
        let patch = json!({
            "metadata": {"$deleteFromPrimitiveList/finalizers": ["a"]},
            "spec": {"containers": [{"name": "c", "$deleteFromPrimitiveList/args": ["x"]}]},
        });
        let want = json!({
            "metadata": {"finalizers": ["b"]},
            "spec": {"containers": [{"name": "c", "args": ["x"]}]},
        });
        assert_eq!(merged(original, patch), Ok(want));
    }

    #[test]
    fn retained_keys_must_hold_what_the_patch_sets_but_not_what_it_deletes() {
        let original = json!({"spec": {"securityContext": {"runAsUser": 1, "fsGroup": 2}}});
        let patch = |keys: Value| json!({"spec": {"securityContext": {"$retainKeys": keys, "runAsUser": 3, "runAsGroup": null}}});
        let want = json!({"spec": {"securityContext": {"runAsUser": 3}}});
        assert_eq!(merged(original.clone(), patch(json!(["runAsUser"]))), Ok(want));
        assert_eq!(
            merged(original, patch(json!(["fsGroup"]))),
            Err("$retainKeys is no list of all keys that the patch sets".to_string())
        );
    }

    #[test]
    fn the_selector_of_a_disruption_budget_is_replaced() {
        let original = json!({"spec": {"minAvailable": 1, "selector": {"matchLabels": {"gateway": "a"}}}});
        let patch = json!({"spec": {"maxUnavailable": 2, "selector": {"matchLabels": {"own": "b"}}}});
        let want = json!({"spec": {"minAvailable": 1, "selector": {"matchLabels": {"own": "b"}}, "maxUnavailable": 2}});
        assert_eq!(strategic(original, patch, &DISRUPTION_BUDGET), Ok(want));
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
