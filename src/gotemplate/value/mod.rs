//! The values templates work on. Maps are shared and mutable: `set`, `unset` and `merge` change the one map everybody sees,
//! which is what Istio's charts rely on. Everything else is immutable and cheap to clone.

mod containers;
mod tree;

use std::any::Any;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use super::Fault;
pub use containers::{ANY_LIST, GENERIC_MAP, List, ListMethod, Map, MapMethod, MapType, STRING_LIST, TEXT_MAP, Watch};

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

/// The Go types of integers besides `int`.
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

    /// Calls a method of the value's type. `None` when it has no such method.
    pub(super) fn call(&self, name: &str, args: &[Value]) -> Option<Result<Value, Fault>> {
        match self {
            Value::Object(object) => object.call(name, args),
            Value::Map(map) => map.method(name).map(|method| method(map, args)),
            Value::List(list) => list.method(name).map(|method| method(list, args)),
            _ => None,
        }
    }

    /// Whether a call of this name may find a method. An object tells only when it is called.
    pub(super) fn may_have_method(&self, name: &str) -> bool {
        match self {
            Value::Object(_) => true,
            Value::Map(map) => map.method(name).is_some(),
            Value::List(list) => list.method(name).is_some(),
            _ => false,
        }
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
