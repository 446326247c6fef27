//! What the reference says of a value that does not fit its type: the words of Go's JSON decoder, without a place.

use serde_json::Value;

use crate::api::schema::Type;
use crate::gotemplate::helm::{json_error, json_mismatch};
use crate::install::spec::schema::Shape;
use crate::yaml;

const MAP: &str = "map[string]json.RawMessage";
const LIST: &str = "[]json.RawMessage";

/// A YAML error without the words that only Kubernetes' decoder puts before it.
pub fn in_yaml(error: &yaml::Error) -> String {
    let text = error.to_string();
    text.strip_prefix("error converting YAML to JSON: ").unwrap_or(&text).to_string()
}

/// The first part of a tree that does not fit its shape. Keys that the shape does not know are passed over.
pub fn in_tree(value: &Value, shape: Shape) -> Option<String> {
    match (shape, value) {
        (_, Value::Null)
        | (Shape::Bool, Value::Bool(_))
        | (Shape::Text, Value::String(_))
        | (Shape::Tree, Value::Object(_)) => None,
        (Shape::Object(of), Value::Object(given)) => {
            of.fields.iter().find_map(|(name, shape)| in_tree(given.get(*name)?, *shape))
        }
        (Shape::Map(item), Value::Object(entries)) => entries.values().find_map(|entry| in_tree(entry, *item)),
        (Shape::List(item), Value::Array(items)) => items.iter().find_map(|entry| in_tree(entry, *item)),
        (Shape::Bool, other) => Some(json_mismatch(other, "bool")),
        (Shape::Text, other) => Some(json_mismatch(other, "string")),
        (Shape::List(_), other) => Some(json_mismatch(other, LIST)),
        (Shape::Tree | Shape::Map(_) | Shape::Object(_), other) => Some(json_mismatch(other, MAP)),
        (Shape::QuotedInt { min, max }, value) => {
            let name = match (min, max) {
                (0, _) => "uint32",
                (_, i64::MAX) => "int64",
                _ => "int32",
            };
            no_integer(value, name, min, max)
        }
        _ => None,
    }
}

/// What is said of `value` where a protobuf field of this type is wanted, and it is none.
pub fn in_field(value: &Value, ty: Type) -> String {
    match (ty, value) {
        (Type::Wrapper(inner), value) => in_field(value, *inner),
        (Type::Duration, Value::String(text)) => format!("bad Duration: {}", no_duration(text)),
        (Type::Enum(of), Value::String(text)) => {
            format!("unknown value {:?} for enum {}", Value::from(text.as_str()).to_string(), of.name)
        }
        (Type::Enum(_), other) => json_mismatch(other, "protoreflect.EnumNumber"),
        (Type::String | Type::Bytes | Type::Timestamp | Type::Duration, other) => json_mismatch(other, "string"),
        (Type::Bool, other) => json_mismatch(other, "bool"),
        (Type::Double, other) => json_mismatch(other, "float64"),
        (Type::List(_), other) => json_mismatch(other, LIST),
        (Type::Map(_) | Type::PortMap(_) | Type::Msg(_) | Type::Struct, other) => json_mismatch(other, MAP),
        (Type::Int32, value) => integer(value, "int32"),
        (Type::Int64, value) => integer(value, "int64"),
        (Type::Uint32, value) => integer(value, "uint32"),
        (Type::Uint64, value) => integer(value, "uint64"),
    }
}

fn integer(value: &Value, name: &str) -> String {
    // Only what was found to be none comes here.
    no_integer(value, name, 1, 0).unwrap_or_default()
}

/// Integers may stand in quotes, as JSON.
fn no_integer(value: &Value, name: &str, min: i64, max: i64) -> Option<String> {
    match value {
        Value::Number(number) => match number.as_i64() {
            Some(whole) if (min..=max).contains(&whole) => None,
            _ => Some(format!("json: cannot unmarshal number {number} into Go value of type {name}")),
        },
        Value::String(text) => match serde_json::from_str::<Value>(text) {
            Ok(Value::String(_)) => Some(json_mismatch(value, name)),
            Ok(inner) => no_integer(&inner, name, min, max),
            Err(error) => Some(json_error(text, &error)),
        },
        other => Some(json_mismatch(other, name)),
    }
}

/// Go's words about a text that is no duration.
fn no_duration(text: &str) -> String {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let number = unsigned.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let digits = unsigned.len() - number.len();
    let unit = number.split(|letter: char| letter.is_ascii_digit() || letter == '.').next().unwrap_or_default();
    if digits == 0 || !unsigned.starts_with(|letter: char| letter.is_ascii_digit() || letter == '.') {
        return format!("time: invalid duration {text:?}");
    }
    match unit {
        "" => format!("time: missing unit in duration {text:?}"),
        "h" | "m" | "s" | "ms" | "us" | "ns" => format!("time: invalid duration {text:?}"),
        unit => format!("time: unknown unit {unit:?} in duration {text:?}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::install::spec::schema::VALUES;

    #[test]
    fn the_first_value_of_a_wrong_type_is_told_in_gos_words() {
        let told = |values: Value| in_tree(&values, VALUES);
        assert_eq!(told(json!({"global": {"hub": "x", "tag": 1.5, "network": null, "own": 5}, "own": []})), None);
        let cases = [
            (json!({"global": {"hub": 5}}), "json: cannot unmarshal number into Go value of type string"),
            (
                json!({"global": {"multiCluster": []}}),
                "json: cannot unmarshal array into Go value of type map[string]json.RawMessage",
            ),
            (
                json!({"sidecarInjectorWebhook": {"rewriteAppHTTPProbe": "true"}}),
                "json: cannot unmarshal string into Go value of type bool",
            ),
            (json!({"global": {"proxy": {"statusPort": "x"}}}), "invalid character 'x' looking for beginning of value"),
            (
                json!({"global": {"proxy": {"statusPort": 1.5}}}),
                "json: cannot unmarshal number 1.5 into Go value of type uint32",
            ),
        ];
        for (values, words) in cases {
            assert_eq!(told(values.clone()).as_deref(), Some(words), "{values}");
        }
    }

    #[test]
    fn what_is_no_duration_is_told_in_gos_words() {
        let cases = [
            ("x", "time: invalid duration \"x\""),
            ("5", "time: missing unit in duration \"5\""),
            ("5x", "time: unknown unit \"x\" in duration \"5x\""),
            ("", "time: invalid duration \"\""),
        ];
        for (text, words) in cases {
            assert_eq!(in_field(&json!(text), Type::Duration), format!("bad Duration: {words}"));
        }
    }
}
