//! A stream of documents through injection: pods get their sidecars, everything else stays byte for byte as it was.

use rayon::prelude::*;
use serde_json::Value;

use super::annotations::Unreadable;
use super::decide::{Decision, IGNORED_NAMESPACES, Reason};
use super::engine::{InjectError, Injector, Outcome, Request, Worker};
use super::mould::{self, Moulds};
use super::types::Struct;
use super::types::decode::{self, DecodeError};
use super::types::meta::LIST;
use super::workload::{self, NoTemplate};
use crate::yaml;

/// A document that could not be injected.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{cause}")]
pub struct DocumentError {
    /// The document's place in the stream, from 1.
    pub number: usize,
    /// The line it begins at, from 1.
    pub line: usize,
    /// `Kind namespace/name`, as far as it is known.
    pub object: String,
    #[source]
    pub cause: Box<Cause>,
}

/// Why one document could not be injected.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Cause {
    #[error("{0}")]
    Yaml(#[from] yaml::Error),
    #[error("error unmarshaling JSON: while decoding JSON: {0}")]
    Decode(#[from] DecodeError),
    #[error(transparent)]
    Template(#[from] NoTemplate),
    #[error(transparent)]
    Inject(#[from] InjectError),
}

impl Cause {
    /// The error as the reference words it.
    pub fn reference(&self) -> String {
        match self {
            Cause::Inject(InjectError::ProxyConfig(Unreadable { reference, .. })) => {
                format!("could not parse proxy config: {reference}")
            }
            other => other.to_string(),
        }
    }
}

/// What became of one document.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    pub text: String,
    /// About pods that were left alone, in the reference's words.
    pub skipped: Vec<String>,
    /// What a person should look at.
    pub notes: Vec<String>,
    /// The same document without injection, when that was asked for and it is not the text itself.
    pub before: Option<String>,
}

impl Written {
    /// A result about which there is nothing to say.
    fn only(text: String) -> Self {
        Written { text, skipped: Vec::new(), notes: Vec::new(), before: None }
    }
}

/// Whether the documents are also wanted as they would be printed without injection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Before {
    Dropped,
    Kept,
}

/// Documents that one thread takes in a row: each time it makes a [`Worker`].
const DOCUMENTS_AT_ONCE: usize = 32;

/// About as many bytes as the built-in templates add to a pod.
const TYPICAL_ADDITION: usize = 8 << 10;

/// Injects every document of `text`, each on its own; the results are in the order of the stream.
pub fn inject(text: &str, injector: &Injector, before: Before) -> Vec<Result<Written, DocumentError>> {
    let documents = split(text);
    if documents.len() == 1 {
        return documents.into_iter().map(|document| one(&Worker::new(injector), document, before, None)).collect();
    }
    let moulds = (before == Before::Dropped).then(|| Moulds::new(injector.rules()));
    documents
        .into_par_iter()
        .with_min_len(DOCUMENTS_AT_ONCE)
        .map_init(|| Worker::new(injector), |worker, document| one(worker, document, before, moulds.as_ref()))
        .collect()
}

/// One document of a stream.
#[derive(Clone, Copy, Debug)]
pub struct Source<'t> {
    pub number: usize,
    pub line: usize,
    pub text: &'t str,
}

/// Cuts a stream the way Kubernetes' reader does. A separator ends the document before it; with nothing before it, it
/// begins the next one.
pub fn split(text: &str) -> Vec<Source<'_>> {
    let mut documents = Vec::new();
    let (mut start, mut at, mut line, mut first_line) = (0, 0, 1, 1);
    for each in text.split_inclusive('\n') {
        let end = at + each.len();
        if is_separator(each) && at > start {
            push(&mut documents, text, start..at, first_line);
            (start, first_line) = (end, line + 1);
        }
        (at, line) = (end, line + 1);
    }
    push(&mut documents, text, start..text.len(), first_line);
    documents
}

fn push<'t>(documents: &mut Vec<Source<'t>>, text: &'t str, range: std::ops::Range<usize>, line: usize) {
    match text.get(range) {
        Some(part) if !part.is_empty() => documents.push(Source { number: documents.len() + 1, line, text: part }),
        _ => {}
    }
}

fn is_separator(line: &str) -> bool {
    line.strip_prefix("---").is_some_and(|rest| {
        let rest = rest.trim();
        rest.is_empty() || rest.starts_with('#')
    })
}

