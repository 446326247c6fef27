//! Texts that injection hands on without looking at them: where they stand, and what they may say.

use std::hash::{DefaultHasher, Hasher as _};

use serde_json::Value;

use super::{Part, STAND_INS, parts};
use crate::inject::annotations::{OVERRIDES, STATUS};
use crate::inject::customise::name_of;
use crate::inject::decide::IGNORED_NAMESPACES;
use crate::inject::workload::{self, Places, places};
use crate::yaml::{self, Document, Kind, Node};

/// A way down an object; `*` is any key or item.
type Path = [&'static str];

const OF_OBJECT: [&Path; 7] = [
    &["metadata", "name"],
    &["metadata", "namespace"],
    &["metadata", "labels", "*"],
    &["metadata", "annotations", "*"],
    &["spec", "selector", "*"],
    &["spec", "selector", "matchLabels", "*"],
    &["spec", "serviceName"],
];
const OF_POD_METADATA: [&Path; 2] = [&["labels", "*"], &["annotations", "*"]];
const OF_POD_SPEC: [&Path; 14] = [
    &["serviceAccountName"],
    &["containers", "*", "image"],
    &["containers", "*", "env", "*", "value"],
    &["containers", "*", "env", "*", "valueFrom", "*", "name"],
    &["containers", "*", "envFrom", "*", "*", "name"],
    &["containers", "*", "args", "*"],
    &["initContainers", "*", "image"],
    &["initContainers", "*", "env", "*", "value"],
    &["initContainers", "*", "env", "*", "valueFrom", "*", "name"],
    &["initContainers", "*", "envFrom", "*", "*", "name"],
    &["initContainers", "*", "args", "*"],
    &["volumes", "*", "configMap", "name"],
    &["volumes", "*", "secret", "secretName"],
    &["volumes", "*", "persistentVolumeClaim", "claimName"],
];
/// Free as well where a pod has a single container: of several, their names give the order of what is printed.
const OF_ONLY_CONTAINER: [&Path; 1] = [&["containers", "*", "name"]];
/// Where injection may put what it was given, besides.
const OF_INJECTED_SPEC: [&Path; 4] = [
    &["containers", "*", "name"],
    &["containers", "*", "readinessProbe", "httpGet", "path"],
    &["containers", "*", "livenessProbe", "httpGet", "path"],
    &["containers", "*", "startupProbe", "httpGet", "path"],
];

/// Containers that are looked for by name.
const LOOKED_FOR: [&str; 4] = ["istio-proxy", "istio-init", "istio-validation", "enable-core-dump"];
/// Words that mean something wherever they stand: YAML's own, and the image that injection replaces.
const MEANINGFUL: [&str; 10] = ["auto", "false", "n", "no", "null", "off", "on", "true", "y", "yes"];
/// No name is longer; longer words could be folded or end a key.
const LONGEST: usize = 253;

/// Where the free texts of a document stand, without quotes, in order. `watched` are keys of labels that decide.
pub fn texts(document: &Document, watched: &[String]) -> Vec<(usize, usize)> {
    let root = document.root();
    let kind = root.get("kind").and_then(Node::as_str).unwrap_or_default();
    if names_others(document.text()) {
        return Vec::new();
    }
    let Places { metadata, spec } = places(kind);
    let pod_metadata = root.at(metadata);
    let mut nodes = Vec::new();
    let mut collect = |root: Option<Node<'_>>, paths: &[&Path]| {
        let Some(root) = root else { return };
        for path in paths {
            below(root, path, watched, &mut |node| nodes.extend(inside(node)));
        }
    };
    let pod_spec = root.at(spec);
    collect(Some(root), &OF_OBJECT);
    collect(pod_metadata, &OF_POD_METADATA);
    collect(pod_spec, &OF_POD_SPEC);
    let count = |list| pod_spec.and_then(|spec| spec.get(list)).map_or(0, Node::len);
    if (count("containers"), count("initContainers")) == (1, 0) {
        collect(pod_spec, &OF_ONLY_CONTAINER);
    }
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

/// Whether texts of a document may name other things in it: an earlier injection left such texts, and those of its
/// controller tell whose a pod is. Keys count in any case.
fn names_others(text: &str) -> bool {
    const OWNERS: &[u8] = b"ownerreferences";
    text.contains(STATUS)
        || text.contains(OVERRIDES)
        || text.as_bytes().windows(OWNERS.len()).any(|part| part.eq_ignore_ascii_case(OWNERS))
}

fn below<'d>(node: Node<'d>, path: &[&str], watched: &[String], found: &mut impl FnMut(Node<'d>)) {
    let Some((step, rest)) = path.split_first() else { return found(node) };
    match (*step, node.kind()) {
        ("*", Kind::Seq) => node.items().for_each(|item| below(item, rest, watched, found)),
        ("*", Kind::Map) => {
            for (key, value) in node.entries() {
                if is_free_key(key.text()) && !watched.iter().any(|watched| watched == key.text()) {
                    below(value, rest, watched, found);
                }
            }
        }
        (key, Kind::Map) => {
            if let Some(value) = node.get(key) {
                below(value, rest, watched, found);
            }
        }
        _ => {}
    }
}

/// Keys of labels and annotations that only templates may look at.
fn is_free_key(key: &str) -> bool {
    !key.contains("istio.io") && !key.contains("prometheus")
}

/// Where the word of a node stands, if that is all it holds.
fn inside(node: Node) -> Option<(usize, usize)> {
    let text = node.as_str().filter(|text| is_free(text))?;
    let span = node.span();
    let (start, end) = (span.start as usize, span.end as usize);
    let source = node.document().source(span);
    if source == text {
        return Some((start, end));
    }
    let quoted = ['"', '\''].iter().any(|quote| {
        source.strip_prefix(*quote).and_then(|source| source.strip_suffix(*quote)).is_some_and(|inner| inner == text)
    });
    quoted.then_some((start + 1, end - 1))
}

/// The same for all documents of a form, and different for most others: what is left without everything that could be a
/// free word.
pub fn signature(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    for run in text.as_bytes().chunk_by(|a, b| is_word_byte(*a) == is_word_byte(*b)) {
        if looks_free(run) { hasher.write_u8(0) } else { hasher.write(run) }
    }
    hasher.finish()
}

/// Whether a word may stand in a free place: it is a text however it is written, and needs no quotes.
pub fn is_free(word: &str) -> bool {
    looks_free(word.as_bytes())
        && !MEANINGFUL.iter().any(|meaningful| word.eq_ignore_ascii_case(meaningful))
        && !LOOKED_FOR.contains(&word)
        && !IGNORED_NAMESPACES.contains(&word)
}

fn looks_free(run: &[u8]) -> bool {
    let ends_well =
        run.first().is_some_and(u8::is_ascii_alphabetic) && run.last().is_some_and(u8::is_ascii_alphanumeric);
    ends_well && run.len() <= LONGEST && run.iter().copied().all(is_word_byte)
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._/:@-".contains(&byte)
}

/// The word at the start of a text, and what follows it.
pub fn first_word(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().position(|byte| !is_word_byte(byte)).unwrap_or(text.len()))
}

