//! JSON to the wire, by the schema: what a recorded answer of istiod was before it was written down.

use base64::Engine as _;
use bowline::envoy::schema::{Element, Field, Kind, MessageId, Scalar, Schema};
use bowline::envoy::well_known;
use serde_json::Value;

/// The bytes of a message of the type with this full name.
pub fn message(json: &Value, name: &str) -> Vec<u8> {
    let id = Schema::get().find(name).unwrap_or_else(|| panic!("the schema lacks {name}"));
    typed(json, id)
}

/// The bytes of an `Any`: `{"@type", …}`, `{type_url, value}` or `{type_url, value_json | value_base64 | value_text}`.
pub fn any(json: &Value) -> Vec<u8> {
    let bytes =
        |text: &Value| base64::engine::general_purpose::STANDARD.decode(text.as_str().expect("text")).expect("base64");
    let url = json.get("@type").or_else(|| json.get("type_url")).and_then(Value::as_str).expect("a type");
    let content = if let Some(raw) = json.get("value_base64") {
        bytes(raw)
    } else if let Some(tree) = json.get("value_json") {
        serde_json::to_vec(tree).expect("JSON")
    } else if let Some(text) = json.get("value_text") {
        text.as_str().expect("text").as_bytes().to_vec()
    } else {
        let tree = if json.get("@type").is_some() { json } else { json.get("value").expect("a value") };
        let url = tree.get("@type").and_then(Value::as_str).unwrap_or(url);
        let name = url.rsplit('/').next().expect("a name");
        match name.strip_prefix("google.protobuf.") {
            Some(rest) => own_form(tree.get("value").unwrap_or(&Value::Null), rest).unwrap_or_default(),
            None => message(tree, name),
        }
    };
    let mut out = field(1, url.as_bytes());
    out.extend(field(2, &content));
    out
}

fn typed(json: &Value, id: MessageId) -> Vec<u8> {
    let message = Schema::get().message(id);
    if let Some(rest) = message.name.strip_prefix("google.protobuf.")
        && let Some(bytes) = own_form(json, rest)
    {
        return bytes;
    }
    let mut out = Vec::new();
    for (key, value) in json.as_object().into_iter().flatten() {
        if let Some((_, known)) = message.field(key) {
            one_field(value, known, &mut out);
        }
    }
    out
}

fn one_field(value: &Value, known: &Field, out: &mut Vec<u8>) {
    match (known.kind, value) {
        (Kind::Map(key, element), Value::Object(entries)) => {
            let kind = match element {
                Element::Scalar(scalar) => Kind::Scalar(scalar),
                Element::Enum(id) => Kind::Enum(id),
                Element::Message(id) => Kind::Message(id),
            };
            for (name, value) in entries {
                let mut entry = single(&Value::String(name.clone()), Kind::Scalar(key), 1);
                entry.extend(single(value, kind, 2));
                out.extend(field(known.number, &entry));
            }
        }
        (kind, Value::Array(items)) if known.list => {
            items.iter().for_each(|item| out.extend(single(item, kind, known.number)))
        }
        (_, Value::Null) => {}
        (kind, value) => out.extend(single(value, kind, known.number)),
    }
}

