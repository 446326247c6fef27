//! Wire bytes to canonical messages, by the same schema as JSON: control planes answer in binary.

use std::borrow::Cow;

use super::decode::{is_default, sort_map, wrapped};
use super::schema::{Element, Field, Kind, MessageId, Scalar, Schema};
use super::value::Value;
use super::well_known as known;
use super::wire::{Fields, Wire, WireError};

/// How deep messages may stand in each other; protocol buffers' own readers stop there, too.
const DEEPEST: u8 = 100;

/// Where a reader is.
#[derive(Clone, Copy)]
struct At {
    schema: &'static Schema,
    depth: u8,
}

impl At {
    fn top() -> Self {
        At { schema: Schema::get(), depth: 0 }
    }

    /// One message further in.
    fn inside(self) -> Result<Self, WireError> {
        if self.depth >= DEEPEST { Err(WireError::Depth) } else { Ok(At { depth: self.depth + 1, ..self }) }
    }
}

/// Reads a message of the type with this full name; `None` if the schema does not have it.
pub fn message(bytes: &[u8], name: &str) -> Option<Result<Value<'static>, WireError>> {
    let at = At::top();
    at.schema.find(name).map(|id| typed(bytes, id, at))
}

/// Reads an `Any` by its type; one of an unknown type keeps its bytes as base64.
pub fn any(url: &str, bytes: &[u8]) -> Result<Value<'static>, WireError> {
    any_at(url, bytes, At::top())
}

fn any_at(url: &str, bytes: &[u8], at: At) -> Result<Value<'static>, WireError> {
    let head = (Cow::Borrowed("@type"), Value::Text(url.to_owned().into()));
    let name = url.rsplit('/').next().unwrap_or_default();
    let content = match at.schema.find(name) {
        Some(id) if !super::decode::has_own_form(name) => typed(bytes, id, at)?,
        Some(id) => Value::Object(vec![("value".into(), typed(bytes, id, at)?)]),
        None => Value::Object(vec![("value".into(), Value::Text(known::format_bytes(bytes).into()))]),
    };
    let Value::Object(mut fields) = content else { return Ok(content) };
    fields.insert(0, head);
    Ok(Value::Object(fields))
}

fn typed(bytes: &[u8], id: MessageId, at: At) -> Result<Value<'static>, WireError> {
    let at = at.inside()?;
    let message = at.schema.message(id);
    if let Some(rest) = message.name.strip_prefix("google.protobuf.")
        && let Some(value) = own_form(bytes, rest, at)
    {
        return value;
    }
    let mut fields: Vec<(usize, Value<'static>)> = Vec::new();
    for field in Fields::new(bytes) {
        let (number, wire) = field?;
        let Some((index, field)) = message.numbered(number) else { continue };
        match field.kind {
            Kind::Map(key, element) => {
                let Wire::Bytes(bytes) = wire else { continue };
                let entry = map_entry(bytes, key, element, at)?;
                update(&mut fields, index, Value::Object(Vec::new()), |map| {
                    if let Value::Object(entries) = map {
                        entries.retain(|(known, _)| *known != entry.0);
                        entries.push(entry);
                        sort_map(entries, key);
                    }
                });
            }
            kind if field.list => {
                let items = items(wire, kind, at)?;
                update(&mut fields, index, Value::List(Vec::new()), |list| {
                    if let Value::List(list) = list {
                        list.extend(items);
                    }
                });
            }
            kind => {
                let Some(value) = single(wire, kind, at)? else { continue };
                // The last member of a oneof wins, and the last of repeated scalars.
                fields.retain(|(known, _)| *known != index && !same_oneof(&message.fields, *known, field));
                if field.presence || !is_default(&value, kind, at.schema) {
                    fields.push((index, value));
                }
            }
        }
    }
    fields.sort_by_key(|(index, _)| *index);
    let name = |index: usize| message.fields.get(index).map_or("", |field| &*field.json);
    Ok(Value::Object(fields.into_iter().map(|(index, value)| (Cow::Borrowed(name(index)), value)).collect()))
}

