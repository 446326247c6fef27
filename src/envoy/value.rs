//! A message in its canonical form: fields in declaration order, defaults gone, every leaf as it is printed.
//!
//! [`super::decode`] makes it from JSON, [`super::binary`] from the wire; [`super::text`] prints it.

use std::borrow::Cow;

use super::well_known::{format_double, format_float};

/// A canonical value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// Only inside `google.protobuf.Struct` and as `NullValue`.
    Null,
    Bool(bool),
    /// An integer of at most 32 bits, or an enum's number that has no name.
    Int(i64),
    Float(f32),
    Double(f64),
    /// Strings, and all that is printed as one: names of enums, 64-bit integers, durations, times, base64.
    Text(Cow<'a, str>),
    List(Vec<Value<'a>>),
    /// A message or a map.
    Object(Vec<(Cow<'a, str>, Value<'a>)>),
    /// The content of a `google.protobuf.Struct`: an object whose text has a layout of its own.
    Struct(Vec<(Cow<'a, str>, Value<'a>)>),
    /// A `google.protobuf.Value` or `ListValue` that stands in a message.
    Free(Box<Value<'a>>),
}

impl<'a> Value<'a> {
    /// The value at a key, by its JSON name.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.entries().iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The value at the end of a path of keys.
    pub fn at(&self, path: &[&str]) -> Option<&Value<'a>> {
        path.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The text at the end of a path; empty where there is none.
    pub fn text(&self, path: &[&str]) -> &str {
        self.at(path).and_then(Value::as_str).unwrap_or_default()
    }

    /// The fields of an object; none of anything else.
    pub fn entries(&self) -> &[(Cow<'a, str>, Value<'a>)] {
        match self {
            Value::Object(entries) | Value::Struct(entries) => entries,
            Value::Free(inner) => inner.entries(),
            _ => &[],
        }
    }

    /// The items of a list; none of anything else.
    pub fn items(&self) -> &[Value<'a>] {
        match self {
            Value::List(items) => items,
            Value::Free(inner) => inner.items(),
            _ => &[],
        }
    }

    /// The items of the list at a key; none where there is no list.
    pub fn list(&self, path: &[&str]) -> &[Value<'a>] {
        self.at(path).map(Value::items).unwrap_or_default()
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            Value::Free(inner) => inner.as_str(),
            _ => None,
        }
    }

    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(value) => Some(*value),
            Value::Free(inner) => inner.as_bool(),
            _ => None,
        }
    }

    /// A number of any kind, 64-bit integers (which are text) included.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Value::Int(number) => Some(*number as f64),
            Value::Float(number) => Some(f64::from(*number)),
            Value::Double(number) => Some(*number),
            Value::Text(text) => text.parse().ok(),
            Value::Free(inner) => inner.as_f64(),
            _ => None,
        }
    }

    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Value::Int(number) => u64::try_from(*number).ok(),
            Value::Text(text) => text.parse().ok(),
            other => other.as_f64().filter(|number| *number >= 0.0).map(|number| number as u64),
        }
    }

    /// The tree that YAML is made from.
    pub fn to_tree(&self) -> serde_json::Value {
        use serde_json::Value as Tree;
        let number = |text: String| {
            let bare = text.trim_matches('"');
            serde_json::from_str::<Tree>(bare).unwrap_or_else(|_| Tree::String(bare.to_owned()))
        };
        match self {
            Value::Null => Tree::Null,
            Value::Bool(value) => Tree::Bool(*value),
            Value::Int(value) => Tree::from(*value),
            Value::Float(value) => number(format_float(*value)),
            Value::Double(value) => number(format_double(*value)),
            Value::Text(text) => Tree::String(text.to_string()),
            Value::List(items) => Tree::Array(items.iter().map(Value::to_tree).collect()),
            Value::Object(entries) | Value::Struct(entries) => {
                Tree::Object(entries.iter().map(|(key, value)| (key.to_string(), value.to_tree())).collect())
            }
            Value::Free(inner) => inner.to_tree(),
        }
    }

    /// The same value without borrows.
    pub fn into_owned(self) -> Value<'static> {
        let own = |entries: Vec<(Cow<'a, str>, Value<'a>)>| {
            entries.into_iter().map(|(key, value)| (Cow::Owned(key.into_owned()), value.into_owned())).collect()
        };
        match self {
            Value::Null => Value::Null,
            Value::Bool(value) => Value::Bool(value),
            Value::Int(value) => Value::Int(value),
            Value::Float(value) => Value::Float(value),
            Value::Double(value) => Value::Double(value),
            Value::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Value::List(items) => Value::List(items.into_iter().map(Value::into_owned).collect()),
            Value::Object(entries) => Value::Object(own(entries)),
            Value::Struct(entries) => Value::Struct(own(entries)),
            Value::Free(inner) => Value::Free(Box::new(inner.into_owned())),
        }
    }
}
