//! A real Envoy: what every `proxy-config` view says of it against its own admin interface, read directly and as a pod
//! through the test cluster's port-forward; and what `explain` says of requests against what Envoy does with them.

#[path = "envoy/requests.rs"]
mod requests;
mod support;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Value, json};
use support::control_plane::{ControlPlane, wait};
use support::envoy::Envoy;
use support::{bowline, outcome};

const DUMP: &str = "/config_dump?include_eds=true";

/// Views of a saved answer of the admin interface: words, what to ask for, and the rows without their padding.
const TABLES: [(&[&str], &str, &[&str]); 15] = [
    (
        &["cluster"],
        DUMP,
        &[
            "SERVICE FQDN PORT SUBSET DIRECTION TYPE DESTINATION RULE",
            "9080 - inbound ORIGINAL_DST",
            "BlackHoleCluster - - - STATIC",
            "PassthroughCluster - - - ORIGINAL_DST",
            "api.example.com 443 - outbound STRICT_DNS",
            "main_internal - - - STATIC",
            "prometheus_stats - - - STATIC",
            "reviews.shop.svc.cluster.local 9080 - outbound EDS reviews.shop",
            "reviews.shop.svc.cluster.local 9080 v2 outbound EDS",
            "sds-grpc - - - STATIC",
        ],
    ),
    (
        &["cluster", "--subset", "v2", "--port", "9080", "--direction", "outbound", "--fqdn", "reviews"],
        DUMP,
        &[
            "SERVICE FQDN PORT SUBSET DIRECTION TYPE DESTINATION RULE",
            "reviews.shop.svc.cluster.local 9080 v2 outbound EDS",
        ],
    ),
    (
        &["listener"],
        DUMP,
        &[
            "ADDRESSES PORT MATCH DESTINATION",
            "0 ALL PassthroughCluster",
            "DIR/pipe 0 ALL Inline Route: a.example.com/a /a, regex /b.*; /*",
            "10.96.0.9 443 SNI: api.example.com,*.api.example.com; Trans: tls Cluster: outbound|443||api.example.com",
            "10.96.0.9 443 Addr: 10.96.0.0/16,fd00::/8 Cluster:",
            "0.0.0.0,:: 9080 Trans: raw_buffer; App: http/1.1,h2c Route: 9080",
            "0.0.0.0,:: 9080 ALL PassthroughCluster",
            "0.0.0.0 15001 ALL PassthroughCluster",
            "0.0.0.0 15001 Addr: *:15001 Non-HTTP/Non-TCP",
            "0.0.0.0 15006 Addr: *:15006 Non-HTTP/Non-TCP",
            "0.0.0.0 15006 Trans: tls; App: Istio HTTP Plain; Addr: *:9080 Cluster: inbound|9080||",
            "0.0.0.0 15006 Trans: raw_buffer; Addr: *:9080 Cluster: inbound|9080||",
            "0.0.0.0 15090 ALL Inline Route: /stats/prometheus*",
        ],
    ),
    (
        &["listener", "--verbose=false"],
        DUMP,
        &[
            "ADDRESSES PORT TYPE",
            "0 TCP",
            "DIR/pipe 0 HTTP",
            "10.96.0.9 443 TCP",
            "0.0.0.0,:: 9080 HTTP+TCP",
            "0.0.0.0 15001 TCP",
            "0.0.0.0 15006 HTTP",
            "0.0.0.0 15090 HTTP",
        ],
    ),
    (
        &["route", "--name", "9080"],
        DUMP,
        &[
            "NAME VHOST NAME DOMAINS MATCH VIRTUAL SERVICE",
            "9080 reviews.shop.svc.cluster.local:9080 reviews, reviews.shop + 1 more... /* reviews.shop",
            "9080 reviews.shop.svc.cluster.local:9080 reviews, reviews.shop + 1 more... PathPrefix:/api reviews.shop",
            "9080 reviews.shop.svc.cluster.local:9080 reviews, reviews.shop + 1 more... /exact",
            "9080 reviews.shop.svc.cluster.local:9080 reviews, reviews.shop + 1 more... regex /v[0-9]+/.*",
            "9080 reviews.shop.svc.cluster.local:9080 reviews, reviews.shop + 1 more... /*",
        ],
    ),
    (
        &["endpoint"],
        "/clusters?format=json",
        &[
            "ENDPOINT STATUS OUTLIER CHECK CLUSTER",
            "127.0.0.1:443 HEALTHY OK outbound|443||api.example.com",
            "127.0.0.1:15000 HEALTHY OK prometheus_stats",
            "127.0.0.11:9080 HEALTHY OK outbound|9080||reviews.shop.svc.cluster.local",
            "127.0.0.12:9080 UNHEALTHY OK outbound|9080||reviews.shop.svc.cluster.local",
            "127.0.0.13:9080 DRAINING OK outbound|9080||reviews.shop.svc.cluster.local",
            "127.0.0.14:9080 DEGRADED OK outbound|9080||reviews.shop.svc.cluster.local",
            "127.0.0.15:9080 HEALTHY OK outbound|9080||reviews.shop.svc.cluster.local",
            "::1:9080 HEALTHY OK outbound|9080|v2|reviews.shop.svc.cluster.local",
            "envoy://main_internal/10.0.0.9:80 HEALTHY OK main_internal",
            "unix://./var/run/secrets/workload-spiffe-uds/socket HEALTHY OK sds-grpc",
        ],
    ),
    (
        &["endpoint", "--status", "unhealthy"],
        "/clusters?format=json",
        &[
            "ENDPOINT STATUS OUTLIER CHECK CLUSTER",
            "127.0.0.12:9080 UNHEALTHY OK outbound|9080||reviews.shop.svc.cluster.local",
        ],
    ),
    (
        &["eds", "--port", "9080"],
        DUMP,
        &[
            "NAME STATUS LOCALITY CLUSTER",
            "127.0.0.11:9080 HEALTHY us-east1/us-east1-b/rack-4 outbound|9080||reviews.shop.svc.cluster.local",
            "127.0.0.12:9080 UNHEALTHY us-east1/us-east1-b/rack-4 outbound|9080||reviews.shop.svc.cluster.local",
            "127.0.0.13:9080 UNHEALTHY us-east1/us-east1-b/rack-4 outbound|9080||reviews.shop.svc.cluster.local",
            "127.0.0.14:9080 DEGRADED us-east1 outbound|9080||reviews.shop.svc.cluster.local",
            "127.0.0.15:9080 HEALTHY us-east1 outbound|9080||reviews.shop.svc.cluster.local",
            "::1:9080 HEALTHY us-east1/us-east1-c outbound|9080|v2|reviews.shop.svc.cluster.local",
        ],
    ),
    (&["ecds"], DUMP, &["ECDS NAME TYPE", "shop.headers envoy.extensions.filters.http.lua.v3.Lua"]),
    (
        &["bootstrap", "-o", "short"],
        DUMP,
        &["Istio Version: 1.30.3", "Istio Proxy Version: 0123456789abcdef", "Envoy Version: ENVOY"],
    ),
    (
        &["cluster", "--wide"],
        DUMP,
        &[
            "SERVICE FQDN PORT SUBSET DIRECTION TYPE DESTINATION RULE READY TLS STATE LIMITS OUTLIER",
            "- 9080 - inbound ORIGINAL_DST - 0/0 - active - -",
            "BlackHoleCluster - - - STATIC - 0/0 - active - -",
            "PassthroughCluster - - - ORIGINAL_DST - 0/0 - active - -",
            "api.example.com 443 - outbound STRICT_DNS - 1/1 - active - -",
            "main_internal - - - STATIC - 1/1 - active - -",
            "prometheus_stats - - - STATIC - 1/1 - static - -",
            "reviews.shop.svc.cluster.local 9080 - outbound EDS reviews.shop 3/5 auto active retries=3 5x5xx/30.500s",
            "reviews.shop.svc.cluster.local 9080 v2 outbound EDS - 1/1 - active - -",
            "sds-grpc - - - STATIC - 1/1 - static - -",
        ],
    ),
    (
        &["listener", "--wide", "--port", "9080"],
        DUMP,
        &[
            "ADDRESSES PORT MATCH DESTINATION NAME CHAIN FILTERS TLS SOURCE",
            "0.0.0.0,:: 9080 Trans: raw_buffer; App: http/1.1,h2c Route: 9080 0.0.0.0_9080 - shop.headers,fault,router - -",
            "0.0.0.0,:: 9080 ALL PassthroughCluster 0.0.0.0_9080 PassthroughFilterChain tcp_proxy - -",
        ],
    ),
    (
        &["listener", "--wide", "--port", "15006"],
        DUMP,
        &[
            "ADDRESSES PORT MATCH DESTINATION NAME CHAIN FILTERS TLS SOURCE",
            "0.0.0.0 15006 Trans: tls; App: Istio HTTP Plain; Addr: *:9080 Cluster: inbound|9080|| virtualInbound \
             0.0.0.0_9080 rbac,rbac,router mutual (default,web) -",
            "0.0.0.0 15006 Trans: raw_buffer; Addr: *:9080 Cluster: inbound|9080|| virtualInbound 0.0.0.0_9080 \
             rbac,router - -",
            "0.0.0.0 15006 Addr: *:15006 Non-HTTP/Non-TCP virtualInbound virtualInbound-blackhole tcp_proxy - -",
        ],
    ),
    (
        &["route", "--host", "/^reviews$/"],
        DUMP,
        &[
            "NAME VHOST NAME DOMAINS MATCH DESTINATION VIRTUAL SERVICE",
            "9080 reviews.shop.svc.cluster.local:9080 reviews.shop.svc.cluster.local, reviews, reviews.shop.svc, \
             reviews.shop, 10.96.0.7 /*, end-user = jason reviews.shop.svc.cluster.local:9080 v2 reviews.shop",
            "9080 reviews.shop.svc.cluster.local:9080 reviews.shop.svc.cluster.local, reviews, reviews.shop.svc, \
             reviews.shop, 10.96.0.7 /api/* reviews.shop.svc.cluster.local:9080 70%, \
             reviews.shop.svc.cluster.local:9080 v2 30% reviews.shop",
            "9080 reviews.shop.svc.cluster.local:9080 reviews.shop.svc.cluster.local, reviews, reviews.shop.svc, \
             reviews.shop, 10.96.0.7 /exact redirect to /new -",
            "9080 reviews.shop.svc.cluster.local:9080 reviews.shop.svc.cluster.local, reviews, reviews.shop.svc, \
             reviews.shop, 10.96.0.7 ~ /v[0-9]+/.* answers 418 -",
            "9080 reviews.shop.svc.cluster.local:9080 reviews.shop.svc.cluster.local, reviews, reviews.shop.svc, \
             reviews.shop, 10.96.0.7 /* reviews.shop.svc.cluster.local:9080 -",
        ],
    ),
    (
        &["endpoint", "--wide", "--cluster", "/reviews/", "--status", "/HEALTHY$/"],
        "/clusters?format=json",
        &[
            "ENDPOINT STATUS OUTLIER CHECK CLUSTER HEALTH LOCALITY PRIORITY WEIGHT REQUESTS ERRORS ACTIVE",
            "127.0.0.11:9080 HEALTHY OK outbound|9080||reviews.shop.svc.cluster.local ok \
             us-east1/us-east1-b/rack-4 0 1 0 0 0",
            "127.0.0.12:9080 UNHEALTHY OK outbound|9080||reviews.shop.svc.cluster.local ok \
             us-east1/us-east1-b/rack-4 0 1 0 0 0",
            "127.0.0.15:9080 HEALTHY OK outbound|9080||reviews.shop.svc.cluster.local ok us-east1 1 1 0 0 0",
            "::1:9080 HEALTHY OK outbound|9080|v2|reviews.shop.svc.cluster.local ok us-east1/us-east1-c 0 1 0 0 0",
        ],
    ),
];

