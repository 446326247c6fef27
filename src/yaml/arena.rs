//! The tree of one document as a flat list in document order: twelve bytes per node, texts borrowed from the source.
//! A container is followed by its children and knows how many nodes its subtree has, so siblings are found by skipping.

use std::sync::Arc;

/// What a stored node is. Strings come in two kinds so that quotes need not be copied away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Tag {
    Null,
    Bool,
    Int,
    Float,
    /// The text is the span.
    Text,
    /// The text is the span without its first and last byte.
    Quoted,
    Seq,
    Map,
}

const TAGS: [Tag; 8] = [Tag::Null, Tag::Bool, Tag::Int, Tag::Float, Tag::Text, Tag::Quoted, Tag::Seq, Tag::Map];

/// Start and end in the stream; the last word holds the tag and, for containers, the number of nodes in the subtree (itself
/// included), for scalars one more than the index of a decoded text, or zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RawNode {
    pub(super) start: u32,
    pub(super) end: u32,
    word: u32,
}

impl RawNode {
    pub(super) fn new(tag: Tag, start: u32, end: u32) -> Self {
        Self { start, end, word: tag as u32 }
    }

    pub(super) fn tag(self) -> Tag {
        TAGS[(self.word & 7) as usize]
    }

    pub(super) fn payload(self) -> u32 {
        self.word >> 3
    }

    pub(super) fn with_payload(self, payload: u32) -> Self {
        Self { word: (self.word & 7) | (payload << 3), ..self }
    }

    pub(super) fn with_tag(self, tag: Tag) -> Self {
        Self { word: (self.word & !7) | tag as u32, ..self }
    }

    pub(super) fn is_container(self) -> bool {
        self.word & 7 >= Tag::Seq as u32
    }

    /// How many nodes to skip to reach the next sibling.
    pub(super) fn width(self) -> usize {
        if self.is_container() { self.payload().max(1) as usize } else { 1 }
    }
}

/// Most nodes one document may have: what fits beside the tag.
pub(super) const MAX_NODES: usize = (1 << 29) - 1;

/// Texts that differ from their source (escapes, folding, dedented blocks), one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Decoded {
    text: String,
    ends: Vec<u32>,
}

impl Decoded {
    /// Stores a text and gives the payload that refers to it.
    pub(super) fn push(&mut self, text: &str) -> u32 {
        self.text.push_str(text);
        self.close()
    }

    /// The buffer to append one text to, ended by `close`.
    pub(super) fn buffer(&mut self) -> &mut String {
        &mut self.text
    }

    pub(super) fn close(&mut self) -> u32 {
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        self.ends.len() as u32
    }

    pub(super) fn get(&self, payload: u32) -> &str {
        let end_of = |payload: u32| match payload {
            0 => Some(0),
            _ => self.ends.get(payload as usize - 1).map(|&end| end as usize),
        };
        let (Some(start), Some(end)) = (end_of(payload.saturating_sub(1)), end_of(payload)) else { return "" };
        self.text.get(start..end).unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    pub(super) fn shrink(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

/// A mapping key given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// The later key, whose value counts.
    pub key: super::Span,
    /// The earlier key, whose value is lost.
    pub previous: super::Span,
    /// Whether a merge (`<<`) took part, which only strict reading objects to.
    pub merged: bool,
}

/// What few documents have, kept apart so that the others stay small.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Extra {
    pub(super) decoded: Decoded,
    pub(super) duplicates: Vec<Duplicate>,
}

/// A finished tree. Documents that were read together share one allocation.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    nodes: Arc<[RawNode]>,
    /// The index of the root.
    first: u32,
    extra: Option<Box<Extra>>,
}

impl Tree {
    pub(super) fn new(nodes: &[RawNode], decoded: Decoded, duplicates: Vec<Duplicate>) -> Self {
        Self::shared(nodes.into(), 0, decoded, duplicates)
    }

    /// The tree whose root stands at an index of a list with those of other documents.
    pub(super) fn shared(nodes: Arc<[RawNode]>, first: u32, mut decoded: Decoded, duplicates: Vec<Duplicate>) -> Self {
        let extra = (!decoded.is_empty() || !duplicates.is_empty()).then(|| {
            decoded.shrink();
            Box::new(Extra { decoded, duplicates })
        });
        Self { nodes, first, extra }
    }

    pub(super) fn first(&self) -> u32 {
        self.first
    }

    pub(super) fn root(&self) -> RawNode {
        self.node(self.first)
    }

    pub(super) fn node(&self, index: u32) -> RawNode {
        self.nodes.get(index as usize).copied().unwrap_or(RawNode::new(Tag::Null, 0, 0))
    }

    pub(super) fn duplicates(&self) -> &[Duplicate] {
        self.extra.as_ref().map_or(&[], |extra| &extra.duplicates)
    }

    /// The text of a scalar.
    pub(super) fn text<'a>(&'a self, stream: &'a str, node: RawNode) -> &'a str {
        match &self.extra {
            Some(extra) => text_of(node, stream, &extra.decoded),
            None => source_text(node, stream),
        }
    }
}

/// The text of a scalar whose decoded form, if any, is in `decoded`.
pub(super) fn text_of<'a>(node: RawNode, stream: &'a str, decoded: &'a Decoded) -> &'a str {
    match node.payload() {
        0 => source_text(node, stream),
        payload => decoded.get(payload),
    }
}

fn source_text(node: RawNode, stream: &str) -> &str {
    let (mut start, mut end) = (node.start as usize, node.end as usize);
    if node.tag() == Tag::Quoted {
        start += 1;
        end = end.saturating_sub(1);
    }
    stream.get(start..end).unwrap_or_default()
}
