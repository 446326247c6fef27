//! SARIF 2.1.0, which code scanning services read.

use serde_json::{Value, json};
use std::collections::BTreeMap;

use super::{Location, Report};
use crate::analysis::codes::{Code, Level};
use crate::analysis::finding::Finding;
use crate::analysis::fixes::Fix;

pub(super) fn render(report: &Report<'_, '_>) -> String {
    let used: BTreeMap<&str, &Code> = report.findings.iter().map(|finding| (finding.code.id, finding.code)).collect();
    let rules: Vec<Value> = used.values().map(|code| rule(code)).collect();
    let index: BTreeMap<&str, usize> = used.keys().enumerate().map(|(number, id)| (*id, number)).collect();
    let results: Vec<Value> =
        report.findings.iter().map(|finding| result(report, finding, index.get(finding.code.id).copied())).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "bowline",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Info => "note",
    }
}

fn rule(code: &Code) -> Value {
    let mut rule = json!({
        "id": code.id,
        "name": code.name,
        "shortDescription": {"text": code.section("What it does")},
        "fullDescription": {"text": code.section("Why is this bad?")},
        "help": {"text": code.section("Use instead"), "markdown": code.explanation()},
        "defaultConfiguration": {"level": level(code.level)},
    });
    if !code.is_ours() {
        rule["helpUri"] = code.url().into();
    }
    rule
}

fn result(report: &Report<'_, '_>, finding: &Finding, index: Option<usize>) -> Value {
    let origin = report.origin(finding).unwrap_or_default();
    let at = report.location(finding);
    let mut place = json!({"logicalLocations": [{"fullyQualifiedName": origin, "kind": "resource"}]});
    if let Some(at) = &at {
        place["physicalLocation"] = physical(at);
    }
    let mut result = json!({
        "ruleId": finding.code.id,
        "level": level(finding.level),
        "message": {"text": report.full_sentence(finding)},
        "locations": [place],
        // Lines move; the object and the sentence stay.
        "partialFingerprints": {"bowline/v1": super::super::baseline::fingerprint(&origin, finding)},
    });
    if let Some(index) = index {
        result["ruleIndex"] = index.into();
    }
    let related: Vec<Value> = finding
        .related
        .iter()
        .filter_map(|related| Some(json!({"message": {"text": related.note}, "physicalLocation": physical(&report.locate(related.place?)?)})))
        .collect();
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    if let Some(fix) = finding.fix.as_ref().and_then(|fix| replacement(report, fix)) {
        result["fixes"] = json!([fix]);
    }
    result
}

/// A path as a reference: what has another meaning in URIs is escaped.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'\\' => out.push('/'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' | b'+' | b',' | b'@' | b'=' => {
                out.push(char::from(byte));
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn region(at: &Location<'_>) -> Value {
    json!({"startLine": at.start.line, "startColumn": at.start.column, "endLine": at.end.line, "endColumn": at.end.column})
}

fn physical(at: &Location<'_>) -> Value {
    json!({"artifactLocation": {"uri": uri(at.file)}, "region": region(at)})
}

fn replacement(report: &Report<'_, '_>, fix: &Fix) -> Option<Value> {
    let mut changes = Vec::new();
    for edit in &fix.edits {
        let at = report.locate(edit.place)?;
        changes.push(json!({
            "artifactLocation": {"uri": uri(at.file)},
            "replacements": [{"deletedRegion": region(&at), "insertedContent": {"text": edit.text}}],
        }));
    }
    Some(json!({"description": {"text": fix.title}, "artifactChanges": changes}))
}
