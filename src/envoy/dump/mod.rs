//! A config dump, borrowed from its text. One pass over the file reads the sections that a view asks for, as far as the
//! view asks; all else is skipped. A hundred megabytes need little more memory than the file itself.
//!
//! Each kind of section is a type with [`Section`]; what its resources are read into is the caller's choice: a small
//! struct of fields ([`cluster`], [`listener`], [`route`], [`endpoint`]) or the raw text, for `-o json`.

pub mod cluster;
pub mod endpoint;
pub mod field;
pub mod listener;
pub mod place;
pub mod route;
mod sections;

use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny};

use super::json::Json;
use field::List;
pub use sections::{DumpError, Section, Sections, raws, section, sections};

/// The clusters of a dump, each read as `R`.
#[derive(Debug, serde::Deserialize)]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
pub struct Clusters<R> {
    #[serde(default = "List::new", alias = "staticClusters")]
    static_clusters: List<Cluster<R>>,
    #[serde(default = "List::new", alias = "dynamicActiveClusters")]
    dynamic_active_clusters: List<Cluster<R>>,
    #[serde(default = "List::new", alias = "dynamicWarmingClusters")]
    dynamic_warming_clusters: List<Cluster<R>>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(bound(deserialize = "R: Deserialize<'de>"))]
struct Cluster<R> {
    #[serde(default = "Option::default")]
    cluster: Option<R>,
    #[serde(default, alias = "errorState")]
    error_state: Option<Box<Refusal>>,
}

/// Why Envoy refused the last update of a resource; it goes on with what it had.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct Refusal {
    #[serde(default)]
    details: Option<String>,
    #[serde(default, alias = "lastUpdateAttempt")]
    last_update_attempt: Option<String>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let text = |part: &Option<String>| part.clone().unwrap_or_default();
        write!(f, "its last update was refused at {}: {}", text(&self.last_update_attempt), text(&self.details))
    }
}

/// What Envoy does with a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Active,
    Static,
    /// Waits for its endpoints, routes or secrets.
    Warming,
    /// In use as it was before an update that was refused.
    Refused,
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(match self {
            State::Active => "active",
            State::Static => "static",
            State::Warming => "warming",
            State::Refused => "refused",
        })
    }
}

impl<'a, R: Deserialize<'a>> Section<'a> for Clusters<R> {
    const TYPE: &'static str = <Self as Kind>::TYPE;
}

impl<R> Clusters<R> {
    /// Dynamic clusters, then static ones.
    pub fn into_resources(self) -> Vec<R> {
        joined(self.dynamic_active_clusters, self.static_clusters, |entry| entry.cluster)
    }

    /// All clusters with their states, those that are still warming last.
    pub fn into_states(self) -> Vec<(State, R)> {
        let state = |list: List<Cluster<R>>, state: State| {
            list.0.into_iter().filter_map(move |entry| {
                let state = if entry.error_state.is_some() { State::Refused } else { state };
                Some((state, entry.cluster?))
            })
        };
        state(self.dynamic_active_clusters, State::Active)
            .chain(state(self.static_clusters, State::Static))
            .chain(state(self.dynamic_warming_clusters, State::Warming))
            .collect()
    }

    /// What is wrong with clusters, by their names.
    pub fn troubles(&self, name: impl Fn(&R) -> &str) -> Vec<String> {
        let of =
            |entry: &Cluster<R>| entry.cluster.as_ref().map(|cluster| name(cluster).to_owned()).unwrap_or_default();
        let warming = self.dynamic_warming_clusters.iter();
        let warming = warming.map(|entry| format!("{} is still warming and not used yet", of(entry)));
        let all = self.dynamic_active_clusters.iter().chain(self.dynamic_warming_clusters.iter());
        let refused = all.filter_map(|entry| Some(format!("{}: {}", of(entry), entry.error_state.as_ref()?)));
        warming.chain(refused).collect()
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
    #[serde(default)]
    name: Option<Box<str>>,
    #[serde(default = "Option::default", alias = "activeState")]
    active_state: Option<Listener<R>>,
    #[serde(default, alias = "warmingState")]
    warming_state: Option<IgnoredAny>,
    #[serde(default, alias = "errorState")]
    error_state: Option<Box<Refusal>>,
}

impl<'a, R: Deserialize<'a>> Section<'a> for Listeners<R> {
    const TYPE: &'static str = <Self as Kind>::TYPE;
}

impl<R> Listeners<R> {
    /// Active dynamic listeners, then static ones.
    pub fn into_resources(self) -> Vec<R> {
        let (mut all, of_bootstrap) = self.into_dynamic_and_static();
        all.extend(of_bootstrap);
        all.shrink_to_fit();
        all
    }

    /// What is wrong with listeners, by their names.
    pub fn troubles(&self) -> Vec<String> {
        let dynamic = self.dynamic_listeners.iter();
        let trouble = |one: &DynamicListener<R>| {
            let name = one.name.as_deref().unwrap_or_default();
            match (&one.error_state, &one.warming_state) {
                (Some(refusal), _) => Some(format!("{name}: {refusal}")),
                (None, Some(_)) => Some(format!("{name} is still warming and not used yet")),
                (None, None) => None,
            }
        };
        dynamic.filter_map(trouble).collect()
    }

    /// Active dynamic listeners only.
    pub fn into_dynamic(self) -> Vec<R> {
        self.into_dynamic_and_static().0
    }

    fn into_dynamic_and_static(self) -> (Vec<R>, Vec<R>) {
        let dynamic = self.dynamic_listeners.0.into_iter().filter_map(|entry| entry.active_state?.listener);
        (dynamic.collect(), self.static_listeners.0.into_iter().filter_map(|entry| entry.listener).collect())
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
        joined(self.dynamic_route_configs, self.static_route_configs, |entry| entry.route_config)
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
        joined(self.dynamic_endpoint_configs, self.static_endpoint_configs, |entry| entry.endpoint_config)
    }
}

/// The resources of two lists of entries in the memory of the first, as there are many of them.
fn joined<E, R>(first: List<E>, second: List<E>, resource: fn(E) -> Option<R>) -> Vec<R> {
    let mut all: Vec<R> = first.0.into_iter().filter_map(resource).collect();
    all.extend(second.0.into_iter().filter_map(resource));
    all.shrink_to_fit();
    all
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
