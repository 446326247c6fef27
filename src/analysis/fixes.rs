//! Mending: edits of the user's text that keep its comments and layout.

use super::finding::Place;

/// A change of text that mends a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as a command: `Rename the port to http-web`.
    pub title: String,
    /// The input alone determines the meaning; otherwise it is a guess that needs consent.
    pub safe: bool,
    pub edits: Vec<Edit>,
}

/// Replaces the text at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub place: Place,
    pub text: String,
}
