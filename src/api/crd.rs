//! CustomResourceDefinitions made from the API tables.
//!
//! [`all`] is the text of `profiles/charts/base/files/crd-all.gen.yaml`; a test keeps that file equal to it.

use serde_json::{Map, Value, json};

use super::schema::{Field, Message, Rule, Type};
use super::status::ISTIO_STATUS;
use super::{KINDS, Kind};

/// The CRD of a kind.
pub fn definition(kind: &Kind) -> Value {
    let mut labels = json!({"app": "istio-pilot", "chart": "istio", "heritage": "Tiller", "release": "istio"});
    if !kind.label.is_empty() {
        labels["istio"] = kind.label.into();
    }
    let (family, _) = kind.group.split_once('.').unwrap_or((kind.group, ""));
    let mut names = json!({
        "categories": ["istio-io", format!("{family}-istio-io")],
        "kind": kind.name,
        "listKind": format!("{}List", kind.name),
        "plural": kind.plural,
        "singular": kind.name.to_ascii_lowercase(),
    });
    if !kind.short.is_empty() {
        names["shortNames"] = json!([kind.short]);
    }
    let schema = openapi(kind);
    let versions: Vec<Value> = kind.versions.iter().map(|version| served(kind, version, &schema)).collect();
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "annotations": {"helm.sh/resource-policy": "keep"},
            "labels": labels,
            "name": format!("{}.{}", kind.plural, kind.group),
        },
        "spec": {"group": kind.group, "names": names, "scope": "Namespaced", "versions": versions},
    })
}

fn served(kind: &Kind, version: &str, schema: &Value) -> Value {
    let mut served = json!({
        "name": version,
        "schema": {"openAPIV3Schema": schema},
        "served": true,
        "storage": version == kind.storage,
        "subresources": {"status": {}},
    });
    if !kind.columns.is_empty() {
        served["additionalPrinterColumns"] =
            kind.columns.iter().map(|(name, path, ty)| json!({"jsonPath": path, "name": name, "type": ty})).collect();
    }
    served
}

/// The OpenAPI schema of a whole object of a kind, the same for all its versions.
pub fn openapi(kind: &Kind) -> Value {
    let mut spec = message(kind.spec, Place::Spec);
    apply(&mut spec, kind.spec_rules);
    spec.insert("description".into(), kind.doc.into());
    let mut status = message(&ISTIO_STATUS, Place::Status);
    status.insert("x-kubernetes-preserve-unknown-fields".into(), true.into());
    let mut object = json!({"properties": {"spec": spec, "status": status}, "type": "object"});
    if kind.spec_required {
        object["required"] = json!(["spec"]);
    }
    object
}

/// Where in the object a schema stands. Generations in a status may be quoted by old writers.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    Spec,
    Status,
}

fn message(message: &Message, place: Place) -> Map<String, Value> {
    let mut schema = Map::new();
    schema.insert("type".into(), "object".into());
    let mut properties: Vec<(String, Value)> = Vec::with_capacity(message.fields.len());
    for field in message.fields {
        let described = property(field, place);
        if field.proto_in_crd
            && let Some(name) = field.proto_name()
        {
            properties.push((name, described.clone()));
        }
        properties.push((field.name.to_owned(), described));
    }
    properties.sort_by(|a, b| a.0.cmp(&b.0));
    if !properties.is_empty() {
        schema.insert("properties".into(), Value::Object(properties.into_iter().collect()));
    }
    let required: Vec<&str> = message.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    if !required.is_empty() {
        schema.insert("required".into(), required.into());
    }
    let mut choices: Vec<Value> = one_ofs(message).into_iter().map(|(_, members)| choice(&members)).collect();
    match choices.len() {
        0 => {}
        1 => {
            schema.insert("oneOf".into(), choices.remove(0));
        }
        _ => {
            schema.insert("allOf".into(), choices.into_iter().map(|choice| json!({"oneOf": choice})).collect());
        }
    }
    schema
}

