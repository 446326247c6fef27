//! Numbers. Arithmetic takes values of any type and works on `int64` or `float64`.

use crate::gotemplate::Fault;
use crate::gotemplate::function::{Call, Function, Outcome, Type, show};
use crate::gotemplate::number;
use crate::gotemplate::value::{IntKind, List, Value};

use Type::{Any, Int, Text};

pub(super) const TABLE: &[Function] = &[
    Function::new("atoi", &[Text], |call| Ok(Value::Int(atoi(call.text(0))))),
    Function::new("int", &[Any], |call| Ok(Value::Int(to_int(call.value(0))))),
    Function::new("int64", &[Any], |call| Ok(int64(to_int(call.value(0))))),
    Function::new("float64", &[Any], |call| Ok(Value::Float(to_float(call.value(0))))),
    Function::new("toDecimal", &[Any], |call| Ok(int64(i64::from_str_radix(&call.shown(0), 8).unwrap_or(0)))),
    Function::variadic("add", &[], Any, |call| Ok(int64(call.args().iter().map(to_int).fold(0, i64::wrapping_add)))),
    Function::new("add1", &[Any], |call| Ok(int64(to_int(call.value(0)).wrapping_add(1)))),
    Function::new("sub", &[Any, Any], |call| Ok(int64(to_int(call.value(0)).wrapping_sub(to_int(call.value(1)))))),
    Function::variadic("mul", &[Any], Any, |call| Ok(int64(call.args().iter().map(to_int).fold(1, i64::wrapping_mul)))),
    Function::new("div", &[Any, Any], |call| divide(call, i64::wrapping_div)),
    Function::new("mod", &[Any, Any], |call| divide(call, i64::wrapping_rem)),
    Function::variadic("addf", &[], Any, |call| Ok(decimal(call, Decimal::add))),
    Function::new("add1f", &[Any], |call| {
        let one = Decimal::new(1.0);
        Ok(Value::Float(Decimal::new(to_float(call.value(0))).add(one).float()))
    }),
    Function::variadic("subf", &[Any], Any, |call| Ok(decimal(call, Decimal::sub))),
    Function::variadic("mulf", &[Any], Any, |call| Ok(decimal(call, Decimal::mul))),
    Function::variadic("divf", &[Any], Any, divide_floats),
    Function::variadic("max", &[Any], Any, |call| Ok(int64(call.args().iter().map(to_int).max().unwrap_or(0)))),
    Function::variadic("biggest", &[Any], Any, |call| Ok(int64(call.args().iter().map(to_int).max().unwrap_or(0)))),
    Function::variadic("min", &[Any], Any, |call| Ok(int64(call.args().iter().map(to_int).min().unwrap_or(0)))),
    Function::variadic("maxf", &[Any], Any, |call| {
        Ok(Value::Float(call.args().iter().map(to_float).fold(f64::NEG_INFINITY, f64::max)))
    }),
    Function::variadic("minf", &[Any], Any, |call| {
        Ok(Value::Float(call.args().iter().map(to_float).fold(f64::INFINITY, f64::min)))
    }),
    Function::new("ceil", &[Any], |call| Ok(Value::Float(to_float(call.value(0)).ceil()))),
    Function::new("floor", &[Any], |call| Ok(Value::Float(to_float(call.value(0)).floor()))),
    Function::variadic("round", &[Any, Int], Type::Float, round),
    Function::new("until", &[Int], |call| {
        let count = call.int(0);
        until_step(call, 0, count, if count < 0 { -1 } else { 1 })
    }),
    Function::new("untilStep", &[Int, Int, Int], |call| {
        let (start, stop, step) = (call.int(0), call.int(1), call.int(2));
        until_step(call, start, stop, step)
    }),
    Function::variadic("seq", &[], Int, seq),
];

/// The number of decimal digits: 0 where it is none, the nearest integer where it is too large.
fn atoi(text: &str) -> i64 {
    use std::num::IntErrorKind::{NegOverflow, PosOverflow};
    text.parse().unwrap_or_else(|error: std::num::ParseIntError| match error.kind() {
        PosOverflow => i64::MAX,
        NegOverflow => i64::MIN,
        _ => 0,
    })
}

fn int64(number: i64) -> Value {
    Value::Sized(number, IntKind::Int64)
}

/// The integer a value stands for; what is no number is 0.
pub(super) fn to_int(value: &Value) -> i64 {
    match value {
        Value::Int(number) | Value::Sized(number, _) => *number,
        Value::Float(number) => *number as i64,
        Value::Bool(value) => i64::from(*value),
        Value::Str(text) => {
            let whole = match text.split_once('.') {
                Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => whole,
                _ => text,
            };
            number::parse_integer(whole).and_then(|wide| i64::try_from(wide).ok()).unwrap_or(0)
        }
        _ => 0,
    }
}

pub(super) fn to_float(value: &Value) -> f64 {
    match value {
        Value::Int(number) | Value::Sized(number, _) => *number as f64,
        Value::Float(number) => *number,
        Value::Bool(value) => f64::from(u8::from(*value)),
        Value::Str(text) => number::parse_float(text).unwrap_or(0.0),
        _ => 0.0,
    }
}

