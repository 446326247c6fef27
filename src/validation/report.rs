//! What validation found: problems with a code, a place and a sentence, gathered all at once.

use crate::api::view::Place;
use crate::yaml::{Kind, Node, Span};

/// One thing that is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Reason code, such as `port-range`.
    pub code: &'static str,
    pub severity: Severity,
    pub layer: Layer,
    /// Where in the document: `spec.http[0].route[1].destination.host`.
    pub path: String,
    /// Bytes in the whole stream.
    pub span: Span,
    pub message: String,
    /// The next thing to try, or empty.
    pub hint: String,
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    Error,
    Warning,
    /// Said once, and never counted.
    Notice,
}

/// Which check found a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The document cannot be read as its kind.
    Decode,
    /// The control plane's own rules.
    Rule,
    /// The CRD's schema, which the API server enforces.
    Schema,
}

/// Why a value is not good: a reason code and a sentence that names the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub code: &'static str,
    pub message: String,
}

impl Fault {
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Fault { code, message: message.into() }
    }
}

/// The outcome of a check of one value.
pub type Verdict = Result<(), Fault>;

/// Gathers the problems of one document.
#[derive(Debug)]
pub struct Report<'d> {
    root: Node<'d>,
    problems: Vec<Problem>,
    /// Follow the reference to the letter, in what it forgets too.
    compat: bool,
}

impl<'d> Report<'d> {
    pub fn new(root: Node<'d>, compat: bool) -> Self {
        Report { root, problems: Vec::new(), compat }
    }

    pub fn compat(&self) -> bool {
        self.compat
    }

    pub fn error(&mut self, code: &'static str, place: impl Into<Place<'d>>, message: impl Into<String>) {
        self.add(Severity::Error, Layer::Rule, code, place.into(), message.into());
    }

    pub fn warning(&mut self, code: &'static str, place: impl Into<Place<'d>>, message: impl Into<String>) {
        self.add(Severity::Warning, Layer::Rule, code, place.into(), message.into());
    }

    /// Reports a verdict's fault, and says whether there was none.
    pub fn check(&mut self, place: impl Into<Place<'d>>, verdict: Verdict) -> bool {
        match verdict {
            Ok(()) => true,
            Err(fault) => {
                self.error(fault.code, place, fault.message);
                false
            }
        }
    }

    pub fn add(&mut self, severity: Severity, layer: Layer, code: &'static str, place: Place<'d>, message: String) {
        let mut path = path_of(self.root, place.node);
        if !place.missing.is_empty() {
            push_key(&mut path, place.missing);
        }
        let span = place.node.span();
        self.problems.push(Problem { code, severity, layer, path, span, message, hint: String::new() });
    }

    /// Adds a next thing to try to the problem reported last.
    pub fn hint(&mut self, hint: impl Into<String>) {
        if let Some(last) = self.problems.last_mut() {
            last.hint = hint.into();
        }
    }

    /// Runs checks whose warnings the reference computes and then loses. We keep them unless it is to be followed to the letter.
    pub fn losing_warnings(&mut self, checks: impl FnOnce(&mut Self)) {
        let before = self.problems.len();
        checks(self);
        if self.compat {
            let mut at = 0;
            self.problems.retain(|problem| {
                at += 1;
                at <= before || problem.severity != Severity::Warning
            });
        }
    }

    /// Runs checks whose errors weigh less here.
    pub fn softened(&mut self, severity: Severity, checks: impl FnOnce(&mut Self)) {
        let before = self.problems.len();
        checks(self);
        for problem in self.problems.iter_mut().skip(before) {
            problem.severity = severity;
        }
    }

    /// How many problems there are so far.
    pub fn len(&self) -> usize {
        self.problems.len()
    }

    pub fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// How many errors there are so far.
    pub fn errors(&self) -> usize {
        self.problems.iter().filter(|problem| problem.severity == Severity::Error).count()
    }

    /// Drops everything found after the first `len` problems that `gone` says so of.
    pub fn retract(&mut self, len: usize, gone: impl Fn(&Problem) -> bool) {
        let mut at = 0;
        self.problems.retain(|problem| {
            at += 1;
            at <= len || !gone(problem)
        });
    }

    /// Drops problems found after the first `before` whose place one of those has called an error already.
    pub fn drop_repeated(&mut self, before: usize) {
        let told: Vec<String> = self
            .problems
            .iter()
            .take(before)
            .filter(|p| p.severity == Severity::Error)
            .map(|p| p.path.clone())
            .collect();
        self.retract(before, |problem| told.contains(&problem.path));
    }

    pub fn finish(self) -> Vec<Problem> {
        self.problems
    }
}

/// The path of a node below the root, found by its span. Only problems pay for paths.
pub fn path_of(root: Node<'_>, target: Node<'_>) -> String {
    path_at(root, target.span(), Some(target.kind()))
}

/// The path of the entry whose key stands at a span.
pub fn path_of_key(root: Node<'_>, key: Span) -> String {
    path_at(root, key, None)
}

fn path_at(root: Node<'_>, span: Span, kind: Option<Kind>) -> String {
    let mut path = String::new();
    let mut node = root;
    // A list of one item has the span of the item, so the kind has to agree, too.
    'down: while node.span() != span || Some(node.kind()) != kind {
        for (key, value) in node.entries() {
            if key.span() == span {
                push_key(&mut path, key.text());
                return path;
            }
            if covers(value.span(), span) {
                push_key(&mut path, key.text());
                node = value;
                continue 'down;
            }
        }
        for (index, item) in node.items().enumerate() {
            if covers(item.span(), span) {
                path.push_str(&format!("[{index}]"));
                node = item;
                continue 'down;
            }
        }
        break;
    }
    path
}

fn covers(outer: Span, inner: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn push_key(path: &mut String, key: &str) {
    let plain = !key.is_empty()
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-' || byte == b'@');
    if plain {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
    } else {
        path.push_str(&format!("[{key:?}]"));
    }
}
