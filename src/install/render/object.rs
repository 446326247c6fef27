//! One rendered object: its tree, or its text as long as nobody needs to change it.

use std::ops::Range;
use std::sync::Arc;

use serde_json::Value;

use crate::yaml;

/// What tells objects apart.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    pub api_version: String,
    pub kind: String,
    /// Empty when the object names none.
    pub namespace: String,
    pub name: String,
}

/// An object of a rendered chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    pub identity: Identity,
    body: Body,
}

#[derive(Clone, Debug, PartialEq)]
enum Body {
    Tree(Value),
    /// Text as the printer would write it: a part of our own, then a part of a rendered file.
    Text {
        head: String,
        file: Arc<String>,
        rest: Range<usize>,
    },
}

impl Identity {
    /// Of an object's tree. What is missing or no text is empty.
    pub fn of(tree: &Value) -> Identity {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
        let metadata = |key: &str| text(tree.get("metadata").and_then(|metadata| metadata.get(key)));
        Identity {
            api_version: text(tree.get("apiVersion")),
            kind: text(tree.get("kind")),
            namespace: metadata("namespace"),
            name: metadata("name"),
        }
    }
}

impl Object {
    /// An object from its tree; none without a kind.
    pub fn from_tree(tree: Value) -> Option<Object> {
        let identity = Identity::of(&tree);
        (!identity.kind.is_empty()).then_some(Object { identity, body: Body::Tree(tree) })
    }

    /// An object whose text is what the printer would write.
    pub fn from_printed(identity: Identity, head: String, file: Arc<String>, rest: Range<usize>) -> Object {
        Object { identity, body: Body::Text { head, file, rest } }
    }

    /// The tree, for reading.
    pub fn tree(&self) -> Value {
        match &self.body {
            Body::Tree(tree) => tree.clone(),
            Body::Text { .. } => self.read_text(),
        }
    }

    fn read_text(&self) -> Value {
        let mut text = String::new();
        self.print(&mut text);
        yaml::from_str(&text).unwrap_or(Value::Null)
    }

    /// Changes the tree; the identity follows.
    pub fn change(&mut self, change: impl FnOnce(&mut Value)) {
        let mut tree = match &mut self.body {
            Body::Tree(tree) => tree.take(),
            Body::Text { .. } => self.read_text(),
        };
        change(&mut tree);
        self.identity = Identity::of(&tree);
        self.body = Body::Tree(tree);
    }

    /// Appends the YAML text.
    pub fn print(&self, out: &mut String) {
        match &self.body {
            Body::Tree(tree) => yaml::to_string_into(tree, out),
            Body::Text { head, file, rest } => {
                out.push_str(head);
                out.push_str(file.get(rest.clone()).unwrap_or_default());
                out.push('\n');
            }
        }
    }

    /// The group of the API, empty for the core.
    pub fn group(&self) -> &str {
        self.identity.api_version.split_once('/').map_or("", |(group, _)| group)
    }
}
