//! JSON schemas for editors: completion, docs on hover and red lines while a document is written.
//!
//! They are as strict as the CRDs in names and values, and stricter in one thing: keys that nobody knows are errors.

use serde_json::{Map, Value, json};

use super::crd::one_ofs;
use super::schema::{Field, Message, Rule, Type};
use super::{KINDS, Kind};

const DIALECT: &str = "http://json-schema.org/draft-07/schema#";

/// The schema of the documents of one kind.
pub fn of_kind(kind: &Kind) -> Value {
    let mut definitions = Map::new();
    let document = document(kind, &mut definitions);
    json!({"$schema": DIALECT, "title": kind.name, "allOf": [document], "definitions": definitions})
}

/// One schema for the documents of all kinds. Documents of other kinds pass.
pub fn of_all() -> Value {
    let mut definitions = Map::new();
    let choices: Vec<Value> = KINDS
        .iter()
        .map(|kind| {
            let of_this = json!({
                "required": ["apiVersion", "kind"],
                "properties": {"apiVersion": {"enum": versions(kind)}, "kind": {"const": kind.name}},
            });
            json!({"if": of_this, "then": document(kind, &mut definitions)})
        })
        .collect();
    json!({"$schema": DIALECT, "title": "Istio resources", "type": "object", "allOf": choices, "definitions": definitions})
}

fn versions(kind: &Kind) -> Vec<String> {
    kind.versions.iter().map(|version| format!("{}/{version}", kind.group)).collect()
}

fn document(kind: &Kind, definitions: &mut Map<String, Value>) -> Value {
    let mut required = vec!["apiVersion", "kind", "metadata"];
    if kind.spec_required {
        required.push("spec");
    }
    json!({
        "type": "object",
        "description": kind.doc,
        "properties": {
            "apiVersion": {"enum": versions(kind)},
            "kind": {"const": kind.name},
            "metadata": {"type": "object"},
            "spec": reference(kind.spec, definitions),
            "status": {"type": "object"},
        },
        "required": required,
        "additionalProperties": false,
    })
}

/// A reference to the schema of a message, which is made the first time.
fn reference(message: &'static Message, definitions: &mut Map<String, Value>) -> Value {
    let name = message.name.strip_prefix("istio.").unwrap_or(message.name);
    if !definitions.contains_key(name) {
        // Messages may contain themselves, so the place is taken first.
        definitions.insert(name.to_owned(), Value::Null);
        let made = object(message, definitions);
        definitions.insert(name.to_owned(), made);
    }
    json!({"$ref": format!("#/definitions/{name}")})
}

fn object(message: &'static Message, definitions: &mut Map<String, Value>) -> Value {
    let mut properties = Map::new();
    for field in message.fields {
        properties.insert(field.name.to_owned(), property(field, definitions));
    }
    let mut schema = json!({"type": "object", "properties": properties, "additionalProperties": false});
    let required: Vec<&str> = message.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    if !required.is_empty() {
        schema["required"] = required.into();
    }
    let pairs: Vec<Value> = one_ofs(message).into_iter().flat_map(|(_, members)| excluded_pairs(&members)).collect();
    if !pairs.is_empty() {
        schema["not"] = json!({"anyOf": pairs});
    }
    schema
}

/// Every two members of a oneof, which must not stand together.
fn excluded_pairs(members: &[&str]) -> Vec<Value> {
    let pairs =
        members.iter().enumerate().flat_map(|(at, one)| members.iter().skip(at + 1).map(move |other| (one, other)));
    pairs.map(|(one, other)| json!({"required": [one, other]})).collect()
}

