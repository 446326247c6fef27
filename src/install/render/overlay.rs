//! `k8s.overlays`: patches by path on any object of a component.

use serde_json::{Map, Value};

use super::object::Object;
use crate::install::spec::merge::brief;
use crate::install::spec::path::{Path, Selector, Step};
use crate::ui::nearest::nearest;
use crate::yaml;

/// A patch or overlay that changed nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Position of the overlay.
    pub overlay: usize,
    /// Position of the patch in it, if one patch is meant.
    pub patch: Option<usize>,
    pub reason: String,
    /// The installation cannot be what the user means without it.
    pub fatal: bool,
}

/// Why one patch does not fit its object.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the path is empty")]
    EmptyPath,
    #[error("{at} is {is}: the path cannot go through it")]
    Scalar { at: String, is: String },
    #[error("{at} is a list: {step} needs brackets, as in [0] or [name:x]")]
    NoSelector { at: String, step: String },
    #[error("{at} is a map: {step} selects in a list")]
    NotList { at: String, step: String },
    #[error("nothing in {at} matches {step}")]
    NotFound { at: String, step: String },
    #[error("{step} is no regular expression")]
    Expression { step: String },
    #[error("{at} has {length} elements: there is no {step} to delete")]
    Beyond { at: String, step: String, length: usize },
}

/// Applies the overlays of a component in their order. Gives back what changed nothing.
///
/// With `strict`, values and paths that the reference reads in a surprising way are read that way.
pub fn apply(overlays: &[Value], objects: &mut [Object], strict: bool) -> Vec<Skipped> {
    let mut skipped = Vec::new();
    for (at, overlay) in overlays.iter().enumerate() {
        let text = |key: &str| overlay.get(key).and_then(Value::as_str).unwrap_or_default();
        let (kind, name) = (text("kind"), text("name"));
        let patches = overlay.get("patches").and_then(Value::as_array);
        let mut found = false;
        let matching =
            |object: &&mut Object| !kind.is_empty() && object.identity.kind == kind && object.identity.name == name;
        for object in objects.iter_mut().filter(matching) {
            found = true;
            object.change(|tree| {
                for (patch_at, patch) in patches.into_iter().flatten().enumerate() {
                    if let Err(error) = apply_patch(tree, patch, strict) {
                        let fatal = matches!(error, Error::Beyond { .. });
                        skipped.push(Skipped { overlay: at, patch: Some(patch_at), reason: error.to_string(), fatal });
                    }
                }
            });
        }
        if !found {
            let reason = match (kind, name) {
                ("", _) => "the overlay has no kind".to_owned(),
                (_, "") => "the overlay has no name".to_owned(),
                _ => format!("there is no {kind} {name}{}", instead(objects, kind, name)),
            };
            skipped.push(Skipped { overlay: at, patch: None, reason, fatal: false });
        }
    }
    skipped
}

/// The object that may be meant: one of that name whose kind is written differently, else one of that kind.
fn instead(objects: &[Object], kind: &str, name: &str) -> String {
    let identities = || objects.iter().map(|object| &object.identity);
    let same_name = identities().find(|other| other.name == name && other.kind.eq_ignore_ascii_case(kind));
    let near_name = || {
        let of_kind = identities().filter(|other| other.kind.eq_ignore_ascii_case(kind));
        let near = nearest(name, of_kind.clone().map(|other| other.name.as_str()));
        near.and_then(|near| of_kind.clone().find(|other| other.name == near))
    };
    match same_name.or_else(near_name) {
        Some(other) => format!("; did you mean {} {}?", other.kind, other.name),
        None => String::new(),
    }
}

fn apply_patch(tree: &mut Value, patch: &Value, strict: bool) -> Result<(), Error> {
    let text = patch.get("path").and_then(Value::as_str).unwrap_or_default();
    let path = if strict { Path::parse_cleaned(text) } else { Path::parse(text) };
    if path.is_empty() {
        return Err(Error::EmptyPath);
    }
    let value = patch.get("value").filter(|value| !value.is_null());
    Walk { path: &path, value, strict }.descend(tree, 0)
}

struct Walk<'p> {
    path: &'p Path,
    /// None deletes.
    value: Option<&'p Value>,
    strict: bool,
}

