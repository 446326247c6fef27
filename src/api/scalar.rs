//! The JSON forms of protobuf scalars: durations in Go's notation, numbers in quotes, base64.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

use super::schema::Type;
use crate::yaml::{Kind, Node};

/// Standard base64 with padding; bits that the padding cuts off may be set.
pub const BASE64: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// What is wrong with the form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A JSON value of another type, or a number that does not fit.
    Type,
    /// Text that cannot be read as the value at all.
    Text,
    /// Text that is no duration.
    Duration,
    /// Text that is no value of the enumeration.
    Enum,
}

/// Nanoseconds of a duration in Go's notation (`1h30m`, `-0.5s`), within ±292 years. `None` if it is not one.
pub fn duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    if rest == "0" {
        return Some(0);
    }
    if rest.is_empty() {
        return None;
    }
    let limit: u64 = 1 << 63;
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let whole = digits(&mut rest);
        let fraction = if let Some(after) = rest.strip_prefix('.') {
            rest = after;
            digits(&mut rest)
        } else {
            ""
        };
        if whole.is_empty() && fraction.is_empty() {
            return None;
        }
        let end = rest.bytes().position(|byte| byte == b'.' || byte.is_ascii_digit()).unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end)?;
        let unit = UNITS.iter().find(|(unit, _)| *unit == name)?.1;
        rest = after;
        let mut nanos =
            whole.bytes().try_fold(0u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')))?;
        nanos = nanos.checked_mul(unit).filter(|nanos| *nanos <= limit)?;
        nanos = nanos.checked_add(part_of(fraction, unit))?;
        total = total.checked_add(nanos).filter(|total| *total <= limit)?;
    }
    match (negative, i64::try_from(total)) {
        (true, Ok(total)) => Some(-total),
        (true, Err(_)) => Some(i64::MIN),
        (false, total) => total.ok(),
    }
}

const UNITS: &[(&str, u64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

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

/// A duration as Go prints it: `1h30m0s`, `1.5s`, `250ms`.
pub fn duration_text(nanos: i64) -> String {
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
            let (hours, minutes) = (total / UNITS[7].1, total / UNITS[6].1 % 60);
            let seconds = decimal(total % UNITS[6].1, UNITS[5].1, "s");
            match (hours, minutes) {
                (0, 0) => seconds,
                (0, _) => format!("{minutes}m{seconds}"),
                _ => format!("{hours}h{minutes}m{seconds}"),
            }
        }
    };
    format!("{sign}{text}")
}

/// RFC 3339 as Go reads it: a capital `T` and `Z`, seconds, no leap second.
pub fn is_time(text: &str) -> bool {
    let shape = b"dddd-dd-ddTdd:dd:dd";
    let bytes = text.as_bytes();
    let fits = |(byte, wanted): (&u8, &u8)| if *wanted == b'd' { byte.is_ascii_digit() } else { byte == wanted };
    bytes.len() > shape.len()
        && bytes.iter().zip(shape).all(fits)
        && !bytes.get(17..).is_some_and(|rest| rest.starts_with(b"60"))
        && !text.contains('z')
        && text.parse::<jiff::Timestamp>().is_ok()
}

/// An integer field's value; `None` when a quoted `null` leaves it unset.
pub fn integer(node: Node<'_>, ty: Type) -> Result<Option<i128>, Form> {
    let value = match node.kind() {
        Kind::Int | Kind::Float => whole(node).ok_or(Form::Type)?,
        Kind::Str => match quoted(node.text())? {
            None => return Ok(None),
            Some(_) if node.text().trim_matches(' ') == "-0" => 0,
            Some(number) => number.as_i64().map(i128::from).or(number.as_u64().map(i128::from)).ok_or(Form::Type)?,
        },
        _ => return Err(Form::Type),
    };
    // A zero keeps its sign on the way, unless it was an integer of YAML, and no unsigned number has one.
    let negative_zero = value == 0 && node.kind() != Kind::Int && node.text().trim_start_matches(' ').starts_with('-');
    let fits = match ty {
        Type::Uint32 | Type::Uint64 if negative_zero => false,
        Type::Int32 | Type::Enum(_) => i32::try_from(value).is_ok(),
        Type::Uint32 => u32::try_from(value).is_ok(),
        Type::Int64 => i64::try_from(value).is_ok(),
        _ => u64::try_from(value).is_ok(),
    };
    if fits { Ok(Some(value)) } else { Err(Form::Type) }
}

