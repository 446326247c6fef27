//! Per-kind rules of the Istio API: one file per kind, every problem reported at once.
