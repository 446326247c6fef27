//! What a document becomes after passing through a Go struct: unknown fields gone, zero values gone or shown, order fixed.

use std::fmt;

use serde_json::{Map, Number, Value};

use super::quantity::{self, QuantityError};
use super::{Field, Kind, Struct, time};

/// A value that does not fit its type.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DecodeError {
    #[error("{0}")]
    Type(TypeError),
    #[error("{0}")]
    Quantity(QuantityError),
    #[error("{0}")]
    Time(String),
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

/// Decodes `value` into the Go type and gives it back as that type prints itself. Only [`in_order`] sorts the fields.
pub fn normalized(mut value: Value, of: &'static Struct) -> Result<Value, DecodeError> {
    match normal_struct(&mut value, of) {
        Ok(()) => Ok(value),
        Err(fault) => Err(fault.finish(of)),
    }
}

/// The value with fields in the type's order, which only JSON of single structs shows.
pub fn in_order(value: &Value, of: &'static Struct) -> Value {
    let Value::Object(given) = value else { return value.clone() };
    let known = of.fields.iter().filter_map(|field| Some((field, given.get(field.json)?)));
    Value::Object(known.map(|(field, value)| (field.json.to_string(), kind_in_order(value, field.kind))).collect())
}

fn kind_in_order(value: &Value, kind: Kind) -> Value {
    match (kind, value) {
        (Kind::Struct(of), value) => in_order(value, of),
        (Kind::List(item), Value::Array(items)) => {
            Value::Array(items.iter().map(|value| kind_in_order(value, *item)).collect())
        }
        (_, value) => value.clone(),
    }
}

/// Reads a YAML document as Go does: a bare number or boolean where text is wanted is taken as its text.
///
/// The fields of embedded structs (what a volume is made of, what a probe does) do not get this treatment; the items of a
/// List get it when they are read as documents of their own.
pub fn read_document(value: Value, of: &'static Struct) -> Result<Value, DecodeError> {
    normalized(with_texts(value, Kind::Struct(of)), of)
}

