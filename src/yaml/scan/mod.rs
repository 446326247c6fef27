//! The fast way to read a document: a scanner of lines for what nearly all configuration is made of. It knows block mappings
//! and sequences, scalars (plain, or quoted without escapes) also where they go on over several lines, literal blocks, flat
//! lists in brackets, empty `{}`, and comments. At anything else it gives up, and the document goes to the general reader;
//! it never guesses.

mod line;

use std::ops::Range;
use std::sync::Arc;

use super::arena::{Decoded, MAX_NODES, RawNode, Tag, Tree};
use super::builder::MAX_DEPTH;
use super::keys;
use super::scalar::{Scalar, resolve};
use line::{
    Lines, digest, is_dash, is_word_byte, key_end, line_breaks, may_begin_plain, plain_characters, plain_end,
    push_line, quoted_end, rest_is_blank, skip_spaces,
};

/// Up to this many keys each new one is compared with the others; longer mappings are sorted at their end.
const COMPARE_EACH_UP_TO: usize = 32;

/// Reads documents one after the other into one list of nodes.
#[derive(Default)]
pub(super) struct Scanner {
    nodes: Vec<RawNode>,
    /// The documents read: part of the stream, index of the root, decoded texts.
    done: Vec<(Range<usize>, u32, Decoded)>,
    /// The index of the root of the document being read.
    first: usize,
    decoded: Decoded,
    frames: Vec<Frame>,
    /// Digest and node of the keys of all open mappings.
    keys: Vec<(u64, u32)>,
    /// Where the last finished node ends.
    last_end: u32,
    /// Where the value is missing that the last key or dash announced.
    pending: Option<u32>,
}

/// An open block mapping or sequence.
#[derive(Clone, Copy)]
struct Frame {
    index: u32,
    column: u32,
    /// Its first entry of `keys`.
    keys: u32,
    kind: Block,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    Map,
    Seq,
    /// A sequence at the column of the key it belongs to.
    SeqAtKey,
}

impl Scanner {
    /// The tree of one document in a part of the stream; none when it uses something this scanner does not know.
    pub(super) fn tree(stream: &str, range: Range<usize>) -> Option<Tree> {
        const BYTES_PER_NODE: usize = 16;
        let nodes = Vec::with_capacity(range.len() / BYTES_PER_NODE);
        let mut scanner = Self { nodes, ..Self::default() };
        scanner.scan(stream, range);
        scanner.finish().pop().map(|(_, tree)| tree)
    }

    /// Reads the document in a part of the stream; false when it uses something this scanner does not know.
    pub(super) fn scan(&mut self, stream: &str, range: Range<usize>) -> bool {
        self.first = self.nodes.len();
        self.frames.clear();
        self.keys.clear();
        self.pending = None;
        if self.read(stream, range.clone()).is_none() || self.nodes.len() > MAX_NODES {
            self.nodes.truncate(self.first);
            self.decoded.clear();
            return false;
        }
        let decoded = if self.decoded.is_empty() { Decoded::default() } else { std::mem::take(&mut self.decoded) };
        self.done.push((range, self.first as u32, decoded));
        true
    }

    /// How many documents have been read.
    pub(super) fn count(&self) -> usize {
        self.done.len()
    }

    /// All documents read, with their parts of the stream.
    pub(super) fn finish(self) -> Vec<(Range<usize>, Tree)> {
        let nodes: Arc<[RawNode]> = self.nodes.into();
        let tree = |(range, first, decoded)| (range, Tree::shared(nodes.clone(), first, decoded, Vec::new()));
        self.done.into_iter().map(tree).collect()
    }

    fn read(&mut self, stream: &str, range: Range<usize>) -> Option<()> {
        let part = stream.as_bytes().get(range.clone())?;
        let has_tabs = plain_characters(part)?;
        if part.starts_with(b"---") {
            return None;
        }
        let bytes = stream.as_bytes().get(..range.end)?;
        let mut lines = Lines { stream, bytes, at: range.start, end: range.end, has_tabs };
        while let Some((line, column)) = lines.next_content() {
            self.line(&mut lines, line, column)?;
        }
        self.settle_pending();
        while !self.frames.is_empty() {
            self.close()?;
        }
        (self.nodes.len() > self.first).then_some(())
    }