/// The rows of a table without padding; what differs from run to run by its name.
fn rows(text: &str, envoy: &Envoy) -> Vec<String> {
    let version = regex::Regex::new(r"Envoy Version: 1\.\d+\.\d+\S*/RELEASE/BoringSSL").expect("a pattern");
    let text = text.replace(&*envoy.folder.path().to_string_lossy(), "DIR");
    let bare = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    text.lines().map(|line| version.replace_all(&bare(line), "Envoy Version: ENVOY").into_owned()).collect()
}

fn printed(words: &[&str]) -> String {
    let output = bowline(words).output().expect("the built binary starts");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn tables_say_what_the_admin_interface_says() {
    let Some(envoy) = Envoy::sidecar() else { return };
    for (words, path, wanted) in TABLES {
        let file = envoy.saved(path);
        let words = [&["proxy-config"], words, &["--file", &file]].concat();
        assert_eq!(rows(&printed(&words), &envoy), wanted, "{words:?}");
    }
    // Certificates are new in each run: the columns that are not theirs.
    let secrets = printed(&["pc", "secret", "--file", &envoy.saved(DUMP)]);
    let known = regex::Regex::new(r"(\S+) +(CA|Cert Chain|) +ACTIVE +(true|false)").expect("a pattern");
    let found: BTreeSet<_> = known.captures_iter(&secrets).map(|row| [1, 2, 3].map(|n| row[n].to_owned())).collect();
    let each = printed(&["pc", "secret", "--wide", "--file", &envoy.saved(DUMP)]);
    let count = |word: &str| each.lines().filter(|line| line.contains(word)).count();
    let seen = [" own ", " trusted ", "spiffe://cluster.local/ns/shop/sa/productpage", "shop.example.com"].map(count);
    assert_eq!(seen, [3, 1, 1, 1], "{each}");
    let wanted = [["ROOTCA", "CA", "true"], ["default", "Cert Chain", "true"], ["web", "", "false"]];
    assert_eq!(found, wanted.map(|row| row.map(str::to_owned)).into(), "{secrets}");
}

/// Where each view finds its resources in a config dump: section, then (list, member) pairs; no list: the section itself.
type Source = (&'static str, &'static [(&'static str, &'static [&'static str])]);

const JSON_VIEWS: [(&[&str], Source); 7] = [
    (
        &["cluster"],
        ("ClustersConfigDump", &[("dynamic_active_clusters", &["cluster"]), ("static_clusters", &["cluster"])]),
    ),
    (
        &["listener"],
        (
            "ListenersConfigDump",
            &[("dynamic_listeners", &["active_state", "listener"]), ("static_listeners", &["listener"])],
        ),
    ),
    (
        &["route"],
        (
            "RoutesConfigDump",
            &[("dynamic_route_configs", &["route_config"]), ("static_route_configs", &["route_config"])],
        ),
    ),
    (
        &["eds"],
        (
            "EndpointsConfigDump",
            &[("dynamic_endpoint_configs", &["endpoint_config"]), ("static_endpoint_configs", &["endpoint_config"])],
        ),
    ),
    (&["bootstrap"], ("BootstrapConfigDump", &[])),
    (&["secret"], ("SecretsConfigDump", &[])),
    (&["ecds"], ("EcdsConfigDump", &[])),
];

#[test]
fn json_has_every_field_that_envoy_has() {
    let Some(envoy) = Envoy::sidecar() else { return };
    let file = envoy.saved(DUMP);
    let dump: Value = serde_json::from_slice(&envoy.get(DUMP)).expect("JSON");
    let section = |name: &str| {
        let url = format!("type.googleapis.com/envoy.admin.v3.{name}");
        let mut all = dump["configs"].as_array().expect("sections").iter();
        all.find(|section| section["@type"] == url).cloned().unwrap_or_else(|| panic!("a section {name}"))
    };
    for (words, (name, lists)) in JSON_VIEWS {
        let section = section(name);
        let mut theirs = if lists.is_empty() {
            let mut whole = section.clone();
            whole.as_object_mut().expect("an object").shift_remove("@type");
            vec![whole]
        } else {
            lists.iter().flat_map(|(list, path)| members(&section, list, path)).collect()
        };
        if name == "EndpointsConfigDump" {
            // A cluster without endpoints is none of this view's.
            theirs.retain(|one| one["endpoints"].as_array().is_some_and(|groups| !groups.is_empty()));
        }
        for format in ["json", "yaml"] {
            let words = [&["proxy-config"], words, &["--file", &file, "-o", format]].concat();
            let ours: Value = match format {
                "json" => serde_json::from_str(&printed(&words)).expect("JSON"),
                _ => bowline::yaml::from_str(&printed(&words)).expect("YAML"),
            };
            let mut ours: Vec<Value> = match ours {
                Value::Array(items) => items,
                one => vec![one],
            };
            assert!(!ours.is_empty());
            ours.iter_mut().for_each(neutral);
            let mut theirs = theirs.clone();
            theirs.iter_mut().for_each(neutral);
            let in_order = |items: Vec<Value>| items.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
            let (ours, theirs) = (in_order(ours), in_order(theirs));
            let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| a.difference(b).cloned().collect::<Vec<_>>();
            assert_eq!((only(&ours, &theirs), only(&theirs, &ours)), (vec![], vec![]), "{words:?}: ours, Envoy's");
        }
    }
    // `/clusters` is JSON of the same kind.
    let file = envoy.saved("/clusters?format=json");
    let clusters: Value = serde_json::from_slice(&std::fs::read(&file).expect("a file")).expect("JSON");
    let mut theirs = clusters["cluster_statuses"].clone();
    // Without hosts there is nothing to show.
    theirs.as_array_mut().expect("a list").retain(|one| one["host_statuses"].is_array());
    let words = ["pc", "endpoint", "--file", &file, "-o", "json"];
    let mut ours: Value = serde_json::from_str(&printed(&words)).expect("JSON");
    [&mut ours, &mut theirs].into_iter().for_each(neutral);
    assert_eq!(ours, theirs);
}

fn members(section: &Value, list: &str, path: &[&str]) -> Vec<Value> {
    let entries = section[list].as_array().into_iter().flatten();
    let inner = |entry: &Value| {
        let found = path.iter().fold(entry, |value, key| &value[*key]);
        let mut found = found.clone();
        // Of the resource itself the view shows the message, which has no `@type`.
        found.as_object_mut().expect("an object").shift_remove("@type");
        found
    };
    entries.map(inner).collect()
}

/// Both ways to write the same message as one: keys without regard to case and underscores and in order, durations as
/// numbers, numbers as text; what has its default is left out.
fn neutral(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let entries: Vec<(String, Value)> = std::mem::take(map).into_iter().collect();
            let mut entries: Vec<(String, Value)> = entries
                .into_iter()
                .map(|(key, mut value)| {
                    neutral(&mut value);
                    (key.replace('_', "").to_lowercase(), value)
                })
                .collect();
            entries.sort_by(|(a, _), (b, _)| a.cmp(b));
            map.extend(entries);
        }
        Value::Array(items) => items.iter_mut().for_each(neutral),
        Value::Number(number) => *value = json!(number.as_f64().map(|n| n.to_string())),
        Value::String(text) => {
            if let Some(seconds) = text.strip_suffix('s').and_then(|number| number.parse::<f64>().ok()) {
                *text = format!("{seconds} s");
            }
            if let Ok(number) = text.parse::<f64>() {
                *text = number.to_string();
            }
        }
        _ => {}
    }
}

/// A pod whose port of the admin interface is this Envoy's.
fn add_pod(plane: &ControlPlane, name: &str, envoy: &Envoy) {
    plane.apply(&json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop", "labels": {"app": "productpage", "pod": name}},
        "spec": {"containers": [
            {"name": "app", "image": "example.invalid/app"},
            {"name": "istio-proxy", "image": "example.invalid/proxyv2"},
        ]},
    }));
    plane.apply(&json!({
        "apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "PortForward",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"forwards": [{"ports": [15000], "target": {"address": "127.0.0.1", "port": envoy.port()}}]},
    }));
    wait(&format!("{name} runs"), Duration::from_secs(60), || {
        let pod = plane.get("v1", "Pod", Some("shop"), name).unwrap_or_default();
        pod["status"]["phase"] == "Running"
    });
}

#[test]
fn a_pod_says_the_same_through_the_cluster() {
    let Some(envoy) = Envoy::sidecar() else { return };
    let Some(stranger) = Envoy::sidecar() else { return };
    let Some(plane) = ControlPlane::start() else { return };
    plane.apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}));
    add_pod(&plane, "productpage-v1-0", &envoy);
    add_pod(&plane, "productpage-v1-1", &envoy);
    add_pod(&plane, "stranger", &stranger);
    let run = |words: &[&str]| {
        let output = plane.bowline(words).output().expect("the built binary starts");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.code(), out.into_owned(), err.into_owned())
    };
    // What a view prints of the pod is what it prints of the saved answer.
    let more: [(&[&str], &str, &[&str]); 6] = [
        (&["all", "--with-headers"], DUMP, &[]),
        (&["secret"], DUMP, &[]),
        (&["bootstrap"], "/config_dump?mask=bootstrap", &[]),
        (&["cluster", "-o", "json"], DUMP, &[]),
        (&["listener", "-o", "yaml"], DUMP, &[]),
        (&["explain", "GET http://reviews:9080/api/x"], DUMP, &[]),
    ];
    for (words, path, _) in TABLES.iter().chain(&more) {
        let of_file = printed(&[&["proxy-config"], *words, &["--file", &envoy.saved(path)]].concat());
        let (sub, rest) = words.split_first().expect("a subcommand");
        let of_pod = run(&[&["proxy-config", sub, "productpage-v1-0.shop"], rest].concat());
        assert_eq!(of_pod, (Some(0), of_file, of_pod.2.clone()), "{words:?}");
    }
    // Several pods in one table.
    let both = run(&["pc", "cluster", "productpage-v1-0.shop", "stranger.shop", "--fqdn", "BlackHole"]);
    let row = |pod: &str| format!("{pod} BlackHoleCluster - - - STATIC");
    let heading = "POD SERVICE FQDN PORT SUBSET DIRECTION TYPE DESTINATION RULE".to_owned();
    assert_eq!(rows(&both.1, &envoy), [heading, row("productpage-v1-0.shop"), row("stranger.shop")]);
    // Several clusters, by the names of their contexts.
    let words = ["pc", "cluster", "stranger.shop", "--fqdn", "BlackHole", "--contexts", "test,test"];
    let row = "test stranger.shop BlackHoleCluster - - - STATIC";
    let heading = "CLUSTER POD SERVICE FQDN PORT SUBSET DIRECTION TYPE DESTINATION RULE";
    assert_eq!(rows(&run(&words).1, &envoy), [heading, row, row]);
    // Loggers are read and set.
    let set = run(&["pc", "log", "productpage-v1-0.shop", "--level", "admin:debug,pool:error"]);
    assert_eq!(set.0, Some(0), "{set:?}");
    let loggers = String::from_utf8(envoy.get("/stats?filter=nothing")).expect("UTF-8");
    assert_eq!(loggers, "");
    let levels = run(&["pc", "log", "productpage-v1-0.shop"]).1;
    assert!(levels.contains("  admin: debug\n") && levels.contains("  pool: error\n"), "{levels}");
    assert_eq!(run(&["pc", "log", "productpage-v1-0.shop", "--level", "nonsense:debug"]).0, Some(1));
    // Roots are compared: the same authority, and another.
    assert_eq!(run(&["pc", "rootca-compare", "productpage-v1-0.shop", "productpage-v1-1.shop"]).0, Some(0));
    assert_eq!(run(&["pc", "rootca-compare", "productpage-v1-0.shop", "stranger.shop"]).0, Some(1));
    let stats = run(&["x", "envoy-stats", "productpage-v1-0.shop", "-o", "prom"]);
    assert!(stats.0 == Some(0) && stats.1.contains("envoy_server_live"), "{stats:?}");
    let authz = run(&["x", "authz", "check", "productpage-v1-0.shop"]);
    assert_eq!(
        rows(&authz.1, &envoy),
        ["ACTION AuthorizationPolicy RULES", "DENY no-strangers.shop 1", "ALLOW reviews.shop 2"]
    );
    // A proxy that does not answer costs its deadline and is named.
    stranger.freeze();
    let frozen = plane
        .bowline(&["pc", "cluster", "stranger.shop", "--kubeclient-timeout", "2s"])
        .output()
        .expect("the built binary starts");
    let said = String::from_utf8_lossy(&frozen.stderr).into_owned();
    assert!(frozen.status.code() == Some(1) && said.contains("stranger.shop"), "{said}");
    // So does one that is gone.
    drop(stranger);
    let gone = outcome(&mut plane.bowline(&["pc", "cluster", "stranger.shop", "--kubeclient-timeout", "2s"]));
    assert!(gone.starts_with("exit 1\n--- stdout\n--- stderr\nError: "), "{gone}");
}

#[test]
fn explain_routes_as_envoy_does() {
    requests::random_routes_and_requests();
}

#[test]
fn explain_takes_the_filter_chain_that_envoy_takes() {
    requests::random_chains_and_connections();
}
