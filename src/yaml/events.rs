//! Any YAML at all, by way of granit-parser's events: tags, anchors, merges, flow collections, every kind of scalar.
//! Syntax that granit-parser takes and Go refuses is refused here.

use std::borrow::Cow;
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Options, Parser, ScalarStyle, ScanError, StrInput, StructureStyle};

use super::arena::Tag;
use super::builder::{Builder, MAX_DEPTH};
use super::document::Document;
use super::error::{Error, GoLine};
use super::refuse;

/// All documents of a part of the stream, empty ones included. The part must begin at the beginning of a line; Go's line
/// numbers count from `base`.
pub(super) fn read(stream: &str, range: Range<usize>, base: usize) -> Vec<Result<Document<'_>, Error>> {
    let source = stream.get(range.clone()).unwrap_or_default();
    if let Err(error) = refuse::check(stream, range.clone(), base) {
        return vec![Err(error)];
    }
    let mut source = Cow::Borrowed(source);
    for _ in 0..MOST_OBSTACLES {
        let (documents, obstacle) = read_source(stream, &source, range.clone(), base);
        let Some(obstacle) = obstacle else { return documents };
        source = Cow::Owned(obstacle.cleared(&source));
    }
    read_source(stream, &source, range, base).0
}

/// What is fine for Go but not for granit-parser, which reads the text again without each of them. So many are taken; a text
/// with more of them is not configuration but an attack.
const MOST_OBSTACLES: usize = 32;

/// Where it stands, counted in granit-parser's source.
#[derive(Clone, Copy)]
enum Obstacle {
    /// A comment right after a token: `"a"#b`.
    GluedComment(usize),
    /// A dash that is a text of a flow collection: `[-]`.
    LoneDash(usize),
}

/// Stands for a lone dash while granit-parser reads.
const DASH: &str = "d";

impl Obstacle {
    fn of(error: &ScanError) -> Option<Self> {
        let at = error.marker().byte_offset()?;
        match error.kind() {
            ErrorKind::CommentNotSeparated => Some(Obstacle::GluedComment(at)),
            ErrorKind::PlainScalarStartsWithDashFlowIndicator => Some(Obstacle::LoneDash(at)),
            _ => None,
        }
    }

    /// The text without it; everything else keeps its place.
    fn cleared(self, source: &str) -> String {
        let parted = |at: usize| source.split_at_checked(at).unwrap_or((source, ""));
        match self {
            Obstacle::GluedComment(at) => {
                let (before, comment) = parted(at);
                let length = comment.find(['\n', '\r']).unwrap_or(comment.len());
                format!("{before}{:length$}{}", "", comment.get(length..).unwrap_or_default())
            }
            Obstacle::LoneDash(at) => {
                let (before, rest) = parted(at);
                rest.strip_prefix('-').map_or_else(|| source.to_owned(), |after| format!("{before}{DASH}{after}"))
            }
        }
    }
}

/// Reads `source`, which stands for the range of the stream. Also tells what granit-parser cannot read.
fn read_source<'t>(
    stream: &'t str,
    source: &str,
    range: Range<usize>,
    base: usize,
) -> (Vec<Result<Document<'t>, Error>>, Option<Obstacle>) {
    let parser = Parser::new_from_str_with_options(source, options());
    let tabs = Some(refuse::Tabs::new(stream, range.clone(), base));
    let last_end = range.start;
    let mut reader = Reader { stream, range, base, last_end, parser, tabs, obstacle: None };
    let mut documents = Vec::new();
    loop {
        match reader.next_document(!documents.is_empty()) {
            Ok(Some(document)) => documents.push(Ok(document)),
            Ok(None) => return (documents, None),
            Err(error) => {
                documents.push(Err(error));
                if reader.obstacle.is_some() || !reader.recover() {
                    return (documents, reader.obstacle);
                }
            }
        }
    }
}

