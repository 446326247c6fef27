//! Typed access to a decoded message: a thin view over the YAML node, with protobuf's rules for names, nulls and defaults.
//!
//! A view is made after [`super::decode`] has accepted the document; on values of a wrong type it gives the default. Asking for a
//! field the message does not have is a mistake in our own code and fails in debug builds.

use super::scalar;
use super::schema::{Field, Message, Type};
use crate::yaml::{Kind, Node};

/// A message in a document. Cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct View<'d> {
    /// The mapping, unless the message is absent or null.
    node: Option<Node<'d>>,
    /// The nearest node that is there, for positions.
    place: Node<'d>,
    message: &'static Message,
    /// The document uses protobuf names or gives two members of one oneof, so that look-ups must follow the long rule.
    unusual: bool,
}

/// A place in a document: a node, and the field that is missing below it if there is one to name.
#[derive(Clone, Copy, Debug)]
pub struct Place<'d> {
    pub node: Node<'d>,
    pub missing: &'static str,
}

impl<'d> From<Node<'d>> for Place<'d> {
    fn from(node: Node<'d>) -> Self {
        Place { node, missing: "" }
    }
}

impl<'d> View<'d> {
    /// The view of a message at `node`, or of an absent one whose place would be at `place`.
    pub fn new(message: &'static Message, node: Option<Node<'d>>, place: Node<'d>, unusual: bool) -> Self {
        View { node: node.filter(|node| node.is_map()), place, message, unusual }
    }

    /// The view of another message of the same document.
    pub fn of(self, message: &'static Message, node: Node<'d>) -> Self {
        View::new(message, Some(node), node, self.unusual)
    }

