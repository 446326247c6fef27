//! Helm's `--set` language: `a.b=c,d[0].e=1,f={x,y}`, with `\` before a character that is meant as itself.

use crate::yaml::Value;

/// How the text after `=` becomes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing {
    /// Integers, booleans and null are what they look like.
    Inferred,
    /// Everything is text.
    Text,
}

/// Why a `--set` is not understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    #[error("key {key:?} has no value")]
    NoValue { key: String },
    #[error("{text:?} is not a list index of 0 to {LAST_ITEM}")]
    Index { text: String },
    #[error("the list after {key:?} is not closed with }}")]
    OpenList { key: String },
    #[error("a key is empty in {text:?}")]
    EmptyKey { text: String },
    #[error("{key:?} is already set to something that is no {wanted}")]
    Clash { key: String, wanted: &'static str },
    #[error("the value of {key:?} is not JSON: {reason}")]
    Json { key: String, reason: String },
}

const LAST_ITEM: usize = 65_536;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// Applies one `--set` or `--set-string` to the values.
///
/// # Errors
/// See [`SetError`]. What stands before the mistake has been applied.
pub fn apply(values: &mut Value, text: &str, typing: Typing) -> Result<(), SetError> {
    let mut rest = text;
    while !rest.is_empty() {
        let (path, after) = path(rest)?;
        let (value, after) = match after.strip_prefix('{') {
            Some(list) => list_value(list, typing, &shown(&path))?,
            None => {
                let (word, after) = word(after, &[',']);
                (typed(word, typing), after)
            }
        };
        assign(values, &path, value)?;
        rest = after.strip_prefix(',').unwrap_or(after);
    }
    Ok(())
}

/// Applies one `--set-json`: `path=JSON`, several separated by commas, or a JSON object on its own.
///
/// # Errors
/// See [`SetError`].
pub fn apply_json(values: &mut Value, text: &str) -> Result<(), SetError> {
    if text.trim_start().starts_with('{') {
        let object: Value = serde_json::from_str(text)
            .map_err(|error| SetError::Json { key: String::new(), reason: error.to_string() })?;
        *values = super::merge(&object, values);
        return Ok(());
    }
    let mut rest = text;
    while !rest.is_empty() {
        let (path, json) = path(rest)?;
        let wrong = |reason: String| SetError::Json { key: shown(&path), reason };
        let mut stream = serde_json::Deserializer::from_str(json).into_iter::<Value>();
        let value = stream.next().ok_or_else(|| wrong("there is no text".into()))?;
        let value = value.map_err(|error| wrong(error.to_string()))?;
        let after = json.get(stream.byte_offset()..).unwrap_or_default().trim_start();
        rest = match after.strip_prefix(',') {
            Some(rest) => rest,
            None if after.is_empty() => after,
            None => return Err(wrong(format!("{after:?} follows it without a comma"))),
        };
        assign(values, &path, value)?;
    }
    Ok(())
}

/// Applies one `--set-file path=FILE` whose file has been read: `read` gets the file's name.
///
/// # Errors
/// See [`SetError`], and whatever reading gives.
pub fn apply_file<E: From<SetError>>(
    values: &mut Value,
    text: &str,
    read: impl FnOnce(&str) -> Result<String, E>,
) -> Result<(), E> {
    let (path, file) = path(text)?;
    let content = read(file)?;
    assign(values, &path, Value::String(content))?;
    Ok(())
}

/// The path before `=`, and what follows that sign.
fn path(text: &str) -> Result<(Vec<Step>, &str), SetError> {
    let mut steps = Vec::new();
    let mut rest = text;
    loop {
        let (key, after) = word(rest, &['.', '[', ',', '=']);
        let after_index = matches!(steps.last(), Some(Step::Index(_)));
        if !key.is_empty() {
            steps.push(Step::Key(key));
        } else if !after_index {
            return Err(SetError::EmptyKey { text: text.to_owned() });
        }
        let mut after = after;
        while let Some(inner) = after.strip_prefix('[') {
            let wrong = || SetError::Index { text: inner.split(']').next().unwrap_or_default().to_owned() };
            let (number, behind) = inner.split_once(']').ok_or_else(wrong)?;
            steps.push(Step::Index(number.parse().ok().filter(|at| *at <= LAST_ITEM).ok_or_else(wrong)?));
            after = behind;
        }
        match after.chars().next() {
            Some('=') => return Ok((steps, &after[1..])),
            Some('.') => rest = &after[1..],
            _ => return Err(SetError::NoValue { key: shown(&steps) }),
        }
    }
}

fn shown(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Key(key) if text.is_empty() => text.push_str(key),
            Step::Key(key) => text.push_str(&format!(".{key}")),
            Step::Index(at) => text.push_str(&format!("[{at}]")),
        }
    }
    text
}

