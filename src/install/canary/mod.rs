//! A guided canary upgrade: a second revision beside the first, namespaces moved wave by wave, and a way back at every step.
//!
//! What state an upgrade is in is derived from the cluster each time; the record keeps only what a cluster cannot tell:
//! the waves, the labels before, the times. Everything but [`driver`] and the reading halves of [`mesh`] and [`record`]
//! is a function from data to data.

pub mod driver;
pub mod gates;
pub mod matrix;
pub mod mesh;
pub mod moves;
pub mod plan;
pub mod record;
pub mod state;

/// On every object that an upgrade touched: its id.
pub const UPGRADE: &str = "bowline.dev/upgrade";
/// On every object that an upgrade touched: the labels it had, as JSON. The way back works without the record.
pub const BEFORE: &str = "bowline.dev/before";
/// On a workload that was restarted: `ID/REVISION`, so that a second run does not restart it again.
pub const RESTARTED: &str = "bowline.dev/restarted";
