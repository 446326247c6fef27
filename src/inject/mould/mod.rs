//! A shortcut for many documents of one form: what differs between them is only handed on, from the document to the result.
//!
//! The first document of a form is injected with stand-ins in place of its names, labels, images and the like. If neither a
//! template nor what follows looked at one of them, the result holds for every document that has other texts there: a
//! `Mould` is both texts cut at the stand-ins, and further documents are matched with the one and poured into the other.
//! What may differ, and which words may stand there, is in `free.rs`; what a template looks at, [`crate::gotemplate`] notices.

mod free;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;

use super::decide::Rules;
use crate::gotemplate::{Condition, Rule, StandIns};
use crate::yaml::{self, Document};

pub use free::reads_as_text;

/// Begins a stand-in: this, its number, and `END`. It is a word like those it stands for.
const BEGIN: &str = "bowlineStandIn";
const END: char = 'Z';

/// For templates that are to notice when they look at one.
pub const STAND_INS: StandIns = StandIns { within: |text| text.contains(BEGIN), whole: |text| number(text).is_some() };

/// The number of a stand-in.
fn number(stand_in: &str) -> Option<usize> {
    stand_in.strip_prefix(BEGIN)?.strip_suffix(END)?.parse().ok()
}

/// Forms kept: each is about as large as a result.
const MOST_FORMS: usize = 512;
/// So many more documents without a mould than with one, and no more are tried: it is the templates that look.
const MOST_FAILURES: usize = 8;
/// So many more forms than documents that one was of use for, and only forms seen before are learned.
const MOST_UNUSED: usize = 128;

/// A document injected with stand-ins.
pub struct Injected {
    pub object: Value,
    /// What templates took for granted of what the stand-ins stand for.
    pub conditions: Vec<Condition>,
}

/// The forms seen so far, shared by all threads.
#[derive(Debug)]
pub struct Moulds {
    known: RwLock<Known>,
    poured: AtomicUsize,
    failures: AtomicUsize,
    /// Keys of labels that decide about injection.
    watched: Vec<String>,
}

#[derive(Debug, Default)]
struct Known {
    /// By what documents of a form have in common, their signature.
    moulds: HashMap<u64, Vec<Arc<Mould>>>,
    count: usize,
    /// The signatures of documents that were not learned from.
    seen: HashSet<u64>,
}

impl Moulds {
    pub fn new(rules: &Rules) -> Self {
        let (poured, failures) = (AtomicUsize::new(0), AtomicUsize::new(0));
        Moulds { known: RwLock::default(), poured, failures, watched: rules.label_keys() }
    }

    /// The injected document, if one of its form was injected before.
    pub fn filled(&self, text: &str) -> Option<String> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let alike = known.moulds.get(&free::signature(text))?;
        let filled = alike.iter().find_map(|mould| Some(mould.pour(&mould.words(text)?)))?;
        self.poured.fetch_add(1, Ordering::Relaxed);
        Some(filled)
    }

    /// Learns the form of a document and gives it injected; `inject` injects a text with stand-ins.
    pub fn learned(
        &self,
        text: &str,
        document: &Document,
        inject: impl FnOnce(&str) -> Option<Injected>,
    ) -> Option<String> {
        let signature = free::signature(text);
        if !self.is_worth(signature) || text.contains(BEGIN) {
            return None;
        }
        let ranges = free::texts(document, &self.watched);
        if ranges.is_empty() {
            return None;
        }
        let mould = Mould::of(text, &ranges, inject);
        let filled = mould.as_ref().and_then(|mould| Some(mould.pour(&mould.words(text)?)));
        match mould.filter(|_| filled.is_some()) {
            Some(mould) => {
                let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
                known.moulds.entry(signature).or_default().push(Arc::new(mould));
                known.count += 1;
            }
            None => _ = self.failures.fetch_add(1, Ordering::Relaxed),
        }
        filled
    }

    /// Whether to learn from a document: doing so takes longer than injecting it.
    fn is_worth(&self, signature: u64) -> bool {
        let (count, seen) = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            (known.count, known.seen.contains(&signature))
        };
        if count >= MOST_FORMS || self.failures.load(Ordering::Relaxed) >= MOST_FAILURES + count {
            return false;
        }
        if seen || count < MOST_UNUSED + self.poured.load(Ordering::Relaxed) {
            return true;
        }
        self.known.write().unwrap_or_else(PoisonError::into_inner).seen.insert(signature);
        false
    }
}

