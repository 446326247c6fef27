//! Where one document ends and the next begins.

use std::ops::Range;

use memchr::memmem;

/// One part of a text between separator lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'t> {
    /// The text without the separator lines around it.
    pub text: &'t str,
    /// Its first byte in the whole text.
    pub offset: usize,
}

impl Part<'_> {
    /// Whether there is nothing but blank lines and comments.
    pub fn is_blank(&self) -> bool {
        is_blank(self.text)
    }
}

/// Cuts a text at every line that starts with `---` and has only blanks or a comment after it, as Go's line readers do
/// (inside block scalars and quotes too). Parts may be blank.
pub fn split_documents(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut start = 0;
    for line in separators(text) {
        let rest = text.get(line.start + 3..line.end).unwrap_or_default().trim();
        if rest.is_empty() || rest.starts_with('#') {
            parts.push(Part { text: text.get(start..line.start).unwrap_or_default(), offset: start });
            start = line.end;
        }
    }
    parts.push(Part { text: text.get(start..).unwrap_or_default(), offset: start });
    parts
}

/// Whether a text has nothing but blank lines, comments and separators.
pub(super) fn is_blank(text: &str) -> bool {
    text.lines().all(|line| {
        let line = line.trim_start_matches([' ', '\t', '\u{feff}', '\r']);
        line.is_empty() || line.starts_with('#') || line.strip_prefix("---").is_some_and(is_blank_line)
    })
}

fn is_blank_line(rest: &str) -> bool {
    let trimmed = rest.trim_start_matches([' ', '\t', '\r']);
    trimmed.is_empty() || (trimmed.len() < rest.len() && trimmed.starts_with('#'))
}

/// The lines (with their line break) that begin with `---`.
pub(super) fn separators(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let bytes = text.as_bytes();
    let first = text.starts_with("---").then_some(0);
    let later = memmem::find_iter(bytes, b"\n---").map(|newline| newline + 1);
    first.into_iter().chain(later).map(|start| {
        let rest = bytes.get(start..).unwrap_or_default();
        let end = memchr::memchr(b'\n', rest).map_or(bytes.len(), |newline| start + newline + 1);
        start..end
    })
}

/// Cuts a stream at YAML's own document markers, `---` followed by white space. The first part is what stands before any
/// marker. `None` when the stream uses directives, `...` or carriage returns alone as line ends, which only a parser of the whole
/// can follow.
pub(super) fn yaml_parts(text: &str) -> Option<Vec<Range<usize>>> {
    let bytes = text.as_bytes();
    if bytes.starts_with(b"%") || memmem::find(bytes, b"\n%").is_some() || memmem::find(bytes, b"\n...").is_some() {
        return None;
    }
    if memchr::memchr_iter(b'\r', bytes).any(|at| bytes.get(at + 1) != Some(&b'\n')) {
        return None;
    }
    let mut parts = Vec::new();
    let mut start = 0;
    for line in separators(text) {
        let rest = text.get(line.start + 3..line.end).unwrap_or_default();
        if !rest.is_empty() && !rest.starts_with([' ', '\t', '\r', '\n']) {
            continue;
        }
        parts.push(start..line.start);
        // A separator that carries content stays with its document.
        start = if is_blank_line(rest.trim_end_matches('\n')) { line.end } else { line.start };
    }
    parts.push(start..text.len());
    Some(parts)
}
