//! EnvoyFilter: patches to the Envoy configuration that istiod generates.

use crate::api::schema::{Enum, Message, Rule::*, Type::*, field, value};
use crate::api::targeting::{POLICY_TARGET_REFERENCE, WORKLOAD_LABELS};

pub static ENVOY_FILTER: Message = Message {
    name: "istio.networking.v1alpha3.EnvoyFilter",
    fields: &[
        field(
            "workloadSelector",
            Msg(&WORKLOAD_LABELS),
            "Pods whose proxies are patched; all of the namespace when absent",
        ),
        field("targetRefs", List(&Msg(&POLICY_TARGET_REFERENCE)), "Resources (waypoints) patched")
            .rules(&[MaxItems(16)])
            .since("1.22")
            .proto(""),
        field("configPatches", List(&Msg(&ENVOY_FILTER_ENVOY_CONFIG_OBJECT_PATCH)), "Patches in order"),
        field("priority", Int32, "Order among filters, lower first").default("0"),
    ],
};

pub static ENVOY_FILTER_ENVOY_CONFIG_OBJECT_PATCH: Message = Message {
    name: "istio.networking.v1alpha3.EnvoyFilter.EnvoyConfigObjectPatch",
    fields: &[
        field("applyTo", Enum(&ENVOY_FILTER_APPLY_TO), "Envoy object class"),
        field("match", Msg(&ENVOY_FILTER_ENVOY_CONFIG_OBJECT_MATCH), "Where to apply").rules(&[Cel(r#"has(self.context) ? ((self.context == "WAYPOINT") ? has(self.waypoint) : !has(self.waypoint)) : !has(self.waypoint)"#)]),
        field("patch", Msg(&ENVOY_FILTER_PATCH), "What to do with the object that was found"),
    ],
};

pub static ENVOY_FILTER_APPLY_TO: Enum = Enum {
    name: "istio.networking.v1alpha3.EnvoyFilter.ApplyTo",
    values: &[
        value("INVALID", 0),
        value("LISTENER", 1),
        value("FILTER_CHAIN", 2),
        value("NETWORK_FILTER", 3),
        value("HTTP_FILTER", 4),
        value("ROUTE_CONFIGURATION", 5),
        value("VIRTUAL_HOST", 6),
        value("HTTP_ROUTE", 7),
        value("CLUSTER", 8),
        value("EXTENSION_CONFIG", 9),
        value("BOOTSTRAP", 10),
        value("LISTENER_FILTER", 11).since("1.17"),
    ],
};

pub static ENVOY_FILTER_ENVOY_CONFIG_OBJECT_MATCH: Message = Message {
    name: "istio.networking.v1alpha3.EnvoyFilter.EnvoyConfigObjectMatch",
    fields: &[
        field("context", Enum(&ENVOY_FILTER_PATCH_CONTEXT), ""),
        field("proxy", Msg(&ENVOY_FILTER_PROXY_MATCH), "Proxy properties"),
        field("listener", Msg(&ENVOY_FILTER_LISTENER_MATCH), "Listener match").one_of("object_types"),
        field("routeConfiguration", Msg(&ENVOY_FILTER_ROUTE_CONFIGURATION_MATCH), "Which routes to patch")
            .one_of("object_types"),
        field("cluster", Msg(&ENVOY_FILTER_CLUSTER_MATCH), "Cluster match").one_of("object_types"),
        field("waypoint", Msg(&ENVOY_FILTER_WAYPOINT_MATCH), "Waypoint match").one_of("object_types").since("1.29"),
    ],
};

pub static ENVOY_FILTER_PATCH_CONTEXT: Enum = Enum {
    name: "istio.networking.v1alpha3.EnvoyFilter.PatchContext",
    values: &[
        value("ANY", 0),
        value("SIDECAR_INBOUND", 1),
        value("SIDECAR_OUTBOUND", 2),
        value("GATEWAY", 3),
        value("WAYPOINT", 4).since("1.29"),
    ],
};

pub static ENVOY_FILTER_PROXY_MATCH: Message = Message {
    name: "istio.networking.v1alpha3.EnvoyFilter.ProxyMatch",
    fields: &[
        field("proxyVersion", String, "RE2 on proxy version"),
        field("metadata", Map(&String), "Node metadata equality"),
    ],
};

pub static ENVOY_FILTER_LISTENER_MATCH: Message = Message {
    name: "istio.networking.v1alpha3.EnvoyFilter.ListenerMatch",
    fields: &[
        field("portNumber", Uint32, "Listener port"),
        field("portName", String, "Name of the port; not used yet"),
        field(
            "filterChain",
            Msg(&ENVOY_FILTER_LISTENER_MATCH_FILTER_CHAIN_MATCH),
            "Which filter chain of the listener to patch",
        ),
        field("listenerFilter", String, "Listener filter name").since("1.17"),
        field("name", String, "Listener name"),
    ],
};

pub static ENVOY_FILTER_LISTENER_MATCH_FILTER_CHAIN_MATCH: Message = Message {
    name: "istio.networking.v1alpha3.EnvoyFilter.ListenerMatch.FilterChainMatch",
    fields: &[
        field("name", String, "Name of the filter chain"),
        field("sni", String, "Server name the filter chain is for"),
        field("transportProtocol", String, "Raw_buffer or tls"),
        field("applicationProtocols", String, "Comma list of ALPN"),
        field("filter", Msg(&ENVOY_FILTER_LISTENER_MATCH_FILTER_MATCH), "Network filter"),
        field("destinationPort", Uint32, "Destination port"),
    ],
};

pub static ENVOY_FILTER_LISTENER_MATCH_FILTER_MATCH: Message = Message {
    name: "istio.networking.v1alpha3.EnvoyFilter.ListenerMatch.FilterMatch",
    fields: &[
        field("name", String, "Network filter name"),
        field("subFilter", Msg(&ENVOY_FILTER_LISTENER_MATCH_SUB_FILTER_MATCH), "HTTP filter inside"),
    ],
};

pub static ENVOY_FILTER_LISTENER_MATCH_SUB_FILTER_MATCH: Message = Message {
    name: "istio.networking.v1alpha3.EnvoyFilter.ListenerMatch.SubFilterMatch",
    fields: &[field("name", String, "Name of the filter")],
};

pub static ENVOY_FILTER_ROUTE_CONFIGURATION_MATCH: Message = Message {
    name: "istio.networking.v1alpha3.EnvoyFilter.RouteConfigurationMatch",
    fields: &[
        field("portNumber", Uint32, "Port of the listener"),
        field("portName", String, "Port name (gateway)"),
        field("gateway", String, "Ns/name of Gateway"),
        field("vhost", Msg(&ENVOY_FILTER_ROUTE_CONFIGURATION_MATCH_VIRTUAL_HOST_MATCH), "Virtual host match"),
        field("name", String, "Route configuration name"),
    ],
};

pub static ENVOY_FILTER_ROUTE_CONFIGURATION_MATCH_VIRTUAL_HOST_MATCH: Message = Message {
    name: "istio.networking.v1alpha3.EnvoyFilter.RouteConfigurationMatch.VirtualHostMatch",
    fields: &[
        field("name", String, "Vhost name host:port"),
        field("domainName", String, "A domain of the vhost").since("1.25"),
        field("route", Msg(&ENVOY_FILTER_ROUTE_CONFIGURATION_MATCH_ROUTE_MATCH), "Which route to patch"),
    ],
};

pub static ENVOY_FILTER_ROUTE_CONFIGURATION_MATCH_ROUTE_MATCH: Message = Message {
    name: "istio.networking.v1alpha3.EnvoyFilter.RouteConfigurationMatch.RouteMatch",
    fields: &[
        field("name", String, "Name of the route"),
        field("action", Enum(&ENVOY_FILTER_ROUTE_CONFIGURATION_MATCH_ROUTE_MATCH_ACTION), ""),
    ],
};

pub static ENVOY_FILTER_ROUTE_CONFIGURATION_MATCH_ROUTE_MATCH_ACTION: Enum = Enum {
    name: "istio.networking.v1alpha3.EnvoyFilter.RouteConfigurationMatch.RouteMatch.Action",
    values: &[value("ANY", 0), value("ROUTE", 1), value("REDIRECT", 2), value("DIRECT_RESPONSE", 3)],
};

pub static ENVOY_FILTER_CLUSTER_MATCH: Message = Message {
    name: "istio.networking.v1alpha3.EnvoyFilter.ClusterMatch",
    fields: &[
        field("portNumber", Uint32, "Port of the service"),
        field("service", String, "FQDN of service"),
        field("subset", String, "Subset of the service"),
        field("name", String, "Whole name of the cluster; nothing else is looked at then"),
    ],
};

pub static ENVOY_FILTER_WAYPOINT_MATCH: Message = Message {
    name: "istio.networking.v1alpha3.EnvoyFilter.WaypointMatch",
    fields: &[
        field("portNumber", Uint32, "Port of the service").rules(&[PortNumber]).since("1.29"),
        field("route", Msg(&ENVOY_FILTER_WAYPOINT_MATCH_ROUTE_MATCH), "Which route to patch").since("1.29"),
        field("filter", Msg(&ENVOY_FILTER_WAYPOINT_MATCH_FILTER_MATCH), "Which filter to patch").since("1.29"),
    ],
};

pub static ENVOY_FILTER_WAYPOINT_MATCH_ROUTE_MATCH: Message = Message {
    name: "istio.networking.v1alpha3.EnvoyFilter.WaypointMatch.RouteMatch",
    fields: &[field("name", String, "Name of the route").since("1.29")],
};

pub static ENVOY_FILTER_WAYPOINT_MATCH_FILTER_MATCH: Message = Message {
    name: "istio.networking.v1alpha3.EnvoyFilter.WaypointMatch.FilterMatch",
    fields: &[
        field("name", String, "Network filter").since("1.29"),
        field(
            "subFilter",
            Msg(&ENVOY_FILTER_WAYPOINT_MATCH_FILTER_MATCH_SUB_FILTER_MATCH),
            "Which HTTP filter inside the connection manager to patch",
        )
        .since("1.29"),
    ],
};

pub static ENVOY_FILTER_WAYPOINT_MATCH_FILTER_MATCH_SUB_FILTER_MATCH: Message = Message {
    name: "istio.networking.v1alpha3.EnvoyFilter.WaypointMatch.FilterMatch.SubFilterMatch",
    fields: &[field("name", String, "Name of the filter").since("1.29")],
};

pub static ENVOY_FILTER_PATCH: Message = Message {
    name: "istio.networking.v1alpha3.EnvoyFilter.Patch",
    fields: &[
        field("operation", Enum(&ENVOY_FILTER_PATCH_OPERATION), ""),
        field("value", Struct, "Envoy config fragment"),
        field("filterClass", Enum(&ENVOY_FILTER_PATCH_FILTER_CLASS), "AUTHN AUTHZ STATS insertion point"),
    ],
};

pub static ENVOY_FILTER_PATCH_OPERATION: Enum = Enum {
    name: "istio.networking.v1alpha3.EnvoyFilter.Patch.Operation",
    values: &[
        value("INVALID", 0),
        value("MERGE", 1),
        value("ADD", 2),
        value("REMOVE", 3),
        value("INSERT_BEFORE", 4),
        value("INSERT_AFTER", 5),
        value("INSERT_FIRST", 6),
        value("REPLACE", 7),
    ],
};

pub static ENVOY_FILTER_PATCH_FILTER_CLASS: Enum = Enum {
    name: "istio.networking.v1alpha3.EnvoyFilter.Patch.FilterClass",
    values: &[value("UNSPECIFIED", 0), value("AUTHN", 1), value("AUTHZ", 2), value("STATS", 3)],
};
