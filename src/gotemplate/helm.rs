//! Helm's functions over Sprig's: templates as functions, YAML, and refusals in the chart author's words.

use super::eval;
use super::function::{Call, Function, Functions, Outcome, Type};
use super::value::{MAX_NESTING, Map, Value};
use super::{Fault, SPRIG, quote, sprig, toml};

use Type::{Any, Text};

/// How many `include`s may be open at a time.
const MOST_INCLUDES: usize = 1000;
/// What the text given to `tpl` is called in messages.
const TPL_NAME: &str = "gotpl";

/// What a chart may call: Go's functions, Sprig's without the process environment, Helm's.
pub fn functions() -> Functions {
    let tables: Vec<&'static [Function]> = SPRIG.iter().copied().chain([TABLE]).collect();
    Functions::new(&tables).without(&["env", "expandenv"])
}

const TABLE: &[Function] = &[
    Function::new("include", &[Text, Any], include),
    Function::new("tpl", &[Text, Any], tpl),
    Function::new("required", &[Text, Any], required),
    Function::new("fail", &[Text], |call| Err(Fault::refusal(call.text(0)))),
    // There is no cluster to ask.
    Function::new("lookup", &[Text, Text, Text, Text], |_| Ok(Map::new().into())),
    Function::new("getHostByName", &[Text], |_| Ok("".into())),
    Function::new("toYaml", &[Any], |call| Ok(to_yaml(call.value(0)).unwrap_or_default().into())),
    Function::new("toYamlPretty", &[Any], |call| {
        Ok(call.value(0).to_json().map(|json| pretty_yaml(&json)).unwrap_or_default().into())
    }),
    Function::new("toToml", &[Any], |call| {
        Ok(toml::to_toml(call.value(0)).unwrap_or_else(|fault| fault.message).into())
    }),
    Function::new("fromToml", &[Text], |call| Ok(toml::from_toml(call.text(0)).unwrap_or_else(error_map))),
    Function::new("fromYaml", &[Text], from_yaml),
    Function::new("fromYamlArray", &[Text], from_yaml_array),
    Function::new("toJson", &[Any], |call| Ok(sprig::compact_json(call.value(0), true).unwrap_or_default().into())),
    Function::new("mustToJson", &[Any], |call| sprig::compact_json(call.value(0), true).map(Value::from)),
    Function::new("fromJson", &[Text], from_json),
    Function::new("fromJsonArray", &[Text], from_json_array),
];

fn include(call: &mut Call<'_, '_>) -> Outcome {
    let set = call.set;
    let name = call.text(0);
    let Some(template) = set.lookup(name) else {
        let name = quote::quoted(name);
        return Err(Fault::new(format!("template: no template {name} associated with template \"gotpl\"")));
    };
    if call.run.includes >= MOST_INCLUDES {
        return Err(Fault::new(format!(
            "rendering template has a nested reference name: {}: unable to execute template",
            call.text(0)
        )));
    }
    let data = call.take(1);
    call.run.includes += 1;
    let text = eval::execute_nested(call, template, set, data);
    call.run.includes -= 1;
    Ok(text.map_err(|error| shortened(Fault::from(*error)))?.into())
}

/// The chain of a thousand includes serves nobody: both ends of it are kept.
fn shortened(mut fault: Fault) -> Fault {
    const LONGEST: usize = 4096;
    if fault.message.len() > LONGEST {
        let half = LONGEST / 2;
        let start = fault.message.floor_char_boundary(half);
        let end = fault.message.ceil_char_boundary(fault.message.len() - half);
        fault.message = format!("{} … {}", &fault.message[..start], &fault.message[end..]);
    }
    fault
}

/// Renders text as a template that sees the chart's definitions; its own stay its own.
fn tpl(call: &mut Call<'_, '_>) -> Outcome {
    let mut set = call.set.clone();
    let name = TPL_NAME;
    let text = call.text(0);
    if let Err(error) = set.parse_here(name, text) {
        return Err(Fault::new(format!("cannot parse template {}: {error}", quote::quoted(text))));
    }
    if call.run.includes >= MOST_INCLUDES {
        return Err(Fault::new("tpl: templates nest too deeply"));
    }
    let Some(template) = set.lookup(name) else {
        return Ok("".into());
    };
    let data = call.value(1).clone();
    call.run.includes += 1;
    let result = eval::execute_nested(call, template, &set, data);
    call.run.includes -= 1;
    match result {
        Ok(text) => Ok(text.replace("<no value>", "").into()),
        Err(error) => {
            let prefix = format!("error during tpl function execution for {}: ", quote::quoted(call.text(0)));
            Err(Fault::from(*error).within(&prefix))
        }
    }
}

fn required(call: &mut Call<'_, '_>) -> Outcome {
    match call.value(1) {
        Value::Nil => Err(Fault::refusal(call.text(0))),
        Value::Str(text) if text.is_empty() => Err(Fault::refusal(call.text(0))),
        _ => Ok(call.take(1)),
    }
}

fn to_yaml(value: &Value) -> Result<String, Fault> {
    let mut text = crate::yaml::to_string(&value.to_json()?);
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text)
}

/// YAML with list items indented below their key.
fn pretty_yaml(json: &serde_json::Value) -> String {
    let mut out = String::new();
    write_pretty(&mut out, json, 0, MAX_NESTING);
    out.truncate(out.trim_end_matches('\n').len());
    out
}

