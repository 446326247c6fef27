//! Both ends of the way through a proxy: the listener that takes a connection, and the endpoints it goes out to.

use super::{Explanation, Model, Request, origin};
use crate::envoy::value::Value;
use crate::inspect::clusters::ClusterName;

const WILDCARDS: [&str; 2] = ["0.0.0.0", "::"];

/// The listener that takes the connection; the end is told where there is none.
pub fn listener<'a>(model: &Model<'a>, request: &Request, told: &mut Explanation) -> Option<Value<'a>> {
    let port = u32::from(request.port);
    let found = if request.inbound {
        let inbound = model
            .listener(|head| *head.name == *"virtualInbound")
            .or_else(|| model.listener(|head| head.port() == port));
        inbound.map(|listener| (listener, "inbound"))
    } else if let Some(internal) = model.listener(|head| *head.name == *"main_internal") {
        // A waypoint: what comes in through its tunnel goes there.
        Some((internal, "inside the waypoint"))
    } else if model.is_gateway() {
        let same = model.listener(|head| head.port() == port);
        let shifted = || model.listener(|head| head.port() == shifted_port(port));
        same.or_else(shifted).map(|listener| (listener, "bound to the port"))
    } else {
        let needle = format!("outbound|{}||{}", request.port, full_host(model, request));
        let exact = |ip: &str| model.listener(|head| head.port() == port && head.listens_on(ip));
        let named = || {
            model.listener_with(&needle, |head| head.port() == port && !WILDCARDS.iter().any(|ip| head.listens_on(ip)))
        };
        let wildcard = || model.listener(|head| head.port() == port && WILDCARDS.iter().any(|ip| head.listens_on(ip)));
        let outbound = || model.listener(|head| *head.name == *"virtualOutbound");
        let specific = request.ip.as_deref().and_then(exact).or_else(|| request.ip.is_none().then(named).flatten());
        specific
            .map(|listener| (listener, "for this address"))
            .or_else(|| wildcard().map(|listener| (listener, "no listener is specific to the address")))
            .or_else(|| outbound().map(|listener| (listener, "no listener has the port")))
    };
    match found {
        Some((listener, why)) => {
            told.step("listener", format!("{} ({why})", listener.text(&["name"])), origin(&listener));
            Some(listener)
        }
        None => {
            let addresses = model.addresses(port);
            if addresses.is_empty() {
                let ports: Vec<String> = model.ports().iter().map(u32::to_string).collect();
                told.step("listener", format!("none for port {port}; there are {}", ports.join(", ")), String::new());
                told.ends(0, format!("connection refused: nothing listens on port {port}"));
            } else {
                let others = format!("none for the address; port {port} is listened on at {}", addresses.join(", "));
                told.step("listener", others, String::new());
                told.unknown("the address that the client connects to (--ip)");
                told.ends(0, format!("connection refused, unless it goes to one of these addresses on port {port}"));
            }
            None
        }
    }
}

/// The port a gateway's pod uses for a privileged port of its service.
fn shifted_port(port: u32) -> u32 {
    match port {
        80 => 8080,
        443 => 8443,
        other => other,
    }
}

/// The name of the service in the dump's clusters that a short host means.
fn full_host(model: &Model, request: &Request) -> String {
    let prefix = format!("{}.", request.host);
    let names = model.cluster_names().map(ClusterName::parse);
    let fits = |name: &ClusterName| name.direction == "outbound" && name.port == i64::from(request.port);
    let full = names.filter(fits).find(|name| name.host == request.host || name.host.starts_with(&prefix));
    full.map_or_else(|| request.host.clone(), |name| name.host.to_owned())
}

