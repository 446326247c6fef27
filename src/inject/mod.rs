//! Sidecar injection: which pods, which templates, the merge and what follows it.

pub mod merge;
pub mod types;
