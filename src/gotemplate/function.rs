//! Function tables: what a function is called, which types it takes, what it does.
//!
//! The evaluator checks arguments against the declared types before a function runs, so that a wrong argument gets the
//! message Go gives, and a function can rely on what it receives.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::blind::Sight;
use super::budget::Run;
use super::set::Set;
use super::value::{List, Map, Value};
use super::{Fault, print};

/// Go's type of a moment.
pub(super) const TIME: &str = "time.Time";
/// Go's type of a certificate with its key.
pub(super) const CERTIFICATE: &str = "sprig.certificate";

/// A parameter's Go type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `interface {}`
    Any,
    /// `reflect.Value`: anything, a missing value included.
    Reflect,
    Text,
    Int,
    Int64,
    Float,
    Bool,
    /// `map[string]interface {}`; nil is allowed.
    Map,
    /// `map[string]string`; nil is allowed.
    TextMap,
    /// `[]interface {}`; nil is allowed.
    List,
    /// `[]string`; nil is allowed.
    TextList,
    /// `time.Time`
    Time,
    /// `sprig.certificate`
    Certificate,
}

impl Type {
    pub fn name(self) -> &'static str {
        match self {
            Type::Any => "interface {}",
            Type::Reflect => "reflect.Value",
            Type::Text => "string",
            Type::Int => "int",
            Type::Int64 => "int64",
            Type::Float => "float64",
            Type::Bool => "bool",
            Type::Map => "map[string]interface {}",
            Type::TextMap => "map[string]string",
            Type::List => "[]interface {}",
            Type::TextList => "[]string",
            Type::Time => TIME,
            Type::Certificate => CERTIFICATE,
        }
    }

    /// Whether nil is a value of the type.
    pub(super) fn takes_nil(self) -> bool {
        !matches!(
            self,
            Type::Text | Type::Int | Type::Int64 | Type::Float | Type::Bool | Type::Time | Type::Certificate
        )
    }

    pub(super) fn accepts(self, value: &Value) -> bool {
        use super::value::{ANY_LIST, STRING_LIST};
        match (self, value) {
            (Type::Any | Type::Reflect, _) => true,
            (Type::Text, Value::Str(_))
            | (Type::Int, Value::Int(_))
            | (Type::Int64, Value::Sized(_, super::value::IntKind::Int64))
            | (Type::Float, Value::Float(_))
            | (Type::Bool, Value::Bool(_)) => true,
            (Type::Map, Value::Map(map)) => !map.is_text(),
            (Type::TextMap, Value::Map(map)) => map.is_text(),
            (Type::List, Value::List(list)) => list.type_name() == ANY_LIST,
            (Type::TextList, Value::List(list)) => list.type_name() == STRING_LIST,
            (Type::Time | Type::Certificate, Value::Object(object)) => object.type_name() == self.name(),
            _ => false,
        }
    }
}

/// What a function gives back.
pub type Outcome = Result<Value, Fault>;
/// What a function does with its arguments, whose types have been checked.
pub type Body = fn(&mut Call<'_, '_>) -> Outcome;

/// One row of a function table.
pub struct Function {
    pub name: &'static str,
    pub(super) params: &'static [Type],
    /// The type of any number of further arguments.
    pub(super) rest: Option<Type>,
    pub(super) body: Body,
    pub(super) lazy: Lazy,
    pub(super) sight: Sight,
}

/// `and` and `or` decide for themselves which arguments are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lazy {
    No,
    And,
    Or,
}

impl Function {
    /// A function of a fixed number of arguments.
    pub const fn new(name: &'static str, params: &'static [Type], body: Body) -> Self {
        Function { name, params, rest: None, body, lazy: Lazy::No, sight: Sight::Looks }
    }

    /// With any number of further arguments of the type `rest`.
    pub const fn variadic(name: &'static str, params: &'static [Type], rest: Type, body: Body) -> Self {
        Function { name, params, rest: Some(rest), body, lazy: Lazy::No, sight: Sight::Looks }
    }

