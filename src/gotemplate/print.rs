//! How Go prints values: `fmt.Sprint` and the `%v` verb.

use std::fmt::Write as _;

use super::number;
use super::value::{MAX_NESTING, Value};

/// `%v` of one value.
pub fn to_string(value: &Value) -> String {
    let mut out = String::new();
    push(&mut out, value);
    out
}

/// Appends `%v` of one value.
pub fn push(out: &mut String, value: &Value) {
    push_at(out, value, 0);
}

fn push_at(out: &mut String, value: &Value, depth: usize) {
    if depth > MAX_NESTING {
        out.push('…');
        return;
    }
    match value {
        Value::Nil => out.push_str("<nil>"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Int(number) | Value::Sized(number, _) => {
            let _ = write!(out, "{number}");
        }
        Value::Float(number) => out.push_str(&number::go_float(*number)),
        Value::Str(text) => out.push_str(text),
        Value::Bytes(bytes) => {
            let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
            let _ = write!(out, "[{}]", numbers.join(" "));
        }
        Value::List(list) => {
            out.push('[');
            for (at, item) in list.items().iter().enumerate() {
                if at > 0 {
                    out.push(' ');
                }
                push_at(out, item, depth + 1);
            }
            out.push(']');
        }
        Value::Map(map) => {
            out.push_str("map[");
            for (at, (key, item)) in map.entries().iter().enumerate() {
                if at > 0 {
                    out.push(' ');
                }
                out.push_str(key);
                out.push(':');
                push_at(out, item, depth + 1);
            }
            out.push(']');
        }
        Value::Object(object) => out.push_str(&object.print()),
    }
}

/// `fmt.Sprint`: a blank between two values when neither is a string.
pub fn sprint(values: &[Value]) -> String {
    let mut out = String::new();
    let mut after_text = true;
    for (at, value) in values.iter().enumerate() {
        let text = matches!(value, Value::Str(_));
        if at > 0 && !text && !after_text {
            out.push(' ');
        }
        push(&mut out, value);
        after_text = text;
    }
    out
}

/// `fmt.Sprintln`: a blank between any two values, and a line end.
pub fn sprintln(values: &[Value]) -> String {
    let mut out = String::new();
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        push(&mut out, value);
    }
    out.push('\n');
    out
}
