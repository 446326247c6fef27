//! Sidecar injection: which pods, which templates, the merge and what follows it.
//!
//! [`engine`] takes one pod through all of it; `kube-inject`, the webhook's answer and `explain` share it.

pub mod annotations;
pub mod check;
pub mod cidr;
pub mod config;
pub mod customise;
pub mod data;
pub mod decide;
pub mod documents;
pub mod engine;
pub mod explain;
pub mod finish;
pub mod functions;
pub mod gateway;
pub mod installed;
pub mod inventory;
pub mod merge;
pub mod mesh;
pub mod misfit;
pub mod mould;
pub mod overlay;
pub mod probes;
pub mod proto;
pub mod removal;
pub mod template;
pub mod types;
pub mod webhook;
pub mod workload;
