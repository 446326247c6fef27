//! `--set PATH=VALUE` and its relatives: reading them and applying them to the user's tree.

use serde_json::{Map, Value};

use super::merge::{brief, number_of};
use super::path::{Path, Selector, Step};
use crate::gotemplate::hexadecimal_float;

/// How the text after `=` becomes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typing {
    /// `--set`: integer, else float, else boolean, else text, by Go's rules.
    Guess,
    /// `--set-string` and, with the text read already, `--set-file`.
    Text,
    /// `--set-json`.
    Json,
}

/// One assignment of the command line.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    /// The word as given, for messages.
    pub word: String,
    /// Below `spec`.
    pub path: Path,
    pub value: Value,
    /// May replace a whole list element, which `--set` never could.
    pub replaces: bool,
}

/// Why an assignment cannot be made.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    #[error("--set {word:?}: there is no `=`; write PATH=VALUE")]
    NoEquals { word: String },
    #[error("--set {word:?}: the path before `=` is empty")]
    NoPath { word: String },
    #[error("--set {word:?}: {value:?} is not a number that YAML or JSON can hold")]
    NotFinite { word: String, value: String },
    #[error("--set-json {word:?}: not JSON: {reason}")]
    Json { word: String, reason: String },
    #[error("--set {word:?}: element {selector} not found in {list}")]
    NoElement { word: String, selector: String, list: String },
    #[error("--set {word:?}: unknown segment {segment}; a list takes [INDEX] or [KEY:VALUE]")]
    Segment { word: String, segment: String },
    #[error("--set {word:?}: {at} is {is}, not a map: nothing can be set below it")]
    NotMap { word: String, at: String, is: String },
    #[error("--set {word:?}: {at} is a list: {key} needs an index or a selector before it")]
    NotIndexed { word: String, at: String, key: String },
    #[error("--set {word:?}: {at} is a map, and {selector} selects in a list")]
    NotList { word: String, at: String, selector: String },
    #[error("--set {word:?}: {at}{selector} exists; `--set` sets what is in an element, `--set-json` replaces it")]
    Element { word: String, at: String, selector: String },
}

/// Texts that are never guessed at, by the start of their path.
const ALWAYS_TEXT: [&str; 6] = [
    "tag",
    "compatibilityVersion",
    "values.compatibilityVersion",
    "values.global.tag",
    "meshConfig.defaultConfig.proxyMetadata.",
    "values.meshConfig.defaultConfig.proxyMetadata.",
];

impl Assignment {
    /// Reads `PATH=VALUE`. The value starts after the first `=`.
    ///
    /// With `strict`, as the reference: a word without `=`, or with two, is all path and its value is empty.
    ///
    /// # Errors
    /// When there is no path, no `=`, or the value is not what `typing` wants.
    pub fn parse(word: &str, typing: Typing, strict: bool) -> Result<Self, Error> {
        let owned = || word.to_owned();
        let whole = strict && typing == Typing::Guess && word.matches('=').count() != 1;
        let (path, text) = match word.split_once('=') {
            _ if whole => (word, ""),
            Some(parts) => parts,
            None => return Err(Error::NoEquals { word: owned() }),
        };
        // Only the end is trimmed: a space before the first key is part of the key.
        let path_text = path.trim_end();
        let path = if strict { Path::parse_cleaned(path_text) } else { Path::parse(path_text) };
        if path.is_empty() || path_text == "/" {
            return Err(Error::NoPath { word: owned() });
        }
        let value = match typing {
            Typing::Text => Value::from(text),
            Typing::Json => {
                serde_json::from_str(text).map_err(|error| Error::Json { word: owned(), reason: error.to_string() })?
            }
            Typing::Guess => typed(path_text, text.trim())
                .ok_or_else(|| Error::NotFinite { word: owned(), value: text.trim().to_owned() })?,
        };
        Ok(Assignment { word: owned(), path, value, replaces: typing != Typing::Guess })
    }

    /// Makes the assignment in the tree of `spec`.
    ///
    /// # Errors
    /// When the path does not fit what is there.
    pub fn apply(&self, spec: &mut Value) -> Result<(), Error> {
        assign(spec, self, 0)
    }

    fn at(&self, depth: usize) -> String {
        Path(self.path.0.get(..depth).unwrap_or_default().to_vec()).to_string()
    }
}