    /// Where the message stands.
    pub fn here(self) -> Place<'d> {
        self.place.into()
    }

    /// The mapping itself, if it is there.
    pub fn mapping(self) -> Option<Node<'d>> {
        self.node
    }

    pub fn descriptor(self) -> &'static Message {
        self.message
    }

    /// Where a field stands, or would stand.
    pub fn at(self, name: &'static str) -> Place<'d> {
        match self.node(name) {
            Some(node) => node.into(),
            None => Place { node: self.place, missing: name },
        }
    }

    fn field(self, name: &str) -> Option<&'static Field> {
        let field = self.message.field(name);
        debug_assert!(field.is_some(), "{} has no field {name}", self.message.name);
        field
    }

    /// The value of a field, unless it is absent or null, or another member of its oneof wins.
    pub fn node(self, name: &str) -> Option<Node<'d>> {
        debug_assert!(self.message.field(name).is_some(), "{} has no field {name}", self.message.name);
        let node = self.node?;
        if self.unusual {
            return self.field(name).and_then(|field| chosen(node, self.message, field));
        }
        node.get(name).filter(|value| !value.is_null())
    }

    /// Whether a field is given: for messages, wrappers and oneof members that is not the same as having a value.
    pub fn has(self, name: &str) -> bool {
        self.node(name).is_some()
    }

    /// A text, empty if absent.
    pub fn text(self, name: &str) -> &'d str {
        self.node(name).and_then(Node::as_str).unwrap_or_default()
    }

    /// An integer, 0 if absent.
    pub fn number(self, name: &str) -> i64 {
        self.number_if_set(name).unwrap_or(0)
    }

    /// An integer of a wrapper or oneof member, if it is given.
    pub fn number_if_set(self, name: &str) -> Option<i64> {
        let node = self.node(name)?;
        let ty = match self.field(name)?.ty {
            Type::Wrapper(inner) => *inner,
            ty => ty,
        };
        // Unsigned 64-bit values beyond i64 only meet upper bounds, which they fail either way.
        scalar::integer(node, ty).ok().flatten().map(|value| i64::try_from(value).unwrap_or(i64::MAX))
    }

    /// A floating-point number, if it is given.
    pub fn decimal(self, name: &str) -> Option<f64> {
        scalar::double(self.node(name)?).ok().flatten()
    }

    /// A boolean, false if absent.
    pub fn flag(self, name: &str) -> bool {
        self.node(name).and_then(Node::as_bool).unwrap_or(false)
    }

    /// The name of an enum's value: that of 0 if absent, empty for a number without name.
    pub fn choice(self, name: &str) -> &'d str {
        let Some(Type::Enum(of)) = self.field(name).map(|field| field.ty) else { return "" };
        let number = match self.node(name) {
            None => 0,
            Some(node) if node.kind() == Kind::Str => return node.text(),
            Some(node) => node.as_i64().and_then(|number| i32::try_from(number).ok()).unwrap_or(-1),
        };
        of.name_of(number).unwrap_or_default()
    }

    /// Nanoseconds of a duration, if it is given.
    pub fn duration(self, name: &str) -> Option<i64> {
        self.node(name).and_then(Node::as_str).and_then(scalar::duration)
    }

    /// A message, if it is given.
    pub fn message(self, name: &str) -> Option<View<'d>> {
        let node = self.node(name)?;
        Some(self.of(self.field(name)?.ty.message()?, node))
    }

    /// A message, seen as empty if it is absent.
    pub fn message_or_empty(self, name: &str) -> View<'d> {
        match self.field(name).and_then(|field| field.ty.message()) {
            Some(message) => {
                let node = self.node(name);
                View::new(message, node, node.unwrap_or(self.place), self.unusual)
            }
            None => View { node: None, ..self },
        }
    }

    /// The messages of a list; a null among them is an empty message.
    pub fn list(self, name: &str) -> impl Iterator<Item = View<'d>> + use<'d> {
        let message = self.field(name).and_then(|field| field.ty.message()).unwrap_or(self.message);
        self.items(name).map(move |node| View::new(message, Some(node), node, self.unusual))
    }

    /// The items of a list.
    pub fn items(self, name: &str) -> impl Iterator<Item = Node<'d>> + use<'d> {
        self.node(name).into_iter().flat_map(Node::items)
    }

    /// The texts of a list with their nodes; a null among them is an empty text.
    pub fn texts(self, name: &str) -> impl Iterator<Item = (&'d str, Node<'d>)> + use<'d> {
        self.items(name).map(|node| (node.as_str().unwrap_or_default(), node))
    }

    /// Whether a list or map has nothing in it, or is absent.
    pub fn is_empty(self, name: &str) -> bool {
        self.node(name).is_none_or(Node::is_empty)
    }

    /// How many items a list or entries a map has.
    pub fn count(self, name: &str) -> usize {
        self.node(name).map_or(0, Node::len)
    }

    /// The entries of a map: key and value nodes.
    pub fn entries(self, name: &str) -> impl Iterator<Item = (Node<'d>, Node<'d>)> + use<'d> {
        self.node(name).into_iter().flat_map(Node::entries)
    }

    /// The entries of a map of messages.
    pub fn messages(self, name: &str) -> impl Iterator<Item = (Node<'d>, View<'d>)> + use<'d> {
        let message = self.field(name).and_then(|field| field.ty.message()).unwrap_or(self.message);
        self.entries(name).map(move |(key, node)| (key, View::new(message, Some(node), node, self.unusual)))
    }
}

/// The value a field has by the long rule: the JSON name wins over the protobuf name even when it is null, and of the members of a
/// oneof the one declared last wins.
pub fn chosen<'d>(node: Node<'d>, message: &'static Message, field: &'static Field) -> Option<Node<'d>> {
    let value = given(node, field)?;
    if field.one_of.is_empty() {
        return Some(value);
    }
    let later = message.fields.iter().skip_while(|other| !std::ptr::eq(*other, field)).skip(1);
    let beaten = later.filter(|other| other.one_of == field.one_of).any(|other| given(node, other).is_some());
    (!beaten).then_some(value)
}

/// The non-null value under a field's JSON or protobuf name.
pub fn given<'d>(node: Node<'d>, field: &Field) -> Option<Node<'d>> {
    let value = node
        .get(field.name)
        .or_else(|| node.entries().find(|(key, _)| field.has_proto_name(key.text())).map(|(_, value)| value))?;
    (!value.is_null()).then_some(value)
}
