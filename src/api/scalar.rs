//! The JSON forms of protobuf scalars: durations in Go's notation, numbers in quotes, base64.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};

use super::schema::Type;
use crate::gotemplate;
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

/// Nanoseconds of a duration in Go's notation. `None` if it is not one.
pub fn duration(text: &str) -> Option<i64> {
    gotemplate::duration::parse(text).ok()
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
}
