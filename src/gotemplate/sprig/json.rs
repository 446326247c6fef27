//! JSON the way Go's encoding/json writes it: HTML characters escaped unless asked otherwise, its own number forms.

use std::fmt::Write as _;

use serde_json::Value as Json;

use crate::gotemplate::Fault;
use crate::gotemplate::function::{Call, Function, Outcome, Type};
use crate::gotemplate::helm::json_error;
use crate::gotemplate::number;
use crate::gotemplate::value::Value;

use Type::{Any, Text};

pub(super) const TABLE: &[Function] = &[
    Function::new("toJson", &[Any], |call| Ok(compact(call.value(0), true).unwrap_or_default().into())).blind(),
    Function::new("mustToJson", &[Any], |call| compact(call.value(0), true).map(Value::from)).blind(),
    Function::new("toPrettyJson", &[Any], |call| Ok(pretty(call.value(0)).unwrap_or_default().into())),
    Function::new("mustToPrettyJson", &[Any], |call| pretty(call.value(0)).map(Value::from)),
    Function::new("toRawJson", &[Any], |call| compact(call.value(0), false).map(Value::from)),
    Function::new("mustToRawJson", &[Any], |call| compact(call.value(0), false).map(Value::from)),
    Function::new("fromJson", &[Text], |call| Ok(from_json(call).unwrap_or_default())),
    Function::new("mustFromJson", &[Text], from_json),
];

fn from_json(call: &mut Call<'_, '_>) -> Outcome {
    let json: Json =
        serde_json::from_str(call.text(0)).map_err(|error| Fault::new(json_error(call.text(0), &error)))?;
    Ok(Value::from_json(&json))
}

/// One line, keys sorted; `escape` turns `<`, `>` and `&` into `\u003c` and so on.
pub(in crate::gotemplate) fn compact(value: &Value, escape: bool) -> Result<String, Fault> {
    let mut out = String::new();
    write(&mut out, &value.to_json()?, escape, None);
    Ok(out)
}

/// Indented by two blanks, HTML escaped.
pub(in crate::gotemplate) fn pretty(value: &Value) -> Result<String, Fault> {
    let mut out = String::new();
    write(&mut out, &value.to_json()?, true, Some(0));
    Ok(out)
}

/// `indent` is the current depth when the text is to be indented.
fn write(out: &mut String, json: &Json, escape: bool, indent: Option<usize>) {
    let inner = indent.map(|depth| depth + 1);
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Number(value) => match value.as_f64() {
            Some(float) if value.is_f64() => write_float(out, float),
            _ => {
                let _ = write!(out, "{value}");
            }
        },
        Json::String(text) => write_text(out, text, escape),
        Json::Array(items) if items.is_empty() => out.push_str("[]"),
        Json::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                separate(out, at, inner);
                write(out, item, escape, inner);
            }
            close(out, indent, ']');
        }
        Json::Object(entries) if entries.is_empty() => out.push_str("{}"),
        Json::Object(entries) => {
            out.push('{');
            for (at, (key, item)) in entries.iter().enumerate() {
                separate(out, at, inner);
                write_text(out, key, escape);
                out.push_str(if indent.is_some() { ": " } else { ":" });
                write(out, item, escape, inner);
            }
            close(out, indent, '}');
        }
    }
}

fn separate(out: &mut String, at: usize, indent: Option<usize>) {
    if at > 0 {
        out.push(',');
    }
    new_line(out, indent);
}

fn close(out: &mut String, indent: Option<usize>, bracket: char) {
    new_line(out, indent);
    out.push(bracket);
}

fn new_line(out: &mut String, indent: Option<usize>) {
    if let Some(depth) = indent {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    }
}

/// Plain between 1e-6 and 1e21, else an exponent without padding.
fn write_float(out: &mut String, float: f64) {
    let magnitude = float.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{float:e}");
        out.push_str(&if text.contains("e-") { text } else { text.replace('e', "e+") });
    } else {
        out.push_str(&number::plain(float));
    }
}

fn write_text(out: &mut String, text: &str, escape: bool) {
    out.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| needs_escape(c, escape)) {
        out.push_str(&rest[..at]);
        let c = rest[at..].chars().next().unwrap_or_default();
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            c => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
        }
        rest = &rest[at + c.len_utf8()..];
    }
    out.push_str(rest);
    out.push('"');
}

fn needs_escape(c: char, escape_html: bool) -> bool {
    matches!(c, '"' | '\\' | '\0'..='\x1f' | '\u{2028}' | '\u{2029}') || (escape_html && matches!(c, '<' | '>' | '&'))
}
