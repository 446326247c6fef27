//! The mesh configuration: it lives in a ConfigMap and has no CRD.

pub mod config;
pub mod networks;
pub mod providers;
pub mod proxy;
