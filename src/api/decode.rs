//! Strict proto-JSON decoding, as a check: which keys are unknown and which values do not have their field's type.
//!
//! Nothing is built. [`usual`] looks at a well-formed document once and allocates nothing; only when it finds something out of the
//! ordinary does [`check`] walk again in the decoder's own order (fields as declared, then unknown keys) and name it all.

use super::scalar::{self, Form};
use super::schema::{Field, Message, Type};
use super::view::{chosen, given};
use crate::yaml::{Kind, Node};

/// One thing the decoder objects to, or that we would say to a person.
#[derive(Clone, Copy, Debug)]
pub struct Finding<'d> {
    pub node: Node<'d>,
    pub what: What,
}

/// What is wrong with a value.
#[derive(Clone, Copy, Debug)]
pub enum What {
    /// A key the message does not have. The finding's node is the key.
    UnknownField(&'static Message),
    /// A value of a wrong form.
    Form(Form, Type),
    /// A map key that is no number.
    MapKey(Form),
    /// A protobuf name: the decoder takes it, the API server drops it. The node is the key.
    ProtoName(&'static Field),
    /// A member of a oneof that loses against a later one. The node is its value.
    OneOf { loser: &'static Field, winner: &'static Field },
    /// A number that is no value of the enumeration: the decoder takes it, the API server does not.
    EnumNumber(Type),
}

impl What {
    /// Whether the decoder fails on it.
    pub fn is_error(&self) -> bool {
        matches!(self, What::UnknownField(_) | What::Form(..) | What::MapKey(_))
    }
}

/// Whether a message decodes, uses JSON names only, and gives at most one member of each oneof: nothing to report, and views may
/// look fields up the short way.
pub fn usual(node: Node<'_>, message: &'static Message) -> bool {
    if node.kind() != Kind::Map {
        return node.is_null();
    }
    let mut expected = 0;
    let mut members: [&str; 4] = [""; 4];
    for (key, value) in node.entries() {
        let name = key.text();
        // Keys mostly come in the declared order, so look onwards from the last one first.
        let (before, after) = message.fields.split_at(expected);
        let Some(at) = position(after, name).map(|at| at + expected).or_else(|| position(before, name)) else {
            return false;
        };
        expected = at + 1;
        let field = &message.fields[at];
        if value.is_null() {
            continue;
        }
        if !field.one_of.is_empty() {
            if members.contains(&field.one_of) {
                return false;
            }
            let Some(free) = members.iter_mut().find(|member| member.is_empty()) else { return false };
            *free = field.one_of;
        }
        if !usual_value(value, field.ty) {
            return false;
        }
    }
    true
}

fn position(fields: &[Field], name: &str) -> Option<usize> {
    fields.iter().position(|field| field.name == name)
}

fn usual_value(node: Node<'_>, ty: Type) -> bool {
    match ty {
        Type::Msg(message) => usual(node, message),
        Type::List(item) => {
            node.kind() == Kind::Seq && node.items().all(|node| node.is_null() || usual_value(node, *item))
        }
        Type::Map(value) => {
            node.kind() == Kind::Map && node.entries().all(|(_, node)| node.is_null() || usual_value(node, *value))
        }
        Type::PortMap(value) => {
            node.kind() == Kind::Map
                && node
                    .entries()
                    .all(|(key, node)| map_key(key.text()).is_ok() && (node.is_null() || usual_value(node, *value)))
        }
        Type::Enum(of) => node.as_str().is_some_and(|name| of.number(name).is_some()),
        scalar => scalar::check(node, scalar).is_ok(),
    }
}

fn map_key(text: &str) -> Result<(), Form> {
    match serde_json::from_str::<serde_json::Value>(text) {
        // Read as any number in quotes is: unset, and so 0.
        Ok(serde_json::Value::Null) => Ok(()),
        Ok(serde_json::Value::Number(number)) => {
            number.as_u64().filter(|key| *key <= u64::from(u32::MAX)).map(|_| ()).ok_or(Form::Type)
        }
        Ok(_) => Err(Form::Type),
        Err(_) => Err(Form::Text),
    }
}

/// Everything [`usual`] objects to, the decoder's first objection first.
pub fn check<'d>(node: Node<'d>, message: &'static Message) -> Vec<Finding<'d>> {
    let mut findings = Vec::new();
    check_message(node, message, &mut findings);
    findings
}

fn check_message<'d>(node: Node<'d>, message: &'static Message, findings: &mut Vec<Finding<'d>>) {
    if node.is_null() {
        return;
    }
    if node.kind() != Kind::Map {
        findings.push(Finding { node, what: What::Form(Form::Type, Type::Msg(message)) });
        return;
    }
    for field in message.fields {
        if node.get(field.name).is_none()
            && let Some((key, _)) = node.entries().find(|(key, _)| field.has_proto_name(key.text()))
        {
            findings.push(Finding { node: key, what: What::ProtoName(field) });
        }
        let Some(value) = given(node, field) else { continue };
        check_value(value, field.ty, findings);
        if !field.one_of.is_empty() && chosen(node, message, field).is_none() {
            let mut rivals = message.fields.iter().filter(|other| other.one_of == field.one_of);
            if let Some(winner) = rivals.rfind(|other| given(node, other).is_some()) {
                findings.push(Finding { node: value, what: What::OneOf { loser: field, winner } });
            }
        }
    }
    for (key, _) in node.entries() {
        let name = key.text();
        // A protobuf name beside the JSON name is not unknown: its value is ignored.
        if !message.fields.iter().any(|field| field.name == name || field.has_proto_name(name)) {
            findings.push(Finding { node: key, what: What::UnknownField(message) });
        }
    }
}

fn check_value<'d>(node: Node<'d>, ty: Type, findings: &mut Vec<Finding<'d>>) {
    let children: (Kind, Type) = match ty {
        Type::Msg(message) => return check_message(node, message, findings),
        Type::List(item) => (Kind::Seq, *item),
        Type::Map(value) | Type::PortMap(value) => (Kind::Map, *value),
        _ => {
            match scalar::check(node, ty) {
                Err(form) => findings.push(Finding { node, what: What::Form(form, ty) }),
                Ok(()) if matches!(ty, Type::Enum(_)) && node.kind() != Kind::Str => {
                    findings.push(Finding { node, what: What::EnumNumber(ty) });
                }
                Ok(()) => {}
            }
            return;
        }
    };
    if node.kind() != children.0 {
        findings.push(Finding { node, what: What::Form(Form::Type, ty) });
        return;
    }
    for item in node.items().filter(|item| !item.is_null()) {
        check_value(item, children.1, findings);
    }
    for (key, value) in node.entries() {
        if let (Type::PortMap(_), Err(form)) = (ty, map_key(key.text())) {
            findings.push(Finding { node: key, what: What::MapKey(form) });
        }
        if !value.is_null() {
            check_value(value, children.1, findings);
        }
    }
}
