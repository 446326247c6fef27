//! A Kubernetes object as validation sees it: its type, its lenient metadata, its namespace.

use crate::yaml::{Kind, Node};

/// The top of a document.
#[derive(Clone, Copy, Debug)]
pub struct Object<'d> {
    pub root: Node<'d>,
    pub kind: &'d str,
    pub group: &'d str,
    pub version: &'d str,
    pub name: &'d str,
    /// As written; empty when absent.
    pub namespace: &'d str,
    /// As written, or the one assumed when absent.
    pub effective_namespace: &'d str,
}

impl<'d> Object<'d> {
    /// Reads what can be read; whatever has a wrong type counts as absent.
    pub fn new(root: Node<'d>, default_namespace: &'d str) -> Self {
        let text = |path: &[&str]| root.at(path).and_then(Node::as_str).unwrap_or_default();
        let api_version = text(&["apiVersion"]);
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let namespace = text(&["metadata", "namespace"]);
        Object {
            root,
            kind: text(&["kind"]),
            group,
            version,
            name: text(&["metadata", "name"]),
            namespace,
            effective_namespace: if namespace.is_empty() { default_namespace } else { namespace },
        }
    }

    /// The value of an annotation, unless the annotations hold a value that is no text: then all of them count as absent.
    pub fn annotation(&self, key: &str) -> Option<&'d str> {
        text_map(self.root.at(&["metadata", "annotations"])?, key)
    }

    pub fn label(&self, key: &str) -> Option<&'d str> {
        text_map(self.root.at(&["metadata", "labels"])?, key)
    }

    /// Where an annotation stands.
    pub fn annotation_node(&self, key: &str) -> Node<'d> {
        self.root.at(&["metadata", "annotations"]).and_then(|map| map.entry(key)).map_or(self.root, |(key, _)| key)
    }
}

/// A value of a map of texts, where null is an empty text.
fn text_map<'d>(map: Node<'d>, key: &str) -> Option<&'d str> {
    let value = map.get(key)?;
    let texts = map.entries().all(|(_, value)| matches!(value.kind(), Kind::Str | Kind::Null));
    texts.then(|| value.as_str().unwrap_or_default())
}
