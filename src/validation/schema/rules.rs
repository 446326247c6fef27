//! The expressions of the CRDs, evaluated.
//!
//! A CEL engine could evaluate all of them; the frequent ones have a plain function beside their text, which a test proves to give
//! the same answers. Expressions and patterns are compiled once, when they are first needed.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use kube_cel::KubeCelExt as _;
use kube_cel::cel::objects::{Key, Map};
use kube_cel::cel::{Context, Program, Value};
use regex::Regex;

use crate::api::KINDS;
use crate::api::extensions::{traffic_extension, wasm_plugin};
use crate::api::scalar;
use crate::api::schema::{Field, Message, Rule, Type};
use crate::validation::url;
use crate::yaml::{Kind, Node};

/// Whether a text matches a pattern of a CRD somewhere.
pub fn matches(pattern: &'static str, text: &str) -> bool {
    // A pattern that does not compile here is the API server's business.
    compiled().patterns.get(pattern).is_none_or(|regex| regex.is_match(text))
}

/// Whether an expression is true of a value. An evaluation that fails is false, as for the API server.
pub fn holds(expression: &'static str, node: Node<'_>, ty: Type) -> bool {
    if let Some(plain) = compiled().plain.get(expression) {
        return plain.holds(node);
    }
    evaluate(expression, node, ty)
}

/// What an expression asks for, for people.
pub fn says(expression: &str) -> String {
    if let Some((_, words)) = WORDS.iter().find(|(text, _)| *text == expression) {
        return (*words).to_owned();
    }
    match at_most_one(expression) {
        Some(fields) => format!("at most one of {} can be given", fields.join(", ")),
        None => format!("the value breaks the CRD's rule `{}`", expression.replace('\n', " ")),
    }
}

struct Compiled {
    programs: HashMap<&'static str, OnceLock<Option<Program>>>,
    patterns: HashMap<&'static str, Regex>,
    plain: HashMap<&'static str, Plain>,
}

