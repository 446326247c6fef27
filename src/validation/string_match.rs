//! `StringMatch`: exact, prefix or regular expression.

use super::regex;
use super::report::{Fault, Report};
use crate::api::view::View;

/// A matcher, if given: a prefix must not be empty, a regular expression must be one. At most one error; `true` if there is none.
pub fn check<'d>(report: &mut Report<'d>, matcher: Option<View<'d>>) -> bool {
    let Some(matcher) = matcher else { return true };
    if matcher.has("prefix") && matcher.text("prefix").is_empty() {
        return report.check(matcher.at("prefix"), Err(Fault::new("match-prefix-empty", "the prefix is empty")));
    }
    check_regex(report, matcher)
}

/// Only the regular expression of a matcher.
pub fn check_regex<'d>(report: &mut Report<'d>, matcher: View<'d>) -> bool {
    !matcher.has("regex") || report.check(matcher.at("regex"), regex::pattern(matcher.text("regex")))
}
