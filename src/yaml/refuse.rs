//! What Go's reader refuses and granit-parser takes: control characters, unknown directives, a tab as indentation,
//! escapes that only JSON has.

use std::ops::Range;

use super::error::{Error, GoLine};

/// Checks a part of the stream before it is parsed.
pub(super) fn check(stream: &str, range: Range<usize>) -> Result<(), Error> {
    let bytes = stream.as_bytes().get(range.clone()).unwrap_or_default();
    if let Some(at) = forbidden_character(bytes) {
        return Err(Error::yaml(
            "control characters are not allowed",
            stream,
            range.start,
            range.start + at,
            GoLine::None,
        ));
    }
    directives(stream, range)
}

/// The first byte of a character that may not stand in YAML at all.
pub(super) fn forbidden_character(bytes: &[u8]) -> Option<usize> {
    // One pass without branches decides for nearly every text.
    let suspicious = bytes.iter().fold(false, |found, &byte| {
        found | (byte < b' ' && byte != b'\n' && byte != b'\t' && byte != b'\r') | (byte >= 0x7F)
    });
    if !suspicious {
        return None;
    }
    bytes.iter().enumerate().position(|(at, &byte)| {
        let next = |ahead: usize| bytes.get(at + ahead).copied().unwrap_or_default();
        match byte {
            b'\n' | b'\t' | b'\r' => false,
            ..b' ' | 0x7F => true,
            // U+0080 to U+009F without NEL.
            0xC2 => next(1) < 0xA0 && next(1) != 0x85,
            // U+FFFE and U+FFFF.
            0xEF => next(1) == 0xBF && next(2) >= 0xBE,
            _ => false,
        }
    })
}

/// Directives: only `%YAML 1.1` and `%TAG` are known.
fn directives(stream: &str, range: Range<usize>) -> Result<(), Error> {
    let mut at = range.start;
    let mut open = true;
    for line in stream.get(range.clone()).unwrap_or_default().split_inclusive('\n') {
        let start = at;
        at += line.len();
        let line = line.trim_end();
        if !open {
            open = line == "...";
            continue;
        }
        let error = |message: &str, line| Error::yaml(message, stream, range.start, start, line);
        if let Some(directive) = line.trim_start_matches('\u{feff}').strip_prefix('%') {
            let mut words = directive.split_ascii_whitespace();
            match words.next() {
                Some("YAML") if words.next() == Some("1.1") => {}
                Some("YAML") => return Err(error("found incompatible YAML document", GoLine::OneLess)),
                Some("TAG") => {}
                _ => return Err(error("found unknown directive name", GoLine::Real)),
            }
        } else if !line.is_empty() && !line.starts_with('#') {
            open = false;
        }
    }
    Ok(())
}

/// Checks the source of a double-quoted scalar for escapes that Go does not know, `\/` and surrogates, which JSON has.
pub(super) fn escapes(stream: &str, base: usize, from: usize, to: usize) -> Result<(), Error> {
    let source = stream.as_bytes().get(from..to).unwrap_or_default();
    let mut at = 0;
    while let Some(backslash) = memchr::memchr(b'\\', source.get(at..).unwrap_or_default()) {
        at += backslash;
        let message = match source.get(at + 1) {
            Some(b'/') => "found unknown escape character",
            Some(b'u') if is_surrogate(source.get(at + 2..at + 6)) => "found invalid Unicode character escape code",
            _ => {
                at += 2;
                continue;
            }
        };
        return Err(Error::yaml(message, stream, base, from + at, GoLine::Real));
    }
    Ok(())
}

fn is_surrogate(digits: Option<&[u8]>) -> bool {
    matches!(digits, Some([b'd' | b'D', b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F', _, _]))
}
