//! Writes a value as YAML with the very bytes of sigs.k8s.io/yaml: keys in natural order, lists not indented in maps,
//! ambiguous texts in double quotes, long lines folded at 80 columns.

mod scalar;
mod style;

use serde_json::{Map, Value};

use super::order::natural_cmp;

pub(super) use scalar::go_float;

/// A key longer than this many bytes, or with a line break, is written in the form `? key`.
const LONGEST_SIMPLE_KEY: usize = 128;

/// The value as a YAML document, ending in a line break, without markers.
pub fn to_string(value: &Value) -> String {
    let mut out = String::new();
    to_string_into(value, &mut out);
    out
}

/// Appends the value as a YAML document; `out` must be empty or end in a line break.
pub fn to_string_into(value: &Value, out: &mut String) {
    let mut writer = Writer { out };
    match value {
        Value::Object(map) if !map.is_empty() => writer.map(map, 0, false),
        Value::Array(items) if !items.is_empty() => writer.seq(items, 0, false),
        scalar => {
            writer.scalar(scalar, 2);
            writer.out.push('\n');
        }
    }
}

struct Writer<'o> {
    out: &'o mut String,
}

impl Writer<'_> {
    /// The entries of a mapping at a column; with `inline` the first one continues the line.
    fn map(&mut self, map: &Map<String, Value>, column: usize, inline: bool) {
        let mut entries: Vec<(&String, &Value)> = map.iter().collect();
        if !entries.is_sorted_by(|a, b| natural_cmp(a.0, b.0).is_le()) {
            entries.sort_by(|a, b| natural_cmp(a.0, b.0));
        }
        for (place, (key, value)) in entries.into_iter().enumerate() {
            if place > 0 || !inline {
                self.indent(column);
            }
            if key.len() > LONGEST_SIMPLE_KEY || key.contains(style::is_break) {
                self.out.push_str("? ");
                self.text(key, column + 2);
                self.out.push('\n');
                self.indent(column);
                self.out.push_str(":");
                self.beside(value, column + 2);
                continue;
            }
            scalar::key(self.out, key);
            self.out.push(':');
            match value {
                Value::Object(map) if !map.is_empty() => {
                    self.out.push('\n');
                    self.map(map, column + 2, false);
                }
                Value::Array(items) if !items.is_empty() => {
                    self.out.push('\n');
                    self.seq(items, column, false);
                }
                scalar => {
                    self.out.push(' ');
                    self.scalar(scalar, column + 2);
                    self.out.push('\n');
                }
            }
        }
    }

    fn seq(&mut self, items: &[Value], column: usize, inline: bool) {
        for (place, item) in items.iter().enumerate() {
            if place > 0 || !inline {
                self.indent(column);
            }
            self.out.push('-');
            self.beside(item, column + 2);
        }
    }

    /// A value that begins on the line of its indicator, its content at a column.
    fn beside(&mut self, value: &Value, column: usize) {
        self.out.push(' ');
        match value {
            Value::Object(map) if !map.is_empty() => self.map(map, column, true),
            Value::Array(items) if !items.is_empty() => self.seq(items, column, true),
            scalar => {
                self.scalar(scalar, column);
                self.out.push('\n');
            }
        }
    }

    /// A scalar or an empty container, whose further lines stand at a column.
    fn scalar(&mut self, value: &Value, column: usize) {
        match value {
            Value::Null => self.out.push_str("null"),
            Value::Bool(true) => self.out.push_str("true"),
            Value::Bool(false) => self.out.push_str("false"),
            Value::Number(number) => scalar::number(self.out, number),
            Value::String(text) => self.text(text, column),
            Value::Array(_) => self.out.push_str("[]"),
            Value::Object(_) => self.out.push_str("{}"),
        }
    }

    fn text(&mut self, text: &str, column: usize) {
        scalar::value(self.out, text, column);
    }

    fn indent(&mut self, column: usize) {
        indent(self.out, column);
    }
}

fn indent(out: &mut String, column: usize) {
    const BLANKS: &str = "                                                                ";
    let mut left = column;
    while left > 0 {
        let step = left.min(BLANKS.len());
        out.push_str(BLANKS.get(..step).unwrap_or_default());
        left -= step;
    }
}
