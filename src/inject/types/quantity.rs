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

const DECIMAL: &[(&str, i32)] =
    &[("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
const BINARY: &[&str] = &["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// The canonical form of a quantity: `1000m` is `1`, `1024Mi` is `1Gi`, `0.5` is `500m`.
///
/// Amounts finer than a nano are rounded up; amounts beyond 128 bits keep the text they were written as.
pub fn canonical(text: &str) -> Result<String, QuantityError> {
    let (negative, whole, fraction, suffix) = split(text)?;
    let (family, shift) = suffix_of(suffix)?;
    let digits: String = whole.chars().chain(fraction.chars()).collect();
    let Ok(mut amount) = digits
        .trim_start_matches('0')
        .parse::<i128>()
        .or_else(|error| if digits.bytes().all(|byte| byte == b'0') { Ok(0) } else { Err(error) })
    else {
        return Ok(text.to_string());
    };
    let mut exponent = -i32::try_from(fraction.len()).unwrap_or(i32::MAX);
    match family {
        Family::Binary => {
            for _ in 0..shift {
                match amount.checked_mul(1024) {
                    Some(product) => amount = product,
                    None => return Ok(text.to_string()),
                }
            }
        }
        Family::Decimal | Family::Exponent => exponent = exponent.saturating_add(shift),
    }
    if amount == 0 {
        return Ok("0".to_string());
    }
    while exponent < -9 {
        let rest = amount % 10;
        amount = amount / 10 + i128::from(rest != 0);
        exponent += 1;
        if amount == 1 && exponent < -40 {
            exponent = -9;
        }
    }
    let sign = if negative { "-" } else { "" };
    let whole_value = power(amount, exponent);
    match family {
        Family::Binary if whole_value.is_none_or(|value| value >= 1024) => {
            let Some(mut value) = whole_value.or_else(|| rounded_up(amount, exponent)) else {
                return Ok(text.to_string());
            };
            if value < 1024 {
                return Ok(format!("{sign}{}", decimal(amount, exponent, Family::Decimal)));
            }
            let mut step = 0;
            while value % 1024 == 0 && step + 1 < BINARY.len() {
                value /= 1024;
                step += 1;
            }
            Ok(format!("{sign}{value}{}", BINARY[step]))
        }
        Family::Binary => Ok(format!("{sign}{}", decimal(amount, exponent, Family::Decimal))),
        _ => Ok(format!("{sign}{}", decimal(amount, exponent, family))),
    }
}

/// Splits a quantity into sign, whole digits, fraction digits and suffix.
fn split(text: &str) -> Result<(bool, &str, &str, &str), QuantityError> {
    let (negative, body) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = body.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(body.len());
    let (whole, mut rest) = body.split_at(end);
    let mut fraction = "";
    if let Some(after) = rest.strip_prefix('.') {
        let end = after.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(after.len());
        (fraction, rest) = after.split_at(end);
    }
    if whole.is_empty() && fraction.is_empty() {
        return Err(QuantityError::Format);
    }
    Ok((negative, whole, fraction, rest))
}

fn suffix_of(suffix: &str) -> Result<(Family, i32), QuantityError> {
    if let Some((_, shift)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Ok((Family::Decimal, *shift));
    }
    if let Some(step) = BINARY.iter().position(|name| *name == suffix) {
        return Ok((Family::Binary, i32::try_from(step).unwrap_or(0)));
    }
    let digits = suffix.strip_prefix(['e', 'E']).ok_or_else(|| {
        let letters = suffix.trim_end_matches(|letter: char| letter.is_ascii_digit()).trim_end_matches(['-', '+']);
        let known = letters.chars().all(|letter| "eEinumkKMGTP".contains(letter));
        if known { QuantityError::Suffix } else { QuantityError::Format }
    })?;
    let shift: i32 = digits.strip_prefix('+').unwrap_or(digits).parse().map_err(|_| QuantityError::Suffix)?;
    if shift.abs() > 1000 {
        return Err(QuantityError::Suffix);
    }
    Ok((Family::Exponent, shift))
}

/// `amount · 10^exponent` if it is a whole number that fits.
fn power(mut amount: i128, mut exponent: i32) -> Option<i128> {
    while exponent > 0 {
        amount = amount.checked_mul(10)?;
        exponent -= 1;
    }
    while exponent < 0 {
        if amount % 10 != 0 {
            return None;
        }
        amount /= 10;
        exponent += 1;
    }
    Some(amount)
}

fn rounded_up(amount: i128, exponent: i32) -> Option<i128> {
    let divisor = 10i128.checked_pow(u32::try_from(-exponent).ok()?)?;
    Some(amount / divisor + i128::from(amount % divisor != 0))
}

fn decimal(mut amount: i128, mut exponent: i32, family: Family) -> String {
    while amount % 10 == 0 {
        amount /= 10;
        exponent += 1;
    }
    while exponent.rem_euclid(3) != 0 {
        let Some(product) = amount.checked_mul(10) else { break };
        amount = product;
        exponent -= 1;
    }
    let suffix = DECIMAL.iter().find(|(_, shift)| *shift == exponent).map(|(name, _)| *name);
    match (family, suffix) {
        (Family::Exponent, _) if exponent == 0 => amount.to_string(),
        (Family::Exponent, _) | (_, None) => format!("{amount}e{exponent}"),
        (_, Some(suffix)) => format!("{amount}{suffix}"),
    }
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
            ("+3", "3"),
        ] {
            assert_eq!(canonical(text).as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused_with_the_reason() {
        assert_eq!(canonical(""), Err(QuantityError::Format));
        assert_eq!(canonical("abc"), Err(QuantityError::Format));
        assert_eq!(canonical("1x"), Err(QuantityError::Format));
        assert_eq!(canonical("1ki"), Err(QuantityError::Suffix));
    }
}
