//! Why a text is not YAML, in the words of Go's tools, and where.

use std::fmt;

/// A text that cannot be read. `Display` gives what Go's tools print; `line` and `column` are where it really is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong, without any prefix: `did not find expected key`.
    pub message: String,
    /// Line in the whole text, from 1.
    pub line: Option<usize>,
    /// Column in characters, from 1.
    pub column: Option<usize>,
    /// Byte in the whole text.
    pub offset: Option<usize>,
    /// The line Go's tools would name, counted from the document's own start.
    go_line: Option<usize>,
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Reading YAML.
    Yaml,
    /// Repeated keys, which Go reports as a list.
    Strict,
    /// Turning the YAML value into JSON.
    Json,
}

impl Error {
    /// An error of syntax or meaning in a document that begins at byte `base` of `text`.
    pub(super) fn yaml(message: impl Into<String>, text: &str, base: usize, offset: usize, line: GoLine) -> Self {
        let document = text.get(base..).unwrap_or_default();
        let local = offset.saturating_sub(base);
        let line_of = |offset| position(document, offset).line;
        let go_line = match line {
            GoLine::None => None,
            GoLine::Real => Some(line_of(local)).filter(|&line| line > 1),
            GoLine::OneLess => Some(line_of(local) - 1).filter(|&line| line > 0),
            GoLine::Next => Some(line_of(next_token(document, local))),
            GoLine::NextOneLess => Some(line_of(next_token(document, local)) - 1).filter(|&line| line > 0),
            GoLine::EndOfText => Some(line_of(document.len())).filter(|&line| line > 1),
            GoLine::End => Some(line_of(document.len()) - usize::from(document.ends_with('\n'))),
        };
        Self { go_line, ..Self::at(Stage::Yaml, message.into(), text, offset) }
    }

    /// A value that JSON cannot express.
    pub(super) fn json(message: impl Into<String>, text: &str, offset: usize) -> Self {
        Self::at(Stage::Json, message.into(), text, offset)
    }

    /// Keys given twice in one mapping: one line of text for each.
    pub(super) fn strict(message: String, text: &str, offset: usize) -> Self {
        Self::at(Stage::Strict, message, text, offset)
    }

    fn at(stage: Stage, message: String, text: &str, offset: usize) -> Self {
        let Position { line, column } = position(text, offset);
        Self { message, line: Some(line), column: Some(column), offset: Some(offset), go_line: None, stage }
    }

    /// The text of Go's YAML reader itself, without the words its callers put before it.
    pub fn yaml_text(&self) -> String {
        match (self.stage, self.go_line) {
            (Stage::Yaml, Some(line)) => format!("yaml: line {line}: {}", self.message),
            (Stage::Yaml, None) => format!("yaml: {}", self.message),
            (Stage::Strict, _) => format!("yaml: unmarshal errors:\n{}", self.message),
            (Stage::Json, _) => self.message.clone(),
        }
    }
}

/// Which line number Go names for an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GoLine {
    None,
    /// Errors of its scanner.
    Real,
    /// Errors of its parser count lines from zero.
    OneLess,
    /// The line of the next token, where the scanner noticed.
    Next,
    /// The same, of its parser.
    NextOneLess,
    /// Where the text ends: its scanner missed something until then.
    EndOfText,
    /// The last line: the parser missed something until the end.
    End,
}

/// Where the first line after the one of `offset` begins that is neither blank nor a comment.
fn next_token(text: &str, offset: usize) -> usize {
    let mut at = offset;
    for (place, line) in text.get(offset..).unwrap_or_default().split_inclusive('\n').enumerate() {
        let content = line.trim_start();
        if place > 0 && !content.is_empty() && !content.starts_with('#') {
            break;
        }
        at += line.len();
    }
    at
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error converting YAML to JSON: {}", self.yaml_text())
    }
}

impl std::error::Error for Error {}

/// A place in a text as people count: both from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// The line and column of a byte offset. Costs a scan of the text before it: call it for what is shown, not for every node.
pub fn position(text: &str, offset: usize) -> Position {
    let bytes = text.as_bytes();
    position_after(bytes.get(..offset).unwrap_or(bytes))
}

fn position_after(before: &[u8]) -> Position {
    let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
    let line = 1 + memchr::memchr_iter(b'\n', before).count();
    let in_line = before.get(line_start..).unwrap_or_default();
    let column = 1 + in_line.iter().filter(|&&byte| byte & 0xC0 != 0x80).count();
    Position { line, column }
}

/// Positions in one text, of offsets that mostly ascend: what stands before is counted once.
#[derive(Debug)]
pub struct Positions<'t> {
    text: &'t str,
    /// Where counting has come to.
    at: usize,
    position: Position,
}

impl<'t> Positions<'t> {
    pub fn new(text: &'t str) -> Self {
        Positions { text, at: 0, position: Position { line: 1, column: 1 } }
    }

    /// The same as [`position`].
    pub fn of(&mut self, offset: usize) -> Position {
        if offset < self.at {
            *self = Positions::new(self.text);
        }
        let bytes = self.text.as_bytes();
        let end = offset.min(bytes.len());
        let Position { line, column } = position_after(bytes.get(self.at..end).unwrap_or_default());
        let before = if line == 1 { self.position.column - 1 } else { 0 };
        self.position = Position { line: self.position.line + line - 1, column: before + column };
        self.at = end;
        self.position
    }
}
