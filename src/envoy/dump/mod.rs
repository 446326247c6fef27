//! A config dump, borrowed from its text. One pass over the file reads the sections that a view asks for, as far as the
//! view asks; all else is skipped. A hundred megabytes need little more memory than the file itself.
//!
//! Each kind of section is a type with [`Section`]; what its resources are read into is the caller's choice: a small
//! struct of fields ([`cluster`], [`listener`], [`route`], [`endpoint`]) or the raw text, for `-o json`.

pub mod cluster;
pub mod endpoint;
pub mod field;
pub mod listener;
pub mod route;

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, MapDeserializer};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::decode::TYPE_PREFIX;
use super::json::{Json, Text};
use field::List;

/// One kind of section of a config dump.
pub trait Section<'a>: Deserialize<'a> {
    /// The message, such as `envoy.admin.v3.ClustersConfigDump`.
    const TYPE: &'static str;
}

/// Why a dump cannot give what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DumpError {
    #[error("error unmarshalling config dump response from Envoy: {0}")]
    Unreadable(String),
    #[error("config dump has no configuration type {TYPE_PREFIX}{0}")]
    Missing(&'static str),
}

/// Reads all sections of one kind, in the order of the dump.
pub fn sections<'a, S: Section<'a>>(text: &'a [u8]) -> Result<Vec<S>, DumpError> {
    let unreadable = |error: String| DumpError::Unreadable(error);
    let text = std::str::from_utf8(text).map_err(|error| unreadable(format!("the text is not UTF-8: {error}")))?;
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let found = deserializer.deserialize_any(TopLevel(PhantomData)).map_err(|error| unreadable(error.to_string()))?;
    deserializer.end().map_err(|error| unreadable(error.to_string()))?;
    Ok(found)
}

/// Reads the section of one kind that counts: the last one.
pub fn section<'a, S: Section<'a>>(text: &'a [u8]) -> Result<S, DumpError> {
    sections(text)?.pop().ok_or(DumpError::Missing(S::TYPE))
}

struct TopLevel<S>(PhantomData<S>);

impl<'de, S: Section<'de>> Visitor<'de> for TopLevel<S> {
    type Value = Vec<S>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a config dump: an object with a list `configs`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(Text(key)) = map.next_key()? {
            if key != "configs" {
                map.next_value::<IgnoredAny>()?;
            } else if found.is_none() {
                found = Some(map.next_value::<Configs<S>>()?.0);
            } else {
                return Err(A::Error::duplicate_field("configs"));
            }
        }
        Ok(found.unwrap_or_default())
    }
}

struct Configs<S>(Vec<S>);

impl<'de, S: Section<'de>> Deserialize<'de> for Configs<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ConfigsVisitor(PhantomData)).map(Configs)
    }
}

struct ConfigsVisitor<S>(PhantomData<S>);

impl<'de, S: Section<'de>> Visitor<'de> for ConfigsVisitor<S> {
    type Value = Vec<S>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("the list of sections")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut found = Vec::new();
        while let Some(section) = items.next_element_seed(OneSection(PhantomData))? {
            found.extend(section);
        }
        Ok(found)
    }
}

/// Reads an element of `configs`: the section asked for, or nothing.
struct OneSection<S>(PhantomData<S>);

impl<'de, S: Section<'de>> DeserializeSeed<'de> for OneSection<S> {
    type Value = Option<S>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, S: Section<'de>> Visitor<'de> for OneSection<S> {
    type Value = Option<S>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a section: an object with `@type`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let Some(Text(first)) = map.next_key()? else { return Ok(None) };
        if first == "@type" {
            let Text(url) = map.next_value()?;
            return if is_type(&url, S::TYPE) {
                S::deserialize(MapAccessDeserializer::new(map)).map(Some)
            } else {
                skip(map, &url).map(|()| None)
            };
        }
        // Rare: the type stands behind other members, so they have to wait.
        let mut waiting: Vec<(Cow<'de, str>, &'de RawValue)> = vec![(first, map.next_value()?)];
        while let Some(Text(key)) = map.next_key()? {
            waiting.push((key, map.next_value()?));
        }
        let mut url = None;
        for (_, raw) in waiting.extract_if(.., |(key, _)| key == "@type") {
            url = Some(serde_json::from_str::<Text>(raw.get()).map_err(A::Error::custom)?);
        }
        if !url.is_some_and(|url| is_type(&url, S::TYPE)) {
            return Ok(None);
        }
        S::deserialize(MapDeserializer::<_, serde_json::Error>::new(waiting.into_iter()))
            .map(Some)
            .map_err(A::Error::custom)
    }
}

