//! The functions injection templates may call: Go's, Sprig's, and above them the injector's own.
//!
//! A control plane executes the same templates, so names and results are the published ones (`docs/injection.md` lists them).

use serde_json::{Map as JsonMap, Value as Json, json};

use super::data::{Duration, GoStruct, MessageObject, NilPointer, downcast};
use super::mesh::ProxyConfig;
use super::types::decode::go_json;
use crate::api::mesh::proxy::PROXY_CONFIG;
use crate::gotemplate::{Call, Fault, Function, Functions, Map, Object as _, Outcome, SPRIG, Sight, Type, Value, show};

use Type::{Any, Int, Text, TextMap};

/// All functions, the injector's last so that they win over Sprig's of the same name.
pub fn all() -> Functions {
    let tables: Vec<&'static [Function]> = SPRIG.iter().copied().chain([TABLE]).collect();
    Functions::new(&tables)
}

const TABLE: &[Function] = &[
    Function::new("annotation", &[Any, Text, Any], annotation).seeing(Sight::Container),
    Function::new("appendMultusNetwork", &[Text, Text], |call| Ok(with_network(call.text(0), call.text(1)).into())),
    Function::new("applicationPorts", &[Any], |call| Ok(ports(call.value(0), &["istio-proxy"]).into())).blind(),
    Function::new("contains", &[Text, Text], |call| Ok(call.text(1).contains(call.text(0)).into())),
    Function::new("directory", &[Text], |call| {
        let path = call.text(0);
        Ok(path.rfind('/').and_then(|at| path.get(..=at)).unwrap_or_default().into())
    }),
    Function::new("env", &[Text, Text], |call| {
        let value = std::env::var(call.text(0)).unwrap_or_default();
        Ok(if value.is_empty() { call.take(1) } else { value.into() })
    }),
    Function::new("excludeInboundPort", &[Any, Text], exclude_inbound_port),
    Function::new("excludeInterfaces", &[Text], |call| Ok(call.take(0))),
    Function::new("formatDuration", &[Any], |call| match downcast::<Duration>(call.value(0)) {
        Some(duration) => Ok(duration.go_text().into()),
        None => Ok("0s".into()),
    }),
    Function::new("fromJSON", &[Text], |call| {
        Ok(serde_json::from_str::<Json>(call.text(0)).map_or_else(|_| "{}".into(), |value| Value::from_json(&value)))
    }),
    Function::new("includeInboundPorts", &[Any], |call| Ok(ports(call.value(0), &[]).into())).blind(),
    Function::new("indent", &[Int, Text], |call| {
        let spaces = usize::try_from(call.int(0)).unwrap_or(0).min(MOST_SPACES);
        Ok(call.text(1).replace('\n', &format!("\n{}", " ".repeat(spaces))).into())
    })
    .blind(),
    Function::new("isset", &[TextMap, Text], |call| Ok(call.map(0).contains(call.text(1)).into()))
        .seeing(Sight::Container),
    Function::new("kubevirtInterfaces", &[Text], |call| Ok(call.take(0))),
    Function::variadic("mergeMaps", &[], TextMap, |call| Ok(merged(call).into())).blind(),
    Function::variadic("omit", &[TextMap], Text, |call| {
        let kept: Vec<(String, String)> = text_entries(&call.map(0))
            .into_iter()
            .filter(|(key, _)| !call.args().iter().skip(1).any(|name| name.as_str() == Some(key)))
            .collect();
        Ok(Map::text(kept).into())
    })
    .seeing(Sight::Container),
    Function::new("omitNil", &[Any], |call| Ok(without_nil(call.value(0), 0)?.unwrap_or(Value::Nil))).blind(),
    Function::new("otelResourceAttributes", &[Any, TextMap, TextMap, Text, Any], resource_attributes)
        .seeing(Sight::BlindIf(|args| !wants_attributes(args))),
    Function::new("protoToJSON", &[Any], |call| Ok(proto_json(call.value(0))?.into())).blind(),
    Function::variadic("strdict", &[], Text, |call| {
        let pairs = call.args().chunks(2).map(|pair| {
            let at = |index: usize| pair.get(index).and_then(Value::as_str).unwrap_or_default();
            (at(0).to_string(), at(1).to_string())
        });
        Ok(Map::text(pairs).into())
    }),
    Function::new("structToJSON", &[Any], |call| Ok(go_json(&call.value(0).to_json()?).into())).blind(),
    Function::new("toJSON", &[TextMap], |call| Ok(go_json(&text_json(&call.map(0))).into())).blind(),
    Function::variadic("toJsonMap", &[], TextMap, |call| Ok(go_json(&text_json(&merged(call))).into())).blind(),
    Function::new("toLower", &[Text], |call| Ok(call.text(0).to_lowercase().into())),
    Function::new("toYaml", &[Any], |call| Ok(crate::yaml::to_string(&call.value(0).to_json()?).into())),
    Function::new("valueOrDefault", &[Any, Any], |call| {
        let unset = matches!(call.value(0), Value::Nil) || call.value(0).as_str() == Some("");
        Ok(call.take(usize::from(unset)))
    })
    .blind(),
];

