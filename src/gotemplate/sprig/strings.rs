//! Text: trimming, cutting, cases, quoting, indenting. Lengths and positions count bytes, as in Go.

use std::fmt::Write as _;

use crate::gotemplate::blind::{Sight, ends_otherwise};
use crate::gotemplate::function::{Call, Function, Outcome, Type, show};
use crate::gotemplate::value::{List, Map, Value};
use crate::gotemplate::{Fault, print, quote};

use Type::{Any, Int, Text};

pub(super) const TABLE: &[Function] = &[
    Function::new("hello", &[], |_| Ok("Hello!".into())),
    Function::new("trim", &[Text], |call| Ok(call.text(0).trim_matches(is_space).into())).blind(),
    Function::new("trimAll", &[Text, Text], trim_all),
    Function::new("trimall", &[Text, Text], trim_all),
    Function::new("trimPrefix", &[Text, Text], |call| {
        Ok(call.text(1).strip_prefix(call.text(0)).unwrap_or(call.text(1)).into())
    }),
    Function::new("trimSuffix", &[Text, Text], |call| {
        Ok(call.text(1).strip_suffix(call.text(0)).unwrap_or(call.text(1)).into())
    })
    .seeing(Sight::BlindIf(ends_otherwise)),
    Function::new("upper", &[Text], |call| Ok(map_chars(call.text(0), upper))),
    Function::new("lower", &[Text], |call| Ok(map_chars(call.text(0), lower))),
    Function::new("title", &[Text], |call| Ok(first_letters(call.text(0), is_word_break, upper))),
    Function::new("untitle", &[Text], |call| Ok(first_letters(call.text(0), char::is_whitespace, lower))),
    Function::new("substr", &[Int, Int, Text], substring),
    Function::new("repeat", &[Int, Text], |call| repeated(call.text(1), call.int(0)).map(Value::from)),
    Function::new("trunc", &[Int, Text], truncate).seeing(Sight::Limits),
    Function::new("nospace", &[Text], |call| {
        Ok(call.text(0).chars().filter(|c| !c.is_whitespace()).collect::<String>().into())
    }),
    Function::new("initials", &[Text], |call| {
        Ok(call.text(0).split_whitespace().filter_map(|word| word.chars().next()).collect::<String>().into())
    }),
    Function::new("swapcase", &[Text], swap_case),
    Function::new("snakecase", &[Text], |call| Ok(snake(call.text(0), '_').into())),
    Function::new("kebabcase", &[Text], |call| Ok(snake(call.text(0), '-').into())),
    Function::new("camelcase", &[Text], |call| Ok(pascal(call.text(0)).into())),
    Function::new("wrap", &[Int, Text], |call| Ok(wrap(call.text(1), call.int(0), "\n", false).into())),
    Function::new("wrapWith", &[Int, Text, Text], |call| {
        let separator = if call.text(1).is_empty() { "\n" } else { call.text(1) };
        Ok(wrap(call.text(2), call.int(0), separator, true).into())
    }),
    Function::new("contains", &[Text, Text], |call| Ok(call.text(1).contains(call.text(0)).into())),
    Function::new("hasPrefix", &[Text, Text], |call| Ok(call.text(1).starts_with(call.text(0)).into())),
    Function::new("hasSuffix", &[Text, Text], |call| Ok(call.text(1).ends_with(call.text(0)).into())),
    Function::variadic("quote", &[], Any, |call| Ok(each_quoted(call, quote::quoted))).blind(),
    Function::variadic("squote", &[], Any, |call| Ok(each_quoted(call, |text| format!("'{text}'")))).blind(),
    Function::variadic("cat", &[], Any, cat),
    Function::new("indent", &[Int, Text], |call| indent(call.text(1), call.int(0)).map(Value::from)).blind(),
    Function::new("nindent", &[Int, Text], |call| Ok(format!("\n{}", indent(call.text(1), call.int(0))?).into()))
        .blind(),
    Function::new("replace", &[Text, Text, Text], replace),
    Function::new("plural", &[Text, Text, Int], |call| Ok(if call.int(2) == 1 { call.take(0) } else { call.take(1) })),
    Function::new("abbrev", &[Int, Text], |call| {
        let width = call.int(0);
        if width < 4 { Ok(call.take(1)) } else { abbreviate(call.text(1), 0, width).map(Value::from) }
    }),
    Function::new("abbrevboth", &[Int, Int, Text], |call| {
        let (left, right) = (call.int(0), call.int(1));
        if right < 4 || (left > 0 && right < 7) {
            Ok(call.take(2))
        } else {
            abbreviate(call.text(2), left, right).map(Value::from)
        }
    }),
    Function::new("toString", &[Any], |call| Ok(call.shown(0).into())).blind(),
    Function::new("toStrings", &[Any], |call| Ok(List::strings(texts(call.value(0))).into())).blind(),
    Function::new("join", &[Text, Any], |call| Ok(texts(call.value(1)).join(call.text(0)).into())).blind(),
    Function::new("split", &[Text, Text], |call| Ok(numbered(split(call.text(1), call.text(0), -1)))),
    Function::new("splitn", &[Text, Int, Text], |call| Ok(numbered(split(call.text(2), call.text(0), call.int(1))))),
    Function::new("splitList", &[Text, Text], |call| Ok(List::strings(split(call.text(1), call.text(0), -1)).into())),
    Function::new("sortAlpha", &[Any], |call| {
        let mut texts = match call.value(0) {
            list @ Value::List(_) => texts(list),
            other => vec![show(other)],
        };
        texts.sort_unstable();
        Ok(List::strings(texts).into())
    }),
];

