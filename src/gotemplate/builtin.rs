//! Go's own template functions: comparison, logic, `index`, `len`, printing, escaping.

use std::cmp::Ordering;

use super::blind::{Sight, formats_plainly};
use super::function::{Call, Function, Lazy, Outcome, Type};
use super::value::Value;
use super::{Fault, print, printf};

use Type::{Reflect, Text};

pub(super) static TABLE: &[Function] = &[
    Function::lazy("and", Lazy::And),
    Function::lazy("or", Lazy::Or),
    Function::new("not", &[Reflect], |call| Ok(Value::Bool(!call.value(0).truth()))).blind(),
    Function::variadic("eq", &[Reflect], Reflect, equal_any).seeing(Sight::Compares),
    Function::new("ne", &[Reflect, Reflect], |call| Ok(Value::Bool(!equal(call.value(0), call.value(1))?)))
        .seeing(Sight::Compares),
    Function::new("lt", &[Reflect, Reflect], |call| Ok(Value::Bool(less(call.value(0), call.value(1))?))),
    Function::new("le", &[Reflect, Reflect], |call| Ok(Value::Bool(less_or_equal(call)?))),
    Function::new("gt", &[Reflect, Reflect], |call| Ok(Value::Bool(!less_or_equal(call)?))),
    Function::new("ge", &[Reflect, Reflect], |call| Ok(Value::Bool(!less(call.value(0), call.value(1))?))),
    Function::new("len", &[Reflect], len).seeing(Sight::Container),
    Function::variadic("index", &[Reflect], Reflect, index).seeing(Sight::Container),
    Function::variadic("slice", &[Reflect], Reflect, slice),
    Function::variadic("call", &[Reflect], Reflect, call_value),
    Function::variadic("print", &[], Type::Any, |call| Ok(print::sprint(call.args()).into())).blind(),
    Function::variadic("println", &[], Type::Any, |call| Ok(print::sprintln(call.args()).into())).blind(),
    Function::variadic("printf", &[Text], Type::Any, |call| {
        Ok(printf::sprintf(call.text(0), call.args().get(1..).unwrap_or_default()).into())
    })
    .seeing(Sight::BlindIf(formats_plainly)),
    Function::variadic("html", &[], Type::Any, |call| Ok(html(&joined(call)).into())),
    Function::variadic("js", &[], Type::Any, |call| Ok(js(&joined(call)).into())),
    Function::variadic("urlquery", &[], Type::Any, |call| Ok(query_escape(&joined(call)).into())),
];

/// The kinds that can be compared with their own kind only.
#[derive(PartialEq, Eq)]
enum Basic {
    Bool,
    Integer,
    Float,
    Text,
}

fn basic(value: &Value) -> Option<Basic> {
    match value {
        Value::Bool(_) => Some(Basic::Bool),
        Value::Int(_) | Value::Sized(..) => Some(Basic::Integer),
        Value::Float(_) => Some(Basic::Float),
        Value::Str(_) => Some(Basic::Text),
        _ => None,
    }
}

fn incompatible(a: &Value, b: &Value) -> Fault {
    Fault::new(format!("incompatible types for comparison: {} and {}", a.type_name(), b.type_name()))
}

fn equal(a: &Value, b: &Value) -> Result<bool, Fault> {
    let (kind_a, kind_b) = (basic(a), basic(b));
    if a.is_nil() || b.is_nil() {
        return Ok(a.is_nil() && b.is_nil());
    }
    if kind_a != kind_b {
        return Err(incompatible(a, b));
    }
    match (a, b) {
        (Value::Object(x), Value::Object(y)) => Ok(std::rc::Rc::ptr_eq(x, y) || a.deep_equal(b)),
        _ if kind_a.is_none() => Err(not_comparable(a, b)),
        _ => match (a.as_int(), b.as_int()) {
            (Some(a), Some(b)) => Ok(a == b),
            _ => Ok(a.deep_equal(b)),
        },
    }
}

fn not_comparable(a: &Value, b: &Value) -> Fault {
    let show = |value: &Value| printf::sprintf("%s", std::slice::from_ref(value));
    if a.type_name() == b.type_name() {
        Fault::new(format!("non-comparable type {}: {}", show(b), b.type_name()))
    } else {
        Fault::new(format!("non-comparable types {}: {}, {}: {}", show(a), a.type_name(), b.type_name(), show(b)))
    }
}

/// `eq a b c`: whether a equals any of the others.
fn equal_any(call: &mut Call<'_, '_>) -> Outcome {
    let Some((first, others)) = call.args().split_first() else {
        return Ok(Value::Bool(false));
    };
    if others.is_empty() {
        return Err(Fault::new("missing argument for comparison"));
    }
    for other in others {
        if equal(first, other)? {
            return Ok(Value::Bool(true));
        }
    }
    Ok(Value::Bool(false))
}

fn less(a: &Value, b: &Value) -> Result<bool, Fault> {
    let (Some(kind_a), Some(kind_b)) = (basic(a), basic(b)) else {
        return Err(Fault::new("invalid type for comparison"));
    };
    if kind_a != kind_b {
        return Err(incompatible(a, b));
    }
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => Ok(a.partial_cmp(b) == Some(Ordering::Less)),
        (Value::Str(a), Value::Str(b)) => Ok(a < b),
        _ => match (a.as_int(), b.as_int()) {
            (Some(a), Some(b)) => Ok(a < b),
            _ => Err(Fault::new("invalid type for comparison")),
        },
    }
}