fn options() -> Options {
    granit_parser::options! {
        emit_comments: false,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
        emit_unresolved_aliases: true,
        bom_inside_document_as_content: true,
        block_scalar_eof_without_line_feed: true,
    }
}

struct Reader<'t, 's> {
    stream: &'t str,
    range: Range<usize>,
    base: usize,
    /// Where the document before ends.
    last_end: usize,
    parser: Parser<'s, StrInput<'s>>,
    /// None after an error, when it is not known any more what is around.
    tabs: Option<refuse::Tabs<'t>>,
    obstacle: Option<Obstacle>,
}

impl<'t> Reader<'t, '_> {
    /// Goes to the next document after an error, if there is one.
    fn recover(&mut self) -> bool {
        self.tabs = None;
        matches!(self.parser.proceed_next_document(), Ok(true))
    }

    /// `follows` a document that was read: what stands behind its end without a marker is nothing to Go.
    fn next_document(&mut self, follows: bool) -> Result<Option<Document<'t>>, Error> {
        let (stream, base, part) = (self.stream, self.base, self.range.start);
        let mut builder = Builder::new(stream, part, base);
        let mut start = self.last_end;
        while let Some(next) = self.parser.next_event() {
            let (event, span) = match next {
                Ok(next) => next,
                Err(error) if follows && matches!(error.kind(), ErrorKind::ExpectedDocumentStart) => return Ok(None),
                Err(error) => {
                    self.obstacle = Obstacle::of(&error);
                    return Err(syntax_error(stream, &self.range, base, &error));
                }
            };
            let bytes = span.byte_range().unwrap_or_default();
            let (from, to) = (part + bytes.start, part + bytes.end);
            if let Some(tabs) = &mut self.tabs {
                tabs.check(&event, from, to)?;
            }
            match event {
                Event::DocumentStart(true, _) => start = to,
                Event::DocumentEnd => {
                    // What follows the last document belongs to it.
                    let is_last = matches!(self.parser.peek(), Some(Ok((Event::StreamEnd, _))));
                    self.last_end = if is_last { self.range.end } else { to.max(start) };
                    return Ok(Some(Document::new(stream, start..self.last_end, builder.finish()?)));
                }
                Event::StreamEnd => return Ok(None),
                Event::MappingStart(StructureStyle::Flow, _, _)
                    if !stream.get(from..).is_some_and(|text| text.starts_with('{')) && self.colon_ends_text(part) =>
                {
                    let end = self.text_with_colon(part)?;
                    builder.scalar(
                        stream.get(from..end).unwrap_or_default().into(),
                        Some(ScalarStyle::Plain),
                        0,
                        None,
                        from,
                        end,
                    )?;
                }
                Event::Scalar(text, style, anchor, tag) => {
                    let (text, to) = match stream.as_bytes().get(to..to + 2) {
                        // `{a:}`: without a blank after it the colon is part of the key.
                        Some([b':', b',' | b'}']) if style == ScalarStyle::Plain && from != to => {
                            (Cow::Owned(format!("{text}:")), to + 1)
                        }
                        _ if text == DASH && stream.get(from..to) == Some("-") => (Cow::Borrowed("-"), to),
                        _ => (text, to),
                    };
                    let style = (from != to || style != ScalarStyle::Plain).then_some(style);
                    if style == Some(ScalarStyle::DoubleQuoted) {
                        refuse::escapes(stream, base, from, to)?;
                    }
                    if matches!(style, Some(ScalarStyle::Literal | ScalarStyle::Folded)) {
                        refuse::tab_as_indentation(stream, base, from)?;
                    }
                    builder.scalar(text, style, anchor, tag.as_deref(), from, to)?;
                }
                Event::SequenceStart(style, anchor, _) => builder.open(Tag::Seq, style, anchor, from)?,
                Event::MappingStart(style, anchor, _) => builder.open(Tag::Map, style, anchor, from)?,
                Event::SequenceEnd | Event::MappingEnd => builder.close(to)?,
                Event::Alias(anchor) => {
                    refuse::alias_name(stream, base, from, to)?;
                    builder.alias(anchor, from, to)?;
                }
                Event::UnresolvedAlias(name) => {
                    refuse::alias_name(stream, base, from, to)?;
                    return Err(Error::yaml(
                        format!("unknown anchor '{name}' referenced"),
                        stream,
                        base,
                        from,
                        GoLine::None,
                    ));
                }
                _ => {}
            }
        }
        Ok(None)
    }
}

