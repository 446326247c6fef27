//! Field docs: what a kind or a field of it is for, as `explain` shows it.

use std::fmt::Write as _;

use super::mesh::config::MESH_CONFIG;
use super::mesh::networks::MESH_NETWORKS;
use super::schema::{Enum, Field, Message, Rule, Type};
use super::{Kind, find_by_word};

/// Why there is nothing to explain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no kind {0:?}")]
    NoKind(String),
    #[error("{path} has no field {field:?}")]
    NoField { path: String, field: String, fields: Vec<&'static str> },
}

/// Messages that have docs though they are no kinds.
const CONFIGURATIONS: &[(&str, &Message, &str)] = &[
    (
        "MeshConfig",
        &MESH_CONFIG,
        "The settings of the whole mesh, in the ConfigMap `istio` and in `spec.meshConfig` of an IstioOperator.",
    ),
    ("MeshNetworks", &MESH_NETWORKS, "Which endpoints and gateways belong to which network."),
];

/// The page of a kind, or of a field by its path: `VirtualService.spec.http.match`. `spec` may be left out, list positions too.
///
/// # Errors
/// When there is no such kind or field.
pub fn page(path: &str) -> Result<String, Error> {
    let mut words = path.split('.').map(|word| word.split('[').next().unwrap_or_default());
    let first = words.next().unwrap_or_default();
    let (title, message, doc) = root(first).ok_or_else(|| Error::NoKind(first.to_owned()))?;
    let mut at = title.to_owned();
    let mut message = Some(message);
    let mut field: Option<&Field> = None;
    let mut first = true;
    for word in words {
        if std::mem::take(&mut first) && word == "spec" {
            at.push_str(".spec");
            continue;
        }
        let fields = message.map_or(&[][..], |message| message.fields);
        let found = fields.iter().find(|field| field.name == word || field.has_proto_name(word));
        let Some(found) = found else {
            let fields = fields.iter().map(|field| field.name).collect();
            return Err(Error::NoField { path: at, field: word.to_owned(), fields });
        };
        let _ = write!(at, ".{}", found.name);
        field = Some(found);
        message = found.ty.message();
    }
    let mut text = String::new();
    match field {
        None => {
            let _ = writeln!(text, "{at}\n\n  {doc}");
            if let Some(kind) = find_by_word(title) {
                kind_facts(&mut text, kind);
            }
        }
        Some(field) => {
            let _ = writeln!(text, "{at}  {}\n", field.ty.label());
            if !field.doc.is_empty() {
                let _ = writeln!(text, "  {}.", field.doc);
            }
            facts(&mut text, field);
        }
    }
    if let Some(message) = message {
        fields_table(&mut text, message);
    }
    Ok(text)
}

/// Whether a word names something that has a page.
pub fn is_known(word: &str) -> bool {
    root(word.split('.').next().unwrap_or_default()).is_some()
}

/// The names of everything that has a page.
pub fn names() -> impl Iterator<Item = &'static str> {
    super::KINDS.iter().map(|kind| kind.name).chain(CONFIGURATIONS.iter().map(|(name, ..)| *name))
}

fn root(word: &str) -> Option<(&'static str, &'static Message, &'static str)> {
    let configuration = CONFIGURATIONS.iter().find(|(name, ..)| name.eq_ignore_ascii_case(word));
    configuration.copied().or_else(|| find_by_word(word).map(|kind| (kind.name, kind.spec, kind.doc)))
}

fn kind_facts(text: &mut String, kind: &Kind) {
    let versions: Vec<String> = kind.versions.iter().map(|version| format!("{}/{version}", kind.group)).collect();
    let _ = writeln!(text, "\n  apiVersion  {}", versions.join(", "));
    if !kind.short.is_empty() {
        let _ = writeln!(text, "  short name  {}", kind.short);
    }
}

