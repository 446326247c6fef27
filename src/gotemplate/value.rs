//! The values templates work on. Maps are shared and mutable: `set`, `unset` and `merge` change the one map everybody sees,
//! which is what Istio's charts rely on. Everything else is immutable and cheap to clone.

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use super::Fault;

/// How deep a value may nest before converting, printing or comparing it is refused. Maps can contain themselves.
pub(super) const MAX_NESTING: usize = 1000;

/// One value of the template language, named after Go's types.
#[derive(Clone, Default)]
pub enum Value {
    #[default]
    Nil,
    Bool(bool),
    /// Go's `int`: literals in templates, `len`, loop counters.
    Int(i64),
    /// An integer of another Go type, such as `int64`.
    Sized(i64, IntKind),
    /// `float64`: every number that came out of YAML or JSON.
    Float(f64),
    Str(Arc<str>),
    /// `[]byte`, which prints as a list of numbers.
    Bytes(Arc<[u8]>),
    List(List),
    Map(Map),
    /// A struct with fields and methods of its own.
    Object(Rc<dyn Object>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntKind {
    Int32,
    Int64,
    Uint8,
    Uint32,
    Uint64,
    Rune,
}

impl IntKind {
    pub fn name(self) -> &'static str {
        match self {
            IntKind::Int32 | IntKind::Rune => "int32",
            IntKind::Int64 => "int64",
            IntKind::Uint8 => "uint8",
            IntKind::Uint32 => "uint32",
            IntKind::Uint64 => "uint64",
        }
    }

    /// Whether Go counts it among the unsigned integers.
    pub fn is_unsigned(self) -> bool {
        matches!(self, IntKind::Uint8 | IntKind::Uint32 | IntKind::Uint64)
    }
}

/// A Go struct (or a pointer to one): fields, methods, and how it prints.
pub trait Object: Any {
    /// The Go type as error messages print it, for example `v1.PodSpec`.
    fn type_name(&self) -> &str;

    /// A field, or the result of a method without arguments. `None` when the type has no such name.
    fn field(&self, name: &str) -> Option<Value>;

    /// Calls a method with arguments. `None` when the type has no such method.
    fn call(&self, _name: &str, _args: &[Value]) -> Option<Result<Value, Fault>> {
        None
    }

    /// The entries, if it is a map with methods: it can then be ranged over and indexed.
    fn entries(&self) -> Option<Map> {
        None
    }

    /// What Go's `%v` prints.
    fn print(&self) -> String;

    /// The value `toJson`, `toYaml` and `structToJSON` see, in field order.
    fn to_json(&self) -> serde_json::Value;

    /// Whether it counts as true: structs and set pointers do, nil pointers don't.
    fn truth(&self) -> bool {
        true
    }

    /// Go's `reflect.Kind`.
    fn kind(&self) -> &'static str {
        "struct"
    }

    fn as_any(&self) -> &dyn Any;
}

/// An immutable list; `element` is the Go element type, so a list of strings can tell that it is `[]string`.
#[derive(Clone)]
pub struct List(Rc<ListBody>);

struct ListBody {
    items: Vec<Value>,
    type_name: &'static str,
}

pub const ANY_LIST: &str = "[]interface {}";
pub const STRING_LIST: &str = "[]string";

impl List {
    pub fn new(items: Vec<Value>) -> Self {
        List::typed(items, ANY_LIST)
    }

    /// A list with another Go type, such as `[]string` or `[]v1.Container`.
    pub fn typed(items: Vec<Value>, type_name: &'static str) -> Self {
        List(Rc::new(ListBody { items, type_name }))
    }

    pub fn strings<S: Into<Arc<str>>>(items: impl IntoIterator<Item = S>) -> Self {
        List::typed(items.into_iter().map(|text| Value::Str(text.into())).collect(), STRING_LIST)
    }

    pub fn items(&self) -> &[Value] {
        &self.0.items
    }

    pub fn type_name(&self) -> &'static str {
        self.0.type_name
    }

    pub fn len(&self) -> usize {
        self.0.items.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.items.is_empty()
    }
}