/// A value from the command line, by its path below `spec`. `None` for infinities and NaN.
pub fn typed(path: &str, text: &str) -> Option<Value> {
    if ALWAYS_TEXT.iter().any(|start| path.starts_with(start)) {
        return Some(Value::from(text));
    }
    guess(text)
}

fn guess(text: &str) -> Option<Value> {
    if let Ok(integer) = text.parse::<i64>() {
        return number_of(integer as f64).map(Value::Number);
    }
    match float(text) {
        Some(float) if float.is_finite() => return number_of(float).map(Value::Number),
        Some(_) => return None,
        None => {}
    }
    Some(match text {
        "t" | "T" | "true" | "TRUE" | "True" => Value::Bool(true),
        "f" | "F" | "false" | "FALSE" | "False" => Value::Bool(false),
        _ => Value::from(text.replace("\\,", ",")),
    })
}

/// Go's `ParseFloat`: decimal, single underscores between digits, hexadecimal with a binary exponent, the names of the infinities.
/// Out of range is no float.
fn float(text: &str) -> Option<f64> {
    let (negative, body) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let sign = if negative { -1.0 } else { 1.0 };
    match body.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => return Some(sign * f64::INFINITY),
        "nan" if text.len() == 3 => return Some(f64::NAN),
        _ => {}
    }
    let bytes = body.as_bytes();
    let hexadecimal = matches!(bytes, [b'0', b'x' | b'X', ..]);
    // The prefix counts as a digit, so one underscore may follow it.
    let is_digit = |at: usize, byte: &u8| byte.is_ascii_digit() || hexadecimal && (byte.is_ascii_hexdigit() || at == 1);
    let between_digits = |at: usize| {
        let digit = |at: Option<usize>| at.and_then(|at| Some(is_digit(at, bytes.get(at)?))) == Some(true);
        digit(at.checked_sub(1)) && digit(Some(at + 1))
    };
    if bytes.iter().enumerate().any(|(at, byte)| *byte == b'_' && !between_digits(at)) {
        return None;
    }
    let plain: String = body.chars().filter(|letter| *letter != '_').collect();
    if let Some(hexadecimal) = plain.strip_prefix("0x").or_else(|| plain.strip_prefix("0X")) {
        return hexadecimal_float(hexadecimal).map(|float| sign * float);
    }
    if !plain.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-')) {
        return None;
    }
    plain.parse::<f64>().ok().filter(|float| float.is_finite()).map(|float| sign * float)
}

fn assign(place: &mut Value, assignment: &Assignment, depth: usize) -> Result<(), Error> {
    let Some(step) = assignment.path.0.get(depth) else {
        *place = assignment.value.clone();
        return Ok(());
    };
    match step.0.strip_prefix('[') {
        Some(_) => assign_in_list(place, step, assignment, depth),
        None => assign_in_map(place, step, assignment, depth),
    }
}

fn assign_in_map(place: &mut Value, step: &Step, assignment: &Assignment, depth: usize) -> Result<(), Error> {
    let word = assignment.word.clone();
    if place.is_null() {
        *place = Value::Object(Map::new());
    }
    match place {
        Value::Object(map) => assign(map.entry(step.0.clone()).or_insert(Value::Null), assignment, depth + 1),
        Value::Array(_) => Err(Error::NotIndexed { word, at: assignment.at(depth), key: step.0.clone() }),
        scalar => Err(Error::NotMap { word, at: assignment.at(depth), is: brief(scalar) }),
    }
}

