//! Whether a document can be read as its kind, told with names a person knows.

use super::object::Object;
use super::report::{Layer, Report, Severity};
use crate::api::Kind;
use crate::api::decode::{self, Finding, What};
use crate::api::scalar::Form;
use crate::api::schema::Type;
use crate::api::view::View;
use crate::ui::nearest::nearest;
use crate::yaml::{self, Node};

/// Keys an object may have at the top.
const TOP: &[&str] = &["apiVersion", "kind", "metadata", "spec", "status"];

/// The decoded `spec` of an object, unless it cannot be read.
pub fn spec<'d>(report: &mut Report<'d>, object: &Object<'d>, kind: &'static Kind) -> Option<View<'d>> {
    let node = object.root.get("spec").filter(|node| !node.is_null());
    let usual = node.is_none_or(|node| decode::usual(node, kind.spec));
    let mut readable = true;
    if let Some(node) = node.filter(|_| !usual) {
        readable = explain(report, decode::check(node, kind.spec));
    }
    if !readable && report.compat() {
        return None;
    }
    for (key, _) in object.root.entries().filter(|(key, _)| !TOP.contains(&key.text())) {
        unknown_key(report, key, format!("{} has no field {:?}", kind.name, key.text()), TOP.iter().copied());
        readable &= !report.compat();
    }
    readable.then(|| View::new(kind.spec, node, node.unwrap_or(object.root), !usual))
}

/// Reports what the decoder found; `false` if it cannot go on. The reference stops at the first error, and says nothing of what is
/// odd but can be decoded.
pub fn explain<'d>(report: &mut Report<'d>, findings: Vec<Finding<'d>>) -> bool {
    let mut readable = true;
    for finding in findings {
        let error = finding.what.is_error();
        // What is misspelt is missing, so other problems may follow from it; but they may also be problems of their own.
        let misspelt = matches!(finding.what, What::UnknownField(_)) && !report.compat();
        readable &= !error || misspelt;
        if error || !report.compat() {
            tell(report, finding.node, finding.what);
        }
        if error && report.compat() {
            return false;
        }
    }
    readable
}

fn tell<'d>(report: &mut Report<'d>, node: Node<'d>, what: What) {
    let mut add = |severity, code, message| report.add(severity, Layer::Decode, code, node.into(), message);
    match what {
        What::UnknownField(message) => {
            let text = format!("{} has no field {:?}", message.short_name(), node.text());
            unknown_key(report, node, text, message.fields.iter().map(|field| field.name));
        }
        What::Form(form, ty) => {
            let code = code(form);
            add(Severity::Error, code, wrong_form(node, ty));
            if let Type::Enum(of) = inner(ty) {
                let names: Vec<&str> = of.values.iter().map(|value| value.name).collect();
                hint(report, node.text(), names.into_iter());
            }
        }
        What::MapKey(form) => add(Severity::Error, code(form), format!("the key {:?} must be a number", node.text())),
        // The decoder takes these; that the API server does not is told when the CRD is checked.
        What::ProtoName(_) | What::OneOf { .. } | What::EnumNumber(_) => {}
    }
}

fn code(form: Form) -> &'static str {
    match form {
        Form::Type => "json-type",
        Form::Text => "decode",
        Form::Duration => "duration-format",
        Form::Enum => "enum-value",
    }
}

fn inner(ty: Type) -> Type {
    match ty {
        Type::Wrapper(inner) => *inner,
        other => other,
    }
}

fn enum_names(ty: Type) -> String {
    match inner(ty) {
        Type::Enum(of) => of.values.iter().map(|value| value.name).collect::<Vec<_>>().join(", "),
        _ => String::new(),
    }
}

fn wrong_form(node: Node<'_>, ty: Type) -> String {
    let found = match node.kind() {
        yaml::Kind::Map => "a mapping".to_owned(),
        yaml::Kind::Seq => "a list".to_owned(),
        yaml::Kind::Str => format!("the text {:?}", node.text()),
        yaml::Kind::Bool => format!("the boolean {}", node.text()),
        yaml::Kind::Int | yaml::Kind::Float => format!("the number {}", node.text()),
        yaml::Kind::Null => "null".to_owned(),
    };
    let quoted = if node.kind() == yaml::Kind::Str { "" } else { "; put it in quotes if a text is meant" };
    match inner(ty) {
        Type::String => {
            format!("a text is expected, not {found}{}", if node.is_map() || node.is_seq() { "" } else { quoted })
        }
        Type::Bool => format!("true or false is expected, not {found}"),
        Type::Int32 | Type::Int64 => format!("an integer is expected, not {found}"),
        Type::Uint32 | Type::Uint64 => format!("an integer of 0 or more is expected, not {found}"),
        Type::Double => format!("a number is expected, not {found}"),
        Type::Bytes => format!("base64 is expected, not {found}"),
        Type::Duration => format!("a duration such as 1.5s or 2m is expected, not {found}"),
        Type::Timestamp => format!("a time such as 2026-01-31T12:00:00Z is expected, not {found}"),
        Type::Enum(_) => format!("one of {} is expected, not {found}", enum_names(ty)),
        Type::List(_) => format!("a list is expected, not {found}"),
        Type::Msg(message) => format!("a {} (a mapping) is expected, not {found}", message.short_name()),
        _ => format!("a mapping is expected, not {found}"),
    }
}

/// Reports a key that nobody knows, with the known one it looks like.
pub fn unknown_key<'d, 'k>(
    report: &mut Report<'d>,
    key: Node<'d>,
    message: String,
    known: impl Iterator<Item = &'k str>,
) {
    report.add(Severity::Error, Layer::Decode, "unknown-field", key.into(), message);
    hint(report, key.text(), known);
}

fn hint<'k>(report: &mut Report<'_>, word: &str, known: impl Iterator<Item = &'k str>) {
    if let Some(near) = nearest(word, known) {
        report.hint(format!("did you mean {near}?"));
    }
}