/// What Go calls the map's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapKind {
    /// `map[string]interface {}`
    Generic,
    /// `map[string]string`
    Text,
    /// A named type or another element type, such as `common.Values`.
    Named(&'static str),
}

/// A shared, mutable map with string keys, iterated in key order.
#[derive(Clone)]
pub struct Map(Rc<MapBody>);

struct MapBody {
    kind: MapKind,
    entries: RefCell<BTreeMap<Arc<str>, Value>>,
}

impl Map {
    pub fn new() -> Self {
        Map::of_kind(MapKind::Generic, BTreeMap::new())
    }

    pub fn of_kind(kind: MapKind, entries: BTreeMap<Arc<str>, Value>) -> Self {
        Map(Rc::new(MapBody { kind, entries: RefCell::new(entries) }))
    }

    /// A `map[string]string`.
    pub fn text<K: Into<Arc<str>>, V: Into<Arc<str>>>(entries: impl IntoIterator<Item = (K, V)>) -> Self {
        Map::of_kind(MapKind::Text, entries.into_iter().map(|(k, v)| (k.into(), Value::Str(v.into()))).collect())
    }

    pub fn kind(&self) -> MapKind {
        self.0.kind
    }

    pub fn get(&self, key: &str) -> Option<Value> {
        self.0.entries.borrow().get(key).cloned()
    }

    pub fn contains(&self, key: &str) -> bool {
        self.0.entries.borrow().contains_key(key)
    }

    pub fn insert(&self, key: impl Into<Arc<str>>, value: Value) {
        // The old value is dropped after the borrow ends: dropping may walk into this very map.
        let old = self.0.entries.borrow_mut().insert(key.into(), value);
        drop(old);
    }

    pub fn remove(&self, key: &str) -> Option<Value> {
        self.0.entries.borrow_mut().remove(key)
    }

    pub fn len(&self) -> usize {
        self.0.entries.borrow().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entries as they are now, in key order. A copy, so that the map may change while it is walked.
    pub fn entries(&self) -> Vec<(Arc<str>, Value)> {
        self.0.entries.borrow().iter().map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    pub fn keys(&self) -> Vec<Arc<str>> {
        self.0.entries.borrow().keys().cloned().collect()
    }

    /// Whether both are the very same map.
    pub fn same(&self, other: &Map) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }

    pub fn type_name(&self) -> &'static str {
        match self.0.kind {
            MapKind::Generic => "map[string]interface {}",
            MapKind::Text => "map[string]string",
            MapKind::Named(name) => name,
        }
    }
}

impl Default for Map {
    fn default() -> Self {
        Map::new()
    }
}

impl<K: Into<Arc<str>>> FromIterator<(K, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Self {
        Map::of_kind(MapKind::Generic, entries.into_iter().map(|(k, v)| (k.into(), v)).collect())
    }
}

/// Templates can nest values as deep as they like, so containers are taken apart in a loop instead of by recursion.
fn dismantle(mut pending: Vec<Value>) {
    while let Some(value) = pending.pop() {
        match value {
            Value::Map(Map(body)) => {
                if let Ok(mut body) = Rc::try_unwrap(body) {
                    pending.extend(std::mem::take(body.entries.get_mut()).into_values().filter(Value::is_container));
                }
            }
            Value::List(List(body)) => {
                if let Ok(mut body) = Rc::try_unwrap(body) {
                    pending.extend(std::mem::take(&mut body.items).into_iter().filter(Value::is_container));
                }
            }
            _ => {}
        }
    }
}

impl Drop for ListBody {
    fn drop(&mut self) {
        if self.items.iter().any(Value::is_container) {
            dismantle(std::mem::take(&mut self.items));
        }
    }
}

impl Drop for MapBody {
    fn drop(&mut self) {
        let entries = self.entries.get_mut();
        if entries.values().any(Value::is_container) {
            dismantle(std::mem::take(entries).into_values().collect());
        }
    }
}