fn one(worker: &Worker, source: Source<'_>, before: Before, moulds: Option<&Moulds>) -> Result<Written, DocumentError> {
    if let Some(text) = moulds.and_then(|moulds| moulds.filled(source.text)) {
        return Ok(Written::only(text));
    }
    let failed =
        |object: String, cause: Box<Cause>| DocumentError { number: source.number, line: source.line, object, cause };
    let document = yaml::parse_document(source.text).map_err(|error| failed(String::new(), boxed(error)))?;
    let root = document.root();
    if !root.is_map() && !root.is_null() {
        return Err(failed(String::new(), boxed(no_object(&document.to_value()))));
    }
    let tells = root.entries().filter(|(key, _)| workload::tells_kind(key.text()));
    let kind = workload::kind_of(tells.map(|(key, value)| (key.text().to_string(), value.to_value())));
    let kind = kind.map_err(|error| failed(label_of(&document.to_value()), boxed(error)))?;
    let of = workload::type_of(&kind);
    if kind != "List" && of.is_none() {
        return Ok(Written::only(with_line_end(source.text)));
    }
    if let (Some(moulds), Some(of)) = (moulds, of)
        && let Some(text) = moulds.learned(source.text, &document, |text| blind(worker, text, of))
    {
        return Ok(Written::only(text));
    }
    let mut report = Report { keep: before == Before::Kept, ..Report::default() };
    let value = document.to_value();
    let object = match of {
        None => list(worker.injector(), value, &mut report),
        Some(of) => Workload::read(value, of).and_then(|workload| object(worker, workload, &mut report)),
    };
    let object = object.map_err(|(object, cause)| failed(object, cause))?;
    let before = report.keep.then(|| yaml::to_string(&without_injection(&object, &mut report.decoded.into_iter())));
    let mut text = String::with_capacity(source.text.len() + TYPICAL_ADDITION);
    yaml::to_string_into(&object, &mut text);
    Ok(Written { text, skipped: report.skipped, notes: report.notes, before })
}

/// A document with stand-ins, injected; nothing if there is anything to say about it.
fn blind(worker: &Worker, text: &str, of: &'static Struct) -> Option<mould::Injected> {
    let value = yaml::from_str(text).ok()?;
    let mut workload = Workload::read(value, of).ok()?;
    if workload.is_ignored() {
        return None;
    }
    let (pod, conditions) = worker.inject_blind(&workload.request)?;
    workload::put_pod(&mut workload.object, pod);
    Some(mould::Injected { object: workload.object, conditions })
}

/// What Go says of a document that is a list or a scalar.
fn no_object(value: &Value) -> DecodeError {
    let found = match value {
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Bool(_) => "bool",
        _ => "number",
    };
    let expected = "v1.TypeMeta".to_string();
    DecodeError::Type(decode::TypeError { found: found.to_string(), owner: "", path: Vec::new(), expected })
}

fn with_line_end(text: &str) -> String {
    if text.ends_with('\n') { text.to_string() } else { format!("{text}\n") }
}

#[derive(Default)]
struct Report {
    skipped: Vec<String>,
    notes: Vec<String>,
    keep: bool,
    /// The decoded objects before injection, in order, when they are kept.
    decoded: Vec<Value>,
}

impl Report {
    /// Adds what another says.
    fn take(&mut self, other: Report) {
        self.skipped.extend(other.skipped);
        self.notes.extend(other.notes);
        self.decoded.extend(other.decoded);
    }
}

/// The document with every injected object as it was decoded.
fn without_injection(injected: &Value, decoded: &mut impl Iterator<Item = Value>) -> Value {
    match injected.get("kind").and_then(Value::as_str) {
        Some("List") => {
            let mut whole = injected.clone();
            for item in whole.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten() {
                *item = without_injection(item, decoded);
            }
            whole
        }
        Some(kind) if workload::type_of(kind).is_some() => decoded.next().unwrap_or_default(),
        _ => injected.clone(),
    }
}

type Named = (String, Box<Cause>);
fn boxed(cause: impl Into<Cause>) -> Box<Cause> {
    Box::new(cause.into())
}

