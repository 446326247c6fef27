//! Sidecar injection: which pods, which templates, the merge and what follows it.

pub mod decide;
pub mod merge;
pub mod mesh;
pub mod proto;
pub mod types;
pub mod workload;
