//! YAML documents with source spans, read by Go's YAML 1.1 rules, and an emitter byte-equal to sigs.k8s.io/yaml.
