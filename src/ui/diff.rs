//! Printing differences between trees, as YAML with an arrow where a value changed.

use std::fmt::Write as _;

use serde_json::Value;

/// A difference at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Line<'a> {
    /// Keys and list selectors from the root.
    pub path: Vec<&'a str>,
    pub old: Option<&'a Value>,
    pub new: Option<&'a Value>,
}

/// The tree of the changed places: unchanged parents once, then `key: old -> new`.
pub fn tree(lines: &[Line<'_>], colour: bool) -> String {
    let mut out = String::new();
    let mut open: Vec<&str> = Vec::new();
    for line in lines {
        let Some((last, parents)) = line.path.split_last() else {
            let _ = writeln!(out, "{}", arrow(line, colour));
            continue;
        };
        let shared = open.iter().zip(parents).take_while(|(a, b)| a == b).count();
        open.truncate(shared);
        for parent in parents.iter().skip(shared) {
            let _ = writeln!(out, "{:indent$}{parent}:", "", indent = open.len() * 2);
            open.push(parent);
        }
        let _ = writeln!(out, "{:indent$}{last}: {}", "", arrow(line, colour), indent = open.len() * 2);
    }
    out
}

fn arrow(line: &Line<'_>, colour: bool) -> String {
    let paint = |code: &str, text: String| if colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text };
    let show = |value: &Value| match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.replace('\n', "\\n"),
        other => other.to_string(),
    };
    let (red, green) = ("31", "32");
    match (line.old, line.new) {
        (Some(old), Some(new)) => format!("{} -> {}", paint(red, show(old)), paint(green, show(new))),
        (Some(old), None) => format!("{} -> <empty> (REMOVED)", paint(red, show(old))),
        (None, Some(new)) => format!("<empty> -> {} (ADDED)", paint(green, show(new))),
        (None, None) => String::new(),
    }
}
