//! The value of a patch, read as the Envoy message it becomes a part of.

use std::collections::BTreeSet;

use base64::Engine as _;

use crate::api::scalar;
use crate::envoy::decode::wrapped;
use crate::envoy::schema::{Element, Kind, Message, MessageId, Scalar, Schema};
use crate::validation::report::Report;
use crate::yaml::{Kind as NodeKind, Node};

/// The message that each target is.
const MESSAGES: &[(&str, &str)] = &[
    ("CLUSTER", "envoy.config.cluster.v3.Cluster"),
    ("LISTENER", "envoy.config.listener.v3.Listener"),
    ("ROUTE_CONFIGURATION", "envoy.config.route.v3.RouteConfiguration"),
    ("FILTER_CHAIN", "envoy.config.listener.v3.FilterChain"),
    ("HTTP_FILTER", "envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter"),
    ("NETWORK_FILTER", "envoy.config.listener.v3.Filter"),
    ("VIRTUAL_HOST", "envoy.config.route.v3.VirtualHost"),
    ("HTTP_ROUTE", "envoy.config.route.v3.Route"),
    ("EXTENSION_CONFIG", "envoy.config.core.v3.TypedExtensionConfig"),
    ("BOOTSTRAP", "envoy.config.bootstrap.v3.Bootstrap"),
    ("LISTENER_FILTER", "envoy.config.listener.v3.ListenerFilter"),
];

/// Types that proxies or the control plane register and our schema does not describe; their content is not checked.
const OPAQUE: &str = include_str!("opaque_types.txt");

pub fn check<'d>(report: &mut Report<'d>, value: Node<'d>, target: &str) {
    let Some((_, name)) = MESSAGES.iter().find(|(known, _)| *known == target) else { return };
    let schema = Schema::get();
    let Some(message) = schema.find(name) else { return };
    let mut walk = Walk { schema, wrong: None, unknown: Vec::new() };
    walk.message(value, message);
    if let Some((node, wrong)) = walk.wrong {
        match wrong {
            Wrong::Form(wanted) => {
                report.error(
                    "ef-value-decode",
                    node,
                    format!("the value cannot be read as {name}: {wanted} is expected here"),
                );
            }
            Wrong::Type(url) => {
                report.error(
                    "ef-type-unknown",
                    node,
                    format!("{url:?} is not a type that proxies of this version know"),
                );
            }
        }
        return;
    }
    if !walk.unknown.is_empty() {
        let first = if report.compat() { 1 } else { walk.unknown.len() };
        for (key, owner) in walk.unknown.into_iter().take(first) {
            report.warning(
                "ef-value-decode",
                key,
                format!("{owner} has no field {:?}, so proxies would refuse the value", key.text()),
            );
        }
        return;
    }
    let mut untyped = BTreeSet::new();
    missing_typed_config(schema, value, message, &mut untyped);
    if !untyped.is_empty() {
        let list: Vec<&str> = untyped.into_iter().collect();
        let message =
            format!("{} has neither typed_config nor config_discovery, so it configures nothing", list.join(", "));
        report.warning("ef-missing-typed-config", value, message);
    }
}

enum Wrong<'d> {
    Form(&'static str),
    Type(&'d str),
}

/// Follows a value and its message side by side. The first wrong form counts; unknown fields are gathered.
struct Walk<'d> {
    schema: &'static Schema,
    wrong: Option<(Node<'d>, Wrong<'d>)>,
    unknown: Vec<(Node<'d>, &'static str)>,
}

impl<'d> Walk<'d> {
    fn form(&mut self, node: Node<'d>, wanted: &'static str) {
        self.wrong.get_or_insert((node, Wrong::Form(wanted)));
    }

    fn expect(&mut self, node: Node<'d>, good: bool, wanted: &'static str) {
        if !good {
            self.form(node, wanted);
        }
    }

    fn message(&mut self, node: Node<'d>, id: MessageId) {
        let message = self.schema.message(id);
        if let Some(short) = message.name.strip_prefix("google.protobuf.")
            && self.well_known(node, short)
        {
            return;
        }
        if node.kind() != NodeKind::Map {
            self.form(node, "a mapping");
            return;
        }
        for (key, value) in node.entries() {
            self.field(message, key, value);
        }
    }

    fn field(&mut self, message: &'static Message, key: Node<'d>, value: Node<'d>) {
        match message.field(key.text()) {
            None => self.unknown.push((key, message.name)),
            Some(_) if value.is_null() => {}
            Some((_, field)) => match field.kind {
                Kind::Map(key_kind, element) => self.map(value, key_kind, element),
                kind if field.list => {
                    self.expect(value, value.is_seq(), "a list");
                    for item in value.items().filter(|item| !item.is_null()) {
                        self.single(item, kind);
                    }
                }
                kind => self.single(value, kind),
            },
        }
    }

    fn map(&mut self, node: Node<'d>, key_kind: Scalar, element: Element) {
        self.expect(node, node.is_map(), "a mapping");
        let kind = match element {
            Element::Scalar(scalar) => Kind::Scalar(scalar),
            Element::Enum(id) => Kind::Enum(id),
            Element::Message(id) => Kind::Message(id),
        };
        for (key, value) in node.entries() {
            let good = match key_kind {
                Scalar::String => true,
                Scalar::Bool => matches!(key.text(), "true" | "false"),
                _ => key.text().parse::<i128>().is_ok(),
            };
            self.expect(key, good, "a key of another type");
            if !value.is_null() {
                self.single(value, kind);
            }
        }
    }