fn trim_all(call: &mut Call<'_, '_>) -> Outcome {
    let cut = call.text(0);
    Ok(call.text(1).trim_matches(|c| cut.contains(c)).into())
}

fn is_space(c: char) -> bool {
    c.is_whitespace()
}

/// Go maps one character to one character; Rust's mappings can be longer (`ß`), which Go leaves alone.
fn upper(c: char) -> char {
    let mut mapped = c.to_uppercase();
    match (mapped.next(), mapped.next()) {
        (Some(upper), None) => upper,
        _ => c,
    }
}

fn lower(c: char) -> char {
    let mut mapped = c.to_lowercase();
    match (mapped.next(), mapped.next()) {
        (Some(lower), None) => lower,
        _ => c,
    }
}

fn map_chars(text: &str, change: fn(char) -> char) -> Value {
    text.chars().map(change).collect::<String>().into()
}

/// What separates words for `title`: everything but letters, digits and underscores.
fn is_word_break(c: char) -> bool {
    if c.is_ascii() { !c.is_ascii_alphanumeric() && c != '_' } else { !c.is_alphanumeric() && c.is_whitespace() }
}

fn first_letters(text: &str, breaks: fn(char) -> bool, change: fn(char) -> char) -> Value {
    let mut at_start = true;
    text.chars()
        .map(|c| {
            let changed = if at_start { change(c) } else { c };
            at_start = breaks(c);
            changed
        })
        .collect::<String>()
        .into()
}

/// The bytes of a range as text; a character cut in two becomes U+FFFD.
fn cut(text: &str, from: usize, to: usize) -> String {
    String::from_utf8_lossy(text.as_bytes().get(from..to).unwrap_or_default()).into_owned()
}

fn substring(call: &mut Call<'_, '_>) -> Outcome {
    let (start, end, text) = (call.int(0), call.int(1), call.text(2));
    let length = text.len() as i64;
    let out_of_range = |range: String| Fault::new(format!("runtime error: slice bounds out of range {range}"));
    let (from, to) = match (start, end) {
        (..0, end) => (0, end),
        (start, end) if end < 0 || end > length => (start, length),
        range => range,
    };
    if !(0..=length).contains(&to) {
        return Err(out_of_range(format!("[:{to}] with length {length}")));
    }
    if from > to {
        return Err(out_of_range(format!("[{from}:{to}]")));
    }
    Ok(cut(text, from as usize, to as usize).into())
}

fn truncate(call: &mut Call<'_, '_>) -> Outcome {
    let length = call.text(1).len() as i64;
    let count = call.int(0);
    let (from, to) = match count {
        count if count < 0 && length + count > 0 => (length + count, length),
        count if count >= 0 && length > count => (0, count),
        _ => return Ok(call.take(1)),
    };
    Ok(cut(call.text(1), from as usize, to as usize).into())
}