#[derive(Debug)]
struct Mould {
    /// The document before, between and after its free texts.
    before: Vec<String>,
    /// What must hold of some of the words, by their numbers.
    conditions: Vec<(usize, Rule)>,
    /// Names of other containers of the pod, which no word may be.
    reserved: Vec<String>,
    after: Vec<Piece>,
    /// About as long as a document that was poured.
    size: usize,
}

/// A part of the printed result.
#[derive(Debug)]
enum Piece {
    Fixed(String),
    /// A text with free ones in it, whose further lines stand at a column.
    Text {
        parts: Vec<Part>,
        column: usize,
    },
}

#[derive(Debug)]
enum Part {
    Fixed(String),
    Free(usize),
}

impl Mould {
    fn of(text: &str, ranges: &[(usize, usize)], inject: impl FnOnce(&str) -> Option<Injected>) -> Option<Mould> {
        let (before, marked) = taken_apart(text, ranges)?;
        let Injected { object, conditions } = inject(&marked)?;
        let conditions = conditions.into_iter().map(|one| Some((number(&one.stand_in)?, one.rule)));
        let conditions = conditions.collect::<Option<Vec<_>>>()?;
        let reserved = free::names_beside(&object).map(str::to_string).collect();
        let (after, size) = pieces(&object)?;
        Some(Mould { before, conditions, reserved, after, size })
    }

    /// What stands in `text` where this form's documents differ; nothing if it differs elsewhere.
    fn words<'t>(&self, text: &'t str) -> Option<Vec<&'t str>> {
        let (last, before) = self.before.split_last()?;
        let mut rest = text;
        let mut words = Vec::with_capacity(before.len());
        for fixed in before {
            rest = rest.strip_prefix(fixed.as_str())?;
            let (word, after) = free::first_word(rest);
            if !free::is_free(word) || self.reserved.iter().any(|reserved| reserved == word) {
                return None;
            }
            words.push(word);
            rest = after;
        }
        let holds = |(number, rule): &(usize, Rule)| words.get(*number).is_some_and(|word| rule.holds(word));
        (rest == last && self.conditions.iter().all(holds)).then_some(words)
    }

    fn pour(&self, words: &[&str]) -> String {
        let word = |number: usize| words.get(number).copied().unwrap_or_default();
        let mut out = String::with_capacity(self.size + self.size / 8);
        let mut whole = String::new();
        for piece in &self.after {
            match piece {
                Piece::Fixed(text) => out.push_str(text),
                Piece::Text { parts, column } => {
                    whole.clear();
                    for part in parts {
                        whole.push_str(match part {
                            Part::Fixed(text) => text,
                            Part::Free(number) => word(*number),
                        });
                    }
                    yaml::text_into(&whole, *column, &mut out);
                }
            }
        }
        out
    }
}

/// The text without what may differ, and with stand-ins in place of it.
fn taken_apart(text: &str, ranges: &[(usize, usize)]) -> Option<(Vec<String>, String)> {
    let (mut fixed, mut marked, mut at) = (Vec::with_capacity(ranges.len() + 1), String::with_capacity(text.len()), 0);
    for (number, (start, end)) in ranges.iter().enumerate() {
        let before = text.get(at..*start)?;
        marked.push_str(before);
        marked.push_str(&format!("{BEGIN}{number}{END}"));
        fixed.push(before.to_string());
        at = *end;
    }
    let last = text.get(at..)?;
    marked.push_str(last);
    fixed.push(last.to_string());
    Some((fixed, marked))
}

/// The printed object, cut at the texts with stand-ins; nothing if one stands where its text could matter.
fn pieces(object: &Value) -> Option<(Vec<Piece>, usize)> {
    if !free::only_in_free_places(object) {
        return None;
    }
    let mut found: Vec<(usize, Vec<Part>, usize)> = Vec::new();
    let mut out = String::new();
    yaml::to_string_without(object, &mut out, &mut |text, column, at| {
        let hidden = (STAND_INS.within)(text);
        if hidden {
            found.push((at, parts(text), column));
        }
        hidden
    });
    let (mut pieces, mut from) = (Vec::with_capacity(2 * found.len() + 1), 0);
    for (at, parts, column) in found {
        pieces.push(Piece::Fixed(out.get(from..at)?.to_string()));
        pieces.push(Piece::Text { parts, column });
        from = at;
    }
    pieces.push(Piece::Fixed(out.get(from..)?.to_string()));
    Some((pieces, out.len()))
}

/// A text, cut at its stand-ins.
fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let Some((number, after)) = after.split_once(END) else { break };
        if !before.is_empty() {
            parts.push(Part::Fixed(before.to_string()));
        }
        parts.push(Part::Free(number.parse().unwrap_or(usize::MAX)));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Fixed(rest.to_string()));
    }
    parts
}
