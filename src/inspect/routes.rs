//! `proxy-config route`: which route configurations are shown, in which order, and their tables.

use super::go_sort::sort_by_less;
use super::pattern::Pattern;
use super::{origin, route_text};
use crate::envoy::dump::route::{Route, RouteConfiguration};
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

/// Names and how many virtual hosts each has.
pub fn summary(routes: &[RouteConfiguration], named: bool) -> TabWriter {
    let mut table = TabWriter::new(5);
    table.push("NAME\tVIRTUAL HOSTS\n");
    for route in routes {
        table.row([shown_name(route, named), route.virtual_hosts.len().to_string()]);
    }
    table
}

/// A row for each route.
pub fn table(routes: &[RouteConfiguration], named: bool) -> TabWriter {
    let mut table = TabWriter::new(5);
    table.push("NAME\tVHOST NAME\tDOMAINS\tMATCH\tVIRTUAL SERVICE\n");
    for config in routes {
        let name = shown_name(config, named);
        for host in config.virtual_hosts.iter() {
            let domains: Vec<&str> = host.domains.iter().map(|domain| &**domain).collect();
            let domains = route_text::domains(&domains);
            if host.routes.is_empty() {
                table.row([&*name, &*host.name, &*domains, "/*", "404"]);
            }
            for route in host.routes.iter().filter(|route| !passes_through(route)) {
                let path = route_text::path(route.matches.as_ref());
                table.row([&*name, &*host.name, &*domains, &*path, &*origin::shown(route.metadata.as_ref())]);
            }
        }
    }
    table
}

fn shown_name(route: &RouteConfiguration, named: bool) -> String {
    if named { format!("route/{}", &*route.name) } else { route.name.to_string() }
}

fn passes_through(route: &Route) -> bool {
    route.route.as_ref().and_then(|action| action.cluster.as_deref()) == Some("PassthroughCluster")
}
