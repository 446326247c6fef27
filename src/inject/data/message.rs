//! A protobuf message as Go sees it: fields by their Go names, nil-safe getters, enums that print their names.

use std::any::Any;
use std::cell::OnceCell;

use serde_json::{Map as JsonMap, Value as Json};

use super::NilPointer;
use super::scalar::{Duration, EnumName, Wrapper};
use crate::api::schema::{Enum, Field, Message, Type};
use crate::gotemplate::{IntKind, List, Map, Object, Value};

/// A set message. `json` holds its fields in protobuf's JSON form.
pub struct MessageObject {
    pub of: &'static Message,
    pub json: JsonMap<String, Json>,
    type_name: String,
    fields: Vec<OnceCell<Value>>,
}

impl MessageObject {
    pub fn new(of: &'static Message, json: JsonMap<String, Json>) -> Self {
        let fields = of.fields.iter().map(|_| OnceCell::new()).collect();
        MessageObject { of, json, type_name: go_type(of.name), fields }
    }
}

impl Object for MessageObject {
    fn type_name(&self) -> &str {
        &self.type_name
    }

    fn field(&self, name: &str) -> Option<Value> {
        if name == "String" {
            return Some(self.print().into());
        }
        let at = position(self.of, name).or_else(|| position(self.of, name.strip_prefix("Get")?))?;
        let (field, slot) = (self.of.fields.get(at)?, self.fields.get(at)?);
        Some(
            slot.get_or_init(|| match self.json.get(field.name) {
                Some(json) => convert(json, field.ty),
                None => zero(field.ty),
            })
            .clone(),
        )
    }

    fn print(&self) -> String {
        Json::Object(self.json.clone()).to_string()
    }

    fn to_json(&self) -> Json {
        Json::Object(self.json.clone())
    }

    fn kind(&self) -> &'static str {
        "ptr"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn position(of: &'static Message, name: &str) -> Option<usize> {
    of.fields.iter().position(|field| is_go_name(field, name))
}

/// Go's name is the JSON name with a capital first letter.
fn is_go_name(field: &Field, name: &str) -> bool {
    match (field.name.as_bytes().split_first(), name.as_bytes().split_first()) {
        (Some((a, rest)), Some((b, other))) => a.to_ascii_uppercase() == *b && rest == other,
        _ => false,
    }
}

/// `istio.mesh.v1alpha1.Tracing.Zipkin` is `*v1alpha1.Tracing_Zipkin`.
fn go_type(name: &str) -> String {
    let mut parts = name.split('.').skip_while(|part| !part.starts_with('v'));
    let package = parts.next().unwrap_or_default();
    format!("*{package}.{}", parts.collect::<Vec<_>>().join("_"))
}

fn convert(json: &Json, ty: Type) -> Value {
    match (ty, json) {
        (Type::Msg(of), Json::Object(fields)) => Value::object(MessageObject::new(of, fields.clone())),
        (Type::Enum(of), json) => enum_value(of, json.as_str().unwrap_or_default()),
        (Type::Duration, json) => Value::object(Duration(json.as_str().unwrap_or_default().to_string())),
        (Type::Wrapper(inner), json) => Value::object(Wrapper { value: convert(json, *inner), json: json.clone() }),
        (Type::Int32, json) => Value::Sized(json.as_i64().unwrap_or(0), IntKind::Int32),
        (Type::Uint32, json) => Value::Sized(json.as_i64().unwrap_or(0), IntKind::Uint32),
        (Type::Int64 | Type::Uint64, json) => {
            let number = json.as_str().and_then(|text| text.parse().ok()).or_else(|| json.as_i64());
            Value::Sized(number.unwrap_or(0), IntKind::Int64)
        }
        (Type::List(item), Json::Array(items)) => Value::List(match item {
            Type::String => List::strings(items.iter().map(|item| item.as_str().unwrap_or_default())),
            _ => List::typed(items.iter().map(|value| convert(value, *item)).collect(), "[]*v1alpha1.T"),
        }),
        (Type::Map(Type::String), Json::Object(entries)) => {
            Value::Map(Map::text(entries.iter().map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))))
        }
        (Type::Map(item) | Type::PortMap(item), Json::Object(entries)) => {
            Value::map(entries.iter().map(|(key, value)| (key.as_str(), convert(value, *item))))
        }
        (_, json) => Value::from_json(json),
    }
}

fn enum_value(of: &'static Enum, name: &str) -> Value {
    let number = of.number(name).unwrap_or(0);
    Value::object(EnumName {
        name: name.to_string(),
        number: i64::from(number),
        type_name: go_type(of.name).trim_start_matches('*').to_string(),
    })
}

fn zero(ty: Type) -> Value {
    match ty {
        Type::Msg(of) => nil(go_type(of.name), Some(of), message_getter),
        Type::Wrapper(Type::Bool) => {
            nil("*wrapperspb.BoolValue".into(), None, |name, _| (name == "GetValue").then_some(Value::Bool(false)))
        }
        Type::Wrapper(_) => nil("*wrapperspb.Int32Value".into(), None, |name, _| {
            (name == "GetValue").then_some(Value::Sized(0, IntKind::Int32))
        }),
        Type::Duration => nil("*durationpb.Duration".into(), None, |name, _| match name {
            "GetSeconds" => Some(Value::Sized(0, IntKind::Int64)),
            "GetNanos" => Some(Value::Sized(0, IntKind::Int32)),
            _ => None,
        }),
        Type::Timestamp | Type::Struct => nil("*structpb.Struct".into(), None, |_, _| None),
        Type::Enum(of) => {
            enum_value(of, of.name_of(0).or(of.values.first().map(|value| value.name)).unwrap_or_default())
        }
        Type::Bool => Value::Bool(false),
        Type::Int32 => Value::Sized(0, IntKind::Int32),
        Type::Uint32 => Value::Sized(0, IntKind::Uint32),
        Type::Int64 | Type::Uint64 => Value::Sized(0, IntKind::Int64),
        Type::Double => Value::Float(0.0),
        Type::String | Type::Bytes => Value::str(""),
        Type::List(_) => convert(&Json::Array(Vec::new()), ty),
        Type::Map(_) | Type::PortMap(_) => convert(&Json::Object(JsonMap::new()), ty),
    }
}

fn nil(type_name: String, message: Option<&'static Message>, getter: fn(&str, &NilPointer) -> Option<Value>) -> Value {
    Value::object(NilPointer { type_name, printed: "<nil>", getter, message })
}

/// `GetX` on a nil message gives the zero value of X, so chains of getters never fail.
fn message_getter(name: &str, pointer: &NilPointer) -> Option<Value> {
    let of = pointer.message?;
    let field = of.fields.get(position(of, name.strip_prefix("Get")?)?)?;
    Some(zero(field.ty))
}
