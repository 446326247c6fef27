//! Findings that somebody knows about: by flag, annotation, comment or configuration file.
//!
//! Every suppression remembers whether it was of use, so that those left over can be reported.

use std::cell::Cell;

use super::codes::CODES;
use super::config::Config;
use super::finding::Finding;
use super::input::{Provenance, Source};
use super::snapshot::{Resource, Snapshot};

/// The annotation that names codes to leave out for its object.
const ANNOTATION: &str = "galley.istio.io/analyze-suppress";

/// `CODE=PATTERN` of `--suppress`, or an entry of the configuration file.
#[derive(Debug)]
pub struct Suppression {
    code: String,
    /// For `Kind namespace/name`, with `*` for any text.
    object: String,
    /// For the path of the file.
    path: String,
    namespace: String,
    /// Where it is written, for reports about itself.
    pub origin: String,
    used: Cell<bool>,
}

impl Suppression {
    /// Reads `CODE=PATTERN`.
    ///
    /// # Errors
    /// Gives the text back when it has another form.
    pub fn parse(text: &str) -> Result<Self, &str> {
        match text.split('=').collect::<Vec<_>>().as_slice() {
            [code, pattern] => Ok(Suppression {
                code: (*code).to_string(),
                object: (*pattern).to_string(),
                path: "*".into(),
                namespace: "*".into(),
                origin: format!("--suppress {text}"),
                used: Cell::new(false),
            }),
            _ => Err(text),
        }
    }

    /// The entries of a configuration file that are still in force on this day (`YYYY-MM-DD`), and notes about the others.
    pub fn configured(config: &Config, today: &str) -> (Vec<Self>, Vec<String>) {
        let mut notes = Vec::new();
        let mut list = Vec::new();
        for entry in &config.suppress {
            let origin = format!("{} of the configuration file", entry.code);
            if entry.until.as_deref().is_some_and(|until| until < today) {
                notes.push(format!("the suppression {origin} has expired"));
                continue;
            }
            let all = || "*".to_string();
            list.push(Suppression {
                code: entry.code.clone(),
                object: entry.object.clone().unwrap_or_else(all),
                path: entry.path.clone().unwrap_or_else(all),
                namespace: entry.namespace.clone().unwrap_or_else(all),
                origin,
                used: Cell::new(false),
            });
        }
        (list, notes)
    }

    /// A code that does not exist, and so has no effect.
    /// `*` is a code of ours that stands for all.
    pub fn unknown_code(&self, reference: bool) -> Option<&str> {
        let known = CODES.iter().any(|code| code.id == self.code) || (self.code == "*" && !reference);
        (!known).then_some(self.code.as_str())
    }

    pub fn is_used(&self) -> bool {
        self.used.get()
    }

    fn applies(&self, snapshot: &Snapshot<'_>, finding: &Finding, resource: Option<&Resource<'_>>, file: &str) -> bool {
        if self.code != finding.code.id && (snapshot.is_reference() || self.code != "*") {
            return false;
        }
        let Some(resource) = resource else { return self.object == "*" };
        let named = glob(&self.object, &resource.origin());
        // The form of the reference's own guide, which the reference does not understand.
        let dotted = || {
            !resource.namespace.is_empty()
                && glob(&self.object, &format!("{} {}.{}", resource.kind.name(), resource.name, resource.namespace))
        };
        let object = named || (!snapshot.is_reference() && dotted());
        object && glob(&self.path, file) && glob(&self.namespace, resource.namespace)
    }
}

