//! Protobuf's JSON form, read leniently: unknown fields are passed over, names may be in either case style.

use std::fmt;
use std::time::Duration;

use serde_json::{Map, Value};

use super::misfit;
use crate::api::schema::{Field, Message, Type};

/// A setting of the wrong type, or one that its message cannot hold.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub struct ProtoError {
    /// Empty when it is the whole that does not fit.
    pub path: String,
    pub reason: String,
    /// The same in the words of the reference, which does not tell the place.
    pub reference: String,
}

impl fmt::Display for ProtoError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(out, "field {}: ", self.path)?;
        }
        out.write_str(&self.reason)
    }
}

/// Sets what `given` sets on top of `message`. Messages, lists and maps are replaced as wholes.
///
/// The result keeps declaration order and leaves out what proto3 does not print: zero scalars, empty lists and maps.
pub fn apply(message: &mut Map<String, Value>, given: &Value, of: &'static Message) -> Result<(), ProtoError> {
    let Value::Object(given) = given else {
        return match given {
            Value::Null => Ok(()),
            other => Err(mismatch(Type::Struct, other)),
        };
    };
    // In declaration order, so that of two members of a oneof the later declared one stays.
    for field in of.fields {
        let Some(value) = given.get(field.name).or_else(|| by_proto_name(given, field)) else { continue };
        if value.is_null() {
            continue;
        }
        let value = read(value, field.ty).map_err(|error| error.under(field.name))?;
        if !field.one_of.is_empty() {
            for other in of.fields.iter().filter(|other| other.one_of == field.one_of) {
                message.shift_remove(other.name);
            }
        }
        if has_presence(field) || !is_default(&value, field.ty) {
            message.insert(field.name.to_string(), value);
        } else {
            message.shift_remove(field.name);
        }
    }
    in_order(message, of);
    Ok(())
}

/// Puts the fields into declaration order.
pub fn in_order(message: &mut Map<String, Value>, of: &'static Message) {
    let mut entries: Vec<(usize, String, Value)> = std::mem::take(message)
        .into_iter()
        .map(|(key, value)| {
            let at = of.fields.iter().position(|field| field.name == key).unwrap_or(usize::MAX);
            (at, key, value)
        })
        .collect();
    entries.sort_by_key(|(at, ..)| *at);
    message.extend(entries.into_iter().map(|(_, key, value)| (key, value)));
}

/// A duration in Go's notation (`45s`, `1h30m`, `0.5s`) with its sign.
pub fn duration(text: &str) -> Option<(bool, Duration)> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some((negative, Duration::ZERO));
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanos: u128 = 0;
    while !rest.is_empty() {
        let number = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (amount, after) = rest.split_at(number);
        let unit = after.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit);
        let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return None;
        }
        let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        nanos = nanos.checked_add(whole.checked_mul(*scale)?)?;
        let mut place = *scale;
        for digit in fraction.bytes() {
            place /= 10;
            nanos = nanos.checked_add(u128::from(digit - b'0') * place)?;
        }
        rest = after;
    }
    let nanos = u64::try_from(nanos).ok().filter(|nanos| i64::try_from(*nanos).is_ok())?;
    Some((negative, Duration::from_nanos(nanos)))
}

const UNITS: &[(&str, u128)] = &[
    ("h", 3_600_000_000_000),
    ("m", 60_000_000_000),
    ("s", 1_000_000_000),
    ("ms", 1_000_000),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ns", 1),
];

impl ProtoError {
    fn under(mut self, field: &str) -> Self {
        self.path = if self.path.is_empty() { field.to_string() } else { format!("{field}.{}", self.path) };
        self
    }
}

/// Messages, wrappers and durations are set or absent; other scalars are absent when zero.
fn has_presence(field: &Field) -> bool {
    matches!(field.ty, Type::Msg(_) | Type::Wrapper(_) | Type::Duration | Type::Timestamp | Type::Struct)
        || (!field.one_of.is_empty() && matches!(field.ty, Type::Enum(_)))
}

fn by_proto_name<'g>(given: &'g Map<String, Value>, field: &Field) -> Option<&'g Value> {
    given.iter().find(|(key, _)| field.has_proto_name(key)).map(|(_, value)| value)
}

