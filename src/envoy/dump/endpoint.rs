//! Endpoints, as far as their tables need them: from a dump's EDS section, and from `/clusters?format=json`.

use super::field::{Address, EnumValue, List, filled_list, older_list};
use crate::envoy::json::Text;

/// The names of `envoy.config.core.v3.HealthStatus`, by number.
pub const HEALTH: [&str; 6] = ["UNKNOWN", "HEALTHY", "UNHEALTHY", "DRAINING", "TIMEOUT", "DEGRADED"];

/// `envoy.config.endpoint.v3.ClusterLoadAssignment`.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Assignment<'a> {
    #[serde(default, borrow, rename = "@type")]
    pub type_url: Text<'a>,
    #[serde(default, borrow, alias = "clusterName")]
    pub cluster_name: Text<'a>,
    #[serde(default, borrow)]
    pub endpoints: List<LocalityEndpoints<'a>>,
}

/// The endpoints of one locality.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct LocalityEndpoints<'a> {
    #[serde(default, borrow)]
    pub locality: Option<Locality<'a>>,
    #[serde(default, borrow, alias = "lbEndpoints")]
    pub lb_endpoints: List<LbEndpoint<'a>>,
}

/// Where endpoints run.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct Locality<'a> {
    #[serde(default, borrow)]
    pub region: Text<'a>,
    #[serde(default, borrow)]
    pub zone: Text<'a>,
    #[serde(default, borrow, alias = "subZone")]
    pub sub_zone: Text<'a>,
}

/// An endpoint with its health and weight.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct LbEndpoint<'a> {
    #[serde(default, borrow)]
    pub endpoint: Option<Endpoint<'a>>,
    #[serde(default, borrow, alias = "healthStatus")]
    pub health_status: EnumValue<'a>,
}

/// What traffic is sent to.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct Endpoint<'a> {
    #[serde(default, borrow)]
    pub address: Option<Address<'a>>,
    #[serde(default, borrow, alias = "additionalAddresses")]
    pub additional_addresses: List<AdditionalAddress<'a>>,
}

/// A further address of the same endpoint.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct AdditionalAddress<'a> {
    #[serde(default, borrow)]
    pub address: Option<Address<'a>>,
}

/// The answer to `/clusters?format=json`, each cluster read as `R`.
#[derive(Debug, serde::Deserialize)]
#[serde(bound(deserialize = "R: serde::Deserialize<'de>"))]
pub struct ClusterStatuses<R> {
    #[serde(default = "List::new", alias = "clusterStatuses", deserialize_with = "filled_list")]
    pub cluster_statuses: List<R>,
}

#[derive(Debug, Clone, serde::Deserialize)]
pub struct ClusterStatus<'a> {
    #[serde(default, borrow)]
    pub name: Text<'a>,
    #[serde(default, borrow, alias = "hostStatuses", deserialize_with = "older_list")]
    pub host_statuses: List<HostStatus<'a>>,
}

/// A host of such a cluster.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct HostStatus<'a> {
    #[serde(default, borrow)]
    pub address: Option<Address<'a>>,
    #[serde(default, borrow, alias = "healthStatus")]
    pub health_status: Option<HostHealth<'a>>,
}

/// What active, passive and reported health checks say of a host.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct HostHealth<'a> {
    #[serde(default, borrow, alias = "edsHealthStatus")]
    pub eds_health_status: EnumValue<'a>,
    #[serde(default, alias = "failedOutlierCheck")]
    pub failed_outlier_check: Option<bool>,
}