/// Results beyond this are refused before they are made.
const LONGEST: usize = 128 << 20;

fn too_long() -> Fault {
    Fault::new("the result is too long")
}

fn repeated(text: &str, count: i64) -> Result<String, Fault> {
    let count = usize::try_from(count).map_err(|_| Fault::new("strings: negative Repeat count"))?;
    if text.len().saturating_mul(count) > LONGEST {
        return Err(too_long());
    }
    Ok(text.repeat(count))
}

/// Every line (empty ones too) indented by `spaces`.
pub(in crate::gotemplate) fn indent(text: &str, spaces: i64) -> Result<String, Fault> {
    let pad = repeated(" ", spaces)?;
    let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count() + 1;
    let length = text.len() + lines.saturating_mul(pad.len());
    if length > LONGEST {
        return Err(too_long());
    }
    let mut out = String::with_capacity(length);
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        out.push_str(&pad);
        out.push_str(line);
    }
    Ok(out)
}

fn replace(call: &mut Call<'_, '_>) -> Outcome {
    let (old, new, text) = (call.text(0), call.text(1), call.text(2));
    if new.len() > old.len() {
        let found = if old.is_empty() { text.len() + 1 } else { text.matches(old).count() };
        if found.saturating_mul(new.len()) > LONGEST {
            return Err(too_long());
        }
    }
    Ok(text.replace(old, new).into())
}

fn each_quoted(call: &Call<'_, '_>, quote: fn(&str) -> String) -> Value {
    let quoted: Vec<String> =
        call.args().iter().filter(|value| !value.is_nil()).map(|value| quote(&show(value))).collect();
    quoted.join(" ").into()
}

fn cat(call: &mut Call<'_, '_>) -> Outcome {
    let shown: Vec<String> = call.args().iter().filter(|value| !value.is_nil()).map(print::to_string).collect();
    Ok(shown.join(" ").into())
}

/// Sprig's `strslice`: the texts of a list without its nils; anything else is a list of one.
pub(super) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Nil => Vec::new(),
        Value::List(list) => list.items().iter().filter(|item| !item.is_nil()).map(show).collect(),
        Value::Bytes(bytes) => bytes.iter().map(u8::to_string).collect(),
        other => vec![show(other)],
    }
}

/// Go's `strings.SplitN`; an empty separator splits after each character.
fn split<'t>(text: &'t str, separator: &str, most: i64) -> Vec<&'t str> {
    let Ok(most) = usize::try_from(most) else {
        return if separator.is_empty() {
            text.split("").filter(|c| !c.is_empty()).collect()
        } else {
            text.split(separator).collect()
        };
    };
    if most == 0 {
        return Vec::new();
    }
    if !separator.is_empty() {
        return text.splitn(most, separator).collect();
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if parts.len() + 1 == most {
            parts.push(rest);
            break;
        }
        let (first, after) = rest.split_at(c.len_utf8());
        parts.push(first);
        rest = after;
    }
    parts
}

fn numbered(parts: Vec<&str>) -> Value {
    Map::text(parts.into_iter().enumerate().map(|(at, part)| (format!("_{at}"), part))).into()
}

/// Shortens to `width` bytes with dots at the end, and at the start if `offset` is beyond it.
fn abbreviate(text: &str, offset: i64, width: i64) -> Result<String, Fault> {
    let length = text.len() as i64;
    if length <= width {
        return Ok(text.to_owned());
    }
    let mut offset = offset.min(length);
    if length - offset < width - 3 {
        offset = length - (width - 3);
    }
    if offset <= 4 {
        return Ok(format!("{}...", cut(text, 0, (width - 3) as usize)));
    }
    if width < 7 {
        return Err(Fault::new("stringutils illegal argument: Minimum abbreviation width with offset is 7"));
    }
    if offset + width - 3 < length {
        let tail = cut(text, offset as usize, text.len());
        return Ok(format!("...{}", abbreviate(&tail, 0, width - 3)?));
    }
    Ok(format!("...{}", cut(text, (length - (width - 3)) as usize, text.len())))
}

