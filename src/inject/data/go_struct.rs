//! A decoded Kubernetes object as a Go struct: fields by their Go names, zero values where nothing is set.

use std::any::Any;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::NilPointer;
use super::scalar::{IntOrText, Quantity, Time};
use crate::gotemplate::{GENERIC_MAP, IntKind, List, Map, MapType, Object, TEXT_MAP, Value, show};
use crate::inject::types::decode::in_order;
use crate::inject::types::{Field, Kind, Struct};

/// A struct by value. Fields are converted when first asked for.
pub struct GoStruct {
    of: &'static Struct,
    json: Json,
    fields: Vec<OnceCell<Value>>,
}

impl GoStruct {
    /// `json` is a value of the type, in the form `types::decode` gives it.
    pub fn new(of: &'static Struct, json: Json) -> Self {
        GoStruct { of, json, fields: of.fields.iter().map(|_| OnceCell::new()).collect() }
    }

    fn at(&self, position: usize) -> Option<Value> {
        let (field, slot) = (self.of.fields.get(position)?, self.fields.get(position)?);
        Some(slot.get_or_init(|| convert_field(self.json.get(field.json), field)).clone())
    }
}

impl Object for GoStruct {
    fn type_name(&self) -> &str {
        self.of.name
    }

    fn field(&self, name: &str) -> Option<Value> {
        if let Some(at) = self.of.go_position(name) {
            return self.at(at);
        }
        // An embedded struct holds some of the fields listed here; every one of them is reachable through it.
        self.of.embedded.contains(&name).then(|| Value::object(GoStruct::new(self.of, self.json.clone())))
    }

    fn print(&self) -> String {
        let shown: Vec<String> =
            (0..self.of.fields.len()).filter_map(|at| self.at(at)).map(|value| show(&value)).collect();
        format!("{{{}}}", shown.join(" "))
    }

    fn to_json(&self) -> Json {
        in_order(&self.json, self.of)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn convert_field(json: Option<&Json>, field: &'static Field) -> Value {
    match json {
        None | Some(Json::Null) => zero(field),
        Some(json) => convert(json, field.kind),
    }
}

fn convert(json: &Json, kind: Kind) -> Value {
    match (kind, json) {
        (Kind::Struct(of), json) => Value::object(GoStruct::new(of, json.clone())),
        (Kind::Time, json) => Value::object(Time(json.as_str().map(str::to_string))),
        (Kind::Quantity, json) => Value::object(Quantity(json.as_str().unwrap_or("0").to_string())),
        (Kind::IntOrText, json) => Value::object(IntOrText(json.clone())),
        (Kind::List(item), Json::Array(items)) => list(items, *item),
        (Kind::Map(item), Json::Object(entries)) => {
            let entries: BTreeMap<Arc<str>, Value> =
                entries.iter().map(|(key, value)| (Arc::from(key.as_str()), convert(value, *item))).collect();
            Value::Map(Map::typed(map_kind(*item), entries))
        }
        (Kind::Int32, json) => Value::Sized(json.as_i64().unwrap_or(0), IntKind::Int32),
        (Kind::Int64, json) => Value::Sized(json.as_i64().unwrap_or(0), IntKind::Int64),
        (_, json) => Value::from_json(json),
    }
}

fn list(items: &[Json], kind: Kind) -> Value {
    let converted = || items.iter().map(|item| convert(item, kind)).collect();
    Value::List(match kind {
        Kind::Text => List::strings(items.iter().map(|item| item.as_str().unwrap_or_default())),
        Kind::Any => List::new(converted()),
        _ => List::typed(converted(), "[]v1.T"),
    })
}

/// Amounts by the name of what is counted.
static RESOURCE_LIST: MapType = MapType { name: "v1.ResourceList", methods: &[] };

fn map_kind(item: Kind) -> &'static MapType {
    match item {
        Kind::Text => &TEXT_MAP,
        Kind::Quantity => &RESOURCE_LIST,
        _ => &GENERIC_MAP,
    }
}

fn zero(field: &'static Field) -> Value {
    if field.pointer {
        let of = match field.kind {
            Kind::Struct(of) => of.name,
            _ => "v1.T",
        };
        let printed = if matches!(field.kind, Kind::Struct(_)) { "nil" } else { "<nil>" };
        return Value::object(NilPointer { type_name: format!("*{of}"), printed, getter: |_, _| None, message: None });
    }
    match field.kind {
        Kind::Text => Value::str(""),
        Kind::Bool => Value::Bool(false),
        Kind::Int32 => Value::Sized(0, IntKind::Int32),
        Kind::Int64 => Value::Sized(0, IntKind::Int64),
        Kind::Quantity => Value::object(Quantity("0".to_string())),
        Kind::IntOrText => Value::object(IntOrText(Json::from(0))),
        Kind::Time => Value::object(Time(None)),
        Kind::Any => Value::Nil,
        Kind::List(item) => list(&[], *item),
        Kind::Map(item) => Value::Map(Map::typed(map_kind(*item), BTreeMap::new())),
        Kind::Struct(of) => Value::object(GoStruct::new(of, Json::Object(serde_json::Map::new()))),
    }
}