impl Reader<'_, '_> {
    /// Whether the next event is a plain text of a flow sequence that granit-parser takes for the key of a pair, as a colon and an
    /// end of the item follow (`[db8::]`). For Go such a colon is part of the text.
    fn colon_ends_text(&mut self, part: usize) -> bool {
        let Some(Ok((Event::Scalar(_, ScalarStyle::Plain, ..), span))) = self.parser.peek() else { return false };
        let end = part + span.byte_range().unwrap_or_default().end;
        let mut after = self.stream.get(end..).unwrap_or_default().bytes();
        after.next() == Some(b':') && matches!(after.next(), Some(b',' | b']'))
    }

    /// Passes over the pair and gives the end of the text, its colon included.
    fn text_with_colon(&mut self, part: usize) -> Result<usize, Error> {
        let mut end = part;
        for event in 0..3 {
            let Some(next) = self.parser.next_event() else { break };
            let (_, span) = next.map_err(|error| syntax_error(self.stream, &self.range, self.base, &error))?;
            if event == 0 {
                end = part + span.byte_range().unwrap_or_default().end + 1;
            }
        }
        Ok(end)
    }
}

/// Whether what stands here, in a flow collection, has to be a value: nothing but blanks and comments after an indicator.
fn awaits_node(before: &str) -> bool {
    let said = |line: &str| -> Option<char> {
        let comment =
            line.match_indices('#').find(|(at, _)| line[..*at].chars().next_back().is_none_or(char::is_whitespace));
        line[..comment.map_or(line.len(), |(at, _)| at)].trim_end().chars().next_back()
    };
    before.lines().rev().find_map(said).is_some_and(|last| matches!(last, '[' | '{' | ',' | ':' | '?'))
}

