//! A shortcut for many pods: what a template writes is nearly the same for each, only texts in quotes differ.
//!
//! A `Mould` is such a text seen before, its containers and volumes decoded and printed once; for a later pod only what
//! differs is filled in. The result is that of the long way, because nothing that follows a template looks into what was
//! printed: it is used for containers and volumes the pod does not have itself, and without probes to redirect. Only the
//! proxy's environment is still changed afterwards, and is kept apart for that.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::{Map, Value, json};

use super::annotations::STATUS;
use super::customise::name_of;
use super::engine::{Added, containers};
use super::merge;
use super::types::decode::normalized;
use super::types::pod::POD;
use crate::yaml::{self, Document, Node};

/// What stands for a text that differs: this, a number, a full stop. YAML writes it without quotes.
const MARK: &str = "bowline-mould-";
const ENVIRONMENT: &str = "bowline-mould-env.";
const PROXY: &str = "istio-proxy";
const LISTS: [&str; 3] = ["initContainers", "containers", "volumes"];
/// What finishing looks for in containers other than the proxy.
const LOOKED_INTO: [&str; 4] = ["readinessProbe", "livenessProbe", "startupProbe", "lifecycle"];
/// More texts than this are not tried.
const MOST: usize = 32;

/// The texts seen so far.
#[derive(Debug, Default)]
pub struct Moulds {
    known: RwLock<Vec<Arc<Mould>>>,
    tried: AtomicUsize,
}

impl Moulds {
    /// What `text` adds to this pod, if the text is like one seen before and the pod has nothing of the kind itself.
    pub fn filled(&self, text: &str, pod: &Value) -> Option<Filled> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let (mould, texts) = known.iter().find_map(|mould| Some((mould, mould.texts(text)?)))?;
        let has = |list: &str, name: &str| containers(pod, list).iter().any(|own| name_of(own) == name);
        let clash = |item: &Item| match item.list {
            "volumes" => has("volumes", &item.name),
            _ => has("containers", &item.name) || has("initContainers", &item.name),
        };
        (!mould.items.iter().any(clash)).then(|| Filled { mould: mould.clone(), texts, dropped: Vec::new() })
    }

    /// Remembers a new text, if it is one for a mould.
    pub fn learn(&self, text: &str) {
        let is_known = |known: &[Arc<Mould>]| known.iter().any(|mould| mould.texts(text).is_some());
        if is_known(&self.known.read().unwrap_or_else(PoisonError::into_inner))
            || self.tried.fetch_add(1, Ordering::Relaxed) >= MOST
        {
            return;
        }
        if let Some(mould) = Mould::of(text) {
            self.known.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(mould));
        }
    }
}

#[derive(Debug)]
struct Mould {
    /// The text before, between and after what differs.
    fixed: Vec<String>,
    /// The overlay with the items of its lists reduced to their names.
    outline: Value,
    added: Added,
    items: Vec<Item>,
    /// The items as printed, by the column they stand at.
    printed: RwLock<BTreeMap<usize, Arc<Vec<Printed>>>>,
}

/// A container or a volume that the template adds.
#[derive(Debug)]
struct Item {
    list: &'static str,
    name: String,
    fields: Map<String, Value>,
}

impl Mould {
    fn of(text: &str) -> Option<Mould> {
        if text.contains(MARK) || text.contains(STATUS) {
            return None;
        }
        let (fixed, marked) = {
            let document = yaml::parse_document(text).ok()?;
            taken_apart(text, &document)
        };
        let overlay = yaml::from_str(&marked).ok()?;
        let items = items_of(&overlay)?;
        let added = Added::of(&overlay);
        Some(Mould { fixed, outline: outline(overlay), added, items, printed: RwLock::default() })
    }

    /// What stands in `text` where this mould's texts differ; nothing if it differs elsewhere.
    fn texts(&self, text: &str) -> Option<Vec<String>> {
        let (last, before) = self.fixed.split_last()?;
        let mut rest = text;
        let mut texts = Vec::with_capacity(before.len());
        for fixed in before {
            rest = rest.strip_prefix(fixed.as_str())?;
            // A field without text is not printed, so an empty text makes another form.
            let end = rest.find(['"', '\\', '\n']).filter(|end| *end > 0)?;
            let (found, after) = rest.split_at(end);
            texts.push(found.to_string());
            rest = after;
        }
        (rest == last).then_some(texts)
    }

