//! A route configuration, as far as its table needs it.

use super::field::{List, Metadata};
use crate::envoy::json::Text;

#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct RouteConfiguration<'a> {
    #[serde(default, borrow)]
    pub name: Text<'a>,
    #[serde(default, borrow, alias = "virtualHosts")]
    pub virtual_hosts: List<VirtualHost<'a>>,
}

#[derive(Debug, Clone, serde::Deserialize)]
pub struct VirtualHost<'a> {
    #[serde(default, borrow)]
    pub name: Text<'a>,
    #[serde(default, borrow)]
    pub domains: List<Text<'a>>,
    #[serde(default, borrow)]
    pub routes: List<Route<'a>>,
}

#[derive(Debug, Clone, serde::Deserialize)]
pub struct Route<'a> {
    #[serde(default, borrow, rename = "match")]
    pub matches: Option<RouteMatch<'a>>,
    /// The action that sends the request to a cluster.
    #[serde(default, borrow)]
    pub route: Option<RouteAction<'a>>,
    #[serde(default, borrow)]
    pub metadata: Option<Metadata<'a>>,
}

#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct RouteMatch<'a> {
    #[serde(default, borrow)]
    pub prefix: Text<'a>,
    #[serde(default, borrow)]
    pub path: Text<'a>,
    #[serde(default, borrow, alias = "pathSeparatedPrefix")]
    pub path_separated_prefix: Text<'a>,
    #[serde(default, borrow, alias = "safeRegex")]
    pub safe_regex: Option<Regex<'a>>,
}

#[derive(Debug, Clone, serde::Deserialize)]
pub struct Regex<'a> {
    #[serde(default, borrow)]
    pub regex: Text<'a>,
}

#[derive(Debug, Clone, serde::Deserialize)]
pub struct RouteAction<'a> {
    #[serde(default, borrow)]
    pub cluster: Option<Text<'a>>,
}
