//! bowline: the command line of an Istio service mesh.
//!
//! The rooms and the floors they stand on are described in `docs/architecture.md`.

// No input may make the program panic; standard output is for results and both streams may be closed, which `ui` knows.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::print_stdout,
        clippy::print_stderr
    )
)]

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
pub mod re2;
pub mod ui;
pub mod validation;
pub mod xds;
pub mod yaml;