    pub(super) const fn lazy(name: &'static str, lazy: Lazy) -> Self {
        let rest = Some(Type::Reflect);
        let body = |call: &mut Call<'_, '_>| Ok(call.take(0));
        Function { name, params: &[Type::Reflect], rest, body, lazy, sight: Sight::Blind }
    }

    /// The same function, which says what it looks at.
    pub const fn seeing(mut self, sight: Sight) -> Self {
        self.sight = sight;
        self
    }

    /// The same function, which only hands texts on.
    pub const fn blind(self) -> Self {
        self.seeing(Sight::Blind)
    }

    pub(super) fn param(&self, at: usize) -> Type {
        self.params.get(at).copied().or(self.rest).unwrap_or(Type::Any)
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The functions templates of one set may call: tables in layers, later ones hide earlier ones.
#[derive(Clone, Debug)]
pub struct Functions(Arc<HashMap<&'static str, &'static Function>>);

impl Functions {
    /// Go's built-in functions and, above them, these tables in order.
    pub fn new(tables: &[&'static [Function]]) -> Self {
        let mut map = HashMap::with_capacity(320);
        for table in std::iter::once(&super::builtin::TABLE).chain(tables) {
            map.extend(table.iter().map(|function| (function.name, function)));
        }
        Functions(Arc::new(map))
    }

    /// The same functions without these names.
    #[must_use]
    pub fn without(self, names: &[&str]) -> Self {
        let mut map = (*self.0).clone();
        map.retain(|name, _| !names.contains(name));
        Functions(Arc::new(map))
    }

    pub(super) fn get(&self, name: &str) -> Option<&'static Function> {
        self.0.get(name).copied()
    }

    /// Every callable name, sorted.
    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.0.keys().copied().collect();
        names.sort_unstable();
        names
    }
}

/// One call: its arguments, and the engine for functions that execute templates.
pub struct Call<'c, 's> {
    pub(super) args: Vec<Value>,
    pub(super) set: &'s Set,
    pub(super) run: &'c mut Run,
}

impl Call<'_, '_> {
    /// All arguments.
    pub fn args(&self) -> &[Value] {
        &self.args
    }

    pub fn len(&self) -> usize {
        self.args.len()
    }

    pub fn is_empty(&self) -> bool {
        self.args.is_empty()
    }

    /// One argument; nil where there is none.
    pub fn value(&self, at: usize) -> &Value {
        self.args.get(at).unwrap_or(&Value::Nil)
    }

    /// Moves an argument out.
    pub fn take(&mut self, at: usize) -> Value {
        self.args.get_mut(at).map(std::mem::take).unwrap_or_default()
    }

    /// An argument declared as text.
    pub fn text(&self, at: usize) -> &str {
        self.value(at).as_str().unwrap_or_default()
    }

    /// An argument declared as an integer.
    pub fn int(&self, at: usize) -> i64 {
        self.value(at).as_int().unwrap_or_default()
    }

    /// One argument as a boolean; false where it is none.
    pub fn bool(&self, at: usize) -> bool {
        matches!(self.value(at), Value::Bool(true))
    }

    /// One argument as a number; 0 where it is none.
    pub fn float(&self, at: usize) -> f64 {
        match self.value(at) {
            Value::Float(number) => *number,
            other => other.as_int().map_or(0.0, |number| number as f64),
        }
    }

    /// An argument declared as a map; nil counts as a new empty one.
    pub fn map(&self, at: usize) -> Map {
        self.value(at).as_map().cloned().unwrap_or_default()
    }

    /// An argument declared as a list; nil counts as an empty one.
    pub fn list(&self, at: usize) -> List {
        self.value(at).as_list().cloned().unwrap_or_else(|| List::new(Vec::new()))
    }

    /// Sprig's `strval`: the text of any value.
    pub fn shown(&self, at: usize) -> String {
        show(self.value(at))
    }
}

/// Sprig's `strval`: strings and bytes as they are, everything else as `%v`.
pub fn show(value: &Value) -> String {
    match value {
        Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        other => print::to_string(other),
    }
}
