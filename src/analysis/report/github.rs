//! Annotations of GitHub Actions: workflow commands, one for each finding.

use super::Report;
use crate::analysis::codes::Level;

pub(super) fn render(report: &Report<'_, '_>) -> String {
    let mut out = String::new();
    for finding in report.findings {
        let command = match finding.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Info => "notice",
        };
        let mut properties = vec![format!("title={} {}", finding.code.id, finding.code.name)];
        if let Some(at) = report.location(finding) {
            properties.insert(
                0,
                format!(
                    "file={},line={},col={},endLine={}",
                    property(at.file),
                    at.start.line,
                    at.start.column,
                    at.end.line
                ),
            );
        }
        let origin = report.origin(finding).map(|origin| format!("{origin}: ")).unwrap_or_default();
        out.push_str(&format!(
            "::{command} {}::{}\n",
            properties.join(","),
            message(&format!("{origin}{}", report.full_sentence(finding)))
        ));
    }
    out
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
