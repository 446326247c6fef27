//! JSON to canonical messages, by protojson's rules: names in snake_case or camelCase, numbers as strings, enums by name
//! or number, `null` as unset; duplicate fields, two members of a oneof and wrong kinds are errors that name their path.
//!
//! What the schema does not know is never an error: an `Any` of an unknown type is kept as it stands, an unknown field or
//! enum name is left out and noted.

mod scalar;

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::json::{Json, Number};
use super::schema::{Element, Field, Kind, MessageId, Scalar, Schema};
use super::value::Value;
use super::well_known as known;
pub use scalar::wrapped;
use scalar::{integer, map_key, read_scalar};
pub(super) use scalar::{is_default, sort_map};

/// Why JSON is not the message it should be, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", if path.is_empty() { String::new() } else { format!("{path}: ") })]
pub struct DecodeError {
    /// Such as `dynamic_listeners[3].active_state.listener`.
    pub path: String,
    pub message: String,
}

/// Reads messages and remembers what it left out.
#[derive(Debug)]
pub struct Decoder {
    schema: &'static Schema,
    /// Print of an unknown `Any` its type only, as the reference does in diffs.
    pub drop_unknown_content: bool,
    /// By the rules of the older reader: `null` in a list is a message with nothing set, and an enum's unknown name is
    /// an error.
    pub by_older_rules: bool,
    /// `MESSAGE: field NAME` or `ENUM: value NAME`, of everything that was unknown.
    pub unknown: BTreeSet<String>,
}

type Entries<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

impl Default for Decoder {
    fn default() -> Self {
        Decoder { schema: Schema::get(), drop_unknown_content: false, by_older_rules: false, unknown: BTreeSet::new() }
    }
}

