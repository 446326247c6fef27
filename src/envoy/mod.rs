//! Envoy's admin API and config dump, as borrowed data.
