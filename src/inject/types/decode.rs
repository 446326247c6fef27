//! What a document becomes after passing through a Go struct: unknown fields gone, zero values gone or shown, order fixed.

use std::fmt;

use serde_json::{Map, Number, Value};

use super::quantity::{self, QuantityError};
use super::{Field, Kind, Struct};

/// A value that does not fit its type.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DecodeError {
    #[error("{0}")]
    Type(TypeError),
    #[error("{0}")]
    Quantity(QuantityError),
}

/// The parts of Go's "cannot unmarshal" message.
#[derive(Clone, Debug, PartialEq)]
pub struct TypeError {
    pub found: String,
    pub owner: &'static str,
    /// JSON names from the outermost object to the field; indexes and map keys are left out, as Go does.
    pub path: Vec<&'static str>,
    pub expected: String,
}

impl fmt::Display for TypeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return write!(out, "json: cannot unmarshal {} into Go value of type {}", self.found, self.expected);
        }
        write!(
            out,
            "json: cannot unmarshal {} into Go struct field {}.{} of type {}",
            self.found,
            self.owner,
            self.path.join("."),
            self.expected
        )
    }
}

/// Decodes `value` into the Go type and gives it back as that type prints itself, with fields in the type's order.
pub fn normalized(value: Value, of: &'static Struct) -> Result<Value, DecodeError> {
    normal_struct(value, of).map_err(|failure| failure.finish(of))
}

/// Reads a YAML document as Go does: a bare number or boolean where text is wanted is taken as its text.
///
/// Embedded raw objects (the items of a List) do not get this treatment.
pub fn read_document(value: Value, of: &'static Struct) -> Result<Value, DecodeError> {
    normalized(with_texts(value, Kind::Struct(of)), of)
}

fn with_texts(value: Value, kind: Kind) -> Value {
    match (kind, value) {
        (Kind::Text, Value::Bool(value)) => Value::String(value.to_string()),
        (Kind::Text, Value::Number(number)) => Value::String(number_text(&number)),
        (Kind::Struct(of), Value::Object(mut fields)) => {
            for (key, value) in &mut fields {
                if let Some(field) = of.field(key) {
                    *value = with_texts(value.take(), field.kind);
                }
            }
            Value::Object(fields)
        }
        (Kind::Map(item), Value::Object(mut entries)) => {
            for value in entries.values_mut() {
                *value = with_texts(value.take(), *item);
            }
            Value::Object(entries)
        }
        (Kind::List(item), Value::Array(items)) => {
            Value::Array(items.into_iter().map(|value| with_texts(value, *item)).collect())
        }
        (_, value) => value,
    }
}

/// Integers in decimal; other numbers in Go's shortest form for 32 bits, with an exponent from a million up.
fn number_text(number: &Number) -> String {
    if number.is_i64() || number.is_u64() {
        return number.to_string();
    }
    let value = number.as_f64().unwrap_or_default() as f32;
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        _ => value.to_string(),
    }
}

/// A fault on its way up: each struct it passes adds its field.
struct Fault {
    found: String,
    expected: String,
    owner: &'static str,
    path: Vec<&'static str>,
    quantity: Option<QuantityError>,
}

impl Fault {
    fn new(value: &Value, kind: Kind) -> Self {
        Fault { found: found(value, kind), expected: go_type(kind), owner: "", path: Vec::new(), quantity: None }
    }

    fn quantity(error: QuantityError) -> Self {
        Fault { found: String::new(), expected: String::new(), owner: "", path: Vec::new(), quantity: Some(error) }
    }

    fn under(mut self, owner: &Struct, field: &'static Field) -> Self {
        if self.owner.is_empty() {
            self.owner = owner.bare_name_static();
        }
        self.path.push(field.json);
        self
    }

    fn finish(mut self, root: &'static Struct) -> DecodeError {
        if let Some(error) = self.quantity {
            return DecodeError::Quantity(error);
        }
        if self.path.is_empty() {
            self.expected = root.name.to_string();
        }
        self.path.reverse();
        DecodeError::Type(TypeError { found: self.found, owner: self.owner, path: self.path, expected: self.expected })
    }
}

impl Struct {
    fn bare_name_static(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }
}

