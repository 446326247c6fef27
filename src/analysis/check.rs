//! What a rule is given: the snapshot to look at, and where to put what it finds.

use super::codes::Code;
use super::finding::{Finding, Param, Place, Related};
use super::kind::Kind;
use super::snapshot::{Resource, Snapshot};
use super::view::View;

/// The parameters of a finding: `params! { reftype: "host", refval: host }`.
macro_rules! params {
    ($($name:ident: $value:expr),* $(,)?) => {
        vec![$((stringify!($name), $crate::analysis::finding::Param::from($value))),*]
    };
}
pub(super) use params;

/// A reference that could not be judged because the input holds nothing of the kind it refers to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unverified {
    /// Plural, such as `destination hosts`.
    pub what: &'static str,
    /// Why, such as `no Service in the input`.
    pub why: String,
    /// The reference as written.
    pub name: String,
    /// The object that has it.
    pub origin: String,
}

/// One run of one rule.
pub struct Check<'s, 'a> {
    pub snapshot: &'s Snapshot<'a>,
    rule: &'static str,
    findings: Vec<Finding>,
    unverified: Vec<Unverified>,
}

impl<'s, 'a> Check<'s, 'a> {
    pub fn new(snapshot: &'s Snapshot<'a>, rule: &'static str) -> Self {
        Check { snapshot, rule, findings: Vec::new(), unverified: Vec::new() }
    }

    /// Whether istioctl's verdict is wanted, its known mistakes included.
    pub fn reference(&self) -> bool {
        self.snapshot.is_reference()
    }

    /// Adds a finding about an object, at a field of it. An absent field means the object as a whole.
    pub fn report(
        &mut self,
        code: &'static Code,
        resource: &Resource<'a>,
        at: View<'a>,
        params: Vec<(&'static str, Param)>,
    ) -> Reported<'_, 's, 'a> {
        // istioctl knows the lines of scalars only, and does not keep all of them.
        let known = !self.reference() || (at.is_scalar() && code.has_line_of_field());
        let place = if known { self.snapshot.place(resource, at) } else { None };
        self.report_place(code, resource, place, params)
    }

    /// As [`Check::report`], at a place.
    pub fn report_place(
        &mut self,
        code: &'static Code,
        resource: &Resource<'a>,
        place: Option<Place>,
        params: Vec<(&'static str, Param)>,
    ) -> Reported<'_, 's, 'a> {
        let mut finding = Finding::new(code, self.rule);
        finding.params = params;
        finding.resource = Some(resource.id);
        finding.place = place;
        self.findings.push(finding);
        Reported { snapshot: self.snapshot, finding: self.findings.last_mut() }
    }

    /// Notes a reference that was not judged.
    pub fn unverified(
        &mut self,
        what: &'static str,
        why: impl Into<String>,
        name: impl Into<String>,
        resource: &Resource<'a>,
    ) {
        self.unverified.push(Unverified { what, why: why.into(), name: name.into(), origin: resource.origin() });
    }

    /// Whether "there is none" is a verdict: the input is known to hold all objects of one of these kinds in the namespace
    /// (or anywhere), because it holds some, because a cluster listed them, or because the user says so.
    pub fn closed(&self, kinds: &[Kind], namespace: Option<&str>) -> bool {
        self.reference() || self.snapshot.is_closed(kinds, namespace)
    }

    pub fn finish(self) -> (Vec<Finding>, Vec<Unverified>) {
        (self.findings, self.unverified)
    }
}

/// The finding just added, for what only some findings have.
pub struct Reported<'c, 's, 'a> {
    snapshot: &'s Snapshot<'a>,
    finding: Option<&'c mut Finding>,
}

impl<'a> Reported<'_, '_, 'a> {
    /// Says what was probably meant.
    pub fn hint(mut self, text: impl Into<String>) -> Self {
        if let Some(finding) = &mut self.finding {
            finding.hint = Some(text.into());
        }
        self
    }

    /// Shows another place.
    pub fn related(mut self, resource: &Resource<'a>, at: View<'a>, note: impl Into<String>) -> Self {
        let place = self.snapshot.place(resource, at).or_else(|| self.snapshot.start(resource));
        if let Some(finding) = &mut self.finding {
            finding.related.push(Related { resource: resource.id, place, note: note.into() });
        }
        self
    }

    /// Offers a way to mend it.
    pub fn fix(mut self, fix: Option<super::fixes::Fix>) -> Self {
        if let Some(finding) = &mut self.finding {
            finding.fix = fix;
        }
        self
    }
}