/// A `v1` List: its pods are injected in place, other items stay as they are.
fn list(injector: &Injector, value: Value, report: &mut Report) -> Result<Value, Named> {
    let label = label_of(&value);
    let mut list = decode::read_document(value, &LIST).map_err(|error| (label, boxed(error)))?;
    let Some(Value::Array(items)) = list.get_mut("items") else { return Ok(list) };
    let keep = report.keep;
    let inject = |worker: &mut Worker, item: Value| {
        let mut report = Report { keep, ..Report::default() };
        Ok((self::item(worker, item, &mut report)?, report))
    };
    let each = std::mem::take(items).into_par_iter().with_min_len(DOCUMENTS_AT_ONCE);
    // All of them before the first error is looked for: which core is the fastest must not matter.
    let injected: Vec<Result<(Value, Report), Named>> = each.map_init(|| Worker::new(injector), inject).collect();
    for result in injected {
        let (item, its) = result?;
        report.take(its);
        items.push(item);
    }
    Ok(list)
}

/// An item of a List, which is read like a document.
fn item(worker: &Worker, item: Value, report: &mut Report) -> Result<Value, Named> {
    let Value::Object(entries) = &item else {
        return if item.is_null() { Ok(item) } else { Err((String::new(), boxed(no_object(&item)))) };
    };
    let tells = entries.iter().filter(|(key, _)| workload::tells_kind(key));
    let kind = workload::kind_of(tells.map(|(key, value)| (key.clone(), value.clone())));
    let kind = kind.map_err(|error| (label_of(&item), boxed(error)))?;
    match workload::type_of(&kind) {
        Some(of) => object(worker, Workload::read(item, of)?, report),
        None if kind == "List" => list(worker.injector(), item, report),
        None => Ok(item),
    }
}

/// An object with a pod, decoded.
struct Workload {
    label: String,
    object: Value,
    request: Request,
}

impl Workload {
    fn read(value: Value, of: &'static Struct) -> Result<Workload, Named> {
        let label = label_of(&value);
        let named = |cause: Box<Cause>| (label.clone(), cause);
        let object = decode::read_document(value, of).map_err(|error| named(boxed(error)))?;
        let pod = workload::pod_of(&object).map_err(|error| named(boxed(error)))?;
        let request = Request { pod, owner: workload::owner_of(&object), ..Request::default() };
        Ok(Workload { label, object, request })
    }

    /// `NAMESPACE/NAME` of its pod, or of itself where the pod has no name.
    fn name(&self) -> String {
        let Request { pod, owner, .. } = &self.request;
        let own = pod.get("metadata").and_then(|metadata| metadata.get("name")?.as_str()).unwrap_or(&owner.name);
        if owner.namespace.is_empty() { own.to_string() } else { format!("{}/{own}", owner.namespace) }
    }

    /// Whether it makes pods in a namespace where the cluster's webhook would not inject them.
    fn is_ignored(&self) -> bool {
        let owner = &self.request.owner;
        owner.kind != "Pod" && IGNORED_NAMESPACES.contains(&owner.namespace.as_str())
    }
}

fn object(worker: &Worker, workload: Workload, report: &mut Report) -> Result<Value, Named> {
    let (name, ignored) = (workload.name(), workload.is_ignored());
    let Workload { label, mut object, request } = workload;
    if report.keep {
        report.decoded.push(object.clone());
    }
    if ignored {
        report.notes.push(format!("{label} is in a namespace that the cluster's webhook never injects"));
    }
    let outcome = worker.inject(&request).map_err(|error| (label.clone(), boxed(error)))?;
    let (Outcome::Injected { decision, .. } | Outcome::Skipped(decision)) = &outcome;
    report.notes.extend(decision.warnings.iter().map(|warning| format!("{label}: {warning}")));
    match outcome {
        Outcome::Injected { pod, .. } => workload::put_pod(&mut object, pod),
        Outcome::Skipped(decision) => report.skipped.push(skip_text(&request.owner.kind, &name, &decision)),
    }
    Ok(object)
}

fn skip_text(kind: &str, name: &str, decision: &Decision) -> String {
    let of = if kind.is_empty() { String::new() } else { format!("{kind} ") };
    let why = match decision.reason {
        Reason::HostNetwork => "host networking enabled",
        _ => "sidecar injection disabled",
    };
    format!("===> Skipping injection because {of}\"{name}\" has {why}\n")
}

/// `Kind namespace/name` of any object.
pub fn label_of(object: &Value) -> String {
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_string();
    let metadata = object.get("metadata").unwrap_or(&Value::Null);
    let (kind, namespace, name) = (text(object, "kind"), text(metadata, "namespace"), text(metadata, "name"));
    let name = if name.is_empty() { text(metadata, "generateName") } else { name };
    let place = if namespace.is_empty() { name } else { format!("{namespace}/{name}") };
    format!("{kind} {place}").trim().to_string()
}

