//! `fmt.Sprintf`: Go's verbs, flags, widths, argument indexes, and the marks it leaves for wrong arguments.

use std::fmt::Write as _;

use super::number;
use super::print;
use super::quote;
use super::value::{MAX_NESTING, Value};

/// Widths and precisions beyond this are refused, as Go does.
const MAX_WIDTH: usize = 1_000_000;

/// The text of `fmt.Sprintf`.
pub fn sprintf(format: &str, args: &[Value]) -> String {
    let mut printer = Printer { out: String::new(), args, next: 0, reordered: false, bad_index: false };
    printer.run(format);
    printer.out
}

#[derive(Clone, Copy, Default)]
struct Spec {
    plus: bool,
    minus: bool,
    sharp: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

struct Printer<'a> {
    out: String,
    args: &'a [Value],
    next: usize,
    reordered: bool,
    bad_index: bool,
}

impl Printer<'_> {
    fn run(&mut self, format: &str) {
        let mut rest = format;
        while let Some(at) = rest.find('%') {
            self.out.push_str(&rest[..at]);
            rest = self.verb(&rest[at + 1..]);
        }
        self.out.push_str(rest);
        if !self.reordered && self.next < self.args.len() {
            self.out.push_str("%!(EXTRA ");
            for (at, arg) in self.args[self.next..].iter().enumerate() {
                if at > 0 {
                    self.out.push_str(", ");
                }
                if arg.is_nil() {
                    self.out.push_str("<nil>");
                } else {
                    let _ = write!(self.out, "{}={}", arg.type_name(), print::to_string(arg));
                }
            }
            self.out.push(')');
        }
    }

    /// Formats the verb at the start of `rest` (after its `%`) and gives back what follows it.
    fn verb<'f>(&mut self, rest: &'f str) -> &'f str {
        let (mut spec, rest) = self.spec(rest);
        let mut chars = rest.chars();
        let Some(verb) = chars.next() else {
            self.out.push_str("%!(NOVERB)");
            return "";
        };
        spec.zero &= !spec.minus;
        // `%+v` asks structs for field names; numbers get no sign.
        spec.plus &= verb != 'v';
        if verb == '%' {
            self.out.push('%');
        } else if self.bad_index {
            let _ = write!(self.out, "%!{verb}(BADINDEX)");
        } else {
            match self.args.get(self.next) {
                None => {
                    let _ = write!(self.out, "%!{verb}(MISSING)");
                }
                Some(arg) => {
                    self.next += 1;
                    format_value(&mut self.out, verb, spec, arg, 0);
                }
            }
        }
        chars.as_str()
    }

    /// What stands between `%` and the verb: flags, width, precision, argument indexes.
    fn spec<'f>(&mut self, rest: &'f str) -> (Spec, &'f str) {
        let (mut spec, mut rest) = flags(rest);
        self.bad_index = false;
        let mut after_index = false;
        rest = self.index(rest, &mut after_index);
        if let Some(after) = rest.strip_prefix('*') {
            rest = after;
            match self.star() {
                Some(width) => {
                    spec.minus |= width < 0;
                    spec.width = Some(width.unsigned_abs() as usize);
                }
                None => self.out.push_str("%!(BADWIDTH)"),
            }
            after_index = false;
        } else {
            (spec.width, rest) = digits(rest);
            self.bad_index |= spec.width.is_some() && after_index;
        }
        if let Some(after) = rest.strip_prefix('.') {
            self.bad_index |= after_index;
            rest = self.index(after, &mut after_index);
            if let Some(after) = rest.strip_prefix('*') {
                rest = after;
                match self.star() {
                    Some(precision) => spec.precision = usize::try_from(precision).ok(),
                    None => self.out.push_str("%!(BADPREC)"),
                }
                after_index = false;
            } else {
                let (precision, after) = digits(rest);
                spec.precision = Some(precision.unwrap_or(0));
                rest = after;
            }
        }
        if !after_index {
            rest = self.index(rest, &mut after_index);
        }
        (spec, rest)
    }

    /// An explicit argument index `[n]`.
    fn index<'f>(&mut self, rest: &'f str, found: &mut bool) -> &'f str {
        let Some(inner) = rest.strip_prefix('[') else {
            return rest;
        };
        self.reordered = true;
        let Some(end) = inner.find(']') else {
            self.bad_index = true;
            return inner;
        };
        *found = true;
        match inner[..end].parse::<usize>() {
            Ok(number) if number >= 1 && number <= self.args.len() => self.next = number - 1,
            _ => self.bad_index = true,
        }
        &inner[end + 1..]
    }

    fn star(&mut self) -> Option<i64> {
        let arg = self.args.get(self.next)?;
        self.next += 1;
        arg.as_int().filter(|number| number.unsigned_abs() <= MAX_WIDTH as u64)
    }
}

