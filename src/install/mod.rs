//! From an IstioOperator to ordered objects, and plans that bring a cluster there.
//!
//! The way of an installation: [`spec`] merges what the user wants over a profile, `component` says which charts that
//! takes and with which values, `render` runs them, `patch` and `overlay` change their objects, `order` prints them.

pub mod backup;
pub mod canary;
pub mod check;
pub mod compare;
pub mod component;
pub mod deploy;
pub mod explain;
pub mod flatten;
pub mod injectors;
pub mod input;
pub mod labels;
pub mod live;
pub mod merge;
pub mod object;
pub mod order;
pub mod origin;
pub mod overlay;
pub mod owned;
pub mod package;
pub mod patch;
pub mod path;
pub mod remote_secret;
pub mod render;
pub mod revisions;
pub mod schema;
pub mod set;
pub mod spec;
pub mod strategic;
pub mod tag_objects;
pub mod tags;
pub mod translate;
pub mod uninstall;
pub mod validate;
pub mod vm;
pub mod waypoint;
