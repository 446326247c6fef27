//! What Envoy's messages consist of: for each message its fields in the order they are printed, for each enum its names.
//!
//! The facts stand in text tables: `messages.txt` and `contrib.txt` (made from published descriptors) and `supplement.txt`
//! (by hand). A line is `message NAME`, `enum NAME`, an enum value `NAME NUMBER`, or a field
//! `name number [*]kind [|group | ?]`: `*` marks a list, `|group` the members of one oneof, `?` a scalar that knows
//! whether it was set. Kinds are proto's scalar names, `m:` and `e:` with a message or enum (`.X` is in the package of
//! the message), and `map KEY VALUE`. Members of a oneof stand where its first member is declared.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::chart::embedded::inflated;

/// The tables' texts; the large one is deflated by `build.rs`.
fn tables() -> [&'static str; 3] {
    static MESSAGES: OnceLock<String> = OnceLock::new();
    let packed = include_bytes!(concat!(env!("OUT_DIR"), "/messages.deflate"));
    let unpack = || String::from_utf8(inflated(packed)).unwrap_or_default();
    [MESSAGES.get_or_init(unpack), include_str!("contrib.txt"), include_str!("supplement.txt")]
}

/// All known messages and enums.
#[derive(Debug, Default)]
pub struct Schema {
    messages: Vec<Message>,
    enums: Vec<Enum>,
    message_by_name: HashMap<&'static str, usize>,
    enum_by_name: HashMap<&'static str, usize>,
}

/// A message: its full name and its fields in printing order.
#[derive(Debug)]
pub struct Message {
    pub name: &'static str,
    pub fields: Vec<Field>,
}

/// One field of a message.
#[derive(Debug)]
pub struct Field {
    /// As in the `.proto` file: `connect_timeout`.
    pub name: &'static str,
    /// As in JSON: `connectTimeout`.
    pub json: Box<str>,
    pub number: u32,
    pub kind: Kind,
    pub list: bool,
    /// The oneof this field is a member of, counted from 1; 0 for none.
    pub oneof: u8,
    /// A default value counts as set (members of oneofs, `optional` scalars).
    pub presence: bool,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Scalar(Scalar),
    Enum(EnumId),
    Message(MessageId),
    Map(Scalar, Element),
}

/// What the values of a map are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    Scalar(Scalar),
    Enum(EnumId),
    Message(MessageId),
}

/// Names one message of the schema; messages that only appear as a type (well-known ones) have one too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageId(usize);

/// Names one enum of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnumId(usize);

/// Proto's scalar types; the wire encodings that JSON does not show are told apart for the wire reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scalar {
    Double,
    Float,
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Bool,
    String,
    Bytes,
}

/// An enum: name and number of each value.
#[derive(Debug)]
pub struct Enum {
    pub name: &'static str,
    pub values: Vec<(&'static str, i32)>,
}

impl Schema {
    /// The schema that is built in, read at its first use.
    pub fn get() -> &'static Schema {
        static SCHEMA: OnceLock<Schema> = OnceLock::new();
        SCHEMA.get_or_init(|| Schema::parse(&tables()))
    }

    /// Looks a message up by its full name, such as `envoy.config.cluster.v3.Cluster`.
    pub fn find(&self, name: &str) -> Option<MessageId> {
        self.message_by_name.get(name).copied().map(MessageId)
    }

    /// The message with this identity.
    pub fn message(&self, id: MessageId) -> &Message {
        static NOTHING: Message = Message { name: "", fields: Vec::new() };
        self.messages.get(id.0).unwrap_or(&NOTHING)
    }

    /// The enum with this identity.
    pub fn enumeration(&self, id: EnumId) -> &Enum {
        static NOTHING: Enum = Enum { name: "", values: Vec::new() };
        self.enums.get(id.0).unwrap_or(&NOTHING)
    }