impl Decoder {
    /// Reads a message of the type with this full name. An unknown type is kept as it stands.
    pub fn message<'a>(&mut self, json: Json<'a>, name: &str) -> Result<Value<'a>, DecodeError> {
        match self.schema.find(name) {
            Some(id) => self.typed(json, id),
            None => Ok(as_it_stands(json)),
        }
    }

    /// Reads what an `Any` holds as a message of this type, whatever type it names, as the reference does with the
    /// resources of a dump.
    pub fn content<'a>(&mut self, mut json: Json<'a>, name: &str) -> Result<Value<'a>, DecodeError> {
        if let Json::Object(entries) = &mut json {
            entries.retain(|(key, _)| key != "@type");
        }
        self.message(json, name)
    }

    /// Reads an `Any` whose type is overwritten by `name`.
    pub fn forced<'a>(&mut self, json: Json<'a>, name: &str) -> Result<Value<'a>, DecodeError> {
        match self.content(json, name)? {
            Value::Object(mut fields) => {
                fields.insert(0, (Cow::Borrowed("@type"), Value::Text(format!("{TYPE_PREFIX}{name}").into())));
                Ok(Value::Object(fields))
            }
            other => Ok(other),
        }
    }

    /// Reads an `Any`: its type's fields after `@type`.
    pub fn any<'a>(&mut self, json: Json<'a>) -> Result<Value<'a>, DecodeError> {
        let entries = object(json)?;
        let mut types = entries.iter().filter(|(key, _)| key == "@type");
        let url = match (types.next(), types.next()) {
            (None, _) => return Ok(as_it_stands(Json::Object(entries))),
            (Some(_), Some(_)) => return Err(fail("duplicate \"@type\"")),
            (Some((_, Json::Text(url))), None) => url.clone(),
            (Some((_, other)), None) => return Err(wrong_kind("a string", other).under("@type")),
        };
        let name = url.rsplit('/').next().unwrap_or_default();
        let Some(id) = self.schema.find(name) else {
            let content = if self.drop_unknown_content { Vec::new() } else { entries };
            return Ok(type_first(url, content));
        };
        let rest: Entries = entries.into_iter().filter(|(key, _)| key != "@type").collect();
        let head = (Cow::Borrowed("@type"), Value::Text(url.clone()));
        if has_own_form(name) {
            let mut fields = vec![head];
            for (key, value) in rest {
                if key == "value" && name != "google.protobuf.Empty" {
                    fields.push((Cow::Borrowed("value"), self.typed(value, id).map_err(|e| e.under("value"))?));
                }
            }
            if fields.len() == 1 && name == "google.protobuf.Empty" {
                fields.push((Cow::Borrowed("value"), Value::Object(Vec::new())));
            }
            return Ok(Value::Object(fields));
        }
        match self.typed(Json::Object(rest), id)? {
            Value::Object(mut fields) => {
                fields.insert(0, head);
                Ok(Value::Object(fields))
            }
            other => Ok(other),
        }
    }

    fn typed<'a>(&mut self, json: Json<'a>, id: MessageId) -> Result<Value<'a>, DecodeError> {
        let message = self.schema.message(id);
        if let Some(own) = self.own_form(&json, message.name) {
            return own.map(|form| form.unwrap_or_else(|| as_it_stands(json)));
        }
        if message.name == "google.protobuf.Any" {
            return self.any(json);
        }
        let mut fields: Vec<(usize, Value<'a>)> = Vec::new();
        let mut seen: Vec<usize> = Vec::new();
        let mut oneofs: Vec<u8> = Vec::new();
        for (key, json) in object(json)? {
            let Some((index, field)) = message.field(&key) else {
                self.unknown.insert(format!("{}: field {key}", message.name));
                continue;
            };
            if seen.contains(&index) {
                return Err(fail("given twice").under(&key));
            }
            seen.push(index);
            if matches!(json, Json::Null) && !self.keeps_null(field) {
                continue;
            }
            if field.oneof > 0 {
                if oneofs.contains(&field.oneof) {
                    return Err(fail("another member of the same oneof is set, too").under(&key));
                }
                oneofs.push(field.oneof);
            }
            if let Some(value) = self.field(json, field).map_err(|error| error.under(&key))? {
                fields.push((index, value));
            }
        }
        fields.sort_by_key(|(index, _)| *index);
        let name = |index: usize| message.fields.get(index).map_or("", |field| &*field.json);
        Ok(Value::Object(fields.into_iter().map(|(index, value)| (Cow::Borrowed(name(index)), value)).collect()))
    }

    /// A field's value; `None` where it is unset or has its default.
    fn field<'a>(&mut self, json: Json<'a>, field: &Field) -> Result<Option<Value<'a>>, DecodeError> {
        match field.kind {
            Kind::Map(key, element) => {
                let map = self.map(object(json)?, key, element)?;
                Ok((!map.is_empty()).then_some(Value::Object(map)))
            }
            kind if field.list => {
                let Json::List(items) = json else { return Err(wrong_kind("a list", &json)) };
                let mut list = Vec::with_capacity(items.len());
                for (index, item) in items.into_iter().enumerate() {
                    let value = match item {
                        Json::Null if !self.keeps_null(field) => match kind {
                            Kind::Message(_) if self.by_older_rules => self.single(Json::Object(Vec::new()), kind),
                            _ => Err(fail("a list has no place for null")),
                        },
                        item => self.single(item, kind),
                    };
                    list.extend(value.map_err(|error| error.at(index))?);
                }
                Ok((!list.is_empty()).then_some(Value::List(list)))
            }
            kind => {
                Ok(self.single(json, kind)?.filter(|value| field.presence || !is_default(value, kind, self.schema)))
            }
        }
    }

    fn single<'a>(&mut self, json: Json<'a>, kind: Kind) -> Result<Option<Value<'a>>, DecodeError> {
        match kind {
            Kind::Scalar(scalar) => read_scalar(json, scalar).map(Some),
            Kind::Message(id) => self.typed(json, id).map(Some),
            Kind::Enum(id) => {
                let enumeration = self.schema.enumeration(id);
                if enumeration.name == "google.protobuf.NullValue" {
                    return Ok(Some(Value::Null));
                }
                match json {
                    Json::Text(name) => match enumeration.number_of(&name) {
                        Some(number) => Ok(Some(enumeration.name_of(number).map_or(Value::Text(name), text))),
                        None if self.by_older_rules => {
                            Err(fail(format!("unknown value {name:?} for enum {}", enumeration.name)))
                        }
                        None => {
                            self.unknown.insert(format!("{}: value {name}", enumeration.name));
                            Ok(None)
                        }
                    },
                    Json::Number(number) => {
                        let number = integer(number, i32::MIN.into(), i32::MAX.into())?;
                        let name = i32::try_from(number).ok().and_then(|number| enumeration.name_of(number));
                        Ok(Some(name.map_or(Value::Int(number as i64), text)))
                    }
                    other => Err(wrong_kind("the name or number of an enum value", &other)),
                }
            }
            // Not reached: a map is no element of another.
            Kind::Map(..) => Ok(None),
        }
    }

    fn map<'a>(
        &mut self,
        entries: Entries<'a>,
        key_kind: Scalar,
        element: Element,
    ) -> Result<Vec<(Cow<'a, str>, Value<'a>)>, DecodeError> {
        let kind = match element {
            Element::Scalar(scalar) => Kind::Scalar(scalar),
            Element::Enum(id) => Kind::Enum(id),
            Element::Message(id) => Kind::Message(id),
        };
        let mut map = Vec::with_capacity(entries.len());
        for (key, json) in entries {
            let canonical = if key_kind == Scalar::String { key.clone() } else { map_key(&key, key_kind)? };
            let value = self.single(json, kind).map_err(|error| error.key(&key))?;
            map.extend(value.map(|value| (canonical, value)));
        }
        sort_map(&mut map, key_kind);
        match map.array_windows().find(|[(first, _), (second, _)]| first == second) {
            Some([(key, _), _]) => Err(fail("given twice").key(key)),
            None => Ok(map),
        }
    }

    fn keeps_null(&self, field: &Field) -> bool {
        match field.kind {
            Kind::Message(id) => self.schema.message(id).name == "google.protobuf.Value",
            Kind::Enum(id) => self.schema.enumeration(id).name == "google.protobuf.NullValue",
            _ => false,
        }
    }

    /// The message types whose JSON is not an object of their fields. `Some(Ok(None))`: keep it as it stands.
    #[allow(clippy::type_complexity)]
    fn own_form<'a>(&self, json: &Json<'a>, name: &str) -> Option<Result<Option<Value<'a>>, DecodeError>> {
        let rest = name.strip_prefix("google.protobuf.")?;
        let as_text = |what: &str| match json {
            Json::Text(text) => Ok(text.clone()),
            other => Err(wrong_kind(what, other)),
        };
        let value = match rest {
            "Duration" => as_text("a duration").and_then(|text| {
                let (seconds, nanos) =
                    known::parse_duration(&text).ok_or_else(|| fail(format!("{text:?} is no duration")))?;
                Ok(Value::Text(known::format_duration(seconds, nanos).into()))
            }),
            "Timestamp" => as_text("a time").and_then(|text| {
                let (seconds, nanos) =
                    known::parse_timestamp(&text).ok_or_else(|| fail(format!("{text:?} is no time")))?;
                Ok(Value::Text(known::format_timestamp(seconds, nanos).into()))
            }),
            "FieldMask" => as_text("a field mask").map(Value::Text),
            "Struct" => match json {
                Json::Object(entries) => free_entries(entries.clone()).map(Value::Struct),
                other => Err(wrong_kind("an object", other)),
            },
            "Value" => free(json.clone()).map(|value| Value::Free(Box::new(value))),
            "ListValue" => match json {
                Json::List(_) => free(json.clone()).map(|value| Value::Free(Box::new(value))),
                other => Err(wrong_kind("a list", other)),
            },
            "Empty" => match json {
                Json::Object(_) => Ok(Value::Object(Vec::new())),
                other => Err(wrong_kind("an object", other)),
            },
            _ => read_scalar(json.clone(), wrapped(rest)?),
        };
        Some(value.map(Some))
    }
}

