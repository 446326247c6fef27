//! Mending: edits of the user's text that keep its comments and layout.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Finding, Place};
use super::input::Source;
use super::snapshot::{Resource, Snapshot};
use super::view::View;

/// A change of text that mends a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as a command: `Rename the port to http-web`.
    pub title: String,
    /// The input alone determines the meaning; otherwise it is a guess that needs consent.
    pub safe: bool,
    pub edits: Vec<Edit>,
}

/// Replaces the text at a place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    pub place: Place,
    pub text: String,
}

/// Whether a text can stand in YAML without quotes wherever a name may stand.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '/' | '*'))
}

/// Another value for a scalar, in the quotes it has. A guess. Names that would need quotes of their own are not worth one.
pub fn replace_scalar<'a>(snapshot: &Snapshot<'a>, resource: &Resource<'a>, value: View<'a>, new: &str) -> Option<Fix> {
    if !is_name(new) {
        return None;
    }
    let place = snapshot.place(resource, value)?;
    let old = text_at(snapshot, place)?;
    let text = match old.chars().next()? {
        quote @ ('"' | '\'') => format!("{quote}{new}{quote}"),
        '|' | '>' | '&' | '*' | '!' => return None,
        _ if new.starts_with('*') => format!("'{new}'"),
        _ => new.to_string(),
    };
    Some(Fix { title: format!("Replace {old} by {new}"), safe: false, edits: vec![Edit { place, text }] })
}

/// Takes an item out of a block sequence, with the comment at the end of its last line.
pub fn delete_item<'a>(snapshot: &Snapshot<'a>, resource: &Resource<'a>, item: View<'a>, title: &str) -> Option<Fix> {
    let place = snapshot.place(resource, item)?;
    let text = &snapshot.source_at(place)?.text;
    let line = line_start(text, place.start);
    if text.get(line..place.start as usize)?.trim() != "-" {
        return None;
    }
    let end = line_end(text, place.end);
    let rest = text.get(place.end as usize..end)?.trim();
    if !rest.is_empty() && !rest.starts_with('#') {
        return None;
    }
    let place = Place { start: line as u32, end: end as u32, ..place };
    Some(Fix { title: title.to_string(), safe: true, edits: vec![Edit { place, text: String::new() }] })
}

/// `percent: 10` becomes `percentage: {value: 10}`.
pub fn percent_to_percentage<'a>(snapshot: &Snapshot<'a>, resource: &Resource<'a>, delay: View<'a>) -> Option<Fix> {
    if delay.get("percentage").is_set() {
        return None;
    }
    let (key, value) = delay.node()?.entry("percent")?;
    let (key, value) = (View::new(key), View::new(value));
    let number = value.int()?;
    let place = snapshot.place(resource, key)?;
    let text = match block_indent(snapshot, place) {
        Some(indent) => format!("percentage:\n{}value: {number}", " ".repeat(indent + 2)),
        None => format!("percentage: {{value: {number}}}"),
    };
    let place = Place { end: snapshot.place(resource, value)?.end, ..place };
    Some(Fix { title: "Use percentage".into(), safe: true, edits: vec![Edit { place, text }] })
}

/// The `selector` of a policy becomes a reference to the Kubernetes Gateway whose pods it selects.
pub fn selector_to_target<'a>(snapshot: &Snapshot<'a>, policy: &Resource<'a>, gateway: &str) -> Option<Fix> {
    if !is_name(gateway) {
        return None;
    }
    let (key, value) = policy.spec().node()?.entry("selector")?;
    let place = snapshot.place(policy, View::new(key))?;
    let end = snapshot.place(policy, View::new(value))?.end;
    let indent = " ".repeat(block_indent(snapshot, place)?);
    let text = format!(
        "targetRefs:\n{indent}- group: gateway.networking.k8s.io\n{indent}  kind: Gateway\n{indent}  name: {gateway}"
    );
    let edit = Edit { place: Place { end, ..place }, text };
    Some(Fix { title: format!("Refer to Gateway {gateway} by targetRefs"), safe: true, edits: vec![edit] })
}

