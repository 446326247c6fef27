//! istiod's debug and xDS endpoints.

pub mod debug;
