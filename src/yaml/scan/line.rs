//! What the bytes of one line mean: where keys, quotes and plain scalars end, and what this scanner must not touch.

use std::ops::Range;

use crate::yaml::refuse;

/// Longest simple key, below the limit of YAML for the bytes up to the colon.
const LONGEST_KEY: usize = 1_000;

/// The part of the stream being read, and how far it has got.
pub(super) struct Lines<'t> {
    pub(super) stream: &'t str,
    pub(super) bytes: &'t [u8],
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) has_tabs: bool,
}

impl Lines<'_> {
    pub(super) fn refuse_tabs(&self, line: &Range<usize>) -> Option<()> {
        (!self.has_tabs || memchr::memchr(b'\t', self.bytes.get(line.clone())?).is_none()).then_some(())
    }

    /// The next line that is neither blank nor a comment, without its indentation and line break, and its column.
    pub(super) fn next_content(&mut self) -> Option<(Range<usize>, u32)> {
        while self.at < self.end {
            let line_start = self.at;
            let rest = self.bytes.get(line_start..)?;
            let line_end = memchr::memchr(b'\n', rest).map_or(self.end, |length| line_start + length);
            self.at = line_end + 1;
            let content = skip_spaces(self.bytes, line_start, line_end);
            if content == line_end || self.bytes.get(content) == Some(&b'#') {
                continue;
            }
            return Some((content..line_end, (content - line_start) as u32));
        }
        None
    }
}

/// Whether all characters are ones this scanner treats rightly; gives whether there are tabs among them.
pub(super) fn plain_characters(part: &[u8]) -> Option<bool> {
    let mut unusual = false;
    let mut tab = false;
    let mut high = false;
    for &byte in part {
        unusual |= (byte < b' ' && byte != b'\n' && byte != b'\t') | (byte == 0x7F);
        tab |= byte == b'\t';
        high |= byte >= 0x80;
    }
    if unusual {
        return None;
    }
    if high
        && (refuse::forbidden_character(part).is_some() || memchr::memmem::find(part, "\u{FEFF}".as_bytes()).is_some())
    {
        return None;
    }
    Some(tab)
}

/// Appends a line of a literal block; gives where its text ends in the stream, white space not counted.
pub(super) fn push_line(buffer: &mut String, lines: &Lines<'_>, start: usize, end: usize) -> Option<usize> {
    let text = lines.stream.get(start..end)?;
    buffer.push_str(text);
    buffer.push('\n');
    Some(start + text.trim_ascii_end().len())
}

pub(super) fn is_dash(bytes: &[u8], at: usize, line_end: usize) -> bool {
    bytes.get(at) == Some(&b'-') && (at + 1 == line_end || bytes.get(at + 1) == Some(&b' '))
}

/// Where the colon stands that makes the beginning of a line a key.
pub(super) fn key_end(bytes: &[u8], line: &Range<usize>) -> Option<usize> {
    let start = line.start;
    let colon = match *bytes.get(start)? {
        quote @ (b'"' | b'\'') => quoted_end(bytes, line, quote)?,
        first => {
            if !may_begin_plain(first, bytes.get(start + 1).filter(|_| start + 1 < line.end)) {
                return None;
            }
            let text = bytes.get(line.clone())?;
            let mut at = 0;
            loop {
                at += memchr::memchr2(b':', b'#', text.get(at..)?)?;
                let before = at.checked_sub(1).and_then(|before| text.get(before));
                match (text.get(at), text.get(at + 1)) {
                    (Some(b':'), None | Some(b' ')) if before == Some(&b' ') => return None,
                    (Some(b':'), None | Some(b' ')) => break,
                    (Some(b'#'), _) if before == Some(&b' ') => return None,
                    _ => at += 1,
                }
            }
            start + at
        }
    };
    let is_key = bytes.get(colon) == Some(&b':') && colon < line.end && colon - start <= LONGEST_KEY;
    (is_key && (colon + 1 == line.end || bytes.get(colon + 1) == Some(&b' '))).then_some(colon)
}

/// Where a quoted text ends, if that is in this line and there are no escapes in it.
pub(super) fn quoted_end(bytes: &[u8], line: &Range<usize>, quote: u8) -> Option<usize> {
    let inner = bytes.get(line.start + 1..line.end)?;
    let length = memchr::memchr(quote, inner)?;
    if quote == b'"' {
        return memchr::memchr(b'\\', inner.get(..length)?).is_none().then_some(line.start + 2 + length);
    }
    (inner.get(length + 1) != Some(&b'\'')).then_some(line.start + 2 + length)
}

/// Where a plain scalar ends: before a comment or at the end of the line. None when a colon makes it something else.
pub(super) fn plain_end(bytes: &[u8], line: &Range<usize>) -> Option<usize> {
    let text = bytes.get(line.clone())?;
    let mut at = 0;
    let end = loop {
        let Some(found) = memchr::memchr2(b':', b'#', text.get(at..)?) else { break text.len() };
        at += found;
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        match (text.get(at), text.get(at + 1)) {
            (Some(b':'), None | Some(b' ')) => return None,
            (Some(b'#'), _) if before == Some(&b' ') => break at,
            _ => at += 1,
        }
    };
    let trailing = text.get(..end)?.iter().rev().take_while(|&&byte| byte == b' ').count();
    Some(line.start + end - trailing)
}

/// Whether a plain scalar may begin with this byte; `-`, `?` and `:` only when something follows.
pub(super) fn may_begin_plain(first: u8, next: Option<&u8>) -> bool {
    match first {
        b',' | b'[' | b']' | b'{' | b'}' | b'#' | b'&' | b'*' | b'!' | b'|' | b'>' | b'\'' | b'"' | b'%' | b'@'
        | b'`' => false,
        b'-' | b'?' | b':' => next.is_some_and(|&next| next != b' '),
        _ => true,
    }
}

/// What a word in brackets may consist of.
pub(super) fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'/' | b'+')
}

pub(super) fn skip_spaces(bytes: &[u8], at: usize, end: usize) -> usize {
    let rest = bytes.get(at..end).unwrap_or_default();
    at + rest.iter().take_while(|&&byte| byte == b' ').count()
}

/// Nothing but spaces and a comment set off by a space.
pub(super) fn rest_is_blank(bytes: &[u8], at: usize, end: usize) -> Option<()> {
    let content = skip_spaces(bytes, at, end);
    (content == end || (content > at && bytes.get(content) == Some(&b'#'))).then_some(())
}

/// How many lines end in a part of the text that is otherwise blank.
pub(super) fn line_breaks(bytes: &[u8], start: usize, end: usize) -> Option<usize> {
    let between = bytes.get(start..end)?;
    let breaks = between.iter().filter(|&&byte| byte == b'\n').count();
    (breaks > 0 && between.iter().all(|byte| matches!(byte, b' ' | b'\n'))).then_some(breaks)
}

/// Tells keys of one mapping apart; equal keys have equal digests.
pub(super) fn digest(text: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut digest = text.len() as u64;
    let (words, tail) = text.as_chunks::<8>();
    for &word in words {
        digest = (digest.rotate_left(5) ^ u64::from_le_bytes(word)).wrapping_mul(FACTOR);
    }
    let tail = tail.iter().fold(0, |word, &byte| (word << 8) | u64::from(byte));
    (digest.rotate_left(5) ^ tail).wrapping_mul(FACTOR)
}