fn swap_case(call: &mut Call<'_, '_>) -> Outcome {
    let mut after_space = true;
    let swapped: String = call
        .text(0)
        .chars()
        .map(|c| {
            let swapped = if c.is_uppercase() {
                lower(c)
            } else if c.is_lowercase() {
                upper(c)
            } else {
                c
            };
            after_space = c.is_whitespace();
            swapped
        })
        .collect();
    Ok(swapped.into())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Upper,
    Lower,
    Digit,
    Separator,
    Other,
}

fn class(c: char) -> Class {
    match c {
        '_' | '-' => Class::Separator,
        c if c.is_whitespace() => Class::Separator,
        c if c.is_uppercase() => Class::Upper,
        c if c.is_numeric() => Class::Digit,
        c if c.is_alphabetic() => Class::Lower,
        _ => Class::Other,
    }
}

/// Words of a name in lower case, joined by `connector`: cut before a capital that starts a word, and before a number that
/// lower-case letters follow.
fn snake(text: &str, connector: char) -> String {
    let chars: Vec<char> = text.chars().collect();
    let class_at = |at: usize| chars.get(at).map(|c| class(*c));
    let mut out = String::with_capacity(text.len() + 4);
    let mut in_number_word = false;
    for (at, &c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).and_then(class_at);
        match class(c) {
            Class::Separator => {
                out.push(connector);
                in_number_word = false;
            }
            Class::Upper => {
                let starts_word = match before {
                    Some(Class::Lower | Class::Digit) => true,
                    Some(Class::Upper) => class_at(at + 1) == Some(Class::Lower),
                    _ => false,
                };
                if starts_word {
                    out.push(connector);
                    in_number_word = false;
                }
                out.push(lower(c));
            }
            Class::Digit if matches!(before, Some(Class::Lower | Class::Upper)) && !in_number_word => {
                let after = (at..chars.len()).find(|at| class_at(*at) != Some(Class::Digit)).and_then(class_at);
                if after == Some(Class::Lower) {
                    out.push(connector);
                    in_number_word = true;
                }
                out.push(c);
            }
            _ => out.push(c),
        }
    }
    out
}

/// `foo_bar` as `FooBar`. Of several separators in a row one goes; those at either end stay.
fn pascal(text: &str) -> String {
    let is_separator = |c: char| class(c) == Class::Separator;
    let core = text.trim_matches(is_separator);
    let start = text.len() - text.trim_start_matches(is_separator).len();
    let mut out = text[..start].to_owned();
    let mut at_start = true;
    let mut in_capitals = false;
    for c in core.chars() {
        if is_separator(c) {
            if at_start {
                out.push(c);
            }
            at_start = true;
        } else if at_start {
            out.push(upper(c));
            at_start = false;
            in_capitals = c.is_uppercase();
        } else {
            in_capitals = in_capitals && c.is_uppercase();
            out.push(if in_capitals { lower(c) } else { c });
        }
    }
    out.push_str(&text[(start + core.len()).min(text.len())..]);
    out
}

/// Breaks lines at blanks so that they hold at most `width` bytes.
fn wrap(text: &str, width: i64, newline: &str, break_words: bool) -> String {
    let width = usize::try_from(width.max(1)).unwrap_or(1);
    let bytes = text.as_bytes();
    let mut out: Vec<u8> = Vec::with_capacity(text.len() + 16);
    let mut offset = 0;
    while bytes.len() - offset > width {
        if bytes[offset] == b' ' {
            offset += 1;
            continue;
        }
        let window = &bytes[offset..offset + width + 1];
        if let Some(space) = memchr::memrchr(b' ', window) {
            out.extend_from_slice(&window[..space]);
            out.extend_from_slice(newline.as_bytes());
            offset += space + 1;
        } else if break_words {
            out.extend_from_slice(&bytes[offset..offset + width]);
            out.extend_from_slice(newline.as_bytes());
            offset += width;
        } else if let Some(space) = memchr::memchr(b' ', &bytes[offset + width..]) {
            out.extend_from_slice(&bytes[offset..offset + width + space]);
            out.extend_from_slice(newline.as_bytes());
            offset += width + space + 1;
        } else {
            break;
        }
    }
    out.extend_from_slice(&bytes[offset..]);
    let mut wrapped = String::new();
    let _ = write!(wrapped, "{}", String::from_utf8_lossy(&out));
    wrapped
}
