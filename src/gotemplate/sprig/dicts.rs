//! Maps, which are shared: `set`, `unset` and `merge` change the map they are given.

use std::sync::Arc;

use crate::gotemplate::function::{Call, Function, Outcome, Type, show};
use crate::gotemplate::value::{GENERIC_MAP, List, MAX_NESTING, Map, Value};
use crate::gotemplate::{Fault, Sight, print};

use super::defaults::empty;
use Type::{Any, Text};

pub(super) const TABLE: &[Function] = &[
    Function::variadic("dict", &[], Any, dict),
    Function::new("get", &[Type::Map, Text], |call| {
        Ok(call.map(0).get(call.text(1)).unwrap_or_else(|| Value::str("")))
    })
    .seeing(Sight::Container),
    Function::new("set", &[Type::Map, Text, Any], set),
    Function::new("unset", &[Type::Map, Text], |call| {
        call.map(0).remove(call.text(1));
        Ok(call.take(0))
    }),
    Function::new("hasKey", &[Type::Map, Text], |call| Ok(call.map(0).contains(call.text(1)).into()))
        .seeing(Sight::Container),
    Function::variadic("pluck", &[Text], Type::Map, pluck),
    Function::variadic("keys", &[], Type::Map, |call| {
        Ok(List::strings(call.args().iter().filter_map(Value::as_map).flat_map(Map::keys)).into())
    }),
    Function::variadic("pick", &[Type::Map], Text, |call| Ok(select(call, |names, key| names.contains(&key)))),
    Function::variadic("omit", &[Type::Map], Text, |call| Ok(select(call, |names, key| !names.contains(&key)))),
    Function::new("values", &[Type::Map], |call| {
        Ok(Value::list(call.map(0).entries().into_iter().map(|(_, value)| value).collect()))
    }),
    Function::variadic("merge", &[Type::Map], Type::Map, |call| merge_all(call, false)),
    Function::variadic("mustMerge", &[Type::Map], Type::Map, |call| merge_all(call, false)),
    Function::variadic("mergeOverwrite", &[Type::Map], Type::Map, |call| merge_all(call, true)),
    Function::variadic("mustMergeOverwrite", &[Type::Map], Type::Map, |call| merge_all(call, true)),
    Function::variadic("dig", &[], Any, dig),
    Function::new("deepCopy", &[Any], deep_copy),
    Function::new("mustDeepCopy", &[Any], deep_copy),
];

/// Keys and values in turn; a key without a value gets "".
fn dict(call: &mut Call<'_, '_>) -> Outcome {
    let map = Map::new();
    for pair in call.args().chunks(2) {
        let key = pair.first().map(show).unwrap_or_default();
        map.insert(key, pair.get(1).cloned().unwrap_or_else(|| Value::str("")));
    }
    Ok(map.into())
}

fn set(call: &mut Call<'_, '_>) -> Outcome {
    let Some(map) = call.value(0).as_map().cloned() else {
        return Err(Fault::new("assignment to entry in nil map"));
    };
    map.insert(call.text(1), call.value(2).clone());
    Ok(map.into())
}

fn pluck(call: &mut Call<'_, '_>) -> Outcome {
    let key = call.text(0);
    let maps = call.args().iter().skip(1).filter_map(Value::as_map);
    Ok(Value::list(maps.filter_map(|map| map.get(key)).collect()))
}

fn select(call: &Call<'_, '_>, keep: fn(&[&str], &str) -> bool) -> Value {
    let names: Vec<&str> = call.args().iter().skip(1).filter_map(Value::as_str).collect();
    Value::map(call.map(0).entries().into_iter().filter(|(key, _)| keep(&names, key)))
}

fn merge_all(call: &mut Call<'_, '_>, overwrite: bool) -> Outcome {
    let target = call.map(0);
    for source in call.args.iter().skip(1).filter_map(Value::as_map) {
        merge(&target, source, overwrite, 0)?;
    }
    Ok(target.into())
}

/// Merges `source` into `target`. Without `overwrite`, values of the target that aren't empty stay.
/// Maps that the target lacks are shared with the source, not copied.
fn merge(target: &Map, source: &Map, overwrite: bool, depth: usize) -> Result<(), Fault> {
    if target.same(source) {
        return Ok(());
    }
    if depth > MAX_NESTING {
        return Err(Fault::new("the maps nest too deeply, or contain themselves"));
    }
    for (key, value) in source.entries() {
        let present = target.get(&key);
        match (&present, &value) {
            (_, Value::Nil) => {
                if overwrite {
                    target.insert(key, value);
                }
            }
            (Some(Value::Map(inner)), Value::Map(other)) => {
                merge(inner, other, overwrite, depth + 1)?;
                if inner.is_empty() {
                    target.insert(key, value);
                }
            }
            (Some(kept), _) if !overwrite && !empty(kept) => {}
            _ => target.insert(key, value),
        }
    }
    Ok(())
}

/// `dig "a" "b" default map`
fn dig(call: &mut Call<'_, '_>) -> Outcome {
    let [path @ .., default, root] = call.args() else {
        return Err(Fault::new("dig needs at least three arguments"));
    };
    if path.is_empty() {
        return Err(Fault::new("dig needs at least three arguments"));
    }
    let mut value = root.clone();
    for key in path {
        let generic = match &value {
            Value::Map(map) if std::ptr::eq(map.kind(), &GENERIC_MAP) => Some(map),
            _ => None,
        };
        let Some(map) = generic else {
            let found = if value.is_nil() { "nil" } else { value.type_name() };
            return Err(Fault::new(format!(
                "interface conversion: interface {{}} is {found}, not map[string]interface {{}}"
            )));
        };
        let key: Arc<str> = match key {
            Value::Str(key) => key.clone(),
            other => {
                let shown = print::to_string(other);
                return Err(Fault::new(format!("interface conversion: the key {shown} is not a string")));
            }
        };
        match map.get(&key) {
            Some(next) => value = next,
            None => return Ok(default.clone()),
        }
    }
    Ok(value)
}

fn deep_copy(call: &mut Call<'_, '_>) -> Outcome {
    if call.value(0).is_nil() {
        return Err(Fault::new("reflect: call of reflect.Value.Type on zero Value"));
    }
    call.value(0).deep_copy()
}