impl Walk<'_> {
    fn descend(&self, node: &mut Value, depth: usize) -> Result<(), Error> {
        let Some(step) = self.path.0.get(depth) else { return Ok(()) };
        match node {
            Value::Object(map) => self.in_map(map, step, depth),
            Value::Array(list) => self.in_list(list, step, depth),
            scalar => Err(Error::Scalar { at: self.at(depth), is: brief(scalar) }),
        }
    }

    fn in_map(&self, map: &mut Map<String, Value>, step: &Step, depth: usize) -> Result<(), Error> {
        if !self.strict && matches!(step.selector(), Some(Selector::Index(_) | Selector::Key(..))) {
            return Err(Error::NotList { at: self.at(depth), step: step.0.clone() });
        }
        if self.is_last(depth) {
            match self.value {
                None => {
                    map.shift_remove(&step.0);
                }
                Some(value) => {
                    let new = self.meant(value, map.get(&step.0), depth);
                    map.insert(step.0.clone(), new);
                }
            }
            return Ok(());
        }
        if map.get(&step.0).is_none_or(Value::is_null) {
            map.insert(step.0.clone(), self.empty(depth + 1));
        }
        match map.get_mut(&step.0) {
            Some(next) => self.descend(next, depth + 1),
            None => Ok(()),
        }
    }

    fn in_list(&self, list: &mut Vec<Value>, step: &Step, depth: usize) -> Result<(), Error> {
        let not_found = || Error::NotFound { at: self.at(depth), step: step.0.clone() };
        let place = match step.selector() {
            Some(Selector::Index(index)) => usize::try_from(index).ok().filter(|index| *index < list.len()),
            Some(Selector::Key(key, wanted)) => {
                let is_it =
                    |item: &Value| item.get(key).is_some_and(|value| !value.is_null() && brief(value) == wanted);
                Some(list.iter().position(is_it).ok_or_else(not_found)?)
            }
            Some(Selector::Other(expression)) => {
                // A colon in front only says that no key is meant.
                let expression = expression.strip_prefix(':').unwrap_or(expression);
                let expression =
                    crate::re2::compile(expression).map_err(|_| Error::Expression { step: step.0.clone() })?;
                let is_it = |item: &Value| !item.is_object() && !item.is_array() && expression.is_match(&brief(item));
                Some(list.iter().position(is_it).ok_or_else(not_found)?)
            }
            None => return Err(Error::NoSelector { at: self.at(depth), step: step.0.clone() }),
        };
        let Some(place) = place else { return self.append(list, step, depth) };
        match (self.is_last(depth), self.value) {
            (true, None) => {
                list.remove(place);
                Ok(())
            }
            (last, value) => {
                let Some(element) = list.get_mut(place) else { return Err(not_found()) };
                match value {
                    Some(value) if last => *element = self.meant(value, Some(element), depth),
                    _ => return self.descend(element, depth + 1),
                }
                Ok(())
            }
        }
    }

    fn append(&self, list: &mut Vec<Value>, step: &Step, depth: usize) -> Result<(), Error> {
        let Some(value) = self.value else {
            return Err(Error::Beyond { at: self.at(depth), step: step.0.clone(), length: list.len() });
        };
        if self.is_last(depth) {
            let new = self.meant(value, list.last(), depth);
            list.push(new);
            return Ok(());
        }
        let mut element = self.empty(depth + 1);
        self.descend(&mut element, depth + 1)?;
        list.push(element);
        Ok(())
    }

    /// What the next step needs: a list for a selector (the reference always makes a map), else a map.
    fn empty(&self, next: usize) -> Value {
        let selects = matches!(self.path.0.get(next).and_then(Step::selector), Some(Selector::Index(_)));
        if selects && !self.strict { Value::Array(vec![]) } else { Value::Object(Map::new()) }
    }

    /// Text that is a YAML map means that map, but not where text stands already or where only text can stand.
    fn meant(&self, value: &Value, old: Option<&Value>, depth: usize) -> Value {
        let Value::String(text) = value else { return value.clone() };
        let colon = if text.contains('\n') { text.contains(':') } else { text.contains(": ") };
        if !colon || serde_json::from_str::<Map<String, Value>>(text).is_ok() {
            return value.clone();
        }
        const TEXTS: [&str; 6] = ["data", "stringData", "annotations", "labels", "args", "command"];
        let parent = depth.checked_sub(1).and_then(|at| self.path.0.get(at)).map(Step::as_str);
        if !self.strict && (old.is_some_and(Value::is_string) || parent.is_some_and(|parent| TEXTS.contains(&parent))) {
            return value.clone();
        }
        match yaml::from_str(text) {
            Ok(map @ Value::Object(_)) => map,
            _ => value.clone(),
        }
    }

    fn is_last(&self, depth: usize) -> bool {
        depth + 1 == self.path.0.len()
    }

    fn at(&self, depth: usize) -> String {
        let steps = self.path.0.get(..depth).unwrap_or_default();
        if steps.is_empty() { "the object".to_owned() } else { Path(steps.to_vec()).to_string() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn patched(tree: Value, path: &str, value: Value) -> Result<Value, Error> {
        let mut tree = tree;
        apply_patch(&mut tree, &json!({"path": path, "value": value}), false).map(|()| tree)
    }

    fn tree() -> Value {
        json!({"spec": {"replicas": 1, "list": [{"name": "a", "port": 15012}, {"name": "b"}], "args": ["--x=1", "--level=default:info"]}})
    }

    #[test]
    fn paths_reach_into_maps_and_lists() {
        let list = |path: &str, value: Value| patched(tree(), path, value).unwrap()["spec"]["list"].clone();
        assert_eq!(
            list("spec.list.[name:b].n", json!(5)),
            json!([{"name": "a", "port": 15012}, {"name": "b", "n": 5}])
        );
        assert_eq!(list("spec.list.[port:15012]", json!(null)), json!([{"name": "b"}]));
        assert_eq!(list("spec.list[0]", json!({"c": 1})), json!([{"c": 1}, {"name": "b"}]));
        assert_eq!(list("spec.list[9].name", json!("c"))[2], json!({"name": "c"}));
        let args = |path: &str, value: Value| patched(tree(), path, value).unwrap()["spec"]["args"].clone();
        assert_eq!(args("spec.args.[--level=default:info]", json!("--level=debug")), json!(["--x=1", "--level=debug"]));
        assert_eq!(args("spec.args.[-1]", json!("--note: x")), json!(["--x=1", "--level=default:info", "--note: x"]));
        let made = patched(tree(), "spec.hosts.[-1].ip", json!("1.1.1.1")).unwrap();
        assert_eq!(made["spec"]["hosts"], json!([{"ip": "1.1.1.1"}]));
        assert_eq!(patched(json!({}), "nope.x.y", json!(null)).unwrap(), json!({"nope": {"x": {}}}));
    }

    #[test]
    fn text_becomes_a_map_only_where_a_map_can_stand() {
        let text = json!("fieldRef:\n  fieldPath: x\n");
        assert_eq!(
            patched(json!({}), "valueFrom", text.clone()).unwrap(),
            json!({"valueFrom": {"fieldRef": {"fieldPath": "x"}}})
        );
        assert_eq!(patched(json!({"data": {}}), "data.mesh", text.clone()).unwrap(), json!({"data": {"mesh": text}}));
        assert_eq!(patched(json!({"a": "x"}), "a", json!("k: v")).unwrap(), json!({"a": "k: v"}));
        assert_eq!(patched(json!({}), "a", json!("{\"k\": 1}")).unwrap(), json!({"a": "{\"k\": 1}"}));
    }

    #[test]
    fn what_does_not_fit_says_why() {
        let paths = ["", "spec.replicas.x", "spec.list.name", "spec.[0]", "spec.list.[name:z].x", "spec.args.[(]"];
        let lines: Vec<String> =
            paths.iter().map(|path| patched(tree(), path, json!(1)).unwrap_err().to_string()).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        the path is empty
        spec.replicas is 1: the path cannot go through it
        spec.list is a list: name needs brackets, as in [0] or [name:x]
        spec is a map: [0] selects in a list
        nothing in spec.list matches [name:z]
        [(] is no regular expression
        ");
    }
}
