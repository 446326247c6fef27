//! Writes a value as YAML with the very bytes of sigs.k8s.io/yaml: keys in natural order, lists not indented in maps,
//! ambiguous texts in double quotes, long lines folded at 80 columns.

mod json;
mod scalar;
mod style;

use serde_json::{Map, Value};

use super::order::sort_naturally;

pub use json::{Unconverted, from_json};
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
    write(value, Writer::new(out));
}

/// The same, but texts that `taken` takes are left out, to be put in with [`text_into`].
pub fn to_string_without(value: &Value, out: &mut String, taken: Taken) {
    write(value, Writer { out, taken: Some(taken) });
}

/// Told a text, the column its further lines would stand at, and how long the output is before it.
pub type Taken<'t> = &'t mut dyn FnMut(&str, usize, usize) -> bool;

/// Appends a text as a value on the line that was begun; further lines stand at a column.
pub fn text_into(text: &str, column: usize, out: &mut String) {
    scalar::value(out, text, column);
}

fn write(value: &Value, mut writer: Writer) {
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
    taken: Option<Taken<'o>>,
}

impl<'o> Writer<'o> {
    fn new(out: &'o mut String) -> Self {
        Writer { out, taken: None }
    }

    /// The entries of a mapping at a column; with `inline` the first one continues the line.
    fn map(&mut self, map: &Map<String, Value>, column: usize, inline: bool) {
        let mut entries: Vec<(&String, &Value)> = map.iter().collect();
        sort_naturally(&mut entries);
        for (place, (key, value)) in entries.into_iter().enumerate() {
            if place > 0 || !inline {
                self.indent(column);
            }
            self.entry(key, value, column);
        }
    }