    fn single(&mut self, node: Node<'d>, kind: Kind) {
        match kind {
            Kind::Message(id) => self.message(node, id),
            Kind::Scalar(scalar) => self.scalar(node, scalar),
            Kind::Enum(id) => {
                let good = match node.kind() {
                    NodeKind::Str => self.schema.enumeration(id).number_of(node.text()).is_some(),
                    _ => node.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
                };
                self.expect(node, good, "the name of a value of the enumeration");
            }
            // A map is no element of another.
            Kind::Map(..) => {}
        }
    }

    fn scalar(&mut self, node: Node<'d>, scalar: Scalar) {
        use crate::api::schema::Type;
        let integer = |ty: Type| scalar::check(node, ty).is_ok();
        let (good, wanted) = match scalar {
            Scalar::Bool => (node.as_bool().is_some(), "true or false"),
            Scalar::String => (node.as_str().is_some(), "a text"),
            Scalar::Bytes => {
                let decodes = |text| scalar::BASE64.decode(text).is_ok();
                (node.as_str().is_some_and(decodes), "base64")
            }
            Scalar::Double | Scalar::Float => (scalar::check(node, Type::Double).is_ok(), "a number"),
            Scalar::Uint32 | Scalar::Fixed32 => (integer(Type::Uint32), "a number without sign"),
            Scalar::Uint64 | Scalar::Fixed64 => (integer(Type::Uint64), "a number without sign"),
            Scalar::Int64 | Scalar::Sint64 | Scalar::Sfixed64 => (integer(Type::Int64), "an integer"),
            Scalar::Int32 | Scalar::Sint32 | Scalar::Sfixed32 => (integer(Type::Int32), "an integer"),
        };
        self.expect(node, good, wanted);
    }

    /// Types with a JSON form of their own; `false` if this is none of them.
    fn well_known(&mut self, node: Node<'d>, name: &str) -> bool {
        let scalar = match name {
            "Any" => {
                self.any(node);
                return true;
            }
            "Duration" => {
                self.expect(
                    node,
                    node.as_str().is_some_and(|text| scalar::duration(text).is_some()),
                    "a duration such as 1s",
                );
                return true;
            }
            "Timestamp" => {
                self.expect(node, node.as_str().is_some_and(scalar::is_time), "a time such as 2026-01-31T12:00:00Z");
                return true;
            }
            "Struct" => {
                self.expect(node, node.is_map(), "a mapping");
                return true;
            }
            "ListValue" => {
                self.expect(node, node.is_seq(), "a list");
                return true;
            }
            "Value" => return true,
            "FieldMask" => Scalar::String,
            wrapper => match wrapped(wrapper) {
                Some(scalar) => scalar,
                None => return false,
            },
        };
        self.scalar(node, scalar);
        true
    }

    fn any(&mut self, node: Node<'d>) {
        if node.kind() != NodeKind::Map {
            self.form(node, "a mapping with @type");
            return;
        }
        let Some(url) = node.get("@type").and_then(|node| node.as_str()) else {
            self.form(node, "@type with the name of a type");
            return;
        };
        let place = node.get("@type").unwrap_or(node);
        let name = url.rsplit('/').next().unwrap_or_default();
        let Some(id) = self.schema.find(name) else {
            if name.is_empty() || OPAQUE.lines().all(|line| line != name) {
                self.wrong.get_or_insert((place, Wrong::Type(url)));
            }
            return;
        };
        // A TypedStruct holds what its own type_url says, which nobody checks.
        if name.ends_with(".TypedStruct") {
            return;
        }
        let message = self.schema.message(id);
        if message.name.starts_with("google.protobuf.") {
            match node.get("value") {
                Some(value) if value.is_null() => {}
                Some(value) => self.message(value, id),
                None => self.form(node, "a mapping with @type and value"),
            }
            return;
        }
        for (key, value) in node.entries().filter(|(key, _)| key.text() != "@type") {
            self.field(message, key, value);
        }
    }
}

/// Names of filters and the like that have a place for a typed configuration and none in it. Lists and maps are not searched.
fn missing_typed_config<'d>(schema: &'static Schema, node: Node<'d>, id: MessageId, untyped: &mut BTreeSet<&'d str>) {
    let message = schema.message(id);
    let given =
        |name: &str| message.field(name).is_some_and(|(_, field)| value_of(node, field.name, &field.json).is_some());
    if message.field("typed_config").is_some() && !given("typed_config") && !given("config_discovery") {
        untyped.insert(node.get("name").and_then(Node::as_str).unwrap_or_default());
    }
    for field in message.fields.iter().filter(|field| !field.list) {
        if let Kind::Message(inner) = field.kind
            && let Some(value) = value_of(node, field.name, &field.json)
            && !schema.message(inner).name.starts_with("google.protobuf.")
        {
            missing_typed_config(schema, value, inner, untyped);
        }
    }
}

fn value_of<'d>(node: Node<'d>, name: &str, json: &str) -> Option<Node<'d>> {
    node.get(json).or_else(|| node.get(name)).filter(|value| !value.is_null())
}