fn less_or_equal(call: &Call<'_, '_>) -> Result<bool, Fault> {
    Ok(less(call.value(0), call.value(1))? || equal(call.value(0), call.value(1))?)
}

fn len(call: &mut Call<'_, '_>) -> Outcome {
    let length = match call.value(0) {
        Value::Nil => return Err(Fault::new("len of nil pointer")),
        Value::Str(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(list) => list.len(),
        Value::Map(map) => map.len(),
        Value::Object(object) if object.entries().is_some() => object.entries().map_or(0, |entries| entries.len()),
        other => return Err(Fault::new(format!("len of type {}", other.type_name()))),
    };
    Ok(Value::Int(length as i64))
}

fn index(call: &mut Call<'_, '_>) -> Outcome {
    let mut item = call.take(0);
    if item.is_nil() {
        return Err(Fault::new("index of untyped nil"));
    }
    for index in call.args().get(1..).unwrap_or_default() {
        if let Value::Object(object) = &item
            && let Some(entries) = object.entries()
        {
            item = Value::Map(entries);
        }
        item = match &item {
            Value::Nil => return Err(Fault::new("index of nil pointer")),
            Value::Map(map) => match index {
                Value::Str(key) => match map.get(key) {
                    Some(value) => value,
                    None if map.is_text() => Value::str(""),
                    None => Value::Nil,
                },
                Value::Nil => return Err(Fault::new("value is nil; should be of type string")),
                other => return Err(Fault::new(format!("value has type {}; should be string", other.type_name()))),
            },
            Value::List(list) => {
                let at = position(index, list.len())?;
                list.items().get(at).cloned().unwrap_or_default()
            }
            Value::Str(text) => {
                let at = position(index, text.len())?;
                byte(text.as_bytes().get(at))
            }
            Value::Bytes(bytes) => byte(bytes.get(position(index, bytes.len())?)),
            other => return Err(Fault::new(format!("can't index item of type {}", other.type_name()))),
        };
    }
    Ok(item)
}

fn byte(value: Option<&u8>) -> Value {
    Value::Sized(i64::from(value.copied().unwrap_or_default()), super::value::IntKind::Uint8)
}

/// An index that must exist.
fn position(index: &Value, length: usize) -> Result<usize, Fault> {
    let number = number(index)?;
    usize::try_from(number)
        .ok()
        .filter(|at| *at < length)
        .ok_or_else(|| Fault::new(format!("index out of range: {number}")))
}

fn number(index: &Value) -> Result<i64, Fault> {
    match index {
        Value::Nil => Err(Fault::new("cannot index slice/array with nil")),
        other => other
            .as_int()
            .ok_or_else(|| Fault::new(format!("cannot index slice/array with type {}", other.type_name()))),
    }
}

fn slice(call: &mut Call<'_, '_>) -> Outcome {
    let item = call.take(0);
    let length = match &item {
        Value::Nil => return Err(Fault::new("slice of untyped nil")),
        Value::Str(text) => text.len(),
        Value::List(list) => list.len(),
        other => return Err(Fault::new(format!("can't slice item of type {}", other.type_name()))),
    };
    let indexes = call.args().get(1..).unwrap_or_default();
    if indexes.len() > 3 {
        return Err(Fault::new(format!("too many slice indexes: {}", indexes.len())));
    }
    if indexes.len() == 3 && matches!(item, Value::Str(_)) {
        return Err(Fault::new("cannot 3-index slice a string"));
    }
    let mut bounds = [0, length];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        let number = number(index)?;
        *bound = usize::try_from(number)
            .ok()
            .filter(|at| *at <= length)
            .ok_or_else(|| Fault::new(format!("index out of range: {number}")))?;
    }
    let [start, end] = bounds;
    if start > end {
        return Err(Fault::new(format!("invalid slice index: {start} > {end}")));
    }
    Ok(match &item {
        Value::Str(text) => {
            let bytes = text.as_bytes().get(start..end).unwrap_or_default();
            String::from_utf8_lossy(bytes).into_owned().into()
        }
        Value::List(list) => {
            super::value::List::typed(list.items().get(start..end).unwrap_or_default().to_vec(), list.type_name())
                .into()
        }
        _ => Value::Nil,
    })
}

fn call_value(call: &mut Call<'_, '_>) -> Outcome {
    match call.value(0) {
        Value::Nil => Err(Fault::new("call of nil")),
        other => Err(Fault::new(format!("non-function of type {}", other.type_name()))),
    }
}

fn joined(call: &Call<'_, '_>) -> String {
    match call.args() {
        [Value::Str(text)] => text.to_string(),
        // What is missing is text here, as where a template prints it.
        args => {
            let shown = |arg: &Value| if arg.is_nil() { "<no value>".into() } else { arg.clone() };
            print::sprint(&args.iter().map(shown).collect::<Vec<_>>())
        }
    }
}

fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\0' => out.push('\u{fffd}'),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

fn js(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '"' => out.push_str("\\\""),
            '<' | '>' | '&' | '=' => out.push_str(&format!("\\u{:04X}", c as u32)),
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04X}", c as u32)),
            c if c.is_ascii() || super::quote::is_printable(c) => out.push(c),
            c => out.push_str(&format!("\\u{:04X}", c as u32)),
        }
    }
    out
}

/// Percent-encoding for a query: blanks become `+`.
pub(super) fn query_escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('+'),
            b if b.is_ascii_alphanumeric() || b"-_.~".contains(&b) => out.push(char::from(b)),
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}
