//! Scalars of messages: how JSON may write them, their range, and which of their values are not printed.

use std::borrow::Cow;

use super::{DecodeError, fail, wrong_kind};
use crate::envoy::json::{Json, Number};
use crate::envoy::schema::{Kind, Scalar, Schema};
use crate::envoy::value::Value;
use crate::envoy::well_known as known;

/// The scalar inside `UInt32Value` and its like (without `google.protobuf.`).
pub fn wrapped(name: &str) -> Option<Scalar> {
    Some(match name {
        "DoubleValue" => Scalar::Double,
        "FloatValue" => Scalar::Float,
        "Int32Value" => Scalar::Int32,
        "Int64Value" => Scalar::Int64,
        "UInt32Value" => Scalar::Uint32,
        "UInt64Value" => Scalar::Uint64,
        "BoolValue" => Scalar::Bool,
        "StringValue" => Scalar::String,
        "BytesValue" => Scalar::Bytes,
        _ => return None,
    })
}

/// Whether a scalar or enum has the value that is not printed.
pub(in crate::envoy) fn is_default(value: &Value, kind: Kind, schema: &Schema) -> bool {
    match (kind, value) {
        (Kind::Scalar(Scalar::String | Scalar::Bytes), Value::Text(text)) => text.is_empty(),
        (Kind::Scalar(_), Value::Text(text)) => text == "0",
        (Kind::Scalar(_), Value::Bool(value)) => !value,
        (Kind::Scalar(_), Value::Int(number)) => *number == 0,
        (Kind::Scalar(_), Value::Double(number)) => number.to_bits() == 0,
        (Kind::Scalar(_), Value::Float(number)) => number.to_bits() == 0,
        (Kind::Enum(id), Value::Text(name)) => schema.enumeration(id).number_of(name) == Some(0),
        (Kind::Enum(_), Value::Int(number)) => *number == 0,
        _ => false,
    }
}

/// Map keys are sorted: numbers as numbers, all others by their bytes.
pub(in crate::envoy) fn sort_map(map: &mut [(Cow<'_, str>, Value<'_>)], key: Scalar) {
    match key {
        Scalar::String | Scalar::Bool => map.sort_by(|(a, _), (b, _)| a.cmp(b)),
        _ => map.sort_by_key(|(key, _)| key.parse::<i128>().unwrap_or(0)),
    }
}

pub(super) fn read_scalar<'a>(json: Json<'a>, scalar: Scalar) -> Result<Value<'a>, DecodeError> {
    match (scalar, json) {
        (Scalar::Bool, Json::Bool(value)) => Ok(Value::Bool(value)),
        (Scalar::Bool, other) => Err(wrong_kind("true or false", &other)),
        (Scalar::String, Json::Text(text)) => Ok(Value::Text(text)),
        (Scalar::String, other) => Err(wrong_kind("a string", &other)),
        (Scalar::Bytes, Json::Text(text)) => {
            let bytes = known::parse_bytes(&text).ok_or_else(|| fail("not base64"))?;
            let canonical = known::format_bytes(&bytes);
            Ok(Value::Text(if *canonical == *text { text } else { canonical.into() }))
        }
        (Scalar::Bytes, other) => Err(wrong_kind("base64 text", &other)),
        (Scalar::Double | Scalar::Float, json) => {
            let number = match &json {
                Json::Number(number) => number.as_f64(),
                Json::Text(text) => float_text(text).ok_or_else(|| fail(format!("{text:?} is no number")))?,
                other => return Err(wrong_kind("a number", other)),
            };
            Ok(if scalar == Scalar::Double { Value::Double(number) } else { Value::Float(number as f32) })
        }
        (integer_kind, json) => {
            let number = match &json {
                Json::Number(number) => *number,
                Json::Text(text) => serde_json::from_str::<Json>(text)
                    .ok()
                    .and_then(|json| if let Json::Number(number) = json { Some(number) } else { None })
                    .filter(|_| text.trim() == text)
                    .ok_or_else(|| fail(format!("{text:?} is no number")))?,
                other => return Err(wrong_kind("a number", other)),
            };
            let (low, high, wide) = range(integer_kind);
            let number = integer(number, low, high)?;
            Ok(if wide { Value::Text(number.to_string().into()) } else { Value::Int(number as i64) })
        }
    }
}

fn float_text(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ if text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E')) => {
            text.parse().ok()
        }
        _ => None,
    }
}

/// Lowest and highest value, and whether it is printed as a string.
fn range(scalar: Scalar) -> (i128, i128, bool) {
    match scalar {
        Scalar::Uint32 | Scalar::Fixed32 => (0, u32::MAX.into(), false),
        Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => (i64::MIN.into(), i64::MAX.into(), true),
        Scalar::Uint64 | Scalar::Fixed64 => (0, u64::MAX.into(), true),
        _ => (i32::MIN.into(), i32::MAX.into(), false),
    }
}

pub(super) fn integer(number: Number, low: i128, high: i128) -> Result<i128, DecodeError> {
    match number.as_integer() {
        Some(integer) if (low..=high).contains(&integer) => Ok(integer),
        Some(integer) => Err(fail(format!("{integer} is not between {low} and {high}"))),
        None => Err(fail(format!("{} is no integer", number.as_f64()))),
    }
}

pub(super) fn map_key<'a>(key: &str, kind: Scalar) -> Result<Cow<'a, str>, DecodeError> {
    if kind == Scalar::Bool {
        return if matches!(key, "true" | "false") {
            Ok(key.to_owned().into())
        } else {
            Err(fail("not true or false").key(key))
        };
    }
    let (low, high, _) = range(kind);
    match key.parse::<i128>() {
        Ok(number) if (low..=high).contains(&number) => Ok(number.to_string().into()),
        _ => Err(fail("not a number of the key's type").key(key)),
    }
}