    /// One line with content, which stands at a column.
    fn line(&mut self, lines: &mut Lines<'_>, line: Range<usize>, column: u32) -> Option<()> {
        let at = line.start;
        lines.refuse_tabs(&line)?;
        let dash = is_dash(lines.bytes, at, line.end);
        if self.pending.is_some() {
            let frame = *self.frames.last()?;
            if column > frame.column {
                self.pending = None;
                return self.node(lines, line, column);
            }
            if dash && column == frame.column && frame.kind == Block::Map {
                self.pending = None;
                self.open(Block::SeqAtKey, at, column)?;
                return self.item(lines, line, column);
            }
            self.settle_pending();
        }
        if self.nodes.len() == self.first {
            return self.node(lines, line, column);
        }
        let innermost = self.frames.len();
        loop {
            let frame = *self.frames.last()?;
            if frame.column > column || (frame.column == column && frame.kind == Block::SeqAtKey && !dash) {
                self.close()?;
                continue;
            }
            return match (frame.column == column, frame.kind, dash) {
                (true, Block::Map, false) => {
                    let colon = key_end(lines.bytes, &line)?;
                    self.entry(lines, line, colon)
                }
                (true, Block::Seq | Block::SeqAtKey, true) => self.item(lines, line, column),
                _ if frame.column < column && self.frames.len() == innermost => {
                    self.continuation(lines, line, frame.column)
                }
                _ => None,
            };
        }
    }

    /// A node that begins in this line: a block, or a scalar of its own.
    fn node(&mut self, lines: &mut Lines<'_>, line: Range<usize>, column: u32) -> Option<()> {
        if is_dash(lines.bytes, line.start, line.end) {
            self.open(Block::Seq, line.start, column)?;
            return self.item(lines, line, column);
        }
        if let Some(colon) = key_end(lines.bytes, &line) {
            self.open(Block::Map, line.start, column)?;
            return self.entry(lines, line, colon);
        }
        if self.frames.is_empty() {
            return None;
        }
        self.value(lines, line)
    }

    /// A line that begins with a dash.
    fn item(&mut self, lines: &mut Lines<'_>, line: Range<usize>, column: u32) -> Option<()> {
        let after = line.start + 1;
        let content = skip_spaces(lines.bytes, after, line.end);
        if content == line.end || lines.bytes.get(content) == Some(&b'#') {
            self.pending = Some(after as u32);
            return Some(());
        }
        // A nested block stands at the column of its first character.
        let column = column + (content - line.start) as u32;
        self.node(lines, content..line.end, column)
    }

    /// A line that begins with a key, which ends at the colon.
    fn entry(&mut self, lines: &mut Lines<'_>, line: Range<usize>, colon: usize) -> Option<()> {
        self.key(lines.stream, line.start, colon)?;
        let content = skip_spaces(lines.bytes, colon + 1, line.end);
        if content == line.end || lines.bytes.get(content) == Some(&b'#') {
            self.pending = Some(colon as u32 + 1);
            return Some(());
        }
        self.value(lines, content..line.end)
    }

    fn key(&mut self, stream: &str, start: usize, end: usize) -> Option<()> {
        let written = stream.get(start..end)?;
        let first = *written.as_bytes().first()?;
        let (tag, text) = if first == b'"' || first == b'\'' {
            (Tag::Quoted, written.get(1..written.len() - 1)?)
        } else {
            (Tag::Text, written)
        };
        if tag == Tag::Text {
            if written == "<<" {
                return None;
            }
            match resolve(written) {
                Scalar::Text => {}
                Scalar::Null => return None,
                _ if keys::key_text(Tag::Int, written)? == written => {}
                _ => return None,
            }
        }
        let index = self.nodes.len() as u32;
        self.nodes.push(RawNode::new(tag, start as u32, end as u32));
        let digest = digest(text.as_bytes());
        let first_key = self.frames.last()?.keys as usize;
        let siblings = self.keys.get(first_key..)?;
        if siblings.len() < COMPARE_EACH_UP_TO && siblings.iter().any(|&(other, _)| other == digest) {
            // A repeated key, or rarely two that share a digest: the general reader knows.
            return None;
        }
        self.keys.push((digest, index));
        Some(())
    }

    /// A value that begins in this line. Whether a plain scalar ends in it, the next lines show.
    fn value(&mut self, lines: &mut Lines<'_>, line: Range<usize>) -> Option<()> {
        let start = line.start;
        match *lines.bytes.get(start)? {
            quote @ (b'"' | b'\'') => {
                let Some(end) = quoted_end(lines.bytes, &line, quote) else {
                    return self.folded_quote(lines, line, quote);
                };
                rest_is_blank(lines.bytes, end, line.end)?;
                self.push(RawNode::new(Tag::Quoted, start as u32, end as u32));
            }
            b'|' => self.literal(lines, line)?,
            b'[' => self.list(lines, line)?,
            b'{' => {
                if lines.bytes.get(start + 1) != Some(&b'}') {
                    return None;
                }
                rest_is_blank(lines.bytes, start + 2, line.end)?;
                self.push(RawNode::new(Tag::Map, start as u32, start as u32 + 2).with_payload(1));
            }
            first => {
                if !may_begin_plain(first, lines.bytes.get(start + 1).filter(|_| start + 1 < line.end)) {
                    return None;
                }
                let end = plain_end(lines.bytes, &line)?;
                self.plain(lines.stream, start, end)?;
            }
        }
        Some(())
    }

