//! From an IstioOperator to ordered objects, and plans that bring a cluster there.
//!
//! Its rooms, in the way of an installation: [`spec`] merges what the user wants over a profile and checks it, [`render`] makes
//! the objects, [`deploy`] compares them with a cluster and brings it there (and [`deploy::uninstall`] takes them away),
//! [`revisions`] knows control planes, tags and who injects whom, [`canary`] moves a mesh from one to another.

pub mod backup;
pub mod canary;
pub mod deploy;
pub mod remote_secret;
pub mod render;
pub mod revisions;
pub mod spec;
pub mod vm;
pub mod waypoint;
