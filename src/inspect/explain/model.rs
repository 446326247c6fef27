//! The parts of a dump that the way of a request needs; resources are decoded when they are reached.

use serde_json::value::RawValue;

use crate::envoy::canonical::{self, CLUSTER, LISTENER, ROUTE};
use crate::envoy::decode::Decoder;
use crate::envoy::dump::field::{Address, List};
use crate::envoy::dump::{
    Bootstrap, Clusters, DumpError, Endpoints, Listeners, Routes, Tree, endpoint::AdditionalAddress, raws, section,
};
use crate::envoy::json::{Json, Text};
use crate::envoy::value::Value;

const ASSIGNMENT: &str = "envoy.config.endpoint.v3.ClusterLoadAssignment";

/// A dump, indexed by the names of its resources.
pub struct Model<'a> {
    listeners: Vec<(ListenerHead<'a>, &'a RawValue)>,
    routes: Vec<(Head<'a>, &'a RawValue)>,
    clusters: Vec<(Head<'a>, &'a RawValue)>,
    endpoints: Vec<(AssignmentHead<'a>, &'a RawValue)>,
    /// `sidecar~IP~POD.NAMESPACE~DOMAIN`.
    node: String,
}

/// What a listener is found by.
#[derive(serde::Deserialize)]
pub struct ListenerHead<'a> {
    #[serde(default, borrow)]
    pub name: Text<'a>,
    #[serde(default, borrow)]
    address: Option<Address<'a>>,
    #[serde(default, borrow, alias = "additionalAddresses")]
    additional_addresses: List<AdditionalAddress<'a>>,
}

#[derive(serde::Deserialize)]
struct Head<'a> {
    #[serde(default, borrow)]
    name: Text<'a>,
}

#[derive(serde::Deserialize)]
struct AssignmentHead<'a> {
    #[serde(default, borrow, alias = "clusterName")]
    cluster_name: Text<'a>,
}

impl ListenerHead<'_> {
    pub fn port(&self) -> u32 {
        self.address.as_ref().map_or(0, Address::port)
    }

    pub fn listens_on(&self, ip: &str) -> bool {
        let more = self.additional_addresses.iter().filter_map(|more| more.address.as_ref());
        let mut all = self.address.iter().chain(more).filter_map(|address| address.socket_address.as_ref());
        all.any(|socket| *socket.address == *ip)
    }
}

impl<'a> Model<'a> {
    /// Reads a dump; sections that it lacks are empty.
    pub fn read(dump: &'a [u8]) -> Result<Self, DumpError> {
        let bootstrap = section::<Tree<Bootstrap>>(dump).map(Json::from);
        let node = match &bootstrap {
            Ok(json) => {
                let node = json.get("bootstrap").and_then(|bootstrap| bootstrap.get("node"));
                node.and_then(|node| node.get("id")).and_then(Json::as_str).unwrap_or_default().to_owned()
            }
            Err(_) => String::new(),
        };
        Ok(Model {
            listeners: canonical::viewed(dump, raws(dump, Listeners::into_resources)?)?,
            routes: canonical::viewed(dump, raws(dump, Routes::into_resources)?)?,
            clusters: canonical::viewed(dump, raws(dump, Clusters::into_resources)?)?,
            endpoints: canonical::viewed(dump, raws(dump, Endpoints::into_resources)?)?,
            node,
        })
    }

    /// Whether the proxy is a gateway: told by its node's name.
    pub fn is_gateway(&self) -> bool {
        self.node.starts_with("router~")
    }

    /// The proxy's own address.
    pub fn own_ip(&self) -> &str {
        self.node.split('~').nth(1).unwrap_or_default()
    }

    pub fn listener(&self, fits: impl Fn(&ListenerHead) -> bool) -> Option<Value<'a>> {
        let (_, raw) = self.listeners.iter().find(|(head, _)| fits(head))?;
        decoded(raw, LISTENER)
    }

    /// A listener that fits and whose text mentions `needle`.
    pub fn listener_with(&self, needle: &str, fits: impl Fn(&ListenerHead) -> bool) -> Option<Value<'a>> {
        let (_, raw) = self.listeners.iter().find(|(head, raw)| fits(head) && raw.get().contains(needle))?;
        decoded(raw, LISTENER)
    }

    pub fn ports(&self) -> Vec<u32> {
        let mut ports: Vec<u32> = self.listeners.iter().map(|(head, _)| head.port()).collect();
        ports.sort_unstable();
        ports.dedup();
        ports
    }

    /// The addresses of all listeners on a port.
    pub fn addresses(&self, port: u32) -> Vec<String> {
        let heads = self.listeners.iter().map(|(head, _)| head).filter(|head| head.port() == port);
        let addresses = heads.filter_map(|head| head.address.as_ref()?.socket_address.as_ref());
        addresses.map(|socket| socket.address.to_string()).collect()
    }

    pub fn route(&self, name: &str) -> Option<Value<'a>> {
        let (_, raw) = self.routes.iter().find(|(head, _)| *head.name == *name)?;
        decoded(raw, ROUTE)
    }

    pub fn cluster(&self, name: &str) -> Option<Value<'a>> {
        let (_, raw) = self.clusters.iter().find(|(head, _)| *head.name == *name)?;
        decoded(raw, CLUSTER)
    }

    pub fn cluster_names(&self) -> impl Iterator<Item = &str> {
        self.clusters.iter().map(|(head, _)| &*head.name)
    }

    pub fn assignment(&self, name: &str) -> Option<Value<'a>> {
        let (_, raw) = self.endpoints.iter().find(|(head, _)| *head.cluster_name == *name)?;
        decoded(raw, ASSIGNMENT)
    }

    /// Whether the dump tells endpoints at all.
    pub fn has_endpoints(&self) -> bool {
        !self.endpoints.is_empty()
    }
}

fn decoded<'a>(raw: &'a RawValue, name: &str) -> Option<Value<'a>> {
    let json = serde_json::from_str(raw.get()).ok()?;
    Decoder::default().content(json, name).ok()
}
