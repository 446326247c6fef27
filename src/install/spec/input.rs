//! The files a user gives: each holds one IstioOperator.

use serde_json::{Map, Value};

use super::merge::as_floats;
use crate::yaml;

/// A file that was read, or standard input.
#[derive(Clone, Debug, PartialEq)]
pub struct InputFile {
    /// As the user named it; `-` is standard input.
    pub name: String,
    pub text: String,
}

/// Why a file is not an IstioOperator.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("{name}{place}: unable to parse file: {reason}{excerpt}")]
    Yaml { name: String, place: String, reason: String, excerpt: String },
    #[error("{name}{place}: unable to parse file: {what} stands where an IstioOperator (a map) is wanted")]
    NotMap { name: String, place: String, what: &'static str },
    #[error("{name}{place}: unable to parse file: Object 'Kind' is missing in '{start}'; add `kind: IstioOperator`")]
    NoKind { name: String, place: String, start: String },
    #[error("{name}{place}: contains multiple IstioOperator CRs, only one per file is supported")]
    Multiple { name: String, place: String },
    #[error("{name}{place}: {path} must be a map, got {what}")]
    Part { name: String, place: String, path: &'static str, what: &'static str },
}

impl InputFile {
    /// How messages name it.
    pub fn label(&self) -> &str {
        if self.name == "-" { "standard input" } else { &self.name }
    }

    /// The document: a map whose `spec`, `metadata` and `spec.values` are maps or absent. A file without content is an empty map.
    ///
    /// # Errors
    /// When the text is no YAML, holds more than one document, or one that is no IstioOperator.
    pub fn document(&self) -> Result<Value, Error> {
        let name = || self.label().to_owned();
        let mut found: Option<Value> = None;
        for document in yaml::parse_stream(&self.text) {
            let document = document.map_err(|error| Error::Yaml {
                name: name(),
                place: error.line.map_or(String::new(), |line| format!(":{line}:{}", error.column.unwrap_or(1))),
                reason: error.message.clone(),
                excerpt: error.line.map_or(String::new(), |line| excerpt(&self.text, line, error.column.unwrap_or(1))),
            })?;
            let place = || {
                let yaml::Position { line, column } = yaml::position(&self.text, document.root().span().start as usize);
                format!(":{line}:{column}")
            };
            let mut value = document.to_value();
            if value.is_null() {
                continue;
            }
            if !value.is_object() {
                return Err(Error::NotMap { name: name(), place: place(), what: kind_of(&value) });
            }
            if value.get("kind").and_then(Value::as_str).is_none_or(str::is_empty) {
                let start: String = value.to_string().chars().take(60).collect();
                return Err(Error::NoKind { name: name(), place: place(), start });
            }
            if found.is_some() {
                return Err(Error::Multiple { name: name(), place: place() });
            }
            as_floats(&mut value);
            found = Some(value);
        }
        let mut document = found.unwrap_or_else(|| Value::Object(Map::new()));
        self.demand_maps(&mut document)?;
        Ok(document)
    }

    /// Parts that must be maps are; null ones are taken away.
    fn demand_maps(&self, document: &mut Value) -> Result<(), Error> {
        for key in ["metadata", "spec"] {
            match document.get(key) {
                Some(Value::Null) => {
                    document.as_object_mut().map(|map| map.shift_remove(key));
                }
                Some(value) if !value.is_object() => {
                    let place = self.position(&[key]).map_or(String::new(), |at| format!(":{}:{}", at.line, at.column));
                    return Err(Error::Part { name: self.label().to_owned(), place, path: key, what: kind_of(value) });
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Where the key at the end of this path stands.
    pub fn position(&self, keys: &[&str]) -> Option<yaml::Position> {
        let documents = yaml::parse_stream(&self.text);
        let document = documents.iter().flatten().find(|document| !document.root().is_null())?;
        let (last, parents) = keys.split_last()?;
        let mut node = document.root();
        for key in parents {
            node = child(node, key)?;
        }
        let start = match node.entry(last) {
            Some((key, _)) => key.span().start,
            None => child(node, last)?.span().start,
        };
        Some(yaml::position(&self.text, start as usize))
    }
}

fn child<'d>(node: yaml::Node<'d>, key: &str) -> Option<yaml::Node<'d>> {
    match key.strip_prefix('[').and_then(|key| key.strip_suffix(']')) {
        Some(index) if node.is_seq() => node.item(index.parse().ok()?),
        _ => node.get(key),
    }
}

/// The line of a mistake with a mark below its column, and what tabs mean if it is indented with them.
fn excerpt(text: &str, line: usize, column: usize) -> String {
    const WIDTH: usize = 72;
    let Some(whole) = line.checked_sub(1).and_then(|at| text.lines().nth(at)) else { return String::new() };
    let before = column.saturating_sub(1);
    let skipped = before.saturating_sub(WIDTH / 2);
    let shown: String = whole.chars().skip(skipped).take(WIDTH).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let number = line.to_string();
    let mark = " ".repeat(before - skipped);
    let indent = whole.len() - whole.trim_start().len();
    let tabs = if whole.get(..indent).is_some_and(|indent| indent.contains('\t')) {
        "\nYAML is indented with spaces, never with tabs"
    } else {
        ""
    };
    format!("\n{number} | {}\n{:width$} | {mark}^{tabs}", shown.trim_end(), "", width = number.len())
}

/// A value's kind, in words.
pub fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(text: &str) -> Result<Value, Error> {
        InputFile { name: "in.yaml".into(), text: text.into() }.document()
    }

    #[test]
    fn one_document_with_a_kind_is_an_operator() {
        for text in ["", "# nothing\n", "---\n# only\n---\n"] {
            assert_eq!(document(text).unwrap(), serde_json::json!({}), "{text:?}");
        }
        let spec = document("# c\n---\nkind: X\nspec: {tag: 2.0}\nmetadata:\n").unwrap();
        assert_eq!(spec, serde_json::json!({"kind": "X", "spec": {"tag": 2}}));
    }

    #[test]
    fn anything_else_is_refused_with_its_place() {
        let texts = ["a: [\n", "- a\n", "spec: {}\n", "kind: 5\n", "kind: A\n---\nkind: B\n", "kind: A\nspec: x\n"];
        let lines: Vec<String> = texts.iter().map(|text| document(text).unwrap_err().to_string()).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