/// The flags a verb begins with.
fn flags(text: &str) -> (Spec, &str) {
    let mut spec = Spec::default();
    let mut chars = text.chars();
    loop {
        let rest = chars.as_str();
        match chars.next() {
            Some('+') => spec.plus = true,
            Some('-') => spec.minus = true,
            Some('#') => spec.sharp = true,
            Some(' ') => spec.space = true,
            Some('0') => spec.zero = true,
            _ => return (spec, rest),
        }
    }
}

fn digits(text: &str) -> (Option<usize>, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    match text[..end].parse::<usize>() {
        Ok(number) if number <= MAX_WIDTH => (Some(number), &text[end..]),
        _ => (None, &text[end..]),
    }
}

fn format_value(out: &mut String, verb: char, spec: Spec, value: &Value, depth: usize) {
    if depth > MAX_NESTING {
        out.push('…');
        return;
    }
    match (verb, value) {
        ('T', _) => pad(out, spec, value.type_name()),
        ('v', Value::Nil) if depth == 0 => pad(out, spec, "<nil>"),
        (_, Value::Nil) if depth > 0 => out.push_str("<nil>"),
        (_, Value::Nil) => {
            let _ = write!(out, "%!{verb}(<nil>)");
        }
        ('v', _) if spec.sharp => go_syntax(out, value, depth),
        (_, Value::Bool(value)) if matches!(verb, 't' | 'v') => pad(out, spec, if *value { "true" } else { "false" }),
        (_, Value::Int(number) | Value::Sized(number, _)) => integer(out, verb, spec, *number, value),
        (_, Value::Float(number)) => float(out, verb, spec, *number, value),
        (_, Value::Str(text)) => string(out, verb, spec, text, value),
        (_, Value::Bytes(bytes)) => match verb {
            's' | 'q' | 'x' | 'X' => string(out, verb, spec, &String::from_utf8_lossy(bytes), value),
            _ => {
                let items: Vec<Value> = bytes.iter().map(|byte| Value::Int(i64::from(*byte))).collect();
                sequence(out, verb, spec, &items, depth);
            }
        },
        (_, Value::List(list)) => sequence(out, verb, spec, list.items(), depth),
        (_, Value::Map(map)) => {
            out.push_str("map[");
            for (at, (key, item)) in map.entries().iter().enumerate() {
                if at > 0 {
                    out.push(' ');
                }
                format_value(out, verb, spec, &Value::Str(key.clone()), depth + 1);
                out.push(':');
                format_value(out, verb, spec, item, depth + 1);
            }
            out.push(']');
        }
        (_, Value::Object(object)) => match verb {
            'v' => pad(out, spec, &object.print()),
            's' | 'q' | 'x' | 'X' => string(out, verb, spec, &object.print(), value),
            _ => bad_verb(out, verb, value),
        },
        _ => bad_verb(out, verb, value),
    }
}

fn sequence(out: &mut String, verb: char, spec: Spec, items: &[Value], depth: usize) {
    out.push('[');
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        format_value(out, verb, spec, item, depth + 1);
    }
    out.push(']');
}

fn bad_verb(out: &mut String, verb: char, value: &Value) {
    let _ = write!(out, "%!{verb}({}={})", value.type_name(), print::to_string(value));
}

