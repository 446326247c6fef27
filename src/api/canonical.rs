//! One text for all spellings of a message: JSON names, declared order, sorted maps, defaults left out.
//!
//! Two messages with the same text mean the same.

use std::fmt::Write as _;

use super::scalar;
use super::schema::Type;
use super::view::{View, chosen};
use crate::yaml::{Kind, Node};

/// The canonical text of a message without one of its fields.
pub fn text_without(view: View<'_>, left_out: &str) -> String {
    let mut text = String::new();
    write_message(&mut text, view, left_out);
    text
}

fn write_message(text: &mut String, view: View<'_>, left_out: &str) {
    text.push('{');
    if let Some(node) = view.mapping() {
        let message = view.descriptor();
        for field in message.fields.iter().filter(|field| field.name != left_out) {
            let Some(value) = chosen(node, message, field) else { continue };
            let presence = !field.one_of.is_empty() || matches!(field.ty, Type::Msg(_) | Type::Wrapper(_));
            let start = text.len();
            let _ = write!(text, "{}:", field.name);
            let filled = write_value(text, value, field.ty, view);
            if !filled && !presence {
                text.truncate(start);
            } else {
                text.push(',');
            }
        }
    }
    text.push('}');
}

/// Writes a value and says whether it differs from its type's default.
fn write_value(text: &mut String, node: Node<'_>, ty: Type, around: View<'_>) -> bool {
    match ty {
        Type::Msg(message) => {
            write_message(text, around.of(message, node), "");
            true
        }
        Type::List(item) => {
            text.push('[');
            for node in node.items() {
                write_value(text, node, *item, around);
                text.push(',');
            }
            text.push(']');
            !node.is_empty()
        }
        Type::Map(value) | Type::PortMap(value) => {
            let mut entries: Vec<_> = node.entries().collect();
            entries.sort_by_key(|(key, _)| key.text());
            text.push('<');
            for (key, node) in entries {
                let _ = write!(text, "{:?}:", key.text());
                write_value(text, node, *value, around);
                text.push(',');
            }
            text.push('>');
            !node.is_empty()
        }
        Type::Int32 | Type::Int64 | Type::Uint32 | Type::Uint64 => {
            let number = scalar::integer(node, ty).ok().flatten().unwrap_or(0);
            let _ = write!(text, "{number}");
            number != 0
        }
        Type::Enum(of) => {
            let number = match node.kind() {
                Kind::Str => of.number(node.text()).map_or(0, i128::from),
                _ => scalar::integer(node, ty).ok().flatten().unwrap_or(0),
            };
            let _ = write!(text, "{number}");
            number != 0
        }
        Type::Double => {
            let number = scalar::double(node).ok().flatten().unwrap_or(0.0);
            let _ = write!(text, "{number}");
            number != 0.0
        }
        Type::Wrapper(inner) => write_value(text, node, *inner, around),
        Type::Bool => {
            let flag = node.as_bool().unwrap_or(false);
            let _ = write!(text, "{flag}");
            flag
        }
        Type::Duration => {
            let _ = write!(text, "{:?}", scalar::duration(node.text()));
            true
        }
        Type::Struct => {
            let _ = write!(text, "{}", node.to_value());
            true
        }
        Type::String | Type::Bytes | Type::Timestamp => {
            let string = node.as_str().unwrap_or_default();
            let _ = write!(text, "{string:?}");
            !string.is_empty()
        }
    }
}
