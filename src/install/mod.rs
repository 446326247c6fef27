//! From an IstioOperator to ordered objects, and plans that bring a cluster there.

pub mod injectors;
pub mod labels;
pub mod live;
pub mod tags;
pub mod vm;
pub mod waypoint;
