//! Laws that hold for any document: made-up ones, right and wrong in every way the API tables allow.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Options, Severity, validate_stream};
use crate::api::schema::{Message, Type};
use crate::api::{KINDS, Kind};

/// Texts that rules look for.
const TEXTS: &[&str] = &[
    "",
    "*",
    "a",
    "a.b",
    "*.a.b",
    "ns/a",
    "./*",
    "*/*",
    "~/*",
    "a/b/c",
    "1.2.3.4",
    "10.0.0.0/8",
    "::1",
    "a:80",
    ":",
    "%",
    "%A%",
    "/{*}",
    "{",
    "(",
    "unix:///a",
    "unix://",
    "http",
    "HTTP",
    "TCP",
    "GET",
    "mesh",
    "configmap://default/a",
    "http://a",
    "1s",
    "0s",
    "-5ms",
    "é\u{1}",
    "a,b,",
    "source.ip",
    "request.headers[a]",
    "a == 1",
    "envoy.router",
    "{\"keys\":[{}]}",
    "5xx,503",
    ".",
    "[::1]:80",
];

/// A source of choices that follows from a seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn text(&mut self) -> &'static str {
        TEXTS[self.roll(TEXTS.len())]
    }

    /// A value of a type, once in a while one of another.
    fn value(&mut self, ty: Type, depth: usize) -> Value {
        if self.roll(60) == 0 {
            return [Value::Null, json!(-1), json!("x"), json!([{}]), json!({"a": null}), json!(true), json!(1.5)]
                [self.roll(7)]
            .clone();
        }
        match ty {
            Type::Bool => json!(self.roll(2) == 0),
            Type::Int32 | Type::Int64 | Type::Uint32 | Type::Uint64 => {
                [json!(0), json!(1), json!(80), json!(100), json!(70000), json!("3"), json!(4_294_967_295u64)]
                    [self.roll(7)]
                .clone()
            }
            Type::Double => [json!(0), json!(0.5), json!(200.5), json!("NaN")][self.roll(4)].clone(),
            Type::Duration => ["1s", "1.5s", "0s", "1us", "-1h"][self.roll(5)].into(),
            Type::String | Type::Bytes | Type::Timestamp => self.text().into(),
            Type::Struct => {
                json!({"name": self.text(), "typed_config": {"@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster"}})
            }
            Type::Wrapper(inner) => self.value(*inner, depth),
            Type::Enum(of) => of.values[self.roll(of.values.len())].name.into(),
            Type::Msg(message) => self.message(message, depth + 1),
            Type::List(item) => (0..self.roll(4)).map(|_| self.value(*item, depth)).collect(),
            Type::Map(item) => (0..self.roll(3)).map(|_| (self.text().to_owned(), self.value(*item, depth))).collect(),
            Type::PortMap(item) => {
                (0..self.roll(3)).map(|at| (format!("{}", at * 80), self.value(*item, depth))).collect()
            }
        }
    }

    fn message(&mut self, message: &'static Message, depth: usize) -> Value {
        let mut map = Map::new();
        for field in message.fields {
            // Deep messages stay small.
            if self.roll(2 + depth) < 2 {
                let name = if self.roll(40) == 0 { field.proto_name() } else { None };
                map.insert(name.unwrap_or_else(|| field.name.to_owned()), self.value(field.ty, depth));
            }
        }
        Value::Object(map)
    }

    fn document(&mut self, kind: &Kind) -> Value {
        let version = kind.versions[self.roll(kind.versions.len())];
        json!({
            "apiVersion": format!("{}/{version}", kind.group),
            "kind": kind.name,
            "metadata": {"name": self.text(), "namespace": self.text()},
            "spec": self.message(kind.spec, 0),
        })
    }
}

fn errors(text: &str, compat: bool) -> Vec<String> {
    let options = Options { namespace: "default", istio_namespace: "istio-system", compat };
    let problems = validate_stream(text, options).into_iter().flat_map(|document| document.problems);
    let problems: Vec<_> = problems.inspect(|problem| assert!(problem.span.start <= problem.span.end)).collect();
    let errors = problems.iter().filter(|problem| problem.severity == Severity::Error);
    errors.map(|problem| format!("{} {}", problem.path, problem.code)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn what_the_reference_refuses_our_own_mode_refuses_too(seed: u64) {
        let mut dice = Dice(seed);
        let kind = &KINDS[dice.roll(KINDS.len())];
        let text = dice.document(kind).to_string();
        let strict = errors(&text, true);
        let ours = errors(&text, false);
        prop_assert!(strict.is_empty() || !ours.is_empty(), "{text}: {strict:?}");
        let paths_known = ours.iter().all(|error| error.starts_with("spec") || error.starts_with("metadata"));
        prop_assert!(paths_known, "{text}: {ours:?}");
    }

    #[test]
    fn any_text_is_read_without_a_panic(text in "(?s).{0,400}") {
        errors(&text, true);
        errors(&text, false);
    }
}
