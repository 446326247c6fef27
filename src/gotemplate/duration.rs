//! Go's durations: `1h30m`, `-0.5s`, `0`; read and written as Go's `time` does. They are kept in nanoseconds, within ±292 years.

use super::quote::quoted;

/// Why a text is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    #[error("time: invalid duration {}", quoted(.0))]
    Invalid(String),
    #[error("time: missing unit in duration {}", quoted(.0))]
    NoUnit(String),
    #[error("time: unknown unit {} in duration {}", quoted(unit), quoted(text))]
    UnknownUnit { unit: String, text: String },
}

const SECOND: u64 = 1_000_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

const UNITS: &[(&str, u64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", SECOND),
    ("m", MINUTE),
    ("h", HOUR),
];

/// The size of the most negative duration; the most positive one is a nanosecond less.
const LIMIT: u64 = 1 << 63;

/// Nanoseconds of a duration.
///
/// # Errors
/// When the text is none, or is beyond the limits.
pub fn parse(text: &str) -> Result<i64, DurationError> {
    let invalid = || DurationError::Invalid(text.to_owned());
    let mut rest = text.strip_prefix(['-', '+']).unwrap_or(text);
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let nanos = term(&mut rest, text)?;
        total = total.checked_add(nanos).filter(|total| *total <= LIMIT).ok_or_else(invalid)?;
    }
    match (text.starts_with('-'), i64::try_from(total)) {
        (true, Ok(total)) => Ok(-total),
        (true, Err(_)) => Ok(i64::MIN),
        (false, total) => total.map_err(|_| invalid()),
    }
}

/// A number and its unit, cut off the front.
fn term(rest: &mut &str, text: &str) -> Result<u64, DurationError> {
    let invalid = || DurationError::Invalid(text.to_owned());
    let whole = digits(rest);
    let fraction = match rest.strip_prefix('.') {
        Some(after) => {
            *rest = after;
            digits(rest)
        }
        None => "",
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err(invalid());
    }
    let end = rest.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(rest.len());
    let (name, after) = rest.split_at(end);
    *rest = after;
    if name.is_empty() {
        return Err(DurationError::NoUnit(text.to_owned()));
    }
    let unknown = || DurationError::UnknownUnit { unit: name.to_owned(), text: text.to_owned() };
    let (_, unit) = UNITS.iter().find(|(unit, _)| *unit == name).ok_or_else(unknown)?;
    let count = whole.bytes().try_fold(0u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
    count
        .and_then(|count| count.checked_mul(*unit).filter(|nanos| *nanos <= LIMIT))
        .and_then(|nanos| nanos.checked_add(part_of(fraction, *unit)))
        .ok_or_else(invalid)
}

/// Cuts the digits off the front.
fn digits<'t>(rest: &mut &'t str) -> &'t str {
    let end = rest.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
    *rest = after;
    digits
}

/// The digits after the point as a share of the unit, cut off below a nanosecond. Go multiplies in floating point, and its rounding
/// shows in long fractions.
fn part_of(fraction: &str, unit: u64) -> u64 {
    let (mut digits, mut scale) = (0u64, 1f64);
    for digit in fraction.bytes().map(|byte| u64::from(byte - b'0')) {
        if digits > (i64::MAX as u64) / 10 {
            break;
        }
        let longer = digits * 10 + digit;
        if longer > 1 << 63 {
            break;
        }
        digits = longer;
        scale *= 10.0;
    }
    (digits as f64 * (unit as f64 / scale)) as u64
}

/// A duration of so many nanoseconds as Go prints it: `1h30m0s`, `1.5s`, `250ms`.
pub fn text(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let total = nanos.unsigned_abs();
    let decimal = |value: u64, unit: u64, name: &str| {
        let (whole, part) = (value / unit, value % unit);
        if part == 0 {
            return format!("{whole}{name}");
        }
        let width = unit.ilog10() as usize;
        format!("{whole}.{}{name}", format!("{part:0width$}").trim_end_matches('0'))
    };
    let text = match total {
        0 => "0s".to_owned(),
        1..1_000 => format!("{total}ns"),
        1_000..1_000_000 => decimal(total, 1_000, "µs"),
        1_000_000..1_000_000_000 => decimal(total, 1_000_000, "ms"),
        _ => {
            let (hours, minutes) = (total / HOUR, total / MINUTE % 60);
            let seconds = decimal(total % MINUTE, SECOND, "s");
            match (hours, minutes) {
                (0, 0) => seconds,
                (0, _) => format!("{minutes}m{seconds}"),
                _ => format!("{hours}h{minutes}m{seconds}"),
            }
        }
    };
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        let cases: &[(&str, Option<i64>)] = &[
            ("1h30m", Some(5_400_000_000_000)),
            ("0.5s", Some(500_000_000)),
            (".5s", Some(500_000_000)),
            ("5.s", Some(5_000_000_000)),
            ("+5s", Some(5_000_000_000)),
            ("-1ms", Some(-1_000_000)),
            ("1us", Some(1_000)),
            ("1µs", Some(1_000)),
            ("0", Some(0)),
            ("-0", Some(0)),
            ("-9223372036854775808ns", Some(i64::MIN)),
            ("9223372036s", Some(9_223_372_036_000_000_000)),
            ("9223372037s", None),
            ("", None),
            ("-", None),
            ("1", None),
            ("1d", None),
            (" 1s", None),
            ("1s ", None),
            (".s", None),
            ("s", None),
            ("0.99999999999s", Some(999_999_999)),
            ("0.9999999999999999999s", Some(1_000_000_000)),
        ];
        for (text, nanos) in cases {
            assert_eq!(parse(text).ok(), *nanos, "{text:?}");
        }
    }

    #[test]
    fn durations_are_printed_as_go_prints_them() {
        for text in ["0s", "1h30m0s", "1.5s", "250ms", "1.5µs", "7ns", "1m0.001s", "-2s", "100h0m0s"] {
            assert_eq!(super::text(parse(text).unwrap()), text);
        }
    }

    #[test]
    fn what_is_wrong_is_told_as_go_tells_it() {
        let told = |text| parse(text).expect_err("no duration").to_string();
        assert_eq!(told("5"), "time: missing unit in duration \"5\"");
        assert_eq!(told("1d"), "time: unknown unit \"d\" in duration \"1d\"");
        assert_eq!(told("abc"), "time: invalid duration \"abc\"");
    }
}
