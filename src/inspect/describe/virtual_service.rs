//! The VirtualService of a service: its routes, and which of them reach these pods.

use serde::Serialize;
use serde_json::Value;

use super::destination_rule::DestinationRule;
use super::{ObjectName, Referred, list_at, text_at};

/// What a VirtualService says; its TLS routes apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VirtualService {
    pub routes: Vec<Route>,
    /// The DestinationRule whose subsets the routes lead to.
    pub subsets_of: Option<ObjectName>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    pub protocol: Protocol,
    pub name: Option<String>,
    /// The conditions, as they stand in the route.
    #[serde(rename = "match")]
    pub conditions: Vec<Value>,
    pub destinations: Vec<Destination>,
    /// As it stands in the route.
    pub fault: Option<Value>,
    /// Whether one of the destinations is the pods.
    pub reaches_pods: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    Http,
    Tcp,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Destination {
    pub host: String,
    pub subset: Option<String>,
    pub port: Option<i64>,
    pub weight: Option<i64>,
    pub leads_to: LeadsTo,
}

/// Where a destination leads, from the pods' point of view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum LeadsTo {
    Pods,
    OtherHost,
    /// A subset of the same service that the pods are not in.
    OtherSubset,
    /// A subset that the DestinationRule does not have.
    UnknownSubset,
    /// A subset, where no DestinationRule defines any.
    UndefinedSubset,
}

impl VirtualService {
    /// Reads the object for the service of this host, whose subsets the rule defines.
    pub fn of(object: &Value, host: &str, rule: Option<&Referred<DestinationRule>>) -> Self {
        let (name, rule) = (rule.map(|rule| rule.name.clone()), rule.and_then(|rule| rule.content.as_ref()));
        let namespace = text_at(object, "/metadata/namespace");
        let route = |protocol, route: &Value| {
            let destination = |one: &Value| Destination::of(one, host, namespace, rule);
            let destinations: Vec<Destination> = list_at(route, "/route").iter().map(destination).collect();
            Route {
                protocol,
                name: route["name"].as_str().map(str::to_owned),
                conditions: list_at(route, "/match").to_vec(),
                fault: route.get("fault").cloned().filter(|_| protocol == Protocol::Http),
                reaches_pods: destinations.iter().any(|one| one.leads_to == LeadsTo::Pods),
                destinations,
            }
        };
        let http = list_at(object, "/spec/http").iter().map(|one| route(Protocol::Http, one));
        let tcp = list_at(object, "/spec/tcp").iter().map(|one| route(Protocol::Tcp, one));
        VirtualService { routes: http.chain(tcp).collect(), subsets_of: name.filter(|_| rule.is_some()) }
    }
}

impl Destination {
    fn of(one: &Value, host: &str, namespace: &str, rule: Option<&DestinationRule>) -> Self {
        let (its_host, subset) = (text_at(one, "/destination/host"), text_at(one, "/destination/subset"));
        let defined = rule.and_then(|rule| rule.subsets.iter().find(|known| known.name == subset));
        let leads_to = if !is_host(its_host, host, namespace) {
            LeadsTo::OtherHost
        } else if subset.is_empty() {
            LeadsTo::Pods
        } else {
            match (rule, defined.map(|subset| subset.matches)) {
                (_, Some(true)) => LeadsTo::Pods,
                (_, Some(false)) => LeadsTo::OtherSubset,
                (Some(_), None) => LeadsTo::UnknownSubset,
                (None, None) => LeadsTo::UndefinedSubset,
            }
        };
        Destination {
            host: its_host.to_owned(),
            subset: Some(subset).filter(|subset| !subset.is_empty()).map(str::to_owned),
            port: one.pointer("/destination/port/number").and_then(Value::as_i64),
            weight: one["weight"].as_i64(),
            leads_to,
        }
    }
}

/// The gateways that a VirtualService names, the mesh apart.
pub fn gateways(object: &Value) -> Vec<ObjectName> {
    let own = text_at(object, "/metadata/namespace");
    let names = list_at(object, "/spec/gateways").iter().filter_map(Value::as_str).filter(|name| *name != "mesh");
    names
        .map(|name| {
            let (namespace, name) = name.split_once('/').unwrap_or((own, name));
            ObjectName { name: name.to_owned(), namespace: namespace.to_owned() }
        })
        .collect()
}

/// A short name means the service in the object's own namespace.
fn is_host(given: &str, full: &str, namespace: &str) -> bool {
    given == full
        || full.strip_prefix(given).is_some_and(|rest| {
            let in_namespace = format!(".{namespace}.");
            rest.starts_with('.') && (given.contains('.') || rest.starts_with(&in_namespace))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_hosts_mean_the_objects_own_namespace() {
        let full = "reviews.shop.svc.cluster.local";
        assert!(is_host("reviews", full, "shop") && is_host("reviews.shop", full, "x") && is_host(full, full, "x"));
        assert!(!is_host("reviews", full, "other") && !is_host("review", full, "shop"));
    }
}
