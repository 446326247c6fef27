//! JSON and YAML in the reference's exact shape.

use serde::Serialize;
use serde_json::{Map, Value};

use super::Report;

fn objects(report: &Report<'_, '_>) -> Value {
    let sentence = |finding| {
        if report.snapshot.is_reference() {
            crate::analysis::finding::Finding::sentence(finding)
        } else {
            report.full_sentence(finding)
        }
    };
    let each = report.findings.iter().map(|finding| {
        let mut object = Map::new();
        if let Some(cluster) = report.cluster(finding) {
            object.insert("cluster".into(), cluster.into());
        }
        object.insert("code".into(), finding.code.id.into());
        object.insert("documentationUrl".into(), finding.url().into());
        object.insert("level".into(), finding.level.name().into());
        object.insert("message".into(), sentence(finding).into());
        if let Some(origin) = report.origin(finding) {
            object.insert("origin".into(), origin.into());
        }
        if let Some(reference) = report.reference(finding) {
            object.insert("reference".into(), reference.into());
        }
        Value::Object(object)
    });
    Value::Array(each.collect())
}

pub(super) fn json(report: &Report<'_, '_>) -> String {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"\t");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    if objects(report).serialize(&mut serializer).is_err() {
        return "[]\n".into();
    }
    let text = String::from_utf8(bytes).unwrap_or_default();
    format!("{}\n", escape_html(&text))
}

/// Go's encoder writes characters that HTML gives a meaning to as escapes. They occur inside strings only.
fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", c as u32)),
            _ => out.push(c),
        }
    }
    out
}

pub(super) fn yaml(report: &Report<'_, '_>) -> String {
    format!("{}\n", crate::yaml::to_string(&objects(report)))
}