    fn printed(&self, column: usize) -> Arc<Vec<Printed>> {
        if let Some(known) = self.printed.read().unwrap_or_else(PoisonError::into_inner).get(&column) {
            return known.clone();
        }
        let printed: Arc<Vec<Printed>> = Arc::new(self.items.iter().map(|item| Printed::of(item, column)).collect());
        self.printed.write().unwrap_or_else(PoisonError::into_inner).insert(column, printed.clone());
        printed
    }
}

/// The text without what may differ, and with marks in place of it.
fn taken_apart(text: &str, document: &Document) -> (Vec<String>, String) {
    let mut ranges: Vec<(usize, usize)> =
        variable(document.root()).into_iter().filter_map(|node| inside(node)).collect();
    ranges.sort_unstable();
    let (mut fixed, mut marked, mut at) = (Vec::with_capacity(ranges.len() + 1), String::with_capacity(text.len()), 0);
    for (number, (start, end)) in ranges.into_iter().enumerate() {
        let before = text.get(at..start).unwrap_or_default();
        marked.push_str(before);
        marked.push_str(&format!("{MARK}{number}."));
        fixed.push(before.to_string());
        at = end;
    }
    let last = text.get(at..).unwrap_or_default();
    marked.push_str(last);
    fixed.push(last.to_string());
    (fixed, marked)
}

/// The nodes whose text may differ: it stays a text whatever it says, and decides nothing.
fn variable<'d>(root: Node<'d>) -> Vec<Node<'d>> {
    let mut nodes = Vec::new();
    for map in ["labels", "annotations"] {
        nodes.extend(root.at(&["metadata", map]).into_iter().flat_map(Node::entries).map(|(_, value)| value));
    }
    for list in ["initContainers", "containers"] {
        for container in root.at(&["spec", list]).into_iter().flat_map(Node::items) {
            nodes.extend(container.get("image"));
            nodes.extend(container.get("args").into_iter().flat_map(Node::items));
            let environment = container.get("env").into_iter().flat_map(Node::items);
            nodes.extend(environment.filter_map(|entry| entry.get("value")));
        }
    }
    nodes
}

/// Where the text of a node stands that is in double quotes and has nothing to be unescaped.
fn inside(node: Node) -> Option<(usize, usize)> {
    let span = node.span();
    let text = node.document().source(span).strip_prefix('"')?.strip_suffix('"')?;
    let plain = !text.is_empty() && !text.contains(['"', '\\', '\n']);
    (plain && node.as_str() == Some(text)).then_some((span.start as usize + 1, span.end as usize - 1))
}

/// What the overlay adds to the pod's lists; nothing if that cannot be printed apart from the pod.
fn items_of(overlay: &Value) -> Option<Vec<Item>> {
    let own = normalized(overlay.clone(), &POD).ok()?;
    let merged = normalized(merge::strategic(json!({}), overlay.clone(), &POD).ok()?, &POD).ok()?;
    let mut items: Vec<Item> = Vec::new();
    for list in LISTS {
        // Whether the pod has such a list decides how nulls are taken: here they must not matter.
        if containers(&own, list) != containers(&merged, list) {
            return None;
        }
        for item in containers(&merged, list) {
            let (name, fields) = (name_of(item).to_string(), item.as_object()?.clone());
            let repeated = items.iter().any(|known| known.list == list && known.name == name);
            let proxy = name == PROXY && list != "volumes";
            let looked_into = !proxy && LOOKED_INTO.iter().any(|field| fields.contains_key(*field));
            let environment = fields.get("env").and_then(Value::as_array);
            if name.is_empty() || repeated || looked_into || (proxy && environment.is_none_or(Vec::is_empty)) {
                return None;
            }
            items.push(Item { list, name, fields });
        }
    }
    (items.iter().filter(|item| item.name == PROXY).count() <= 1).then_some(items)
}

fn outline(mut overlay: Value) -> Value {
    for list in LISTS {
        let items = overlay.get_mut("spec").and_then(|spec| spec.get_mut(list)).and_then(Value::as_array_mut);
        for item in items.into_iter().flatten() {
            *item = json!({"name": name_of(item)});
        }
    }
    overlay
}

/// A mould with the texts of one pod.
#[derive(Debug)]
pub struct Filled {
    mould: Arc<Mould>,
    texts: Vec<String>,
    /// Variables of the proxy that are set anew afterwards.
    pub dropped: Vec<String>,
}

impl Filled {
    pub fn added(&self) -> &Added {
        &self.mould.added
    }

