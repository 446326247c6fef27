//! Sidecar injection: which pods, which templates, the merge and what follows it.

pub mod merge;
pub mod mesh;
pub mod types;