/// Writes the lines of a value at a column; the first line is already indented.
fn write_pretty(out: &mut String, json: &serde_json::Value, column: usize, room: usize) {
    let indented = |text: &str, by: usize| text.trim_end_matches('\n').replace('\n', &format!("\n{}", " ".repeat(by)));
    let Some(room) = room.checked_sub(1) else { return };
    match json {
        serde_json::Value::Object(entries) if !entries.is_empty() => {
            let mut entries: Vec<_> = entries.iter().collect();
            entries.sort_by(|(a, _), (b, _)| crate::yaml::natural_cmp(a, b));
            for (at, (key, value)) in entries.into_iter().enumerate() {
                out.push_str(&" ".repeat(if at > 0 { column } else { 0 }));
                if is_filled(value) {
                    let alone = crate::yaml::to_string(&serde_json::json!({ key.as_str(): null }));
                    out.push_str(alone.trim_end().trim_end_matches("null").trim_end());
                    out.push_str(&format!("\n{}", " ".repeat(column + 2)));
                    write_pretty(out, value, column + 2, room);
                } else {
                    let alone = crate::yaml::to_string(&serde_json::json!({ key.as_str(): value }));
                    out.push_str(&indented(&alone, column));
                    out.push('\n');
                }
            }
        }
        serde_json::Value::Array(items) if !items.is_empty() => {
            for (at, item) in items.iter().enumerate() {
                out.push_str(&" ".repeat(if at > 0 { column } else { 0 }));
                out.push_str("- ");
                write_pretty(out, item, column + 2, room);
            }
        }
        leaf => {
            out.push_str(&indented(&crate::yaml::to_string(leaf), column));
            out.push('\n');
        }
    }
}

fn is_filled(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::Object(entries) => !entries.is_empty(),
        serde_json::Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

/// Errors of the `from…` functions come as the value that a chart can look at.
fn error_map(message: String) -> Value {
    Value::map([("Error", Value::str(message))])
}

fn from_yaml(call: &mut Call<'_, '_>) -> Outcome {
    Ok(match crate::yaml::from_str(call.text(0)) {
        Ok(serde_json::Value::Null) => Map::new().into(),
        Ok(json @ serde_json::Value::Object(_)) => Value::from_json(&json),
        Ok(other) => error_map(unmarshal_error(&other, "map[string]interface {}")),
        Err(error) => error_map(error.to_string()),
    })
}

fn from_yaml_array(call: &mut Call<'_, '_>) -> Outcome {
    Ok(match crate::yaml::from_str(call.text(0)) {
        Ok(serde_json::Value::Null) => Value::list(Vec::new()),
        Ok(json @ serde_json::Value::Array(_)) => Value::from_json(&json),
        Ok(other) => Value::list(vec![unmarshal_error(&other, "[]interface {}").into()]),
        Err(error) => Value::list(vec![error.to_string().into()]),
    })
}

fn unmarshal_error(found: &serde_json::Value, wanted: &str) -> String {
    format!("error unmarshaling JSON: while decoding JSON: {}", json_mismatch(found, wanted))
}

/// What Go's encoding/json says of a value where another type is wanted.
pub fn json_mismatch(found: &serde_json::Value, wanted: &str) -> String {
    let kind = match found {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "bool",
        serde_json::Value::Number(_) => "number",
        serde_json::Value::String(_) => "string",
        serde_json::Value::Array(_) => "array",
        serde_json::Value::Object(_) => "object",
    };
    format!("json: cannot unmarshal {kind} into Go value of type {wanted}")
}

fn from_json(call: &mut Call<'_, '_>) -> Outcome {
    Ok(match serde_json::from_str::<serde_json::Value>(call.text(0)) {
        Ok(serde_json::Value::Null) => Map::new().into(),
        Ok(json @ serde_json::Value::Object(_)) => Value::from_json(&json),
        Ok(other) => error_map(json_mismatch(&other, "map[string]interface {}")),
        Err(error) => error_map(json_error(call.text(0), &error)),
    })
}

fn from_json_array(call: &mut Call<'_, '_>) -> Outcome {
    Ok(match serde_json::from_str::<serde_json::Value>(call.text(0)) {
        Ok(serde_json::Value::Null) => Value::list(Vec::new()),
        Ok(json @ serde_json::Value::Array(_)) => Value::from_json(&json),
        Ok(other) => Value::list(vec![json_mismatch(&other, "[]interface {}").into()]),
        Err(error) => Value::list(vec![json_error(call.text(0), &error).into()]),
    })
}

/// What Go's encoding/json says of text that is no JSON.
pub fn json_error(text: &str, error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "unexpected end of JSON input".into();
    }
    let line = text.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let found = line.get(error.column().saturating_sub(1)..).and_then(|rest| rest.chars().next()).unwrap_or(' ');
    let found = if found == '\'' { "\\'".to_owned() } else { found.to_string() };
    let said = error.to_string();
    let place = JSON_PLACES.iter().find(|(start, _)| said.starts_with(start));
    format!("invalid character '{found}' {}", place.map_or("looking for beginning of value", |(_, place)| place))
}

/// How the parser's complaints start, and where Go would say that the character stands.
const JSON_PLACES: &[(&str, &str)] = &[
    ("key must be a string", "looking for beginning of object key string"),
    ("expected `:`", "after object key"),
    ("expected `,` or `}`", "after object key:value pair"),
    ("expected `,` or `]`", "after array element"),
    ("trailing characters", "after top-level value"),
];
