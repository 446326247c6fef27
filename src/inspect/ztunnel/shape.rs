//! The shapes of a ztunnel's objects as tables: which keys, in which order, of which kind, and when they are left out.

use std::borrow::Cow;

use super::ZtunnelError;
use crate::envoy::json::{Json, Number};
use crate::envoy::value::Value;

/// What a value is.
#[derive(Debug)]
pub enum Shape {
    Text,
    Number,
    Bool,
    /// Any value, only told from `null`.
    Anything,
    /// `network/cidr`, as text or as an object of the two.
    Cidr,
    List(&'static Shape),
    Map(&'static Shape),
    Object(&'static [Member]),
}

/// One key of an object.
#[derive(Debug)]
pub struct Member(&'static str, Keep, &'static Shape);

/// When a key is printed.
#[derive(Debug, PartialEq, Eq)]
enum Keep {
    Always,
    /// Not when empty, false or zero.
    Filled,
    /// Whenever it is given and not null.
    Given,
}

use Keep::{Always, Filled, Given};

const TEXT: Shape = Shape::Text;
const NUMBER: Shape = Shape::Number;
const TEXTS: Shape = Shape::List(&TEXT);
const NUMBERS: Shape = Shape::List(&NUMBER);
const NUMBER_BY_TEXT: Shape = Shape::Map(&NUMBER);
const WAYPOINT: Shape = Shape::Object(&[Member("destination", Always, &TEXT)]);

pub static WORKLOAD: Shape = Shape::Object(&[
    Member("uid", Always, &TEXT),
    Member("workloadIps", Always, &TEXTS),
    Member("waypoint", Given, &WAYPOINT),
    Member("networkGateway", Given, &WAYPOINT),
    Member("protocol", Always, &TEXT),
    Member("name", Always, &TEXT),
    Member("namespace", Always, &TEXT),
    Member("serviceAccount", Always, &TEXT),
    Member("workloadName", Always, &TEXT),
    Member("workloadType", Always, &TEXT),
    Member("canonicalName", Always, &TEXT),
    Member("canonicalRevision", Always, &TEXT),
    Member("clusterId", Always, &TEXT),
    Member("trustDomain", Filled, &TEXT),
    Member(
        "locality",
        Always,
        &Shape::Object(&[
            Member("region", Filled, &TEXT),
            Member("zone", Filled, &TEXT),
            Member("subzone", Filled, &TEXT),
        ]),
    ),
    Member("node", Always, &TEXT),
    Member("network", Filled, &TEXT),
    Member("status", Always, &TEXT),
    Member("hostname", Always, &TEXT),
    Member("capacity", Always, &NUMBER),
    Member(
        "applicationTunnel",
        Always,
        &Shape::Object(&[Member("protocol", Always, &TEXT), Member("port", Given, &NUMBER)]),
    ),
    Member("authorizationPolicies", Filled, &TEXTS),
]);

pub static SERVICE: Shape = Shape::Object(&[
    Member("name", Always, &TEXT),
    Member("namespace", Always, &TEXT),
    Member("hostname", Always, &TEXT),
    Member("vips", Always, &TEXTS),
    Member("cidrVips", Filled, &Shape::List(&Shape::Cidr)),
    Member("ports", Always, &NUMBER_BY_TEXT),
    Member(
        "loadBalancer",
        Given,
        &Shape::Object(&[
            Member("mode", Always, &TEXT),
            Member("routingPreferences", Always, &TEXTS),
            Member("healthPolicy", Always, &TEXT),
        ]),
    ),
    Member("waypoint", Given, &WAYPOINT),
    Member(
        "endpoints",
        Always,
        &Shape::Map(&Shape::Object(&[
            Member("workloadUid", Always, &TEXT),
            Member("service", Always, &TEXT),
            Member("address", Filled, &TEXT),
            Member("port", Always, &NUMBER_BY_TEXT),
        ])),
    ),
    Member("subjectAltNames", Filled, &TEXTS),
    Member("ipFamilies", Always, &TEXT),
    Member("canonical", Filled, &Shape::Bool),
]);

const MATCHES: Shape = Shape::List(&Shape::Object(&[
    Member("Exact", Filled, &TEXT),
    Member("Suffix", Filled, &TEXT),
    Member("Prefix", Filled, &TEXT),
    Member("Presence", Given, &Shape::Anything),
]));
const ACCOUNTS: Shape =
    Shape::List(&Shape::Object(&[Member("namespace", Always, &TEXT), Member("serviceAccount", Always, &TEXT)]));
const RULE: Shape = Shape::Object(&[
    Member("namespaces", Filled, &MATCHES),
    Member("notNamespaces", Filled, &MATCHES),
    Member("principals", Filled, &MATCHES),
    Member("notPrincipals", Filled, &MATCHES),
    Member("sourceIps", Filled, &TEXTS),
    Member("notSourceIps", Filled, &TEXTS),
    Member("destinationIps", Filled, &TEXTS),
    Member("notDestinationIps", Filled, &TEXTS),
    Member("destinationPorts", Filled, &NUMBERS),
    Member("notDestinationPorts", Filled, &NUMBERS),
    Member("serviceAccounts", Filled, &ACCOUNTS),
    Member("notServiceAccounts", Filled, &ACCOUNTS),
]);

pub static POLICY: Shape = Shape::Object(&[
    Member("name", Always, &TEXT),
    Member("namespace", Always, &TEXT),
    Member("scope", Always, &TEXT),
    Member("action", Always, &TEXT),
    Member("rules", Always, &Shape::List(&Shape::List(&Shape::List(&RULE)))),
]);

const CERTIFICATES: Shape = Shape::List(&Shape::Object(&[
    Member("pem", Always, &TEXT),
    Member("serialNumber", Always, &TEXT),
    Member("validFrom", Always, &TEXT),
    Member("expirationTime", Always, &TEXT),
]));

pub static CERTIFICATE: Shape = Shape::Object(&[
    Member("identity", Always, &TEXT),
    Member("state", Always, &TEXT),
    Member("certChain", Always, &CERTIFICATES),
    Member("rootCerts", Always, &CERTIFICATES),
]);

const CONNECTIONS: Shape = Shape::List(&Shape::Object(&[
    Member("src", Always, &TEXT),
    Member("originalDst", Always, &TEXT),
    Member("actualDst", Always, &TEXT),
    Member("protocol", Always, &TEXT),
]));

pub static STATE: Shape = Shape::Object(&[
    Member("state", Filled, &TEXT),
    Member(
        "connections",
        Always,
        &Shape::Object(&[Member("inbound", Always, &CONNECTIONS), Member("outbound", Always, &CONNECTIONS)]),
    ),
    Member(
        "info",
        Always,
        &Shape::Object(&[
            Member("name", Always, &TEXT),
            Member("namespace", Always, &TEXT),
            Member("trustDomain", Always, &TEXT),
            Member("serviceAccount", Always, &TEXT),
        ]),
    ),
]);

/// Reads the objects of a list, or of a map by whatever key.
pub fn items<'a>(name: &str, json: Json<'a>, shape: &Shape) -> Result<Vec<Value<'a>>, ZtunnelError> {
    let values: Vec<(String, Json)> = match json {
        Json::Null => Vec::new(),
        Json::List(items) => items.into_iter().enumerate().map(|(at, item)| (format!("{name}[{at}]"), item)).collect(),
        Json::Object(entries) => entries.into_iter().map(|(key, item)| (format!("{name}[{key}]"), item)).collect(),
        other => return Err(wrong(name, "a list or an object", &other)),
    };
    values.into_iter().map(|(path, json)| read(&path, json, shape)).collect()
}

fn read<'a>(path: &str, json: Json<'a>, shape: &Shape) -> Result<Value<'a>, ZtunnelError> {
    Ok(match (shape, json) {
        (Shape::Object(members), Json::Object(entries)) => Value::Object(object(path, entries, members)?),
        (Shape::Object(members), Json::Null) => Value::Object(object(path, Vec::new(), members)?),
        (Shape::Text | Shape::Cidr, Json::Null) => Value::Text(Cow::Borrowed("")),
        (Shape::Number, Json::Null) => Value::Int(0),
        (Shape::Bool, Json::Null) => Value::Bool(false),
        (Shape::List(_) | Shape::Map(_) | Shape::Anything, Json::Null) => Value::Null,
        (Shape::Text | Shape::Cidr, Json::Text(text)) => Value::Text(text),
        (Shape::Cidr, object @ Json::Object(_)) => {
            let part = |key: &str| object.get(key).and_then(Json::as_str).unwrap_or_default().to_owned();
            Value::Text(format!("{}/{}", part("network"), part("cidr")).into())
        }
        (Shape::Bool, Json::Bool(value)) => Value::Bool(value),
        (Shape::Number, Json::Number(Number::Signed(integer))) => Value::Int(integer),
        // Go takes no `80.0` for an integer.
        (Shape::Number, Json::Number(number)) => match number {
            Number::Unsigned(integer) if let Ok(integer) = i64::try_from(integer) => Value::Int(integer),
            _ => return Err(wrong(path, "an integer", &Json::Number(number))),
        },
        (Shape::Anything, _) => Value::Object(Vec::new()),
        (Shape::List(inner), Json::List(items)) => {
            let item = |(at, item)| read(&format!("{path}[{at}]"), item, inner);
            Value::List(items.into_iter().enumerate().map(item).collect::<Result<_, _>>()?)
        }
        (Shape::Map(inner), Json::Object(entries)) => {
            let mut map = Vec::with_capacity(entries.len());
            for (key, json) in entries {
                let value = read(&format!("{path}[{key}]"), json, inner)?;
                map.push((key, value));
            }
            map.sort_by(|(a, _), (b, _)| a.cmp(b));
            Value::Object(map)
        }
        (shape, json) => return Err(wrong(path, shape.wanted(), &json)),
    })
}