fn property(field: &'static Field, definitions: &mut Map<String, Value>) -> Value {
    let mut schema = of_type(field.ty, field.item_rules, definitions);
    apply(&mut schema, field.rules);
    let mut description = field.doc.to_owned();
    for (word, text) in [("Default", field.default), ("Since", field.since)] {
        if !text.is_empty() {
            description.push_str(&format!("{}{word}: {text}", if description.is_empty() { "" } else { ". " }));
        }
    }
    let mut about = Map::new();
    if !description.is_empty() {
        about.insert("description".to_owned(), description.into());
    }
    if field.deprecated {
        about.insert("deprecated".to_owned(), true.into());
    }
    match schema {
        // Beside a reference nothing else counts in this dialect.
        Value::Object(schema) if schema.contains_key("$ref") => {
            about.insert("allOf".to_owned(), json!([schema]));
            Value::Object(about)
        }
        Value::Object(mut schema) => {
            schema.extend(about);
            Value::Object(schema)
        }
        other => other,
    }
}

fn of_type(ty: Type, item_rules: &'static [Rule], definitions: &mut Map<String, Value>) -> Value {
    match ty {
        Type::Bool => json!({"type": "boolean"}),
        Type::Int32 => json!({"type": "integer", "minimum": i32::MIN, "maximum": i32::MAX}),
        Type::Int64 => json!({"type": "integer"}),
        Type::Uint32 => json!({"type": "integer", "minimum": 0, "maximum": u32::MAX}),
        Type::Uint64 => json!({"type": "integer", "minimum": 0}),
        Type::Double => json!({"type": "number"}),
        Type::String | Type::Bytes => json!({"type": "string"}),
        Type::Duration => {
            json!({"type": "string", "pattern": "^[-+]?(0|(([0-9]+\\.?[0-9]*|\\.[0-9]+)(h|m|s|ms|us|µs|ns))+)$"})
        }
        Type::Timestamp => json!({"type": "string", "format": "date-time"}),
        Type::Struct => json!({"type": "object"}),
        Type::Enum(of) => json!({"enum": of.values.iter().map(|value| value.name).collect::<Vec<_>>()}),
        Type::Msg(message) => reference(message, definitions),
        Type::Wrapper(inner) => {
            let mut schema = of_type(*inner, &[], definitions);
            schema["type"] = json!([schema["type"].clone(), "null"]);
            schema
        }
        Type::List(item) => {
            let mut items = of_type(*item, &[], definitions);
            apply(&mut items, item_rules);
            json!({"type": "array", "items": items})
        }
        Type::Map(value) | Type::PortMap(value) => {
            let mut values = of_type(*value, &[], definitions);
            apply(&mut values, item_rules);
            json!({"type": "object", "additionalProperties": values})
        }
    }
}

fn apply(schema: &mut Value, rules: &[Rule]) {
    for rule in rules {
        if *rule == Rule::PortNumber {
            schema["minimum"] = 1.into();
            schema["maximum"] = 65535.into();
        }
        // Editors know no CEL.
        if let Some((keyword, value)) = rule.keyword() {
            schema[keyword] = value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn valid(schema: &Value, text: &str) -> bool {
        jsonschema::validator_for(schema).unwrap().is_valid(&yaml::from_str(text).unwrap())
    }

    const ROUTE: &str = "{apiVersion: networking.istio.io/v1, kind: VirtualService, metadata: {name: a}, spec: ";

    #[test]
    fn an_editor_sees_typing_errors() {
        let schema = of_all();
        for spec in
            ["{hosts: [a], http: [{timeout: 1.5s, retries: {attempts: 2}}]}", "{http: [{match: [{uri: {prefix: /}}]}]}"]
        {
            assert!(valid(&schema, &format!("{ROUTE}{spec}}}")), "{spec}");
        }
        for spec in
            ["{host: [a]}", "{http: [{timeout: 5}]}", "{http: [{match: [{uri: {prefix: /, exact: /}}]}]}", "{hosts: a}"]
        {
            assert!(!valid(&schema, &format!("{ROUTE}{spec}}}")), "{spec}");
        }
        assert!(valid(&schema, "{apiVersion: v1, kind: Service, anything: 1}"));
    }

    #[test]
    fn every_kind_has_a_schema_that_is_one() {
        for kind in KINDS {
            assert!(jsonschema::validator_for(&of_kind(kind)).is_ok(), "{}", kind.name);
        }
    }
}
