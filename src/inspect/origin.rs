//! Which Istio object a cluster or route was made from.

use crate::envoy::dump::field::{Metadata, StructField};

/// The DestinationRule or VirtualService as the tables show it: `NAME.NAMESPACE`, `<unknown>`, or nothing.
pub fn shown(metadata: Option<&Metadata>) -> String {
    match metadata.map(Metadata::config) {
        None | Some(StructField::Absent) => String::new(),
        Some(StructField::Other) => UNKNOWN.to_owned(),
        Some(StructField::Text(path)) => match path.strip_prefix("/apis/networking.istio.io/") {
            None => UNKNOWN.to_owned(),
            Some(_) => object(path).map(|(name, namespace)| format!("{name}.{namespace}")).unwrap_or_default(),
        },
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
