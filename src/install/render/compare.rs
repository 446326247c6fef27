//! What differs between two trees or two sets of objects, by meaning: lists of named elements are compared by name.

use std::collections::BTreeMap;

use serde_json::Value;

use super::object::Object;
use crate::install::spec::path::Path;

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    Added(Value),
    Removed(Value),
    Replaced(Value, Value),
}

/// What differs, in the order of the keys.
pub fn changes(old: &Value, new: &Value) -> Vec<(Path, Change)> {
    let mut found = Vec::new();
    compare(old, new, &Path::default(), &mut found);
    found
}

fn compare(old: &Value, new: &Value, path: &Path, found: &mut Vec<(Path, Change)>) {
    match (old, new) {
        _ if old == new => {}
        (Value::Object(old), Value::Object(new)) => {
            let keys: BTreeMap<&String, ()> = old.keys().chain(new.keys()).map(|key| (key, ())).collect();
            for key in keys.into_keys() {
                compare_parts(old.get(key), new.get(key), path.child(key), found);
            }
        }
        (Value::Array(old), Value::Array(new)) => match (by_name(old), by_name(new)) {
            (Some(old), Some(new)) => {
                let mut names: Vec<&str> = old.iter().map(|(name, _)| *name).collect();
                names.extend(
                    new.iter().map(|(name, _)| *name).filter(|name| !old.iter().any(|(known, _)| known == name)),
                );
                let find = |list: &[(&str, &Value)], name: &str| {
                    list.iter().find(|(known, _)| *known == name).map(|(_, item)| (*item).clone())
                };
                for name in names {
                    let (old, new) = (find(&old, name), find(&new, name));
                    compare_parts(old.as_ref(), new.as_ref(), path.child(format!("[name:{name}]")), found);
                }
            }
            _ => {
                for index in 0..old.len().max(new.len()) {
                    compare_parts(old.get(index), new.get(index), path.item(index), found);
                }
            }
        },
        (old, new) => found.push((path.clone(), Change::Replaced(old.clone(), new.clone()))),
    }
}

fn compare_parts(old: Option<&Value>, new: Option<&Value>, path: Path, found: &mut Vec<(Path, Change)>) {
    match (old, new) {
        (Some(old), Some(new)) => compare(old, new, &path, found),
        (Some(old), None) => found.push((path, Change::Removed(old.clone()))),
        (None, Some(new)) => found.push((path, Change::Added(new.clone()))),
        (None, None) => {}
    }
}

/// Elements with their names, if each has one of its own.
fn by_name(list: &[Value]) -> Option<Vec<(&str, &Value)>> {
    let mut named: Vec<(&str, &Value)> = Vec::with_capacity(list.len());
    for item in list {
        let name = item.get("name")?.as_str()?;
        if named.iter().any(|(known, _)| *known == name) {
            return None;
        }
        named.push((name, item));
    }
    Some(named)
}

/// How one object of two sets fares.
#[derive(Clone, Debug, PartialEq)]
pub enum Difference {
    OnlyInOld,
    OnlyInNew,
    Changed(Vec<(Path, Change)>),
}

/// `Kind:namespace:name`, how an object is called in comparisons.
pub fn key(object: &Object) -> String {
    let identity = &object.identity;
    format!("{}:{}:{}", identity.kind, identity.namespace, identity.name)
}

/// The objects that differ, those of the old set first in their order, then the new ones.
pub fn differences(old: &[Object], new: &[Object]) -> Vec<(String, Difference)> {
    let index =
        |objects: &[Object]| objects.iter().map(|object| (key(object), object.tree())).collect::<BTreeMap<_, _>>();
    let (old_trees, new_trees) = (index(old), index(new));
    let mut found = Vec::new();
    for key in old.iter().map(key) {
        match (old_trees.get(&key), new_trees.get(&key)) {
            (Some(old), Some(new)) => {
                let changes = changes(old, new);
                if !changes.is_empty() {
                    found.push((key, Difference::Changed(changes)));
                }
            }
            _ => found.push((key, Difference::OnlyInOld)),
        }
    }
    for key in new.iter().map(key).filter(|key| !old_trees.contains_key(key)) {
        found.push((key, Difference::OnlyInNew));
    }
    found.dedup_by(|a, b| a.0 == b.0);
    found
}

/// Whether a pattern `Kind:namespace:name` with `*` in any part, or an empty part, matches a key.
pub fn matches(pattern: &str, key: &str) -> bool {
    let mut patterns = pattern.splitn(3, ':');
    key.splitn(3, ':').all(|part| {
        let pattern = patterns.next().unwrap_or_default();
        pattern.is_empty() || glob(pattern.as_bytes(), part.as_bytes())
    })
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => glob(rest, text) || text.split_first().is_some_and(|(_, text)| glob(pattern, text)),
        (Some((a, pattern)), Some((b, text))) => a == b && glob(pattern, text),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn named_elements_are_compared_by_name() {
        let old = json!({"env": [{"name": "A", "value": "1"}, {"name": "B"}], "n": [1, 2], "gone": true});
        let new = json!({"env": [{"name": "B"}, {"name": "A", "value": "2"}], "n": [1, 3, 4], "m": {}});
        let lines: Vec<String> =
            changes(&old, &new).iter().map(|(path, change)| format!("{path}: {change:?}")).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        env[name:A].value: Replaced(String("1"), String("2"))
        gone: Removed(Bool(true))
        m: Added(Object {})
        n[1]: Replaced(Number(2), Number(3))
        n[2]: Added(Number(4))
        "#);
    }

    #[test]
    fn patterns_pick_objects() {
        for pattern in ["::", "Deployment::", "Deployment:istio-*:*", "*:*:istiod", ""] {
            assert!(matches(pattern, "Deployment:istio-system:istiod"), "{pattern}");
        }
        for pattern in ["Service::", ":default:", "::istio"] {
            assert!(!matches(pattern, "Deployment:istio-system:istiod"), "{pattern}");
        }
    }
}