fn divide(call: &mut Call<'_, '_>, operation: fn(i64, i64) -> i64) -> Outcome {
    match to_int(call.value(1)) {
        0 => Err(Fault::new("runtime error: integer divide by zero")),
        divisor => Ok(int64(operation(to_int(call.value(0)), divisor))),
    }
}

/// Sprig calculates with decimal digits: `addf 0.1 0.2` is 0.3.
#[derive(Clone, Copy)]
struct Decimal {
    digits: i128,
    /// How many of the digits stand after the point. Beyond 18 the float takes over.
    places: u32,
    float: f64,
    exact: bool,
}

impl Decimal {
    fn new(float: f64) -> Self {
        let text = number::plain(float);
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let digits = format!("{whole}{fraction}").parse::<i128>();
        let exact = digits.is_ok() && fraction.len() <= 18 && whole.len() <= 18;
        Decimal { digits: digits.unwrap_or(0), places: fraction.len() as u32, float, exact }
    }

    fn made(digits: Option<i128>, places: u32, float: f64, exact: bool) -> Self {
        Decimal { digits: digits.unwrap_or(0), places, float, exact: exact && digits.is_some() && places <= 18 }
    }

    fn aligned(self, other: Self) -> (Option<i128>, Option<i128>, u32) {
        let places = self.places.max(other.places).min(36);
        let scale = |number: Decimal| {
            10i128.checked_pow(places.saturating_sub(number.places)).and_then(|by| number.digits.checked_mul(by))
        };
        (scale(self), scale(other), places)
    }

    fn add(self, other: Self) -> Self {
        let (a, b, places) = self.aligned(other);
        let sum = a.zip(b).and_then(|(a, b)| a.checked_add(b));
        Decimal::made(sum, places, self.float + other.float, self.exact && other.exact)
    }

    fn sub(self, other: Self) -> Self {
        let (a, b, places) = self.aligned(other);
        let difference = a.zip(b).and_then(|(a, b)| a.checked_sub(b));
        Decimal::made(difference, places, self.float - other.float, self.exact && other.exact)
    }

    fn mul(self, other: Self) -> Self {
        let product = self.digits.checked_mul(other.digits);
        Decimal::made(product, self.places + other.places, self.float * other.float, self.exact && other.exact)
    }

    fn float(self) -> f64 {
        if !self.exact {
            return self.float;
        }
        format!("{}e-{}", self.digits, self.places).parse().unwrap_or(self.float)
    }
}

fn decimal(call: &Call<'_, '_>, operation: fn(Decimal, Decimal) -> Decimal) -> Value {
    let numbers = call.args().iter().map(|value| Decimal::new(to_float(value)));
    Value::Float(numbers.reduce(operation).map_or(0.0, Decimal::float))
}

fn divide_floats(call: &mut Call<'_, '_>) -> Outcome {
    let mut numbers = call.args().iter().map(to_float);
    let mut quotient = numbers.next().unwrap_or(0.0);
    for divisor in numbers {
        if divisor == 0.0 {
            return Err(Fault::new("decimal division by 0"));
        }
        // The quotient keeps sixteen digits after the point.
        let exact = quotient / divisor;
        quotient = format!("{exact:.16}").parse().unwrap_or(exact);
    }
    Ok(Value::Float(quotient))
}

fn round(call: &mut Call<'_, '_>) -> Outcome {
    let half = if call.len() > 2 { call.float(2) } else { 0.5 };
    let power = 10f64.powi(i32::try_from(call.int(1)).unwrap_or(0));
    let scaled = to_float(call.value(0)) * power;
    let rounded = if scaled.fract() >= half { scaled.ceil() } else { scaled.floor() };
    Ok(Value::Float(rounded / power))
}

/// Refuses lists that no template needs.
const MOST_ITEMS: u64 = 10_000_000;

fn until_step(call: &mut Call<'_, '_>, start: i64, stop: i64, step: i64) -> Outcome {
    Ok(List::typed(steps(call, start, stop, step)?.into_iter().map(Value::Int).collect(), "[]int").into())
}

fn steps(call: &mut Call<'_, '_>, start: i64, stop: i64, step: i64) -> Result<Vec<i64>, Fault> {
    if step == 0 || (stop < start) != (step < 0) {
        return Ok(Vec::new());
    }
    let count = start.abs_diff(stop).div_ceil(step.unsigned_abs());
    if count > MOST_ITEMS {
        return Err(Fault::new(format!("a list of {count} numbers is too long")));
    }
    call.run.spend(count as usize / 4)?;
    Ok((0..count as i64).map(|at| start + at * step).collect())
}

fn seq(call: &mut Call<'_, '_>) -> Outcome {
    let numbers: Vec<i64> = call.args().iter().map(to_int).collect();
    let (start, step, end) = match *numbers.as_slice() {
        [end] => (1, None, end),
        [start, end] => (start, None, end),
        [start, step, end] => (start, Some(step), end),
        _ => return Ok("".into()),
    };
    let towards = if end < start { -1 } else { 1 };
    let step = step.unwrap_or(towards);
    if end < start && step > 0 {
        return Ok("".into());
    }
    let list = steps(call, start, end.saturating_add(towards), step)?;
    Ok(list.iter().map(|number| show(&Value::Int(*number))).collect::<Vec<_>>().join(" ").into())
}
