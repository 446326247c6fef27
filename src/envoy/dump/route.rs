//! A route configuration, as far as its table needs it.

use super::field::{List, Metadata};
use crate::envoy::json::Text;

/// One route configuration.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct RouteConfiguration<'a> {
    #[serde(default, borrow)]
    pub name: Text<'a>,
    #[serde(default, borrow, alias = "virtualHosts")]
    pub virtual_hosts: List<VirtualHost<'a>>,
}

/// Routes of some domains.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct VirtualHost<'a> {
    #[serde(default, borrow)]
    pub name: Text<'a>,
    #[serde(default, borrow)]
    pub domains: List<Text<'a>>,
    #[serde(default, borrow)]
    pub routes: List<Route<'a>>,
}

/// One route.
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

/// Which requests a route takes.
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

/// A regular expression.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Regex<'a> {
    #[serde(default, borrow)]
    pub regex: Text<'a>,
}

/// Where a route sends its requests.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct RouteAction<'a> {
    #[serde(default, borrow)]
    pub cluster: Option<Text<'a>>,
}