/// The names of an injected pod's containers that are no stand-ins: whoever has one of them is another container.
pub fn names_beside(object: &Value) -> impl Iterator<Item = &str> {
    let spec = workload::pod_spec(object);
    let lists = ["containers", "initContainers"].into_iter().filter_map(move |list| spec?.get(list)?.as_array());
    lists.flatten().map(name_of).filter(|name| !(STAND_INS.within)(name))
}

/// Whether stand-ins are only where injection hands on what it finds, in the printed object too.
pub fn only_in_free_places(object: &Value) -> bool {
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default();
    let Places { metadata, spec } = places(kind);
    let mut path = Vec::new();
    every_text(object, &mut path, &mut |path, text| {
        let is = |root: &[&str], paths: &[&Path]| {
            path.strip_prefix(root).is_some_and(|path| paths.iter().any(|free| leads(free, path)))
        };
        !(STAND_INS.within)(text)
            || is(&[], &OF_OBJECT)
            || is(metadata, &OF_POD_METADATA)
            || is(spec, &OF_POD_SPEC)
            || is(spec, &OF_INJECTED_SPEC)
    })
}

/// Whether a path is one of those that a pattern describes.
fn leads(pattern: &Path, path: &[&str]) -> bool {
    let annotation = |at: usize| at > 0 && pattern.get(at - 1) == Some(&"annotations");
    pattern.len() == path.len()
        && pattern.iter().zip(path).enumerate().all(|(at, (step, key))| match *step {
            "*" => !annotation(at) || is_free_key(key),
            step => step == *key,
        })
}

/// Whether `holds` is true of every text with its path, and no key is a text with stand-ins.
fn every_text<'v>(value: &'v Value, path: &mut Vec<&'v str>, holds: &mut impl FnMut(&[&str], &str) -> bool) -> bool {
    match value {
        Value::String(text) => holds(path, text),
        Value::Array(items) => items.iter().all(|item| {
            path.push("*");
            let all = every_text(item, path, holds);
            path.pop();
            all
        }),
        Value::Object(entries) => entries.iter().all(|(key, value)| {
            path.push(key);
            let all = !(STAND_INS.within)(key) && every_text(value, path, holds);
            path.pop();
            all
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

/// Whether every text with stand-ins that a template wrote stays a text when others take their place: one without quotes
/// could become a number.
pub fn reads_as_text(written: &str) -> bool {
    let Ok(document) = yaml::parse_document(written) else { return false };
    is_text_below(document.root())
}

fn is_text_below(node: Node) -> bool {
    match node.kind() {
        Kind::Seq => node.items().all(is_text_below),
        Kind::Map => node.entries().all(|(key, value)| is_text_below(key) && is_text_below(value)),
        _ => {
            let text = node.text();
            !node.is_plain() || !(STAND_INS.within)(text) || (STAND_INS.whole)(text) || is_surely_text(text)
        }
    }
}

/// Whether a text is one whatever the stand-in in it stands for: it begins as no number does, and what is around the
/// stand-in is no part of a word like `true`.
fn is_surely_text(text: &str) -> bool {
    let fixed: String = parts(text)
        .into_iter()
        .filter_map(|part| if let Part::Fixed(text) = part { Some(text) } else { None })
        .collect();
    let is_no_word = fixed.len() >= "false".len() || fixed.contains(|letter: char| !letter.is_ascii_alphabetic());
    text.starts_with(|letter: char| letter.is_ascii_alphabetic()) && is_no_word
}
