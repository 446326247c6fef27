//! What an unquoted scalar means: the YAML 1.1 rules of Go's reader, which users' files were written for.
//! `010` is eight, `yes` is true, `1_000` is a thousand, `1:30` and dates stay text.

use serde_json::{Number, Value};

/// The meaning of a plain scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    /// Beyond `i64`, within `u64`.
    Uint(u64),
    /// May be infinite or not a number: those have no JSON form.
    Float(f64),
    Text,
}

/// The value a plain scalar has for Go's tools, as `--set`-like arguments need it: `yes` is true, `010` is 8, `a` is text.
/// Infinities and NaN, which JSON cannot hold, stay text.
pub fn scalar_value(text: &str) -> Value {
    match resolve(text) {
        Scalar::Float(float) if !float.is_finite() => Value::String(text.to_owned()),
        Scalar::Text => Value::String(text.to_owned()),
        scalar => scalar.to_value(),
    }
}

/// Whether the text, written without quotes, would be read back as this very text.
pub fn is_plain_text(text: &str) -> bool {
    resolve(text) == Scalar::Text && !is_timestamp(text)
}

impl Scalar {
    /// The JSON value; null for what JSON cannot hold and for text, whose value is the text itself.
    pub(super) fn to_value(self) -> Value {
        match self {
            Scalar::Bool(bool) => Value::Bool(bool),
            Scalar::Int(int) => Value::from(int),
            Scalar::Uint(int) => Value::from(int),
            Scalar::Float(float) => json_number(float).map_or(Value::Null, Value::Number),
            Scalar::Null | Scalar::Text => Value::Null,
        }
    }
}

/// A float after its way through JSON, where integral floats lose their point and so become integers.
pub(super) fn json_number(float: f64) -> Option<Number> {
    if !float.is_finite() {
        return None;
    }
    if float.fract() == 0.0 && float.abs() < 1e21 {
        if float.abs() < 9_007_199_254_740_992.0 {
            return Some(Number::from(float as i64));
        }
        // Shortest digits padded with zeros, which is what JSON prints, not the exact binary value.
        let digits = float.to_string();
        if let Ok(int) = digits.parse::<i64>() {
            return Some(Number::from(int));
        }
        if let Ok(int) = digits.parse::<u64>() {
            return Some(Number::from(int));
        }
    }
    Number::from_f64(float)
}

/// What a plain scalar means.
pub(super) fn resolve(text: &str) -> Scalar {
    let Some(&first) = text.as_bytes().first() else { return Scalar::Null };
    match first {
        b'0'..=b'9' | b'+' | b'-' => resolve_number(text),
        b'.' => match text {
            ".inf" | ".Inf" | ".INF" => Scalar::Float(f64::INFINITY),
            ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
            _ => decimal_float(text).map_or(Scalar::Text, Scalar::Float),
        },
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' => resolve_word(text),
        _ => Scalar::Text,
    }
}

fn resolve_word(text: &str) -> Scalar {
    match text {
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" | "true" | "True" | "TRUE" => Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" | "false" | "False" | "FALSE" => Scalar::Bool(false),
        _ => Scalar::Text,
    }
}

fn resolve_number(text: &str) -> Scalar {
    match text {
        "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    // Most texts that begin like a number and are none (addresses, versions, durations) end here.
    if !text
        .bytes()
        .all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'_' | b'+' | b'-' | b'.' | b'x' | b'X' | b'o' | b'O'))
    {
        return Scalar::Text;
    }
    let without_underscores;
    let plain = if text.contains('_') {
        without_underscores = text.replace('_', "");
        without_underscores.as_str()
    } else {
        text
    };
    if let Some(int) = integer(plain) {
        return int;
    }
    decimal_float(plain).map_or(Scalar::Text, Scalar::Float)
}

/// An integer with Go's base prefixes: `0x`, `0o`, `0b`, and a bare leading `0` for octal.
fn integer(text: &str) -> Option<Scalar> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let (radix, digits) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, unsigned.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, unsigned.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, unsigned.get(2..)?),
        [b'0', _, ..] => (8, unsigned.get(1..)?),
        _ => (10, unsigned),
    };
    // `from_str_radix` would take another sign.
    if !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return 0_i64.checked_sub_unsigned(magnitude).map(Scalar::Int);
    }
    if let Ok(int) = i64::try_from(magnitude) {
        return Some(Scalar::Int(int));
    }
    // Go reads an unsigned number only without a sign.
    (!text.starts_with('+')).then_some(Scalar::Uint(magnitude))
}

/// A finite decimal float: optional sign, digits with at most one point, optional exponent.
fn decimal_float(text: &str) -> Option<f64> {
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text).as_bytes();
    let whole = skip_digits(&mut rest);
    let mut fraction = 0;
    if let [b'.', tail @ ..] = rest {
        rest = tail;
        fraction = skip_digits(&mut rest);
    }
    if whole + fraction == 0 {
        return None;
    }
    if let [b'e' | b'E', tail @ ..] = rest {
        rest = tail;
        if let [b'+' | b'-', tail @ ..] = rest {
            rest = tail;
        }
        if skip_digits(&mut rest) == 0 {
            return None;
        }
    }
    if !rest.is_empty() {
        return None;
    }
    text.parse().ok().filter(|float: &f64| float.is_finite())
}

fn skip_digits(rest: &mut &[u8]) -> usize {
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    *rest = rest.get(digits..).unwrap_or_default();
    digits
}

