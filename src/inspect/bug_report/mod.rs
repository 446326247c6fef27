//! What a bug report holds: which containers it is about, what is asked of each, and what is kept from its reader.
//!
//! Everything here decides; asking the cluster and writing the archive is the command's.

pub mod filter;
pub mod lines;
pub mod plan;
pub mod redact;
pub mod settings;
pub mod workloads;