fn with_texts(value: Value, kind: Kind) -> Value {
    match (kind, value) {
        (Kind::Text, Value::Bool(value)) => Value::String(value.to_string()),
        (Kind::Text, Value::Number(number)) => Value::String(number_text(&number)),
        (Kind::Struct(of), Value::Object(mut fields)) => {
            for (key, value) in &mut fields {
                if let Some(field) = of.field_in_any_case(key).filter(|field| of.embeds(field.json).is_none()) {
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
    wanted: Kind,
    /// The field's own name for text.
    named: &'static str,
    owner: &'static str,
    path: Vec<&'static str>,
    /// Go reads nothing more after it: the type reads itself. Of other faults it tells the first, at the end.
    ends: bool,
    /// An error that says nothing of its place.
    placeless: Option<Box<DecodeError>>,
}

impl Fault {
    fn new(value: &Value, kind: Kind) -> Self {
        Fault {
            found: found(value, kind),
            wanted: kind,
            named: "",
            owner: "",
            path: Vec::new(),
            ends: matches!(kind, Kind::IntOrText | Kind::Quantity | Kind::Time),
            placeless: None,
        }
    }

    fn placeless(error: DecodeError) -> Self {
        Fault {
            found: String::new(),
            wanted: Kind::Any,
            named: "",
            owner: "",
            path: Vec::new(),
            ends: true,
            placeless: Some(Box::new(error)),
        }
    }

    fn under(mut self, owner: &Struct, field: &'static Field) -> Self {
        if self.owner.is_empty() {
            self.owner = owner.bare_name();
            self.named = field.named;
        }
        self.path.push(field.json);
        self.path.extend(owner.embeds(field.json));
        self
    }

    fn finish(mut self, root: &'static Struct) -> DecodeError {
        if let Some(error) = self.placeless {
            return *error;
        }
        let expected = if self.path.is_empty() { root.name.to_string() } else { go_type(self.wanted, self.named) };
        self.path.reverse();
        DecodeError::Type(TypeError { found: self.found, owner: self.owner, path: self.path, expected })
    }
}

fn normal_struct(value: &mut Value, of: &'static Struct) -> Result<(), Fault> {
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    let Value::Object(fields) = value else { return Err(Fault::new(value, Kind::Struct(of))) };
    if fields.keys().any(|key| of.field(key).is_none() && of.field_in_any_case(key).is_some()) {
        rename_fields(fields, of);
    }
    let mut faults = Faults::default();
    fields.retain(|key, value| {
        let Some(field) = of.field(key) else { return false };
        normal_field(value, field).unwrap_or_else(|fault| {
            faults.add(key, fault.under(of, field));
            false
        })
    });
    faults.told()?;
    for field in of.fields.iter().filter(|field| shows_when_absent(field)) {
        if !fields.contains_key(field.json) {
            fields.insert(field.json.to_string(), shown_when_absent(field)?);
        }
    }
    Ok(())
}

/// What is wrong below an object or a list. Go reads objects in the order of their keys.
#[derive(Default)]
struct Faults {
    first: Option<(String, Fault)>,
}

impl Faults {
    fn add(&mut self, key: &str, fault: Fault) {
        let before = |(known, first): &(String, Fault)| (!fault.ends, key) < (!first.ends, known.as_str());
        if self.first.as_ref().is_none_or(before) {
            self.first = Some((key.to_string(), fault));
        }
    }

    /// The one Go tells.
    fn told(self) -> Result<(), Fault> {
        self.first.map_or(Ok(()), |(_, fault)| Err(fault))
    }
}

/// Go takes a field's name in any case; of several spellings the last one in the order of bytes counts.
fn rename_fields(fields: &mut Map<String, Value>, of: &'static Struct) {
    let mut given: Vec<(String, Value)> = std::mem::take(fields).into_iter().collect();
    given.sort_by(|(a, _), (b, _)| a.cmp(b));
    for (key, value) in given {
        let name = of.field_in_any_case(&key).map_or(key, |field| field.json.to_string());
        fields.insert(name, value);
    }
}

/// Decodes the field's value; false when it is not printed.
fn normal_field(value: &mut Value, field: &'static Field) -> Result<bool, Fault> {
    if value.is_null() {
        return Ok(false);
    }
    normal_value(value, field.kind)?;
    Ok(field.pointer || field.always || !is_empty(value, field.kind))
}

fn normal_value(value: &mut Value, kind: Kind) -> Result<(), Fault> {
    match (kind, &mut *value) {
        (Kind::Any, _) => return Ok(()),
        (Kind::Struct(of), value) => return normal_struct(value, of),
        (Kind::Quantity, Value::Null) => *value = Value::String("0".to_string()),
        (_, Value::Null) => *value = zero(kind),
        (Kind::Text | Kind::IntOrText, Value::String(_)) | (Kind::Bool, Value::Bool(_)) => {}
        (Kind::Time, Value::String(text)) => {
            *text = time::in_utc(text).map_err(|words| Fault::placeless(DecodeError::Time(words)))?;
        }
        (Kind::Int32 | Kind::Int64 | Kind::IntOrText, Value::Number(number)) => match integer(number, kind) {
            Some(number) => *value = Value::from(number),
            None => return Err(Fault::new(value, kind)),
        },
        (Kind::Quantity, Value::String(text)) => {
            *text = canonical(text)?;
        }
        (Kind::Quantity, Value::Number(number)) => {
            let canonical = canonical(&json_number(number))?;
            *value = Value::String(canonical);
        }
        (Kind::Quantity, _) => return Err(Fault::placeless(DecodeError::Quantity(QuantityError::Format))),
        (Kind::List(item), Value::Array(items)) => normal_below(items.iter_mut().map(|value| ("", value)), *item)?,
        (Kind::Map(item), Value::Object(entries)) => {
            normal_below(entries.iter_mut().map(|(key, value)| (key.as_str(), value)), *item)?;
        }
        (kind, value) => return Err(Fault::new(value, kind)),
    }
    Ok(())
}

fn normal_below<'v>(below: impl Iterator<Item = (&'v str, &'v mut Value)>, kind: Kind) -> Result<(), Fault> {
    let mut faults = Faults::default();
    for (key, value) in below {
        if let Err(fault) = normal_value(value, kind) {
            faults.add(key, fault);
        }
    }
    faults.told()
}

fn canonical(text: &str) -> Result<String, Fault> {
    quantity::canonical(text).map_err(|error| Fault::placeless(DecodeError::Quantity(error)))
}

/// A number as Go's JSON prints it: no exponent below 1e21.
fn json_number(number: &Number) -> String {
    match number.as_f64().filter(|_| number.is_f64()) {
        None => number.to_string(),
        Some(value) if value == 0.0 || (1e-6..1e21).contains(&value.abs()) => value.to_string(),
        Some(value) if value.abs() < 1.0 => format!("{value:e}"),
        Some(value) => format!("{value:e}").replace('e', "e+"),
    }
}

/// The integer a JSON number stands for, if it has the field's width. A whole number may be written `80.0`.
fn integer(number: &Number, kind: Kind) -> Option<i64> {
    let whole = number.as_i64().or_else(|| json_number(number).parse().ok())?;
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
        Kind::Struct(of) => {
            let mut empty = Value::Null;
            normal_struct(&mut empty, of)?;
            Ok(empty)
        }
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

/// The name of a kind; texts may have a type of their own.
fn go_type(kind: Kind, text: &str) -> String {
    match kind {
        Kind::Text => if text.is_empty() { "string" } else { text }.to_string(),
        Kind::Bool => "bool".to_string(),
        Kind::Int32 | Kind::IntOrText => "int32".to_string(),
        Kind::Int64 => "int64".to_string(),
        Kind::Quantity => "resource.Quantity".to_string(),
        Kind::Time => "string".to_string(),
        Kind::Any => if text.is_empty() { "interface {}" } else { text }.to_string(),
        Kind::List(item) => format!("[]{}", go_type(*item, text)),
        Kind::Map(Kind::Quantity) => "v1.ResourceList".to_string(),
        Kind::Map(item) => format!("map[string]{}", go_type(*item, text)),
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
    fn a_wrong_type_is_told_with_gos_name_of_the_right_one() {
        let fault = |container: Value| {
            let pod = json!({"spec": {"containers": [container]}});
            normalized(pod, &POD).map(drop).map_err(|error| error.to_string())
        };
        let told = |found: &str, field: &str, of: &str| {
            Err(format!("json: cannot unmarshal {found} into Go struct field {field} of type {of}"))
        };
        assert_eq!(
            fault(json!({"imagePullPolicy": ["Always"]})),
            told("array", "Container.spec.containers.imagePullPolicy", "v1.PullPolicy")
        );
        assert_eq!(
            fault(json!({"ports": [{"protocol": {}}]})),
            told("object", "ContainerPort.spec.containers.ports.protocol", "v1.Protocol")
        );
        assert_eq!(
            fault(json!({"securityContext": {"capabilities": {"add": "ALL"}}})),
            told("string", "Capabilities.spec.containers.securityContext.capabilities.add", "[]v1.Capability")
        );
        assert_eq!(
            fault(json!({"resources": {"limits": []}})),
            told("array", "ResourceRequirements.spec.containers.resources.limits", "v1.ResourceList")
        );
        assert_eq!(fault(json!({"image": {}})), told("object", "Container.spec.containers.image", "string"));
    }

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
        assert_eq!(normalized(pod, &POD).map(|value| in_order(&value, &POD).to_string()).as_deref(), Ok(want));
    }

    #[test]
    fn of_several_faults_the_first_in_order_of_keys_is_told_but_a_type_that_reads_itself_ends_it() {
        let fault = |pod: Value| normalized(pod, &POD).map(drop).unwrap_err().to_string();
        let container =
            |fields: Value| json!({"spec": {"containers": [fields]}, "metadata": {"labels": {"b": 1, "a": []}}});
        assert_eq!(
            fault(container(json!({"image": 5}))),
            "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type string"
        );
        assert_eq!(
            fault(container(json!({"env": 5, "livenessProbe": {"tcpSocket": {"port": []}}}))),
            "json: cannot unmarshal array into Go struct field TCPSocketAction.spec.containers.livenessProbe.ProbeHandler.tcpSocket.port of type int32"
        );
        let quantity = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
        assert_eq!(fault(container(json!({"args": 5, "resources": {"limits": {"cpu": "x"}}}))), quantity);
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
