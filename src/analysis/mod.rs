//! The linter: a snapshot of the mesh, rules over it, and what becomes of their findings.
//!
//! Sources become chunks, chunks a [`Snapshot`], and [`run`] tries the chosen [`rules`] on it. Suppression, fixes and reports work on
//! the findings alone.

mod annotation_registry;
pub mod baseline;
pub mod builtin;
mod certificate;
pub mod check;
pub mod codes;
pub mod config;
mod decoding;
#[cfg(test)]
mod facts;
pub mod finding;
pub mod fixes;
pub mod hosts;
mod injected;
pub mod input;
pub mod kind;
mod labels;
mod mesh_config;
pub mod precheck;
mod protocol;
pub mod report;
mod routes;
pub mod rules;
mod run;
mod shadowing;
pub mod snapshot;
pub mod suppression;
pub mod view;
pub mod workloads;

pub use mesh_config::MeshConfig;
pub use run::{Outcome, chosen, in_order, is_skipped, kinds, run};
pub use snapshot::{Given, Profile, Settings, Snapshot};
