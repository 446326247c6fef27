//! Texts and numbers in their style, folded where a line grows beyond the best width.

use std::fmt::{self, Write};

use serde_json::Number;

use super::indent;
use super::style::{self, Style};

/// A space beyond this column becomes a line break.
const BEST_WIDTH: usize = 80;

/// A text as a value: further lines stand at `column`.
pub(super) fn value(out: &mut String, text: &str, column: usize) {
    let folding = Some(column);
    match style::of_value(text) {
        Style::Plain => folded(out, text, folding, false),
        Style::Single => single(out, text, folding),
        Style::Double => double(out, text, folding),
        Style::Literal => literal(out, text, column),
    }
}

/// A text as a key, always on one line.
pub(super) fn key(out: &mut String, text: &str) {
    match style::of_key(text) {
        Style::Plain => out.push_str(text),
        Style::Single => single(out, text, None),
        Style::Double | Style::Literal => double(out, text, None),
    }
}

fn single(out: &mut String, text: &str, folding: Option<usize>) {
    out.push('\'');
    if text.contains('\'') {
        folded(out, &text.replace('\'', "''"), folding, true);
    } else {
        folded(out, text, folding, true);
    }
    out.push('\'');
}

/// A text whose single spaces may become line breaks; in quotes not the outermost ones.
fn folded(out: &mut String, text: &str, folding: Option<usize>, quoted: bool) {
    if folding.is_none() || memchr::memchr(b' ', text.as_bytes()).is_none() {
        out.push_str(text);
        return;
    }
    let start = current_column(out);
    let Some(indentation) = folding.filter(|_| start + text.len() > BEST_WIDTH) else {
        out.push_str(text);
        return;
    };
    let mut column = start;
    let mut after_space = false;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|&(_, next)| next);
        let inside = !quoted || (at > 0 && next.is_some());
        if c == ' ' && !after_space && column > BEST_WIDTH && inside && next != Some(' ') {
            out.push('\n');
            indent(out, indentation);
            column = indentation;
        } else {
            out.push(c);
            column += 1;
        }
        after_space = c == ' ';
    }
}

fn double(out: &mut String, text: &str, folding: Option<usize>) {
    out.push('"');
    let mut column = current_column(out);
    let mut after_space = false;
    // The original escapes every character of a text that begins with a byte order mark.
    let escape_all = text.starts_with('\u{FEFF}');
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|&(_, next)| next);
        if let (' ', Some(indentation), Some(next)) = (c, folding, next)
            && !escape_all
            && !after_space
            && column > BEST_WIDTH
            && at > 0
        {
            out.push('\n');
            indent(out, indentation);
            column = indentation;
            if next == ' ' {
                out.push('\\');
                column += 1;
            }
        } else {
            let before = out.len();
            if escape_all {
                escaped(out, c)
            } else {
                plain_or_escaped(out, c)
            }
            column += out.get(before..).map_or(1, |written| written.chars().count());
        }
        after_space = c == ' ' && !escape_all;
    }
    out.push('"');
}

fn plain_or_escaped(out: &mut String, c: char) {
    match c {
        '"' | '\\' => escaped(out, c),
        ' '..='~'
        | '\u{A0}'..='\u{2027}'
        | '\u{202A}'..='\u{D7FF}'
        | '\u{E000}'..='\u{FEFE}'
        | '\u{FF00}'..='\u{FFFD}' => out.push(c),
        _ => escaped(out, c),
    }
}

fn escaped(out: &mut String, c: char) {
    out.push('\\');
    let code = u32::from(c);
    let short = match c {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{B}' => 'v',
        '\u{C}' => 'f',
        '\r' => 'r',
        '\u{1B}' => 'e',
        '"' => '"',
        '\\' => '\\',
        '\u{85}' => 'N',
        '\u{A0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            // Writing to a string does not fail.
            let _ = match code {
                ..=0xFF => write!(out, "x{code:02X}"),
                0x100..=0xFFFF => write!(out, "u{code:04X}"),
                _ => write!(out, "U{code:08X}"),
            };
            return;
        }
    };
    out.push(short);
}

/// A block of lines, with hints for what its first and last characters would otherwise mean.
fn literal(out: &mut String, text: &str, column: usize) {
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    let body = match text.strip_suffix('\n') {
        None => {
            out.push('-');
            text
        }
        Some(body) => {
            if body.is_empty() || body.ends_with('\n') {
                out.push('+');
            }
            body
        }
    };
    for line in body.split('\n') {
        out.push('\n');
        if !line.is_empty() {
            indent(out, column);
            out.push_str(line);
        }
    }
}

/// A number as it comes out of JSON read as YAML: integral floats are integers, others in Go's shortest form.
pub(super) fn number(out: &mut String, number: &Number) {
    let written = if let Some(int) = number.as_i64() {
        write!(out, "{int}")
    } else if let Some(int) = number.as_u64() {
        write!(out, "{int}")
    } else {
        let float = number.as_f64().unwrap_or_default();
        match crate::yaml::scalar::json_number(float).filter(|number| !number.is_f64()) {
            Some(int) => write!(out, "{int}"),
            None => write!(out, "{}", go_float(float)),
        }
    };
    // Writing to a string does not fail.
    debug_assert!(written.is_ok());
}

/// Go's `'g'` form with the fewest digits: an exponent, of at least two digits, where it is below -4 or above 5.
pub(in crate::yaml) fn go_float(float: impl fmt::Display + fmt::LowerExp) -> String {
    let scientific = format!("{float:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..6).contains(&exponent) {
        return float.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// Characters since the last line break.
fn current_column(out: &str) -> usize {
    let line_start = memchr::memrchr(b'\n', out.as_bytes()).map_or(0, |newline| newline + 1);
    out.get(line_start..).unwrap_or_default().chars().count()
}
