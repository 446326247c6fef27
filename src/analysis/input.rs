//! From text to documents: splitting sources into chunks, parsing them in parallel, and opening lists.
//!
//! A source is a file, standard input, the answer of an API server, or something the tool made. All come in by the same door.

use rayon::prelude::*;

use super::kind::{Kind, Unknown};
use super::view::View;
use crate::yaml::{self, Document};

/// Where a source's text came from. The order is the order of precedence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// A file or standard input.
    File,
    /// Objects of a live cluster.
    Cluster {
        id: String,
        /// The cluster of the current context.
        local: bool,
    },
    /// Made by the tool, such as the default ingress gateway.
    Builtin,
}

/// A named text with any number of documents.
#[derive(Clone, Debug)]
pub struct Source {
    /// As printed in references.
    pub name: String,
    pub text: String,
    pub provenance: Provenance,
}

impl Source {
    /// A source out of a file.
    pub fn file(name: impl Into<String>, text: impl Into<String>) -> Self {
        Source { name: name.into(), text: text.into(), provenance: Provenance::File }
    }

    /// A source that the tool made.
    pub fn builtin(name: impl Into<String>, text: impl Into<String>) -> Self {
        Source { name: name.into(), text: text.into(), provenance: Provenance::Builtin }
    }

    /// References into JSON sources carry no line in the reference.
    pub fn is_json(&self) -> bool {
        self.name.ends_with(".json")
    }
}

/// A piece of a source between two separator lines.
pub struct Chunk<'t> {
    pub source: u32,
    /// Counts from 0 in its source, empty ones included.
    pub index: u32,
    /// Where the piece begins in its source.
    pub offset: u32,
    /// Where its first line with content begins, comments included.
    pub first_line: u32,
    pub documents: Vec<Result<Document<'t>, yaml::Error>>,
}

/// Splits and parses every source.
///
/// With `first_only`, what follows a separator with a comment on its line is lost, as it is in istioctl.
pub fn parse(sources: &[Source], first_only: bool) -> Vec<Chunk<'_>> {
    let mut pieces = Vec::new();
    for (number, source) in sources.iter().enumerate() {
        split(&source.text, |index, start, end, first_line| {
            pieces.push((number as u32, index, start, end, first_line));
        });
    }
    let parse_one = |&(source, index, start, end, first_line): &(u32, u32, usize, usize, usize)| {
        let text = sources.get(source as usize).and_then(|s| s.text.get(start..end)).unwrap_or("");
        let mut documents = yaml::parse_stream(text);
        if first_only {
            documents.truncate(1);
        }
        Chunk { source, index, offset: start as u32, first_line: first_line as u32, documents }
    };
    if pieces.len() < 64 {
        return pieces.iter().map(parse_one).collect();
    }
    pieces.par_iter().with_min_len(32).map(parse_one).collect()
}

/// Calls `emit(index, start, end, first line with content)` for each piece that is not blank.
fn split(text: &str, mut emit: impl FnMut(u32, usize, usize, usize)) {
    let bytes = text.as_bytes();
    let mut start = 0;
    let mut index = 0;
    let mut flush = |index: u32, start: usize, end: usize| {
        let piece = text.get(start..end).unwrap_or("");
        if !piece.trim().is_empty() {
            emit(index, start, end, first_content_line(text, start, end));
        }
    };
    let mut search = 0;
    while let Some(line) = next_separator(bytes, search) {
        let after = memchr::memchr(b'\n', &bytes[line..]).map_or(bytes.len(), |n| line + n + 1);
        if line > start {
            flush(index, start, line);
            index += 1;
            start = after;
        }
        search = after;
    }
    flush(index, start, bytes.len());
}

/// The start of the next line that is `---` and white space only, at or after `from` (itself the start of a line).
fn next_separator(bytes: &[u8], from: usize) -> Option<usize> {
    let mut line = from;
    loop {
        let rest = bytes.get(line..)?;
        if rest.is_empty() {
            return None;
        }
        if rest.starts_with(b"---") {
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            if rest[3..end].iter().all(u8::is_ascii_whitespace) {
                return Some(line);
            }
        }
        line += memchr::memmem::find(rest, b"\n---")? + 1;
    }
}

