//! Checks a tree against its shape: every unknown key and every value of a wrong type, each with its path.

use std::fmt;

use serde_json::Value;

use super::merge::brief;
use super::path::Path;
use super::schema::{Object, Shape};
use crate::api::scalar;
use crate::api::schema::{Message, Type};
use crate::ui::nearest::nearest;

/// What is wrong at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// From the root of the document.
    pub path: Path,
    pub what: What,
}

/// What is wrong at a path.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The map has no such key; perhaps this one was meant.
    Unknown { key: String, of: &'static str, near: Option<&'static str> },
    /// A value of another type than wanted.
    Type { wanted: String, got: String },
    /// A word that is none of those wanted.
    Word { wanted: String, got: String },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.what {
            What::Unknown { key, near, .. } => {
                write!(f, "{}: unknown field \"{key}\"", self.path)?;
                if let Some(near) = near {
                    write!(f, "; did you mean \"{near}\"?")?;
                }
                Ok(())
            }
            What::Type { wanted, got } => write!(f, "{}: want {wanted}, got {got}", self.path),
            What::Word { wanted, got } => write!(f, "{}: unknown value {got:?}; want {wanted}", self.path),
        }
    }
}

/// How to check.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    /// Keys of Kubernetes-style maps match in any case (and then have no effect), as in the reference.
    pub any_case: bool,
    /// Unknown fields of API messages are problems too.
    pub strict_messages: bool,
}

/// Everything wrong with `value`, which stands at `path`.
pub fn check(value: &Value, shape: Shape, path: &Path, rules: Rules) -> Vec<Problem> {
    let mut checker = Checker { rules, problems: Vec::new() };
    checker.value(value, shape, path);
    checker.problems
}

/// Unknown keys of API messages, which nothing reads: worth a warning.
pub fn unread_keys(value: &Value, shape: Shape, path: &Path) -> Vec<Problem> {
    let mut problems = check(value, shape, path, Rules { strict_messages: true, any_case: false });
    problems.retain(|problem| matches!(problem.what, What::Unknown { .. }));
    problems
}

struct Checker {
    rules: Rules,
    problems: Vec<Problem>,
}

impl Checker {
    fn value(&mut self, value: &Value, shape: Shape, path: &Path) {
        if value.is_null() {
            return;
        }
        match (shape, value) {
            (Shape::Object(object), Value::Object(map)) => {
                for (key, value) in map {
                    self.field(object, key, value, path);
                }
            }
            (Shape::Message(message), Value::Object(map)) => {
                for (key, value) in map {
                    self.message_field(message, key, value, path);
                }
            }
            (Shape::List(item), Value::Array(items)) => {
                for (at, value) in items.iter().enumerate() {
                    self.value(value, *item, &path.item(at));
                }
            }
            (Shape::Map(item), Value::Object(map)) => {
                for (key, value) in map {
                    self.value(value, *item, &path.child(key));
                }
            }
            _ if fits(value, shape) => {}
            _ => self.wrong_type(path, wanted(shape), value),
        }
    }

    fn field(&mut self, object: &'static Object, key: &str, value: &Value, path: &Path) {
        let any_case = || object.fields.iter().find(|(name, _)| self.rules.any_case && name.eq_ignore_ascii_case(key));
        match object.field(key).or_else(|| any_case().map(|(_, shape)| *shape)) {
            Some(shape) => self.value(value, shape, &path.child(key)),
            None => self.unknown(path, key, object.name, object.fields.iter().map(|(name, _)| *name)),
        }
    }

    fn message_field(&mut self, message: &'static Message, key: &str, value: &Value, path: &Path) {
        match message.fields.iter().find(|field| field.name == key || field.has_proto_name(key)) {
            Some(field) => self.typed(value, field.ty, &path.child(key)),
            None if self.rules.strict_messages => {
                self.unknown(path, key, message.short_name(), message.fields.iter().map(|field| field.name));
            }
            None => {}
        }
    }

