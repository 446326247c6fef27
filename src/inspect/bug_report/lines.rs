//! Log lines: when they were written, and how bad they are.

use jiff::Timestamp;
use regex::Regex;

use super::settings::Window;

/// The lines of a log within a window. A line without a time goes with the one before it.
pub fn within(log: &str, window: Window) -> String {
    if window.is_everything() {
        return log.to_owned();
    }
    let mut kept = String::with_capacity(log.len());
    let mut keep = false;
    for line in log.split_inclusive('\n') {
        if let Some(time) = time_of(line) {
            keep = window.holds(time);
        }
        if keep {
            kept.push_str(line);
        }
    }
    kept
}

/// The time at the start of a line (istiod, Envoy, ztunnel), in brackets (access logs), or in field `time` of JSON.
fn time_of(line: &str) -> Option<Timestamp> {
    let line = line.trim_start();
    if line.starts_with('{') {
        let object: serde_json::Value = serde_json::from_str(line).ok()?;
        let field = ["time", "timestamp", "ts", "start_time"].iter().find_map(|key| object[*key].as_str())?;
        return field.parse().ok();
    }
    let word = line.trim_start_matches('[').split(['\t', ' ', ']']).next()?;
    word.parse().ok()
}

/// How many lines of a log are bad.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub fatal: usize,
    pub error: usize,
    pub warn: usize,
}

impl Tally {
    /// Worth a look; the higher the sooner.
    pub fn weight(&self) -> usize {
        1000 * self.fatal + 100 * self.error + 10 * self.warn
    }
}

/// Counts bad lines. One that matches a critical pattern counts as fatal, one that matches an ignored pattern not at all.
pub fn tally(log: &str, critical: &[Regex], ignored: &[Regex]) -> Tally {
    let mut tally = Tally::default();
    for line in log.lines() {
        let matches = |patterns: &[Regex]| patterns.iter().any(|pattern| pattern.is_match(line));
        if matches(ignored) {
            continue;
        }
        match level_of(line) {
            _ if matches(critical) => tally.fatal += 1,
            Some("fatal" | "critical" | "panic") => tally.fatal += 1,
            Some("error") => tally.error += 1,
            Some("warn" | "warning") => tally.warn += 1,
            _ => {}
        }
    }
    tally
}

/// The level of a line, from its second column or JSON field `level`.
fn level_of(line: &str) -> Option<&'static str> {
    const LEVELS: [&str; 6] = ["fatal", "critical", "panic", "error", "warning", "warn"];
    let line = line.trim_start();
    let word = if line.starts_with('{') {
        let object: serde_json::Value = serde_json::from_str(line).ok()?;
        object["level"].as_str()?.to_lowercase()
    } else {
        line.split(['\t', ' ']).filter(|word| !word.is_empty()).nth(1)?.to_lowercase()
    };
    LEVELS.into_iter().find(|level| *level == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::bug_report::filter::glob;

    const LOG: &str = "start\n\
        2026-01-01T10:00:00.123456Z\tinfo\tads\tpush\n\
        2026-01-01T11:00:00.000000Z\terror\tads\tlost\n    at here\n\
        {\"time\":\"2026-01-01T12:00:00Z\",\"level\":\"warn\",\"msg\":\"slow\"}\n\
        [2026-01-01T13:00:00.000Z] \"GET / HTTP/1.1\" 200\n";

    #[test]
    fn a_window_keeps_lines_by_their_time_and_those_that_follow_them() {
        let time = |text: &str| Some(text.parse().expect("a time"));
        let window = Window { start: time("2026-01-01T11:00:00Z"), end: time("2026-01-01T12:00:00Z") };
        assert_eq!(
            within(LOG, window),
            "2026-01-01T11:00:00.000000Z\terror\tads\tlost\n    at here\n{\"time\":\"2026-01-01T12:00:00Z\",\"level\":\"warn\",\"msg\":\"slow\"}\n"
        );
        assert_eq!(within(LOG, Window::default()), LOG);
    }

    #[test]
    fn bad_lines_are_counted() {
        assert_eq!(tally(LOG, &[], &[]), Tally { fatal: 0, error: 1, warn: 1 });
        let pattern = |text: &str| vec![glob(text).expect("good")];
        assert_eq!(tally(LOG, &pattern("*lost*"), &pattern("*slow*")), Tally { fatal: 1, error: 0, warn: 0 });
    }
}
