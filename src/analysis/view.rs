//! Reading a document without ceremony: [`View`] is a place in it that may be absent.
//!
//! Field names follow the API's JSON form: lowerCamelCase, with snake_case accepted in its place. Null counts as absent.

use crate::yaml::{Kind as NodeKind, Node, Span};

/// A node, or nothing. Every step through nothing gives nothing.
#[derive(Clone, Copy)]
pub struct View<'a>(Option<Node<'a>>);

impl<'a> View<'a> {
    /// The place that is not there.
    pub const NONE: View<'static> = View(None);

    pub fn new(node: Node<'a>) -> Self {
        View(Some(node))
    }

    /// The node at this place.
    pub fn node(self) -> Option<Node<'a>> {
        self.0.filter(|node| node.kind() != NodeKind::Null)
    }

    /// The field of an API object.
    pub fn get(self, name: &str) -> View<'a> {
        let Some(node) = self.0 else { return View(None) };
        if let Some(found) = node.get(name) {
            return View(Some(found));
        }
        if !name.bytes().any(|b| b.is_ascii_uppercase()) {
            return View(None);
        }
        View(
            node.entries()
                .find(|(key, _)| key.as_str().is_some_and(|key| is_snake_form(key, name)))
                .map(|(_, value)| value),
        )
    }

    /// The entry of a map, by its exact key.
    pub fn key(self, name: &str) -> View<'a> {
        View(self.0.and_then(|node| node.get(name)))
    }

    /// The place at the end of a path.
    pub fn at(self, path: &[&str]) -> View<'a> {
        path.iter().fold(self, |view, name| view.get(name))
    }

    /// An item of a list.
    pub fn index(self, index: usize) -> View<'a> {
        View(self.0.and_then(|node| node.items().nth(index)))
    }

    /// The items of a list; none of anything else.
    pub fn items(self) -> impl Iterator<Item = View<'a>> {
        self.0.into_iter().flat_map(|node| node.items()).map(View::new)
    }

    /// The entries of a map whose keys are text.
    pub fn entries(self) -> impl Iterator<Item = (&'a str, View<'a>)> {
        self.0
            .into_iter()
            .flat_map(|node| node.entries())
            .filter_map(|(key, value)| Some((key.as_str()?, View::new(value))))
    }

    /// The entries of a map with the places of their keys.
    pub fn keyed(self) -> impl Iterator<Item = (View<'a>, View<'a>)> {
        self.0.into_iter().flat_map(|node| node.entries()).map(|(key, value)| (View::new(key), View::new(value)))
    }

    /// The text, or the empty text.
    pub fn str(self) -> &'a str {
        self.0.and_then(|node| node.as_str()).unwrap_or("")
    }

    /// The text of a scalar.
    pub fn text(self) -> Option<&'a str> {
        self.0.and_then(|node| node.as_str())
    }

    /// Whether it is true; false where it is no boolean.
    pub fn bool(self) -> bool {
        self.0.and_then(|node| node.as_bool()).unwrap_or(false)
    }

    /// An integer, also written as text or as a fraction without remainder.
    pub fn int(self) -> Option<i64> {
        let node = self.0?;
        if let Some(number) = node.as_i64() {
            return Some(number);
        }
        if let Some(text) = node.as_str() {
            return text.trim().parse().ok();
        }
        node.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 9e15).map(|number| number as i64)
    }

    /// The number, however it is written.
    pub fn float(self) -> Option<f64> {
        let node = self.0?;
        node.as_f64()
            .or_else(|| node.as_i64().map(|n| n as f64))
            .or_else(|| node.as_str().and_then(|text| text.parse().ok()))
    }

    /// Present and not null.
    pub fn is_set(self) -> bool {
        self.node().is_some()
    }

    pub fn is_map(self) -> bool {
        self.0.is_some_and(|node| node.kind() == NodeKind::Map)
    }

    pub fn is_seq(self) -> bool {
        self.0.is_some_and(|node| node.kind() == NodeKind::Seq)
    }

    pub fn is_scalar(self) -> bool {
        self.node().is_some() && !self.is_map() && !self.is_seq()
    }

    /// The number of items or entries.
    pub fn len(self) -> usize {
        if self.is_map() || self.is_seq() { self.0.map_or(0, |node| node.len()) } else { 0 }
    }

    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Where it stands.
    pub fn span(self) -> Option<Span> {
        self.0.map(|node| node.span())
    }

    /// The texts of a list.
    pub fn strings(self) -> impl Iterator<Item = &'a str> {
        self.items().filter_map(View::text)
    }

    /// The part as a tree of its own; null where it is not there.
    pub fn to_value(self) -> crate::yaml::Value {
        self.0.map_or(crate::yaml::Value::Null, |node| node.to_value())
    }
}

/// Whether `key` is the snake_case form of the lowerCamelCase `name`.
fn is_snake_form(key: &str, name: &str) -> bool {
    let mut rest = key.bytes();
    for byte in name.bytes() {
        if byte.is_ascii_uppercase() && rest.next() != Some(b'_') {
            return false;
        }
        if rest.next() != Some(byte.to_ascii_lowercase()) {
            return false;
        }
    }
    rest.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::is_snake_form;

    #[test]
    fn snake_form_puts_an_underscore_before_each_capital() {
        assert!(is_snake_form("export_to", "exportTo"));
        assert!(is_snake_form("h2_upgrade_policy", "h2UpgradePolicy"));
        assert!(!is_snake_form("exportto", "exportTo"));
        assert!(!is_snake_form("export_too", "exportTo"));
    }
}