fn same_oneof(fields: &[Field], index: usize, field: &Field) -> bool {
    field.oneof > 0 && fields.get(index).is_some_and(|other| other.oneof == field.oneof)
}

/// Does `change` to the field's value, which starts as `empty`.
fn update(
    fields: &mut Vec<(usize, Value<'static>)>,
    index: usize,
    empty: Value<'static>,
    change: impl FnOnce(&mut Value<'static>),
) {
    match fields.iter_mut().find(|(known, _)| *known == index) {
        Some((_, value)) => change(value),
        None => {
            let mut value = empty;
            change(&mut value);
            fields.push((index, value));
        }
    }
}

fn map_entry(
    bytes: &[u8],
    key: Scalar,
    element: Element,
    at: At,
) -> Result<(Cow<'static, str>, Value<'static>), WireError> {
    let kind = match element {
        Element::Scalar(scalar) => Kind::Scalar(scalar),
        Element::Enum(id) => Kind::Enum(id),
        Element::Message(id) => Kind::Message(id),
    };
    let mut name = match key {
        Scalar::String => String::new(),
        Scalar::Bool => "false".to_owned(),
        _ => "0".to_owned(),
    };
    let mut value = None;
    for field in Fields::new(bytes) {
        match field? {
            (1, wire) => {
                name = match scalar(wire, key) {
                    Some(Value::Text(text)) => text.into_owned(),
                    Some(Value::Int(number)) => number.to_string(),
                    Some(Value::Bool(value)) => value.to_string(),
                    _ => name,
                }
            }
            (2, wire) => value = single(wire, kind, at)?,
            _ => {}
        }
    }
    let value = match value {
        Some(value) => value,
        None => absent(kind, at)?,
    };
    Ok((Cow::Owned(name), value))
}

/// What a map's value is when the entry leaves it out.
fn absent(kind: Kind, at: At) -> Result<Value<'static>, WireError> {
    Ok(match kind {
        Kind::Message(id) => typed(&[], id, at)?,
        Kind::Scalar(Scalar::String | Scalar::Bytes) => Value::Text("".into()),
        Kind::Scalar(Scalar::Bool) => Value::Bool(false),
        Kind::Scalar(Scalar::Double) => Value::Double(0.0),
        Kind::Scalar(Scalar::Float) => Value::Float(0.0),
        Kind::Scalar(kind) => scalar(Wire::Varint(0), kind).unwrap_or(Value::Int(0)),
        Kind::Enum(_) => single(Wire::Varint(0), kind, at)?.unwrap_or(Value::Int(0)),
        Kind::Map(..) => Value::Null,
    })
}

/// The items in one occurrence of a list field: one, or many if packed.
fn items(wire: Wire, kind: Kind, at: At) -> Result<Vec<Value<'static>>, WireError> {
    let packable = match kind {
        Kind::Scalar(Scalar::String | Scalar::Bytes) | Kind::Message(_) | Kind::Map(..) => None,
        Kind::Scalar(scalar) => Some(scalar),
        Kind::Enum(_) => Some(Scalar::Int32),
    };
    let (Wire::Bytes(bytes), Some(scalar)) = (wire, packable) else {
        return Ok(single(wire, kind, at)?.into_iter().collect());
    };
    let mut packed = Fields::new(bytes);
    let mut list = Vec::new();
    while !packed.is_empty() {
        let wire = match scalar {
            Scalar::Double | Scalar::Fixed64 | Scalar::Sfixed64 => Wire::Fixed64(packed.fixed64()?),
            Scalar::Float | Scalar::Fixed32 | Scalar::Sfixed32 => Wire::Fixed32(packed.fixed32()?),
            _ => Wire::Varint(packed.varint()?),
        };
        list.extend(single(wire, kind, at)?);
    }
    Ok(list)
}