/// Whether Go would take the text for a timestamp. It keeps its text, but must be quoted when it is to stay a string.
pub(super) fn is_timestamp(text: &str) -> bool {
    let mut rest = text.as_bytes();
    let Some(year) = number(&mut rest, 4, 4) else { return false };
    let (Some(()), Some(month)) = (byte(&mut rest, b"-"), number(&mut rest, 1, 2)) else { return false };
    let (Some(()), Some(day)) = (byte(&mut rest, b"-"), number(&mut rest, 1, 2)) else { return false };
    if day == 0 || day > days_in(year, month) {
        return false;
    }
    if rest.is_empty() {
        return true;
    }
    let spaced = rest.first() == Some(&b' ');
    if byte(&mut rest, b"Tt ").is_none() {
        return false;
    }
    let Some(hour) = number(&mut rest, 1, 2) else { return false };
    let (Some(()), Some(minute)) = (byte(&mut rest, b":"), number(&mut rest, 1, 2)) else { return false };
    let (Some(()), Some(second)) = (byte(&mut rest, b":"), number(&mut rest, 1, 2)) else { return false };
    if hour > 23 || minute > 59 || second > 59 {
        return false;
    }
    if byte(&mut rest, b".,").is_some() && skip_digits(&mut rest) == 0 {
        return false;
    }
    if spaced {
        return rest.is_empty();
    }
    if rest == b"Z" {
        return true;
    }
    if byte(&mut rest, b"+-").is_none() {
        return false;
    }
    let (Some(hours), Some(()), Some(minutes)) =
        (number(&mut rest, 2, 2), byte(&mut rest, b":"), number(&mut rest, 2, 2))
    else {
        return false;
    };
    hours <= 24 && minutes < 60 && rest.is_empty()
}

/// A base-60 number as YAML 1.1 had them (`1:30`). Go reads them as text but quotes them for other readers.
pub(super) fn is_base60(text: &str) -> bool {
    let mut parts = text.split(':');
    let Some(head) = parts.next() else { return false };
    let head = head.strip_prefix(['-', '+']).unwrap_or(head);
    if !head.starts_with(|c: char| c.is_ascii_digit())
        || !head.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
    {
        return false;
    }
    let mut count = 0;
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        count += 1;
        let digits = match part.split_once('.') {
            Some((digits, fraction))
                if parts.peek().is_none() && fraction.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') =>
            {
                digits
            }
            Some(_) => return false,
            None => part,
        };
        if !matches!(digits.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']) {
            return false;
        }
    }
    count > 0
}

fn number(rest: &mut &[u8], least: usize, most: usize) -> Option<u32> {
    let digits = rest.iter().take(most).take_while(|byte| byte.is_ascii_digit()).count();
    if digits < least {
        return None;
    }
    let (head, tail) = rest.split_at_checked(digits)?;
    *rest = tail;
    Some(head.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

fn byte(rest: &mut &[u8], accepted: &[u8]) -> Option<()> {
    let (first, tail) = rest.split_first()?;
    accepted.contains(first).then(|| *rest = tail)
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn plain_scalars_mean_what_they_mean_to_go() {
        let rows = [
            (json!(true), "y Y yes Yes YES on On ON true True TRUE"),
            (json!(false), "n N no No NO off Off OFF false False FALSE"),
            (json!(null), "~ null Null NULL"),
            (json!(12), "12 +12 1_2 1__2 12_ 0xC 0Xc 0o14 0O14 014 0b1100 12.0 1.2e1 0x_C"),
            (json!(0), "0 -0 +0 00 0x0 0.0 -0.0 0e5"),
            (json!(-31), "-31 -0x1F -037 -0b11111"),
            (json!(8), "08 8. 010"),
            (json!(7.5), "007.5 7.5 75e-1 +7.5 7_.5"),
            (json!(0.5), ".5 +.5 .5e0"),
            (json!(9_223_372_036_854_775_807_i64), "9223372036854775807 0x7fffffffffffffff"),
            (json!(18_446_744_073_709_551_615_u64), "18446744073709551615 0xffffffffffffffff"),
            (json!(1e20), "100000000000000000000 1e20"),
            (json!(1e-7), "1e-7 0.0000001"),
        ];
        for (value, texts) in rows {
            for text in texts.split(' ') {
                assert_eq!(scalar_value(text), value, "{text}");
            }
        }
        assert_eq!(scalar_value(""), json!(null));
    }

    #[test]
    fn what_only_looks_like_something_is_text() {
        let texts = "yEs oN tRue nUll _1 0x 0o8 0b2 09a 1e 1e400 + - . .. ._ = inf nan Infinity 0x1p-2 1:30 190:20:30.15 \
                     2001-01-02 2001-01-02T03:04:05Z 10.0.0.1 1.2.3 5s 100Mi <<";
        for text in texts.split_ascii_whitespace() {
            assert_eq!(scalar_value(text), json!(text));
        }
    }

    #[test]
    fn timestamps_are_told_from_mere_digits() {
        let times = [
            "2001-01-02",
            "2001-1-2",
            "2001-1-2T3:4:5Z",
            "2001-01-02t03:04:05.25+01:00",
            "2001-01-02 03:04:05",
            "2004-02-29",
        ];
        for time in times {
            assert!(is_timestamp(time), "{time}");
        }
        let others = [
            "2001-02-29",
            "2001-13-01",
            "2001-01-02T03:04",
            "2001-01-02 03:04:05Z",
            "01-01-02",
            "2001-01-02T25:00:00Z",
            "2001-01-002",
        ];
        for other in others {
            assert!(!is_timestamp(other), "{other}");
        }
        assert!(["1:30", "-1:30", "190:20:30.15", "0:0"].into_iter().all(is_base60));
        assert!(!["1:99", "a:30", "1:", ":30", "1:30:", "10.1:30"].into_iter().any(is_base60));
    }
}
