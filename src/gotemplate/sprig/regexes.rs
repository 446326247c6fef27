//! Regular expressions of Go's dialect (RE2). Compiled once per execution, and only if used.

use std::iter::Peekable;
use std::str::Chars;

use regex::Regex;

use crate::gotemplate::function::{Call, Function, Outcome, Type};
use crate::gotemplate::value::List;
use crate::gotemplate::{Fault, quote};

use Type::{Int, Text};

pub(super) const TABLE: &[Function] = &[
    Function::new("regexMatch", &[Text, Text], |call| {
        // An invalid expression matches nothing.
        Ok(compiled(call).is_ok_and(|regex| regex.is_match(call.text(1))).into())
    }),
    Function::new("mustRegexMatch", &[Text, Text], |call| {
        let regex = compiled(call)?;
        Ok(regex.is_match(call.text(1)).into())
    }),
    Function::new("regexFind", &[Text, Text], |call| find(call, panicking)),
    Function::new("mustRegexFind", &[Text, Text], |call| find(call, compiled)),
    Function::new("regexFindAll", &[Text, Text, Int], |call| find_all(call, panicking)),
    Function::new("mustRegexFindAll", &[Text, Text, Int], |call| find_all(call, compiled)),
    Function::new("regexReplaceAll", &[Text, Text, Text], |call| replace(call, panicking, true)),
    Function::new("mustRegexReplaceAll", &[Text, Text, Text], |call| replace(call, compiled, true)),
    Function::new("regexReplaceAllLiteral", &[Text, Text, Text], |call| replace(call, panicking, false)),
    Function::new("mustRegexReplaceAllLiteral", &[Text, Text, Text], |call| replace(call, compiled, false)),
    Function::new("regexSplit", &[Text, Text, Int], |call| split(call, panicking)),
    Function::new("mustRegexSplit", &[Text, Text, Int], |call| split(call, compiled)),
    Function::new("regexQuoteMeta", &[Text], |call| {
        let mut out = String::new();
        for c in call.text(0).chars() {
            if r"\.+*?()|[]{}^$".contains(c) {
                out.push('\\');
            }
            out.push(c);
        }
        Ok(out.into())
    }),
];

type Compile = fn(&mut Call<'_, '_>) -> Result<Regex, Fault>;

/// What is wrong with an expression, in Rust's and in Go's words.
const GO_REASONS: &[(&str, &str)] = &[
    ("unclosed group", "missing closing )"),
    ("unopened group", "unexpected )"),
    ("unclosed character class", "missing closing ]"),
    ("repetition operator missing expression", "missing argument to repetition operator"),
    ("unrecognized escape sequence", "invalid escape sequence"),
];

/// The first argument as an expression.
fn compiled(call: &mut Call<'_, '_>) -> Result<Regex, Fault> {
    let pattern = call.text(0);
    if let Some(known) = call.run.regexes.get(pattern) {
        return Ok(known.clone());
    }
    let regex = Regex::new(&translated(pattern)).map_err(|error| {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default().trim_start_matches("error: ");
        let reason = GO_REASONS.iter().find(|(rust, _)| *rust == reason).map_or(reason, |(_, go)| go);
        Fault::new(format!("error parsing regexp: {reason}: `{pattern}`"))
    })?;
    let pattern = pattern.to_owned();
    call.run.regexes.insert(pattern, regex.clone());
    Ok(regex)
}

fn panicking(call: &mut Call<'_, '_>) -> Result<Regex, Fault> {
    compiled(call).map_err(|fault| {
        let pattern = quote::quoted(call.text(0)).replace('"', "`");
        fault.within(&format!("regexp: Compile({pattern}): "))
    })
}

/// What follows `\Q`: meant as it stands, up to `\E`.
fn literal(chars: &mut Peekable<Chars<'_>>) -> String {
    let mut literal = String::new();
    while let Some(c) = chars.next() {
        if c == '\\' && chars.next_if_eq(&'E').is_some() {
            break;
        }
        literal.push(c);
    }
    literal
}

