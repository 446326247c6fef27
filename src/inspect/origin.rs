//! Which Istio object a cluster or route was made from.

use crate::envoy::dump::field::{Metadata, StructField};

/// The DestinationRule or VirtualService as the tables show it: `NAME.NAMESPACE`, `<unknown>`, or nothing.
pub fn shown(metadata: Option<&Metadata>) -> String {
    match metadata.map(Metadata::config) {
        None | Some(StructField::Absent) => of_path(None),
        Some(StructField::Other) => of_path(Some(None)),
        Some(StructField::Text(path)) => of_path(Some(Some(path))),
    }
}

/// The same of the value at `config`: absent, something else than text, or a path.
pub fn of_path(config: Option<Option<&str>>) -> String {
    match config {
        None => String::new(),
        Some(Some(path)) if path.starts_with("/apis/networking.istio.io/") => {
            object(path).map(|(name, namespace)| format!("{name}.{namespace}")).unwrap_or_default()
        }
        Some(_) => UNKNOWN.to_owned(),
    }
}

/// Name and namespace in `/apis/GROUP/VERSION/namespaces/NAMESPACE/KIND/NAME`.
pub fn object(path: &str) -> Option<(&str, &str)> {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        [_, _, _, _, _, namespace, _, name] => Some((name, namespace)),
        _ => None,
    }
}

const UNKNOWN: &str = "<unknown>";