fn single(wire: Wire, kind: Kind, at: At) -> Result<Option<Value<'static>>, WireError> {
    Ok(match (kind, wire) {
        (Kind::Message(id), Wire::Bytes(bytes)) => Some(typed(bytes, id, at)?),
        (Kind::Enum(id), Wire::Varint(number)) => {
            let enumeration = at.schema.enumeration(id);
            let number = number as i32;
            Some(match enumeration.name_of(number) {
                _ if enumeration.name == "google.protobuf.NullValue" => Value::Null,
                Some(name) => Value::Text(name.into()),
                None => Value::Int(number.into()),
            })
        }
        (Kind::Scalar(kind), wire) => scalar(wire, kind),
        _ => None,
    })
}

fn scalar(wire: Wire, kind: Scalar) -> Option<Value<'static>> {
    let text = |number: String| Value::Text(number.into());
    let zigzag = |number: u64| (number >> 1).cast_signed() ^ -((number & 1).cast_signed());
    Some(match (kind, wire) {
        (Scalar::Double, Wire::Fixed64(bits)) => Value::Double(f64::from_bits(bits)),
        (Scalar::Float, Wire::Fixed32(bits)) => Value::Float(f32::from_bits(bits)),
        (Scalar::Int32, Wire::Varint(number)) => Value::Int((number as i32).into()),
        (Scalar::Uint32, Wire::Varint(number)) => Value::Int((number as u32).into()),
        (Scalar::Sint32, Wire::Varint(number)) => Value::Int(zigzag(number)),
        (Scalar::Int64, Wire::Varint(number)) => text(number.cast_signed().to_string()),
        (Scalar::Uint64, Wire::Varint(number)) => text(number.to_string()),
        (Scalar::Sint64, Wire::Varint(number)) => text(zigzag(number).to_string()),
        (Scalar::Fixed32, Wire::Fixed32(number)) => Value::Int(number.into()),
        (Scalar::Sfixed32, Wire::Fixed32(number)) => Value::Int(number.cast_signed().into()),
        (Scalar::Fixed64, Wire::Fixed64(number)) => text(number.to_string()),
        (Scalar::Sfixed64, Wire::Fixed64(number)) => text(number.cast_signed().to_string()),
        (Scalar::Bool, Wire::Varint(number)) => Value::Bool(number != 0),
        (Scalar::String, Wire::Bytes(bytes)) => text(String::from_utf8_lossy(bytes).into_owned()),
        (Scalar::Bytes, Wire::Bytes(bytes)) => text(known::format_bytes(bytes)),
        _ => return None,
    })
}

/// The well-known types whose JSON is not an object of their fields.
fn own_form(bytes: &[u8], rest: &str, at: At) -> Option<Result<Value<'static>, WireError>> {
    if let Some(kind) = wrapped(rest) {
        return Some(first(bytes, 1, Kind::Scalar(kind), at).and_then(|value| match value {
            Some(value) => Ok(value),
            None => absent(Kind::Scalar(kind), at),
        }));
    }
    Some(match rest {
        "Duration" | "Timestamp" => seconds_and_nanos(bytes).map(|(seconds, nanos)| {
            let format = if rest == "Duration" { known::format_duration } else { known::format_timestamp };
            Value::Text(format(seconds, nanos).into())
        }),
        "Any" => {
            let mut url = String::new();
            let mut content: &[u8] = &[];
            for field in Fields::new(bytes) {
                match field {
                    Ok((1, Wire::Bytes(bytes))) => url = String::from_utf8_lossy(bytes).into_owned(),
                    Ok((2, Wire::Bytes(bytes))) => content = bytes,
                    Ok(_) => {}
                    Err(error) => return Some(Err(error)),
                }
            }
            if url.is_empty() { Ok(Value::Object(Vec::new())) } else { any_at(&url, content, at) }
        }
        "Struct" => struct_entries(bytes, at).map(Value::Struct),
        "Value" => free(bytes, at).map(|value| Value::Free(Box::new(value))),
        "ListValue" => free_list(bytes, at).map(|list| Value::Free(Box::new(Value::List(list)))),
        _ => return None,
    })
}

fn first(bytes: &[u8], number: u32, kind: Kind, at: At) -> Result<Option<Value<'static>>, WireError> {
    let mut found = None;
    for field in Fields::new(bytes) {
        let (its, wire) = field?;
        if its == number {
            found = single(wire, kind, at)?;
        }
    }
    Ok(found)
}