    /// The overlay, its containers and volumes being names only.
    pub fn outline(&self) -> Value {
        let mut outline = self.mould.outline.clone();
        for map in ["labels", "annotations"] {
            let entries = outline.get_mut("metadata").and_then(|metadata| metadata.get_mut(map));
            for value in entries.and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
                if let Value::String(text) = value
                    && let Some(found) = text.strip_prefix(MARK).and_then(|mark| self.text(mark.strip_suffix('.')?))
                {
                    *text = found.to_string();
                }
            }
        }
        outline
    }

    fn text(&self, number: &str) -> Option<&str> {
        self.texts.get(number.parse::<usize>().ok()?).map(String::as_str)
    }

    /// The items of the finished pod's lists that only stand for what this prints.
    pub fn stand_ins<'p>(&self, spec: &'p Value) -> Vec<(&'p Value, usize)> {
        let find = |item: &Item| {
            let items = spec.get(item.list).and_then(Value::as_array);
            items.into_iter().flatten().find(|own| name_of(own) == item.name)
        };
        self.mould.items.iter().enumerate().filter_map(|(number, item)| Some((find(item)?, number))).collect()
    }

    /// Prints an item of a list at a column; `stand_in` has what was added to its environment.
    pub fn print(&self, number: usize, stand_in: &Value, column: usize, out: &mut String) {
        let printed = self.mould.printed(column);
        let (Some(item), Some(of)) = (printed.get(number), self.mould.items.get(number)) else { return };
        self.pour(&item.before, out);
        if !item.environment.is_empty() {
            out.push('\n');
            for (name, pieces) in &item.environment {
                if of.name != PROXY || !self.dropped.contains(name) {
                    self.pour(pieces, out);
                }
            }
            for entry in stand_in.get("env").and_then(Value::as_array).into_iter().flatten() {
                out.push_str(&printed_entry(entry, column));
            }
        }
        self.pour(&item.after, out);
    }

    fn pour(&self, pieces: &[Piece], out: &mut String) {
        for piece in pieces {
            match piece {
                Piece::Fixed(text) => out.push_str(text),
                Piece::Text { number, column } => {
                    yaml::text_into(self.texts.get(*number).map_or("", String::as_str), *column, out);
                }
            }
        }
    }
}

/// An item as printed: the fields up to its environment, the environment's entries, the other fields.
#[derive(Debug)]
struct Printed {
    before: Vec<Piece>,
    environment: Vec<(String, Vec<Piece>)>,
    after: Vec<Piece>,
}

#[derive(Debug)]
enum Piece {
    Fixed(String),
    /// A text of the pod, whose further lines stand at a column.
    Text {
        number: usize,
        column: usize,
    },
}

impl Printed {
    fn of(item: &Item, column: usize) -> Printed {
        let mut fields = item.fields.clone();
        let mut environment = Vec::new();
        if let Some(Value::Array(entries)) = fields.get_mut("env").filter(|_| item.list != "volumes").map(Value::take) {
            fields.insert("env".to_string(), Value::from(ENVIRONMENT));
            environment.extend(
                entries.iter().map(|entry| (name_of(entry).to_string(), pieces(&printed_entry(entry, column)))),
            );
        }
        // With the blanks before its first line, so that columns can be counted; they are not part of it.
        let mut text = " ".repeat(column);
        yaml::entries_into(&fields, column, &mut text);
        let (before, after) = text.split_once(&format!(" {ENVIRONMENT}\n")).unwrap_or((&text, ""));
        let mut before = pieces(before);
        if let Some(Piece::Fixed(first)) = before.first_mut() {
            first.replace_range(..column, "");
        }
        Printed { before, environment, after: pieces(after) }
    }
}

/// An entry of the environment of a container whose fields stand at a column.
fn printed_entry(entry: &Value, column: usize) -> String {
    let mut text = format!("{:column$}- ", "");
    if let Value::Object(fields) = entry {
        yaml::entries_into(fields, column + 2, &mut text);
    }
    text
}

/// Printed text, cut at its marks.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(MARK) {
        let Some((number, after)) = after.split_once('.') else { break };
        let line = before.rsplit('\n').next().unwrap_or_default();
        let content = line.trim_start_matches([' ', '-']);
        pieces.push(Piece::Fixed(before.to_string()));
        pieces.push(Piece::Text {
            number: number.parse().unwrap_or(usize::MAX),
            // Below a key by two; an item of a list has its indicator there.
            column: line.len() - content.len() + if content.is_empty() { 0 } else { 2 },
        });
        rest = after;
    }
    pieces.push(Piece::Fixed(rest.to_string()));
    pieces
}