fn normal_struct(value: Value, of: &'static Struct) -> Result<Value, Fault> {
    let Value::Object(given) = value else {
        return match value {
            Value::Null => normal_struct(Value::Object(Map::new()), of),
            other => Err(Fault::new(&other, Kind::Struct(of))),
        };
    };
    let mut slots: Vec<(usize, Value)> = Vec::with_capacity(given.len() + 2);
    for (key, value) in given {
        let Some(at) = of.fields.iter().position(|field| field.json == key) else { continue };
        let field = &of.fields[at];
        let value = normal_field(value, field).map_err(|fault| fault.under(of, field))?;
        if let Some(value) = value {
            slots.push((at, value));
        }
    }
    for (at, field) in of.fields.iter().enumerate() {
        if shows_when_absent(field) && !slots.iter().any(|(taken, _)| *taken == at) {
            slots.push((at, shown_when_absent(field)?));
        }
    }
    slots.sort_by_key(|(at, _)| *at);
    Ok(Value::Object(slots.into_iter().map(|(at, value)| (of.fields[at].json.to_string(), value)).collect()))
}

/// The field's value as printed, or nothing when it is left out.
fn normal_field(value: Value, field: &'static Field) -> Result<Option<Value>, Fault> {
    if value.is_null() {
        return Ok(None);
    }
    let value = normal_value(value, field.kind)?;
    let shown = field.pointer || field.always || !is_empty(&value, field.kind);
    Ok(shown.then_some(value))
}