/// An unquoted number without fraction, `3.0` and `1e2` included.
fn whole(node: Node<'_>) -> Option<i128> {
    node.as_i64().map(i128::from).or_else(|| node.as_u64().map(i128::from))
}

/// A floating-point field's value; `None` when a quoted `null` leaves it unset.
pub fn double(node: Node<'_>) -> Result<Option<f64>, Form> {
    match node.kind() {
        Kind::Int | Kind::Float => node.as_f64().map(Some).ok_or(Form::Type),
        Kind::Str => match node.text() {
            "NaN" => Ok(Some(f64::NAN)),
            "Infinity" => Ok(Some(f64::INFINITY)),
            "-Infinity" => Ok(Some(f64::NEG_INFINITY)),
            text => Ok(quoted(text)?.and_then(|number| number.as_f64())),
        },
        _ => Err(Form::Type),
    }
}

/// The number inside quotes; `None` for a quoted `null`. Of white space only blanks survive, as JSON escapes the rest inside quotes.
fn quoted(text: &str) -> Result<Option<serde_json::Number>, Form> {
    if text.contains(['\t', '\n', '\r']) {
        return Err(Form::Text);
    }
    match serde_json::from_str(text) {
        Ok(serde_json::Value::Null) => Ok(None),
        Ok(serde_json::Value::Number(number)) => Ok(Some(number)),
        Ok(_) => Err(Form::Type),
        Err(_) => Err(Form::Text),
    }
}

/// Whether a scalar has a form its type accepts. Nulls must be handled before.
pub fn check(node: Node<'_>, ty: Type) -> Result<(), Form> {
    match ty {
        Type::Bool => (node.kind() == Kind::Bool).then_some(()).ok_or(Form::Type),
        Type::String => node.as_str().map(|_| ()).ok_or(Form::Type),
        Type::Int32 | Type::Int64 | Type::Uint32 | Type::Uint64 => integer(node, ty).map(|_| ()),
        Type::Double => double(node).map(|_| ()),
        Type::Wrapper(inner) => check(node, *inner),
        Type::Enum(of) => match node.kind() {
            Kind::Str => of.number(node.text()).map(|_| ()).ok_or(Form::Enum),
            Kind::Int | Kind::Float => integer(node, ty).map(|_| ()),
            _ => Err(Form::Type),
        },
        Type::Duration => {
            let text = node.as_str().ok_or(Form::Type)?;
            duration(text).map(|_| ()).ok_or(Form::Duration)
        }
        Type::Bytes => {
            let text = node.as_str().ok_or(Form::Type)?;
            BASE64.decode(text).map(|_| ()).map_err(|_| Form::Text)
        }
        Type::Timestamp => {
            let text = node.as_str().ok_or(Form::Type)?;
            if is_time(text) { Ok(()) } else { Err(Form::Text) }
        }
        Type::Struct => (node.kind() == Kind::Map).then_some(()).ok_or(Form::Type),
        Type::Msg(_) | Type::Map(_) | Type::PortMap(_) => (node.kind() == Kind::Map).then_some(()).ok_or(Form::Type),
        Type::List(_) => (node.kind() == Kind::Seq).then_some(()).ok_or(Form::Type),
    }
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
            assert_eq!(duration(text), *nanos, "{text:?}");
        }
    }

    #[test]
    fn times_are_read_as_go_reads_them() {
        for text in ["2001-01-02T03:04:05Z", "2001-01-02T03:04:05.123456789+01:00", "2000-02-29T00:00:00-00:30"] {
            assert!(is_time(text), "{text}");
        }
        for text in [
            "",
            "2001-01-02",
            "2001-01-02 03:04:05Z",
            "2001-01-02t03:04:05Z",
            "2001-01-02T03:04:05z",
            "2001-01-02T03:04Z",
            "2001-01-02T03:04:05",
            "2001-02-29T00:00:00Z",
            "2001-01-02T24:00:00Z",
            "2001-01-02T23:59:60Z",
        ] {
            assert!(!is_time(text), "{text}");
        }
    }

    #[test]
    fn durations_are_printed_as_go_prints_them() {
        for text in ["0s", "1h30m0s", "1.5s", "250ms", "1.5µs", "7ns", "1m0.001s", "-2s", "100h0m0s"] {
            assert_eq!(duration_text(duration(text).unwrap()), text);
        }
    }
}
