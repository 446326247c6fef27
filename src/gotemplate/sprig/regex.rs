//! Regular expressions, by Go's syntax: classes such as `\d` are ASCII, and `\Q…\E` quotes.

use regex::Regex;

use crate::gotemplate::function::{Call, Function, Outcome, Type};
use crate::gotemplate::value::List;
use crate::gotemplate::{Fault, quote};

use Type::{Int, Text};

pub(super) const TABLE: &[Function] = &[
    // The one function that takes an unreadable expression for one that does not match.
    Function::new("regexMatch", &[Text, Text], |call| {
        Ok(compiled(call).is_ok_and(|regex| regex.is_match(call.text(1))).into())
    }),
    Function::new("mustRegexMatch", &[Text, Text], |call| Ok(compiled(call)?.is_match(call.text(1)).into())),
    Function::new("regexFind", &[Text, Text], find),
    Function::new("mustRegexFind", &[Text, Text], find),
    Function::new("regexFindAll", &[Text, Text, Int], find_all),
    Function::new("mustRegexFindAll", &[Text, Text, Int], find_all),
    Function::new("regexReplaceAll", &[Text, Text, Text], replace_all),
    Function::new("mustRegexReplaceAll", &[Text, Text, Text], replace_all),
    Function::new("regexReplaceAllLiteral", &[Text, Text, Text], replace_all_literal),
    Function::new("mustRegexReplaceAllLiteral", &[Text, Text, Text], replace_all_literal),
    Function::new("regexSplit", &[Text, Text, Int], split),
    Function::new("mustRegexSplit", &[Text, Text, Int], split),
    Function::new("regexQuoteMeta", &[Text], |call| Ok(quoted(call.text(0)).into())),
];

fn find(call: &mut Call<'_, '_>) -> Outcome {
    Ok(compiled(call)?.find(call.text(1)).map_or("", |found| found.as_str()).into())
}

/// At most so many matches; any number for a negative limit.
fn find_all(call: &mut Call<'_, '_>) -> Outcome {
    let found = compiled(call)?.find_iter(call.text(1)).map(|found| found.as_str().to_owned()).collect::<Vec<_>>();
    Ok(List::strings(limited(found, call.int(2))).into())
}

fn replace_all(call: &mut Call<'_, '_>) -> Outcome {
    Ok(compiled(call)?.replace_all(call.text(1), call.text(2)).into_owned().into())
}

fn replace_all_literal(call: &mut Call<'_, '_>) -> Outcome {
    let replaced = compiled(call)?.replace_all(call.text(1), regex::NoExpand(call.text(2))).into_owned();
    Ok(replaced.into())
}

/// At most so many parts, the last of which is the rest. A match of nothing at the start separates nothing.
fn split(call: &mut Call<'_, '_>) -> Outcome {
    let regex = compiled(call)?;
    let (text, limit) = (call.text(1), call.int(2));
    let mut parts = Vec::new();
    if limit == 0 {
        return Ok(List::strings(parts).into());
    }
    if text.is_empty() && !call.text(0).is_empty() {
        return Ok(List::strings(vec![String::new()]).into());
    }
    let most = usize::try_from(limit).unwrap_or(usize::MAX);
    let (mut begin, mut end) = (0, 0);
    for found in regex.find_iter(text) {
        if parts.len() + 1 >= most {
            break;
        }
        end = found.start();
        if found.end() > 0 {
            parts.push(text.get(begin..end).unwrap_or_default().to_owned());
        }
        begin = found.end();
    }
    if end != text.len() {
        parts.push(text.get(begin..).unwrap_or_default().to_owned());
    }
    Ok(List::strings(parts).into())
}

fn limited(mut found: Vec<String>, limit: i64) -> Vec<String> {
    if let Ok(limit) = usize::try_from(limit) {
        found.truncate(limit);
    }
    found
}

/// What Go escapes, and nothing more.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The expression in the first argument.
fn compiled(call: &Call<'_, '_>) -> Result<Regex, Fault> {
    let expression = call.text(0);
    Regex::new(&translated(expression)).map_err(|error| {
        let reason = match error {
            regex::Error::CompiledTooBig(_) => "expression too large".to_owned(),
            other => other.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
        };
        Fault::new(format!("error parsing regexp {}: {reason}", quote::quoted(expression)))
    })
}

