//! What a proxy's dump says about a service: which Istio objects shaped it.

use super::ObjectName;
use crate::envoy::canonical::{CLUSTER, LISTENER, ROUTE, Resources};
use crate::envoy::dump::{Clusters, DumpError, Listeners, Routes, raws};
use crate::envoy::value::Value;

/// The dump of one proxy.
pub struct ProxyDump<'a> {
    clusters: Vec<Value<'a>>,
    routes: Vec<Value<'a>>,
    listeners: Vec<Value<'a>>,
}

/// A service as proxies name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePort {
    /// `NAME.NAMESPACE.svc.cluster.local`.
    pub host: String,
    pub port: i64,
}

impl<'a> ProxyDump<'a> {
    pub fn read(dump: &'a [u8]) -> Result<Self, DumpError> {
        Ok(ProxyDump {
            clusters: Resources::new(dump, raws(dump, Clusters::into_resources)?, CLUSTER).read()?.values,
            routes: Resources::new(dump, raws(dump, Routes::into_resources)?, ROUTE).read()?.values,
            listeners: Resources::new(dump, raws(dump, Listeners::into_dynamic)?, LISTENER).read()?.values,
        })
    }

    /// The DestinationRule that shaped the cluster of a service's port.
    pub fn destination_rule(&self, service: &ServicePort) -> Option<ObjectName> {
        let port = format!("|{}|", service.port);
        let cluster = self.clusters.iter().find(|cluster| {
            let name = cluster.text(&["name"]);
            name.contains(&service.host)
                && name.contains("outbound")
                && name.contains(&port)
                && object(cluster).is_some()
        });
        cluster.and_then(object)
    }

    /// The VirtualService of the first route that leads to a service's port.
    pub fn virtual_service(&self, service: &ServicePort) -> Option<ObjectName> {
        for config in &self.routes {
            let name = config.text(&["name"]);
            let is_http = name == service.port.to_string() || name.starts_with("http.") || name.starts_with("https.");
            for host in config.list(&["virtualHosts"]).iter().filter(|_| is_http) {
                let named = host.list(&["domains"]).iter().any(|domain| domain.as_str() == Some(&service.host));
                let mut leading = host.list(&["routes"]).iter().filter(|route| named || leads_to(route, service));
                if let Some(found) = leading.find_map(object) {
                    return Some(found);
                }
            }
        }
        None
    }

    /// The policies of the first RBAC filter for what comes in, sorted.
    pub fn rbac_policies(&self) -> Vec<String> {
        let inbound = self.listeners.iter().find(|listener| listener.text(&["name"]) == "virtualInbound");
        let chains = inbound.map(|listener| listener.list(&["filterChains"])).unwrap_or_default();
        let mut filters = chains.iter().flat_map(|chain| chain.list(&["filters"]));
        let manager = filters.find(|filter| filter.text(&["name"]) == "envoy.filters.network.http_connection_manager");
        let http = manager.map(|manager| manager.list(&["typedConfig", "httpFilters"])).unwrap_or_default();
        let rbac = http.iter().find(|filter| filter.text(&["name"]) == "envoy.filters.http.rbac");
        let policies = rbac.and_then(|rbac| rbac.at(&["typedConfig", "rules", "policies"]));
        policies.map(Value::entries).unwrap_or_default().iter().map(|(key, _)| key.to_string()).collect()
    }
}

fn leads_to(route: &Value, service: &ServicePort) -> bool {
    let weighted = route.list(&["route", "weightedClusters", "clusters"]).first().map(|one| one.text(&["name"]));
    let cluster = weighted.unwrap_or_else(|| route.text(&["route", "cluster"]));
    cluster.starts_with(&format!("outbound|{}|", service.port)) && cluster.ends_with(&format!("|{}", service.host))
}

fn object(resource: &Value) -> Option<ObjectName> {
    let path = resource.text(&["metadata", "filterMetadata", "istio", "config"]);
    let (name, namespace) = crate::inspect::origin::object(path)?;
    Some(ObjectName { namespace: namespace.to_owned(), name: name.to_owned() })
}