fn first_content_line(text: &str, start: usize, end: usize) -> usize {
    let mut at = start;
    for line in text.get(start..end).unwrap_or("").split_inclusive('\n') {
        let bare = line.trim_end_matches('\n').trim_end_matches('\r');
        if !bare.is_empty() && bare != "---" {
            return at;
        }
        at += line.len();
    }
    start
}

/// A document or an item of a list, before anything is known about it but its kind.
pub struct Object<'a> {
    pub root: View<'a>,
    pub kind: Kind,
    pub chunk: u32,
    /// Inside a `List`.
    pub item: bool,
}

/// Something that could not be read, or was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub source: u32,
    pub document: u32,
    /// Byte in the source.
    pub offset: u32,
    pub class: ProblemClass,
    pub text: String,
}

/// What kind of problem reading met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemClass {
    YamlSyntax,
    NotAnObject,
    NoKind,
    ListMalformed,
    TypeMismatch,
    /// A kind or version that its group does not have.
    UnknownKind,
    /// The same kind, namespace and name for the second time.
    Duplicate,
}

impl ProblemClass {
    /// Whether the input counts as unreadable (exit code 65).
    pub fn is_error(self) -> bool {
        !matches!(self, ProblemClass::UnknownKind | ProblemClass::Duplicate)
    }
}

/// What the chunks hold.
#[derive(Default)]
pub struct Contents<'a> {
    pub objects: Vec<Object<'a>>,
    pub problems: Vec<Problem>,
    /// Documents seen, list items counted one by one.
    pub documents: usize,
    /// Documents of kinds no rule knows.
    pub foreign: usize,
}

/// How lists and objects of odd kinds are treated.
#[derive(Clone, Copy)]
pub struct Reading<'r> {
    /// istioctl's way: one odd item loses the whole list.
    pub reference: bool,
    /// Whether a kind is read from the source of this number.
    pub wanted: &'r (dyn Fn(Kind, u32) -> bool + Sync),
    /// Whether an object of this kind decodes into its type.
    pub decodes: &'r (dyn Fn(Kind, View<'_>) -> Result<(), String> + Sync),
}

/// Finds the objects in the parsed chunks.
pub fn contents<'a>(chunks: &'a [Chunk<'a>], reading: Reading<'_>) -> Contents<'a> {
    let mut all = Contents::default();
    for (number, chunk) in chunks.iter().enumerate() {
        for document in &chunk.documents {
            match document {
                Ok(document) => {
                    let root = View::new(document.root());
                    if root.is_set() {
                        all.read(root, number as u32, chunk, reading);
                    }
                }
                Err(error) => {
                    let offset = error.line.map_or(chunk.first_line, |_| chunk.first_line);
                    all.problems.push(Problem {
                        source: chunk.source,
                        document: chunk.index,
                        offset,
                        class: ProblemClass::YamlSyntax,
                        text: error.to_string(),
                    });
                }
            }
        }
    }
    all
}

impl<'a> Contents<'a> {
    fn read(&mut self, root: View<'a>, number: u32, chunk: &Chunk<'a>, reading: Reading<'_>) {
        match expand(root, number, chunk, reading, false) {
            Ok(found) => self.absorb(found),
            Err(problem) => self.problems.push(problem),
        }
    }

    fn absorb(&mut self, found: Contents<'a>) {
        self.objects.extend(found.objects);
        self.problems.extend(found.problems);
        self.documents += found.documents;
        self.foreign += found.foreign;
    }
}

