//! What the API server would refuse: the structure and the rules of the CRD, checked from the same tables the CRD is made from.
//!
//! The control plane's decoder is more generous than the CRD (numbers in quotes, nulls, enum numbers, two members of a oneof), so
//! these are the defects that otherwise show only when a document is applied.

mod rules;

use super::report::{Layer, Report, Severity};
use crate::api::Kind;
use crate::api::crd::one_ofs;
use crate::api::schema::{Field, Message, Rule, Type};
use crate::api::view::Place;
use crate::yaml::{Kind as NodeKind, Node};

/// Checks a `spec` against the CRD of its kind. What another check of the object has called an error is not told again; the first
/// `others` problems are those of other objects.
pub fn check<'d>(report: &mut Report<'d>, root: Node<'d>, kind: &'static Kind, others: usize) {
    let before = report.len();
    match root.get("spec") {
        None if kind.spec_required => {
            let place = Place { node: root, missing: "spec" };
            add(report, "schema-required", place, "spec must be given".to_owned());
        }
        None => {}
        Some(spec) => value(report, spec, Type::Msg(kind.spec), kind.spec_rules, &[]),
    }
    report.drop_repeated(others, before);
}

fn add<'d>(report: &mut Report<'d>, code: &'static str, place: impl Into<Place<'d>>, message: String) {
    report.add(Severity::Error, Layer::Schema, code, place.into(), message);
}

/// A value of a type, the rules it must keep, and those of its items.
fn value<'d>(report: &mut Report<'d>, node: Node<'d>, ty: Type, own: &'static [Rule], items: &'static [Rule]) {
    if node.is_null() {
        if !matches!(ty, Type::Wrapper(_)) {
            add(
                report,
                "schema-null",
                node,
                "the schema allows no null here, and the API server drops it; leave the field out".to_owned(),
            );
        }
        return;
    }
    let fits = match ty {
        Type::Msg(message) => {
            if node.is_map() {
                object(report, node, message);
            }
            node.is_map()
        }
        Type::List(item) => {
            for child in node.items() {
                value(report, child, *item, items, &[]);
            }
            node.is_seq()
        }
        Type::Map(item) | Type::PortMap(item) => {
            for (_, child) in node.entries() {
                value(report, child, *item, items, &[]);
            }
            node.is_map()
        }
        Type::Wrapper(inner) => return value(report, node, *inner, own, items),
        scalar => has_kind(report, node, scalar),
    };
    if fits {
        for rule in own {
            keep(report, node, ty, *rule);
        }
    }
}

/// Whether a scalar is written as the CRD wants it; quoted numbers and numbers for enums are what the decoder takes besides. A form
/// that the decoder refuses too is not told again.
fn has_kind<'d>(report: &mut Report<'d>, node: Node<'d>, ty: Type) -> bool {
    let kind = node.kind();
    match ty {
        Type::Int32 | Type::Int64 | Type::Uint32 | Type::Uint64 | Type::Double if kind == NodeKind::Str => {
            add(
                report,
                "schema-type",
                node,
                format!("the API server takes no number in quotes; write {}", node.text()),
            );
            false
        }
        Type::Int32 | Type::Int64 | Type::Uint32 | Type::Uint64 | Type::Double => {
            matches!(kind, NodeKind::Int | NodeKind::Float)
        }
        Type::Enum(of) if kind != NodeKind::Str => {
            let names: Vec<&str> = of.values.iter().map(|value| value.name).collect();
            add(
                report,
                "schema-enum",
                node,
                format!("the API server takes enum values by name only: {}", names.join(", ")),
            );
            false
        }
        Type::Bytes if kind == NodeKind::Str && node.text().is_empty() => {
            add(report, "schema-format", node, "the API server takes no empty base64; leave the field out".to_owned());
            false
        }
        Type::Bool => kind == NodeKind::Bool,
        Type::Struct => kind == NodeKind::Map,
        _ => kind == NodeKind::Str,
    }
}

fn object<'d>(report: &mut Report<'d>, node: Node<'d>, message: &'static Message) {
    for field in message.fields {
        match node.get(field.name) {
            Some(child) => value(report, child, field.ty, field.rules, field.item_rules),
            None if field.required => {
                let place = Place { node, missing: field.name };
                add(report, "schema-required", place, format!("{} must be given", field.name));
            }
            None => proto_names(report, node, field),
        }
    }
    if message.fields.iter().all(|field| field.one_of.is_empty()) {
        return;
    }
    for (_, members) in one_ofs(message) {
        let given: Vec<&str> = members.into_iter().filter(|member| node.get(member).is_some()).collect();
        if given.len() > 1 {
            let message = format!("{} exclude each other; the API server takes one of them only", given.join(" and "));
            add(report, "schema-one-of", node, message);
        }
    }
}

/// A field given under its protobuf name, which the API server drops without a word.
fn proto_names<'d>(report: &mut Report<'d>, node: Node<'d>, field: &'static Field) {
    let capitals = field.name.bytes().any(|byte| byte.is_ascii_uppercase());
    if !capitals || field.proto_in_crd {
        return;
    }
    for (key, _) in node.entries().filter(|(key, _)| field.has_proto_name(key.text())) {
        let message = format!("the API server does not know {}; write {}", key.text(), field.name);
        add(report, "schema-unknown", key, message);
    }
}

/// One rule of the CRD.
fn keep<'d>(report: &mut Report<'d>, node: Node<'d>, ty: Type, rule: Rule) {
    let characters = || node.text().chars().count() as u64;
    let number = || node.as_f64().unwrap_or(0.0);
    let count = || node.len() as u64;
    let (good, code, wanted) = match rule {
        Rule::Minimum(limit) => (number() >= limit as f64, "schema-range", format!("at least {limit}")),
        Rule::Maximum(limit) => (number() <= limit as f64, "schema-range", format!("at most {limit}")),
        Rule::MinLength(1) => (characters() >= 1, "schema-length", "not empty".to_owned()),
        Rule::MinLength(limit) => (characters() >= limit, "schema-length", format!("at least {limit} characters long")),
        Rule::MaxLength(limit) => (characters() <= limit, "schema-length", format!("at most {limit} characters long")),
        Rule::MinItems(limit) | Rule::MinProperties(limit) => {
            (count() >= limit, "schema-count", format!("a collection with at least {limit} entries"))
        }
        Rule::MaxItems(limit) | Rule::MaxProperties(limit) => {
            (count() <= limit, "schema-count", format!("a collection with at most {limit} entries"))
        }
        Rule::Pattern(pattern) => {
            (rules::matches(pattern, node.text()), "schema-pattern", format!("matched by {pattern}"))
        }
        Rule::UniqueBy(key) => return unique(report, node, key),
        Rule::Cel(_) | Rule::AtLeast1Ms | Rule::PortNumber => {
            let Some(text) = rule.cel() else { return };
            if !rules::holds(text, node, ty) {
                add(report, "schema-rule", node, rules::says(text));
            }
            return;
        }
    };
    if !good {
        add(report, code, node, format!("the value must be {wanted}"));
    }
}

/// No two items agree in their key.
fn unique<'d>(report: &mut Report<'d>, list: Node<'d>, key: &'static str) {
    let mut seen = std::collections::HashSet::new();
    for value in list.items().filter_map(|item| item.get(key)) {
        if !seen.insert(value.text()) {
            add(report, "schema-duplicate", value, format!("another item of the list has the same {key}"));
        }
    }
}
