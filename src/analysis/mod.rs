//! The linter: a snapshot of the mesh, rules over it, and what becomes of their findings.
//!
//! Sources become chunks, chunks a [`Snapshot`], and [`run`] tries the chosen [`rules`] on it. Suppression, fixes and reports work on
//! the findings alone.

mod annotation_registry;
mod certificate;
mod check;
pub mod codes;
pub mod finding;
pub mod fixes;
pub mod hosts;
mod injected;
pub mod input;
pub mod kind;
mod labels;
mod mesh_config;
mod protocol;
mod routes;
pub mod rules;
mod run;
mod shadowing;
pub mod snapshot;
mod text;
pub mod view;
pub mod workloads;

pub use run::{Outcome, run};
pub use snapshot::{Profile, Settings, Snapshot};