fn normal_value(value: Value, kind: Kind) -> Result<Value, Fault> {
    match (kind, value) {
        (Kind::Any, value) => Ok(value),
        (Kind::Struct(of), value) => normal_struct(value, of),
        (Kind::Quantity, Value::Null) => Ok(Value::String("0".to_string())),
        (_, Value::Null) => Ok(zero(kind)),
        (Kind::Text | Kind::Time, value @ Value::String(_))
        | (Kind::Bool, value @ Value::Bool(_))
        | (Kind::IntOrText, value @ Value::String(_)) => Ok(value),
        (Kind::Int32 | Kind::Int64 | Kind::IntOrText, Value::Number(number)) => {
            integer(&number, kind).ok_or_else(|| Fault::new(&Value::Number(number), kind)).map(Value::from)
        }
        (Kind::Quantity, Value::String(text)) => quantity_text(&text),
        (Kind::Quantity, Value::Number(number)) => quantity_text(&number.to_string()),
        (Kind::List(item), Value::Array(items)) => {
            items.into_iter().map(|value| normal_value(value, *item)).collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        (Kind::Map(item), Value::Object(entries)) => {
            let mut map = Map::with_capacity(entries.len());
            for (key, value) in entries {
                map.insert(key, normal_value(value, *item)?);
            }
            Ok(Value::Object(map))
        }
        (kind, value) => Err(Fault::new(&value, kind)),
    }
}

fn quantity_text(text: &str) -> Result<Value, Fault> {
    quantity::canonical(text).map(Value::String).map_err(Fault::quantity)
}

/// The integer a JSON number stands for, if it has the field's width.
fn integer(number: &Number, kind: Kind) -> Option<i64> {
    let whole = number.as_i64()?;
    match kind {
        Kind::Int32 | Kind::IntOrText => i32::try_from(whole).ok().map(i64::from),
        _ => Some(whole),
    }
}

fn is_empty(value: &Value, kind: Kind) -> bool {
    match (value, kind) {
        (_, Kind::Struct(_) | Kind::Quantity | Kind::IntOrText) => false,
        (Value::Null, _) => true,
        (Value::Bool(value), _) => !value,
        (Value::Number(number), _) => number.as_f64() == Some(0.0),
        (Value::String(text), _) => text.is_empty(),
        (Value::Array(items), _) => items.is_empty(),
        (Value::Object(entries), _) => entries.is_empty(),
    }
}

/// Go prints a struct held by value even when it is empty, and a `divisor` as `0`.
fn shows_when_absent(field: &Field) -> bool {
    field.always || (!field.pointer && matches!(field.kind, Kind::Struct(_) | Kind::Quantity))
}

fn shown_when_absent(field: &Field) -> Result<Value, Fault> {
    if field.pointer {
        return Ok(Value::Null);
    }
    match field.kind {
        Kind::Struct(of) => normal_struct(Value::Null, of),
        kind => Ok(zero(kind)),
    }
}

/// What Go leaves in a field of this kind that nothing was decoded into.
fn zero(kind: Kind) -> Value {
    match kind {
        Kind::Text => Value::String(String::new()),
        Kind::Bool => Value::Bool(false),
        Kind::Int32 | Kind::Int64 | Kind::IntOrText => Value::from(0),
        Kind::Quantity => Value::String("0".to_string()),
        _ => Value::Null,
    }
}

fn found(value: &Value, kind: Kind) -> String {
    match value {
        Value::Null => "null".to_string(),
        Value::Bool(_) => "bool".to_string(),
        Value::Number(number) if matches!(kind, Kind::Int32 | Kind::Int64 | Kind::IntOrText) => {
            format!("number {number}")
        }
        Value::Number(_) => "number".to_string(),
        Value::String(_) => "string".to_string(),
        Value::Array(_) => "array".to_string(),
        Value::Object(_) => "object".to_string(),
    }
}

fn go_type(kind: Kind) -> String {
    match kind {
        Kind::Text => "string".to_string(),
        Kind::Bool => "bool".to_string(),
        Kind::Int32 | Kind::IntOrText => "int32".to_string(),
        Kind::Int64 => "int64".to_string(),
        Kind::Quantity => "resource.Quantity".to_string(),
        Kind::Time => "string".to_string(),
        Kind::Any => "interface {}".to_string(),
        Kind::List(item) => format!("[]{}", go_type(*item)),
        Kind::Map(item) => format!("map[string]{}", go_type(*item)),
        Kind::Struct(of) => of.name.to_string(),
    }
}

/// Compact JSON as Go's `json.Marshal` writes it: `<`, `>`, `&` and the line separators escaped.
pub fn go_json(value: &Value) -> String {
    let plain = value.to_string();
    if !plain.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return plain;
    }
    let mut text = String::with_capacity(plain.len() + 16);
    for letter in plain.chars() {
        match letter {
            '<' => text.push_str("\\u003c"),
            '>' => text.push_str("\\u003e"),
            '&' => text.push_str("\\u0026"),
            '\u{2028}' => text.push_str("\\u2028"),
            '\u{2029}' => text.push_str("\\u2029"),
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::pod::{CONTAINER, POD};
    use super::*;

    #[test]
    fn a_pod_passes_through_its_type_as_in_go() {
        let pod = json!({
            "unknown": 1,
            "spec": {
                "hostNetwork": false,
                "volumes": [{"emptyDir": null, "name": "a"}, {"name": "b", "emptyDir": {"sizeLimit": "1024Mi"}}],
                "containers": [{
                    "resources": {"limits": {"cpu": 1, "memory": "1024Mi"}},
                    "name": "c",
                    "securityContext": {"runAsUser": 0, "privileged": false},
                    "args": [],
                    "readinessProbe": {"httpGet": {"port": 80}, "initialDelaySeconds": 0},
                }],
            },
            "metadata": {"annotations": {"x": null}, "labels": {}},
        });
        let want = concat!(
            r#"{"metadata":{"annotations":{"x":""}},"#,
            r#""spec":{"volumes":[{"name":"a"},{"name":"b","emptyDir":{"sizeLimit":"1Gi"}}],"#,
            r#""containers":[{"name":"c","resources":{"limits":{"cpu":"1","memory":"1Gi"}},"#,
            r#""readinessProbe":{"httpGet":{"port":80}},"securityContext":{"privileged":false,"runAsUser":0}}]},"#,
            r#""status":{}}"#
        );
        assert_eq!(normalized(pod, &POD).map(|value| value.to_string()).as_deref(), Ok(want));
    }

    #[test]
    fn a_wrong_type_is_told_in_gos_words() {
        let pod = json!({"spec": {"containers": [{"image": 5}]}});
        assert_eq!(
            normalized(pod, &POD).map_err(|error| error.to_string()),
            Err("json: cannot unmarshal number into Go struct field Container.spec.containers.image of type string"
                .to_string())
        );
        assert_eq!(
            normalized(json!([]), &CONTAINER).map_err(|error| error.to_string()),
            Err("json: cannot unmarshal array into Go value of type v1.Container".to_string())
        );
    }
}
