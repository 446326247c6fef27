//! Random listeners in a real Envoy, random requests to them, and for each what `explain` says of the dump: the status
//! must be the one that Envoy answers with, the filter chain the one it takes.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bowline::inspect::explain::{Explanation, Model, Request, explain};
use rustls::{ClientConfig, ClientConnection, RootCertStore};
use serde_json::{Value, json};

use super::support::envoy::Envoy;

/// Random choices that can be repeated: `BOWLINE_TEST_SEED`.
struct Random(u64);

impl Random {
    fn new() -> Self {
        let seed = std::env::var("BOWLINE_TEST_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7_u64);
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn some<T: Copy>(&mut self, all: &[T], most: usize) -> Vec<T> {
        (0..=self.below(most)).map(|_| self.of(all)).collect()
    }
}

const DOMAINS: [&str; 16] = [
    "a.example.com",
    "A.Example.com:8080",
    "b.example.com",
    "b.example.com:9",
    "*.example.com",
    "*example.com",
    "*.com",
    "*-x.example.com",
    "a.*",
    "a.example.*",
    "b*",
    "*",
    "10.0.0.1",
    "[::1]",
    "[::1]:8080",
    "localhost",
];

const HOSTS: [&str; 16] = [
    "a.example.com",
    "A.EXAMPLE.COM",
    "a.example.com:8080",
    "b.example.com:9",
    "c.example.com",
    "example.com",
    ".example.com",
    "y-x.example.com",
    "a.",
    "a.example.",
    "a.example.org",
    "b",
    "10.0.0.1:80",
    "[::1]",
    "[::1]:8080",
    "localhost:1",
];

const PATHS: [&str; 20] = [
    "/",
    "/api",
    "/api/",
    "/API/x",
    "/apis",
    "/api/x?debug",
    "/api?debug=1&v=2",
    "/?v=1&v=2",
    "/x?v=",
    "/a/../api",
    "/a/./b/",
    "/a//b",
    "//api",
    "/api/..",
    "/v1/users",
    "/v12/users/7",
    "/a%2Fb",
    "/a%2fb",
    "/%61pi",
    "/api;x=1",
];

const WORDS: [&str; 9] = ["jason", "Jason", "jas", "son", "7", "-3", "12", "", "a,b"];
const HEADERS: [&str; 4] = ["end-user", "x-count", "x-Empty", "x-more"];

fn string_matcher(random: &mut Random, texts: &[&str]) -> Value {
    let text = random.of(texts);
    let text = if text.is_empty() { "o" } else { text };
    let mut matcher = match random.below(5) {
        0 => json!({"exact": text}),
        1 => json!({"prefix": text}),
        2 => json!({"suffix": text}),
        3 => json!({"contains": text}),
        _ => {
            return json!({"safe_regex": {"regex": random.of(&["[a-z]+", ".*son", "j", "\\d+", "(?i)JASON", "-?[0-9]"])}});
        }
    };
    if random.chance(20) {
        matcher["ignore_case"] = json!(true);
    }
    matcher
}

fn header_matcher(random: &mut Random) -> Value {
    let name = random.of(&["end-user", "x-count", "x-empty", "x-more", ":method", ":authority", ":path", "host"]);
    let mut matcher = match random.below(8) {
        0 => json!({"present_match": true}),
        1 => json!({"present_match": false}),
        2 => json!({"range_match": {"start": random.below(9) as i64 - 4, "end": 5 + random.below(9)}}),
        _ => {
            json!({"string_match": string_matcher(random, &["jason", "Jason", "7", "GET", "a.example.com", "/api", "12"])})
        }
    };
    matcher["name"] = json!(name);
    for (key, percent) in [("invert_match", 25), ("treat_missing_header_as_empty", 20)] {
        if random.chance(percent) {
            matcher[key] = json!(true);
        }
    }
    matcher
}

fn query_matcher(random: &mut Random) -> Value {
    let mut matcher = match random.below(3) {
        0 => json!({"present_match": random.chance(70)}),
        1 => json!({}),
        _ => json!({"string_match": string_matcher(random, &["1", "2", "x"])}),
    };
    matcher["name"] = json!(random.of(&["debug", "v", "none"]));
    matcher
}

fn route(random: &mut Random, status: usize) -> Value {
    let mut rule = match random.below(5) {
        0 => json!({"prefix": random.of(&["/", "/api", "/api/", "/a", "/a/b", "/v1", "/API"])}),
        1 => json!({"path": random.of(&["/", "/api", "/api/", "/a/b", "/a//b", "/a%2Fb", "/Api"])}),
        2 => json!({"path_separated_prefix": random.of(&["/api", "/a", "/v1", "/a/b", "/API"])}),
        3 => {
            json!({"safe_regex": {"regex": random.of(&["/v[0-9]+/.*", "/api", "/api.*", ".*", "/a/.*", "/[^/]*", "(/a)?.*b"])}})
        }
        _ => json!({"prefix": "/"}),
    };
    if rule.get("safe_regex").is_none() && random.chance(25) {
        rule["case_sensitive"] = json!(random.chance(30));
    }
    if random.chance(45) {
        rule["headers"] = (0..=random.below(2)).map(|_| header_matcher(random)).collect();
    }
    if random.chance(20) {
        rule["query_parameters"] = (0..=random.below(1)).map(|_| query_matcher(random)).collect();
    }
    if random.chance(5) {
        rule["grpc"] = json!({});
    }
    json!({"match": rule, "direct_response": {"status": status}})
}

fn permission(random: &mut Random, depth: usize) -> Value {
    match random.below(if depth == 0 { 4 } else { 7 }) {
        0 => json!({"any": true}),
        1 => json!({"header": header_matcher(random)}),
        2 => json!({"url_path": {"path": string_matcher(random, &["/api", "/", "/a/b", "/v1/users"])}}),
        3 => json!({"destination_port_range": {"start": random.below(40_000), "end": 40_000 + random.below(20_000)}}),
        4 => json!({"not_rule": permission(random, depth - 1)}),
        5 => json!({"and_rules": {"rules": [permission(random, depth - 1), permission(random, depth - 1)]}}),
        _ => json!({"or_rules": {"rules": [permission(random, depth - 1), permission(random, depth - 1)]}}),
    }
}

fn principal(random: &mut Random, depth: usize) -> Value {
    let range = json!({"address_prefix": random.of(&["127.0.0.0", "10.0.0.0"]), "prefix_len": 8});
    match random.below(if depth == 0 { 6 } else { 9 }) {
        0 => json!({"any": true}),
        1 => json!({"header": header_matcher(random)}),
        2 => json!({"direct_remote_ip": range}),
        3 => json!({"remote_ip": range}),
        4 => json!({"authenticated": {}}),
        5 => json!({"url_path": {"path": string_matcher(random, &["/api", "/"])}}),
        6 => json!({"not_id": principal(random, depth - 1)}),
        7 => json!({"and_ids": {"ids": [principal(random, depth - 1), principal(random, depth - 1)]}}),
        _ => json!({"or_ids": {"ids": [principal(random, depth - 1), principal(random, depth - 1)]}}),
    }
}

fn rbac(random: &mut Random) -> Value {
    let kind = "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC";
    if random.chance(10) {
        return json!({"name": "envoy.filters.http.rbac", "typed_config": {"@type": kind}});
    }
    let policies: serde_json::Map<String, Value> = (0..random.below(3))
        .map(|n| {
            let policy = json!({"permissions": [permission(random, 2)], "principals": [principal(random, 2)]});
            (format!("ns[shop]-policy[p{n}]-rule[0]"), policy)
        })
        .collect();
    let action = random.of(&["ALLOW", "DENY", "DENY", "LOG"]);
    json!({
        "name": "envoy.filters.http.rbac",
        "typed_config": {"@type": kind, "rules": {"action": action, "policies": policies}},
    })
}

fn http_listener(random: &mut Random, port: u16) -> Value {
    let mut used: Vec<&str> = Vec::new();
    let mut status = 199;
    let hosts: Vec<Value> = (0..2 + random.below(4))
        .filter_map(|n| {
            let mut domains = random.some(&DOMAINS, 3);
            domains.retain(|domain| {
                let new = !used.contains(domain);
                used.push(domain);
                new
            });
            let routes: Vec<Value> = (0..1 + random.below(6))
                .map(|_| {
                    // Two of the statuses have a meaning of their own for the connection.
                    status += if matches!(status + 1, 204 | 304) { 2 } else { 1 };
                    route(random, status)
                })
                .collect();
            let mut host = json!({"name": format!("host-{n}"), "domains": domains, "routes": routes});
            if random.chance(8) {
                host["require_tls"] = json!("ALL");
            }
            (!domains.is_empty()).then_some(host)
        })
        .collect();
    let mut config = json!({"name": "x", "virtual_hosts": hosts});
    let mut filters: Vec<Value> = (0..random.below(3)).map(|_| rbac(random)).collect();
    filters.push(json!({
        "name": "envoy.filters.http.router",
        "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
    }));
    if random.chance(30) {
        config["ignore_port_in_host_matching"] = json!(true);
    }
    let mut manager = json!({
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "x", "route_config": config, "http_filters": filters,
    });
    for (key, percent) in [("normalize_path", 50), ("merge_slashes", 40)] {
        if random.chance(percent) {
            manager[key] = json!(true);
        }
    }
    match random.below(6) {
        0 => manager["strip_any_host_port"] = json!(true),
        1 => manager["strip_matching_host_port"] = json!(true),
        2 => manager["strip_trailing_host_dot"] = json!(true),
        _ => {}
    }
    if random.chance(50) {
        let actions = ["KEEP_UNCHANGED", "REJECT_REQUEST", "UNESCAPE_AND_FORWARD", "UNESCAPE_AND_REDIRECT"];
        manager["path_with_escaped_slashes_action"] = json!(random.of(&actions));
    }
    let filter = json!({"name": "envoy.filters.network.http_connection_manager", "typed_config": manager});
    listener(port, json!([{"filters": [filter]}]), &[])
}

fn listener(port: u16, chains: Value, inspectors: &[&str]) -> Value {
    let inspectors: Vec<Value> = inspectors
        .iter()
        .map(|name| {
            let message: String = name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect();
            json!({
                "name": format!("envoy.filters.listener.{name}"),
                "typed_config": {
                    "@type": format!("type.googleapis.com/envoy.extensions.filters.listener.{name}.v3.{message}"),
                },
            })
        })
        .collect();
    json!({
        "@type": "type.googleapis.com/envoy.config.listener.v3.Listener",
        "name": format!("listener-{port}"),
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        // Shared ports would send a connection to another Envoy.
        "enable_reuse_port": false,
        "listener_filters": inspectors, "filter_chains": chains,
    })
}

/// A listener whose chains each say their name to whoever they take.
fn chained_listener(random: &mut Random, port: u16) -> Value {
    let chains: Vec<Value> = (0..2 + random.below(7))
        .map(|n| {
            let name = format!("chain-{n}");
            let response = json!({
                "@type": "type.googleapis.com/envoy.extensions.filters.network.direct_response.v3.Config",
                "response": {"inline_string": name},
            });
            let filter = json!({"name": "envoy.filters.network.direct_response", "typed_config": response});
            json!({"name": name, "filter_chain_match": chain_match(random, port), "filters": [filter]})
        })
        .collect();
    let mut listener = listener(
        port,
        json!(chains),
        match random.below(4) {
            0 => &[],
            1 => &["tls_inspector"],
            2 => &["http_inspector"],
            _ => &["tls_inspector", "http_inspector"],
        },
    );
    if random.chance(40) {
        let mut chain = listener["filter_chains"][0].clone();
        chain["name"] = json!("default");
        chain["filters"][0]["typed_config"]["response"]["inline_string"] = json!("default");
        chain.as_object_mut().expect("an object").shift_remove("filter_chain_match");
        listener["default_filter_chain"] = chain;
    }
    listener
}

fn chain_match(random: &mut Random, port: u16) -> Value {
    let range = |text: &str| {
        let (address, length) = text.split_once('/').expect("a range");
        json!({"address_prefix": address, "prefix_len": length.parse::<u8>().expect("a length")})
    };
    let ranges = ["127.0.0.0/8", "127.0.0.1/32", "10.0.0.0/8", "127.0.0.0/16", "127.0.0.0/24"];
    let mut criteria = json!({});
    if random.chance(25) {
        criteria["destination_port"] = json!(if random.chance(70) { port } else { 1 });
    }
    for (key, percent) in [("prefix_ranges", 30), ("direct_source_prefix_ranges", 15), ("source_prefix_ranges", 20)] {
        if random.chance(percent) {
            criteria[key] = random.some(&ranges, 2).into_iter().map(range).collect();
        }
    }
    if random.chance(35) {
        let names = ["a.example.com", "*.example.com", "*.com", "b.example.com", "*.a.example.com"];
        criteria["server_names"] = json!(random.some(&names, 2));
    }
    if random.chance(40) {
        criteria["transport_protocol"] = json!(random.of(&["raw_buffer", "tls"]));
    }
    if random.chance(35) {
        criteria["application_protocols"] = json!(random.some(&["h2", "http/1.1", "http/1.0", "h2c", "istio"], 2));
    }
    if random.chance(20) {
        criteria["source_type"] = json!(random.of(&["ANY", "SAME_IP_OR_LOOPBACK", "EXTERNAL"]));
    }
    criteria
}

/// Starts an Envoy with these listeners; those it refuses (overlapping chains) are not in its dump.
fn start(listeners: Vec<Value>) -> Option<Envoy> {
    Envoy::start(|folder: &Path| {
        let bootstrap = json!({
            "node": {"id": "router~127.0.0.1~gateway.shop~shop.svc.cluster.local", "cluster": "gateway"},
            "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}},
            "dynamic_resources": {"lds_config": {
                "resource_api_version": "V3",
                "path_config_source": {"path": folder.join("listeners.json").to_string_lossy()},
            }},
        });
        std::fs::write(folder.join("bootstrap.yaml"), bootstrap.to_string()).expect("written");
        let resources = json!({"version_info": "1", "resources": listeners});
        std::fs::write(folder.join("listeners.json"), resources.to_string()).expect("written");
    })
}

/// Ports that nobody uses; no two tests get the same.
fn free_ports(count: usize) -> Vec<u16> {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().expect("no test panics here");
    let held: Vec<TcpListener> =
        (0..count * 2).map(|_| TcpListener::bind("127.0.0.1:0").expect("a free port")).collect();
    let ports = held.iter().map(|listener| listener.local_addr().expect("an address").port());
    ports.filter(|port| given.insert(*port)).take(count).collect()
}

/// The listeners that Envoy took, by port.
fn taken(dump: &Value, ports: &[u16]) -> Vec<u16> {
    let text = dump.to_string();
    let active = |port: &&u16| {
        let name = format!("\"listener-{port}\",\"active_state\"");
        text.contains(&name)
    };
    ports.iter().filter(active).copied().collect()
}

/// Sends bytes and gives what comes back until `enough` of it is there, or the other side closes or is silent.
fn exchange(port: u16, bytes: &[u8], enough: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the listener takes connections");
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
    stream.write_all(bytes).expect("sent");
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    while let Ok(count) = stream.read(&mut part)
        && count > 0
    {
        answer.extend_from_slice(&part[..count]);
        if enough(&answer) {
            break;
        }
    }
    answer
}

fn status_of(answer: &[u8]) -> u16 {
    let text = String::from_utf8_lossy(answer);
    text.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
}

pub fn random_routes_and_requests() {
    let mut random = Random::new();
    let ports = free_ports(40);
    let Some(envoy) = start(ports.iter().map(|port| http_listener(&mut random, *port)).collect()) else { return };
    let dump = envoy.get("/config_dump");
    let model = Model::read(&dump).expect("a dump");
    let tree: Value = serde_json::from_slice(&dump).expect("JSON");
    let taken = taken(&tree, &ports);
    assert!(taken.len() * 2 > ports.len(), "most listeners are valid: {} of {}", taken.len(), ports.len());
    let (mut compared, mut wrong) = (0, Vec::new());
    for port in taken {
        for _ in 0..40 {
            let method = random.of(&["GET", "GET", "POST", "HEAD"]);
            let (host, path) = (random.of(&HOSTS), random.of(&PATHS));
            let headers: Vec<(&str, &str)> =
                (0..random.below(4)).map(|_| (random.of(&HEADERS), random.of(&WORDS))).collect();
            let mut request = Request::parse(&format!("{method} http://gateway:{port}{path}")).expect("a request");
            request.source_ip = Some("127.0.0.1".to_owned());
            let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
            request.add_header(&format!("host: {host}")).expect("a header");
            for (name, value) in &headers {
                text.push_str(&format!("{name}: {value}\r\n"));
                request.add_header(&format!("{name}: {value}")).expect("a header");
            }
            text.push_str("\r\n");
            let status = status_of(&exchange(port, text.as_bytes(), |answer| answer.contains(&b'\n')));
            let told = explain(&model, &request);
            compared += 1;
            if told.status != status || !told.not_known.is_empty() {
                wrong.push(report(&tree, port, &text, &format!("status {status}"), &told));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} wrong:\n{}", wrong.len(), first(&wrong));
    assert!(compared > 500);
}

pub fn random_chains_and_connections() {
    let mut random = Random::new();
    let ports = free_ports(120);
    let Some(envoy) = start(ports.iter().map(|port| chained_listener(&mut random, *port)).collect()) else { return };
    let dump = envoy.get("/config_dump");
    let model = Model::read(&dump).expect("a dump");
    let tree: Value = serde_json::from_slice(&dump).expect("JSON");
    let taken = taken(&tree, &ports);
    assert!(taken.len() > 20, "many listeners are valid: {} of {}", taken.len(), ports.len());
    let (mut compared, mut wrong) = (0, Vec::new());
    for port in taken {
        for _ in 0..8 {
            let host = random.of(&["a.example.com", "b.example.com", "x.a.example.com", "c.org", "A.EXAMPLE.com"]);
            let (bytes, mut request, what) = if random.chance(50) {
                let alpn: Vec<&str> =
                    if random.chance(70) { random.some(&["h2", "http/1.1", "istio"], 1) } else { vec![] };
                let mut request = Request::parse(&format!("tls://gateway:{port}")).expect("a request");
                request.sni = Some(host.to_owned());
                request.alpn = alpn.iter().map(|name| (*name).to_owned()).collect();
                (hello(host, &alpn), request, format!("TLS {host} {alpn:?}"))
            } else {
                let request = Request::parse(&format!("GET http://gateway:{port}/")).expect("a request");
                (format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes(), request, "plain text".to_owned())
            };
            request.ip = Some("127.0.0.1".to_owned());
            request.source_ip = Some("127.0.0.1".to_owned());
            let answer = String::from_utf8_lossy(&exchange(port, &bytes, |answer| !answer.is_empty())).into_owned();
            let told = explain(&model, &request);
            let chain = told.steps.iter().find(|step| step.what == "chain").map_or("", |step| &step.text);
            let name = chain.split(',').next().unwrap_or_default();
            let name = if name.starts_with("none takes") { "" } else { name };
            compared += 1;
            if name != answer {
                wrong.push(report(&tree, port, &what, &format!("{answer:?}"), &told));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {compared} wrong:\n{}", wrong.len(), first(&wrong));
}

/// The first bytes of a TLS connection.
fn hello(name: &str, alpn: &[&str]) -> Vec<u8> {
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("protocol versions")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let name = name.to_owned().try_into().expect("a name");
    let mut connection = ClientConnection::new(Arc::new(config), name).expect("a connection");
    let mut bytes = Vec::new();
    connection.write_tls(&mut bytes).expect("in memory");
    bytes
}

fn report(dump: &Value, port: u16, request: &str, answer: &str, told: &Explanation) -> String {
    let sections = dump["configs"].as_array().into_iter().flatten();
    let all = sections.flat_map(|section| section["dynamic_listeners"].as_array().into_iter().flatten());
    let listener = all.into_iter().find(|one| one["name"] == format!("listener-{port}"));
    let listener = listener.map(|one| one["active_state"]["listener"].to_string()).unwrap_or_default();
    format!("{listener}\n{request}\nEnvoy: {answer}\n{}", told.text())
}

fn first(wrong: &[String]) -> String {
    let shown = std::env::var("BOWLINE_TEST_SHOW").ok().and_then(|count| count.parse().ok()).unwrap_or(3);
    wrong.iter().take(shown).cloned().collect::<Vec<_>>().join("\n----\n")
}
