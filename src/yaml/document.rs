//! One YAML document of a stream, and how a stream becomes documents: cut at the markers, each part read on its own.

use std::ops::Range;

use rayon::prelude::*;

use super::arena::{Decoded, Duplicate, RawNode, Tag, Tree};
use super::error::{Error, GoLine, position};
use super::events;
use super::node::Node;
use super::scan::Scanner;
use super::split::{is_blank, yaml_parts};
use super::{Span, Value};

/// Below this size one thread is faster than waking others.
const PARALLEL_FROM: usize = 256 * 1024;

/// Documents that one thread reads in a row.
const PARTS_AT_ONCE: usize = 64;

/// A document: its tree and the text it borrows from.
#[derive(Clone)]
pub struct Document<'t> {
    pub(super) stream: &'t str,
    pub(super) start: u32,
    pub(super) end: u32,
    pub(super) tree: Tree,
}

/// Every document of a text that has content, in order. One that cannot be read is an error in its place; the others are
/// not affected. Documents of a large text are read in parallel.
pub fn parse_stream(text: &str) -> Vec<Result<Document<'_>, Error>> {
    if let Err(error) = check_size(text) {
        return vec![Err(error)];
    }
    let Some(parts) = yaml_parts(text) else {
        return events::read(text, 0..text.len(), 0).into_iter().filter(has_content).collect();
    };
    if text.len() < PARALLEL_FROM || parts.len() < 2 {
        return read_parts(text, &parts);
    }
    parts.par_chunks(PARTS_AT_ONCE).flat_map_iter(|parts| read_parts(text, parts)).collect()
}

fn read_parts<'t>(text: &'t str, parts: &[Range<usize>]) -> Vec<Result<Document<'t>, Error>> {
    let mut scanner = Scanner::default();
    let mut general = Vec::new();
    let parts = parts.iter().filter(|part| !is_blank(text.get((*part).clone()).unwrap_or_default()));
    for part in parts {
        if !scanner.scan(text, part.clone()) {
            general.push((scanner.count(), events::read(text, part.clone(), part.start)));
        }
    }
    // Back into the order of the stream: each general result stands after so many scanned documents.
    let mut scanned = scanner.finish().into_iter().map(|(part, tree)| Ok(Document::new(text, part, tree)));
    let mut documents = Vec::with_capacity(scanned.len() + general.len());
    let mut taken = 0;
    for (before, results) in general {
        documents.extend(scanned.by_ref().take(before - taken));
        taken = before;
        documents.extend(results.into_iter().filter(has_content));
    }
    documents.extend(scanned);
    documents
}

/// The first document of a text; one without content is null.
///
/// # Errors
/// When it is not YAML, or holds what JSON cannot.
pub fn parse_document(text: &str) -> Result<Document<'_>, Error> {
    check_size(text)?;
    let range = match yaml_parts(text) {
        None => 0..text.len(),
        Some(parts) => {
            let mut parts = parts.into_iter();
            let first = parts.next().unwrap_or_default();
            if is_blank(text.get(first.clone()).unwrap_or_default()) { parts.next().unwrap_or(first) } else { first }
        }
    };
    if let Some(tree) = Scanner::tree(text, range.clone()) {
        return Ok(Document::new(text, range, tree));
    }
    let empty = Document::empty(text, range.clone());
    events::read(text, range, 0).into_iter().next().unwrap_or(Ok(empty))
}

fn check_size(text: &str) -> Result<(), Error> {
    if u32::try_from(text.len()).is_ok() {
        Ok(())
    } else {
        Err(Error::yaml("text exceeds 4 GiB", "", 0, 0, GoLine::None))
    }
}

fn has_content(document: &Result<Document<'_>, Error>) -> bool {
    !matches!(document, Ok(document) if document.is_empty())
}

impl<'t> Document<'t> {
    pub(super) fn new(stream: &'t str, range: Range<usize>, tree: Tree) -> Self {
        Self { stream, start: range.start as u32, end: range.end as u32, tree }
    }

    fn empty(stream: &'t str, range: Range<usize>) -> Self {
        let end = range.end as u32;
        let root = RawNode::new(Tag::Null, end, end);
        Self::new(stream, range, Tree::new(&[root], Decoded::default(), Vec::new()))
    }

    /// The outermost node.
    pub fn root(&self) -> Node<'_> {
        Node::root(self)
    }

    /// The document's own text, comments included, without the marker lines around it.
    pub fn text(&self) -> &'t str {
        self.stream.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// The whole text the document is part of: what spans count in.
    pub fn stream(&self) -> &'t str {
        self.stream
    }

    /// Where [`Self::text`] begins in the stream.
    pub fn offset(&self) -> usize {
        self.start as usize
    }

    /// The line in the stream on which [`Self::text`] begins, from 1.
    pub fn line(&self) -> usize {
        position(self.stream, self.offset()).line
    }

    /// Whether there is no content at all, not even a written `null`.
    pub fn is_empty(&self) -> bool {
        let root = self.tree.root();
        root.tag() == Tag::Null && root.start == root.end
    }

    /// The document as a tree of its own.
    pub fn to_value(&self) -> Value {
        self.root().to_value()
    }

    /// The source text of a span.
    pub fn source(&self, span: Span) -> &'t str {
        span.of(self.stream)
    }

    /// Keys given twice in one mapping, in document order. Those that a merge overrides are not among them.
    pub fn duplicates(&self) -> impl Iterator<Item = Duplicate> + '_ {
        self.all_duplicates().iter().copied().filter(|duplicate| !duplicate.merged)
    }

    fn all_duplicates(&self) -> &[Duplicate] {
        self.tree.duplicates()
    }

    /// The error of strict reading, if a key is given twice.
    pub fn strict_error(&self) -> Option<Error> {
        let first = self.all_duplicates().first()?;
        let line = |duplicate: &Duplicate| {
            let Span { start, .. } = duplicate.key;
            let line = position(self.text(), (start as usize).saturating_sub(self.offset())).line;
            format!("  line {line}: key {:?} already set in map", self.key_text(duplicate.key))
        };
        let lines: Vec<String> = self.all_duplicates().iter().map(line).collect();
        Some(Error::strict(lines.join("\n"), self.stream, first.key.start as usize))
    }

    /// The text of a key as its span shows it, without simple quotes.
    fn key_text(&self, key: Span) -> &'t str {
        let source = self.source(key);
        let unquoted = ['"', '\''].iter().find_map(|&quote| source.strip_prefix(quote)?.strip_suffix(quote));
        unquoted.unwrap_or(source)
    }
}

impl std::fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Document at {}..{}: {}", self.start, self.end, self.to_value())
    }
}