    fn plain(&mut self, stream: &str, start: usize, end: usize) -> Option<()> {
        let tag = match resolve(stream.get(start..end)?) {
            Scalar::Null => Tag::Null,
            Scalar::Bool(_) => Tag::Bool,
            Scalar::Int(_) | Scalar::Uint(_) => Tag::Int,
            Scalar::Float(float) if !float.is_finite() => return None,
            Scalar::Float(_) => Tag::Float,
            Scalar::Text => Tag::Text,
        };
        self.push(RawNode::new(tag, start as u32, end as u32));
        Some(())
    }

    /// A line deeper than its block: the plain scalar before goes on in it, or it is an error.
    fn continuation(&mut self, lines: &mut Lines<'_>, mut line: Range<usize>, parent: u32) -> Option<()> {
        let last = self.nodes.last_mut().filter(|node| !node.is_container() && node.payload() == 0)?;
        if last.tag() == Tag::Quoted || last.start == last.end {
            return None;
        }
        let (start, mut end) = (last.start as usize, last.end as usize);
        self.decoded.buffer().push_str(lines.stream.get(start..end)?);
        loop {
            let breaks = line_breaks(lines.bytes, end, line.start)?;
            end = plain_end(lines.bytes, &line)?;
            self.fold(breaks, lines.stream.get(line.start..end)?);
            let here = lines.at;
            let Some((next, column)) = lines.next_content() else { break };
            if column <= parent {
                lines.at = here;
                break;
            }
            lines.refuse_tabs(&next)?;
            line = next;
        }
        *self.nodes.last_mut()? = RawNode::new(Tag::Text, start as u32, end as u32).with_payload(self.decoded.close());
        self.last_end = end as u32;
        Some(())
    }

    /// A quoted text without escapes that goes on over several lines.
    fn folded_quote(&mut self, lines: &mut Lines<'_>, line: Range<usize>, quote: u8) -> Option<()> {
        let parent = self.frames.last()?.column;
        let start = line.start;
        let mut part = start + 1..line.end;
        let mut breaks = None;
        let end = loop {
            let text = lines.bytes.get(part.clone())?;
            let closing = memchr::memchr(quote, text);
            let inner = text.get(..closing.unwrap_or(text.len()))?;
            let escapes = match (quote, closing) {
                (b'"', _) => memchr::memchr(b'\\', inner).is_some(),
                (_, Some(at)) => text.get(at + 1) == Some(&quote),
                _ => false,
            };
            if escapes {
                return None;
            }
            let length = if closing.is_some() { inner.len() } else { inner.trim_ascii_end().len() };
            let text = lines.stream.get(part.start..part.start + length)?;
            match breaks {
                None => self.decoded.buffer().push_str(text),
                Some(breaks) => self.fold(breaks, text),
            }
            if closing.is_some() {
                break part.start + length + 1;
            }
            let so_far = part.start + length;
            let (next, column) = lines.next_content()?;
            if column <= parent {
                return None;
            }
            lines.refuse_tabs(&next)?;
            breaks = Some(line_breaks(lines.bytes, so_far, next.start)?);
            part = next;
        };
        let line_end = part.end;
        rest_is_blank(lines.bytes, end, line_end)?;
        let payload = self.decoded.close();
        self.push(RawNode::new(Tag::Text, start as u32, end as u32).with_payload(payload));
        Some(())
    }

    /// Adds the next line of a text: a single break is a space, each further one a break.
    fn fold(&mut self, breaks: usize, text: &str) {
        let buffer = self.decoded.buffer();
        if breaks == 1 {
            buffer.push(' ');
        }
        buffer.extend(std::iter::repeat_n('\n', breaks - 1));
        buffer.push_str(text);
    }

