//! `proxy-config route`: which route configurations are shown, in which order, and their tables.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

use super::go_sort::sort_by_less;
use super::pattern::Pattern;
use super::{origin, route_text};
use crate::envoy::dump::field::List;
use crate::envoy::dump::route::{Route, VirtualHost};
use crate::envoy::json::Text;
use crate::ui::tabwriter::TabWriter;

/// Sorts by the number a name is, then keeps those called `wanted`.
///
/// Two names of which one is no number are not compared at all, so their order is what the sort leaves.
pub fn selected<R>(mut routes: Vec<R>, name_of: impl Fn(&R) -> &str, wanted: &Pattern) -> Vec<R> {
    let number = |route: &R| go_number(name_of(route));
    sort_by_less(&mut routes, |a, b| number(a).zip(number(b)).is_some_and(|(a, b)| a < b));
    routes.retain(|route| wanted.is(name_of(route)));
    routes
}

fn go_number(name: &str) -> Option<i64> {
    let digits = name.strip_prefix(['+', '-']).unwrap_or(name);
    let number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    number.then(|| name.parse().ok()).flatten()
}

/// What the tables show of a route configuration. It is made while the dump is read, so that nothing else of it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary<'a> {
    name: Cow<'a, str>,
    hosts: Box<[Host<'a>]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Host<'a> {
    name: Cow<'a, str>,
    domains: Box<str>,
    /// Match and VirtualService of each route.
    routes: Box<[(Box<str>, Box<str>)]>,
}

impl<'a> Summary<'a> {
    pub fn name(&self) -> &str {
        &self.name
    }

    fn shown_name(&self, named: bool) -> Cow<'_, str> {
        if named { format!("route/{}", self.name).into() } else { Cow::Borrowed(&self.name) }
    }
}

impl<'a> Host<'a> {
    fn of(host: &VirtualHost<'a>) -> Self {
        let shown = |route: &Route| {
            (route_text::path(route.matches.as_ref()).into(), origin::shown(route.metadata.as_ref()).into())
        };
        let domains: Vec<&str> = host.domains.iter().map(|domain| &**domain).collect();
        Host {
            name: host.name.0.clone(),
            domains: route_text::domains(&domains).into(),
            routes: if host.routes.is_empty() {
                [("/*".into(), "404".into())].into()
            } else {
                host.routes.iter().filter(|route| !passes_through(route)).map(shown).collect()
            },
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Summary<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let config = Hosts::deserialize(deserializer)?;
        Ok(Summary { name: config.name.0, hosts: config.virtual_hosts.0.into() })
    }
}

/// A route configuration whose virtual hosts become summaries one by one.
#[derive(serde::Deserialize)]
struct Hosts<'a> {
    #[serde(default, borrow)]
    name: Text<'a>,
    #[serde(default, borrow, alias = "virtualHosts")]
    virtual_hosts: List<Host<'a>>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Host<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        VirtualHost::deserialize(deserializer).map(|host| Host::of(&host))
    }
}

/// Names and how many virtual hosts each has.
pub fn summary(routes: &[Summary], named: bool) -> TabWriter {
    let mut table = TabWriter::new(5);
    table.push("NAME\tVIRTUAL HOSTS\n");
    for route in routes {
        table.row([&*route.shown_name(named), &*route.hosts.len().to_string()]);
    }
    table
}

/// A row for each route.
pub fn table(routes: &[Summary], named: bool) -> TabWriter {
    let mut table = TabWriter::new(5);
    table.push("NAME\tVHOST NAME\tDOMAINS\tMATCH\tVIRTUAL SERVICE\n");
    for config in routes {
        let name = config.shown_name(named);
        for host in &config.hosts {
            for (path, origin) in &host.routes {
                table.row([&*name, &*host.name, &*host.domains, &**path, &**origin]);
            }
        }
    }
    table
}

fn passes_through(route: &Route) -> bool {
    route.route.as_ref().and_then(|action| action.cluster.as_deref()) == Some("PassthroughCluster")
}
