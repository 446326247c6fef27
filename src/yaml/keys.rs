//! Mapping keys: their text, and what repeated keys and merges (`<<`) leave of a mapping.

use std::borrow::Cow;
use std::collections::HashSet;

use indexmap::IndexMap;

use super::Span;
use super::arena::{Decoded, Duplicate, RawNode, Tag, text_of};
use super::emit::go_float;
use super::scalar::{Scalar, resolve};

/// Up to this many keys comparing each with each is faster than hashing.
const COMPARE_EACH_UP_TO: usize = 12;

/// A document of which repeated keys and merges are gone.
pub(super) struct Settled {
    pub(super) nodes: Vec<RawNode>,
    pub(super) duplicates: Vec<Duplicate>,
}

/// What is wrong, and at which byte.
type Fault = (String, u32);

/// The text of a key that is not a string; none for null, which cannot be a key.
pub(super) fn key_text(tag: Tag, written: &str) -> Option<Cow<'_, str>> {
    match (tag, resolve(written)) {
        (Tag::Null, _) => None,
        (_, Scalar::Bool(bool)) => Some(if bool { "true" } else { "false" }.into()),
        (_, Scalar::Int(int)) => Some(int.to_string().into()),
        (_, Scalar::Uint(int)) => Some(int.to_string().into()),
        (_, Scalar::Float(float)) if float.is_nan() => Some(".nan".into()),
        (_, Scalar::Float(float)) if float.is_infinite() => Some(if float > 0.0 { ".inf" } else { "-.inf" }.into()),
        // As text it has the digits of a 32-bit number.
        (_, Scalar::Float(float)) => Some(go_float(float as f32).into()),
        (_, Scalar::Null | Scalar::Text) => Some(written.into()),
    }
}

/// Whether the mapping at `index` repeats a key or merges another.
pub(super) fn need_settling(nodes: &[RawNode], index: usize, stream: &str, decoded: &Decoded) -> bool {
    let entries =
        || entries(nodes, index).map(|(key, _)| nodes.get(key).copied().unwrap_or(RawNode::new(Tag::Null, 0, 0)));
    if entries().any(|key| is_merge(key, stream)) {
        return true;
    }
    let text = |key: RawNode| text_of(key, stream, decoded);
    if entries().nth(COMPARE_EACH_UP_TO).is_none() {
        entries().enumerate().any(|(place, key)| entries().take(place).any(|earlier| text(earlier) == text(key)))
    } else {
        let mut seen = HashSet::new();
        !entries().all(|key| seen.insert(text(key)))
    }
}

/// Applies merges in document order and keeps the last of repeated keys.
pub(super) fn settle(nodes: &[RawNode], stream: &str, decoded: &Decoded) -> Result<Settled, Fault> {
    let mut settling =
        Settling { nodes, stream, decoded, out: Vec::with_capacity(nodes.len()), duplicates: Vec::new() };
    settling.copy(0)?;
    settling.duplicates.sort_by_key(|duplicate| duplicate.key.start);
    Ok(Settled { nodes: settling.out, duplicates: settling.duplicates })
}

fn is_merge(key: RawNode, stream: &str) -> bool {
    key.tag() == Tag::Text && key.payload() == 0 && Span { start: key.start, end: key.end }.of(stream) == "<<"
}

/// The indices of key and value of each entry.
fn entries(nodes: &[RawNode], index: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
    let mut children = children(nodes, index);
    std::iter::from_fn(move || Some((children.next()?, children.next()?)))
}

fn children(nodes: &[RawNode], index: usize) -> impl Iterator<Item = usize> + '_ {
    let end = index + nodes.get(index).map_or(1, |node| node.width());
    let mut next = index + 1;
    std::iter::from_fn(move || {
        let child = next;
        next += nodes.get(child).filter(|_| child < end)?.width();
        Some(child)
    })
}

struct Settling<'a> {
    nodes: &'a [RawNode],
    stream: &'a str,
    decoded: &'a Decoded,
    out: Vec<RawNode>,
    duplicates: Vec<Duplicate>,
}

/// Key text to the indices of key and value.
type Effective<'a> = IndexMap<&'a str, (usize, usize)>;

impl<'a> Settling<'a> {
    /// Depth is bounded by the builder.
    fn copy(&mut self, index: usize) -> Result<(), Fault> {
        let Some(&node) = self.nodes.get(index) else { return Ok(()) };
        let place = self.out.len();
        self.out.push(node);
        match node.tag() {
            Tag::Map => {
                for (key, value) in self.effective(index)?.into_values() {
                    self.out.extend(self.nodes.get(key));
                    self.copy(value)?;
                }
            }
            Tag::Seq => {
                let nodes = self.nodes;
                for child in children(nodes, index) {
                    self.copy(child)?;
                }
            }
            _ => return Ok(()),
        }
        let width = self.out.len() - place;
        if let Some(node) = self.out.get_mut(place) {
            *node = node.with_payload(width as u32);
        }
        Ok(())
    }

    fn effective(&mut self, index: usize) -> Result<Effective<'a>, Fault> {
        let nodes = self.nodes;
        let mut effective = Effective::new();
        for (key, value) in entries(nodes, index) {
            let Some(&node) = nodes.get(key) else { continue };
            if is_merge(node, self.stream) {
                for source in self.merge_sources(value)? {
                    for (key, value) in self.effective(source)?.into_values() {
                        self.put(&mut effective, key, value, true);
                    }
                }
            } else {
                self.put(&mut effective, key, value, false);
            }
        }
        Ok(effective)
    }

    fn put(&mut self, effective: &mut Effective<'a>, key: usize, value: usize, merged: bool) {
        let Some(&node) = self.nodes.get(key) else { return };
        let text = text_of(node, self.stream, self.decoded);
        if let Some((previous, _)) = effective.insert(text, (key, value))
            && let Some(previous) = self.nodes.get(previous)
        {
            let span = |node: &RawNode| Span { start: node.start, end: node.end };
            self.duplicates.push(Duplicate { key: span(&node), previous: span(previous), merged });
        }
    }

    /// The mappings to merge, those that win last.
    fn merge_sources(&self, value: usize) -> Result<Vec<usize>, Fault> {
        let sources: Vec<usize> = match self.nodes.get(value).map(|node| node.tag()) {
            Some(Tag::Seq) => children(self.nodes, value).collect(),
            _ => vec![value],
        };
        for &source in &sources {
            match self.nodes.get(source) {
                Some(node) if node.tag() == Tag::Map => {}
                node => {
                    let offset = node.map_or(0, |node| node.start);
                    return Err(("map merge requires map or sequence of maps as the value".into(), offset));
                }
            }
        }
        Ok(sources.into_iter().rev().collect())
    }
}
