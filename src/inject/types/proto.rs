//! Protobuf's JSON form, read leniently: unknown fields are passed over, names may be in either case style.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{Field, Kind, Struct};

/// A setting of the wrong type, or one that its message cannot hold.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("field {path}: {reason}")]
pub struct ProtoError {
    pub path: String,
    pub reason: String,
}

/// Sets what `given` sets on top of `message`. Messages, lists and maps are replaced as wholes.
///
/// The result keeps declaration order and leaves out what proto3 does not print: zero scalars, empty lists and maps.
pub fn apply(message: &mut Map<String, Value>, given: &Value, of: &'static Struct) -> Result<(), ProtoError> {
    let Value::Object(given) = given else {
        return match given {
            Value::Null => Ok(()),
            other => Err(mismatch("", "an object", other)),
        };
    };
    let mut seen: Vec<&str> = Vec::new();
    for (key, value) in given {
        let Some(field) = field_named(of, key) else { continue };
        if value.is_null() {
            continue;
        }
        if !field.oneof.is_empty() {
            if seen.contains(&field.oneof) {
                return Err(ProtoError {
                    path: field.json.to_string(),
                    reason: format!("oneof {} is already set", field.oneof),
                });
            }
            seen.push(field.oneof);
            for other in of.fields.iter().filter(|other| other.oneof == field.oneof) {
                message.shift_remove(other.json);
            }
        }
        let value = read(value, field.kind).map_err(|error| error.under(field.json))?;
        if field.pointer || !is_default(&value, field.kind) {
            message.insert(field.json.to_string(), value);
        } else {
            message.shift_remove(field.json);
        }
    }
    in_order(message, of);
    Ok(())
}

/// Puts the fields into declaration order.
pub fn in_order(message: &mut Map<String, Value>, of: &'static Struct) {
    let mut entries: Vec<(usize, String, Value)> = std::mem::take(message)
        .into_iter()
        .map(|(key, value)| {
            let at = of.fields.iter().position(|field| field.json == key).unwrap_or(usize::MAX);
            (at, key, value)
        })
        .collect();
    entries.sort_by_key(|(at, ..)| *at);
    message.extend(entries.into_iter().map(|(_, key, value)| (key, value)));
}

