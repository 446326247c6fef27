//! Flag values in Go's spellings: booleans, integers with any base, durations, comma-separated lists.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::gotemplate::duration::{self, DurationError};

/// Go's `strconv.ParseBool`.
pub fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// Go's `strconv.ParseInt(text, 0, 64)`: any base by its prefix, underscores between digits.
///
/// Usable as a clap value parser; the error is Go's sentence.
pub fn parse_int(text: &str) -> Result<i64, String> {
    let syntax = || format!("strconv.ParseInt: parsing \"{text}\": invalid syntax");
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, body) = if let Some(rest) = lower.strip_prefix("0x") {
        (16, rest)
    } else if let Some(rest) = lower.strip_prefix("0b") {
        (2, rest)
    } else if let Some(rest) = lower.strip_prefix("0o") {
        (8, rest)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, lower.as_str())
    };
    let prefixed = base != 10;
    let misplaced =
        body.ends_with('_') || body.contains("__") || (body.starts_with('_') && !prefixed) || body.is_empty();
    if misplaced {
        return Err(syntax());
    }
    let plain: String = body.chars().filter(|c| *c != '_').collect();
    if !plain.chars().all(|c| c.is_digit(base)) {
        return Err(syntax());
    }
    let range = || format!("strconv.ParseInt: parsing \"{text}\": value out of range");
    let size = i128::from_str_radix(&plain, base).map_err(|_| range())?;
    i64::try_from(if negative { -size } else { size }).map_err(|_| range())
}

/// A Go duration such as `1h30m`, `1.5s`, `-2ms`; kept in nanoseconds as Go does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct GoDuration(pub i64);

impl GoDuration {
    /// As a length of time; a negative one is none.
    pub fn to_std(self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0).unwrap_or(0))
    }
}

impl FromStr for GoDuration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        duration::parse(text).map(GoDuration)
    }
}

/// As Go prints it: `1h0m0s`, `1m30s`, `1.5s`, `20ms`, `0s`.
impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&duration::text(self.0))
    }
}

/// The values of a pflag `stringSlice`: every occurrence is one CSV record (`a,"b,c"` is two values, an empty text none).
pub fn csv_values(occurrences: &[String]) -> Result<Vec<String>, String> {
    let mut values = Vec::new();
    for text in occurrences.iter().filter(|text| !text.is_empty()) {
        csv_record(text, &mut values)?;
    }
    Ok(values)
}

fn csv_record(text: &str, values: &mut Vec<String>) -> Result<(), String> {
    let mut rest = text;
    loop {
        if let Some(quoted) = rest.strip_prefix('"') {
            let mut value = String::new();
            let mut tail = quoted;
            loop {
                let Some((part, after)) = tail.split_once('"') else {
                    return Err(format!("{text}: a quoted value is not closed"));
                };
                value.push_str(part);
                match after.strip_prefix('"') {
                    Some(more) => {
                        value.push('"');
                        tail = more;
                    }
                    None => {
                        tail = after;
                        break;
                    }
                }
            }
            values.push(value);
            match tail.strip_prefix(',') {
                Some(more) => rest = more,
                None if tail.is_empty() => return Ok(()),
                None => return Err(format!("{text}: text after a quoted value")),
            }
        } else {
            match rest.split_once(',') {
                Some((value, more)) => {
                    values.push(plain_csv(text, value)?);
                    rest = more;
                }
                None => {
                    values.push(plain_csv(text, rest)?);
                    return Ok(());
                }
            }
        }
    }
}

fn plain_csv(text: &str, value: &str) -> Result<String, String> {
    if value.contains('"') {
        return Err(format!("{text}: a bare quote inside a value"));
    }
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_take_every_base_go_takes() {
        for (text, want) in [("12", 12), ("-3", -3), ("0x10", 16), ("010", 8), ("1_000", 1000), ("0b11", 3), ("0", 0)] {
            assert_eq!(parse_int(text), Ok(want), "{text}");
        }
        for text in ["", "x", "1_", "_1", "1__0", "08", "1.5"] {
            assert_eq!(parse_int(text), Err(format!("strconv.ParseInt: parsing \"{text}\": invalid syntax")));
        }
    }

    #[test]
    fn durations_are_read_and_printed_as_go_does() {
        for (text, want) in [
            ("1h30m", "1h30m0s"),
            ("15s", "15s"),
            ("500ms", "500ms"),
            ("1.5s", "1.5s"),
            ("0", "0s"),
            ("90s", "1m30s"),
            ("-2ms", "-2ms"),
            ("1us", "1µs"),
            ("30m", "30m0s"),
        ] {
            assert_eq!(text.parse::<GoDuration>().map(|d| d.to_string()), Ok(want.to_owned()), "{text}");
        }
    }

    #[test]
    fn string_slices_are_csv() {
        let values = |text: &str| csv_values(&[text.to_owned()]);
        assert_eq!(values(r#"a,"b,c""#), Ok(vec!["a".into(), "b,c".into()]));
        assert_eq!(values("a,,b"), Ok(vec!["a".into(), String::new(), "b".into()]));
        assert_eq!(values(" a, b"), Ok(vec![" a".into(), " b".into()]));
        assert_eq!(values(""), Ok(vec![]));
        assert!(values(r#"a"b"#).is_err());
    }
}
