//! Regular expressions in routes.

use super::report::{Fault, Verdict};
use crate::re2;

/// Longest pattern the control plane accepts, in bytes.
const LONGEST: usize = 1024;

/// A pattern in a route: not empty, not too long, and RE2.
pub fn pattern(text: &str) -> Verdict {
    if text.is_empty() {
        return Err(Fault::new("match-regex-empty", "the regular expression is empty"));
    }
    if text.len() > LONGEST {
        return Err(Fault::new(
            "regex-too-long",
            format!("the regular expression has {} bytes, at most {LONGEST} are allowed", text.len()),
        ));
    }
    re2::check(text)
        .map_err(|why| Fault::new("regex-syntax", format!("{text:?} is not an RE2 regular expression: {why}")))
}