/// Pads with blanks (zeros go between sign and digits, which numbers do themselves).
fn pad(out: &mut String, spec: Spec, text: &str) {
    let missing = spec.width.unwrap_or(0).saturating_sub(text.chars().count());
    if spec.minus {
        out.push_str(text);
        out.extend(std::iter::repeat_n(' ', missing));
    } else {
        out.extend(std::iter::repeat_n(if spec.zero { '0' } else { ' ' }, missing));
        out.push_str(text);
    }
}

fn string(out: &mut String, verb: char, spec: Spec, text: &str, value: &Value) {
    let cut: String = match spec.precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text.to_owned(),
    };
    match verb {
        's' | 'v' => pad(out, spec, &cut),
        'q' => {
            let mut quoted = String::new();
            if spec.sharp && !cut.contains(['`', '\n', '\r']) && cut.chars().all(|c| c == '\t' || !c.is_control()) {
                let _ = write!(quoted, "`{cut}`");
            } else {
                quote::push_quoted(&mut quoted, &cut, '"', spec.plus);
            }
            pad(out, spec, &quoted);
        }
        'x' | 'X' => {
            let bytes = text.as_bytes();
            let bytes = &bytes[..spec.precision.unwrap_or(bytes.len()).min(bytes.len())];
            let mut hex = String::with_capacity(bytes.len() * 2);
            for (at, byte) in bytes.iter().enumerate() {
                if spec.space && at > 0 {
                    hex.push(' ');
                }
                if spec.sharp && (spec.space || at == 0) {
                    hex.push_str(if verb == 'x' { "0x" } else { "0X" });
                }
                let _ = if verb == 'x' { write!(hex, "{byte:02x}") } else { write!(hex, "{byte:02X}") };
            }
            pad(out, spec, &hex);
        }
        _ => bad_verb(out, verb, value),
    }
}

fn integer(out: &mut String, verb: char, spec: Spec, number: i64, value: &Value) {
    let magnitude = number.unsigned_abs();
    let (prefix, digits) = match verb {
        'd' | 'v' => ("", magnitude.to_string()),
        'b' => (if spec.sharp { "0b" } else { "" }, format!("{magnitude:b}")),
        'o' => (if spec.sharp { "0" } else { "" }, format!("{magnitude:o}")),
        'O' => ("0o", format!("{magnitude:o}")),
        'x' => (if spec.sharp { "0x" } else { "" }, format!("{magnitude:x}")),
        'X' => (if spec.sharp { "0X" } else { "" }, format!("{magnitude:X}")),
        'c' | 'q' | 'U' => {
            let c = u32::try_from(number).ok().and_then(char::from_u32).unwrap_or('\u{fffd}');
            let text = match verb {
                'c' => c.to_string(),
                'q' => {
                    let mut quoted = String::new();
                    quote::push_quoted(&mut quoted, &c.to_string(), '\'', spec.plus);
                    quoted
                }
                _ if spec.sharp => format!("U+{number:04X} '{c}'"),
                _ => format!("U+{number:04X}"),
            };
            return pad(out, Spec { zero: false, ..spec }, &text);
        }
        _ => return bad_verb(out, verb, value),
    };
    let sign = sign(spec, number < 0);
    let mut least = spec.precision.unwrap_or(0);
    if spec.precision == Some(0) && number == 0 {
        return pad(out, Spec { zero: false, ..spec }, "");
    }
    if spec.zero && spec.precision.is_none() {
        least = spec.width.unwrap_or(0).saturating_sub(sign.len());
    }
    let zeros = "0".repeat(least.saturating_sub(digits.len()));
    pad(out, Spec { zero: false, ..spec }, &format!("{sign}{prefix}{zeros}{digits}"));
}

fn sign(spec: Spec, negative: bool) -> &'static str {
    match (negative, spec.plus, spec.space) {
        (true, ..) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        _ => "",
    }
}