fn seconds_and_nanos(bytes: &[u8]) -> Result<(i64, i32), WireError> {
    let (mut seconds, mut nanos) = (0, 0);
    for field in Fields::new(bytes) {
        match field? {
            (1, Wire::Varint(number)) => seconds = number.cast_signed(),
            (2, Wire::Varint(number)) => nanos = number as i32,
            _ => {}
        }
    }
    Ok((seconds, nanos))
}

fn struct_entries(bytes: &[u8], at: At) -> Result<Vec<(Cow<'static, str>, Value<'static>)>, WireError> {
    let mut entries: Vec<(Cow<'static, str>, Value<'static>)> = Vec::new();
    for field in Fields::new(bytes) {
        let (1, Wire::Bytes(entry)) = field? else { continue };
        let (mut key, mut value) = (String::new(), Value::Null);
        for field in Fields::new(entry) {
            match field? {
                (1, Wire::Bytes(bytes)) => key = String::from_utf8_lossy(bytes).into_owned(),
                (2, Wire::Bytes(bytes)) => value = free(bytes, at)?,
                _ => {}
            }
        }
        entries.retain(|(known, _)| **known != *key);
        entries.push((key.into(), value));
    }
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(entries)
}

fn free(bytes: &[u8], at: At) -> Result<Value<'static>, WireError> {
    let at = at.inside()?;
    let mut value = Value::Null;
    for field in Fields::new(bytes) {
        value = match field? {
            (2, Wire::Fixed64(bits)) => Value::Double(f64::from_bits(bits)),
            (3, Wire::Bytes(bytes)) => Value::Text(String::from_utf8_lossy(bytes).into_owned().into()),
            (4, Wire::Varint(number)) => Value::Bool(number != 0),
            (5, Wire::Bytes(bytes)) => Value::Struct(struct_entries(bytes, at)?),
            (6, Wire::Bytes(bytes)) => Value::List(free_list(bytes, at)?),
            _ => value,
        };
    }
    Ok(value)
}

fn free_list(bytes: &[u8], at: At) -> Result<Vec<Value<'static>>, WireError> {
    let mut list = Vec::new();
    for field in Fields::new(bytes) {
        if let (1, Wire::Bytes(bytes)) = field? {
            list.push(free(bytes, at)?);
        }
    }
    Ok(list)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envoy::text::compact;

    #[test]
    fn reads_what_json_reads() {
        // name "x", type EDS, connect_timeout 0.25s, dns_resolvers [pipe "p"], metadata {a: {b: 1}}
        let mut bytes = vec![0x0a, 1, b'x', 0x10, 3, 0x22, 5, 0x10, 0x80, 0xe5, 0x9a, 0x77];
        bytes.extend([0x92, 0x01, 5, 0x12, 3, 0x0a, 1, b'p']);
        let number = [0x11, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f];
        let entry: Vec<u8> = [&[0x0a, 1, b'b', 0x12, 9][..], &number].concat();
        let inner: Vec<u8> = [&[0x0a, entry.len() as u8][..], &entry].concat();
        let outer: Vec<u8> = [&[0x0a, 1, b'a', 0x12, inner.len() as u8][..], &inner].concat();
        let metadata: Vec<u8> = [&[0x0a, outer.len() as u8][..], &outer].concat();
        bytes.extend([0xca, 0x01, metadata.len() as u8]);
        bytes.extend(&metadata);
        let value = message(&bytes, "envoy.config.cluster.v3.Cluster").expect("known").expect("well formed");
        assert_eq!(
            compact(&value),
            r#"{"name":"x","type":"EDS","connectTimeout":"0.250s","dnsResolvers":[{"pipe":{"path":"p"}}],"metadata":{"filterMetadata":{"a":{"b":1}}}}"#
        );
    }

    #[test]
    fn unknown_types_keep_their_bytes() {
        let value = any("x/acme.Y", b"hi").expect("read");
        assert_eq!(compact(&value), r#"{"@type":"x/acme.Y","value":"aGk="}"#);
    }
}
