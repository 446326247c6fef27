//! Turns parser events into a tree: anchors are copied where they are used, within Go's budget for aliases, keys become
//! text, and what repeated keys and merges leave is settled when the document ends.

use std::borrow::Cow;
use std::collections::HashMap;

use granit_parser::{ScalarStyle, StructureStyle, Tag as YamlTag};

use super::arena::{Decoded, MAX_NODES, RawNode, Tag, Tree, text_of};
use super::error::{Error, GoLine};
use super::keys::{self, Settled};
use super::scalar::{Scalar, resolve};
use super::tagged;

/// Deepest nesting that is read. Go stops at 10,000, but values are dropped, cloned and compared recursively everywhere,
/// also on threads with small stacks; no configuration comes near this.
pub(super) const MAX_DEPTH: usize = 1_000;

pub(super) struct Builder<'t> {
    stream: &'t str,
    /// Where the document's part begins.
    part: usize,
    /// From where Go counts lines.
    base: usize,
    nodes: Vec<RawNode>,
    decoded: Decoded,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Anchor>,
    /// Whether any mapping has a merge or repeats a key.
    unsettled: bool,
    decodes: usize,
    alias_decodes: usize,
}

/// A container whose end has not been seen.
struct Frame {
    index: usize,
    anchor: usize,
    /// With brackets of its own, so that its span is known.
    bracketed: bool,
    expects_key: bool,
    last_end: u32,
    /// Levels of containers below.
    height: usize,
}

enum Anchor {
    Open,
    Scalar(RawNode),
    Container { index: usize, height: usize },
}

impl<'t> Builder<'t> {
    pub(super) fn new(stream: &'t str, part: usize, base: usize) -> Self {
        Self {
            stream,
            part,
            base,
            nodes: Vec::new(),
            decoded: Decoded::default(),
            frames: Vec::new(),
            anchors: HashMap::new(),
            unsettled: false,
            decodes: 0,
            alias_decodes: 0,
        }
    }

