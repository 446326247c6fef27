//! What a scalar is when its tag (`!!str`, `!!int`, ...) has a say.

use std::borrow::Cow;

use base64::Engine;
use granit_parser::Tag as YamlTag;

use super::arena::Tag;
use super::scalar::{Scalar, is_timestamp, resolve};

/// The stored kind and text of a scalar. Only plain scalars and those with a tag can be other than text.
///
/// # Errors
/// The message, when the tag does not fit the text or the value has no JSON form.
pub(super) fn read<'a>(text: Cow<'a, str>, plain: bool, tag: Option<&YamlTag>) -> Result<(Tag, Cow<'a, str>), String> {
    let Some(tag) = tag else {
        return Ok((if plain { kind(resolve(&text)) } else { Tag::Text }, text));
    };
    let scalar = resolve(&text);
    let wanted = match core_suffix(tag) {
        "null" => Tag::Null,
        "bool" => Tag::Bool,
        "int" => Tag::Int,
        "float" => Tag::Float,
        "timestamp" if is_timestamp(&text) => return Ok((Tag::Text, text)),
        "timestamp" => return Err(mismatch(scalar, &text, "timestamp")),
        "binary" => return Ok((Tag::Text, Cow::Owned(binary(&text)?))),
        "merge" if plain => return Ok((Tag::Text, text)),
        // Strings, and tags that mean nothing to us: the text as it is.
        _ => return Ok((Tag::Text, text)),
    };
    match (wanted, kind(scalar)) {
        (wanted, found) if wanted == found => Ok((wanted, text)),
        (Tag::Float, Tag::Int) => Ok((Tag::Float, text)),
        _ => Err(mismatch(scalar, &text, core_suffix(tag))),
    }
}

fn kind(scalar: Scalar) -> Tag {
    match scalar {
        Scalar::Null => Tag::Null,
        Scalar::Bool(_) => Tag::Bool,
        Scalar::Int(_) | Scalar::Uint(_) => Tag::Int,
        Scalar::Float(_) => Tag::Float,
        Scalar::Text => Tag::Text,
    }
}

/// The name of a tag in YAML's own namespace, empty for any other tag.
fn core_suffix(tag: &YamlTag) -> &str {
    if tag.handle() == "tag:yaml.org,2002:" {
        return tag.suffix();
    }
    // Written out in full, as `!<tag:yaml.org,2002:int>`.
    tag.suffix().strip_prefix("tag:yaml.org,2002:").filter(|_| tag.handle().is_empty()).unwrap_or_default()
}

fn mismatch(scalar: Scalar, text: &str, wanted: &str) -> String {
    let found = match kind(scalar) {
        Tag::Null => "null",
        Tag::Bool => "bool",
        Tag::Int => "int",
        Tag::Float => "float",
        _ => "str",
    };
    format!("cannot decode !!{found} `{text}` as a !!{wanted}")
}

fn binary(text: &str) -> Result<String, String> {
    let compact: String = text.chars().filter(|c| !matches!(c, '\n' | '\r')).collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(compact);
    let bytes = bytes.map_err(|_| "!!binary value contains invalid base64 data".to_owned())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