/// Skips a section that nobody asked for; Envoy's own sections may not have a field twice even then.
fn skip<'de, A: MapAccess<'de>>(mut map: A, url: &str) -> Result<(), A::Error> {
    let known = url.strip_prefix(TYPE_PREFIX).is_some_and(|name| name.starts_with("envoy.admin.v3."));
    let mut seen: Vec<String> = Vec::new();
    while let Some(Text(key)) = map.next_key()? {
        if known {
            let name = super::schema::camel_case(&key);
            if seen.contains(&name) {
                return Err(A::Error::custom(format_args!("duplicate field `{key}`")));
            }
            seen.push(name);
        }
        map.next_value::<IgnoredAny>()?;
    }
    Ok(())
}

fn is_type(url: &str, name: &str) -> bool {
    url.strip_prefix(TYPE_PREFIX) == Some(name)
}

/// The clusters of a dump, each read as `R`.
#[derive(Debug, serde::Deserialize)]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
pub struct Clusters<R> {
    #[serde(default = "List::new", alias = "staticClusters")]
    static_clusters: List<Cluster<R>>,
    #[serde(default = "List::new", alias = "dynamicActiveClusters")]
    dynamic_active_clusters: List<Cluster<R>>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
struct Cluster<R> {
    #[serde(default = "Option::default")]
    cluster: Option<R>,
}

impl<'a, R: Deserialize<'a>> Section<'a> for Clusters<R> {
    const TYPE: &'static str = <Self as Kind>::TYPE;
}

impl<R> Clusters<R> {
    /// Dynamic clusters, then static ones.
    pub fn into_resources(self) -> Vec<R> {
        let all = self.dynamic_active_clusters.0.into_iter().chain(self.static_clusters.0);
        all.filter_map(|entry| entry.cluster).collect()
    }
}

/// The listeners of a dump, each read as `R`.
#[derive(Debug, serde::Deserialize)]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
pub struct Listeners<R> {
    #[serde(default = "List::new", alias = "staticListeners")]
    static_listeners: List<Listener<R>>,
    #[serde(default = "List::new", alias = "dynamicListeners")]
    dynamic_listeners: List<DynamicListener<R>>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
struct Listener<R> {
    #[serde(default = "Option::default")]
    listener: Option<R>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
struct DynamicListener<R> {
    #[serde(default = "Option::default", alias = "activeState")]
    active_state: Option<Listener<R>>,
}

impl<'a, R: Deserialize<'a>> Section<'a> for Listeners<R> {
    const TYPE: &'static str = <Self as Kind>::TYPE;
}

impl<R> Listeners<R> {
    /// Active dynamic listeners, then static ones.
    pub fn into_resources(self) -> Vec<R> {
        let dynamic = self.dynamic_listeners.0.into_iter().filter_map(|entry| entry.active_state);
        dynamic.chain(self.static_listeners.0).filter_map(|entry| entry.listener).collect()
    }

    /// Active dynamic listeners only.
    pub fn into_dynamic(self) -> Vec<R> {
        self.dynamic_listeners.0.into_iter().filter_map(|entry| entry.active_state?.listener).collect()
    }
}

/// The route configurations of a dump, each read as `R`.
#[derive(Debug, serde::Deserialize)]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
pub struct Routes<R> {
    #[serde(default = "List::new", alias = "staticRouteConfigs")]
    static_route_configs: List<RouteConfig<R>>,
    #[serde(default = "List::new", alias = "dynamicRouteConfigs")]
    dynamic_route_configs: List<RouteConfig<R>>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
struct RouteConfig<R> {
    #[serde(default = "Option::default", alias = "routeConfig")]
    route_config: Option<R>,
}

impl<'a, R: Deserialize<'a>> Section<'a> for Routes<R> {
    const TYPE: &'static str = <Self as Kind>::TYPE;
}

impl<R> Routes<R> {
    /// Dynamic route configurations, then static ones.
    pub fn into_resources(self) -> Vec<R> {
        let all = self.dynamic_route_configs.0.into_iter().chain(self.static_route_configs.0);
        all.filter_map(|entry| entry.route_config).collect()
    }
}

/// The endpoints of a dump taken with `include_eds`, each assignment read as `R`.
#[derive(Debug, serde::Deserialize)]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
pub struct Endpoints<R> {
    #[serde(default = "List::new", alias = "staticEndpointConfigs")]
    static_endpoint_configs: List<EndpointConfig<R>>,
    #[serde(default = "List::new", alias = "dynamicEndpointConfigs")]
    dynamic_endpoint_configs: List<EndpointConfig<R>>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
struct EndpointConfig<R> {
    #[serde(default = "Option::default", alias = "endpointConfig")]
    endpoint_config: Option<R>,
}

impl<'a, R: Deserialize<'a>> Section<'a> for Endpoints<R> {
    const TYPE: &'static str = <Self as Kind>::TYPE;
}

impl<R> Endpoints<R> {
    /// Dynamic assignments, then static ones.
    pub fn into_resources(self) -> Vec<R> {
        let all = self.dynamic_endpoint_configs.0.into_iter().chain(self.static_endpoint_configs.0);
        all.filter_map(|entry| entry.endpoint_config).collect()
    }
}

/// A section of the kind of `S`, read as a whole.
#[derive(Debug)]
pub struct Tree<'a, S>(pub Json<'a>, PhantomData<S>);

