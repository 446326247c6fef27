//! Regular expressions of Go's dialect (RE2). Compiled once per execution, and only if used.

use regex::Regex;

use crate::gotemplate::function::{Call, Function, Outcome, Type};
use crate::gotemplate::value::List;
use crate::gotemplate::{Fault, quote};
use crate::re2;

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

/// The first argument as an expression.
fn compiled(call: &mut Call<'_, '_>) -> Result<Regex, Fault> {
    let pattern = call.text(0);
    if let Some(known) = call.run.regexes.get(pattern) {
        return Ok(known.clone());
    }
    let regex = re2::compile(pattern).map_err(|invalid| Fault::new(invalid.go_text()))?;
    let pattern = pattern.to_owned();
    call.run.regexes.insert(pattern, regex.clone());
    Ok(regex)
}

fn panicking(call: &mut Call<'_, '_>) -> Result<Regex, Fault> {
    compiled(call).map_err(|fault| {
        let pattern = call.text(0);
        // Go prefers back quotes where the text can stand in them.
        let quoted = match pattern.contains('`') || pattern.chars().any(|c| c.is_control() && c != '\t') {
            true => quote::quoted(pattern),
            false => format!("`{pattern}`"),
        };
        fault.within(&format!("regexp: Compile({quoted}): "))
    })
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