type Check = fn(Node<'_>) -> bool;

/// A plain form of an expression.
enum Plain {
    Check(Check),
    AtMostOne(Vec<&'static str>),
}

impl Plain {
    fn holds(&self, node: Node<'_>) -> bool {
        match self {
            Plain::Check(check) => check(node),
            Plain::AtMostOne(fields) => fields.iter().filter(|field| has(node, field)).count() <= 1,
        }
    }
}

fn compiled() -> &'static Compiled {
    static COMPILED: OnceLock<Compiled> = OnceLock::new();
    COMPILED.get_or_init(|| {
        let mut compiled = Compiled { programs: HashMap::new(), patterns: HashMap::new(), plain: HashMap::new() };
        for rule in all() {
            match rule {
                Rule::Pattern(pattern) => {
                    if let Ok(regex) = Regex::new(pattern) {
                        compiled.patterns.insert(pattern, regex);
                    }
                }
                rule => {
                    let Some(text) = rule.cel() else { continue };
                    compiled.programs.entry(text).or_default();
                    if let Some((_, check)) = PLAIN.iter().find(|(known, _)| *known == text) {
                        compiled.plain.insert(text, Plain::Check(*check));
                    } else if let Some(fields) = at_most_one(text) {
                        compiled.plain.insert(text, Plain::AtMostOne(fields));
                    }
                }
            }
        }
        compiled
    })
}

/// Every rule of every kind.
fn all() -> Vec<Rule> {
    fn gather(message: &'static Message, seen: &mut Vec<&'static str>, rules: &mut Vec<Rule>) {
        if seen.contains(&message.name) {
            return;
        }
        seen.push(message.name);
        for field in message.fields {
            rules.extend(field.rules.iter().chain(field.item_rules));
            if let Some(inner) = field.ty.message() {
                gather(inner, seen, rules);
            }
        }
    }
    let (mut seen, mut rules) = (Vec::new(), Vec::new());
    for kind in KINDS {
        rules.extend(kind.spec_rules);
        gather(kind.spec, &mut seen, &mut rules);
    }
    rules
}

fn has(node: Node<'_>, field: &str) -> bool {
    node.get(field).is_some_and(|value| !value.is_null())
}

/// The fields of `(has(self.a) ? 1 : 0) + (has(self.b) ? 1 : 0) <= 1`.
fn at_most_one(expression: &str) -> Option<Vec<&str>> {
    let sum = expression.strip_suffix(" <= 1")?;
    sum.split(" + ").map(|term| term.strip_prefix("(has(self.")?.strip_suffix(") ? 1 : 0)")).collect()
}

/// Frequent expressions as plain functions.
const PLAIN: &[(&str, Check)] = &[
    ("duration(self) >= duration('1ms')", |node| scalar::duration(node.text()).is_some_and(|nanos| nanos >= 1_000_000)),
    ("0 < self && self <= 65535", |node| node.as_i64().is_some_and(|port| (1..=65535).contains(&port))),
    (r#"!self.contains("*")"#, |node| !node.text().contains('*')),
    ("self.size() == 0", |node| node.text().is_empty()),
    (r#"self.all(key, !key.contains("*"))"#, |node| node.entries().all(|(key, _)| !key.text().contains('*'))),
    ("self.all(key, key.size() != 0)", |node| node.entries().all(|(key, _)| !key.text().is_empty())),
    (r#"self != "*""#, |node| node.text() != "*"),
    ("has(self.address) || has(self.network)", |node| has(node, "address") || has(node, "network")),
    ("has(self.wasm) != has(self.lua)", |node| has(node, "wasm") != has(node, "lua")),
    (r#"self.startsWith("unix://") ? !self.endsWith("/") : true"#, |node| {
        !(node.text().starts_with("unix://") && node.text().ends_with('/'))
    }),
    (r#"url(self).getScheme() in ["http", "https"]"#, |node| {
        url::request_scheme(node.text()).is_ok_and(|scheme| matches!(scheme.as_str(), "http" | "https"))
    }),
    (wasm_plugin::URL_RULE, |node| is_module_url(node.text())),
    (traffic_extension::URL_RULE, |node| is_module_url(node.text())),
    ("self.all(l1, self.exists_one(l2, l1.number == l2.number))", |node| {
        let mut seen = std::collections::HashSet::new();
        node.items().all(|port| port.get("number").and_then(Node::as_i64).is_some_and(|number| seen.insert(number)))
    }),
];

/// The API server reads URLs as Go does, which no engine here would.
fn is_module_url(text: &str) -> bool {
    let scheme = url::request_scheme(text).or_else(|_| url::request_scheme(&format!("http://{text}")));
    scheme.is_ok_and(|scheme| matches!(scheme.as_str(), "" | "http" | "https" | "oci" | "file"))
}

/// Expressions in words.
const WORDS: &[(&str, &str)] = &[
    ("duration(self) >= duration('1ms')", "the duration must be at least 1ms"),
    ("0 < self && self <= 65535", "a port is between 1 and 65535"),
    (r#"!self.contains("*")"#, "the value must have no wildcard"),
    ("self.size() == 0", "the field must be empty"),
    (r#"self.all(key, !key.contains("*"))"#, "keys must have no wildcard"),
    ("self.all(key, key.size() != 0)", "keys must not be empty"),
    (r#"self != "*""#, "the value must not be `*`"),
    ("has(self.address) || has(self.network)", "address or network must be given"),
    ("has(self.wasm) != has(self.lua)", "exactly one of wasm and lua must be given"),
    ("self.all(l1, self.exists_one(l2, l1.number == l2.number))", "no two ports can have the same number"),
    (r#"self in ["", "HTTP", "HTTPS"]"#, "the scheme must be HTTP or HTTPS"),
    (r#"url(self).getScheme() in ["http", "https"]"#, "the value must be an http or https URL"),
    ("self.all(key, 0 < int(key) && int(key) <= 65535)", "keys must be ports between 1 and 65535"),
    (
        r#"(has(self.address) ? self.address : "").startsWith("unix://") ? !has(self.ports) : true"#,
        "a workload behind a Unix socket has no ports",
    ),
    (
        r#"(has(self.valueFrom) ? self.valueFrom : "") != "HOST" || !has(self.value)"#,
        "a variable with valueFrom HOST takes no value",
    ),
    (
        r#"((has(self.resolution) ? self.resolution : "NONE") == "NONE") ? !has(self.endpoints) : true"#,
        "resolution NONE takes no endpoints",
    ),
    (
        r#"((has(self.resolution) ? self.resolution : "") == "DNS_ROUND_ROBIN") ? ((has(self.endpoints) ? self.endpoints : []).size() <= 1) : true"#,
        "resolution DNS_ROUND_ROBIN takes at most one endpoint",
    ),
    (
        r#"!((has(self.addresses) ? self.addresses : []).exists(k, k.contains("/")) && !((has(self.resolution) ? self.resolution : "NONE") in ["STATIC", "NONE"]))"#,
        "networks as addresses need resolution STATIC or NONE",
    ),
    (
        "has(self.portLevelMtls) ? (((has(self.selector) && has(self.selector.matchLabels)) ? self.selector.matchLabels : {}).size() > 0) : true",
        "portLevelMtls needs a selector with labels",
    ),
    (
        "(has(self.serviceAccounts) || has(self.notServiceAccounts)) ? (!has(self.principals) &&\n!has(self.notPrincipals) && !has(self.namespaces) && !has(self.notNamespaces)) : true",
        "serviceAccounts cannot stand beside principals or namespaces",
    ),
    (
        r#"((has(self.operation) ? self.operation : "") == "UPSERT") ? (self.value != "") : true"#,
        "operation UPSERT needs a value",
    ),
    (
        r#"((has(self.operation) ? self.operation : "") == "REMOVE") ? !has(self.value) : true"#,
        "operation REMOVE takes no value",
    ),
    (
        r#"has(self.context) ? ((self.context == "WAYPOINT") ? has(self.waypoint) : !has(self.waypoint)) : !has(self.waypoint)"#,
        "a waypoint match and context WAYPOINT go together",
    ),
];

fn evaluate(expression: &'static str, node: Node<'_>, ty: Type) -> bool {
    let Some(cell) = compiled().programs.get(expression) else { return true };
    // An expression the engine cannot read is left to the API server.
    let Some(program) = cell.get_or_init(|| Program::compile(expression).ok()) else { return true };
    let mut context = Context::default().with_all();
    context.add_variable_from_value("self", cel_value(node, ty));
    matches!(program.execute(&context), Ok(Value::Bool(true)))
}

fn cel_value(node: Node<'_>, ty: Type) -> Value {
    let map = |entries: Vec<(String, Value)>| {
        let entries = entries.into_iter().map(|(key, value)| (Key::String(Arc::new(key)), value));
        Value::Map(Map { map: Arc::new(entries.collect()) })
    };
    match (node.kind(), ty) {
        (Kind::Null, _) => Value::Null,
        (_, Type::Wrapper(inner)) => cel_value(node, *inner),
        (Kind::Map, Type::Msg(message)) => {
            let known = |key: &str| -> Option<&'static Field> { message.field(key) };
            map(node
                .entries()
                .filter(|(_, value)| !value.is_null())
                .filter_map(|(key, value)| Some((key.text().to_owned(), cel_value(value, known(key.text())?.ty))))
                .collect())
        }
        (Kind::Map, Type::Map(inner) | Type::PortMap(inner)) => {
            map(node.entries().map(|(key, value)| (key.text().to_owned(), cel_value(value, *inner))).collect())
        }
        (Kind::Map, _) => map(Vec::new()),
        (Kind::Seq, Type::List(inner)) => {
            Value::List(Arc::new(node.items().map(|item| cel_value(item, *inner)).collect()))
        }
        (Kind::Seq, _) => Value::List(Arc::new(Vec::new())),
        (Kind::Bool, _) => Value::Bool(node.as_bool().unwrap_or(false)),
        (Kind::Int | Kind::Float, Type::Double) => Value::Float(node.as_f64().unwrap_or(0.0)),
        (Kind::Int | Kind::Float, _) => match node.as_i64() {
            Some(number) => Value::Int(number),
            None => Value::Float(node.as_f64().unwrap_or(0.0)),
        },
        (Kind::Str, _) => Value::String(Arc::new(node.text().to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    #[test]
    fn every_expression_and_pattern_compiles() {
        for rule in all() {
            if let Rule::Pattern(pattern) = rule {
                assert!(Regex::new(pattern).is_ok(), "{pattern}");
            }
            if let Some(text) = rule.cel() {
                assert!(Program::compile(text).is_ok(), "{text}");
            }
        }
    }

    #[test]
    fn words_and_plain_forms_belong_to_expressions_of_the_crds() {
        let known: Vec<&str> = all().into_iter().filter_map(Rule::cel).collect();
        for text in WORDS.iter().map(|(text, _)| text).chain(PLAIN.iter().map(|(text, _)| text)) {
            assert!(known.contains(text), "{text}");
        }
    }

    /// Values, each tried with every expression that a value of its type can have.
    #[test]
    fn plain_forms_agree_with_the_engine() {
        static LIST: Type = Type::Msg(&PORT);
        static PORT: Message = Message { name: "", fields: &[crate::api::schema::field("number", Type::Uint32, "")] };
        let samples: &[(Type, &[&str])] = &[
            (Type::Duration, &["1ms", "0.5ms", "0s", "1h", "-1s", "1s"]),
            (Type::Uint32, &["0", "1", "65535", "65536"]),
            (Type::String, &["''", "'*'", "a*b", "abc", "'unix://'", "'unix:///a/'", "'unix:///a'", "'a/'"]),
            (Type::Map(&Type::String), &["{}", "{a: b}", "{'': b}", "{'a*': b}", "{'*': '*', c: d}"]),
            (Type::List(&LIST), &["[]", "[{number: 1}]", "[{number: 1}, {number: 2}]", "[{number: 1}, {number: 1}]"]),
        ];
        for (ty, texts) in samples {
            for text in *texts {
                let document = yaml::parse_document(text).unwrap();
                for (expression, plain) in PLAIN {
                    let suits = match ty {
                        Type::Duration => expression.contains("duration"),
                        Type::Uint32 => expression.starts_with("0 <"),
                        Type::Map(_) => expression.contains("key"),
                        Type::List(_) => expression.contains("exists_one"),
                        // About URLs the engine has another opinion.
                        _ => !["duration", "0 <", "key", "exists_one", "has(", "rl(self"]
                            .iter()
                            .any(|part| expression.contains(part)),
                    };
                    if suits {
                        assert_eq!(
                            plain(document.root()),
                            evaluate(expression, document.root(), *ty),
                            "{expression} of {text}"
                        );
                    }
                }
            }
        }
        let spec = Type::Msg(&crate::api::extensions::traffic_extension::TRAFFIC_EXTENSION);
        let entry = Type::Msg(&crate::api::networking::workload_entry::WORKLOAD_ENTRY);
        for (ty, texts) in [
            (spec, ["{}", "{wasm: {}}", "{lua: {}, wasm: {}}", "{selector: {}, targetRefs: []}"]),
            (entry, ["{}", "{address: a}", "{network: b}", "{address: a, network: null}"]),
        ] {
            for text in texts {
                let document = yaml::parse_document(text).unwrap();
                let of_entry = |expression: &str| expression.contains("self.address");
                for (expression, plain) in &compiled().plain {
                    let is_entry = ty.message().is_some_and(|message| message.name.ends_with("WorkloadEntry"));
                    let suits = expression.contains("has(")
                        && of_entry(expression) == is_entry
                        && ["selector", "wasm", "address"]
                            .iter()
                            .any(|field| expression.contains(&format!("self.{field}")))
                        && !expression.contains("targetRef)");
                    if suits {
                        assert_eq!(
                            plain.holds(document.root()),
                            evaluate(expression, document.root(), ty),
                            "{expression} of {text}"
                        );
                    }
                }
            }
        }
    }
}