/// Weighted clusters: each with its share; the way goes on with the heaviest.
pub fn branches(model: &Model, clusters: &[Value], request: &Request, told: &mut Explanation) {
    let weight = |cluster: &Value| cluster.get("weight").and_then(Value::as_u64).unwrap_or(0);
    let total = clusters.iter().map(weight).sum::<u64>().max(1);
    let named = |one: &Value| match one.text(&["clusterHeader"]) {
        "" => Some(one.text(&["name"]).to_owned()),
        header => request.header(header).first().map(|name| (*name).to_owned()),
    };
    let shares = clusters.iter().map(|one| {
        let name = named(one).unwrap_or_else(|| format!("as header {} says", one.text(&["clusterHeader"])));
        format!("{}% {name}", weight(one) * 100 / total)
    });
    told.step("split", shares.collect::<Vec<_>>().join(", "), String::new());
    if clusters.len() > 1 {
        told.unknown("which of the weighted clusters a given request gets");
    }
    match clusters.iter().max_by_key(|one| weight(one)).map(named) {
        Some(Some(heaviest)) => cluster(model, &heaviest, request, told),
        Some(None) => told.ends(503, "503: the header that names the cluster is missing"),
        None => told.ends(503, "503: no cluster"),
    }
}

/// The cluster, its TLS and its endpoints.
pub fn cluster(model: &Model, name: &str, request: &Request, told: &mut Explanation) {
    if name == "BlackHoleCluster" {
        told.step("cluster", "BlackHoleCluster", String::new());
        told.ends(502, "refused: only registered hosts are allowed, and no ServiceEntry or Service has this one");
        return;
    }
    let Some(cluster) = model.cluster(name) else {
        told.step("cluster", format!("{name}: not in the dump"), String::new());
        told.ends(503, format!("503 NC: the cluster {name} is unknown"));
        return;
    };
    let parsed = ClusterName::parse(name);
    let shown = match (parsed.parsed, parsed.subset) {
        (false, _) => name.to_owned(),
        (true, "") if parsed.host.is_empty() => format!("{}, port {}", parsed.direction, parsed.port),
        (true, "") => format!("{}, port {}", parsed.host, parsed.port),
        (true, subset) => format!("{} {subset}, port {}", parsed.host, parsed.port),
    };
    told.step("cluster", shown, origin(&cluster));
    if name.starts_with("PassthroughCluster")
        || name.starts_with("InboundPassthroughCluster")
        || cluster.text(&["type"]) == "ORIGINAL_DST"
    {
        told.ends(0, format!("goes on as it is to the original address, port {}", request.port));
        return;
    }
    if let Some(kind) = cluster.get("clusterType") {
        return of_other_type(model, kind, request, told);
    }
    let service = match cluster.text(&["edsClusterConfig", "serviceName"]) {
        "" => name,
        service => service,
    };
    let assignment = cluster.get("loadAssignment").cloned().or_else(|| model.assignment(service));
    let Some(assignment) = assignment else {
        if cluster.text(&["type"]) == "EDS" && !model.has_endpoints() {
            told.unknown("the endpoints: the dump was taken without include_eds");
            told.ends(0, format!("goes to an endpoint of {name}"));
        } else {
            told.ends(503, "503 UH: the cluster has no endpoints");
        }
        return;
    };
    endpoints(&cluster, &assignment, told);
}

/// A cluster that an extension of Envoy resolves. Of an aggregate the first that is none itself is followed.
fn of_other_type(model: &Model, kind: &Value, request: &Request, told: &mut Explanation) {
    let members: Vec<&str> = kind.list(&["typedConfig", "clusters"]).iter().filter_map(Value::as_str).collect();
    if members.is_empty() {
        told.unknown(format!("the endpoints: the cluster is of the type {}", kind.text(&["name"])));
        told.ends(0, format!("goes where the cluster type {} leads", kind.text(&["name"])));
        return;
    }
    told.step("", format!("the first of these that has usable endpoints: {}", members.join(", ")), String::new());
    let is_aggregate = |name: &str| model.cluster(name).is_some_and(|cluster| cluster.get("clusterType").is_some());
    match members.iter().find(|name| !is_aggregate(name)) {
        Some(first) => cluster(model, first, request, told),
        None => told.ends(0, "goes where one of these clusters leads"),
    }
}

