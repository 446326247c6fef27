//! One line for each finding, in the reference's shape.

use super::Report;
use crate::analysis::codes::Level;

pub(super) fn render(report: &Report<'_, '_>) -> String {
    let mut out = String::new();
    for finding in report.findings {
        out.push_str(&level(finding.level, report.color));
        out.push_str(&format!(" [{}]", finding.code.id));
        if let Some(cluster) = report.cluster(finding) {
            out.push_str(&format!(" [cluster-{cluster}]"));
        }
        if let Some(origin) = report.origin(finding) {
            let reference = report.reference(finding).map(|text| format!(" {text}")).unwrap_or_default();
            out.push_str(&format!(" ({origin}{reference})"));
        }
        let sentence = if report.snapshot.is_reference() { finding.sentence() } else { report.full_sentence(finding) };
        out.push_str(&format!(" {sentence}\n"));
    }
    if out.is_empty() {
        out.push('\n');
    }
    out
}

/// The level as the reference colours it.
fn level(level: Level, color: bool) -> String {
    if !color {
        return level.to_string();
    }
    let start = match level {
        Level::Error => "\x1b[1;31m",
        Level::Warning => "\x1b[33m",
        Level::Info => "",
    };
    format!("{start}{level}\x1b[0m")
}
