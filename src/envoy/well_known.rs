//! The values whose JSON form is their own: durations, timestamps, floats, bytes.

use std::ops::RangeInclusive;

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use jiff::{SignedDuration, civil};

/// Seconds that a duration may have, either way.
const LONGEST_DURATION: i64 = 315_576_000_000;

/// Reads `1.5s` as seconds and nanoseconds, both with the sign of the whole.
pub fn parse_duration(text: &str) -> Option<(i64, i32)> {
    let rest = text.strip_suffix('s')?;
    let (negative, rest) = rest.strip_prefix('-').map_or((false, rest), |rest| (true, rest));
    let rest = if negative { rest } else { rest.strip_prefix('+').unwrap_or(rest) };
    let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let seconds: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let nanos: i32 = format!("{fraction:0<9}").parse().ok()?;
    if seconds > LONGEST_DURATION || (seconds == LONGEST_DURATION && nanos > 0) {
        return None;
    }
    Some(if negative { (-seconds, -nanos) } else { (seconds, nanos) })
}

/// Writes a duration with 0, 3, 6 or 9 decimals.
pub fn format_duration(seconds: i64, nanos: i32) -> String {
    let sign = if seconds < 0 || nanos < 0 { "-" } else { "" };
    format!("{sign}{}{}s", seconds.unsigned_abs(), decimals(nanos.unsigned_abs()))
}

/// The first and the last second that a timestamp may name: the years 1 to 9999, to their ends.
const TIMES: RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// Reads an RFC 3339 time as seconds since 1970 and nanoseconds. Certificates that never end name the last second of
/// 9999, which a time with a zone cannot hold in `jiff`; so this reckons with civil dates.
pub fn parse_timestamp(text: &str) -> Option<(i64, i32)> {
    let (date, rest) = text.split_at_checked("2006-01-02".len())?;
    let (time, rest) = rest.strip_prefix('T')?.split_at_checked("15:04:05".len())?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let date = civil::Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    let (nanos, zone) = match rest.strip_prefix('.') {
        Some(rest) => {
            let end = rest.find(|letter: char| !letter.is_ascii_digit()).filter(|end| (1..=9).contains(end))?;
            let (fraction, zone) = rest.split_at_checked(end)?;
            (format!("{fraction:0<9}").parse().ok()?, zone)
        }
        None => (0, rest),
    };
    let day_start = date.duration_since(civil::date(1970, 1, 1)).as_secs();
    let seconds = day_start + seconds_of(hour, minute) + i64::from(second) - offset(zone)?;
    TIMES.contains(&seconds).then_some((seconds, nanos))
}

/// How far a zone such as `Z` or `+01:00` is ahead of UTC, in seconds.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, rest) = zone.split_at_checked(1)?;
    let [hours, minutes] = numbers(rest, ':', [2, 2])?;
    let seconds = seconds_of(hours, minutes);
    match sign {
        _ if hours > 24 || minutes > 60 => None,
        "+" => Some(seconds),
        "-" => Some(-seconds),
        _ => None,
    }
}

fn seconds_of(hours: i16, minutes: i16) -> i64 {
    i64::from(hours) * 3600 + i64::from(minutes) * 60
}