    /// A value of a protobuf type in its JSON form.
    fn typed(&mut self, value: &Value, ty: Type, path: &Path) {
        if value.is_null() {
            return;
        }
        match (ty, value) {
            (Type::Msg(message), _) => self.value(value, Shape::Message(message), path),
            (Type::List(item), Value::Array(items)) => {
                for (at, value) in items.iter().enumerate() {
                    self.typed(value, *item, &path.item(at));
                }
            }
            (Type::Map(item) | Type::PortMap(item), Value::Object(map)) => {
                for (key, value) in map {
                    self.typed(value, *item, &path.child(key));
                }
            }
            _ if fits_type(value, ty) => {}
            _ => self.wrong_type(path, wanted_type(ty), value),
        }
    }

    fn unknown(&mut self, path: &Path, key: &str, of: &'static str, names: impl Iterator<Item = &'static str>) {
        let near = nearest(key, names);
        self.problems.push(Problem { path: path.child(key), what: What::Unknown { key: key.to_owned(), of, near } });
    }

    fn wrong_type(&mut self, path: &Path, wanted: String, value: &Value) {
        let what = if wanted.starts_with(ONE_OF) && value.is_string() {
            What::Word { wanted, got: value.to_string() }
        } else {
            What::Type { wanted, got: got(value) }
        };
        self.problems.push(Problem { path: path.clone(), what });
    }
}

fn fits(value: &Value, shape: Shape) -> bool {
    match shape {
        Shape::Any => true,
        Shape::Tree | Shape::Map(_) | Shape::Object(_) | Shape::Message(_) => value.is_object(),
        Shape::List(_) => value.is_array(),
        Shape::Bool => value.is_boolean(),
        Shape::Text => value.is_string(),
        Shape::Int { min, max } => whole(value).is_some_and(|number| (min..=max).contains(&number)),
        Shape::QuotedInt { min, max } => whole(&unquoted(value)).is_some_and(|number| (min..=max).contains(&number)),
        Shape::Number => unquoted(value).is_number(),
        Shape::Quantity => value.is_number() || value.as_str().is_some_and(is_quantity),
        Shape::IntOrText => value.is_string() || whole(value).is_some(),
        Shape::Duration => value.as_str().is_some_and(|text| scalar::duration(text).is_some()),
        Shape::Time => value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok()),
        Shape::Choice(words) => value.as_str().is_some_and(|word| words.contains(&word)) || whole(value).is_some(),
    }
}

fn fits_type(value: &Value, ty: Type) -> bool {
    const I32: Shape = Shape::QuotedInt { min: i32::MIN as i64, max: i32::MAX as i64 };
    const U32: Shape = Shape::QuotedInt { min: 0, max: u32::MAX as i64 };
    match ty {
        Type::Bool => value.is_boolean(),
        Type::Int32 => fits(value, I32),
        Type::Uint32 => fits(value, U32),
        Type::Int64 => fits(value, Shape::QuotedInt { min: i64::MIN, max: i64::MAX }),
        Type::Uint64 => fits(value, Shape::QuotedInt { min: 0, max: i64::MAX }),
        Type::Double => fits(value, Shape::Number),
        Type::String | Type::Bytes => value.is_string(),
        Type::Duration => fits(value, Shape::Duration),
        Type::Timestamp => fits(value, Shape::Time),
        Type::Struct | Type::Msg(_) | Type::Map(_) | Type::PortMap(_) => value.is_object(),
        Type::List(_) => value.is_array(),
        Type::Wrapper(inner) => fits_type(value, *inner),
        Type::Enum(of) => value.as_str().is_some_and(|word| of.number(word).is_some()) || whole(value).is_some(),
    }
}

fn whole(value: &Value) -> Option<i64> {
    value.as_i64()
}

/// A number in quotes as that number; anything else as it is.
fn unquoted(value: &Value) -> Value {
    match value.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok()) {
        Some(number @ Value::Number(_)) => {
            let mut number = number;
            super::merge::as_floats(&mut number);
            number
        }
        _ => value.clone(),
    }
}

/// `[+-]digits[.digits]` with a binary or decimal suffix or an exponent.
pub fn is_quantity(text: &str) -> bool {
    const SUFFIXES: [&str; 16] = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = body.bytes().position(|byte| !byte.is_ascii_digit() && byte != b'.').unwrap_or(body.len());
    let (number, suffix) = body.split_at(end);
    let digits = number.bytes().any(|byte| byte.is_ascii_digit()) && number.matches('.').count() < 2;
    let exponent = suffix.strip_prefix(['e', 'E']).is_some_and(|exponent| exponent.parse::<i32>().is_ok());
    digits && (exponent || SUFFIXES.contains(&suffix))
}