fn object<'a>(
    path: &str,
    entries: Vec<(Cow<'a, str>, Json<'a>)>,
    members: &'static [Member],
) -> Result<Vec<(Cow<'a, str>, Value<'a>)>, ZtunnelError> {
    // Keys match whatever their case, and of several the last counts, as in Go.
    let mut given: Vec<Option<Json>> = members.iter().map(|_| None).collect();
    for (key, json) in entries {
        let place = members.iter().position(|Member(name, ..)| name.eq_ignore_ascii_case(&key));
        if let Some(slot) = place.and_then(|place| given.get_mut(place)) {
            *slot = Some(json);
        }
    }
    let mut fields = Vec::with_capacity(members.len());
    for (Member(name, keep, shape), json) in members.iter().zip(given) {
        let json = json.unwrap_or(Json::Null);
        if *keep == Keep::Given && json == Json::Null {
            continue;
        }
        let value = read(&format!("{path}.{name}"), json, shape)?;
        if *keep != Keep::Filled || !is_empty(&value) {
            fields.push((Cow::Borrowed(*name), value));
        }
    }
    Ok(fields)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) | Value::Int(0) => true,
        Value::Text(text) => text.is_empty(),
        Value::List(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    }
}

fn wrong(path: &str, wanted: &str, found: &Json) -> ZtunnelError {
    ZtunnelError::Field { path: path.to_owned(), message: format!("expected {wanted}, found {}", found.kind()) }
}

impl Shape {
    fn wanted(&self) -> &'static str {
        match self {
            Shape::Text => "a string",
            Shape::Number => "a number",
            Shape::Bool => "true or false",
            Shape::Cidr => "text or an object",
            Shape::List(_) => "a list",
            Shape::Anything | Shape::Map(_) | Shape::Object(_) => "an object",
        }
    }
}