/// What a type URL starts with.
pub const TYPE_PREFIX: &str = "type.googleapis.com/";

/// Well-known types: inside an `Any` their JSON stands in a member `value`.
pub(super) fn has_own_form(name: &str) -> bool {
    name.strip_prefix("google.protobuf.").is_some_and(|rest| {
        wrapped(rest).is_some()
            || matches!(
                rest,
                "Any" | "Duration" | "Timestamp" | "FieldMask" | "Struct" | "Value" | "ListValue" | "Empty"
            )
    })
}

/// The content of a `Struct` or `Value`: keys sorted, numbers as doubles.
fn free<'a>(json: Json<'a>) -> Result<Value<'a>, DecodeError> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => Value::Double(number.as_f64()),
        Json::Text(text) => Value::Text(text),
        Json::List(items) => {
            let at = |(index, item)| free(item).map_err(|error| error.at(index));
            Value::List(items.into_iter().enumerate().map(at).collect::<Result<_, _>>()?)
        }
        Json::Object(entries) => Value::Struct(free_entries(entries)?),
    })
}

fn free_entries<'a>(entries: Entries<'a>) -> Result<Vec<(Cow<'a, str>, Value<'a>)>, DecodeError> {
    let mut map = Vec::with_capacity(entries.len());
    for (key, json) in entries {
        let value = free(json).map_err(|error| error.key(&key))?;
        map.push((key, value));
    }
    map.sort_by(|(a, _), (b, _)| a.cmp(b));
    match map.array_windows().find(|[(first, _), (second, _)]| first == second) {
        Some([(key, _), _]) => Err(fail("given twice").key(key)),
        None => Ok(map),
    }
}

/// What no schema describes: printed as it was given.
fn as_it_stands(json: Json<'_>) -> Value<'_> {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(Number::Signed(number)) => Value::Int(number),
        Json::Number(number) => match number.as_integer().and_then(|n| i64::try_from(n).ok()) {
            Some(integer) => Value::Int(integer),
            None => Value::Double(number.as_f64()),
        },
        Json::Text(text) => Value::Text(text),
        Json::List(items) => Value::List(items.into_iter().map(as_it_stands).collect()),
        Json::Object(entries) => {
            Value::Object(entries.into_iter().map(|(key, value)| (key, as_it_stands(value))).collect())
        }
    }
}