/// A pod in a stream of documents, ready to be looked at.
#[derive(Clone, Debug)]
pub struct FoundPod {
    pub label: String,
    pub namespace: String,
    pub owner: workload::Owner,
    pub pod: Value,
}

/// Every pod and every other object of a stream, decoded.
pub fn pods(text: &str) -> Result<(Vec<FoundPod>, Vec<Value>), DocumentError> {
    let (mut pods, mut others) = (Vec::new(), Vec::new());
    for source in split(text) {
        let failed = |object: String, cause: Box<Cause>| DocumentError {
            number: source.number,
            line: source.line,
            object,
            cause,
        };
        let value = yaml::from_str(source.text).map_err(|error| failed(String::new(), boxed(error)))?;
        for item in members(value) {
            let kind = item.get("kind").and_then(Value::as_str).unwrap_or_default();
            let Some(of) = workload::type_of(kind) else {
                others.push(item);
                continue;
            };
            let workload = Workload::read(item, of).map_err(|(object, cause)| failed(object, cause))?;
            let Workload { label, request: Request { pod, owner, .. }, .. } = workload;
            let own = pod.get("metadata").and_then(|metadata| metadata.get("namespace")?.as_str());
            let namespace = own.unwrap_or(&owner.namespace).to_string();
            pods.push(FoundPod { label, namespace, owner, pod });
        }
    }
    Ok((pods, others))
}

/// The object itself, or what is in a List and in the Lists in it.
fn members(mut object: Value) -> Vec<Value> {
    if object.get("kind").and_then(Value::as_str) != Some("List") {
        return vec![object];
    }
    match object.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => items.into_iter().flat_map(members).collect(),
        _ => Vec::new(),
    }
}

/// Takes injection out of every document of a stream; documents without it stay byte for byte as they are.
pub fn uninject(text: &str) -> Result<(String, usize), DocumentError> {
    let (mut out, mut changed) = (String::with_capacity(text.len()), 0);
    for source in split(text) {
        let value = yaml::from_str(source.text).map_err(|error| DocumentError {
            number: source.number,
            line: source.line,
            object: String::new(),
            cause: boxed(error),
        })?;
        let mut value = value;
        let count = remove_from(&mut value);
        changed += count;
        out.push_str(&if count > 0 { yaml::to_string(&value) } else { with_line_end(source.text) });
        out.push_str("---\n");
    }
    Ok((out, changed))
}

fn remove_from(object: &mut Value) -> usize {
    if object.get("kind").and_then(Value::as_str) == Some("List") {
        let items = object.get_mut("items").and_then(Value::as_array_mut);
        return items.into_iter().flatten().map(remove_from).sum();
    }
    let known = object.get("kind").and_then(Value::as_str).and_then(workload::type_of).is_some();
    let Ok(mut pod) = workload::pod_of(object) else { return 0 };
    if !known || !super::removal::remove(&mut pod) {
        return 0;
    }
    workload::put_pod(object, pod);
    1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inject::config::InjectConfig;
    use crate::inject::installed::installed;
    use crate::install::spec::Wish;

    fn deployment(name: &str, image: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  template:\n    metadata:\n      labels:\n        \
             app: {name}\n    spec:\n      containers:\n      - name: {name}\n        image: {image}\n"
        )
    }

    #[test]
    fn a_form_is_learned_from_its_first_document() {
        let installed = installed(&Wish::default(), "istio-system", "", false).unwrap();
        let injector = Injector {
            config: InjectConfig::builtin().unwrap(),
            mesh: installed.mesh,
            values: Some(installed.values),
            revision: String::new(),
            native_sidecars: false,
            compliance_policy: String::new(),
            honours_config: true,
        };
        let worker = Worker::new(&injector);
        let moulds = Moulds::new(injector.rules());
        let written = |text: &str, moulds: Option<&Moulds>| {
            one(&worker, Source { number: 1, line: 1, text }, Before::Dropped, moulds).unwrap().text
        };
        let first = deployment("web", "example.com/web:1.2");
        assert_eq!(moulds.filled(&first), None);
        assert_eq!(written(&first, Some(&moulds)), written(&first, None));
        let second = deployment("payments", "example.com/team/payments@sha256:ab12");
        assert_eq!(moulds.filled(&second), Some(written(&second, None)));
        // Not of that form: the name of another container, a word of YAML, two words.
        for name in ["istio-proxy", "true", "two words"] {
            assert_eq!(moulds.filled(&deployment(name, "x")), None);
        }
    }
}
