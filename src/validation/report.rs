//! What validation found: problems with a code, a place and a sentence, gathered all at once.

use std::collections::{HashMap, HashSet};

use super::object::Object;
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
    /// The item of a list that has the problem, as `Kind/namespace/name`; none if it is the document's own.
    pub owner: Option<String>,
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
    found: Vec<Found<'d>>,
    /// Follow the reference to the letter, in what it forgets too.
    compat: bool,
}

/// A problem, and its place as long as the path to it has not been looked for.
#[derive(Debug)]
struct Found<'d> {
    problem: Problem,
    place: Option<Place<'d>>,
}

impl<'d> Report<'d> {
    pub fn new(root: Node<'d>, compat: bool) -> Self {
        Report { root, found: Vec::new(), compat }
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
        let (path, span, hint) = (String::new(), place.node.span(), String::new());
        let problem = Problem { code, severity, layer, path, span, message, hint, owner: None };
        self.found.push(Found { problem, place: Some(place) });
    }

    /// Adds a next thing to try to the problem reported last.
    pub fn hint(&mut self, hint: impl Into<String>) {
        if let Some(last) = self.found.last_mut() {
            last.problem.hint = hint.into();
        }
    }

    /// Runs checks whose warnings the reference computes and then loses. We keep them unless it is to be followed to the letter.
    pub fn losing_warnings(&mut self, checks: impl FnOnce(&mut Self)) {
        let before = self.len();
        checks(self);
        if self.compat {
            self.retract(before, |problem| problem.severity == Severity::Warning);
        }
    }

    /// Runs checks whose errors weigh less here.
    pub fn softened(&mut self, severity: Severity, checks: impl FnOnce(&mut Self)) {
        let before = self.len();
        checks(self);
        for found in self.found.iter_mut().skip(before) {
            found.problem.severity = severity;
        }
    }

    /// How many problems there are so far.
    pub fn len(&self) -> usize {
        self.found.len()
    }

    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many errors there are so far.
    pub fn errors(&self) -> usize {
        self.found.iter().filter(|found| found.problem.severity == Severity::Error).count()
    }

    /// Drops everything found after the first `len` problems that `gone` says so of.
    pub fn retract(&mut self, len: usize, gone: impl Fn(&Problem) -> bool) {
        let mut at = 0;
        self.found.retain(|found| {
            at += 1;
            at <= len || !gone(&found.problem)
        });
    }

    /// Says whose the problems are that were found after the first `before`.
    pub fn belong_to(&mut self, before: usize, object: &Object<'_>) {
        for found in self.found.iter_mut().skip(before) {
            found.problem.owner = Some(format!("{}/{}/{}", object.kind, object.namespace, object.name));
        }
    }

    /// Drops problems found after the first `before` whose place one of those has called an error already. The first `others` are
    /// those of other objects.
    pub fn drop_repeated(&mut self, others: usize, before: usize) {
        if self.len() == before {
            return;
        }
        self.find_paths();
        let told: HashSet<String> = self
            .found
            .iter()
            .take(before)
            .skip(others)
            .filter(|found| found.problem.severity == Severity::Error)
            .map(|found| found.problem.path.clone())
            .collect();
        self.retract(before, |problem| told.contains(&problem.path));
    }

    pub fn finish(mut self) -> Vec<Problem> {
        self.find_paths();
        self.found.into_iter().map(|found| found.problem).collect()
    }

    /// Gives every problem its path, in one walk over the document.
    fn find_paths(&mut self) {
        let mut wanted: Vec<Span> = self.found.iter().filter_map(|found| Some(found.place?.node.span())).collect();
        if wanted.is_empty() {
            return;
        }
        wanted.sort_unstable();
        let mut paths = HashMap::new();
        gather_paths(self.root, &mut String::new(), &wanted, &mut paths);
        for found in &mut self.found {
            let Some(place) = found.place.take() else { continue };
            let known = paths.get(&(place.node.span(), place.node.kind()));
            let mut path = known.cloned().unwrap_or_else(|| path_of(self.root, place.node));
            if !place.missing.is_empty() {
                push_key(&mut path, place.missing);
            }
            found.problem.path = path;
        }
    }
}

type Paths = HashMap<(Span, Kind), String>;

/// The paths of the wanted nodes at and below a node. Only nodes that enclose a wanted one are entered.
fn gather_paths(node: Node<'_>, path: &mut String, wanted: &[Span], paths: &mut Paths) {
    paths.entry((node.span(), node.kind())).or_insert_with(|| path.clone());
    let length = path.len();
    let holds = |inner: Span| {
        let first = wanted.partition_point(|span| span.start < inner.start);
        covers(node.span(), inner) && wanted.get(first).is_some_and(|span| span.start <= inner.end)
    };
    for (key, value) in node.entries() {
        let (holds_key, holds_value) = (holds(key.span()), holds(value.span()));
        if !holds_key && !holds_value {
            continue;
        }
        push_key(path, key.text());
        if holds_key {
            paths.entry((key.span(), key.kind())).or_insert_with(|| path.clone());
        }
        if holds_value {
            gather_paths(value, path, wanted, paths);
        }
        path.truncate(length);
    }
    for (index, item) in node.items().enumerate().filter(|(_, item)| holds(item.span())) {
        path.push_str(&format!("[{index}]"));
        gather_paths(item, path, wanted, paths);
        path.truncate(length);
    }
}

/// The path of a node below the root, found by its span.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    #[test]
    fn paths_found_in_one_walk_are_those_found_one_by_one() {
        let text = "a: &x {b: [1, {c: }], 'd e': ~}\nf: *x\ng:\n- h\n- - i: j\n  - k\nl: []\nm: {}\n";
        let document = yaml::parse_document(text).unwrap();
        fn nodes<'d>(node: Node<'d>, all: &mut Vec<Node<'d>>) {
            all.push(node);
            for (key, value) in node.entries() {
                all.push(key);
                nodes(value, all);
            }
            node.items().for_each(|item| nodes(item, all));
        }
        let mut all = Vec::new();
        nodes(document.root(), &mut all);
        let mut report = Report::new(document.root(), false);
        for node in &all {
            report.error("x", *node, "");
        }
        let problems = report.finish();
        for (node, problem) in all.iter().zip(&problems) {
            assert_eq!(problem.path, path_of(document.root(), *node), "{:?}", node.span().of(text));
        }
        let paths: Vec<&str> = problems.iter().map(|problem| problem.path.as_str()).collect();
        assert!(
            paths.contains(&"a.b[1].c") && paths.contains(&"g[1][0].i") && paths.contains(&"a[\"d e\"]"),
            "{paths:?}"
        );
    }
}
