//! From an IstioOperator to ordered objects, and plans that bring a cluster there.

pub mod vm;
pub mod waypoint;
