//! A view of one node of a document: what it is, what it holds, where it stands.
//! Aliases and merges are already resolved and of repeated keys only the last is left, so a walk sees the value itself.

use serde_json::{Map, Value};

use super::arena::{RawNode, Tag};
use super::scalar::{Scalar, resolve};
use super::{Document, Span};

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Null,
    Bool,
    /// An integer within `i64` or `u64`.
    Int,
    /// Any other number; `1.0` too, which becomes `1` only in JSON.
    Float,
    Str,
    Seq,
    Map,
}

/// One node of a document. Cheap to copy.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    document: &'d Document<'d>,
    index: u32,
}

impl<'d> Node<'d> {
    pub(super) fn root(document: &'d Document<'d>) -> Self {
        Self { document, index: document.tree.first() }
    }

    fn raw(self) -> RawNode {
        self.document.tree.node(self.index)
    }

    pub fn kind(self) -> Kind {
        match self.raw().tag() {
            Tag::Null => Kind::Null,
            Tag::Bool => Kind::Bool,
            Tag::Int => Kind::Int,
            Tag::Float => Kind::Float,
            Tag::Text | Tag::Quoted => Kind::Str,
            Tag::Seq => Kind::Seq,
            Tag::Map => Kind::Map,
        }
    }

    pub fn is_null(self) -> bool {
        self.kind() == Kind::Null
    }

    pub fn is_map(self) -> bool {
        self.kind() == Kind::Map
    }

    pub fn is_seq(self) -> bool {
        self.kind() == Kind::Seq
    }

    /// Where the node stands in the whole stream. A block mapping or sequence reaches from its first key or item to the
    /// end of its last value; a quoted scalar includes its quotes; a block scalar starts at its first line of text; a value
    /// that is not there is an empty span where it would be; an alias stands where it is used.
    pub fn span(self) -> Span {
        let raw = self.raw();
        Span { start: raw.start, end: raw.end }
    }

    /// The document the node belongs to.
    pub fn document(self) -> &'d Document<'d> {
        self.document
    }

    /// The value of a key, if this is a mapping that has it.
    pub fn get(self, key: &str) -> Option<Node<'d>> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The key and the value of an entry.
    pub fn entry(self, key: &str) -> Option<(Node<'d>, Node<'d>)> {
        self.entries().find(|(name, _)| name.text() == key)
    }

    /// The node at a path of keys.
    pub fn at(self, path: &[&str]) -> Option<Node<'d>> {
        path.iter().try_fold(self, |node, key| node.get(key))
    }

    /// The items of a sequence; nothing for other nodes.
    pub fn items(self) -> Items<'d> {
        Items(self.children(Tag::Seq))
    }

    /// The item at an index of a sequence, found by walking.
    pub fn item(self, index: usize) -> Option<Node<'d>> {
        self.items().nth(index)
    }

    /// The entries of a mapping as key and value; nothing for other nodes. Keys are strings, whatever they look like.
    pub fn entries(self) -> Entries<'d> {
        Entries(self.children(Tag::Map))
    }

    /// How many items or entries there are, counted by walking; zero for scalars.
    pub fn len(self) -> usize {
        match self.raw().tag() {
            Tag::Seq => self.items().count(),
            Tag::Map => self.entries().count(),
            _ => 0,
        }
    }

    pub fn is_empty(self) -> bool {
        self.raw().width() == 1
    }

    /// The text of a string; a number or a boolean is none.
    pub fn as_str(self) -> Option<&'d str> {
        matches!(self.raw().tag(), Tag::Text | Tag::Quoted).then(|| self.text())
    }

    /// The text of any scalar as it was written, quotes, escapes and folding undone; empty for containers.
    pub fn text(self) -> &'d str {
        let raw = self.raw();
        if raw.is_container() { "" } else { self.document.tree.text(self.document.stream, raw) }
    }

    /// Whether it is a scalar without quotes or an indicator of a block, whose text says what it is.
    pub fn is_plain(self) -> bool {
        !matches!(self.raw().tag(), Tag::Quoted | Tag::Seq | Tag::Map)
    }

    pub fn as_bool(self) -> Option<bool> {
        match (self.raw().tag(), resolve(self.text())) {
            (Tag::Bool, Scalar::Bool(bool)) => Some(bool),
            _ => None,
        }
    }

    /// The integer, also of a float without fraction, as JSON has it.
    pub fn as_i64(self) -> Option<i64> {
        self.number()?.as_i64()
    }

    pub fn as_u64(self) -> Option<u64> {
        self.number()?.as_u64()
    }

    pub fn as_f64(self) -> Option<f64> {
        self.number()?.as_f64()
    }

    fn number(self) -> Option<serde_json::Number> {
        match self.scalar() {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    fn scalar(self) -> Value {
        match self.raw().tag() {
            Tag::Text | Tag::Quoted => Value::String(self.text().to_owned()),
            Tag::Bool | Tag::Int => resolve(self.text()).to_value(),
            Tag::Float => match resolve(self.text()) {
                Scalar::Int(int) => Value::from(int),
                other => other.to_value(),
            },
            Tag::Null | Tag::Seq | Tag::Map => Value::Null,
        }
    }

    /// The subtree as an owned value. Depth is bounded by the reader.
    pub fn to_value(self) -> Value {
        match self.raw().tag() {
            Tag::Seq => Value::Array(self.items().map(Node::to_value).collect()),
            Tag::Map => {
                let mut map = Map::with_capacity(self.len());
                for (key, value) in self.entries() {
                    map.insert(key.text().to_owned(), value.to_value());
                }
                Value::Object(map)
            }
            _ => self.scalar(),
        }
    }

    fn children(self, tag: Tag) -> Children<'d> {
        let raw = self.raw();
        let width = if raw.tag() == tag { raw.width() as u32 } else { 1 };
        Children { document: self.document, next: self.index + 1, end: self.index + width }
    }
}

impl std::fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Span { start, end } = self.span();
        write!(f, "{:?} at {start}..{end}", self.kind())
    }
}

struct Children<'d> {
    document: &'d Document<'d>,
    next: u32,
    end: u32,
}

impl<'d> Iterator for Children<'d> {
    type Item = Node<'d>;

    fn next(&mut self) -> Option<Node<'d>> {
        if self.next >= self.end {
            return None;
        }
        let node = Node { document: self.document, index: self.next };
        self.next += node.raw().width() as u32;
        Some(node)
    }
}

/// The items of a sequence.
pub struct Items<'d>(Children<'d>);

impl<'d> Iterator for Items<'d> {
    type Item = Node<'d>;

    fn next(&mut self) -> Option<Node<'d>> {
        self.0.next()
    }
}

/// The entries of a mapping.
pub struct Entries<'d>(Children<'d>);

impl<'d> Iterator for Entries<'d> {
    type Item = (Node<'d>, Node<'d>);

    fn next(&mut self) -> Option<(Node<'d>, Node<'d>)> {
        Some((self.0.next()?, self.0.next()?))
    }
}
