//! Amounts: durations, percentages, counts, status codes.

use super::report::{Fault, Report, Verdict};
use crate::api::view::View;
use crate::gotemplate::duration::text as duration_text;

const MILLISECOND: i64 = 1_000_000;
pub const SECOND: i64 = 1_000 * MILLISECOND;

/// At least a millisecond, in whole milliseconds.
pub fn duration(nanos: i64) -> Verdict {
    if nanos < MILLISECOND {
        return Err(Fault::new("duration-min", format!("{} is shorter than 1ms", duration_text(nanos))));
    }
    if nanos % MILLISECOND != 0 {
        return Err(Fault::new(
            "duration-precision",
            format!("{} is not a whole number of milliseconds", duration_text(nanos)),
        ));
    }
    Ok(())
}

/// Checks a duration field if it is given.
pub fn duration_field<'d>(report: &mut Report<'d>, view: View<'d>, name: &'static str) -> bool {
    match view.duration(name) {
        Some(nanos) => report.check(view.at(name), duration(nanos)),
        None => true,
    }
}

/// Checks an integer percentage.
pub fn percent_field<'d>(report: &mut Report<'d>, view: View<'d>, name: &'static str) {
    let value = view.number(name);
    if !(0..=100).contains(&value) {
        report.error("percent", view.at(name), format!("{value} is not between 0 and 100 percent"));
    }
}

/// Checks a `Percent` message: at most 100, and not so small that it rounds to nothing.
pub fn fraction_field<'d>(report: &mut Report<'d>, view: View<'d>, name: &'static str) {
    let Some(percent) = view.message(name) else { return };
    let value = percent.decimal("value").unwrap_or(0.0);
    if value > 100.0 || (value != 0.0 && value < 0.0001) {
        report.error(
            "fraction-percent",
            percent.at("value"),
            format!("{value} must be 0, or between 0.0001 and 100 percent"),
        );
    }
}

/// Checks that a count is not negative.
pub fn count_field<'d>(report: &mut Report<'d>, view: View<'d>, name: &'static str) {
    let value = view.number(name);
    if value < 0 {
        report.error("non-negative", view.at(name), format!("{name} is {value} and must not be negative"));
    }
}

/// A status that can be answered with.
pub fn http_status(code: i64) -> Verdict {
    if (200..=600).contains(&code) {
        Ok(())
    } else {
        Err(Fault::new("http-status", format!("{code} is not an HTTP status between 200 and 599")))
    }
}

/// Whether a status number has a registered meaning.
pub fn is_registered_status(code: u16) -> bool {
    matches!(code, 100..=103 | 200..=208 | 226 | 300..=305 | 307 | 308 | 400..=418 | 421..=426 | 428 | 429 | 431 | 451 | 500..=508 | 510 | 511)
}

const GRPC_STATUSES: &[&str] = &[
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

pub fn grpc_status(name: &str) -> Verdict {
    if GRPC_STATUSES.contains(&name) {
        Ok(())
    } else {
        Err(Fault::new("grpc-status", format!("{name:?} is not the name of a gRPC status, such as UNAVAILABLE")))
    }
}
