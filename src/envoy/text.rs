//! Canonical values as JSON text, in the two layouts of the reference: lists of resources with a plain indentation of
//! four blanks, and single objects as its older encoder lays them out (which the text of diffs must have, too).

use std::borrow::Cow;

use super::value::Value;
use super::well_known::{format_double, format_float};

const INDENT: &str = "    ";

/// A list of resources, indented by four blanks; `[]` when there is none.
pub fn list(values: &[Value]) -> String {
    let mut out = String::new();
    plain_list(&mut out, values, 0);
    out
}

/// One resource as it stands in such a list, with the line break before it.
pub fn item(value: &Value) -> String {
    let mut out = format!("\n{INDENT}");
    plain_value(&mut out, value, 1);
    out
}

/// One value, indented by four blanks.
pub fn plain(value: &Value) -> String {
    let mut out = String::new();
    plain_value(&mut out, value, 0);
    out
}

/// One value on one line.
pub fn compact(value: &Value) -> String {
    let mut out = String::new();
    compact_value(&mut out, value);
    out
}

/// One message with the white space of the older encoder: an empty message has an empty line inside, and what is
/// inside a `Struct` stands deeper than usual.
pub fn single(value: &Value) -> String {
    let mut out = String::new();
    single_value(&mut out, value, 0);
    out
}

fn plain_value(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::List(items) => plain_list(out, items, depth),
        Value::Object(entries) | Value::Struct(entries) if !entries.is_empty() => {
            entries_at(out, entries, depth + 1, depth, |out, value| plain_value(out, value, depth + 1));
        }
        Value::Object(_) | Value::Struct(_) => out.push_str("{}"),
        Value::Free(inner) => plain_value(out, inner, depth),
        leaf => scalar(out, leaf),
    }
}

fn plain_list(out: &mut String, items: &[Value], depth: usize) {
    if items.is_empty() {
        out.push_str("[]");
        return;
    }
    items_at(out, items, depth + 1, depth, |out, value| plain_value(out, value, depth + 1));
}

fn single_value(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(entries) if entries.is_empty() => {
            out.push_str("{\n\n");
            indent(out, depth);
            out.push('}');
        }
        Value::Object(entries) => {
            entries_at(out, entries, depth + 1, depth, |out, value| single_value(out, value, depth + 1));
        }
        Value::List(items) => items_at(out, items, depth + 1, depth, |out, value| single_value(out, value, depth + 1)),
        Value::Struct(entries) => {
            entries_at(out, entries, depth + 2, depth + 1, |out, value| inner_value(out, value, depth + 2));
        }
        Value::Free(inner) => inner_value(out, inner, depth),
        leaf => scalar(out, leaf),
    }
}

fn inner_value(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(entries) | Value::Struct(entries) => {
            entries_at(out, entries, depth + 3, depth + 2, |out, value| inner_value(out, value, depth + 3));
        }
        Value::List(items) => {
            items_at(out, items, depth + 3, depth + 2, |out, value| inner_value(out, value, depth + 3))
        }
        Value::Free(inner) => inner_value(out, inner, depth),
        leaf => scalar(out, leaf),
    }
}

fn entries_at(
    out: &mut String,
    entries: &[(Cow<str>, Value)],
    depth: usize,
    closing: usize,
    mut write: impl FnMut(&mut String, &Value),
) {
    out.push('{');
    for (index, (key, value)) in entries.iter().enumerate() {
        out.push_str(if index > 0 { ",\n" } else { "\n" });
        indent(out, depth);
        string(out, key);
        out.push_str(": ");
        write(out, value);
    }
    out.push('\n');
    indent(out, closing);
    out.push('}');
}

fn items_at(
    out: &mut String,
    items: &[Value],
    depth: usize,
    closing: usize,
    mut write: impl FnMut(&mut String, &Value),
) {
    out.push('[');
    for (index, value) in items.iter().enumerate() {
        out.push_str(if index > 0 { ",\n" } else { "\n" });
        indent(out, depth);
        write(out, value);
    }
    out.push('\n');
    indent(out, closing);
    out.push(']');
}

fn compact_value(out: &mut String, value: &Value) {
    let mut comma = false;
    let mut separate = |out: &mut String| {
        if std::mem::replace(&mut comma, true) {
            out.push(',');
        }
    };
    match value {
        Value::List(items) => {
            out.push('[');
            for item in items {
                separate(out);
                compact_value(out, item);
            }
            out.push(']');
        }
        Value::Object(entries) | Value::Struct(entries) => {
            out.push('{');
            for (key, value) in entries {
                separate(out);
                string(out, key);
                out.push(':');
                compact_value(out, value);
            }
            out.push('}');
        }
        Value::Free(inner) => compact_value(out, inner),
        leaf => scalar(out, leaf),
    }
}

fn scalar(out: &mut String, value: &Value) {
    match value {
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Int(value) => out.push_str(&value.to_string()),
        Value::Float(value) => out.push_str(&format_float(*value)),
        Value::Double(value) => out.push_str(&format_double(*value)),
        Value::Text(text) => string(out, text),
        _ => out.push_str("null"),
    }
}

fn indent(out: &mut String, depth: usize) {
    out.extend(std::iter::repeat_n(INDENT, depth));
}

/// A JSON string as Go writes it: `<`, `>`, `&` and the two line separators of Unicode are escaped.
pub fn string(out: &mut String, text: &str) {
    out.push('"');
    let mut plain = 0;
    for (at, letter) in text.char_indices() {
        let escape = match letter {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '<' => "\\u003c",
            '>' => "\\u003e",
            '&' => "\\u0026",
            '\u{2028}' => "\\u2028",
            '\u{2029}' => "\\u2029",
            control if control < ' ' => {
                out.push_str(text.get(plain..at).unwrap_or_default());
                plain = at + 1;
                out.push_str(&format!("\\u{:04x}", u32::from(control)));
                continue;
            }
            _ => continue,
        };
        out.push_str(text.get(plain..at).unwrap_or_default());
        out.push_str(escape);
        plain = at + letter.len_utf8();
    }
    out.push_str(text.get(plain..).unwrap_or_default());
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(entries: Vec<(&'static str, Value<'static>)>) -> Value<'static> {
        Value::Object(entries.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    #[test]
    fn a_struct_stands_deeper_in_single_objects() {
        let inner = Value::Struct(vec![
            ("a".into(), Value::Struct(vec![("b".into(), Value::Double(1.0))])),
            ("e".into(), Value::Struct(Vec::new())),
        ]);
        let message = object(vec![("metadata", inner), ("none", object(Vec::new()))]);
        let wanted = "{\n    \"metadata\": {\n            \"a\": {\n                        \"b\": 1\n                    },\n            \
                      \"e\": {\n                    }\n        },\n    \"none\": {\n\n    }\n}";
        assert_eq!(single(&message), wanted);
        assert_eq!(compact(&message), r#"{"metadata":{"a":{"b":1},"e":{}},"none":{}}"#);
    }

    #[test]
    fn strings_are_escaped_for_html() {
        let mut out = String::new();
        string(&mut out, "a<b>&\u{2028}\"\\\n\u{1}é");
        assert_eq!(out, "\"a\\u003cb\\u003e\\u0026\\u2028\\\"\\\\\\n\\u0001é\"");
    }
}