/// `*` stands for any text, everything else for itself.
pub fn glob(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(first) = parts.next() else { return text.is_empty() };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// A comment `# bowline: ignore CODE[,CODE] [until YYYY-MM-DD] [-- reason]`.
struct Comment {
    codes: Vec<String>,
    source: usize,
    /// Line it stands on.
    line: usize,
    /// Line it is about; `None` for the whole object below it.
    about: Option<usize>,
    /// Bytes of the source that it stands at.
    offset: u32,
    used: Cell<bool>,
}

/// What suppression did.
#[derive(Default)]
pub struct Tally {
    pub suppressed: usize,
    /// Remarks about suppressions themselves: unused, expired.
    pub notes: Vec<String>,
}

/// Takes suppressed findings out.
pub fn apply(snapshot: &Snapshot<'_>, findings: &mut Vec<Finding>, suppressions: &[Suppression], today: &str) -> Tally {
    let mut tally = Tally::default();
    let reference = snapshot.is_reference();
    let comments = if reference { Vec::new() } else { comments(snapshot.sources(), today, &mut tally.notes) };
    let before = findings.len();
    findings.retain(|finding| {
        let resource = finding.resource.and_then(|id| snapshot.resource(id));
        let file =
            resource.and_then(|resource| snapshot.source_of(&resource)).map_or("", |source| source.name.as_str());
        let mut kept = true;
        for suppression in suppressions {
            if suppression.applies(snapshot, finding, resource.as_ref(), file) {
                suppression.used.set(true);
                kept = false;
            }
        }
        let Some(resource) = resource else { return kept };
        if annotated(&resource, finding.code.id, reference) {
            kept = false;
        }
        if !comments.is_empty() && commented(snapshot, &comments, &resource, finding) {
            kept = false;
        }
        kept
    });
    tally.suppressed = before - findings.len();
    if !reference {
        let unused = suppressions.iter().filter(|suppression| !suppression.is_used());
        tally.notes.extend(unused.map(|suppression| format!("unused suppression: {}", suppression.origin)));
        for comment in comments.iter().filter(|comment| !comment.used.get()) {
            let name = snapshot.sources().get(comment.source).map_or("", |source| source.name.as_str());
            tally.notes.push(format!("unused suppression: {} at {name}:{}", comment.codes.join(","), comment.line));
        }
    }
    tally
}

/// istioctl does not trim what is between the commas.
fn annotated(resource: &Resource<'_>, code: &str, reference: bool) -> bool {
    let written = resource.annotation(ANNOTATION);
    !written.is_empty()
        && (written == "*"
            || written
                .split(',')
                .map(|part| if reference { part } else { part.trim() })
                .any(|part| part == code || part == "*"))
}

fn comments(sources: &[Source], today: &str, notes: &mut Vec<String>) -> Vec<Comment> {
    let mut found = Vec::new();
    for (number, source) in sources.iter().enumerate().filter(|(_, source)| source.provenance == Provenance::File) {
        if memchr::memmem::find(source.text.as_bytes(), b"bowline: ignore").is_none() {
            continue;
        }
        let lines: Vec<&str> = source.text.lines().collect();
        for (index, line) in lines.iter().enumerate() {
            let Some((before, directive)) = line.split_once("# bowline: ignore ") else { continue };
            let directive = directive.split(" -- ").next().unwrap_or("");
            let mut words = directive.split_whitespace();
            let codes: Vec<String> = words.next().unwrap_or("").split(',').map(ToString::to_string).collect();
            let until = words.next().filter(|word| *word == "until").and_then(|_| words.next());
            if until.is_some_and(|until| until < today) {
                notes.push(format!("expired suppression: {} at {}:{}", codes.join(","), source.name, index + 1));
                continue;
            }
            let alone = before.trim().is_empty();
            let about = if alone { next_content(&lines, index) } else { Some(index) };
            let heads_object = alone && about.and_then(|line| lines.get(line)).is_none_or(|line| starts_object(line));
            let offset = line.as_ptr() as usize - source.text.as_ptr() as usize;
            found.push(Comment {
                codes,
                source: number,
                line: index + 1,
                about: if heads_object { None } else { about.map(|line| line + 1) },
                offset: offset as u32,
                used: Cell::new(false),
            });
        }
    }
    found
}

fn next_content(lines: &[&str], from: usize) -> Option<usize> {
    (from + 1..lines.len()).find(|line| {
        lines.get(*line).is_some_and(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
    })
}

/// The first line of an object, or the separator before it.
fn starts_object(line: &str) -> bool {
    ["apiVersion:", "kind:", "metadata:", "---"].iter().any(|start| line.trim_start_matches("- ").starts_with(start))
}

fn commented(snapshot: &Snapshot<'_>, comments: &[Comment], resource: &Resource<'_>, finding: &Finding) -> bool {
    let (Some(start), Some(whole)) = (snapshot.start(resource), snapshot.place(resource, resource.root)) else {
        return false;
    };
    let mut hit = false;
    for comment in comments.iter().filter(|comment| comment.source as u32 == start.source) {
        if !comment.codes.iter().any(|code| code == finding.code.id || code == "*") {
            continue;
        }
        let about = match comment.about {
            Some(line) => finding.place.is_some_and(|place| snapshot.position(place.source, place.start).line == line),
            None => (start.start.min(whole.start)..whole.end).contains(&comment.offset),
        };
        if about {
            comment.used.set(true);
            hit = true;
        }
    }
    hit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_have_one_special_character() {
        let table = [
            ("*", "anything", true),
            ("", "", true),
            ("", "a", false),
            ("VirtualService default/*", "VirtualService default/n1", true),
            ("VirtualService *", "VirtualService a/b", true),
            ("*/n1", "VirtualService default/n1", true),
            ("a*b*c", "a1b2b3c", true),
            ("a*b", "ab", true),
            ("a.b", "axb", false),
            ("ab*b", "ab", false),
        ];
        for (pattern, text, expected) in table {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_suppression_has_exactly_one_equals_sign() {
        assert!(Suppression::parse("IST0101=*").is_ok());
        assert_eq!(Suppression::parse("foo").err(), Some("foo"));
        assert_eq!(Suppression::parse("A=b=c").err(), Some("A=b=c"));
    }
}
