//! bowline: the command line of an Istio service mesh.
//!
//! The rooms and the floors they stand on are described in `docs/architecture.md`.

pub mod analysis;
pub mod api;
pub mod chart;
pub mod cli;
pub mod cluster;
pub mod envoy;
pub mod gotemplate;
pub mod inject;
pub mod inspect;
pub mod install;
pub mod ui;
pub mod validation;
pub mod xds;
pub mod yaml;