fn single(value: &Value, kind: Kind, number: u32) -> Vec<u8> {
    match kind {
        Kind::Message(id) => field(number, &typed(value, id)),
        Kind::Enum(id) => {
            let known = value.as_str().and_then(|name| Schema::get().enumeration(id).number_of(name)).map(i64::from);
            varint_field(number, known.or(value.as_i64()).unwrap_or(0) as u64)
        }
        Kind::Scalar(scalar) => {
            let integer = || value.as_i64().or_else(|| value.as_str()?.parse().ok()).unwrap_or(0);
            let float = || value.as_f64().or_else(|| value.as_str()?.parse().ok()).unwrap_or(0.0);
            match scalar {
                Scalar::String => field(number, value.as_str().unwrap_or_default().as_bytes()),
                Scalar::Bytes => {
                    field(number, &well_known::parse_bytes(value.as_str().unwrap_or_default()).expect("base64"))
                }
                Scalar::Bool => varint_field(number, u64::from(value == &Value::Bool(true) || value == "true")),
                Scalar::Double => [tag(number, 1), float().to_le_bytes().to_vec()].concat(),
                Scalar::Float => [tag(number, 5), (float() as f32).to_le_bytes().to_vec()].concat(),
                Scalar::Fixed64 | Scalar::Sfixed64 => [tag(number, 1), integer().to_le_bytes().to_vec()].concat(),
                Scalar::Fixed32 | Scalar::Sfixed32 => {
                    [tag(number, 5), (integer() as i32).to_le_bytes().to_vec()].concat()
                }
                Scalar::Sint32 | Scalar::Sint64 => varint_field(number, ((integer() << 1) ^ (integer() >> 63)) as u64),
                Scalar::Uint64 => {
                    varint_field(number, value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap_or(0))
                }
                _ => varint_field(number, integer() as u64),
            }
        }
        Kind::Map(..) => Vec::new(),
    }
}

fn own_form(json: &Value, rest: &str) -> Option<Vec<u8>> {
    let text = || json.as_str().unwrap_or_default();
    let parts = |(seconds, nanos): (i64, i32)| {
        [varint_field(1, seconds as u64), varint_field(2, i64::from(nanos) as u64)].concat()
    };
    let wrapper = |scalar| single(json, Kind::Scalar(scalar), 1);
    Some(match rest {
        "Any" if json.as_object().is_some_and(serde_json::Map::is_empty) => Vec::new(),
        "Any" => any(json),
        "Duration" => parts(well_known::parse_duration(text()).expect("a duration")),
        "Timestamp" => parts(well_known::parse_timestamp(text()).expect("a time")),
        "Struct" => structure(json),
        "Value" => free(json),
        "ListValue" => list(json),
        "Empty" => Vec::new(),
        "DoubleValue" => wrapper(Scalar::Double),
        "FloatValue" => wrapper(Scalar::Float),
        "Int32Value" | "Int64Value" => wrapper(Scalar::Int64),
        "UInt32Value" | "UInt64Value" => wrapper(Scalar::Uint64),
        "BoolValue" => wrapper(Scalar::Bool),
        "StringValue" => wrapper(Scalar::String),
        "BytesValue" => wrapper(Scalar::Bytes),
        _ => return None,
    })
}

fn structure(json: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, value) in json.as_object().into_iter().flatten() {
        out.extend(field(1, &[field(1, key.as_bytes()), field(2, &free(value))].concat()));
    }
    out
}

fn list(json: &Value) -> Vec<u8> {
    json.as_array().into_iter().flatten().flat_map(|item| field(1, &free(item))).collect()
}

fn free(json: &Value) -> Vec<u8> {
    match json {
        Value::Null => varint_field(1, 0),
        Value::Number(number) => [tag(2, 1), number.as_f64().unwrap_or(0.0).to_le_bytes().to_vec()].concat(),
        Value::String(text) => field(3, text.as_bytes()),
        Value::Bool(value) => varint_field(4, u64::from(*value)),
        Value::Object(_) => field(5, &structure(json)),
        Value::Array(_) => field(6, &list(json)),
    }
}

fn tag(number: u32, wire: u32) -> Vec<u8> {
    varint(u64::from(number << 3 | wire))
}

fn varint_field(number: u32, value: u64) -> Vec<u8> {
    [tag(number, 0), varint(value)].concat()
}

fn field(number: u32, bytes: &[u8]) -> Vec<u8> {
    [tag(number, 2), varint(bytes.len() as u64), bytes.to_vec()].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

/// A resource of a DiscoveryResponse.
pub fn resource(json: &Value) -> Vec<u8> {
    field(2, &any(json))
}
