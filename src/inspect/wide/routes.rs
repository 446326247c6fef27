//! Routes with all their conditions, all domains, and where they go.

use super::{NOTHING, or_dash};
use crate::envoy::value::Value;
use crate::inspect::clusters::ClusterName;
use crate::inspect::explain::condition;
use crate::inspect::pattern::Pattern;
use crate::inspect::routes::selected;
use crate::ui::tabwriter::TabWriter;

/// The table of canonical route configurations; `host` looks at names and domains of the virtual hosts.
pub fn table(configs: Vec<Value>, name: &Pattern, host: &Pattern) -> TabWriter {
    let mut table = TabWriter::new(3);
    table.push("NAME\tVHOST NAME\tDOMAINS\tMATCH\tDESTINATION\tVIRTUAL SERVICE\n");
    for config in selected(configs, |config| config.text(&["name"]), name) {
        for virtual_host in config.list(&["virtualHosts"]).iter().filter(|one| is_meant(one, host)) {
            let domains: Vec<&str> = virtual_host.list(&["domains"]).iter().filter_map(Value::as_str).collect();
            let first = [config.text(&["name"]), virtual_host.text(&["name"]), &domains.join(", ")].map(str::to_owned);
            let routes = virtual_host.list(&["routes"]);
            for route in routes {
                let origin = route.at(&["metadata", "filterMetadata", "istio", "config"]);
                let origin = crate::inspect::origin::of_path(origin.map(|config| config.as_str()));
                let rest = [condition(route), destination(route), origin];
                table.row(first.iter().cloned().chain(rest).map(or_dash));
            }
            if routes.is_empty() {
                let tree = virtual_host.get("matcher").is_some();
                let rest =
                    if tree { ["by a matcher tree", NOTHING, NOTHING] } else { ["every request", "404", NOTHING] };
                let rest = rest.map(str::to_owned);
                table.row(first.iter().cloned().chain(rest).map(or_dash));
            }
        }
    }
    table
}

fn is_meant(virtual_host: &Value, host: &Pattern) -> bool {
    let domains = virtual_host.list(&["domains"]).iter().filter_map(Value::as_str);
    std::iter::once(virtual_host.text(&["name"])).chain(domains).any(|name| host.is_part_of(name))
}

/// The cluster, the split between clusters, or what the proxy answers itself; then where copies go.
fn destination(route: &Value) -> String {
    let mirrors = route.list(&["route", "requestMirrorPolicies"]).iter();
    let copies = mirrors.map(|mirror| format!(", copies to {}", shown(mirror.text(&["cluster"]))));
    target(route) + &copies.collect::<String>()
}

fn target(route: &Value) -> String {
    if let Some(redirect) = route.get("redirect") {
        let parts = ["hostRedirect", "pathRedirect", "prefixRewrite"].map(|key| redirect.text(&[key]));
        let secure = redirect.get("httpsRedirect").and_then(Value::as_bool) == Some(true);
        return format!("redirect to {}{}", if secure { "https://" } else { "" }, parts.concat());
    }
    if let Some(response) = route.get("directResponse") {
        return format!("answers {}", response.get("status").and_then(Value::as_u64).unwrap_or(0));
    }
    for (key, words) in [("nonForwardingAction", "answered by a filter"), ("filterAction", "as a filter says")] {
        if route.get(key).is_some() {
            return words.to_owned();
        }
    }
    let to = route.get("route").unwrap_or(&Value::Null);
    let weighted = to.list(&["weightedClusters", "clusters"]);
    if !weighted.is_empty() {
        let weight = |one: &Value| one.get("weight").and_then(Value::as_u64).unwrap_or(0);
        let total = weighted.iter().map(weight).sum::<u64>().max(1);
        let name = |one: &Value| match one.text(&["clusterHeader"]) {
            "" => shown(one.text(&["name"])),
            header => format!("as header {header} says"),
        };
        let share = |one: &Value| format!("{} {}%", name(one), weight(one) * 100 / total);
        return weighted.iter().map(share).collect::<Vec<_>>().join(", ");
    }
    let plugin = [&["clusterSpecifierPlugin"][..], &["inlineClusterSpecifierPlugin", "extension", "name"][..]];
    let plugin = plugin.iter().map(|path| to.text(path)).find(|name| !name.is_empty());
    match (to.text(&["cluster"]), to.text(&["clusterHeader"])) {
        ("", "") => plugin.map(|name| format!("as plugin {name} says")).unwrap_or_default(),
        ("", header) => format!("as header {header} says"),
        (cluster, _) => shown(cluster),
    }
}

/// `HOST:PORT SUBSET`.
fn shown(cluster: &str) -> String {
    let name = ClusterName::parse(cluster);
    match (name.parsed, name.subset) {
        (false, _) => cluster.to_owned(),
        (true, "") => format!("{}:{}", name.host, name.port),
        (true, subset) => format!("{}:{} {subset}", name.host, name.port),
    }
}