const ONE_OF: &str = "one of ";

/// What a shape takes, in words.
pub fn wanted(shape: Shape) -> String {
    match shape {
        Shape::Any => "anything".into(),
        Shape::Tree | Shape::Map(_) => "a map".into(),
        Shape::Object(object) => format!("a map ({})", object.name),
        Shape::Message(message) => format!("a map ({})", message.short_name()),
        Shape::List(_) => "a list".into(),
        Shape::Bool => "true or false".into(),
        Shape::Text => "text".into(),
        Shape::Int { min: 0, .. } | Shape::QuotedInt { min: 0, .. } => "a whole number, zero or more".into(),
        Shape::Int { .. } | Shape::QuotedInt { .. } => "a whole number".into(),
        Shape::Number => "a number".into(),
        Shape::Quantity => "a quantity such as 500m or 2Gi".into(),
        Shape::IntOrText => "a whole number or text".into(),
        Shape::Duration => "a duration such as 10s or 1h30m".into(),
        Shape::Time => "a time such as 2026-01-31T12:00:00Z".into(),
        Shape::Choice(words) => format!("{ONE_OF}{}", words.join(", ")),
    }
}

/// What a protobuf type takes, in words.
pub fn wanted_type(ty: Type) -> String {
    match ty {
        Type::Bool => "true or false".into(),
        Type::Int32 | Type::Int64 => "a whole number".into(),
        Type::Uint32 | Type::Uint64 => "a whole number, zero or more".into(),
        Type::Double => "a number".into(),
        Type::String => "text".into(),
        Type::Bytes => "base64 text".into(),
        Type::Duration => wanted(Shape::Duration),
        Type::Timestamp => wanted(Shape::Time),
        Type::Wrapper(inner) => wanted_type(*inner),
        Type::Enum(of) => {
            format!("{ONE_OF}{}", of.values.iter().map(|value| value.name).collect::<Vec<_>>().join(", "))
        }
        Type::Msg(message) => wanted(Shape::Message(message)),
        Type::Struct | Type::Map(_) | Type::PortMap(_) => "a map".into(),
        Type::List(_) => "a list".into(),
    }
}

fn got(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => format!("the text \"{text}\""),
        Value::Array(_) => "a list".into(),
        Value::Object(map) if map.is_empty() => "an empty map".into(),
        Value::Object(_) => format!("a map: {}", brief(value).chars().take(60).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::schema::{OPERATOR, VALUES};
    use super::*;

    #[test]
    fn every_problem_is_named_with_its_path() {
        let document = json!({
            "kind": "IstioOperator",
            "spec": {
                "profil": "demo",
                "components": {"pilot": {"k8s": {"replicaCount": -1, "env": [{"name": "A", "value": 1}], "tolerations": "x"}}},
                "values": {"anything": true}
            }
        });
        let problems = check(&document, OPERATOR, &Path::default(), Rules::default());
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(lines.join("\n"), @r#"
        spec.profil: unknown field "profil"; did you mean "profile"?
        spec.components.pilot.k8s.replicaCount: want a whole number, zero or more, got the number -1
        spec.components.pilot.k8s.env[0].value: want text, got the number 1
        spec.components.pilot.k8s.tolerations: want a list, got the text "x"
        "#);
    }

    #[test]
    fn values_take_numbers_in_quotes_and_nulls() {
        let values = json!({
            "pilot": {"autoscaleMin": "2", "traceSampling": "0.5", "cpu": null, "keepaliveMaxServerConnectionAge": "30m", "rollingMaxSurge": 3},
            "global": {"resourceScope": "all", "tag": 5, "proxy": {"tracer": "zipkin"}}
        });
        assert_eq!(check(&values, VALUES, &Path::default(), Rules::default()), []);
    }

    #[test]
    fn quantities_follow_kubernetes() {
        for good in ["1", "0.5", ".5", "100m", "2Gi", "1e9", "-1", "1E3", "5k"] {
            assert!(is_quantity(good), "{good}");
        }
        for bad in ["", "abc", "1.2.3", "1gi", "1 Gi", "m"] {
            assert!(!is_quantity(bad), "{bad}");
        }
    }
}