/// The oneof groups of a message with their members, in order.
pub fn one_ofs(message: &Message) -> Vec<(&'static str, Vec<&'static str>)> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for field in message.fields.iter().filter(|field| !field.one_of.is_empty()) {
        match groups.iter_mut().find(|(name, _)| *name == field.one_of) {
            Some((_, members)) => members.push(field.name),
            None => groups.push((field.one_of, vec![field.name])),
        }
    }
    groups
}

/// "None of these, or exactly one of them" in OpenAPI.
fn choice(members: &[&str]) -> Value {
    let each: Vec<Value> = members.iter().map(|member| json!({"required": [member]})).collect();
    let mut branches = vec![json!({"not": {"anyOf": each}})];
    branches.extend(each);
    branches.into()
}

fn property(field: &Field, place: Place) -> Value {
    let mut schema = of_type(field.ty, place, field.item_rules);
    apply(&mut schema, field.rules);
    if !field.doc.is_empty() {
        schema.insert("description".into(), format!("{}.", field.doc.trim_end_matches('.')).into());
    }
    Value::Object(schema)
}

fn of_type(ty: Type, place: Place, item_rules: &[Rule]) -> Map<String, Value> {
    let schema = match ty {
        Type::Bool => json!({"type": "boolean"}),
        Type::Int32 => json!({"type": "integer", "format": "int32"}),
        Type::Int64 if place == Place::Status => {
            json!({"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": true})
        }
        Type::Int64 => json!({"type": "integer"}),
        Type::Uint32 => json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
        Type::Uint64 => json!({"type": "integer", "minimum": 0}),
        Type::Double => json!({"type": "number", "format": "double"}),
        Type::String | Type::Duration => json!({"type": "string"}),
        Type::Bytes => json!({"type": "string", "format": "byte"}),
        Type::Timestamp => json!({"type": "string", "format": "date-time"}),
        Type::Struct => json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}),
        Type::Enum(of) => {
            json!({"type": "string", "enum": of.values.iter().map(|value| value.name).collect::<Vec<_>>()})
        }
        Type::Msg(inner) => return message(inner, place),
        Type::Wrapper(inner) => {
            let mut schema = of_type(*inner, place, item_rules);
            schema.insert("nullable".into(), true.into());
            return schema;
        }
        Type::List(item) => json!({"type": "array", "items": ruled(*item, place, item_rules)}),
        Type::Map(value) | Type::PortMap(value) => {
            json!({"type": "object", "additionalProperties": ruled(*value, place, item_rules)})
        }
    };
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

fn ruled(ty: Type, place: Place, rules: &[Rule]) -> Value {
    let mut schema = of_type(ty, place, &[]);
    apply(&mut schema, rules);
    Value::Object(schema)
}

fn apply(schema: &mut Map<String, Value>, rules: &[Rule]) {
    for rule in rules {
        if let Some((keyword, value)) = rule.keyword() {
            schema.insert(keyword.into(), value);
        }
        if let Rule::UniqueBy(key) = rule {
            schema.insert("x-kubernetes-list-type".into(), "map".into());
            schema.insert("x-kubernetes-list-map-keys".into(), json!([key]));
        }
    }
    let expressions: Vec<Value> = rules.iter().filter_map(|rule| rule.cel()).map(validation).collect();
    if !expressions.is_empty() {
        schema.insert("x-kubernetes-validations".into(), expressions.into());
    }
}

/// A CEL rule. The API server takes a rule of several lines only with a message of one.
fn validation(rule: &str) -> Value {
    if rule.contains('\n') {
        let line = rule.split_whitespace().collect::<Vec<_>>().join(" ");
        json!({"rule": rule, "message": format!("must satisfy: {line}")})
    } else {
        json!({"rule": rule})
    }
}

/// Every CRD, in the order of [`KINDS`].
pub fn all() -> impl Iterator<Item = Value> {
    KINDS.iter().map(definition)
}

/// Every CRD as one YAML file.
pub fn file() -> String {
    let mut text =
        String::from("# Made from the API types in src/api; `BLESS=1 cargo test --test generated` renews it.\n");
    for definition in all() {
        text.push_str("---\n");
        text.push_str(&crate::yaml::to_string(&definition));
    }
    text
}