/// More indentation than this serves no YAML.
const MOST_SPACES: usize = 1000;
/// How deep a value may nest before it is refused.
const MOST_NESTING: usize = 1000;

fn annotation(call: &mut Call<'_, '_>) -> Outcome {
    let annotations = downcast::<GoStruct>(call.value(0)).and_then(|meta| meta.field("Annotations"));
    let own = annotations.as_ref().and_then(Value::as_map).and_then(|map| map.get(call.text(1)));
    Ok(own.unwrap_or_else(|| call.shown(2).into()))
}

fn exclude_inbound_port(call: &mut Call<'_, '_>) -> Outcome {
    let port = call.shown(0).trim().to_string();
    let list = call.text(1);
    if port.is_empty() || port == "0" || list.split(',').any(|known| known == port) {
        return Ok(call.take(1));
    }
    let known = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
    Ok(known.chain([port.as_str()]).collect::<Vec<_>>().join(",").into())
}

/// The TCP ports of containers, comma-separated.
fn ports(containers: &Value, skipped: &[&str]) -> String {
    let Some(containers) = containers.as_list() else { return String::new() };
    let mut found = Vec::new();
    for container in containers.items().iter().filter_map(downcast::<GoStruct>) {
        if container.field("Name").as_ref().and_then(Value::as_str).is_some_and(|name| skipped.contains(&name)) {
            continue;
        }
        let Some(Value::List(ports)) = container.field("Ports") else { continue };
        for port in ports.items().iter().filter_map(downcast::<GoStruct>) {
            let protocol = port.field("Protocol");
            if !matches!(protocol.as_ref().and_then(Value::as_str), Some("UDP" | "SCTP")) {
                found.push(port.field("ContainerPort").map_or_else(String::new, |number| show(&number)));
            }
        }
    }
    found.join(",")
}

fn text_entries(map: &Map) -> Vec<(String, String)> {
    map.entries().into_iter().map(|(key, value)| (key.to_string(), show(&value))).collect()
}

fn text_json(map: &Map) -> Json {
    Json::Object(text_entries(map).into_iter().map(|(key, value)| (key, Json::String(value))).collect())
}

/// All argument maps as one; later ones win.
fn merged(call: &Call<'_, '_>) -> Map {
    let maps = call.args().iter().filter_map(Value::as_map);
    Map::text(maps.flat_map(text_entries))
}

/// The value without nils; `None` when nothing but nils was in it.
fn without_nil(value: &Value, depth: usize) -> Result<Option<Value>, Fault> {
    if depth > MOST_NESTING {
        return Err(Fault::new("the value nests too deeply, or contains itself"));
    }
    Ok(match value {
        Value::Nil => None,
        Value::Map(map) => {
            let entries = map.entries();
            let mut kept = Vec::with_capacity(entries.len());
            for (key, value) in &entries {
                if let Some(value) = without_nil(value, depth + 1)? {
                    kept.push((key.clone(), value));
                }
            }
            (entries.is_empty() || !kept.is_empty()).then(|| Value::map(kept))
        }
        Value::List(list) => {
            let mut kept = Vec::with_capacity(list.len());
            for item in list.items() {
                if let Some(item) = without_nil(item, depth + 1)? {
                    kept.push(item);
                }
            }
            (list.is_empty() || !kept.is_empty()).then(|| Value::list(kept))
        }
        other => Some(other.clone()),
    })
}

