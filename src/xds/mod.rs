//! istiod's debug and xDS endpoints.

pub mod ads;
pub mod control_planes;
pub mod debug;
pub mod tls;