fn assign_in_list(place: &mut Value, step: &Step, assignment: &Assignment, depth: usize) -> Result<(), Error> {
    let word = || assignment.word.clone();
    let at = || assignment.at(depth);
    if place.is_null() {
        *place = Value::Array(Vec::new());
    }
    let selector = step.selector();
    let list = match place {
        Value::Array(list) => list,
        Value::Object(_) => return Err(Error::NotList { word: word(), at: at(), selector: step.0.clone() }),
        scalar => return Err(Error::NotMap { word: word(), at: at(), is: brief(scalar) }),
    };
    let found = match &selector {
        Some(Selector::Index(index)) => usize::try_from(*index).ok().filter(|index| *index < list.len()),
        Some(Selector::Key(key, value)) => {
            let here = list.iter().position(|item| item.get(key).and_then(Value::as_str) == Some(value.as_str()));
            match here {
                Some(here) => Some(here),
                None => return Err(Error::NoElement { word: word(), selector: step.0.clone(), list: at() }),
            }
        }
        Some(Selector::Other(_)) | None => return Err(Error::Segment { word: word(), segment: step.0.clone() }),
    };
    let last = depth + 1 == assignment.path.0.len();
    match found.and_then(|index| list.get_mut(index)) {
        Some(_) if last && !assignment.replaces => {
            Err(Error::Element { word: word(), at: at(), selector: step.0.clone() })
        }
        Some(element) => assign(element, assignment, depth + 1),
        None => {
            let mut element = Value::Null;
            assign(&mut element, assignment, depth + 1)?;
            list.push(element);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(words: &[&str]) -> Result<Value, Error> {
        let mut spec = json!({});
        for word in words {
            Assignment::parse(word, Typing::Guess, false)?.apply(&mut spec)?;
        }
        Ok(spec)
    }

    #[test]
    fn values_are_guessed_as_go_reads_them() {
        let cases = [
            ("007", json!(7)),
            ("+5", json!(5)),
            ("1.50", json!(1.5)),
            ("1e3", json!(1000)),
            ("1_000", json!(1000)),
            ("1__0", json!("1__0")),
            ("_1", json!("_1")),
            ("0x10", json!("0x10")),
            ("0x1p4", json!(16)),
            ("0x_1p0", json!(1)),
            ("1e400", json!("1e400")),
            (".5", json!(0.5)),
            ("5.", json!(5)),
            ("T", json!(true)),
            ("True", json!(true)),
            ("tRUE", json!("tRUE")),
            ("null", json!("null")),
            ("", json!("")),
            ("a\\,b", json!("a,b")),
        ];
        for (text, expected) in cases {
            assert_eq!(guess(text), Some(expected), "{text}");
        }
        for text in ["Inf", "-infinity", "nan"] {
            assert_eq!(guess(text), None, "{text}");
        }
    }

    #[test]
    fn tags_and_proxy_metadata_stay_text() {
        let spec = set(&["tag=1.30", "meshConfig.defaultConfig.proxyMetadata.A=1", "values.global.tag=5"]).unwrap();
        let expected = json!({"tag": "1.30", "meshConfig": {"defaultConfig": {"proxyMetadata": {"A": "1"}}}, "values": {"global": {"tag": "5"}}});
        assert_eq!(spec, expected);
    }

    #[test]
    fn lists_grow_and_are_selected() {
        let spec =
            set(&["a[0].name=x", "a[5].name=y", "a.[name:y].n=1", "a[name:x].m.k=v", "b[-1]=1", "b[9]=2"]).unwrap();
        assert_eq!(spec, json!({"a": [{"name": "x", "m": {"k": "v"}}, {"name": "y", "n": 1}], "b": [1, 2]}));
    }

    #[test]
    fn a_value_may_contain_equals_signs() {
        assert_eq!(set(&["a.b=c=d"]).unwrap(), json!({"a": {"b": "c=d"}}));
        let strict = Assignment::parse("a.b=c=d", Typing::Guess, true).unwrap();
        assert_eq!((strict.path.to_string(), strict.value), ("a.b=c=d".to_owned(), json!("")));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let words: [&[&str]; 10] = [
            &["a"],
            &["=x"],
            &[".=x"],
            &["/=x"],
            &["a=x", "a.b=y"],
            &["a.b=x", "a[0]=y"],
            &["a[0]=x", "a[0]=y"],
            &["a[0]=x", "a.b=y"],
            &["a[name:x].b=1"],
            &["a[zz].b=1"],
        ];
        let messages: Vec<String> = words.iter().map(|words| set(words).unwrap_err().to_string()).collect();
        insta::assert_snapshot!(messages.join("\n"), @r#"
        --set "a": there is no `=`; write PATH=VALUE
        --set "=x": the path before `=` is empty
        --set ".=x": the path before `=` is empty
        --set "/=x": the path before `=` is empty
        --set "a.b=y": a is x, not a map: nothing can be set below it
        --set "a[0]=y": a is a map, and [0] selects in a list
        --set "a[0]=y": a[0] exists; `--set` sets what is in an element, `--set-json` replaces it
        --set "a.b=y": a is a list: b needs an index or a selector before it
        --set "a[name:x].b=1": element [name:x] not found in a
        --set "a[zz].b=1": unknown segment [zz]; a list takes [INDEX] or [KEY:VALUE]
        "#);
    }
}
