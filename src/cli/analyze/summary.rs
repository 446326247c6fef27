//! What is said besides the findings: problems of the input, what ran, what did not, and how it ended. All on stderr, but for the log
//! lines that istioctl writes to standard output.

use std::collections::BTreeMap;
use std::io::Write as _;

use super::super::{Exit, Failure};
use super::Plan;
use crate::analysis::check::Unverified;
use crate::analysis::codes::Level;
use crate::analysis::finding::Finding;
use crate::analysis::input::{Problem, ProblemClass};
use crate::analysis::report::Format;
use crate::analysis::rules::Rule;
use crate::analysis::{Profile, Snapshot};

pub(super) struct Summary<'s> {
    profile: Profile,
    format: Format,
    verbose: bool,
    strict: bool,
    snapshot: &'s Snapshot<'s>,
    named: &'s [String],
    /// `namespace: NAME` or `all namespaces`.
    target: String,
    ran: Vec<&'static str>,
    skipped: Vec<&'static str>,
    pub suppressed: usize,
    pub configured: usize,
    pub hidden: usize,
    pub known: usize,
    pub notes: Vec<String>,
    pub unverified: Vec<Unverified>,
}

impl<'s> Summary<'s> {
    pub fn new(
        plan: &Plan,
        verbose: bool,
        snapshot: &'s Snapshot<'s>,
        named: &'s [String],
        ran: &[&'static Rule],
        skipped: &[&'static Rule],
    ) -> Self {
        Summary {
            profile: plan.profile,
            format: plan.format,
            verbose,
            strict: plan.strict,
            snapshot,
            named,
            target: plan
                .shown
                .as_ref()
                .map_or_else(|| "all namespaces".to_string(), |name| format!("namespace: {name}")),
            ran: ran.iter().map(|rule| rule.name).collect(),
            skipped: skipped.iter().map(|rule| rule.name).collect(),
            suppressed: 0,
            configured: 0,
            hidden: 0,
            known: 0,
            notes: Vec::new(),
            unverified: Vec::new(),
        }
    }

    fn errors(&self) -> impl Iterator<Item = &Problem> {
        self.snapshot.problems.iter().filter(|problem| problem.class.is_error())
    }

    /// Problems of the input, and with `--verbose` the rules.
    pub fn before_report(&self) -> Result<(), Failure> {
        if self.profile == Profile::Reference {
            self.parse_errors()?
        } else {
            self.problems()?
        }
        if self.verbose && !self.format.is_machine() {
            self.rules()?;
        }
        Ok(())
    }

    /// The reference's shape: a log line on standard output for each, then a nested list.
    fn parse_errors(&self) -> Result<(), Failure> {
        let mut by_source: BTreeMap<u32, Vec<&Problem>> = BTreeMap::new();
        for problem in self.errors() {
            by_source.entry(problem.source).or_default().push(problem);
        }
        if by_source.is_empty() {
            return Ok(());
        }
        let mut list = String::from("Some of the input could not be read:\n");
        for (source, problems) in &by_source {
            let name = self.snapshot.sources().get(*source as usize).map_or("", |source| source.name.as_str());
            list.push_str(&format!("\t* {name}: {} documents\n", problems.len()));
            for problem in problems {
                let text = format!("{name}[{}]: {}", problem.document, problem.text);
                if self.strict {
                    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6fZ");
                    crate::ui::print(&format!("{now}\twarn\tfile\t{text}\n"))?;
                }
                list.push_str(&format!("\t* {text}\n"));
            }
        }
        write!(std::io::stderr().lock(), "{list}\n\n\n")?;
        Ok(())
    }

    /// Our shape: where, and what.
    fn problems(&self) -> Result<(), Failure> {
        let mut stderr = std::io::stderr().lock();
        for problem in &self.snapshot.problems {
            let Some(source) = self.snapshot.sources().get(problem.source as usize) else { continue };
            let at = self.snapshot.position(problem.source, problem.offset);
            let level = if problem.class.is_error() { "error" } else { "note" };
            writeln!(stderr, "{level}: {}:{}:{}: {}", source.name, at.line, at.column, problem.text)?;
        }
        Ok(())
    }

    fn rules(&self) -> Result<(), Failure> {
        let mut stderr = std::io::stderr().lock();
        let list = |names: &[&str]| names.iter().map(|name| format!("\t {name}\n")).collect::<String>();
        writeln!(stderr, "Analyzed resources in {}", self.target)?;
        if !self.skipped.is_empty() {
            write!(stderr, "Skipped analyzers:\n{}", list(&self.skipped))?;
        }
        // istioctl lists what it skipped among what it ran, in the order of registration.
        let named = |name: &&str| self.ran.contains(name) || (self.strict && self.skipped.contains(name));
        let executed: Vec<&str> = crate::analysis::rules::RULES.iter().map(|rule| rule.name).filter(named).collect();
        writeln!(stderr, "Executed analyzers:\n{}", list(&executed))?;
        Ok(())
    }

    /// How it went.
    pub fn after_report(&self, visible: &[&Finding]) -> Result<(), Failure> {
        if self.profile == Profile::Reference { self.verdict(visible) } else { self.tally(visible) }
    }

    fn verdict(&self, visible: &[&Finding]) -> Result<(), Failure> {
        if !visible.is_empty() {
            return Ok(());
        }
        let mut stderr = std::io::stderr().lock();
        if self.errors().next().is_some() {
            writeln!(stderr, "No findings for {}, but 1 file could not be read", self.target)?;
            return Ok(());
        }
        match self.named {
            [] => writeln!(stderr, "✔ Nothing found in {}", self.target)?,
            [only] => writeln!(stderr, "✔ Nothing found in {only}")?,
            several => {
                writeln!(stderr, "✔ Nothing found in:")?;
                for name in several {
                    writeln!(stderr, "  - {name}")?;
                }
            }
        }
        Ok(())
    }

    fn tally(&self, visible: &[&Finding]) -> Result<(), Failure> {
        let mut stderr = std::io::stderr().lock();
        for note in &self.notes {
            writeln!(stderr, "note: {note}")?;
        }
        self.not_verified(&mut stderr)?;
        let count = |level: Level| visible.iter().filter(|finding| finding.level == level).count();
        let mark = if visible.is_empty() && self.errors().next().is_none() { "✔ " } else { "" };
        let given = self.snapshot.resources().iter().filter(|resource| !self.snapshot.is_invented(resource)).count();
        let documents = self.snapshot.documents.saturating_sub(self.snapshot.len() - given);
        let mut line = format!(
            "{mark}{}, {}, {}; {}, {given} checked by {} rules",
            plural(count(Level::Error), "error"),
            plural(count(Level::Warning), "warning"),
            plural(count(Level::Info), "note"),
            plural(documents, "document"),
            self.ran.len(),
        );
        let more = [
            (self.suppressed, "suppressed"),
            (self.configured, "left out by configuration"),
            (self.known, "known by the baseline"),
            (self.hidden, "in other namespaces (-A shows them)"),
            (self.unverified.len(), "references not verified (--complete judges them)"),
        ];
        for (number, what) in more.iter().filter(|(number, _)| *number > 0) {
            line.push_str(&format!(", {number} {what}"));
        }
        let unread = self
            .snapshot
            .problems
            .iter()
            .filter(|problem| problem.class.is_error() || problem.class == ProblemClass::UnknownKind)
            .count();
        if unread > 0 {
            line.push_str(&format!(", {unread} not read"));
        }
        writeln!(stderr, "{line}")?;
        Ok(())
    }

    /// One line for each kind of reference, with `--verbose` the references too.
    fn not_verified(&self, stderr: &mut impl std::io::Write) -> Result<(), Failure> {
        let mut groups: BTreeMap<&str, Vec<&Unverified>> = BTreeMap::new();
        for entry in &self.unverified {
            groups.entry(entry.what).or_default().push(entry);
        }
        for (what, entries) in groups {
            let reason = entries.first().map(|entry| entry.why.as_str()).unwrap_or_default();
            let alike = entries.iter().all(|entry| entry.why == reason);
            let reason = if alike { reason } else { "nothing of the kind they need is in the input" };
            writeln!(stderr, "note: {} {what} not verified: {reason}", entries.len())?;
            if self.verbose {
                for entry in entries {
                    writeln!(stderr, "\t {} ({}): {}", entry.name, entry.origin, entry.why)?;
                }
            }
        }
        Ok(())
    }

    /// The failure because of findings.
    pub fn found(&self) -> Failure {
        if self.profile == Profile::Ours {
            return Failure::silent(Exit::FINDINGS);
        }
        let url = "https://istio.io/v1.30/docs/reference/config/analysis/";
        Failure::new(format!(
            "There are findings for {}.\nSee {url} for what they mean and how to mend them.",
            self.target
        ))
        .with_exit(Exit::FINDINGS)
    }
}

fn plural(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