    /// A scalar; `style` is none for a value that is not written at all.
    pub(super) fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: Option<ScalarStyle>,
        anchor: usize,
        yaml_tag: Option<&YamlTag>,
        from: usize,
        to: usize,
    ) -> Result<(), Error> {
        let text = if style.is_none() && yaml_tag.is_none() { Cow::Borrowed("") } else { text };
        let plain = matches!(style, None | Some(ScalarStyle::Plain));
        let (tag, text) = tagged::read(text, plain, yaml_tag)
            .map_err(|message| Error::yaml(message, self.stream, self.base, from, GoLine::None))?;
        let (from, to) = match style {
            None => (self.absent_position(from), self.absent_position(from)),
            Some(ScalarStyle::Literal | ScalarStyle::Folded) => (from, self.trimmed_end(from, to)),
            Some(_) => (from, to),
        };
        let written = self.stream.get(from..to).unwrap_or_default();
        let quoted = || {
            let inner = written.strip_prefix(['"', '\'']).and_then(|rest| rest.strip_suffix(['"', '\'']));
            tag == Tag::Text && inner == Some(&*text)
        };
        let (from, to) = (from as u32, to as u32);
        // A merge key is known by its text standing in the source.
        let node = if plain && *text == *written && yaml_tag.is_none_or(|tag| tag.suffix() == "merge") {
            RawNode::new(tag, from, to)
        } else if !plain && quoted() {
            RawNode::new(Tag::Quoted, from, to)
        } else {
            RawNode::new(tag, from, to).with_payload(self.decoded.push(&text))
        };
        self.decodes += 1;
        if anchor != 0 {
            self.anchors.insert(anchor, Anchor::Scalar(node));
        }
        self.add_scalar(node)
    }

    fn add_scalar(&mut self, node: RawNode) -> Result<(), Error> {
        let is_key = self.frames.last().is_some_and(|frame| frame.expects_key);
        let node = if is_key { self.key(node)? } else { self.value(node)? };
        self.push(node)?;
        self.completed(node.end, 0);
        Ok(())
    }

    pub(super) fn open(&mut self, tag: Tag, style: StructureStyle, anchor: usize, from: usize) -> Result<(), Error> {
        self.refuse_container_key(from)?;
        if self.frames.len() >= MAX_DEPTH {
            return Err(self.too_deep(from));
        }
        let bracketed = style == StructureStyle::Flow && matches!(self.stream.as_bytes().get(from), Some(b'{' | b'['));
        if anchor != 0 {
            self.anchors.insert(anchor, Anchor::Open);
        }
        let frame = Frame {
            index: self.nodes.len(),
            anchor,
            bracketed,
            expects_key: tag == Tag::Map,
            last_end: from as u32,
            height: 1,
        };
        self.frames.push(frame);
        self.decodes += 1;
        self.push(RawNode::new(tag, from as u32, from as u32))
    }

    pub(super) fn close(&mut self, to: usize) -> Result<(), Error> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let width = self.nodes.len() - frame.index;
        let first_child = self.nodes.get(frame.index + 1).map(|child| child.start);
        let end = if frame.bracketed { to as u32 } else { frame.last_end };
        let Some(node) = self.nodes.get_mut(frame.index) else { return Ok(()) };
        node.end = end;
        if let (false, Some(start)) = (frame.bracketed, first_child) {
            node.start = start;
        }
        // A missing value may stand before an empty block scalar that is its key.
        node.end = node.end.max(node.start);
        let end = node.end;
        *node = node.with_payload(width as u32);
        if node.tag() == Tag::Map {
            self.unsettled |= keys::need_settling(&self.nodes, frame.index, self.stream, &self.decoded);
        }
        if frame.anchor != 0 {
            self.anchors.insert(frame.anchor, Anchor::Container { index: frame.index, height: frame.height });
        }
        self.completed(end, frame.height);
        Ok(())
    }

    /// Copies what an anchor names to where it is used.
    pub(super) fn alias(&mut self, anchor: usize, from: usize, to: usize) -> Result<(), Error> {
        let name = self.stream.get(from + 1..to).unwrap_or_default();
        let (from32, to32) = (from as u32, to as u32);
        self.decodes += 1;
        match self.anchors.get(&anchor) {
            None => Err(self.error(format!("unknown anchor '{name}' referenced"), from)),
            Some(Anchor::Open) => Err(self.error(format!("anchor '{name}' value contains itself"), from)),
            Some(&Anchor::Scalar(node)) => {
                self.decodes += 1;
                self.alias_decodes += 1;
                self.check_budget(from)?;
                // The text is no longer what the span covers.
                let text = text_of(node, self.stream, &self.decoded).to_owned();
                let tag = if node.tag() == Tag::Quoted { Tag::Text } else { node.tag() };
                let payload = if node.payload() > 0 { node.payload() } else { self.decoded.push(&text) };
                self.add_scalar(RawNode::new(tag, from32, to32).with_payload(payload))
            }
            Some(&Anchor::Container { index, height }) => {
                self.refuse_container_key(from)?;
                let width = self.nodes.get(index).map_or(1, |node| node.width());
                self.decodes += width;
                self.alias_decodes += width;
                self.check_budget(from)?;
                if self.frames.len() + height > MAX_DEPTH {
                    return Err(self.too_deep(from));
                }
                let copy_at = self.nodes.len();
                self.nodes.extend_from_within(index..index + width);
                if let Some(root) = self.nodes.get_mut(copy_at) {
                    (root.start, root.end) = (from32, to32);
                }
                self.completed(to32, height);
                Ok(())
            }
        }
    }

    pub(super) fn finish(self) -> Result<Tree, Error> {
        if !self.unsettled {
            return Ok(Tree::new(&self.nodes, self.decoded, Vec::new()));
        }
        match keys::settle(&self.nodes, self.stream, &self.decoded) {
            Ok(Settled { nodes, duplicates }) => Ok(Tree::new(&nodes, self.decoded, duplicates)),
            Err((message, offset)) => Err(self.error(message, offset as usize)),
        }
    }

    /// A key is text, as in JSON: `1.0: x` has the key `1`.
    fn key(&mut self, node: RawNode) -> Result<RawNode, Error> {
        if matches!(node.tag(), Tag::Text | Tag::Quoted) {
            return Ok(node);
        }
        let written = text_of(node, self.stream, &self.decoded);
        let Some(text) = keys::key_text(node.tag(), written) else {
            return Err(Error::json("unsupported map key of type: null", self.stream, node.start as usize));
        };
        if text == written {
            return Ok(node.with_tag(Tag::Text));
        }
        let text = text.into_owned();
        let payload = self.decoded.push(&text);
        Ok(node.with_tag(Tag::Text).with_payload(payload))
    }

    /// A value must have a form in JSON.
    fn value(&self, node: RawNode) -> Result<RawNode, Error> {
        if node.tag() == Tag::Float
            && let Scalar::Float(float) = resolve(text_of(node, self.stream, &self.decoded))
            && !float.is_finite()
        {
            let name = if float.is_nan() {
                "NaN"
            } else if float > 0.0 {
                "+Inf"
            } else {
                "-Inf"
            };
            return Err(Error::json(format!("json: unsupported value: {name}"), self.stream, node.start as usize));
        }
        Ok(node)
    }

    fn refuse_container_key(&self, from: usize) -> Result<(), Error> {
        match self.frames.last() {
            Some(frame) if frame.expects_key => Err(self.error("invalid map key: a sequence or mapping", from)),
            _ => Ok(()),
        }
    }

    fn push(&mut self, node: RawNode) -> Result<(), Error> {
        if self.nodes.len() >= MAX_NODES {
            return Err(self.error("document has too many nodes", node.start as usize));
        }
        self.nodes.push(node);
        Ok(())
    }

    /// A node of the innermost container has ended.
    fn completed(&mut self, end: u32, height: usize) {
        if let Some(frame) = self.frames.last_mut() {
            frame.last_end = end;
            frame.height = frame.height.max(height + 1);
            let is_map = self.nodes.get(frame.index).is_some_and(|node| node.tag() == Tag::Map);
            frame.expects_key = is_map && !frame.expects_key;
        }
    }

    /// Go's defence against documents that grow without bound: the share of nodes that may come from aliases falls from 99 %
    /// to 10 % between 400,000 and 4,000,000 nodes.
    fn check_budget(&self, from: usize) -> Result<(), Error> {
        let share = self.alias_decodes as f64 / self.decodes as f64;
        let allowed = match self.decodes {
            ..=400_000 => 0.99,
            400_001..4_000_000 => 0.99 - 0.89 * (self.decodes - 400_000) as f64 / 3_600_000.0,
            _ => 0.10,
        };
        if self.alias_decodes > 100 && self.decodes > 1_000 && share > allowed {
            return Err(self.error("document contains excessive aliasing", from));
        }
        Ok(())
    }

    fn too_deep(&self, from: usize) -> Error {
        self.error(format!("exceeded max depth of {MAX_DEPTH}"), from)
    }

    fn error(&self, message: impl Into<String>, from: usize) -> Error {
        Error::yaml(message, self.stream, self.base, from, GoLine::None)
    }

    /// Where a missing value would stand: right after the colon or dash.
    fn absent_position(&self, from: usize) -> usize {
        let bytes = self.stream.as_bytes();
        let rest = bytes.get(from..).unwrap_or_default();
        let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let is_map = self
            .frames
            .last()
            .is_some_and(|frame| self.nodes.get(frame.index).is_some_and(|node| node.tag() == Tag::Map));
        if is_map && rest.get(blanks) == Some(&b':') {
            return from + blanks + 1;
        }
        let mut before = self.stream.get(self.part..from).unwrap_or_default().trim_ascii_end();
        while let Some(content) = without_comment(before) {
            before = content;
        }
        self.part + before.len()
    }

    fn trimmed_end(&self, from: usize, to: usize) -> usize {
        let text = self.stream.as_bytes().get(from..to).unwrap_or_default();
        from + text.iter().rposition(|byte| !byte.is_ascii_whitespace()).map_or(0, |last| last + 1)
    }
}

/// The text without the comment it ends in, if one follows an indicator or stands on a line of its own.
fn without_comment(text: &str) -> Option<&str> {
    let line_start = text.rfind('\n').map_or(0, |newline| newline + 1);
    let line = text.get(line_start..)?;
    let mut comments = line.match_indices('#').filter_map(|(at, _)| line.get(..at));
    let content = comments.find(|content| {
        let indicator = content.trim_ascii_end();
        indicator.is_empty() || (indicator.len() < content.len() && indicator.ends_with(['-', ':', '?']))
    })?;
    text.get(..line_start + content.len()).map(str::trim_ascii_end)
}