impl<'de: 'a, 'a, S> Deserialize<'de> for Tree<'a, S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Json::deserialize(deserializer).map(|json| Tree(json, PhantomData))
    }
}

impl<'a, S: Kind> Section<'a> for Tree<'a, S> {
    const TYPE: &'static str = S::TYPE;
}

impl<'a, S> From<Tree<'a, S>> for Json<'a> {
    fn from(tree: Tree<'a, S>) -> Self {
        tree.0
    }
}

/// The message of a kind of section.
pub trait Kind {
    const TYPE: &'static str;
}

impl<R> Kind for Clusters<R> {
    const TYPE: &'static str = "envoy.admin.v3.ClustersConfigDump";
}

impl<R> Kind for Listeners<R> {
    const TYPE: &'static str = "envoy.admin.v3.ListenersConfigDump";
}

impl<R> Kind for Routes<R> {
    const TYPE: &'static str = "envoy.admin.v3.RoutesConfigDump";
}

impl<R> Kind for Endpoints<R> {
    const TYPE: &'static str = "envoy.admin.v3.EndpointsConfigDump";
}

/// The bootstrap section, which is only read as a tree.
#[derive(Debug)]
pub enum Bootstrap {}

/// The secrets section, which is only read as a tree.
#[derive(Debug)]
pub enum Secrets {}

/// The sections of extension configurations, which are only read as trees.
#[derive(Debug)]
pub enum Ecds {}

impl Kind for Bootstrap {
    const TYPE: &'static str = "envoy.admin.v3.BootstrapConfigDump";
}

impl Kind for Secrets {
    const TYPE: &'static str = "envoy.admin.v3.SecretsConfigDump";
}

impl Kind for Ecds {
    const TYPE: &'static str = "envoy.admin.v3.EcdsConfigDump";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Result<Vec<String>, String> {
        section::<Clusters<cluster::Cluster>>(text.as_bytes())
            .map(|section| section.into_resources().iter().map(|cluster| cluster.name.to_string()).collect())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_last_section_counts_and_dynamic_ones_come_first() {
        let text = r#"{"x": [1], "configs": [
            {"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump", "static_clusters": [{"cluster": {"name": "old"}}]},
            {"@type": "type.googleapis.com/acme.Other", "static_clusters": 7},
            {"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump", "staticClusters": [{"cluster": {"name": "s"}}, {}],
             "dynamic_active_clusters": [{"cluster": {"type": "EDS", "name": "d"}}], "dynamic_warming_clusters": null}]}"#;
        assert_eq!(names(text), Ok(vec!["d".to_owned(), "s".to_owned()]));
    }

    #[test]
    fn the_type_may_stand_last() {
        let text = r#"{"configs": [{"static_clusters": [{"cluster": {"name": "s"}}],
            "@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump"}]}"#;
        assert_eq!(names(text), Ok(vec!["s".to_owned()]));
    }

    #[test]
    fn what_is_no_dump_is_refused() {
        for text in [
            "",
            "hello",
            "[]",
            "null",
            r#"{"configs": {}}"#,
            r#"{"configs": [null]}"#,
            r#"{"configs": []} x"#,
            r#"{"configs": [], "configs": []}"#,
        ] {
            assert!(
                names(text)
                    .is_err_and(|error| error.starts_with("error unmarshalling config dump response from Envoy: ")),
                "{text}"
            );
        }
        assert_eq!(
            names(r#"{"configs": [{"foo": 1}]}"#),
            Err("config dump has no configuration type type.googleapis.com/envoy.admin.v3.ClustersConfigDump"
                .to_owned())
        );
    }
}
