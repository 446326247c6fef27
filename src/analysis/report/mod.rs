//! Findings as text: for people, for machines, and for the tools that read the output of linters.

mod github;
mod junit;
mod log;
mod machine;
mod markdown;
mod pretty;
mod sarif;

use super::finding::{Finding, Place};
use super::snapshot::{Resource, Snapshot};

/// The forms a report can have. A new one is one file and one line here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One line for each finding.
    Log,
    /// With the source around each finding.
    Pretty,
    Json,
    Yaml,
    Sarif,
    Junit,
    Github,
    Markdown,
}

/// Names of the forms, as `-o` takes them. The first three are the reference's.
pub const FORMATS: &[(&str, Format)] = &[
    ("log", Format::Log),
    ("json", Format::Json),
    ("yaml", Format::Yaml),
    ("pretty", Format::Pretty),
    ("sarif", Format::Sarif),
    ("junit", Format::Junit),
    ("github", Format::Github),
    ("markdown", Format::Markdown),
];

impl Format {
    /// The format of this name.
    pub fn find(name: &str) -> Option<Format> {
        FORMATS.iter().find(|(known, _)| *known == name).map(|(_, format)| *format)
    }

    /// Read by machines: nothing else may be on standard output.
    pub fn is_machine(self) -> bool {
        !matches!(self, Format::Log | Format::Pretty)
    }
}

/// What is to be reported.
pub struct Report<'r, 'a> {
    pub snapshot: &'r Snapshot<'a>,
    pub findings: &'r [&'r Finding],
    pub color: bool,
}

impl<'a> Report<'_, 'a> {
    /// The text for standard output.
    pub fn render(&self, format: Format) -> String {
        match format {
            Format::Log => log::render(self),
            Format::Pretty => pretty::render(self),
            Format::Json => machine::json(self),
            Format::Yaml => machine::yaml(self),
            Format::Sarif => sarif::render(self),
            Format::Junit => junit::render(self),
            Format::Github => github::render(self),
            Format::Markdown => markdown::render(self),
        }
    }

    fn resource(&self, finding: &Finding) -> Option<Resource<'a>> {
        finding.resource.and_then(|id| self.snapshot.resource(id))
    }

    /// What the finding is about: its object, or what it names instead.
    fn origin(&self, finding: &Finding) -> Option<String> {
        self.resource(finding).map(|resource| resource.origin()).or_else(|| finding.origin.clone())
    }

    /// The cluster of the finding's object, where there is more than one.
    fn cluster(&self, finding: &Finding) -> Option<&str> {
        if self.snapshot.clusters.len() < 2 {
            return None;
        }
        let cluster = self.resource(finding).map_or(0, |resource| resource.cluster);
        self.snapshot.clusters.get(cluster as usize).map(String::as_str)
    }

    /// `file:line`.
    fn reference(&self, finding: &Finding) -> Option<String> {
        self.resource(finding).and_then(|resource| self.snapshot.reference(&resource, finding.place))
    }

    /// Where the finding is, if that is in a file.
    fn location(&self, finding: &Finding) -> Option<Location<'a>> {
        let resource = self.resource(finding)?;
        let name = resource.metadata().key("name");
        let place = finding
            .place
            .or_else(|| self.snapshot.place(&resource, name))
            .or_else(|| self.snapshot.start(&resource))?;
        self.locate(place)
    }

    fn locate(&self, place: Place) -> Option<Location<'a>> {
        let source = self.snapshot.source_at(place)?;
        if source.provenance != super::input::Provenance::File {
            return None;
        }
        let start = self.snapshot.position(place.source, place.start);
        let end = self.snapshot.position(place.source, place.end);
        Some(Location { file: &source.name, text: &source.text, start, end })
    }

    /// The sentence, with what was probably meant.
    fn full_sentence(&self, finding: &Finding) -> String {
        match &finding.hint {
            Some(hint) => format!("{} ({hint})", finding.sentence()),
            None => finding.sentence(),
        }
    }
}

/// A place in a file.
struct Location<'a> {
    file: &'a str,
    text: &'a str,
    start: crate::yaml::Position,
    end: crate::yaml::Position,
}
