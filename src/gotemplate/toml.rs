//! `toToml`: values before tables, keys in order, tables below others indented. `fromToml`: the way back.

use ::toml::value::{Datetime, Value as Toml};

use super::value::{IntKind, MAX_NESTING, Map, Value};
use super::{Fault, number};

/// The TOML text of a map.
pub(super) fn to_toml(value: &Value) -> Result<String, Fault> {
    let Value::Map(map) = value else {
        return match value {
            Value::Nil => Err(Fault::new("toml: top-level values must be Go maps or structs")),
            list @ Value::List(_) if is_table(list) => {
                Err(Fault::new("toml: top-level values must be Go maps or structs"))
            }
            other => inline(other, 0),
        };
    };
    let mut out = String::new();
    table(&mut out, map, &mut Vec::new())?;
    Ok(out)
}

/// The map that a TOML text describes, or why it describes none.
pub(super) fn from_toml(text: &str) -> Result<Value, String> {
    let table: ::toml::Table = text.parse().map_err(|error: ::toml::de::Error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or(text);
        format!("toml: line {}: {}", before.matches('\n').count() + 1, error.message())
    })?;
    Ok(value_of(Toml::Table(table)))
}

fn value_of(toml: Toml) -> Value {
    match toml {
        Toml::String(text) => text.into(),
        Toml::Integer(number) => Value::Sized(number, IntKind::Int64),
        Toml::Float(number) => Value::Float(number),
        Toml::Boolean(truth) => truth.into(),
        Toml::Datetime(moment) => moment_of(moment).into(),
        Toml::Array(items) => Value::list(items.into_iter().map(value_of).collect()),
        Toml::Table(entries) => Value::map(entries.into_iter().map(|(key, value)| (key, value_of(value)))),
    }
}

/// Dates and times as JSON shows Go's: what is not given is the beginning of the day, UTC, the year 0.
fn moment_of(moment: Datetime) -> String {
    let date = moment.date.map_or_else(|| "0000-01-01".to_owned(), |date| date.to_string());
    let time = moment.time.map_or_else(|| "00:00:00".to_owned(), |time| time.to_string());
    let zone = moment.offset.map_or_else(|| "Z".to_owned(), |offset| offset.to_string());
    format!("{date}T{time}{zone}")
}

fn table(out: &mut String, map: &Map, path: &mut Vec<String>) -> Result<(), Fault> {
    if path.len() > MAX_NESTING {
        return Err(Fault::new("the value nests too deeply, or contains itself"));
    }
    let indent = "  ".repeat(path.len());
    let (tables, plain): (Vec<_>, Vec<_>) = map.entries().into_iter().partition(|(_, value)| is_table(value));
    for (key, value) in plain {
        if !value.is_nil() {
            out.push_str(&format!("{indent}{} = {}\n", bare(&key), inline(&value, 0)?));
        }
    }
    for (key, value) in tables {
        path.push(bare(&key));
        let indent = "  ".repeat(path.len() - 1);
        match &value {
            Value::Map(inner) => {
                if path.len() == 1 && !out.is_empty() {
                    out.push('\n');
                }
                out.push_str(&format!("{indent}[{}]\n", path.join(".")));
                table(out, inner, path)?;
            }
            Value::List(list) => {
                for inner in list.items().iter().filter_map(Value::as_map) {
                    if !out.is_empty() {
                        out.push('\n');
                    }
                    out.push_str(&format!("{indent}[[{}]]\n", path.join(".")));
                    table(out, inner, path)?;
                }
            }
            _ => {}
        }
        path.pop();
    }
    Ok(())
}

/// A map, or a list of nothing but maps.
fn is_table(value: &Value) -> bool {
    match value {
        Value::Map(_) => true,
        Value::List(list) => !list.is_empty() && list.items().iter().all(|item| matches!(item, Value::Map(_))),
        _ => false,
    }
}

fn bare(key: &str) -> String {
    let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if plain { key.to_owned() } else { quoted(key) }
}

/// TOML's basic string: only quotes, backslashes and control characters are escaped.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c.is_ascii_control() => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn inline(value: &Value, depth: usize) -> Result<String, Fault> {
    if depth > MAX_NESTING {
        return Err(Fault::new("the value nests too deeply, or contains itself"));
    }
    Ok(match value {
        Value::Float(number) => {
            let text = number::go_float(*number);
            if text.contains(['.', 'e', 'n', 'N']) {
                text.replace('N', "n").replace('I', "i")
            } else {
                format!("{text}.0")
            }
        }
        Value::Str(text) => quoted(text),
        Value::List(list) => {
            let items: Vec<String> =
                list.items().iter().map(|item| inline(item, depth + 1)).collect::<Result<_, _>>()?;
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let mut entries = Vec::new();
            for (key, value) in map.entries() {
                entries.push(format!("{} = {}", bare(&key), inline(&value, depth + 1)?));
            }
            format!("{{{}}}", entries.join(", "))
        }
        Value::Nil => return Err(Fault::new("toml: cannot encode array with nil element")),
        other => super::print::to_string(other),
    })
}