    /// A list in brackets on one line: plain words and quoted texts.
    fn list(&mut self, lines: &mut Lines<'_>, line: Range<usize>) -> Option<()> {
        let bytes = lines.bytes;
        let index = self.nodes.len();
        self.nodes.push(RawNode::new(Tag::Seq, line.start as u32, line.start as u32));
        let mut at = skip_spaces(bytes, line.start + 1, line.end);
        if bytes.get(at) != Some(&b']') {
            loop {
                let end = match *bytes.get(at).filter(|_| at < line.end)? {
                    quote @ (b'"' | b'\'') => {
                        let end = quoted_end(bytes, &(at..line.end), quote)?;
                        self.push(RawNode::new(Tag::Quoted, at as u32, end as u32));
                        end
                    }
                    first if first.is_ascii_alphanumeric() || first == b'/' => {
                        let word = bytes.get(at..line.end)?;
                        let length = word.iter().take_while(|&&byte| is_word_byte(byte)).count();
                        self.plain(lines.stream, at, at + length)?;
                        at + length
                    }
                    _ => return None,
                };
                at = skip_spaces(bytes, end, line.end);
                match *bytes.get(at).filter(|_| at < line.end)? {
                    b',' => at = skip_spaces(bytes, at + 1, line.end),
                    b']' => break,
                    _ => return None,
                }
            }
        }
        rest_is_blank(bytes, at + 1, line.end)?;
        let width = (self.nodes.len() - index) as u32;
        self.nodes[index] = RawNode::new(Tag::Seq, line.start as u32, at as u32 + 1).with_payload(width);
        self.last_end = at as u32 + 1;
        Some(())
    }

    /// A block of literal text whose header stands in this line.
    fn literal(&mut self, lines: &mut Lines<'_>, line: Range<usize>) -> Option<()> {
        let header = lines.bytes.get(line.clone())?;
        let (strip, keep) = match header.trim_ascii_end() {
            b"|" => (false, false),
            b"|-" => (true, false),
            b"|+" => (false, true),
            _ => return None,
        };
        let parent = self.frames.last()?.column as usize;
        let mut indent = 0;
        let mut blank_lines = 0;
        let (mut start, mut end) = (0, 0);
        let mut ended = true;
        while lines.at < lines.end {
            let line_start = lines.at;
            let line_break = memchr::memchr(b'\n', lines.bytes.get(line_start..)?);
            let line_end = line_break.map_or(lines.end, |length| line_start + length);
            let content = skip_spaces(lines.bytes, line_start, line_end);
            let column = content - line_start;
            if content == line_end {
                // White space beyond the indentation would be text; before the first line it may be an error.
                if indent == 0 || column > indent || line_break.is_none() {
                    return None;
                }
                blank_lines += 1;
            } else if indent == 0 {
                if column <= parent || lines.bytes.get(content) == Some(&b'\t') {
                    return None;
                }
                indent = column;
                start = content;
                end = push_line(self.decoded.buffer(), lines, content, line_end)?;
            } else if column >= indent {
                let buffer = self.decoded.buffer();
                buffer.extend(std::iter::repeat_n('\n', blank_lines));
                blank_lines = 0;
                end = push_line(buffer, lines, line_start + indent, line_end)?;
            } else {
                if column > parent {
                    return None;
                }
                break;
            }
            ended = line_break.is_some();
            lines.at = line_end + 1;
        }
        if indent == 0 {
            return None;
        }
        let buffer = self.decoded.buffer();
        if strip || !ended {
            buffer.pop();
        } else if keep {
            buffer.extend(std::iter::repeat_n('\n', blank_lines));
        }
        let payload = self.decoded.close();
        self.push(RawNode::new(Tag::Text, start as u32, end as u32).with_payload(payload));
        Some(())
    }

    fn push(&mut self, node: RawNode) {
        self.last_end = node.end;
        self.nodes.push(node);
    }

    /// A value that was announced and did not come is null.
    fn settle_pending(&mut self) {
        if let Some(at) = self.pending.take() {
            self.push(RawNode::new(Tag::Null, at, at));
        }
    }

    fn open(&mut self, kind: Block, at: usize, column: u32) -> Option<()> {
        if self.frames.len() >= MAX_DEPTH {
            return None;
        }
        let tag = if kind == Block::Map { Tag::Map } else { Tag::Seq };
        let index = self.nodes.len() as u32;
        self.frames.push(Frame { index, column, keys: self.keys.len() as u32, kind });
        self.nodes.push(RawNode::new(tag, at as u32, at as u32));
        Some(())
    }

    /// Ends the innermost block: from its first child to the end of its last.
    fn close(&mut self) -> Option<()> {
        let frame = self.frames.pop()?;
        let index = frame.index as usize;
        let width = (self.nodes.len() - index) as u32;
        let start = self.nodes.get(index + 1)?.start;
        let last_end = self.last_end;
        let node = self.nodes.get_mut(index)?;
        (node.start, node.end) = (start, last_end);
        *node = node.with_payload(width);
        let own_keys = self.keys.get_mut(frame.keys as usize..)?;
        if own_keys.len() > COMPARE_EACH_UP_TO {
            own_keys.sort_unstable();
            if own_keys.windows(2).any(|pair| matches!(pair, [a, b] if a.0 == b.0)) {
                return None;
            }
        }
        self.keys.truncate(frame.keys as usize);
        Some(())
    }
}
