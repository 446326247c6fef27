//! For a person at a terminal: each finding with the lines it is about, what to do, and the other places.

use super::{Location, Report};
use crate::analysis::codes::Level;
use crate::analysis::finding::Finding;

const DIM: &str = "\x1b[2m";
const BOLD: &str = "\x1b[1m";
const RESET: &str = "\x1b[0m";

pub(super) fn render(report: &Report<'_, '_>) -> String {
    let mut out = String::new();
    for finding in report.findings {
        one(report, finding, &mut out);
        out.push('\n');
    }
    out
}

fn one(report: &Report<'_, '_>, finding: &Finding, out: &mut String) {
    let paint = |style: &str, text: &str| if report.color { format!("{style}{text}{RESET}") } else { text.to_string() };
    let style = match finding.level {
        Level::Error => "\x1b[1;31m",
        Level::Warning => "\x1b[33m",
        Level::Info => BOLD,
    };
    let head = format!("{}[{}]", finding.level.name().to_lowercase(), finding.code.id);
    out.push_str(&format!("{}: {}\n", paint(style, &head), paint(BOLD, &finding.sentence())));
    let origin = report.origin(finding).unwrap_or_default();
    match report.location(finding) {
        Some(at) => {
            out.push_str(&format!(
                "  {} {}:{}:{} {}\n",
                paint(DIM, "-->"),
                at.file,
                at.start.line,
                at.start.column,
                paint(DIM, &format!("({origin})"))
            ));
            snippet(&at, style, report.color, out);
        }
        None => {
            let cluster = report.cluster(finding).map(|cluster| format!("cluster {cluster}, ")).unwrap_or_default();
            out.push_str(&format!("  {} {cluster}{origin}\n", paint(DIM, "-->")));
        }
    }
    if let Some(hint) = &finding.hint {
        out.push_str(&format!("  {} {hint}\n", paint(DIM, "help:")));
    }
    for related in &finding.related {
        let origin = report.snapshot.resource(related.resource).map(|resource| resource.origin()).unwrap_or_default();
        let place = related
            .place
            .and_then(|place| report.locate(place))
            .map(|at| format!("{}:{}", at.file, at.start.line))
            .unwrap_or_default();
        out.push_str(&format!("  {} {origin} {place} {}\n", paint(DIM, "see:"), related.note));
    }
    if let Some(fix) = &finding.fix {
        let how = if fix.safe { "--fix" } else { "--fix --guess" };
        out.push_str(&format!("  {} {} ({how})\n", paint(DIM, "fix:"), fix.title));
    }
}

/// The line of the place with a mark below, and the line before it for context.
fn snippet(at: &Location<'_>, style: &str, color: bool, out: &mut String) {
    let lines: Vec<&str> = at.text.lines().skip(at.start.line.saturating_sub(2)).take(2).collect();
    let (before, line) = match lines.as_slice() {
        [before, line] if at.start.line > 1 => (Some(*before), *line),
        [line, ..] => (None, *line),
        [] => return,
    };
    let width = at.start.line.to_string().len();
    if let Some(before) = before.filter(|line| !line.trim().is_empty()) {
        out.push_str(&format!("  {:>width$} | {before}\n", at.start.line - 1));
    }
    out.push_str(&format!("  {:>width$} | {line}\n", at.start.line));
    let indent = line
        .chars()
        .take(at.start.column.saturating_sub(1))
        .map(|c| if c == '\t' { '\t' } else { ' ' })
        .collect::<String>();
    let rest = line.chars().count().saturating_sub(at.start.column.saturating_sub(1));
    let length = if at.end.line == at.start.line { at.end.column.saturating_sub(at.start.column) } else { rest };
    let mark = "^".repeat(length.clamp(1, rest.max(1)));
    let mark = if color { format!("{style}{mark}{RESET}") } else { mark };
    out.push_str(&format!("  {:>width$} | {indent}{mark}\n", ""));
}