fn endpoints(cluster: &Value, assignment: &Value, told: &mut Explanation) {
    let mut all: Vec<(u64, &Value)> = Vec::new();
    for group in assignment.list(&["endpoints"]) {
        let priority = group.get("priority").and_then(Value::as_u64).unwrap_or(0);
        all.extend(group.list(&["lbEndpoints"]).iter().map(|endpoint| (priority, endpoint)));
    }
    let usable = |endpoint: &Value| matches!(endpoint.text(&["healthStatus"]), "" | "UNKNOWN" | "HEALTHY" | "DEGRADED");
    let healthy: Vec<&(u64, &Value)> = all.iter().filter(|(_, endpoint)| usable(endpoint)).collect();
    let first = healthy.iter().map(|(priority, _)| *priority).min();
    let chosen: Vec<&Value> =
        healthy.iter().filter(|(priority, _)| Some(*priority) == first).map(|(_, endpoint)| *endpoint).collect();
    let Some(endpoint) = chosen.first() else {
        told.step("endpoint", format!("none of {} is usable", all.len()), String::new());
        told.ends(503, "503 UH: no healthy endpoint");
        return;
    };
    told.step("tls", tls(cluster, endpoint), String::new());
    let shown: Vec<String> = chosen.iter().take(3).map(|endpoint| address(endpoint)).collect();
    let more = chosen.len().saturating_sub(3);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    told.step(
        "endpoint",
        format!("{}{more} ({} of {} usable)", shown.join(", "), chosen.len(), all.len()),
        String::new(),
    );
    if chosen.len() > 1 {
        told.unknown("which of the endpoints a given request gets");
        told.ends(0, format!("reaches one of {} endpoints", chosen.len()));
    } else {
        told.ends(0, format!("reaches {}", address(endpoint)));
    }
}

fn address(endpoint: &Value) -> String {
    let address = endpoint.at(&["endpoint", "address"]);
    let Some(address) = address else { return "unknown".to_owned() };
    if let Some(socket) = address.get("socketAddress") {
        let port = socket.get("portValue").and_then(Value::as_u64).unwrap_or(0);
        return format!("{}:{port}", socket.text(&["address"]));
    }
    if let Some(internal) = address.get("envoyInternalAddress") {
        return format!("envoy://{}/{}", internal.text(&["serverListenerName"]), internal.text(&["endpointId"]));
    }
    address.text(&["pipe", "path"]).to_owned()
}

/// TLS to this endpoint: the first of the cluster's sockets whose conditions the endpoint's metadata has.
fn tls(cluster: &Value, endpoint: &Value) -> String {
    let metadata = endpoint.at(&["metadata", "filterMetadata", "envoy.transport_socket_match"]);
    let fits = |one: &&Value| {
        let wanted = one.get("match").map(Value::entries).unwrap_or_default();
        wanted.iter().all(|(key, value)| metadata.and_then(|metadata| metadata.get(key)) == Some(value))
    };
    let chosen = cluster.list(&["transportSocketMatches"]).iter().find(fits);
    let socket = chosen.and_then(|one| one.get("transportSocket")).or_else(|| cluster.get("transportSocket"));
    let Some(socket) = socket else { return "plain text".to_owned() };
    let name = socket.text(&["name"]);
    if name.contains("raw_buffer") {
        return "plain text".to_owned();
    }
    if !name.contains("tls") {
        return name.to_owned();
    }
    let config = socket.get("typedConfig").unwrap_or(&Value::Null);
    let common = config.get("commonTlsContext").unwrap_or(&Value::Null);
    let mutual =
        !common.list(&["tlsCertificateSdsSecretConfigs"]).is_empty() || !common.list(&["tlsCertificates"]).is_empty();
    let context = common.get("combinedValidationContext").and_then(|context| context.get("defaultValidationContext"));
    let context = context.or_else(|| common.get("validationContext"));
    let typed = context.map(|context| context.list(&["matchTypedSubjectAltNames"])).unwrap_or_default();
    let plain = context.map(|context| context.list(&["matchSubjectAltNames"])).unwrap_or_default();
    let names = typed.iter().map(|name| name.text(&["matcher", "exact"]));
    let names = names.chain(plain.iter().map(|name| name.text(&["exact"])));
    let names: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
    let expects = if names.is_empty() { String::new() } else { format!("; expects {}", names.join(" or ")) };
    let sni = config.text(&["sni"]);
    let sni = if sni.is_empty() { String::new() } else { format!("; SNI {sni}") };
    format!("{}{expects}{sni}", if mutual { "mutual" } else { "TLS without a client certificate" })
}
