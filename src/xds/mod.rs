//! istiod's debug and xDS endpoints.
