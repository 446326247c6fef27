//! Names and values of HTTP headers, as each place that takes them wants them.

use super::report::{Fault, Report, Verdict};
use crate::api::view::View;

fn is_token(name: &str) -> bool {
    // The published pattern has the range `+-.`, so a comma passes.
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+,-.^_`|~".contains(&byte))
}

fn empty() -> Fault {
    Fault::new("header-name-empty", "the header name is empty")
}

fn bad(name: &str) -> Fault {
    Fault::new("header-name", format!("{name:?} is not an HTTP header name"))
}

/// A header matched in a route: a pseudo-header or a claim of a token counts too.
pub fn match_name(name: &str) -> Verdict {
    if name.is_empty() {
        return Err(empty());
    }
    let pseudo = matches!(name, ":method" | ":scheme" | ":authority" | ":path" | ":status");
    if pseudo || is_claim(name) || is_token(name) { Ok(()) } else { Err(bad(name)) }
}

/// A header named in CORS settings.
pub fn cors_name(name: &str) -> Verdict {
    if name.is_empty() {
        return Err(empty());
    }
    if is_token(name) { Ok(()) } else { Err(bad(name)) }
}

/// A header that claims are copied to.
pub fn strict_name(name: &str) -> Verdict {
    if name.is_empty() {
        return Err(empty());
    }
    let good = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if good { Ok(()) } else { Err(bad(name)) }
}

/// A header sent by a health probe.
pub fn probe_name(name: &str) -> Verdict {
    if name.is_empty() {
        return Err(empty());
    }
    let good = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if good { Ok(()) } else { Err(bad(name)) }
}

/// `@request.auth.claims.NAME` or `@request.auth.claims[NAME]`.
pub fn is_claim(name: &str) -> bool {
    const PREFIX: &str = "@request.auth.claims";
    let Some((prefix, rest)) = name.split_at_checked(PREFIX.len()) else { return false };
    if !prefix.eq_ignore_ascii_case(PREFIX) {
        return false;
    }
    match rest.as_bytes().first() {
        Some(b'.') => rest.len() > 1,
        Some(b'[') => rest.len() > 2 && rest.ends_with(']'),
        _ => false,
    }
}

/// A header set or added on requests: of the pseudo-headers only the authority.
fn request_name(name: &str) -> Verdict {
    if name.is_empty() {
        return Err(empty());
    }
    if name.starts_with(':') && !name.eq_ignore_ascii_case(":authority") {
        return Err(Fault::new(
            "header-pseudo",
            format!("{name:?} cannot be set; of the pseudo-headers only :authority can"),
        ));
    }
    Ok(())
}

/// A header removed from requests, or changed on responses: neither the host nor pseudo-headers.
fn other_name(name: &str) -> Verdict {
    if name.is_empty() {
        return Err(empty());
    }
    if name.eq_ignore_ascii_case("host") {
        return Err(Fault::new("header-host", "the host header cannot be changed here"));
    }
    if name.starts_with(':') {
        return Err(Fault::new("header-pseudo", format!("the pseudo-header {name:?} cannot be changed here")));
    }
    Ok(())
}

/// Checks a `Headers` message, if given.
pub fn operations<'d>(report: &mut Report<'d>, headers: Option<View<'d>>) {
    let Some(headers) = headers else { return };
    for (direction, name_rule) in [("request", request_name as fn(&str) -> Verdict), ("response", other_name)] {
        let Some(operations) = headers.message(direction) else { continue };
        for list in ["add", "set"] {
            for (key, text) in operations.entries(list) {
                report.check(key, name_rule(key.text()));
                report.check(text, value(text.as_str().unwrap_or_default()));
            }
        }
        for (name, node) in operations.texts("remove") {
            report.check(node, other_name(name));
        }
    }
}

/// A header value: no control characters, and Envoy's `%COMMAND%` placeholders well formed (`%%` is a percent sign).
pub fn value(text: &str) -> Verdict {
    let control = |byte: u8| (byte < 0x20 && byte != b'\t') || byte == 0x7f;
    if text.bytes().any(control) {
        return Err(Fault::new("header-value", format!("{text:?} contains control characters")));
    }
    placeholders(text.as_bytes())
        .map_err(|why| Fault::new("header-value", format!("{text:?} {why}; write %% for a percent sign")))
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Literal,
    Name,
    Array,
    TextStart,
    Text,
    Delimiter,
    ArgumentsEnd,
    CommandEnd,
}

fn placeholders(text: &[u8]) -> Result<(), &'static str> {
    let mut state = State::Literal;
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        state = match (state, byte) {
            (State::Literal, b'%') => match bytes.peek() {
                None => return Err("ends with a percent sign"),
                Some(b'%') => {
                    bytes.next();
                    State::Literal
                }
                Some(_) => State::Name,
            },
            (State::Literal, _) => State::Literal,
            (State::Name, b'%') => State::Literal,
            (State::Name, b'(') => State::Array,
            (State::Name, _) => State::Name,
            (State::Array, b'[') => State::TextStart,
            (State::Array, b' ') => State::Array,
            (State::Array, _) => State::Text,
            (State::TextStart, b'"') => State::Text,
            (State::Text, b'\\') => match bytes.next() {
                None => return Err("ends with a backslash"),
                Some(_) => State::Text,
            },
            (State::Text, b')') => State::CommandEnd,
            (State::Text, b'"') => State::Delimiter,
            (State::Text, _) => State::Text,
            (State::Delimiter, b',') => State::TextStart,
            (State::Delimiter, b']') => State::ArgumentsEnd,
            (State::ArgumentsEnd, b')') => State::CommandEnd,
            (State::CommandEnd, b'%') => State::Literal,
            (same @ (State::TextStart | State::Delimiter | State::ArgumentsEnd | State::CommandEnd), b' ') => same,
            (State::TextStart | State::Delimiter | State::ArgumentsEnd | State::CommandEnd, _) => {
                return Err("has a malformed %COMMAND(…)%");
            }
        };
    }
    if state == State::Literal { Ok(()) } else { Err("has a %COMMAND% that does not end") }
}
