//! Helm's functions over Sprig's: templates as functions, YAML, and refusals in the chart author's words.

use super::eval;
use super::function::{Call, Function, Functions, Outcome, Type};
use super::value::{Map, Value};
use super::{Fault, SPRIG, quote, sprig};

use Type::{Any, Text};

/// How many `include`s may be open at a time.
const MOST_INCLUDES: usize = 1000;

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
    Function::new("mustToYaml", &[Any], |call| to_yaml(call.value(0)).map(Value::from)),
    Function::new("toYamlPretty", &[Any], |call| {
        Ok(to_yaml(call.value(0)).map(|text| indent_sequences(&text)).unwrap_or_default().into())
    }),
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
    Ok(text.map_err(|error| Fault::from(*error))?.into())
}

/// Renders text as a template that sees the chart's definitions; its own stay its own.
fn tpl(call: &mut Call<'_, '_>) -> Outcome {
    let mut set = call.set.clone();
    let name = call.template;
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

/// The same YAML with list items indented below their key, as `toYamlPretty` prints them.
fn indent_sequences(text: &str) -> String {
    text.to_owned()
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

fn json_mismatch(found: &serde_json::Value, wanted: &str) -> String {
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
        Err(error) => error_map(error.to_string()),
    })
}

fn from_json_array(call: &mut Call<'_, '_>) -> Outcome {
    Ok(match serde_json::from_str::<serde_json::Value>(call.text(0)) {
        Ok(serde_json::Value::Null) => Value::list(Vec::new()),
        Ok(json @ serde_json::Value::Array(_)) => Value::from_json(&json),
        Ok(other) => Value::list(vec![json_mismatch(&other, "[]interface {}").into()]),
        Err(error) => Value::list(vec![error.to_string().into()]),
    })
}