fn facts(text: &mut String, field: &Field) {
    let mut lines: Vec<(&str, String)> = Vec::new();
    if let Some(of) = enumeration(field.ty) {
        let name = |value: &super::schema::EnumValue| match value.since {
            "" => value.name.to_owned(),
            since => format!("{} (since {since})", value.name),
        };
        lines.push(("values", of.values.iter().map(name).collect::<Vec<_>>().join(", ")));
    }
    if !field.default.is_empty() {
        lines.push(("default", field.default.to_owned()));
    }
    if field.required {
        lines.push(("required", "yes".to_owned()));
    }
    if !field.one_of.is_empty() {
        lines.push(("excludes", format!("the other members of {}", field.one_of)));
    }
    if field.deprecated {
        lines.push(("deprecated", "yes".to_owned()));
    }
    if !field.since.is_empty() {
        lines.push(("since", field.since.to_owned()));
    }
    let limits: Vec<String> = field.rules.iter().filter_map(|rule| limit(*rule)).collect();
    if !limits.is_empty() {
        lines.push(("limits", limits.join(", ")));
    }
    if !lines.is_empty() {
        text.push('\n');
    }
    for (name, value) in lines {
        let _ = writeln!(text, "  {name:<11} {value}");
    }
}

fn enumeration(ty: Type) -> Option<&'static Enum> {
    match ty {
        Type::Enum(of) => Some(of),
        Type::List(item) | Type::Map(item) | Type::PortMap(item) | Type::Wrapper(item) => enumeration(*item),
        _ => None,
    }
}

fn limit(rule: Rule) -> Option<String> {
    Some(match rule {
        Rule::AtLeast1Ms => "1ms or more".to_owned(),
        Rule::PortNumber => "1 to 65535".to_owned(),
        Rule::Pattern(pattern) => format!("matches {pattern}"),
        Rule::Minimum(limit) => format!("at least {limit}"),
        Rule::Maximum(limit) => format!("at most {limit}"),
        Rule::MinLength(limit) => format!("at least {limit} characters"),
        Rule::MaxLength(limit) => format!("at most {limit} characters"),
        Rule::MinItems(limit) | Rule::MinProperties(limit) => format!("at least {limit} entries"),
        Rule::MaxItems(limit) | Rule::MaxProperties(limit) => format!("at most {limit} entries"),
        Rule::UniqueBy(key) => format!("no two with the same {key}"),
        Rule::Cel(_) => return None,
    })
}

fn fields_table(text: &mut String, message: &Message) {
    if message.fields.is_empty() {
        return;
    }
    let width = message.fields.iter().map(|field| field.name.len()).max().unwrap_or(0);
    let types: Vec<String> = message.fields.iter().map(|field| field.ty.label()).collect();
    let type_width = types.iter().map(String::len).max().unwrap_or(0);
    text.push_str("\nFields\n");
    for (field, ty) in message.fields.iter().zip(&types) {
        let mut doc = field.doc.to_owned();
        if let (true, Some(of)) = (doc.is_empty(), enumeration(field.ty)) {
            doc = of.values.iter().map(|value| value.name).collect::<Vec<_>>().join(", ");
        }
        if field.deprecated {
            doc.push_str(" (deprecated)");
        }
        if field.required {
            doc.push_str(" (required)");
        }
        let _ = writeln!(text, "  {:width$}  {ty:type_width$}  {doc}", field.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_path() {
        let text = page("vs.http[0].timeout").unwrap();
        assert_eq!(
            text,
            "VirtualService.http.timeout  Duration\n\n  Overall request timeout.\n\n  default     disabled\n  limits      1ms or more\n"
        );
        let fields = page("PeerAuthentication.spec.mtls").unwrap();
        assert!(fields.contains("\nFields\n  mode  enum  UNSET, DISABLE, PERMISSIVE, STRICT\n"), "{fields}");
    }

    #[test]
    fn what_is_not_there_is_told() {
        assert_eq!(page("Nope"), Err(Error::NoKind("Nope".into())));
        let error = page("Gateway.spec.server").unwrap_err();
        let fields = vec!["servers", "selector"];
        assert_eq!(error, Error::NoField { path: "Gateway.spec".into(), field: "server".into(), fields });
    }

    #[test]
    fn every_kind_and_field_has_a_page() {
        fn walk(message: &'static Message, path: &str, seen: &mut Vec<&'static str>) {
            if seen.contains(&message.name) {
                return;
            }
            seen.push(message.name);
            for field in message.fields {
                let path = format!("{path}.{}", field.name);
                assert!(page(&path).is_ok(), "{path}");
                assert!(!field.doc.is_empty() || enumeration(field.ty).is_some(), "{path} has no doc");
                if let Some(inner) = field.ty.message() {
                    walk(inner, &path, seen);
                }
            }
        }
        for name in names() {
            let (_, message, doc) = root(name).unwrap();
            assert!(!doc.is_empty());
            walk(message, name, &mut Vec::new());
        }
    }
}
