//! What happens during a run, as it happens.

use serde::Serialize;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A component's objects are being written.
    Applying { component: &'static str, title: &'static str, objects: usize },
    /// Its objects are written; these are not ready yet, each with the reason if one is known.
    Waiting { component: &'static str, title: &'static str, objects: Vec<Pending> },
    /// It is ready.
    Ready { component: &'static str, title: &'static str },
    /// It could not be brought up.
    Failed { component: &'static str, title: &'static str, reason: String },
    /// It was not tried, because another one failed.
    Skipped { component: &'static str, title: &'static str, because: &'static str },
    /// Objects that are no longer part of the installation are looked for.
    Pruning,
    /// One of them was removed.
    Removed { object: String },
    /// These were removed and are still there, each with what holds it; none when all are gone.
    Going { objects: Vec<Pending> },
    /// The whole run is over.
    Done { what: String },
}

/// An object that is not ready.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pending {
    /// `Deployment/istio-system/istiod`.
    pub object: String,
    /// Empty when nothing is known.
    pub reason: String,
}

impl Pending {
    /// ` (the reason)`, or nothing.
    pub fn because(&self) -> String {
        if self.reason.is_empty() { String::new() } else { format!(" ({})", self.reason) }
    }
}

impl std::fmt::Display for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.object, self.because())
    }
}

/// Who is told.
pub trait Progress {
    fn tell(&self, event: Event);
}

/// Nobody is.
pub struct Silent;

impl Progress for Silent {
    fn tell(&self, _: Event) {}
}
