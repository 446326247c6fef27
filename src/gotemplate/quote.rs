//! Go's quoted strings: writing them (`%q`), and reading those of template source.

use std::fmt::Write as _;

/// The text in double quotes with Go's escapes.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_quoted(&mut out, text, '"', false);
    out
}

/// Appends the text between `quote` marks. `ascii` escapes everything beyond ASCII (`%+q`).
pub(super) fn push_quoted(out: &mut String, text: &str, quote: char, ascii: bool) {
    out.push(quote);
    for c in text.chars() {
        push_escaped(out, c, quote, ascii);
    }
    out.push(quote);
}

fn push_escaped(out: &mut String, c: char, quote: char, ascii: bool) {
    match c {
        '\\' => out.push_str("\\\\"),
        c if c == quote => {
            out.push('\\');
            out.push(c);
        }
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        c if (' '..='~').contains(&c) || (!ascii && is_printable(c)) => out.push(c),
        c if (c as u32) < 0x80 => {
            let _ = write!(out, "\\x{:02x}", c as u32);
        }
        c if (c as u32) < 0x1_0000 => {
            let _ = write!(out, "\\u{:04x}", c as u32);
        }
        c => {
            let _ = write!(out, "\\U{:08x}", c as u32);
        }
    }
}

/// Whether Go prints the character as itself: letters, marks, numbers, punctuation, symbols and the ASCII space.
/// Rust's debug form makes the same choice by the same Unicode categories, except for combining marks.
pub(super) fn is_printable(c: char) -> bool {
    if c.is_ascii() {
        return (' '..='~').contains(&c);
    }
    let mut escaped = c.escape_debug();
    c.is_alphanumeric() || (escaped.next() != Some('\\')) || is_combining(c)
}

fn is_combining(c: char) -> bool {
    matches!(c as u32, 0x0300..=0x036f | 0x0483..=0x0489 | 0x0591..=0x05bd | 0x064b..=0x065f | 0x1ab0..=0x1aff | 0x1dc0..=0x1dff | 0x20d0..=0x20ff | 0xfe00..=0xfe0f | 0xfe20..=0xfe2f)
}

/// Reads a Go string literal, its quotes included: `"…"` with escapes, `` `…` `` without. `None` when it isn't valid.
pub(super) fn unquote(literal: &str) -> Option<String> {
    if let Some(raw) = literal.strip_prefix('`') {
        return raw.strip_suffix('`').map(|raw| raw.replace('\r', ""));
    }
    let body = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut out: Vec<u8> = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(c) = rest.chars().next() {
        if c == '\n' || c == '"' {
            return None;
        }
        let (piece, after) = if c == '\\' { escape(rest, '"')? } else { (Piece::Char(c), &rest[c.len_utf8()..]) };
        match piece {
            Piece::Char(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Piece::Byte(b) => out.push(b),
        }
        rest = after;
    }
    Some(String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}

/// Reads a character constant, its quotes included.
pub(super) fn unquote_char(literal: &str) -> Option<i64> {
    let body = literal.strip_prefix('\'')?.strip_suffix('\'')?;
    let c = body.chars().next()?;
    let (piece, rest) = if c == '\\' { escape(body, '\'')? } else { (Piece::Char(c), &body[c.len_utf8()..]) };
    if !rest.is_empty() || c == '\'' {
        return None;
    }
    Some(match piece {
        Piece::Char(c) => i64::from(u32::from(c)),
        Piece::Byte(b) => i64::from(b),
    })
}

enum Piece {
    Char(char),
    Byte(u8),
}

/// One escape sequence at the start of `text`, and what follows it.
fn escape(text: &str, quote: char) -> Option<(Piece, &str)> {
    let mut chars = text.chars();
    chars.next();
    let kind = chars.next()?;
    let rest = chars.as_str();
    let simple = match kind {
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        '\\' => '\\',
        c if c == quote => c,
        'x' | 'u' | 'U' => {
            let digits = match kind {
                'x' => 2,
                'u' => 4,
                _ => 8,
            };
            let code = u32::from_str_radix(rest.get(..digits)?, 16).ok()?;
            let piece =
                if kind == 'x' { Piece::Byte(u8::try_from(code).ok()?) } else { Piece::Char(char::from_u32(code)?) };
            return Some((piece, rest.get(digits..)?));
        }
        '0'..='7' => {
            let octal = text.get(1..4)?;
            let code = u32::from_str_radix(octal, 8).ok()?;
            return Some((Piece::Byte(u8::try_from(code).ok()?), text.get(4..)?));
        }
        _ => return None,
    };
    Some((Piece::Char(simple), rest))
}