    /// An entry of a mapping at a column, from where its line has come to.
    fn entry(&mut self, key: &str, value: &Value, column: usize) {
        if !self.key(key, column) {
            return self.beside(value, column + 2);
        }
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

    /// A key and its colon; whether it stands on one line with them.
    fn key(&mut self, key: &str, column: usize) -> bool {
        let simple = key.len() <= LONGEST_SIMPLE_KEY && !key.contains(style::is_break);
        if simple {
            scalar::key(self.out, key);
        } else {
            self.out.push_str("? ");
            self.text(key, column + 2);
            self.out.push('\n');
            self.indent(column);
        }
        self.out.push(':');
        simple
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
            Value::String(text) => {
                let at = self.out.len();
                if !self.taken.as_mut().is_some_and(|taken| taken(text, column, at)) {
                    self.text(text, column);
                }
            }
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::to_string;

    fn written(text: &str) -> String {
        to_string(&Value::from(text)).trim_end().to_owned()
    }

    #[test]
    fn blocks_have_gos_shape() {
        let value = json!({
            "spec": {"ports": [{"name": "http", "number": 80}, [1, [2, []]], {}], "empty": {}, "none": null},
            "metadata": {"name": "web", "labels": {"app": "web"}},
            "kind": "Service",
            "on": [true, "yes"],
        });
        let expected = "kind: Service\nmetadata:\n  labels:\n    app: web\n  name: web\n\"on\":\n- true\n- \"yes\"\nspec:\n  empty: {}\n  \
                        none: null\n  ports:\n  - name: http\n    number: 80\n  - - 1\n    - - 2\n      - []\n  - {}\n";
        assert_eq!(to_string(&value), expected);
        assert_eq!(
            (to_string(&json!({})), to_string(&json!([])), to_string(&json!(null))),
            ("{}\n".into(), "[]\n".into(), "null\n".into())
        );
    }

    #[test]
    fn texts_take_the_least_noisy_form_that_reads_back() {
        for plain in [
            "it's",
            "a\"b",
            "C:\\x",
            ":a",
            "?a",
            "-a",
            "--",
            "::1",
            "a:b",
            "http://x:80/y",
            "a#b",
            "10.0.0.0/8",
            "0.0.0.0:80",
            "1:99",
            "inf",
            "=",
            "0o8",
            "1e400",
            "é",
        ] {
            assert_eq!(written(plain), plain);
        }
        for single in [
            "*.example.com",
            "{{ .x }}",
            "a: b",
            "a:",
            "#a",
            "- a",
            "-",
            "a ",
            " a",
            "a #b",
            "---",
            "@a",
            "[a",
            "a: it",
        ] {
            assert_eq!(written(single), format!("'{single}'"));
        }
        for double in
            ["true", "y", "on", "null", "~", "0x1F", "1_000", "08", "1:30", "2001-01-02", ".inf", "+1", "", "1e3"]
        {
            assert_eq!(written(double), format!("\"{double}\""));
        }
        assert_eq!(written("'a'"), "'''a'''");
        assert_eq!(written("a\tb"), "\"a\\tb\"");
        assert_eq!(written("\u{1F600}"), "\"\\U0001F600\"");
        assert_eq!(written("a \nb"), "\"a \\nb\"");
        assert_eq!(written("\u{7F}\u{85}\u{2028}"), "\"\\x7F\\N\\L\"");
    }

    #[test]
    fn texts_of_several_lines_are_blocks() {
        assert_eq!(to_string(&json!({"a": "x\ny"})), "a: |-\n  x\n  y\n");
        assert_eq!(to_string(&json!({"a": "x\n\n y\n"})), "a: |\n  x\n\n   y\n");
        assert_eq!(to_string(&json!({"a": "x\n\n"})), "a: |+\n  x\n\n");
        assert_eq!(to_string(&json!({"a": "  x\ny"})), "a: |2-\n    x\n  y\n");
        assert_eq!(to_string(&json!(["\n", ["x\ny\n"]])), "- |2+\n\n- - |\n    x\n    y\n");
    }

    #[test]
    fn keys_that_are_long_or_broken_stand_alone() {
        let long = "k".repeat(129);
        assert_eq!(to_string(&json!({&long: {"a": [1]}})), format!("? {long}\n: a:\n  - 1\n"));
        assert_eq!(to_string(&json!({&long: [1, 2]})), format!("? {long}\n: - 1\n  - 2\n"));
        assert_eq!(to_string(&json!({"a\nb": 1})), "? |-\n  a\n  b\n: 1\n");
        assert_eq!(to_string(&json!({"a\rb": 1})), "? \"a\\rb\"\n: 1\n");
        assert_eq!(to_string(&json!({"<<": 1})), "\"<<\": 1\n");
    }

    #[test]
    fn long_lines_are_folded_at_single_spaces() {
        let words = ["word"; 20].join(" ");
        let folded = |text: &str| to_string(&json!({"k": text}));
        assert_eq!(folded(&words), format!("k: {}\n  {}\n", ["word"; 16].join(" "), ["word"; 4].join(" ")));
        assert_eq!(
            folded(&format!("#{words}")),
            format!("k: '#{}\n  {}'\n", ["word"; 16].join(" "), ["word"; 4].join(" "))
        );
        assert_eq!(folded(&words.replace(' ', "  ")), format!("k: {}\n", words.replace(' ', "  ")));
        assert_eq!(
            folded(&format!("\t{}  end", ["word"; 16].join(" "))),
            format!("k: \"\\t{}\n  \\ end\"\n", ["word"; 16].join(" "))
        );
    }

    #[test]
    fn numbers_are_written_as_go_does() {
        let value = json!([
            1.5,
            1234567.5,
            123456.5,
            1e21,
            1e20,
            1e6,
            1e-5,
            1e-7,
            0.0001,
            -0.0,
            18_446_744_073_709_551_615_u64,
            -3
        ]);
        let expected = "1.5 1.2345675e+06 123456.5 1e+21 1e+20 1000000 1e-05 1e-07 0.0001 0 18446744073709551615 -3";
        assert_eq!(to_string(&value).replace("- ", "").trim_end().replace('\n', " "), expected);
    }
}