/// Text up to one of the ends, backslashes resolved.
fn word<'t>(text: &'t str, ends: &[char]) -> (String, &'t str) {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                if let Some((_, escaped)) = chars.next() {
                    out.push(escaped);
                }
            }
            c if ends.contains(&c) => return (out, &text[at..]),
            c => out.push(c),
        }
    }
    (out, "")
}

fn list_value<'t>(text: &'t str, typing: Typing, key: &str) -> Result<(Value, &'t str), SetError> {
    let mut items = Vec::new();
    let mut rest = text;
    loop {
        let (item, after) = word(rest, &[',', '}']);
        let closes = after.starts_with('}');
        items.push(typed(item, typing));
        rest = after.get(1..).unwrap_or_default();
        if closes {
            return Ok((Value::Array(items), rest));
        }
        if after.is_empty() {
            return Err(SetError::OpenList { key: key.to_owned() });
        }
    }
}

fn typed(word: String, typing: Typing) -> Value {
    if typing == Typing::Text {
        return Value::String(word);
    }
    let known = [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null), ("0", 0.into())];
    if let Some((_, value)) = known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(&word)) {
        return value;
    }
    // A leading zero makes it text: it may be a file mode or an identifier.
    match word.parse::<i64>() {
        Ok(number) if !word.starts_with('0') => number.into(),
        _ => Value::String(word),
    }
}

fn assign(values: &mut Value, path: &[Step], value: Value) -> Result<(), SetError> {
    let mut place = values;
    for (at, step) in path.iter().enumerate() {
        let clash = |wanted| SetError::Clash { key: shown(&path[..at]), wanted };
        match step {
            Step::Key(key) => {
                // An item of a list gives way to a map; what has a name of its own does not.
                let is_item = at > 0 && matches!(path.get(at - 1), Some(Step::Index(_)));
                if place.is_null() || (is_item && !place.is_object()) {
                    *place = Value::Object(serde_json::Map::new());
                }
                let map = place.as_object_mut().ok_or_else(|| clash("map"))?;
                place = map.entry(key.clone()).or_insert(Value::Null);
            }
            Step::Index(index) => {
                if place.is_null() {
                    *place = Value::Array(Vec::new());
                }
                let list = place.as_array_mut().ok_or_else(|| clash("list"))?;
                if list.len() <= *index {
                    list.resize(index + 1, Value::Null);
                }
                place = &mut list[*index];
            }
        }
    }
    *place = value;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(text: &str) -> Result<Value, SetError> {
        let mut values = json!({"list": ["x"], "word": "w"});
        apply(&mut values, text, Typing::Inferred)?;
        let map = values.as_object_mut().expect("a map");
        map.retain(|key, value| !(key == "list" && *value == json!(["x"])) && key != "word");
        Ok(values)
    }

    #[test]
    fn assignments_make_what_they_say() {
        for (text, expected) in [
            ("a=1,b=two", json!({"a": 1, "b": "two"})),
            ("a.b.c=true", json!({"a": {"b": {"c": true}}})),
            ("a[1].b=null", json!({"a": [null, {"b": null}]})),
            ("a={x,2,}", json!({"a": ["x", 2, ""]})),
            ("a={}", json!({"a": [""]})),
            ("a={2}b=1", json!({"a": [2], "b": 1})),
            ("a=TRUE,b=Null,c=+3,d=-0", json!({"a": true, "b": null, "c": 3, "d": 0})),
            ("list[0].k=1", json!({"list": [{"k": 1}]})),
            ("a\\.b=x\\,y", json!({"a.b": "x,y"})),
            ("a=007,b=1.5,c=", json!({"a": "007", "b": "1.5", "c": ""})),
            ("list[1]=y", json!({"list": ["x", "y"]})),
            ("a[0][1]=z", json!({"a": [[null, "z"]]})),
        ] {
            assert_eq!(set(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn json_values_are_separated_by_commas() {
        let mut values = json!({});
        assert_eq!(apply_json(&mut values, "a=1, b.c={\"x\": [1, null]},d=null"), Ok(()));
        assert_eq!(values, json!({"a": 1, " b": {"c": {"x": [1, null]}}, "d": null}));
        let error = apply_json(&mut values, "a=1 2").map_err(|error| error.to_string());
        assert_eq!(error, Err("the value of \"a\" is not JSON: \"2\" follows it without a comma".into()));
    }

    #[test]
    fn mistakes_name_the_key() {
        assert_eq!(set("a.b"), Err(SetError::NoValue { key: "a.b".into() }));
        assert_eq!(set("a={x"), Err(SetError::OpenList { key: "a".into() }));
        assert_eq!(set("a[x]=1"), Err(SetError::Index { text: "x".into() }));
        assert_eq!(set("=1"), Err(SetError::EmptyKey { text: "=1".into() }));
        assert_eq!(set("word.a=1"), Err(SetError::Clash { key: "word".into(), wanted: "map" }));
    }
}