fn type_first<'a>(url: Cow<'a, str>, entries: Entries<'a>) -> Value<'a> {
    let mut fields = vec![(Cow::Borrowed("@type"), Value::Text(url))];
    let rest = entries.into_iter().filter(|(key, _)| key != "@type");
    fields.extend(rest.map(|(key, value)| (key, as_it_stands(value))));
    Value::Object(fields)
}

fn object(json: Json<'_>) -> Result<Entries<'_>, DecodeError> {
    match json {
        Json::Object(entries) => Ok(entries),
        other => Err(wrong_kind("an object", &other)),
    }
}

fn text<'a>(name: &'static str) -> Value<'a> {
    Value::Text(Cow::Borrowed(name))
}

fn fail(message: impl Into<String>) -> DecodeError {
    DecodeError { path: String::new(), message: message.into() }
}

fn wrong_kind(wanted: &str, found: &Json) -> DecodeError {
    fail(format!("expected {wanted}, found {}", found.kind()))
}

impl DecodeError {
    /// The same error, one field further up.
    pub fn under(mut self, field: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("{field}{dot}{}", self.path);
        self
    }

    /// The same error, inside an item of a list.
    pub fn at(self, index: usize) -> Self {
        self.key(&index.to_string())
    }

    fn key(mut self, key: &str) -> Self {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        self.path = format!("[{key}]{dot}{}", self.path);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envoy::text::compact;

    const CLUSTER: &str = "envoy.config.cluster.v3.Cluster";

    fn cluster(json: &str) -> Result<String, String> {
        let tree = serde_json::from_str(json).expect("JSON");
        Decoder::default().message(tree, CLUSTER).map(|value| compact(&value)).map_err(|error| error.to_string())
    }

    #[test]
    fn names_order_and_leaves_become_canonical() {
        assert_eq!(
            cluster(
                r#"{"connect_timeout": "0.25s", "type": 3, "name": "x", "perConnectionBufferLimitBytes": "1e2",
                        "health_checks": null, "lb_policy": "ROUND_ROBIN", "nonsense": 1}"#
            ),
            Ok(r#"{"name":"x","type":"EDS","connectTimeout":"0.250s","perConnectionBufferLimitBytes":100}"#.to_owned())
        );
    }

    #[test]
    fn unknown_types_stand_as_they_are() {
        assert_eq!(
            cluster(r#"{"typed_extension_protocol_options": {"b": {"a_b": [1], "@type": "x/acme.Y"}, "a": {}}}"#),
            Ok(r#"{"typedExtensionProtocolOptions":{"a":{},"b":{"@type":"x/acme.Y","a_b":[1]}}}"#.to_owned())
        );
    }

    #[test]
    fn the_older_rules_take_null_in_a_list_but_no_unknown_name() {
        let status = |json: &str| {
            let mut decoder = Decoder { by_older_rules: true, ..Decoder::default() };
            let value = decoder.message(serde_json::from_str(json).expect("JSON"), "envoy.admin.v3.ClusterStatus");
            value.map(|value| compact(&value)).map_err(|error| error.to_string())
        };
        assert_eq!(status(r#"{"host_statuses": [null, {}]}"#), Ok(r#"{"hostStatuses":[{},{}]}"#.to_owned()));
        assert_eq!(
            status(r#"{"host_statuses": [{"health_status": {"eds_health_status": "NOPE"}}]}"#),
            Err("host_statuses[0].health_status.eds_health_status: unknown value \"NOPE\" for enum \
                 envoy.config.core.v3.HealthStatus"
                .to_owned())
        );
    }

    #[test]
    fn errors_name_their_path() {
        let cases = [
            (r#"{"name": 5}"#, "name: expected a string, found a number"),
            (r#"{"connect_timeout": "1s", "connectTimeout": "2s"}"#, "connectTimeout: given twice"),
            (r#"{"type": "EDS", "cluster_type": {}}"#, "cluster_type: another member of the same oneof is set, too"),
            (
                r#"{"load_assignment": {"endpoints": [{}, {"priority": -1}]}}"#,
                "load_assignment.endpoints[1].priority: -1 is not between 0 and 4294967295",
            ),
            (r#"{"health_checks": [null]}"#, "health_checks[0]: a list has no place for null"),
        ];
        for (json, wanted) in cases {
            assert_eq!(cluster(json), Err(wanted.to_owned()));
        }
    }
}
