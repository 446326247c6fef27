//! Numbers the way Go reads and writes them.

/// Reads an integer literal of Go: optional sign, `0x`, `0o`, `0b` or leading-zero octal, `_` between digits.
pub(super) fn parse_integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix(['+', '-']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, body) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, &lower[2..]),
        [b'0', b'o', ..] => (8, &lower[2..]),
        [b'0', b'b', ..] => (2, &lower[2..]),
        [b'0', _, ..] => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    // An underscore stands between digits, or between the prefix and a digit.
    if body.ends_with('_') || body.contains("__") || (radix == 10 && body.starts_with('_')) {
        return None;
    }
    let plain = body.replace('_', "");
    if plain.is_empty() || plain.starts_with(['+', '-']) {
        return None;
    }
    let value = i128::from_str_radix(&plain, radix).ok()?;
    Some(if negative { -value } else { value })
}

/// Reads a float as `strconv.ParseFloat` does, hexadecimal mantissas and underscores in literals included.
pub(super) fn parse_float(text: &str) -> Option<f64> {
    let (negative, body) = match text.strip_prefix(['+', '-']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    let lower = body.to_ascii_lowercase();
    let value = match lower.as_str() {
        "inf" | "infinity" => f64::INFINITY,
        "nan" => f64::NAN,
        _ => match lower.strip_prefix("0x") {
            Some(hex) => hexadecimal_float(&hex.replace('_', ""))?,
            None => {
                let plain = lower.replace('_', "");
                if !plain.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
                    return None;
                }
                plain.parse::<f64>().ok().filter(|value| value.is_finite())?
            }
        },
    };
    Some(if negative { -value } else { value })
}

/// A hexadecimal float without its `0x`: a mantissa and a binary exponent. Out of range is no float.
pub fn hexadecimal_float(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let exponent: i32 = exponent.parse().ok()?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0.0;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value * 16.0 + f64::from(digit.to_digit(16)?);
    }
    let places = i32::try_from(fraction.len()).ok()?.checked_mul(4)?;
    let value = value * f64::from(exponent.checked_sub(places)?).exp2();
    value.is_finite().then_some(value)
}

/// The shortest decimal digits that read back as the number, and its decimal exponent: `d.ddd × 10^exponent`.
fn shortest(number: f64) -> (String, i32) {
    let text = format!("{:e}", number.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.replace('.', ""), exponent.parse().unwrap_or(0))
}

/// Go's `%v` of a float: shortest digits, in exponent form below 1e-4 and from 1e+06 up.
pub(super) fn go_float(number: f64) -> String {
    if number.is_nan() {
        return "NaN".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.into();
    }
    let (digits, exponent) = shortest(number);
    if !(-4..6).contains(&exponent) {
        return exponent_form(number.is_sign_negative(), &digits, exponent, 'e');
    }
    plain(number)
}

/// Plain decimal digits, as many as needed (`%f` with precision -1).
pub(super) fn plain(number: f64) -> String {
    if number == 0.0 && number.is_sign_negative() { "-0".into() } else { number.to_string() }
}

pub(super) fn exponent_form(negative: bool, digits: &str, exponent: i32, letter: char) -> String {
    let sign = if negative { "-" } else { "" };
    let (first, rest) = digits.split_at(1.min(digits.len()));
    let point = if rest.is_empty() { "" } else { "." };
    let exponent_sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{first}{point}{rest}{letter}{exponent_sign}{:02}", exponent.abs())
}
