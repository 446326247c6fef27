//! What Go's reader refuses and granit-parser takes: control characters, unknown directives, a tab as indentation,
//! escapes that only JSON has.

use std::ops::Range;

use granit_parser::{Event, ScalarStyle, StructureStyle};

use super::error::{Error, GoLine};

/// Checks a part of the stream before it is parsed.
pub(super) fn check(stream: &str, range: Range<usize>, base: usize) -> Result<(), Error> {
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
    directives(stream, range, base)
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
fn directives(stream: &str, range: Range<usize>, base: usize) -> Result<(), Error> {
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
        let error = |message: &str, line| Error::yaml(message, stream, base, start, line);
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

/// Finds tabs where a token could begin a line of a block: Go takes them for the start of a token.
pub(super) struct Tabs<'t> {
    stream: &'t str,
    part: usize,
    base: usize,
    /// Where the last token ended; none when the part has no tab at all.
    last_end: Option<usize>,
    /// Containers around, the innermost last.
    around: Vec<Around>,
    after_plain: bool,
}

#[derive(Clone, Copy)]
enum Around {
    Brackets,
    /// A block whose entries stand at a column.
    Block(usize),
}

impl<'t> Tabs<'t> {
    pub(super) fn new(stream: &'t str, range: Range<usize>, base: usize) -> Self {
        let bytes = stream.as_bytes().get(range.clone()).unwrap_or_default();
        let last_end = memchr::memchr(b'\t', bytes).map(|_| range.start);
        Self { stream, part: range.start, base, last_end, around: Vec::new(), after_plain: false }
    }

    /// Checks what stands between the last event and this one.
    pub(super) fn check(&mut self, event: &Event<'_>, from: usize, to: usize) -> Result<(), Error> {
        let Some(last_end) = self.last_end else { return Ok(()) };
        let around = self.around.last().copied().unwrap_or(Around::Block(0));
        if let (Around::Block(column), Some(gap)) = (around, self.stream.get(last_end..from)) {
            let at_start = last_end == self.part;
            // A plain scalar may go on in the next line, unless it was a key.
            let open = self.after_plain && !gap.trim_start_matches([' ', '\t']).starts_with(':');
            let below = if open { tab_below_plain(gap, column) } else { None };
            let found = match below {
                Some(tab) => Some((tab, "found a tab character that violates indentation")),
                None => {
                    forbidden_tab(gap, at_start, open).map(|tab| (tab, "found character that cannot start any token"))
                }
            };
            if let Some((tab, message)) = found {
                return Err(Error::yaml(message, self.stream, self.base, last_end + tab, GoLine::Real));
            }
        }
        match event {
            Event::SequenceStart(StructureStyle::Flow, ..) | Event::MappingStart(StructureStyle::Flow, ..) => {
                self.around.push(Around::Brackets);
            }
            // A sequence may stand at the column of the key before it.
            Event::SequenceStart(..) => self.around.push(around),
            Event::MappingStart(..) => {
                let line_start =
                    self.stream.get(..from).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
                self.around.push(if matches!(around, Around::Brackets) {
                    around
                } else {
                    Around::Block(from - line_start)
                });
            }
            Event::SequenceEnd | Event::MappingEnd => drop(self.around.pop()),
            _ => {}
        }
        if to > from {
            self.after_plain = matches!(event, Event::Scalar(_, ScalarStyle::Plain, ..));
        }
        self.last_end = Some(to.max(last_end));
        Ok(())
    }
}

/// The place of a tab in the white space, comments and indicators between two tokens where a token could begin: at the
/// beginning of a line or after a dash. Lines of a plain scalar that is still open begin with no token.
fn forbidden_tab(gap: &str, at_start: bool, open: bool) -> Option<usize> {
    let mut at = 0;
    for (place, line) in gap.split_inclusive('\n').enumerate() {
        let begins_line = !open && (place > 0 || at_start);
        let blanks = line.len() - line.trim_start_matches([' ', '\t']).len();
        let leading = line.get(..blanks).unwrap_or_default();
        let rest = line.get(blanks..).unwrap_or_default();
        if let (true, Some(tab)) = (begins_line, leading.find('\t')) {
            return Some(at + tab);
        }
        if let Some(after) = rest.strip_prefix('-')
            && let Some(tab) =
                after.find(|c| c != ' ').filter(|&tab| after.get(tab..).is_some_and(|rest| rest.starts_with('\t')))
            && after.get(tab..).is_some_and(|rest| !rest.trim_start_matches([' ', '\t']).starts_with('#'))
        {
            return Some(at + blanks + 1 + tab);
        }
        at += line.len();
    }
    None
}

/// The place of a tab before the column where lines of a plain scalar would go on.
fn tab_below_plain(gap: &str, column: usize) -> Option<usize> {
    let mut at = 0;
    for (place, line) in gap.split_inclusive('\n').enumerate() {
        let spaces = line.len() - line.trim_start_matches(' ').len();
        if place > 0 && spaces <= column && line.get(spaces..).is_some_and(|rest| rest.starts_with('\t')) {
            return Some(at + spaces);
        }
        at += line.len();
    }
    None
}

/// Checks the name of an alias: letters and digits of ASCII, `_` and `-`. A host that was not quoted, `*.example.com`, has none.
pub(super) fn alias_name(stream: &str, base: usize, from: usize, to: usize) -> Result<(), Error> {
    let name = stream.as_bytes().get(from + 1..to).unwrap_or_default();
    if !name.is_empty() && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
        return Ok(());
    }
    Err(Error::yaml("did not find expected alphabetic or numeric character", stream, base, from, GoLine::Real))
}

/// Checks the beginning of a block scalar's text: where its header doesn't say how deep the text stands, a tab before the first
/// character may not be part of it.
pub(super) fn tab_as_indentation(stream: &str, base: usize, from: usize) -> Result<(), Error> {
    let (before, text) = stream.split_at_checked(from).unwrap_or_default();
    if !text.starts_with('\t') {
        return Ok(());
    }
    let header = before.trim_end().rsplit(['\n', '\r']).next().unwrap_or_default();
    let header = header.split(" #").next().unwrap_or_default().trim_end();
    let marks = header.rsplit(['|', '>']).next().unwrap_or_default();
    if marks.contains(|c: char| c.is_ascii_digit()) {
        return Ok(());
    }
    let message = "found a tab character where an indentation space is expected";
    Err(Error::yaml(message, stream, base, from, GoLine::Real))
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
