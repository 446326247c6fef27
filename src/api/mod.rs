//! Istio's API types: one definition gives decoding, validation paths, CRD schemas and field docs.
