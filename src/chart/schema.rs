//! `values.schema.json`: what a chart demands of its values, and the complaints when they don't meet it.

use std::fmt::Write as _;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;

use super::{Chart, Error};
use crate::yaml;

/// Checks the values of a chart and of its subcharts against their schemas.
pub(super) fn check(chart: &Chart, values: &yaml::Value) -> Result<(), Error> {
    let mut complaints = String::new();
    check_chart(chart, values, &mut complaints)?;
    if complaints.is_empty() { Ok(()) } else { Err(Error::Schema(complaints)) }
}

fn check_chart(chart: &Chart, values: &yaml::Value, complaints: &mut String) -> Result<(), Error> {
    if let Some(bytes) = &chart.schema {
        let file = format!("{}/values.schema.json", chart.name());
        let bad = |reason: String| Error::BadSchema { file: file.clone(), reason };
        let schema: yaml::Value = serde_json::from_slice(bytes).map_err(|error| bad(error.to_string()))?;
        let validator = jsonschema::validator_for(&schema).map_err(|error| bad(error.to_string()))?;
        let errors: Vec<ValidationError<'_>> = validator.iter_errors(values).collect();
        let lines = lines(&schema, errors.iter());
        if !lines.is_empty() {
            let _ = writeln!(complaints, "{}:", chart.name());
            for line in lines {
                let text = line.trim_start();
                let _ = writeln!(complaints, "{}- {text}", &line[..line.len() - text.len()]);
            }
        }
    }
    for subchart in &chart.subcharts {
        if let Some(values) = values.get(subchart.name()) {
            check_chart(subchart, values, complaints)?;
        }
    }
    Ok(())
}

/// One line for each problem: `at '/path': reason`. Properties missing from the same place share a line.
fn lines<'e, 'v: 'e>(schema: &yaml::Value, errors: impl Iterator<Item = &'e ValidationError<'v>>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut missing: Vec<(String, Vec<String>, usize)> = Vec::new();
    for error in errors {
        let path = error.instance_path().to_string();
        if let Kind::Required { property } = error.kind() {
            let name = property.as_str().map_or_else(|| property.to_string(), str::to_owned);
            match missing.iter_mut().find(|(at, ..)| *at == path) {
                Some((_, names, _)) => names.push(name),
                None => {
                    missing.push((path, vec![name], lines.len()));
                    lines.push(String::new());
                }
            }
        } else {
            lines.push(format!("at '{path}': {}", reason(schema, error)));
            for branch in branches(error.kind()) {
                lines.extend(self::lines(schema, branch.iter()).into_iter().map(|line| format!("  {line}")));
            }
        }
    }
    for (path, names, at) in missing {
        let noun = if names.len() == 1 { "property" } else { "properties" };
        lines[at] = format!("at '{path}': missing {noun} {}", quoted(&names));
    }
    lines
}

fn reason(schema: &yaml::Value, error: &ValidationError<'_>) -> String {
    let got = error.instance();
    match error.kind() {
        Kind::Type { .. } => format!("got {}, want {}", type_of(got), wanted_types(schema, error)),
        Kind::Enum { options } => {
            let options: Vec<String> = options.as_array().into_iter().flatten().map(shown).collect();
            format!("value must be one of {}", options.join(", "))
        }
        Kind::Constant { expected_value } => format!("value must be {}", shown(expected_value)),
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            format!("additional properties {} not allowed", quoted(unexpected))
        }
        Kind::Pattern { pattern } => format!("{} does not match pattern '{pattern}'", shown(got)),
        Kind::Minimum { limit } => format!("minimum: got {got}, want {limit}"),
        Kind::Maximum { limit } => format!("maximum: got {got}, want {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("exclusiveMinimum: got {got}, want {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("exclusiveMaximum: got {got}, want {limit}"),
        Kind::MinLength { limit } => format!("minLength: got {}, want {limit}", length(got)),
        Kind::MaxLength { limit } => format!("maxLength: got {}, want {limit}", length(got)),
        Kind::MinItems { limit } => format!("minItems: got {}, want {limit}", length(got)),
        Kind::MaxItems { limit } => format!("maxItems: got {}, want {limit}", length(got)),
        Kind::FalseSchema => "false schema".to_owned(),
        Kind::UniqueItems => equal_items(got),
        Kind::AnyOf { .. } => "'anyOf' failed".to_owned(),
        Kind::OneOfNotValid { .. } => "'oneOf' failed, none matched".to_owned(),
        Kind::OneOfMultipleValid { .. } => "'oneOf' failed, more than one matched".to_owned(),
        Kind::Not { .. } => "'not' failed".to_owned(),
        _ => error.to_string(),
    }
}

/// What each alternative had against the value.
fn branches(kind: &Kind) -> &[Vec<ValidationError<'static>>] {
    match kind {
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => context,
        _ => &[],
    }
}

fn equal_items(list: &yaml::Value) -> String {
    let items = list.as_array().map(Vec::as_slice).unwrap_or_default();
    for (at, item) in items.iter().enumerate() {
        if let Some(other) = items[at + 1..].iter().position(|other| other == item) {
            return format!("items at {at} and {} are equal", at + 1 + other);
        }
    }
    "items are equal".to_owned()
}

/// How several wanted types are listed.
const TYPE_ORDER: [&str; 7] = ["null", "boolean", "number", "integer", "string", "array", "object"];

/// The types a schema names.
fn wanted_types(schema: &yaml::Value, error: &ValidationError<'_>) -> String {
    match schema.pointer(&error.schema_path().to_string()) {
        Some(yaml::Value::String(one)) => one.clone(),
        Some(yaml::Value::Array(several)) => {
            let mut names: Vec<&str> = several.iter().filter_map(yaml::Value::as_str).collect();
            names.sort_by_key(|name| TYPE_ORDER.iter().position(|known| known == name));
            names.join(" or ")
        }
        _ => "another type".to_owned(),
    }
}

fn type_of(value: &yaml::Value) -> &'static str {
    match value {
        yaml::Value::Null => "null",
        yaml::Value::Bool(_) => "boolean",
        yaml::Value::Number(_) => "number",
        yaml::Value::String(_) => "string",
        yaml::Value::Array(_) => "array",
        yaml::Value::Object(_) => "object",
    }
}

fn length(value: &yaml::Value) -> usize {
    match value {
        yaml::Value::String(text) => text.chars().count(),
        yaml::Value::Array(items) => items.len(),
        yaml::Value::Object(entries) => entries.len(),
        _ => 0,
    }
}

fn shown(value: &yaml::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), |text| format!("'{text}'"))
}

fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}