/// A message's JSON; of a proxy configuration only what differs from the defaults.
fn proto_json(value: &Value) -> Result<String, Fault> {
    if value.is_nil() || downcast::<NilPointer>(value).is_some() {
        return Ok("{}".to_string());
    }
    match downcast::<MessageObject>(value) {
        Some(message) if std::ptr::eq(message.of, &PROXY_CONFIG) => {
            let proxy = ProxyConfig { message: message.json.clone() };
            Ok(proxy.beyond_defaults().to_string())
        }
        Some(message) => Ok(Json::Object(message.json.clone()).to_string()),
        None => Ok(value.to_json()?.to_string()),
    }
}

/// Adds a network to Multus' annotation, which is a comma list or a JSON list.
fn with_network(existing: &str, network: &str) -> String {
    if existing.is_empty() {
        return network.to_string();
    }
    let Some(end) = existing.rfind(']') else {
        let known = existing.split(',').any(|entry| entry.trim() == network);
        return if known { existing.to_string() } else { format!("{existing}, {network}") };
    };
    let Ok(Json::Array(entries)) = serde_json::from_str(existing) else { return existing.to_string() };
    let (namespace, name) = network.split_once('/').unwrap_or(("", network));
    let text = |entry: &Json, key: &str| entry.get(key).and_then(Json::as_str).unwrap_or_default().to_string();
    if entries.iter().any(|entry| text(entry, "name") == name && text(entry, "namespace") == namespace) {
        return existing.to_string();
    }
    let scope = if namespace.is_empty() { String::new() } else { format!(", \"namespace\": {}", json!(namespace)) };
    let (before, after) = existing.split_at(end);
    let separator = if entries.is_empty() { "" } else { ", " };
    format!("{before}{separator}{{\"name\": {}{scope}}}{after}", json!(name))
}

/// OpenTelemetry's resource attributes by its semantic conventions, when a tracing provider of the mesh asks for them.
fn resource_attributes(call: &mut Call<'_, '_>) -> Outcome {
    if !wants_attributes(call.args()) {
        return Ok("".into());
    }
    let (annotations, labels) = (call.map(1), call.map(2));
    let text = |map: &Map, key: &str| map.get(key).map(|value| show(&value)).filter(|text| !text.is_empty());
    let own = |name: &str| text(&annotations, &format!("resource.opentelemetry.io/service.{name}"));
    let containers: Vec<(String, String)> = call
        .list(4)
        .items()
        .iter()
        .filter_map(downcast::<GoStruct>)
        .map(|container| {
            let field = |name: &str| container.field(name).map_or_else(String::new, |value| show(&value));
            (field("Name"), field("Image"))
        })
        .collect();
    let namespace = call.text(3);
    let version =
        own("version").or_else(|| text(&labels, "app.kubernetes.io/version")).or_else(|| match &containers[..] {
            [(_, image)] => image_version(image),
            _ => None,
        });
    let instance =
        own("instance.id").or_else(|| containers.first().map(|(name, _)| format!("{namespace}.$(POD_NAME).{name}")));
    let space = own("namespace").or_else(|| Some(namespace.to_string()).filter(|text| !text.is_empty()));
    let attributes = [("namespace", space), ("version", version), ("instance.id", instance)];
    let shown: Vec<String> =
        attributes.into_iter().filter_map(|(name, value)| Some(format!("service.{name}={}", value?))).collect();
    Ok(shown.join(",").into())
}

fn wants_attributes(args: &[Value]) -> bool {
    args.first().and_then(downcast::<MessageObject>).is_some_and(|mesh| asks_for_conventions(&mesh.json))
}

fn asks_for_conventions(mesh: &JsonMap<String, Json>) -> bool {
    let providers = mesh.get("extensionProviders").and_then(Json::as_array);
    providers.into_iter().flatten().any(|provider| {
        provider.get("opentelemetry").and_then(|otel| otel.get("serviceAttributeEnrichment")).and_then(Json::as_str)
            == Some("OTEL_SEMANTIC_CONVENTIONS")
    })
}

/// `tag@digest`, the digest or the tag of an image.
fn image_version(image: &str) -> Option<String> {
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    let tag = name.rsplit('/').next().and_then(|last| last.split_once(':')).map(|(_, tag)| tag);
    match (tag, digest) {
        (Some(tag), Some(digest)) => Some(format!("{tag}@{digest}")),
        (None, Some(only)) | (Some(only), None) => Some(only.to_string()),
        (None, None) => None,
    }
}