/// Go's dialect in Rust's: Perl's classes and word boundaries are ASCII, brackets and set signs within a class are literal.
fn translated(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut in_class = false;
    let mut chars = pattern.chars().peekable();
    let mut class_start = false;
    while let Some(c) = chars.next() {
        let first = std::mem::take(&mut class_start);
        match c {
            '\\' => match chars.next() {
                Some('Q') => out.push_str(&regex::escape(&literal(&mut chars))),
                Some(escaped) => out.push_str(&escape(escaped, in_class)),
                None => out.push('\\'),
            },
            '[' if in_class && chars.peek() == Some(&':') => out.push('['),
            '[' if in_class => out.push_str("\\["),
            '[' => {
                in_class = true;
                class_start = true;
                out.push('[');
                if chars.peek() == Some(&'^') {
                    chars.next();
                    out.push('^');
                }
            }
            ']' if in_class && first => out.push_str("\\]"),
            ']' if in_class => {
                // The end of `[:name:]` does not end the class around it.
                in_class = out.ends_with(':') && out.rfind("[:").is_some_and(|at| !out[at..].contains(']'));
                out.push(']');
            }
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

fn escape(escaped: char, in_class: bool) -> String {
    match (escaped, in_class) {
        ('d', false) => "[0-9]".into(),
        ('D', false) => "[^0-9]".into(),
        ('w', false) => "[0-9A-Za-z_]".into(),
        ('W', false) => "[^0-9A-Za-z_]".into(),
        ('s', false) => r"[\t\n\x0c\r ]".into(),
        ('S', false) => r"[^\t\n\x0c\r ]".into(),
        ('d', true) => "0-9".into(),
        ('w', true) => "0-9A-Za-z_".into(),
        ('s', true) => r"\t\n\x0c\r ".into(),
        ('D', true) => "[^0-9]".into(),
        ('W', true) => "[^0-9A-Za-z_]".into(),
        ('S', true) => r"[^\t\n\x0c\r ]".into(),
        ('b', false) => r"(?-u:\b)".into(),
        (other, _) => format!("\\{other}"),
    }
}

fn find(call: &mut Call<'_, '_>, compile: Compile) -> Outcome {
    let regex = compile(call)?;
    Ok(regex.find(call.text(1)).map_or("", |found| found.as_str()).into())
}

/// How many matches a count asks for; a negative one asks for all.
fn at_most(count: i64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn find_all(call: &mut Call<'_, '_>, compile: Compile) -> Outcome {
    let regex = compile(call)?;
    let found = regex.find_iter(call.text(1)).take(at_most(call.int(2)));
    Ok(List::strings(found.map(|found| found.as_str())).into())
}

const LONGEST: usize = 128 << 20;

fn replace(call: &mut Call<'_, '_>, compile: Compile, expand: bool) -> Outcome {
    let regex = compile(call)?;
    let (text, replacement) = (call.text(1), call.text(2));
    let mut out = String::with_capacity(text.len());
    let mut after = 0;
    for found in regex.captures_iter(text) {
        let Some(whole) = found.get(0) else { continue };
        out.push_str(&text[after..whole.start()]);
        if expand {
            found.expand(replacement, &mut out);
        } else {
            out.push_str(replacement);
        }
        after = whole.end();
        if out.len() > LONGEST {
            return Err(Fault::new("the result is too long"));
        }
    }
    out.push_str(&text[after..]);
    Ok(out.into())
}

fn split(call: &mut Call<'_, '_>, compile: Compile) -> Outcome {
    let regex = compile(call)?;
    let (text, count) = (call.text(1), call.int(2));
    if count == 0 {
        return Ok(List::strings(Vec::<&str>::new()).into());
    }
    if text.is_empty() && !call.text(0).is_empty() {
        return Ok(List::strings([""]).into());
    }
    let most = at_most(count);
    let mut parts = Vec::new();
    let mut start = 0;
    let mut end = 0;
    for found in regex.find_iter(text).take(most) {
        if parts.len() + 1 == most {
            break;
        }
        end = found.start();
        if found.end() != 0 {
            parts.push(&text[start..end]);
        }
        start = found.end();
    }
    if end != text.len() {
        parts.push(&text[start..]);
    }
    Ok(List::strings(parts).into())
}

#[cfg(test)]
mod tests {
    use super::translated;

    #[test]
    fn go_expressions_become_rust_ones() {
        for (go, rust) in [
            (r"^\d+\.x", r"^[0-9]+\.x"),
            (r"[\w.-]+", r"[0-9A-Za-z_.-]+"),
            ("[[a]", r"[\[a]"),
            ("[]a]", r"[\]a]"),
            ("[^]a]", r"[^\]a]"),
            ("[[:alpha:]_]x[0]", "[[:alpha:]_]x[0]"),
            (r"\Qa.b\E+", r"a\.b+"),
            ("[a&&b]", r"[a\&\&b]"),
        ] {
            assert_eq!(translated(go), rust, "{go}");
            assert!(regex::Regex::new(rust).is_ok(), "{rust}");
        }
    }
}
