//! YAML documents with source spans, read by Go's YAML 1.1 rules, and an emitter byte-equal to sigs.k8s.io/yaml.
//!
//! Reading gives a [`Document`]: a compact tree that borrows from the text. [`Value`] is the owned, generic tree.
//! JSON is YAML, so every function that reads takes JSON too.

mod arena;
mod builder;
mod document;
mod emit;
mod error;
mod events;
mod keys;
mod node;
mod order;
mod refuse;
mod scalar;
mod scan;
mod split;
mod tagged;
#[cfg(test)]
mod tests;

pub use arena::Duplicate;
pub use document::{Document, parse_document, parse_stream};
pub use emit::{Unconverted, from_json, text_into, to_string, to_string_into, to_string_without};
pub use error::{Error, Position, Positions, position};
pub use node::{Entries, Items, Kind, Node};
pub use order::{natural_cmp, sort_naturally};
pub use scalar::{is_plain_text, scalar_value};
pub use split::{Part, split_documents};

/// The generic tree used everywhere: JSON with the order of keys kept.
pub type Value = serde_json::Value;

/// Bytes in the whole stream, the end not included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// The text it covers.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

/// The first document of a text, as Go's `Unmarshal` reads it. A text without content is null. Of a repeated key the last counts.
///
/// # Errors
/// When the text is not YAML, or holds what JSON cannot (null keys, infinities).
pub fn from_str(text: &str) -> Result<Value, Error> {
    parse_document(text).map(|document| document.to_value())
}

/// As [`from_str`], but a repeated key is an error.
///
/// # Errors
/// As [`from_str`], and for every key that is given twice in one mapping.
pub fn from_str_strict(text: &str) -> Result<Value, Error> {
    let document = parse_document(text)?;
    match document.strict_error() {
        Some(error) => Err(error),
        None => Ok(document.to_value()),
    }
}

/// The bytes of a file as text.
///
/// # Errors
/// When they are not UTF-8.
pub fn text(bytes: &[u8]) -> Result<&str, Error> {
    std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).map(String::from_utf8_lossy).unwrap_or_default();
        Error::yaml("invalid leading UTF-8 octet", &valid, 0, valid.len(), error::GoLine::None)
    })
}