/// A duration in protobuf's JSON form (`45s`, `1.500s`), with its sign.
pub fn duration(text: &str) -> Option<(bool, Duration)> {
    let body = text.strip_suffix('s')?;
    let (negative, body) = match body.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, body.strip_prefix('+').unwrap_or(body)),
    };
    let (whole, fraction) = body.split_once('.').unwrap_or((body, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let nanos = format!("{fraction:0<9}").parse().ok()?;
    let seconds: u64 = whole.parse().ok()?;
    // Protobuf bounds durations to about ten thousand years.
    (seconds <= 315_576_000_000).then(|| (negative, Duration::new(seconds, nanos)))
}

impl ProtoError {
    fn under(mut self, field: &str) -> Self {
        self.path = if self.path.is_empty() { field.to_string() } else { format!("{field}.{}", self.path) };
        self
    }
}

fn field_named(of: &'static Struct, key: &str) -> Option<&'static Field> {
    of.field(key).or_else(|| key.contains('_').then(|| of.field(&camel_case(key))).flatten())
}

fn camel_case(key: &str) -> String {
    let mut text = String::with_capacity(key.len());
    let mut upper = false;
    for letter in key.chars() {
        if letter == '_' {
            upper = true;
        } else if std::mem::take(&mut upper) {
            text.extend(letter.to_uppercase());
        } else {
            text.push(letter);
        }
    }
    text
}

fn read(value: &Value, kind: Kind) -> Result<Value, ProtoError> {
    match (kind, value) {
        (Kind::Any, value) => Ok(value.clone()),
        (Kind::Struct(of), value) => {
            let mut message = Map::new();
            apply(&mut message, value, of)?;
            Ok(Value::Object(message))
        }
        (Kind::Text, Value::String(_)) | (Kind::Bool, Value::Bool(_)) => Ok(value.clone()),
        (Kind::Duration, Value::String(text)) => {
            let (negative, length) = duration(text).ok_or_else(|| mismatch("", "a duration such as 45s", value))?;
            Ok(Value::String(format_duration(negative, length)))
        }
        (Kind::Enum(names), Value::String(text)) => names
            .iter()
            .any(|(name, _)| name == text)
            .then(|| value.clone())
            .ok_or_else(|| mismatch("", "one of the known names", value)),
        (Kind::Enum(names), Value::Number(number)) => names
            .iter()
            .find(|(_, known)| Some(*known) == number.as_i64())
            .map(|(name, _)| Value::String((*name).to_string()))
            .ok_or_else(|| mismatch("", "one of the known numbers", value)),
        (Kind::Float, Value::Number(_)) => Ok(value.clone()),
        (Kind::Int32 | Kind::Uint32 | Kind::Int64, _) => integer(value, kind),
        (Kind::List(item), Value::Array(items)) => {
            items.iter().map(|value| read(value, *item)).collect::<Result<_, _>>().map(Value::Array)
        }
        (Kind::Map(item), Value::Object(entries)) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by_key(|(key, _)| key.as_str());
            sorted
                .into_iter()
                .map(|(key, value)| Ok((key.clone(), read(value, *item).map_err(|error| error.under(key))?)))
                .collect::<Result<Map<_, _>, _>>()
                .map(Value::Object)
        }
        (kind, value) => Err(mismatch("", expected(kind), value)),
    }
}

/// Integers may come as numbers without a fraction or as text; 64-bit ones are printed as text.
fn integer(value: &Value, kind: Kind) -> Result<Value, ProtoError> {
    let whole = match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9e15).map(|float| float as i64)
        }),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let in_range = whole.filter(|whole| match kind {
        Kind::Int32 => i32::try_from(*whole).is_ok(),
        Kind::Uint32 => u32::try_from(*whole).is_ok(),
        _ => true,
    });
    match (in_range, kind) {
        (Some(whole), Kind::Int64) => Ok(Value::String(whole.to_string())),
        (Some(whole), _) => Ok(Value::from(whole)),
        (None, _) => Err(mismatch("", expected(kind), value)),
    }
}

fn is_default(value: &Value, kind: Kind) -> bool {
    match (kind, value) {
        (Kind::Enum(names), Value::String(text)) => names.iter().any(|(name, number)| *number == 0 && name == text),
        (_, Value::String(text)) => text.is_empty(),
        (_, Value::Bool(value)) => !value,
        (_, Value::Number(number)) => number.as_f64() == Some(0.0),
        (_, Value::Array(items)) => items.is_empty(),
        (_, Value::Object(entries)) => entries.is_empty(),
        (_, Value::Null) => true,
    }
}

/// Protobuf prints fractions in groups of three digits.
fn format_duration(negative: bool, length: Duration) -> String {
    let sign = if negative { "-" } else { "" };
    let nanos = length.subsec_nanos();
    let fraction = match nanos {
        0 => String::new(),
        _ if nanos % 1_000_000 == 0 => format!(".{:03}", nanos / 1_000_000),
        _ if nanos % 1_000 == 0 => format!(".{:06}", nanos / 1_000),
        _ => format!(".{nanos:09}"),
    };
    format!("{sign}{}{fraction}s", length.as_secs())
}

fn mismatch(path: &str, wanted: &str, found: &Value) -> ProtoError {
    let mut shown = found.to_string();
    if shown.len() > 80 {
        let end = shown.char_indices().nth(77).map_or(shown.len(), |(at, _)| at);
        shown.truncate(end);
        shown.push_str("...");
    }
    ProtoError { path: path.to_string(), reason: format!("expected {wanted}, found {shown}") }
}

fn expected(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "text",
        Kind::Bool => "true or false",
        Kind::Int32 | Kind::Int64 => "a whole number",
        Kind::Uint32 => "a whole number of 0 or more",
        Kind::Float => "a number",
        Kind::List(_) => "a list",
        Kind::Map(_) | Kind::Struct(_) => "an object",
        Kind::Duration => "a duration such as 45s",
        _ => "another value",
    }
}