    fn parse(tables: &[&'static str]) -> Schema {
        let mut schema = Schema::default();
        let lines = || tables.iter().flat_map(|table| table.lines()).filter(|line| !line.starts_with('#'));
        for line in lines() {
            match heading(line) {
                Some(("message", name)) => {
                    schema.declare_message(name);
                }
                Some((_, name)) => {
                    schema.enum_by_name.insert(name, schema.enums.len());
                    schema.enums.push(Enum { name, values: Vec::new() });
                }
                None => {}
            }
        }
        let mut current = None;
        for line in lines() {
            if let Some((what, name)) = heading(line) {
                current = match what {
                    "message" => schema.find(name).map(Ok),
                    _ => schema.enum_by_name.get(name).copied().map(Err),
                };
                continue;
            }
            let mut words = line.split(' ');
            let (name, number) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            match current {
                Some(Ok(message)) => schema.add_field(message, name, number, words),
                Some(Err(index)) => {
                    if let (Some(target), Ok(number)) = (schema.enums.get_mut(index), number.parse()) {
                        target.values.push((name, number));
                    }
                }
                None => {}
            }
        }
        schema
    }

    fn declare_message(&mut self, name: &'static str) -> MessageId {
        let index = *self.message_by_name.entry(name).or_insert(self.messages.len());
        if index == self.messages.len() {
            self.messages.push(Message { name, fields: Vec::new() });
        }
        MessageId(index)
    }

    fn add_field(
        &mut self,
        message: MessageId,
        name: &'static str,
        number: &str,
        mut words: std::str::Split<'static, char>,
    ) {
        let owner = self.message(message).name;
        let kind = words.next().unwrap_or_default();
        let (list, kind) = kind.strip_prefix('*').map_or((false, kind), |kind| (true, kind));
        let kind = if kind == "map" {
            let key = words.next().and_then(Scalar::named);
            let value = words.next().and_then(|word| self.element(owner, word));
            key.zip(value).map(|(key, value)| Kind::Map(key, value))
        } else {
            self.element(owner, kind).map(|element| match element {
                Element::Scalar(scalar) => Kind::Scalar(scalar),
                Element::Enum(id) => Kind::Enum(id),
                Element::Message(id) => Kind::Message(id),
            })
        };
        let mark = words.next().unwrap_or_default();
        let oneof = mark.strip_prefix('|').and_then(|group| group.parse::<u8>().ok()).map_or(0, |group| group + 1);
        let (Some(kind), Ok(number)) = (kind, number.parse()) else { return };
        let field = Field {
            name,
            json: camel_case(name).into(),
            number,
            kind,
            list,
            oneof,
            presence: oneof > 0 || mark == "?",
        };
        if let Some(target) = self.messages.get_mut(message.0) {
            target.fields.push(field);
        }
    }

    fn element(&mut self, owner: &'static str, word: &'static str) -> Option<Element> {
        if let Some(name) = word.strip_prefix("m:") {
            return Some(Element::Message(
                self.in_package(owner, name, |schema, name| schema.find(name))
                    .or_else(|| (!name.starts_with('.')).then(|| self.declare_message(name)))?,
            ));
        }
        if let Some(name) = word.strip_prefix("e:") {
            let find = |schema: &Schema, name: &str| schema.enum_by_name.get(name).copied().map(EnumId);
            return self.in_package(owner, name, find).map(Element::Enum);
        }
        Scalar::named(word).map(Element::Scalar)
    }

    /// Looks `.X` up in the package of `owner`: the part of its name before the first capitalised word.
    fn in_package<T>(&self, owner: &str, name: &str, find: impl Fn(&Schema, &str) -> Option<T>) -> Option<T> {
        if !name.starts_with('.') {
            return find(self, name);
        }
        let is_type = |word: &&str| word.starts_with(|first: char| first.is_ascii_uppercase());
        let package: usize = owner.split('.').take_while(|word| !is_type(word)).map(|word| word.len() + 1).sum();
        find(self, &format!("{}{name}", owner.get(..package.saturating_sub(1)).unwrap_or_default()))
    }
}

impl Message {
    /// Finds a field by its JSON name or its name in the `.proto` file.
    pub fn field(&self, name: &str) -> Option<(usize, &Field)> {
        self.fields.iter().enumerate().find(|(_, field)| field.name == name || *field.json == *name)
    }

    /// The field with this number, and its index.
    pub fn numbered(&self, number: u32) -> Option<(usize, &Field)> {
        self.fields.iter().enumerate().find(|(_, field)| field.number == number)
    }
}

impl Enum {
    /// The name of a number.
    pub fn name_of(&self, number: i32) -> Option<&'static str> {
        self.values.iter().find(|(_, value)| *value == number).map(|(name, _)| *name)
    }

    /// The number of a name.
    pub fn number_of(&self, name: &str) -> Option<i32> {
        self.values.iter().find(|(value, _)| *value == name).map(|(_, number)| *number)
    }
}

impl Scalar {
    fn named(name: &str) -> Option<Scalar> {
        Some(match name {
            "double" => Scalar::Double,
            "float" => Scalar::Float,
            "int32" => Scalar::Int32,
            "int64" => Scalar::Int64,
            "uint32" => Scalar::Uint32,
            "uint64" => Scalar::Uint64,
            "sint32" => Scalar::Sint32,
            "sint64" => Scalar::Sint64,
            "fixed32" => Scalar::Fixed32,
            "fixed64" => Scalar::Fixed64,
            "sfixed32" => Scalar::Sfixed32,
            "sfixed64" => Scalar::Sfixed64,
            "bool" => Scalar::Bool,
            "string" => Scalar::String,
            "bytes" => Scalar::Bytes,
            _ => return None,
        })
    }
}

/// `message NAME` or `enum NAME`; a field may be called so too, but has more words.
fn heading(line: &'static str) -> Option<(&'static str, &'static str)> {
    let (what, name) = line.split_once(' ')?;
    (matches!(what, "message" | "enum") && !name.contains(' ')).then_some((what, name))
}

/// `per_connection_buffer` → `perConnectionBuffer`.
pub fn camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut raise = false;
    for letter in name.chars() {
        if letter == '_' {
            raise = true;
        } else {
            out.push(if raise { letter.to_ascii_uppercase() } else { letter });
            raise = false;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_tables_is_understood() {
        let schema = Schema::get();
        let words = |line: &&str| !line.starts_with('#') && !line.is_empty();
        let lines = tables().iter().flat_map(|table| table.lines()).filter(words).count();
        let fields: usize = schema.messages.iter().map(|message| message.fields.len()).sum();
        let values: usize = schema.enums.iter().map(|one| one.values.len()).sum();
        let headings =
            schema.messages.iter().filter(|m| tables().iter().any(|t| t.contains(&format!("message {}\n", m.name))));
        assert_eq!(headings.count() + schema.enums.len() + fields + values, lines);
    }

    #[test]
    fn a_cluster_has_its_fields_in_declaration_order() {
        let schema = Schema::get();
        let cluster = schema.message(schema.find("envoy.config.cluster.v3.Cluster").expect("known"));
        let first: Vec<&str> = cluster.fields.iter().take(3).map(|field| &*field.json).collect();
        assert_eq!(first, ["transportSocketMatches", "transportSocketMatcher", "name"]);
        let (_, kind) = cluster.field("type").expect("known");
        assert!(matches!(kind.kind, Kind::Enum(id) if schema.enumeration(id).name_of(3) == Some("EDS")));
        assert!(kind.presence);
    }
}
