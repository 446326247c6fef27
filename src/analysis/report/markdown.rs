//! A table for a pull request's comment or a job summary.

use super::Report;
use crate::analysis::codes::Level;

pub(super) fn render(report: &Report<'_, '_>) -> String {
    if report.findings.is_empty() {
        return "No findings.\n".into();
    }
    let count = |level: Level| report.findings.iter().filter(|finding| finding.level == level).count();
    let mut out =
        format!("{} errors, {} warnings, {} notes\n\n", count(Level::Error), count(Level::Warning), count(Level::Info));
    out.push_str("| Level | Code | Object | Place | Finding |\n|---|---|---|---|---|\n");
    for finding in report.findings {
        let origin = report.origin(finding).unwrap_or_default();
        let reference = report.reference(finding).unwrap_or_default();
        let code = format!("[{}]({} \"{}\")", finding.code.id, finding.code.url(), finding.code.name);
        let cells = [finding.level.name().to_string(), code, origin, reference, report.full_sentence(finding)];
        out.push_str(&format!(
            "| {} |\n",
            cells.map(|cell| cell.replace('|', "\\|").replace('<', "&lt;").replace(['\n', '\r'], " ")).join(" | ")
        ));
    }
    out
}
