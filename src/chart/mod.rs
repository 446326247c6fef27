//! Helm charts: loading (embedded, folder, archive), values, rendering.

pub mod embedded;