impl Value {
    pub fn str(text: impl Into<Arc<str>>) -> Self {
        Value::Str(text.into())
    }

    pub fn list(items: Vec<Value>) -> Self {
        Value::List(List::new(items))
    }

    pub fn map<K: Into<Arc<str>>>(entries: impl IntoIterator<Item = (K, Value)>) -> Self {
        Value::Map(entries.into_iter().collect())
    }

    pub fn object(object: impl Object) -> Self {
        Value::Object(Rc::new(object))
    }

    pub fn is_nil(&self) -> bool {
        matches!(self, Value::Nil)
    }

    fn is_container(&self) -> bool {
        matches!(self, Value::Map(_) | Value::List(_))
    }

    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    pub fn as_list(&self) -> Option<&List> {
        match self {
            Value::List(list) => Some(list),
            _ => None,
        }
    }

    /// The integer, whatever its Go type.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Value::Int(number) | Value::Sized(number, _) => Some(*number),
            _ => None,
        }
    }

    /// Go's idea of truth: false, 0, "", nil and empty containers are not.
    pub fn truth(&self) -> bool {
        match self {
            Value::Nil => false,
            Value::Bool(value) => *value,
            Value::Int(number) | Value::Sized(number, _) => *number != 0,
            Value::Float(number) => *number != 0.0,
            Value::Str(text) => !text.is_empty(),
            Value::Bytes(bytes) => !bytes.is_empty(),
            Value::List(list) => !list.is_empty(),
            Value::Map(map) => !map.is_empty(),
            Value::Object(object) => object.truth(),
        }
    }

    /// The Go type, as `%T` prints it.
    pub fn type_name(&self) -> &str {
        match self {
            Value::Nil => "<nil>",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Sized(_, kind) => kind.name(),
            Value::Float(_) => "float64",
            Value::Str(_) => "string",
            Value::Bytes(_) => "[]uint8",
            Value::List(list) => list.type_name(),
            Value::Map(map) => map.type_name(),
            Value::Object(object) => object.type_name(),
        }
    }

    /// Go's `reflect.Kind`.
    pub fn kind(&self) -> &str {
        match self {
            Value::Nil => "invalid",
            Value::List(_) | Value::Bytes(_) => "slice",
            Value::Map(_) => "map",
            Value::Object(object) => object.kind(),
            basic => basic.type_name(),
        }
    }

    /// A value out of JSON or YAML. All numbers become `float64`, as they do in Go.
    pub fn from_json(json: &serde_json::Value) -> Value {
        match json {
            serde_json::Value::Null => Value::Nil,
            serde_json::Value::Bool(value) => Value::Bool(*value),
            serde_json::Value::Number(number) => Value::Float(number.as_f64().unwrap_or(0.0)),
            serde_json::Value::String(text) => Value::str(text.as_str()),
            serde_json::Value::Array(items) => Value::list(items.iter().map(Value::from_json).collect()),
            serde_json::Value::Object(entries) => {
                Value::map(entries.iter().map(|(key, value)| (key.as_str(), Value::from_json(value))))
            }
        }
    }

    /// The JSON form, map keys sorted.
    ///
    /// # Errors
    /// NaN and infinities have no JSON form; a map that contains itself has no end.
    pub fn to_json(&self) -> Result<serde_json::Value, Fault> {
        self.to_json_at(0)
    }

    fn to_json_at(&self, depth: usize) -> Result<serde_json::Value, Fault> {
        if depth > MAX_NESTING {
            return Err(Fault::new("the value nests too deeply, or contains itself"));
        }
        Ok(match self {
            Value::Nil => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Int(number) | Value::Sized(number, _) => (*number).into(),
            Value::Float(number) => serde_json::Value::Number(json_number(*number)?),
            Value::Str(text) => serde_json::Value::String(text.to_string()),
            Value::Bytes(bytes) => {
                use base64::Engine as _;
                serde_json::Value::String(base64::engine::general_purpose::STANDARD.encode(bytes))
            }
            Value::List(list) => serde_json::Value::Array(
                list.items().iter().map(|item| item.to_json_at(depth + 1)).collect::<Result<_, _>>()?,
            ),
            Value::Map(map) => {
                let entries = map.0.entries.borrow();
                let mut object = serde_json::Map::with_capacity(entries.len());
                for (key, value) in entries.iter() {
                    object.insert(key.to_string(), value.to_json_at(depth + 1)?);
                }
                serde_json::Value::Object(object)
            }
            Value::Object(object) => object.to_json(),
        })
    }

    /// A copy that shares no map with the original.
    ///
    /// # Errors
    /// A map that contains itself cannot be copied.
    pub fn deep_copy(&self) -> Result<Value, Fault> {
        self.deep_copy_at(0)
    }

    fn deep_copy_at(&self, depth: usize) -> Result<Value, Fault> {
        if depth > MAX_NESTING {
            return Err(Fault::new("the value nests too deeply, or contains itself"));
        }
        Ok(match self {
            Value::List(list) => Value::List(List::typed(
                list.items().iter().map(|item| item.deep_copy_at(depth + 1)).collect::<Result<_, _>>()?,
                list.type_name(),
            )),
            Value::Map(map) => {
                let entries = map.0.entries.borrow();
                let mut copy = BTreeMap::new();
                for (key, value) in entries.iter() {
                    copy.insert(key.clone(), value.deep_copy_at(depth + 1)?);
                }
                Value::Map(Map::of_kind(map.kind(), copy))
            }
            other => other.clone(),
        })
    }

    /// Go's `reflect.DeepEqual`: same types, same contents.
    pub fn deep_equal(&self, other: &Value) -> bool {
        self.deep_equal_at(other, 0)
    }

    fn deep_equal_at(&self, other: &Value, depth: usize) -> bool {
        if depth > MAX_NESTING {
            return false;
        }
        match (self, other) {
            (Value::Nil, Value::Nil) => true,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Int(a), Value::Int(b)) => a == b,
            (Value::Sized(a, ka), Value::Sized(b, kb)) => a == b && ka == kb,
            (Value::Float(a), Value::Float(b)) => a == b,
            (Value::Str(a), Value::Str(b)) => a == b,
            (Value::Bytes(a), Value::Bytes(b)) => a == b,
            (Value::List(a), Value::List(b)) => {
                a.type_name() == b.type_name()
                    && a.len() == b.len()
                    && a.items().iter().zip(b.items()).all(|(a, b)| a.deep_equal_at(b, depth + 1))
            }
            (Value::Map(a), Value::Map(b)) => {
                a.same(b)
                    || (a.kind() == b.kind()
                        && a.len() == b.len()
                        && a.0.entries.borrow().iter().zip(b.0.entries.borrow().iter()).all(
                            |((key, value), (other_key, other))| {
                                key == other_key && value.deep_equal_at(other, depth + 1)
                            },
                        ))
            }
            (Value::Object(a), Value::Object(b)) => {
                Rc::ptr_eq(a, b) || (a.type_name() == b.type_name() && a.to_json() == b.to_json())
            }
            _ => false,
        }
    }
}

/// The number as JSON text would carry it: an integer when its shortest digits are one, which `toYaml` depends on.
pub(super) fn json_number(number: f64) -> Result<serde_json::Number, Fault> {
    if number.fract() == 0.0 && number.abs() < 1e21 {
        let digits = number.to_string();
        if let Ok(integer) = digits.parse::<i64>() {
            return Ok(integer.into());
        }
        if let Ok(integer) = digits.parse::<u64>() {
            return Ok(integer.into());
        }
    }
    serde_json::Number::from_f64(number).ok_or_else(|| {
        let name = if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "+Inf"
        } else {
            "-Inf"
        };
        Fault::new(format!("json: unsupported value: {name}"))
    })
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", self.type_name(), super::print::to_string(self))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::str(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::str(text)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Value::Map(map)
    }
}

impl From<List> for Value {
    fn from(list: List) -> Self {
        Value::List(list)
    }
}