/// Numbers of as many digits as `lengths` says.
fn numbers<const N: usize>(text: &str, between: char, lengths: [usize; N]) -> Option<[i16; N]> {
    let mut numbers = [0; N];
    let mut parts = text.split(between);
    for (number, length) in numbers.iter_mut().zip(lengths) {
        let part = parts.next().filter(|part| part.len() == length && part.bytes().all(|b| b.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// Writes a time in UTC with 0, 3, 6 or 9 decimals; one that no calendar has as its seconds.
pub fn format_timestamp(seconds: i64, nanos: i32) -> String {
    let epoch = civil::date(1970, 1, 1).at(0, 0, 0, 0);
    let Ok(time) = epoch.checked_add(SignedDuration::from_secs(seconds)) else { return format!("{seconds}s") };
    let whole = time.strftime("%Y-%m-%dT%H:%M:%S");
    format!("{whole}{}Z", decimals(nanos.unsigned_abs()))
}

fn decimals(nanos: u32) -> String {
    match nanos {
        0 => String::new(),
        n if n % 1_000_000 == 0 => format!(".{:03}", n / 1_000_000),
        n if n % 1_000 == 0 => format!(".{:06}", n / 1_000),
        n => format!(".{n:09}"),
    }
}

/// Writes a float as Go's JSON does: the shortest digits that read back the same, with an exponent below 1e-6 and from 1e21.
pub fn format_double(number: f64) -> String {
    shortest(number.is_finite(), &format!("{number:e}"), number)
}

/// The same for a float of 32 bits.
pub fn format_float(number: f32) -> String {
    shortest(number.is_finite(), &format!("{number:e}"), number.into())
}

fn shortest(finite: bool, scientific: &str, number: f64) -> String {
    if !finite {
        let name = if number.is_nan() {
            "NaN"
        } else if number > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        };
        return format!("\"{name}\"");
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number != 0.0 && !(-6..21).contains(&exponent) {
        let sign = if exponent < 0 { "-" } else { "+" };
        let digits = exponent.unsigned_abs();
        // Two digits at least for positive exponents; a negative one loses its leading zero.
        return if exponent < 0 {
            format!("{mantissa}e{sign}{digits}")
        } else {
            format!("{mantissa}e{sign}{digits:02}")
        };
    }
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let point = 1 + exponent;
    match usize::try_from(point) {
        Ok(point) if point >= digits.len() => format!("{sign}{digits:0<point$}"),
        Ok(point) if point > 0 => {
            let (before, after) = digits.split_at(point);
            format!("{sign}{before}.{after}")
        }
        _ => format!("{sign}0.{}{digits}", "0".repeat(usize::try_from(-point).unwrap_or(0))),
    }
}

/// Reads base64 in either alphabet, padded or not.
pub fn parse_bytes(text: &str) -> Option<Vec<u8>> {
    const LAX: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LAX);
    const URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LAX);
    let engine = if text.contains(['-', '_']) { URL } else { STANDARD };
    engine.decode(text).ok()
}

/// Writes bytes in padded base64.
pub fn format_bytes(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let again = |text: &str| parse_duration(text).map(|(seconds, nanos)| format_duration(seconds, nanos));
        let cases = [
            ("10s", Some("10s")),
            ("0.25s", Some("0.250s")),
            ("-0.5s", Some("-0.500s")),
            ("1.000000001s", Some("1.000000001s")),
            ("1.0000000001s", None),
            ("1", None),
            (".s", None),
            ("315576000001s", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(again(text).as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn timestamps() {
        let again = |text: &str| parse_timestamp(text).map(|(seconds, nanos)| format_timestamp(seconds, nanos));
        assert_eq!(again("2024-02-29T23:59:59.5+01:00").as_deref(), Some("2024-02-29T22:59:59.500Z"));
        assert_eq!(again("1969-12-31T23:59:59.999999999Z").as_deref(), Some("1969-12-31T23:59:59.999999999Z"));
        assert_eq!(again("9999-12-31T23:59:59Z").as_deref(), Some("9999-12-31T23:59:59Z"));
        assert_eq!(again("0001-01-01T00:00:00.12Z").as_deref(), Some("0001-01-01T00:00:00.120Z"));
        for text in [
            "yesterday",
            "2024-01-01t00:00:00Z",
            "2024-01-01T00:00:00z",
            "2024-01-01 00:00:00Z",
            "2024-01-01T00:00:00",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00.0000000001Z",
            "2023-02-29T00:00:00Z",
            "0001-01-01T00:00:00+00:01",
            "2024-01-01T00:00:00Z[UTC]",
        ] {
            assert_eq!(again(text), None, "{text}");
        }
    }

    #[test]
    fn floats() {
        let cases = [
            (1e21, "1e+21"),
            (1e-7, "1e-7"),
            (1e-6, "0.000001"),
            (-0.0, "-0"),
            (1_234_567.5, "1234567.5"),
            (12_345_678_901_234_567_890.0, "12345678901234567000"),
            (0.1, "0.1"),
            (1.5e-10, "1.5e-10"),
        ];
        for (number, wanted) in cases {
            assert_eq!(format_double(number), wanted);
        }
        assert_eq!(format_float(0.1), "0.1");
    }
}
