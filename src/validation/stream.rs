//! A whole file: cut into documents as Kubernetes' own reader does, each read strictly and validated.

use rayon::prelude::*;

use super::report::path_of_key;
use super::{Layer, Object, Options, Problem, Severity, validate};
use crate::yaml::{self, Part, Span};

/// What became of one document of a file.
#[derive(Clone, Debug)]
pub struct Validated {
    /// The document's text in the file.
    pub span: Span,
    pub api_version: String,
    pub kind: String,
    /// As written; empty when absent.
    pub namespace: String,
    pub name: String,
    /// Whether the text could be read as YAML at all.
    pub readable: bool,
    /// Spans count from the start of the file.
    pub problems: Vec<Problem>,
}

/// Validates every document of a file. Following the reference, what comes after an unreadable document is not looked at.
pub fn validate_stream(text: &str, options: Options<'_>) -> Vec<Validated> {
    let parts: Vec<Part<'_>> = yaml::split_documents(text).into_iter().filter(|part| !part.text.is_empty()).collect();
    let one = |part: &Part<'_>| validate_part(*part, options);
    let mut all: Vec<Validated> =
        if parts.len() > 16 { parts.par_iter().map(one).collect() } else { parts.iter().map(one).collect() };
    if options.compat
        && let Some(unreadable) = all.iter().position(|document| !document.readable)
    {
        all.truncate(unreadable + 1);
    }
    all
}

fn validate_part(part: Part<'_>, options: Options<'_>) -> Validated {
    if let Some(offset) = stray_marker(part.text) {
        let message = "a line that starts with `---` must end there, or go on with a comment".to_owned();
        return unreadable(part, offset, message);
    }
    let document = match yaml::parse_document(part.text) {
        Ok(document) => document,
        Err(error) => return unreadable(part, error.offset.unwrap_or(0), error.message),
    };
    let root = document.root();
    if !root.is_map() && !root.is_null() {
        return unreadable(part, root.span().start as usize, "a document must be a mapping".to_owned());
    }
    let object = Object::new(root, "");
    let mut validated = Validated {
        span: span_of(part),
        api_version: root.get("apiVersion").and_then(|node| node.as_str()).unwrap_or_default().to_owned(),
        kind: object.kind.to_owned(),
        namespace: object.namespace.to_owned(),
        name: object.name.to_owned(),
        readable: true,
        problems: Vec::new(),
    };
    for duplicate in document.duplicates() {
        let key = document.source(duplicate.key);
        let between = Span { start: duplicate.previous.start, end: duplicate.key.start };
        let hint = match between.of(part.text).matches('\n').count() {
            0 => "the first one is on the same line".to_owned(),
            1 => "the first one is on the line above".to_owned(),
            lines => format!("the first one is {lines} lines above"),
        };
        validated.problems.push(Problem {
            path: path_of_key(root, duplicate.key),
            span: duplicate.key,
            hint,
            ..decode_error(format!("the key {key} is given twice"))
        });
    }
    if let Some(error) = document.strict_error()
        && validated.problems.is_empty()
    {
        let offset = u32::try_from(error.offset.unwrap_or(0)).unwrap_or(0);
        validated.problems.push(Problem { span: Span { start: offset, end: offset }, ..decode_error(error.message) });
    }
    validated.readable = validated.problems.is_empty();
    if validated.readable || !options.compat {
        validated.problems.extend(validate(root, options));
    }
    if !options.compat {
        validated.problems.sort_by_key(|problem| problem.span.start);
    }
    shift(&mut validated.problems, part.offset);
    validated
}

/// Where a line starts with `---` and goes on with other text.
fn stray_marker(text: &str) -> Option<usize> {
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("---") {
            return Some(offset);
        }
        offset += line.len();
    }
    None
}

fn unreadable(part: Part<'_>, offset: usize, message: String) -> Validated {
    let at = u32::try_from(offset).unwrap_or(0);
    let mut problems = vec![Problem { span: Span { start: at, end: at }, ..decode_error(message) }];
    shift(&mut problems, part.offset);
    Validated {
        span: span_of(part),
        api_version: String::new(),
        kind: String::new(),
        namespace: String::new(),
        name: String::new(),
        readable: false,
        problems,
    }
}

fn span_of(part: Part<'_>) -> Span {
    let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
    Span { start: at(part.offset), end: at(part.offset + part.text.len()) }
}

fn decode_error(message: String) -> Problem {
    Problem {
        code: "decode",
        severity: Severity::Error,
        layer: Layer::Decode,
        path: String::new(),
        span: Span::default(),
        message,
        hint: String::new(),
        owner: None,
    }
}

fn shift(problems: &mut [Problem], offset: usize) {
    let offset = u32::try_from(offset).unwrap_or(0);
    for problem in problems {
        problem.span.start += offset;
        problem.span.end += offset;
    }
}
