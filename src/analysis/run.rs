//! Running rules: which ones, in parallel, and their findings in order.

use std::cmp::Ordering;

use rayon::prelude::*;

use super::check::{Check, Unverified};
use super::finding::Finding;
use super::kind::{Kind, Origin};
use super::rules::{RULES, Rule, Set};
use super::snapshot::{Profile, Settings, Snapshot};

/// What came of a run.
#[derive(Default)]
pub struct Outcome {
    /// Sorted, without repetitions.
    pub findings: Vec<Finding>,
    pub unverified: Vec<Unverified>,
}

/// The rules that run: those named, or the profile's own. Names that match nothing are ignored; if none matches, all run.
pub fn chosen(names: &[String], profile: Profile) -> Vec<&'static Rule> {
    let named: Vec<_> = RULES.iter().copied().filter(|rule| names.iter().any(|name| name == rule.name)).collect();
    if !named.is_empty() {
        return named;
    }
    let standard = |rule: &&Rule| rule.set == Set::Reference || (rule.set == Set::Ours && profile == Profile::Ours);
    RULES.iter().copied().filter(standard).collect()
}

/// The kinds these rules look at.
pub fn kinds(rules: &[&Rule], profile: Profile) -> Vec<Kind> {
    let more = |rule: &&Rule| if profile == Profile::Ours { rule.more } else { &[] };
    let mut kinds: Vec<Kind> = rules.iter().flat_map(|rule| rule.inputs.iter().chain(more(rule))).copied().collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// istioctl skips a rule when it needs a kind that is read from nowhere: from files, those that it takes from clusters only.
pub fn is_skipped(rule: &Rule, settings: &Settings, live: bool) -> bool {
    !settings.runtime_kinds_from_files
        && !live
        && rule.inputs.iter().any(|kind| kind.row().origin == Origin::RuntimeOnly)
}

/// Runs the rules over the snapshot.
pub fn run(snapshot: &Snapshot<'_>, rules: &[&Rule]) -> Outcome {
    let one = |rule: &&Rule| {
        let mut check = Check::new(snapshot, rule.name);
        (rule.check)(&mut check);
        check.finish()
    };
    let results: Vec<_> = if snapshot.len() < 500 {
        rules.iter().map(one).collect()
    } else {
        rules.par_iter().with_max_len(1).map(one).collect()
    };
    let mut outcome = Outcome::default();
    for (findings, unverified) in results {
        outcome.findings.extend(findings);
        outcome.unverified.extend(unverified);
    }
    outcome.findings = in_order(snapshot, outcome.findings);
    outcome.unverified.sort_unstable();
    outcome.unverified.dedup();
    outcome
}

/// Sorts by cluster, level, code, object and text, and drops repetitions.
pub fn in_order(snapshot: &Snapshot<'_>, findings: Vec<Finding>) -> Vec<Finding> {
    let mut keyed: Vec<(Key, Finding)> =
        findings.into_iter().map(|finding| (Key::of(snapshot, &finding), finding)).collect();
    keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
    keyed.dedup_by(|(a, _), (b, _)| a == b);
    keyed.into_iter().map(|(_, finding)| finding).collect()
}

#[derive(PartialEq, Eq)]
struct Key {
    cluster: String,
    level: super::codes::Level,
    code: &'static str,
    /// `Kind/name/namespace`, and nothing for findings without an object.
    object: String,
    place: Option<super::finding::Place>,
    text: String,
}

impl Key {
    fn of(snapshot: &Snapshot<'_>, finding: &Finding) -> Key {
        let resource = finding.resource.and_then(|id| snapshot.resource(id));
        let cluster =
            resource.and_then(|resource| snapshot.clusters.get(resource.cluster as usize).cloned()).unwrap_or_default();
        let object = resource.map_or_else(
            || finding.origin.clone().unwrap_or_default(),
            |r| format!("{}/{}/{}", r.kind.name(), r.name, r.namespace),
        );
        let mut text = finding.sentence();
        let mut place = finding.place;
        // istioctl compares the lines it prints: `a:12` comes before `a:9`, and two findings on one line with one sentence are one.
        if snapshot.is_reference() {
            place = None;
            let printed = resource.and_then(|resource| snapshot.reference(&resource, finding.place));
            text = format!("{} {text}", printed.unwrap_or_default());
        }
        Key { cluster, level: finding.level, code: finding.code.id, object, place, text }
    }

    fn cmp(&self, other: &Key) -> Ordering {
        let a =
            (&self.cluster, other.level, self.code, &self.object, self.place.map(|p| (p.source, p.start)), &self.text);
        let b = (
            &other.cluster,
            self.level,
            other.code,
            &other.object,
            other.place.map(|p| (p.source, p.start)),
            &other.text,
        );
        a.cmp(&b)
    }
}