fn float(out: &mut String, verb: char, spec: Spec, number: f64, value: &Value) {
    let magnitude = number.abs();
    let negative = number.is_sign_negative() && !number.is_nan();
    let (body, finite) = if !number.is_finite() {
        (if number.is_nan() { "NaN".to_owned() } else { "Inf".to_owned() }, false)
    } else {
        let text = match verb {
            'v' if spec.precision.is_none() => number::go_float(magnitude),
            'v' | 'g' | 'G' => general(magnitude, spec.precision),
            'f' | 'F' => format!("{magnitude:.*}", spec.precision.unwrap_or(6)),
            'e' | 'E' => exponent(magnitude, spec.precision.unwrap_or(6)),
            'x' | 'X' if spec.precision.is_none() => hexadecimal(magnitude),
            _ => return bad_verb(out, verb, value),
        };
        (if matches!(verb, 'E' | 'G' | 'X') { text.to_uppercase() } else { text }, true)
    };
    let mut sign = sign(spec, negative);
    if !number.is_finite() && sign.is_empty() && !number.is_nan() {
        sign = "+";
    }
    if spec.zero && finite {
        let zeros = "0".repeat(spec.width.unwrap_or(0).saturating_sub(sign.len() + body.len()));
        pad(out, Spec { zero: false, ..spec }, &format!("{sign}{zeros}{body}"));
    } else {
        pad(out, Spec { zero: false, ..spec }, &format!("{sign}{body}"));
    }
}

/// `%e` with a fixed number of digits after the point.
fn exponent(magnitude: f64, precision: usize) -> String {
    let text = format!("{magnitude:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// `%x`: the mantissa in hexadecimal, times a power of two.
fn hexadecimal(magnitude: f64) -> String {
    const MANTISSA_BITS: u64 = 52;
    let bits = magnitude.to_bits();
    let mut mantissa = bits & ((1 << MANTISSA_BITS) - 1);
    let mut exponent = (bits >> MANTISSA_BITS) as i64 - 1023;
    let mut whole = 1;
    if bits >> MANTISSA_BITS == 0 {
        if mantissa == 0 {
            (whole, exponent) = (0, 0);
        } else {
            // Subnormal numbers are shifted until they start with 1.
            let shift = i64::from(mantissa.leading_zeros()) - 11;
            mantissa = (mantissa << shift) & ((1 << MANTISSA_BITS) - 1);
            exponent = -1022 - shift;
        }
    }
    let digits = format!("{mantissa:013x}");
    let digits = digits.trim_end_matches('0');
    let point = if digits.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("0x{whole}{point}{digits}p{sign}{:02}", exponent.abs())
}

/// `%g`: the shorter of `%e` and `%f` for the precision.
fn general(magnitude: f64, precision: Option<usize>) -> String {
    let Some(precision) = precision else {
        return number::go_float(magnitude);
    };
    let precision = precision.max(1);
    let text = format!("{magnitude:.*e}", precision - 1);
    let (mantissa, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    let digits = mantissa.replace('.', "");
    let digits = digits.trim_end_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    if power < -4 || power >= i32::try_from(precision).unwrap_or(i32::MAX) {
        return number::exponent_form(false, digits, power, 'e');
    }
    let places = usize::try_from(i32::try_from(digits.len()).unwrap_or(0) - 1 - power).unwrap_or(0);
    format!("{magnitude:.places$}")
}

/// `%#v`: the value as Go source.
fn go_syntax(out: &mut String, value: &Value, depth: usize) {
    if depth > MAX_NESTING {
        return out.push('…');
    }
    match value {
        Value::Nil => out.push_str("interface {}(nil)"),
        Value::Str(text) => quote::push_quoted(out, text, '"', false),
        Value::List(list) => {
            let _ = write!(out, "{}{{", list.type_name());
            for (at, item) in list.items().iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                go_syntax(out, item, depth + 1);
            }
            out.push('}');
        }
        Value::Map(map) => {
            let _ = write!(out, "{}{{", map.type_name());
            for (at, (key, item)) in map.entries().iter().enumerate() {
                out.push_str(if at > 0 { ", " } else { "" });
                quote::push_quoted(out, key, '"', false);
                out.push(':');
                go_syntax(out, item, depth + 1);
            }
            out.push('}');
        }
        other => print::push(out, other),
    }
}