fn expand<'a>(
    root: View<'a>,
    number: u32,
    chunk: &Chunk<'a>,
    reading: Reading<'_>,
    item: bool,
) -> Result<Contents<'a>, Problem> {
    let problem = |class, text: String| {
        let offset = root.span().map_or(chunk.first_line, |span| chunk.offset + span.start);
        Problem { source: chunk.source, document: chunk.index, offset, class, text }
    };
    let mut found = Contents::default();
    if !root.is_map() {
        return Err(problem(ProblemClass::NotAnObject, "expected an object with apiVersion and kind".into()));
    }
    if ["apiVersion", "kind"].iter().any(|key| root.key(key).is_set() && root.key(key).text().is_none()) {
        return Err(problem(ProblemClass::NotAnObject, "apiVersion and kind must be texts".into()));
    }
    let (api_version, name) = (root.key("apiVersion").str(), root.key("kind").str());
    if name.is_empty() && (!reading.reference || api_version.is_empty()) {
        return Err(problem(ProblemClass::NoKind, "the object has no kind".into()));
    }
    let items = root.key("items");
    if name == "List" || (!reading.reference && name.ends_with("List") && items.is_seq()) {
        if !items.is_seq() {
            return Err(problem(ProblemClass::ListMalformed, "the list has no sequence of items".into()));
        }
        for element in items.items() {
            match expand(element, number, chunk, reading, true) {
                Ok(contents) if reading.reference && contents.objects.is_empty() && contents.documents > 0 => {
                    return Ok(Contents { documents: 1, foreign: 1, ..Contents::default() });
                }
                Ok(contents) => found.absorb(contents),
                Err(error) if reading.reference => return Err(error),
                Err(error) => found.problems.push(error),
            }
        }
        return Ok(found);
    }
    found.documents = 1;
    match Kind::find(api_version, name) {
        Ok(kind) if (reading.wanted)(kind, chunk.source) => match (reading.decodes)(kind, root) {
            Ok(()) => found.objects.push(Object { root, kind, chunk: number, item }),
            Err(text) => return Err(problem(ProblemClass::TypeMismatch, text)),
        },
        Ok(_) => found.foreign = 1,
        Err(Unknown::Foreign) => found.foreign = 1,
        Err(Unknown::Suspicious) => {
            found.foreign = 1;
            if !reading.reference {
                found.problems.push(problem(ProblemClass::UnknownKind, unknown_kind(api_version, name)));
            }
        }
    }
    Ok(found)
}

fn unknown_kind(api_version: &str, name: &str) -> String {
    let group = api_version.rsplit_once('/').map_or("", |(group, _)| group);
    let rows = || super::kind::KINDS.iter().filter(|row| row.group == group);
    if let Some(row) = rows().find(|row| row.name == name) {
        return format!("{name} has no version {api_version}, expected {}: not checked", row.kind.api_version());
    }
    match crate::ui::nearest::nearest(name, rows().map(|row| row.name)) {
        Some(near) => format!("{group} has no kind {name}, did you mean {near}? Not checked"),
        None => format!("{group} has no kind {name}: not checked"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(text: &str) -> Vec<(u32, &str, usize)> {
        let mut all = Vec::new();
        split(text, |index, start, end, first| all.push((index, &text[start..end], first)));
        all
    }

    #[test]
    fn only_dashes_and_white_space_separate() {
        assert_eq!(
            pieces("a: 1\n--- \nb: 2\n--- # x\nc: 3\n"),
            vec![(0, "a: 1\n", 0), (1, "b: 2\n--- # x\nc: 3\n", 10)]
        );
        assert_eq!(pieces("a: 1\r\n---\r\nb: 2"), vec![(0, "a: 1\r\n", 0), (1, "b: 2", 11)]);
    }

    #[test]
    fn a_leading_separator_belongs_to_its_document() {
        assert_eq!(pieces("---\na: 1\n"), vec![(0, "---\na: 1\n", 4)]);
        assert_eq!(pieces("\n\n---\n---\na: 1\n"), vec![(1, "---\na: 1\n", 10)]);
        assert_eq!(pieces("# note\na: 1"), vec![(0, "# note\na: 1", 0)]);
    }
}
