//! `proxy-status POD`: what istiod would send against what Envoy holds, as the texts and diffs of the reference.

use jiff::tz::TimeZone;

use crate::envoy::canonical::{CLUSTER, LISTENER, ROUTE};
use crate::envoy::decode::{Decoder, TYPE_PREFIX};
use crate::envoy::dump::{DumpError, Section, Tree, section};
use crate::envoy::json::Json;
use crate::envoy::text;
use crate::envoy::value::Value;
use crate::envoy::well_known::parse_timestamp;
use crate::ui::unified::unified;

/// Equal lines around a change.
const CONTEXT: usize = 7;

/// The report, and the error that ended it early, if any.
pub fn report(istiod: &[u8], envoy: &[u8], zone: &TimeZone) -> (String, Option<DumpError>) {
    let mut out = String::new();
    let mut compare = |title: &str, istiod: String, envoy: String, note: &str| {
        if istiod == envoy {
            out.push_str(&format!("{title} Match{note}\n"));
        } else {
            let diff = unified(&istiod, &envoy, &format!("Istiod {title}"), &format!("Envoy {title}"), CONTEXT);
            out.push_str(&format!("{title} Don't Match{note}\n{diff}\n"));
        }
    };
    compare("Clusters", clusters(istiod), clusters(envoy), "");
    compare("Listeners", listeners(istiod), listeners(envoy), "");
    match routes_section(envoy) {
        Ok(section) => {
            let loaded = newest_update(&section).map(|time| rfc1123(time, zone));
            let note = loaded.map(|time| format!(" (RDS last loaded at {time})")).unwrap_or_default();
            compare("Routes", text_of(routes_section(istiod)), text_of(Ok(section)), &note);
            (out, None)
        }
        Err(error) => (out, Some(error)),
    }
}

fn clusters(dump: &[u8]) -> String {
    text_of(read::<ClustersType>(dump, CLUSTER, &["cluster"], "dynamicActiveClusters"))
}

fn listeners(dump: &[u8]) -> String {
    text_of(read::<ListenersType>(dump, LISTENER, &["active_state", "listener"], "dynamicListeners"))
}

fn routes_section(dump: &[u8]) -> Result<Value<'_>, DumpError> {
    read::<RoutesType>(dump, ROUTE, &["route_config"], "dynamicRouteConfigs")
}

type ClustersType<'a> = Tree<'a, crate::envoy::dump::Clusters<()>>;
type ListenersType<'a> = Tree<'a, crate::envoy::dump::Listeners<()>>;
type RoutesType<'a> = Tree<'a, crate::envoy::dump::Routes<()>>;

/// The section with its dynamic entries only, each with the resource at `path` read as `name`.
fn read<'a, S: Section<'a> + Into<Json<'a>>>(
    dump: &'a [u8],
    name: &str,
    path: &[&str],
    field: &str,
) -> Result<Value<'a>, DumpError> {
    let mut json: Json = section::<S>(dump)?.into();
    if let Json::Object(entries) = &mut json {
        for (_, list) in entries {
            let Json::List(items) = list else { continue };
            items.iter_mut().for_each(|item| overwrite_type(item, path, name));
        }
    }
    let mut decoder = Decoder::default();
    decoder.drop_unknown_content = true;
    let value = decoder.message(json, S::TYPE).map_err(|error| DumpError::Unreadable(error.to_string()))?;
    Ok(dynamic_only(value, field, path))
}

fn overwrite_type(json: &mut Json, path: &[&str], name: &str) {
    let Json::Object(entries) = json else { return };
    let Some((first, rest)) = path.split_first() else {
        entries.retain(|(key, _)| key != "@type");
        entries.push(("@type".into(), Json::Text(format!("{TYPE_PREFIX}{name}").into())));
        return;
    };
    let camel = crate::envoy::schema::camel_case(first);
    for (key, value) in entries {
        if key == first || *key == camel {
            overwrite_type(value, rest, name);
        }
    }
}

fn dynamic_only<'a>(section: Value<'a>, field: &str, path: &[&str]) -> Value<'a> {
    let path: Vec<String> = path.iter().map(|name| crate::envoy::schema::camel_case(name)).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let Value::Object(fields) = section else { return section };
    let mut kept = Vec::new();
    for (key, value) in fields {
        let Value::List(mut entries) = value else { continue };
        if key != field {
            continue;
        }
        entries.retain(|entry| entry.at(&path).is_some());
        entries.iter_mut().for_each(sort_virtual_hosts);
        entries.sort_by(|a, b| name_of(a, &path).cmp(name_of(b, &path)));
        kept.push((key, Value::List(entries)));
    }
    Value::Object(kept)
}

fn name_of<'v>(entry: &'v Value, path: &[&str]) -> &'v str {
    entry.at(path).map(|resource| resource.text(&["name"])).unwrap_or_default()
}

fn sort_virtual_hosts(entry: &mut Value) {
    let Value::Object(fields) = entry else { return };
    let config = fields.iter_mut().find(|(key, _)| key == "routeConfig");
    let Some((_, Value::Object(fields))) = config else { return };
    if let Some((_, Value::List(hosts))) = fields.iter_mut().find(|(key, _)| key == "virtualHosts") {
        hosts.sort_by(|a, b| a.text(&["name"]).cmp(b.text(&["name"])));
    }
}

/// The text that is compared: without versions, times and the names of wrappers. An error stands for itself.
fn text_of(section: Result<Value, DumpError>) -> String {
    let mut section = match section {
        Ok(section) => section,
        Err(error) => return error.to_string(),
    };
    if let Value::Object(fields) = &mut section {
        for (field, list) in fields {
            let Value::List(entries) = list else { continue };
            let is_listener = *field == "dynamicListeners";
            entries.iter_mut().for_each(|entry| strip(entry, is_listener));
        }
    }
    text::single(&section)
}

fn strip(entry: &mut Value, is_listener: bool) {
    let Value::Object(fields) = entry else { return };
    fields.retain(|(key, _)| match &**key {
        "versionInfo" | "lastUpdated" => false,
        "name" | "drainingState" => !is_listener,
        _ => true,
    });
    if let Some((_, Value::Object(state))) = fields.iter_mut().find(|(key, _)| key == "activeState") {
        state.retain(|(key, _)| !matches!(&**key, "versionInfo" | "lastUpdated"));
    }
}

fn newest_update(section: &Value) -> Option<i64> {
    let entries = section.list(&["dynamicRouteConfigs"]).iter();
    entries.filter_map(|entry| parse_timestamp(entry.text(&["lastUpdated"]))).max().map(|(seconds, _)| seconds)
}

fn rfc1123(seconds: i64, zone: &TimeZone) -> String {
    match jiff::Timestamp::from_second(seconds) {
        Ok(time) => jiff::ZonedDateTime::new(time, zone.clone()).strftime("%a, %d %b %Y %H:%M:%S %Z").to_string(),
        Err(_) => format!("{seconds}s"),
    }
}
