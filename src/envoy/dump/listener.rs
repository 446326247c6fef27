//! A listener, as far as its table needs it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::endpoint::AdditionalAddress;
use super::field::{Address, List, Uint32};
use super::place;
use super::route::RouteConfiguration;
use crate::envoy::json::Text;

/// The names of the network filters that decide where a connection goes.
pub const HTTP_CONNECTION_MANAGER: &str = "envoy.filters.network.http_connection_manager";
/// The name of the filter that forwards TCP.
pub const TCP_PROXY: &str = "envoy.filters.network.tcp_proxy";

/// One listener.
#[derive(Debug, serde::Deserialize)]
pub struct Listener<'a> {
    #[serde(default, borrow)]
    pub name: Text<'a>,
    #[serde(default, borrow)]
    pub address: Option<Address<'a>>,
    #[serde(default, borrow, alias = "additionalAddresses")]
    pub additional_addresses: List<AdditionalAddress<'a>>,
    #[serde(default, borrow, alias = "filterChains")]
    pub filter_chains: List<FilterChain<'a>>,
    #[serde(default, borrow, alias = "defaultFilterChain")]
    pub default_filter_chain: Option<FilterChain<'a>>,
    #[serde(default, alias = "internalListener")]
    pub internal_listener: Option<IgnoredAny>,
    #[serde(default, borrow, alias = "filterChainMatcher")]
    pub filter_chain_matcher: Option<&'a RawValue>,
}

/// What is done with the connections that a match takes.
#[derive(Debug, serde::Deserialize)]
pub struct FilterChain<'a> {
    #[serde(default, borrow)]
    pub name: Text<'a>,
    #[serde(default, borrow, alias = "filterChainMatch")]
    pub filter_chain_match: Option<FilterChainMatch<'a>>,
    #[serde(default, borrow)]
    pub filters: List<Filter<'a>>,
}

/// Which connections a chain takes.
#[derive(Debug, Default, serde::Deserialize)]
pub struct FilterChainMatch<'a> {
    #[serde(default, alias = "destinationPort")]
    pub destination_port: Option<Uint32>,
    #[serde(default, borrow, alias = "prefixRanges")]
    pub prefix_ranges: List<CidrRange<'a>>,
    #[serde(default, borrow, alias = "serverNames")]
    pub server_names: List<Text<'a>>,
    #[serde(default, borrow, alias = "transportProtocol")]
    pub transport_protocol: Text<'a>,
    #[serde(default, borrow, alias = "applicationProtocols")]
    pub application_protocols: List<Text<'a>>,
}

/// A network.
#[derive(Debug, serde::Deserialize)]
pub struct CidrRange<'a> {
    #[serde(default, borrow, alias = "addressPrefix")]
    pub address_prefix: Text<'a>,
    #[serde(default, alias = "prefixLen")]
    pub prefix_len: Uint32,
}

/// A network filter; of the two that matter the configuration is read, too.
#[derive(Debug)]
pub struct Filter<'a> {
    pub name: Text<'a>,
    pub config: FilterConfig<'a>,
}

/// The same error without the place in its own text: it gets the one in the whole.
fn unplaced<E: serde::de::Error>(error: serde_json::Error) -> E {
    E::custom(place::reason(&error))
}

/// The configuration of a network filter, as far as the table names its target.
#[derive(Debug)]
pub enum FilterConfig<'a> {
    Http(Box<HttpConnectionManager<'a>>),
    Tcp(TcpProxy<'a>),
    Other,
}

/// The filter that speaks HTTP.
#[derive(Debug, Default, serde::Deserialize)]
pub struct HttpConnectionManager<'a> {
    #[serde(default, borrow, alias = "routeConfig")]
    pub route_config: Option<RouteConfiguration<'a>>,
    #[serde(default, borrow)]
    pub rds: Option<Rds<'a>>,
}

/// Routes that come from the control plane, by name.
#[derive(Debug, serde::Deserialize)]
pub struct Rds<'a> {
    #[serde(default, borrow, alias = "routeConfigName")]
    pub route_config_name: Text<'a>,
}

/// The filter that forwards to one cluster, or to several by weight.
#[derive(Debug, Default)]
pub struct TcpProxy<'a> {
    pub cluster: Text<'a>,
    /// The configuration mentions `BlackHoleCluster`, anywhere.
    pub black_hole: bool,
}

#[derive(serde::Deserialize)]
struct TcpProxyFields<'a> {
    #[serde(default, borrow)]
    cluster: Text<'a>,
}

impl<'a> TcpProxy<'a> {
    fn read(raw: &'a RawValue) -> Result<Self, serde_json::Error> {
        let fields: TcpProxyFields = serde_json::from_str(raw.get())?;
        let black_hole = memchr::memmem::find(raw.get().as_bytes(), b"BlackHoleCluster").is_some();
        Ok(TcpProxy { cluster: fields.cluster, black_hole })
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Filter<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FilterVisitor)
    }
}

struct FilterVisitor;

impl<'de> Visitor<'de> for FilterVisitor {
    type Value = Filter<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a network filter")
    }

    /// The name comes first as Envoy writes it, and tells how to read what follows in one pass.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut name: Option<Text> = None;
        let mut config = None;
        let mut raw: Option<&RawValue> = None;
        while let Some(Text(key)) = map.next_key()? {
            match (&*key, name.as_deref()) {
                ("name", None) => name = Some(map.next_value()?),
                ("name", Some(_)) => return Err(A::Error::duplicate_field("name")),
                ("typed_config" | "typedConfig", _) if raw.is_some() || config.is_some() => {
                    return Err(A::Error::duplicate_field("typed_config"));
                }
                ("typed_config" | "typedConfig", Some(HTTP_CONNECTION_MANAGER)) => {
                    config = Some(FilterConfig::Http(map.next_value::<Option<Box<_>>>()?.unwrap_or_default()));
                }
                ("typed_config" | "typedConfig", known) => {
                    let wanted = known.is_none_or(|name| name == TCP_PROXY);
                    if wanted { raw = map.next_value()? } else { map.next_value::<IgnoredAny>().map(drop)? }
                }
                _ => map.next_value::<IgnoredAny>().map(drop)?,
            }
        }
        let name = name.unwrap_or_default();
        let config = match (config, &*name, raw) {
            (Some(config), _, _) => config,
            (None, HTTP_CONNECTION_MANAGER, Some(raw)) => {
                FilterConfig::Http(serde_json::from_str(raw.get()).map_err(unplaced)?)
            }
            (None, HTTP_CONNECTION_MANAGER, None) => FilterConfig::Http(Box::default()),
            (None, TCP_PROXY, Some(raw)) => FilterConfig::Tcp(TcpProxy::read(raw).map_err(unplaced)?),
            (None, TCP_PROXY, None) => FilterConfig::Tcp(TcpProxy::default()),
            (None, _, _) => FilterConfig::Other,
        };
        Ok(Filter { name, config })
    }
}