fn read(value: &Value, ty: Type) -> Result<Value, ProtoError> {
    match (ty, value) {
        (Type::Struct, value @ Value::Object(_)) => Ok(value.clone()),
        (Type::Msg(of), value) => {
            let mut message = Map::new();
            apply(&mut message, value, of)?;
            Ok(Value::Object(message))
        }
        (Type::Wrapper(inner), value) => read(value, *inner),
        (Type::String | Type::Bytes | Type::Timestamp, Value::String(_)) | (Type::Bool, Value::Bool(_)) => {
            Ok(value.clone())
        }
        (Type::Duration, Value::String(text)) => {
            let (negative, length) = duration(text).ok_or_else(|| mismatch(ty, value))?;
            Ok(Value::String(format_duration(negative, length)))
        }
        (Type::Enum(of), Value::String(text)) => {
            of.number(text).map(|_| value.clone()).ok_or_else(|| mismatch(ty, value))
        }
        (Type::Enum(of), Value::Number(number)) => number
            .as_i64()
            .and_then(|number| of.name_of(i32::try_from(number).ok()?))
            .map(|name| Value::String(name.to_string()))
            .ok_or_else(|| mismatch(ty, value)),
        (Type::Double, Value::Number(_)) => Ok(value.clone()),
        (Type::Int32 | Type::Uint32 | Type::Int64 | Type::Uint64, _) => integer(value, ty),
        (Type::List(item), Value::Array(items)) => {
            items.iter().map(|value| read(value, *item)).collect::<Result<_, _>>().map(Value::Array)
        }
        (Type::Map(item) | Type::PortMap(item), Value::Object(entries)) => {
            let mut sorted: Vec<_> = entries.iter().collect();
            sorted.sort_by_key(|(key, _)| key.as_str());
            sorted
                .into_iter()
                .map(|(key, value)| Ok((key.clone(), read(value, *item).map_err(|error| error.under(key))?)))
                .collect::<Result<Map<_, _>, _>>()
                .map(Value::Object)
        }
        (ty, value) => Err(mismatch(ty, value)),
    }
}

/// Integers may come as numbers without a fraction or as text; 64-bit ones are printed as text.
fn integer(value: &Value, ty: Type) -> Result<Value, ProtoError> {
    let whole = match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9e15).map(|float| float as i64)
        }),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let in_range = whole.filter(|whole| match ty {
        Type::Int32 => i32::try_from(*whole).is_ok(),
        Type::Uint32 => u32::try_from(*whole).is_ok(),
        Type::Uint64 => *whole >= 0,
        _ => true,
    });
    match (in_range, ty) {
        (Some(whole), Type::Int64 | Type::Uint64) => Ok(Value::String(whole.to_string())),
        (Some(whole), _) => Ok(Value::from(whole)),
        (None, _) => Err(mismatch(ty, value)),
    }
}

fn is_default(value: &Value, ty: Type) -> bool {
    match (ty, value) {
        (Type::Enum(of), Value::String(text)) => of.number(text) == Some(0),
        (Type::Int64 | Type::Uint64, Value::String(text)) => text == "0",
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
        _ if nanos.is_multiple_of(1_000_000) => format!(".{:03}", nanos / 1_000_000),
        _ if nanos.is_multiple_of(1_000) => format!(".{:06}", nanos / 1_000),
        _ => format!(".{nanos:09}"),
    };
    format!("{sign}{}{fraction}s", length.as_secs())
}

fn mismatch(wanted: Type, found: &Value) -> ProtoError {
    let mut shown = found.to_string();
    if shown.len() > 80 {
        let end = shown.char_indices().nth(77).map_or(shown.len(), |(at, _)| at);
        shown.truncate(end);
        shown.push_str("...");
    }
    ProtoError {
        path: String::new(),
        reason: format!("expected {}, found {shown}", expected(wanted)),
        reference: misfit::in_field(found, wanted),
    }
}

fn expected(ty: Type) -> &'static str {
    match ty {
        Type::String | Type::Bytes | Type::Timestamp => "text",
        Type::Bool => "true or false",
        Type::Int32 | Type::Int64 => "a whole number",
        Type::Uint32 | Type::Uint64 => "a whole number of 0 or more",
        Type::Double => "a number",
        Type::List(_) => "a list",
        Type::Map(_) | Type::PortMap(_) | Type::Msg(_) | Type::Struct => "an object",
        Type::Duration => "a duration such as 45s",
        Type::Enum(_) => "one of the known names",
        Type::Wrapper(inner) => expected(*inner),
    }
}
