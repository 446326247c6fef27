//! Kubernetes quantities (`500m`, `1Gi`), brought to the form Kubernetes itself prints.
//!
//! Source: the API reference's grammar of quantities and its rules of canonical form.

use std::fmt;

/// Why a text is not a quantity, in the words Kubernetes uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuantityError {
    Format,
    Suffix,
}

impl fmt::Display for QuantityError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            QuantityError::Format => {
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
            }
            QuantityError::Suffix => "unable to parse quantity's suffix",
        })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Decimal,
    Exponent,
    Binary,
}

const DECIMAL: &[(&str, i64)] =
    &[("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
const BINARY: &[&str] = &["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
/// Amounts with more digits than this are not kept as they are written.
const SHORT: i64 = 18;
/// The finest amount: a nano.
const FINEST: i64 = -9;
/// More digits after the point of a binary quantity than these change nothing.
const BINARY_FRACTION: usize = 16;

/// The form in which Kubernetes prints a quantity: `1000m` is `1`, `1024Mi` is `1Gi`, `0.5` is `500m`.
///
/// A short text of one or more whose number needs no other suffix stays as it is written, signs and zeros included (`+2k`).
/// Amounts finer than a nano are rounded up; binary ones end at the largest 64-bit number.
pub fn canonical(text: &str) -> Result<String, QuantityError> {
    let text = text.trim();
    let written = Written::split(text)?;
    let (family, shift) = suffix_of(written.suffix)?;
    let digits = [written.whole, written.fraction].concat();
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() {
        return Ok("0".to_string());
    }
    let sign = if written.negative { "-" } else { "" };
    if family == Family::Binary {
        return Ok(binary(&written, shift, text, sign));
    }
    let exponent = shift.saturating_sub(count(written.fraction));
    let amount = Decimal::of(digits, exponent);
    let short = !written.whole.is_empty() && count(digits) <= SHORT && exponent >= FINEST;
    if short && amount.digits == digits && amount.exponent == exponent {
        return Ok(text.to_string());
    }
    Ok(format!("{sign}{}", amount.show(family)))
}

fn binary(written: &Written<'_>, step: i64, text: &str, sign: &str) -> String {
    let most = i128::from(i64::MAX);
    let whole = (0..step).try_fold(written.whole.parse::<i128>().unwrap_or(0), |value, _| value.checked_mul(1024));
    let Some(whole) = whole.filter(|_| written.whole.len() <= 30).filter(|value| *value <= most) else {
        return format!("{sign}{most}");
    };
    // A thousand and twenty-four is about three digits; short whole numbers are exact and stay as they are written.
    let exact = written.fraction.is_empty() && 14 - count(written.whole) - step * 3 >= 0;
    if exact && whole % 1024 != 0 && whole >= 1024 && step == 0 {
        return text.to_string();
    }
    if exact && step > 0 && written.whole.parse::<i128>().is_ok_and(|value| value % 1024 != 0) {
        return text.to_string();
    }
    let fraction = written.fraction.get(..BINARY_FRACTION).unwrap_or(written.fraction);
    let scaled = (0..step).fold(fraction.parse::<i128>().unwrap_or(0), |value, _| value.saturating_mul(1024));
    let unit = 10_i128.pow(u32::try_from(fraction.len()).unwrap_or(0));
    let (whole, rest) = (whole + scaled / unit, scaled % unit);
    if rest != 0 || whole < 1024 {
        let digits = format!("{whole}{rest:0width$}", width = fraction.len());
        let digits = if fraction.is_empty() { whole.to_string() } else { digits };
        return format!(
            "{sign}{}",
            Decimal::of(digits.trim_start_matches('0'), -count(fraction)).show(Family::Decimal)
        );
    }
    let (mut value, mut step) = (whole.min(most), 0);
    while value % 1024 == 0 && step + 1 < BINARY.len() {
        value /= 1024;
        step += 1;
    }
    format!("{sign}{value}{}", BINARY[step])
}

/// The parts of a quantity's text.
struct Written<'t> {
    negative: bool,
    /// Without leading zeros.
    whole: &'t str,
    fraction: &'t str,
    suffix: &'t str,
}

impl<'t> Written<'t> {
    fn split(text: &'t str) -> Result<Self, QuantityError> {
        if text.is_empty() {
            return Err(QuantityError::Format);
        }
        let negative = text.starts_with('-');
        let body = text.strip_prefix(['-', '+']).unwrap_or(text).trim_start_matches('0');
        let digits_end = |text: &str| text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
        let (whole, mut rest) = body.split_at(digits_end(body));
        let mut fraction = "";
        if let Some(after) = rest.strip_prefix('.') {
            (fraction, rest) = after.split_at(digits_end(after));
        }
        let after_letters = rest.trim_start_matches(|letter: char| "eEinumkKMGTP".contains(letter));
        let after_sign = after_letters.strip_prefix(['-', '+']).unwrap_or(after_letters);
        match after_sign.bytes().all(|byte| byte.is_ascii_digit()) {
            true => Ok(Written { negative, whole, fraction, suffix: rest }),
            false => Err(QuantityError::Format),
        }
    }
}

fn suffix_of(suffix: &str) -> Result<(Family, i64), QuantityError> {
    if let Some((_, shift)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Ok((Family::Decimal, *shift));
    }
    if let Some(step) = BINARY.iter().position(|name| *name == suffix) {
        return Ok((Family::Binary, i64::try_from(step).unwrap_or(0)));
    }
    let digits = suffix.strip_prefix(['e', 'E']).ok_or(QuantityError::Suffix)?;
    let shift: i32 = digits.parse().map_err(|_| QuantityError::Suffix)?;
    Ok((Family::Exponent, i64::from(shift)))
}

/// `digits · 10^exponent`, the exponent a multiple of three and as large as it can be.
struct Decimal {
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// `digits` have no leading zeros and are not empty. What is finer than a nano rounds up.
    fn of(digits: &str, mut exponent: i64) -> Self {
        let mut kept = digits.to_string();
        if exponent < FINEST {
            let cut = usize::try_from(FINEST - exponent).unwrap_or(usize::MAX);
            let at = digits.len().saturating_sub(cut);
            let (high, low) = digits.split_at(at);
            kept = if low.bytes().all(|byte| byte == b'0') { high.to_string() } else { plus_one(high) };
            exponent = FINEST;
        }
        let plain = kept.trim_end_matches('0');
        exponent = exponent.saturating_add(count(&kept) - count(plain));
        let zeros = exponent.rem_euclid(3);
        let digits = plain.chars().chain((0..zeros).map(|_| '0')).collect();
        Decimal { digits, exponent: exponent - zeros }
    }

    fn show(&self, family: Family) -> String {
        let suffix = match family {
            Family::Exponent if self.exponent == 0 => String::new(),
            Family::Exponent => format!("e{}", self.exponent),
            // Amounts too large for a suffix lose it, as in Kubernetes.
            _ => DECIMAL.iter().find(|(_, shift)| *shift == self.exponent).map_or("", |(name, _)| name).to_string(),
        };
        format!("{}{suffix}", self.digits)
    }
}

fn plus_one(digits: &str) -> String {
    let kept = digits.trim_end_matches('9');
    let zeros = "0".repeat(digits.len() - kept.len());
    match kept.char_indices().last() {
        Some((at, last)) => format!("{}{}{zeros}", kept.get(..at).unwrap_or_default(), ((last as u8) + 1) as char),
        None => format!("1{zeros}"),
    }
}

fn count(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_take_the_form_kubernetes_prints() {
        for (text, want) in [
            ("0", "0"),
            ("1000m", "1"),
            ("1500m", "1500m"),
            ("0.5", "500m"),
            (".5", "500m"),
            ("2", "2"),
            ("1000", "1k"),
            ("1024Mi", "1Gi"),
            ("1536Mi", "1536Mi"),
            ("0.5Gi", "512Mi"),
            ("128974848", "128974848"),
            ("129e6", "129e6"),
            ("1e3", "1e3"),
            ("-100m", "-100m"),
            ("10Ki", "10Ki"),
            ("100Ki", "100Ki"),
            ("0.1n", "1n"),
            ("0.5Ki", "512"),
            ("1.5Ki", "1536"),
            ("+3", "+3"),
            ("00012M", "00012M"),
            ("1.T", "1.T"),
            ("1.0", "1"),
            ("-0m", "0"),
            ("m", "0"),
            ("1000E", "1"),
            ("1e+3", "1e+3"),
            ("1.5e-9", "2e-9"),
            ("100e24", "100e24"),
            ("100Ei", "9223372036854775807"),
            ("-100Ei", "-9223372036854775807"),
            ("1234.5678Ki", "1264197427200u"),
            ("0001024Ki", "1Mi"),
            ("001Pi", "1Pi"),
            ("+1Ti", "+1Ti"),
            ("12345678901234567890", "12345678901234567890"),
            ("9.9999999999", "10"),
        ] {
            assert_eq!(canonical(text).as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused_with_the_reason() {
        assert_eq!(canonical(""), Err(QuantityError::Format));
        assert_eq!(canonical("abc"), Err(QuantityError::Format));
        assert_eq!(canonical("1x"), Err(QuantityError::Format));
        assert_eq!(canonical("1 Gi"), Err(QuantityError::Format));
        assert_eq!(canonical("--1"), Err(QuantityError::Suffix));
        assert_eq!(canonical("1ki"), Err(QuantityError::Suffix));
    }
}