/// Go's syntax in the words of the `regex` crate, where the two differ.
fn translated(expression: &str) -> String {
    let mut out = String::with_capacity(expression.len() + 16);
    let mut chars = expression.chars().peekable();
    // How many characters of the open class were read; None outside of classes.
    let mut class: Option<usize> = None;
    while let Some(c) = chars.next() {
        match (c, class) {
            ('\\', _) => {
                let Some(escaped) = chars.next() else {
                    out.push('\\');
                    break;
                };
                match ascii_class(escaped) {
                    Some((members, false)) if class.is_some() => out.push_str(members),
                    Some((members, negated)) => {
                        out.push_str(if negated { "[^" } else { "[" });
                        out.push_str(members);
                        out.push(']');
                    }
                    None if escaped == 'b' && class.is_none() => out.push_str(r"(?-u:\b)"),
                    None if escaped == 'Q' && class.is_none() => {
                        let rest: String = chars.by_ref().collect();
                        let (literal, after) = rest.split_once(r"\E").unwrap_or((&rest, ""));
                        out.push_str(&regex::escape(literal));
                        out.push_str(&translated(after));
                        return out;
                    }
                    // Word boundaries to the crate, plain characters to Go.
                    None if matches!(escaped, '<' | '>') => out.push(escaped),
                    None => out.extend(['\\', escaped]),
                }
                class = class.map(|read| read + 1);
            }
            ('[', None) => {
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                class = Some(0);
            }
            // A named class such as [:alpha:].
            ('[', Some(read)) if chars.peek() == Some(&':') => {
                out.push('[');
                while let Some(inner) = chars.next() {
                    out.push(inner);
                    if inner == ']' {
                        break;
                    }
                }
                class = Some(read + 1);
            }
            (']', Some(read)) if read > 0 => {
                out.push(']');
                class = None;
            }
            // First in a class, a bracket is a member; the others are operators to the crate alone.
            (']' | '[' | '&' | '~', Some(read)) => {
                out.extend(['\\', c]);
                class = Some(read + 1);
            }
            // Two dashes, which subtract in the crate: a range from or to the dash.
            ('-', Some(0)) => {
                out.push_str(r"\-");
                class = Some(1);
            }
            ('-', Some(read)) if chars.next_if_eq(&'-').is_some() => {
                out.push_str(r"-\-");
                class = Some(read + 2);
            }
            (_, read) => {
                out.push(c);
                class = read.map(|read| read + 1);
            }
        }
    }
    out
}

/// The members of a class that Go keeps to ASCII, and whether it is their complement.
fn ascii_class(name: char) -> Option<(&'static str, bool)> {
    match name {
        'd' => Some(("0-9", false)),
        'D' => Some(("0-9", true)),
        'w' => Some(("0-9A-Za-z_", false)),
        'W' => Some(("0-9A-Za-z_", true)),
        's' => Some((r"\t\n\f\r ", false)),
        'S' => Some((r"\t\n\f\r ", true)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_mean_what_they_mean_to_go() {
        for (expression, text, matches) in [
            (r"^\d+$", "12", true),
            (r"^\d+$", "١٢", false),
            (r"^[\w.-]+$", "a_b-c.d", true),
            (r"^\W$", "é", true),
            (r"\bé", "é", false),
            (r"^[^\S]$", " ", true),
            (r"^[]a]+$", "]a", true),
            (r"^[[a]+$", "[a", true),
            (r"^[[:alpha:]&&~]+$", "a&~", true),
            (r"^[+--]+$", "+,-", true),
            (r"^\Qa.b\E+$", "a.bb", true),
            (r"^\Qa.b", "axb", false),
            (r"^\<x\>$", "<x>", true),
            (r"^([0-9]*\.){3}[0-9]*$", "1.2.3.4", true),
            (r"^([0-9a-fA-F]*:)+[0-9a-fA-F]*$", "fd00::1", true),
        ] {
            let regex = Regex::new(&translated(expression)).expect(expression);
            assert_eq!(regex.is_match(text), matches, "{expression} on {text}");
        }
    }

    #[test]
    fn what_has_a_meaning_is_quoted() {
        assert_eq!(quoted("a.b*{c}-d"), r"a\.b\*\{c\}-d");
    }
}