/// A syntax error in Go's words, where granit-parser's differ.
fn syntax_error(stream: &str, range: &Range<usize>, base: usize, error: &ScanError) -> Error {
    use ErrorKind as Kind;
    use GoLine::{End, EndOfText, Next, NextOneLess, None, OneLess, Real};
    let offset = range.start + error.marker().byte_offset().unwrap_or_default();
    let offset = match error.kind() {
        // The line of the header is named instead of the one of the tab.
        Kind::TabAtBlockScalarStart => {
            let ahead = stream.as_bytes().get(offset..).and_then(|rest| memchr::memchr(b'\t', rest));
            offset + ahead.unwrap_or_default()
        }
        _ => offset,
    };
    let at_end = stream.get(offset..).is_none_or(|rest| rest.trim().is_empty());
    let (message, line) = match error.kind() {
        Kind::RecursionLimitExceeded => (format!("exceeded max depth of {MAX_DEPTH}"), None),
        Kind::UnexpectedEofFlowSequence | Kind::UnexpectedEofFlowMapping | Kind::UnclosedFlowCollection { .. }
            if awaits_node(stream.get(..range.end).unwrap_or_default()) =>
        {
            ("did not find expected node content".into(), End)
        }
        Kind::BlockEntryInFlowCollection if awaits_node(stream.get(..offset).unwrap_or_default()) => {
            ("did not find expected node content".into(), OneLess)
        }
        Kind::ExpectedFlowSequenceSeparator => ("did not find expected ',' or ']'".into(), OneLess),
        Kind::UnexpectedEofFlowSequence | Kind::UnclosedFlowCollection { open: '[' } => {
            ("did not find expected ',' or ']'".into(), End)
        }
        Kind::ExpectedFlowMappingSeparator => ("did not find expected ',' or '}'".into(), OneLess),
        Kind::UnexpectedEofFlowMapping | Kind::UnclosedFlowCollection { .. } => {
            ("did not find expected ',' or '}'".into(), End)
        }
        Kind::MismatchedFlowCollectionEnd { open: '[', .. } => ("did not find expected ',' or ']'".into(), OneLess),
        Kind::MismatchedFlowCollectionEnd { .. } => ("did not find expected ',' or '}'".into(), OneLess),
        Kind::ExpectedNodeContent | Kind::MisplacedFlowCollectionEnd | Kind::UnexpectedEofImplicitFlowMapping => {
            ("did not find expected node content".into(), OneLess)
        }
        Kind::ExpectedBlockSequenceEntry | Kind::UnexpectedEofBlockSequence => {
            ("did not find expected '-' indicator".into(), OneLess)
        }
        Kind::ExpectedBlockMappingKey
        | Kind::UnexpectedEofBlockMapping
        | Kind::InvalidTrailingSingleQuotedScalar
        | Kind::InvalidTrailingDoubleQuotedScalar
        | Kind::InvalidIndentation => ("did not find expected key".into(), OneLess),
        Kind::CommentInterceptedScalar => ("did not find expected key".into(), NextOneLess),
        Kind::ExpectedDocumentStart | Kind::InvalidDocumentEnd => {
            ("did not find expected <document start>".into(), OneLess)
        }
        Kind::UndeclaredTagHandle => ("found undefined tag handle".into(), OneLess),
        Kind::UnclosedQuotedScalar => ("found unexpected end of stream".into(), EndOfText),
        Kind::DocumentIndicatorInQuotedScalar => ("found unexpected document indicator".into(), Real),
        Kind::UnknownQuotedScalarEscape => ("found unknown escape character".into(), Real),
        Kind::InvalidQuotedScalarHexEscape => ("did not find expected hexdecimal number".into(), Real),
        Kind::InvalidUnicodeEscape
        | Kind::InvalidLowSurrogate
        | Kind::InvalidLowSurrogateHexEscape
        | Kind::MissingLowSurrogate
        | Kind::UnpairedLowSurrogate => ("found invalid Unicode character escape code".into(), Real),
        Kind::MappingValueNotAllowed | Kind::InvalidColonPlacement => {
            ("mapping values are not allowed in this context".into(), Real)
        }
        Kind::MappingKeyNotAllowed => ("mapping keys are not allowed in this context".into(), Real),
        Kind::BlockSequenceEntryNotAllowed | Kind::BlockEntryInFlowCollection => {
            ("block sequence entries are not allowed in this context".into(), Real)
        }
        Kind::SimpleKeyExpected | Kind::InvalidSimpleKey => ("could not find expected ':'".into(), Next),
        Kind::MissingAnchorOrAliasName => ("did not find expected alphabetic or numeric character".into(), Real),
        Kind::UnexpectedCharacter { .. }
        | Kind::TabNotAllowed
        | Kind::TabInBlockIndentation
        | Kind::TabInIndentation => ("found character that cannot start any token".into(), Real),
        Kind::TabInPlainScalar => ("found a tab character that violates indentation".into(), Next),
        Kind::TabAtBlockScalarStart => ("found a tab character where an indentation space is expected".into(), Real),
        Kind::ZeroBlockScalarIndent => ("found an indentation indicator equal to 0".into(), Real),
        Kind::InvalidBlockScalarHeader => ("did not find expected comment or line break".into(), Real),
        Kind::UnexpectedEof if at_end => ("found unexpected end of stream".into(), Real),
        other => (other.to_string(), Real),
    };
    Error::yaml(message, stream, base, offset, line)
}