/// Moves an annotation to the labels of the same metadata.
pub fn annotation_to_label<'a>(
    snapshot: &Snapshot<'a>,
    resource: &Resource<'a>,
    metadata: View<'a>,
    name: &str,
) -> Option<Fix> {
    let node = metadata.node()?;
    let (heading, annotations) = node.entry("annotations")?;
    let (key, value) = annotations.entry(name)?;
    let entry = snapshot.place(resource, View::new(key))?;
    let entry = Place { end: snapshot.place(resource, View::new(value))?.end, ..entry };
    let heading = snapshot.place(resource, View::new(heading))?;
    let indent = block_indent(snapshot, entry)?;
    let outer = block_indent(snapshot, heading)?;
    let title = format!("Move {name} to the labels");
    let labels = metadata.key("labels");
    if annotations.len() == 1 && !labels.is_set() {
        return Some(Fix { title, safe: true, edits: vec![Edit { place: heading, text: "labels".into() }] });
    }
    let written = text_at(snapshot, entry)?.to_string();
    let before = |place: Place, text: String| Edit { place: Place { end: place.start, ..place }, text };
    let insert = if labels.is_set() {
        let first = snapshot.place(resource, labels.keyed().next()?.0)?;
        let column = block_indent(snapshot, first)?;
        before(first, format!("{written}\n{}", " ".repeat(column)))
    } else {
        before(heading, format!("labels:\n{}{written}\n{}", " ".repeat(indent), " ".repeat(outer)))
    };
    let text = &snapshot.source_at(entry)?.text;
    let from = if annotations.len() == 1 { heading } else { entry };
    let lines = Place { start: line_start(text, from.start) as u32, end: line_end(text, entry.end) as u32, ..entry };
    Some(Fix { title, safe: true, edits: vec![insert, Edit { place: lines, text: String::new() }] })
}

fn text_at<'a>(snapshot: &Snapshot<'a>, place: Place) -> Option<&'a str> {
    snapshot.source_at(place)?.text.get(place.start as usize..place.end as usize)
}

/// The column of a key in block style, counting a dash before it; `None` in flow style.
fn block_indent(snapshot: &Snapshot<'_>, key: Place) -> Option<usize> {
    let text = &snapshot.source_at(key)?.text;
    let before = text.get(line_start(text, key.start)..key.start as usize)?;
    before.chars().all(|c| c == ' ' || c == '-').then_some(before.len())
}

fn line_start(text: &str, offset: u32) -> usize {
    text.get(..offset as usize).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
}

/// The end of the line, its newline included.
fn line_end(text: &str, offset: u32) -> usize {
    text.get(offset as usize..)
        .and_then(|after| after.find('\n'))
        .map_or(text.len(), |newline| offset as usize + newline + 1)
}

/// The texts of the sources after all fixes of these findings, by source, and how many findings are mended. Of edits that touch the
/// same text the first is made; run again for the others.
pub fn apply<'f>(
    sources: &[Source],
    findings: impl Iterator<Item = &'f Finding>,
    unsafe_too: bool,
) -> (BTreeMap<u32, String>, usize) {
    // By source and start, so that only neighbours can touch.
    let mut chosen: BTreeSet<&Edit> = BTreeSet::new();
    let mut mended = 0;
    for fix in findings.filter_map(|finding| finding.fix.as_ref()).filter(|fix| fix.safe || unsafe_too) {
        if fix.edits.iter().all(|edit| chosen.contains(edit)) {
            mended += 1;
        } else if !fix.edits.iter().any(|edit| touches(&chosen, edit)) {
            chosen.extend(&fix.edits);
            mended += 1;
        }
    }
    let mut texts: BTreeMap<u32, (String, usize)> = BTreeMap::new();
    for edit in chosen {
        let Some(source) = sources.get(edit.place.source as usize) else { continue };
        let (text, done) = texts.entry(edit.place.source).or_default();
        let (start, end) = (edit.place.start as usize, edit.place.end as usize);
        if let Some(before) = source.text.get(*done..start).filter(|_| source.text.is_char_boundary(end)) {
            text.push_str(before);
            text.push_str(&edit.text);
            *done = end;
        }
    }
    let texts = texts.into_iter().map(|(number, (mut text, done))| {
        text.push_str(sources.get(number as usize).and_then(|source| source.text.get(done..)).unwrap_or_default());
        (number, text)
    });
    (texts.collect(), mended)
}

/// Whether an edit changes text that another one changes, or stands at the same place.
fn touches(chosen: &BTreeSet<&Edit>, edit: &Edit) -> bool {
    let place = edit.place;
    let before = Edit { place: Place { end: 0, ..place }, text: String::new() };
    let earlier = chosen
        .range::<Edit, _>(..&before)
        .next_back()
        .is_some_and(|other| other.place.source == place.source && other.place.end > place.start);
    earlier
        || chosen
            .range::<Edit, _>(&before..)
            .take_while(|other| other.place.source == place.source)
            .take(3)
            .any(|other| other.place == place || (other.place.start < place.end && place.start < other.place.end))
}
