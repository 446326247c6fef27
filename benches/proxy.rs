//! How fast dumps of proxies become tables, in MB/s of the dump: `cargo bench --bench proxy`, or with the path of a config
//! dump of your own.

mod report;

use bowline::envoy::canonical::{self, Resources};
use bowline::envoy::dump::endpoint::ClusterStatuses;
use bowline::envoy::dump::{Clusters, DumpError, Endpoints, Listeners, Routes, cluster, section};
use bowline::envoy::text;
use bowline::inspect::listeners::Summary;
use bowline::inspect::pattern::Pattern;
use bowline::inspect::{clusters, eds, endpoints, listeners, routes};
use report::speed;
use serde_json::json;
use serde_json::value::RawValue;

fn main() {
    let given = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let dump = match given {
        Some(path) => std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}")),
        None => mesh(8_000),
    };
    println!("{:.1} MB", dump.len() as f64 / 1e6);
    speed("clusters", dump.len(), || {
        let all = section::<Clusters<cluster::Cluster>>(&dump).map(Clusters::into_resources).unwrap_or_default();
        clusters::table(&clusters::selected(all, |one| &one.name, &clusters::Filter::default()), false).finish().len()
    });
    speed("listeners", dump.len(), || {
        let mut all = section::<Listeners<Summary>>(&dump).map(Listeners::into_resources).unwrap_or_default();
        listeners::sort(&mut all);
        listeners::table(&all, false).finish().len()
    });
    speed("routes", dump.len(), || {
        let all = section::<Routes<routes::Summary>>(&dump).map(Routes::into_resources).unwrap_or_default();
        routes::table(&routes::selected(all, |one| one.name(), &Pattern::Any), false).finish().len()
    });
    speed("endpoints", dump.len(), || {
        let all = section::<Endpoints<eds::Summary>>(&dump).map(Endpoints::into_resources).unwrap_or_default();
        let filter = eds::Filter::default();
        eds::table(&eds::selected(&all, &filter), &filter).finish().len()
    });
    speed("clusters as JSON", dump.len(), || {
        let raws = section::<Clusters<&RawValue>>(&dump).map(Clusters::into_resources).unwrap_or_default();
        let mut size = 0;
        let count = |item: &str| {
            size += item.len();
            Ok::<_, DumpError>(())
        };
        let printed = Resources::new(&dump, raws, canonical::CLUSTER).print(|value| text::item(&value), count);
        printed.map_or(0, |()| size)
    });
    let hosts = hosts(8_000);
    speed("hosts and health", hosts.len(), || {
        let answer: Option<ClusterStatuses<endpoints::Hosts>> = serde_json::from_slice(&hosts).ok();
        answer.map_or(0, |all| endpoints::table(&all.cluster_statuses, &endpoints::Filter::default()).finish().len())
    });
}

/// A config dump of so many services.
fn mesh(count: usize) -> Vec<u8> {
    let section = |name: &str, list: &str, entries: Vec<serde_json::Value>| json!({"@type": format!("type.googleapis.com/envoy.admin.v3.{name}ConfigDump"), list: entries});
    let each = |entry: fn(usize) -> serde_json::Value| (0..count).map(entry).collect::<Vec<_>>();
    let dump = json!({"configs": [
        section("Clusters", "dynamic_active_clusters", each(cluster)),
        section("Endpoints", "dynamic_endpoint_configs", each(assignment)),
        section("Listeners", "dynamic_listeners", each(listener)),
        section("Routes", "dynamic_route_configs", each(routes_of)),
    ]});
    dump.to_string().into_bytes()
}

fn name(index: usize) -> String {
    format!("outbound|8080||service-{index}.team-{}.svc.cluster.local", index % 37)
}

fn cluster(index: usize) -> serde_json::Value {
    json!({"version_info": "1", "last_updated": "2026-01-02T03:04:05.678Z", "cluster": {
        "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", "name": name(index), "type": "EDS",
        "connect_timeout": "10s", "lb_policy": "LEAST_REQUEST",
        "circuit_breakers": {"thresholds": [{"max_connections": 4294967295_u32, "track_remaining": true}]},
        "metadata": {"filter_metadata": {"istio": {
            "config": format!("/apis/networking.istio.io/v1/namespaces/team-{}/destination-rule/d", index % 37),
            "services": [{"name": format!("service-{index}"), "namespace": "team"}],
        }}},
        "transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
            "common_tls_context": {"alpn_protocols": ["istio-peer-exchange", "istio"]}, "sni": name(index),
        }},
    }})
}

fn assignment(index: usize) -> serde_json::Value {
    let endpoint = |n: usize| {
        json!({"endpoint": {"address": {"socket_address": {"address": format!("10.0.{n}.{}", index % 250), "port_value": 8080}}},
            "health_status": "HEALTHY", "load_balancing_weight": 1})
    };
    json!({"endpoint_config": {
        "@type": "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment", "cluster_name": name(index),
        "endpoints": [{"locality": {"region": "r", "zone": "z"}, "lb_endpoints": (0..4).map(endpoint).collect::<Vec<_>>()}],
    }})
}

fn listener(index: usize) -> serde_json::Value {
    let address = format!("10.{}.{}.1", index / 250, index % 250);
    json!({"name": format!("{address}_8080"), "active_state": {"version_info": "1", "listener": {
        "@type": "type.googleapis.com/envoy.config.listener.v3.Listener", "name": format!("{address}_8080"),
        "address": {"socket_address": {"address": address, "port_value": 8080}}, "bind_to_port": false,
        "filter_chains": [{
            "filter_chain_match": {"transport_protocol": "raw_buffer", "application_protocols": ["http/1.1", "h2c"]},
            "filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
                "stat_prefix": "x", "rds": {"route_config_name": "8080", "config_source": {"ads": {}}},
                "http_filters": [{"name": "envoy.filters.http.router"}],
            }}],
        }],
    }}})
}

fn routes_of(index: usize) -> serde_json::Value {
    let host = format!("service-{index}.team-{}", index % 37);
    json!({"version_info": "1", "route_config": {
        "@type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration", "name": index.to_string(),
        "virtual_hosts": [{"name": format!("{host}:8080"), "domains": [host, format!("{host}.svc")], "routes": [
            {"match": {"prefix": "/api"}, "route": {"cluster": name(index), "timeout": "0s"}},
            {"match": {"prefix": "/"}, "route": {"cluster": name(index), "timeout": "0s"}},
        ]}],
    }})
}

/// The answer to `/clusters?format=json` for so many services.
fn hosts(count: usize) -> Vec<u8> {
    let host = |n: usize| {
        json!({"address": {"socket_address": {"address": format!("10.0.{n}.1"), "port_value": 8080}},
            "stats": [{"name": "cx_connect_fail"}, {"name": "cx_total", "value": "7"}, {"type": "GAUGE", "name": "cx_active"}],
            "health_status": {"eds_health_status": "HEALTHY"}, "weight": 1, "locality": {"region": "r"}})
    };
    let cluster = |index: usize| json!({"name": name(index), "host_statuses": (0..4).map(host).collect::<Vec<_>>()});
    json!({"cluster_statuses": (0..count).map(cluster).collect::<Vec<_>>()}).to_string().into_bytes()
}
