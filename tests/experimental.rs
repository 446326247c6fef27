//! `x describe`, `x authz check` and `x metrics` on a small mesh, in every format.

mod support;

use serde_json::{Value, json};
use support::replay::Scene;

fn metadata(namespace: &str, name: &str, labels: Value) -> Value {
    json!({"namespace": namespace, "name": name, "labels": labels})
}

/// A service with everything that describe knows of.
fn objects() -> Vec<Value> {
    let networking = "networking.istio.io/v1";
    vec![
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata("shop", "web-0", json!({"app": "web", "version": "v1"})),
            "spec": {
                "initContainers": [{"name": "istio-proxy", "ports": [{"containerPort": 15090, "protocol": "TCP"}]}],
                "containers": [{"name": "app", "securityContext": {"runAsUser": 1337}, "ports": [
                    {"containerPort": 8080, "name": "http"}, {"containerPort": 53, "protocol": "UDP"}]}],
            },
            "status": {"phase": "Running", "containerStatuses": [{"name": "app", "ready": false}]}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata("shop", "new-0", json!({})),
            "spec": {"containers": [{"name": "app"}]}, "status": {"phase": "Pending"}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata("shop", "plain-0", json!({})),
            "spec": {"containers": [{"name": "app"}]}, "status": {"phase": "Running"}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata("shop", "web", json!({})),
            "spec": {"selector": {"app": "web"}, "ports": [
                {"name": "http", "port": 80, "targetPort": "http"},
                {"name": "tcp-db", "port": 5432, "targetPort": "nowhere"},
                {"name": "dns", "port": 53, "protocol": "UDP"}]}}),
        json!({"apiVersion": networking, "kind": "DestinationRule", "metadata": metadata("shop", "web", json!({})),
            "spec": {"host": "web", "subsets": [
                {"name": "v1", "labels": {"version": "v1"}}, {"name": "v2", "labels": {"version": "v2"}}],
                "trafficPolicy": {
                    "tls": {"mode": "ISTIO_MUTUAL"}, "loadBalancer": {"simple": "LEAST_REQUEST"},
                    "portLevelSettings": [{"port": {"number": 80}, "tls": {"mode": "DISABLE"}}]}}}),
        json!({"apiVersion": networking, "kind": "VirtualService", "metadata": metadata("shop", "web", json!({})),
            "spec": {"hosts": ["web"], "gateways": ["mesh", "public", "gone"], "http": [
                {"name": "canary", "match": [{"uri": {"prefix": "/new"}, "headers": {"x-user": {"exact": "ann"}}}],
                    "route": [{"destination": {"host": "web", "subset": "v2"}}]},
                {"route": [
                    {"destination": {"host": "web", "subset": "v1", "port": {"number": 80}}, "weight": 80},
                    {"destination": {"host": "other"}, "weight": 20}],
                    "fault": {"delay": {"fixedDelay": "5s", "percentage": {"value": 10}}}}]}}),
        json!({"apiVersion": networking, "kind": "Gateway", "metadata": metadata("shop", "public", json!({}))}),
        json!({"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
            "metadata": metadata("istio-system", "default", json!({})), "spec": {"mtls": {"mode": "STRICT"}}}),
        json!({"apiVersion": "security.istio.io/v1", "kind": "PeerAuthentication",
            "metadata": metadata("shop", "web", json!({})),
            "spec": {"selector": {"matchLabels": {"app": "web"}}, "portLevelMtls": {"8080": {"mode": "DISABLE"}}}}),
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": metadata("istio-system", "ingress-0", json!({"istio": "ingressgateway"})),
            "status": {"phase": "Running", "hostIP": "10.0.0.1"}}),
        json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata("istio-system", "ingress", json!({})),
            "spec": {"selector": {"istio": "ingressgateway"}, "ports": [
                {"name": "http2", "port": 80}, {"name": "http", "port": 8000}, {"name": "https", "port": 443}]},
            "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.7"}]}}}),
    ]
}

fn made_by(kind: &str, name: &str) -> Value {
    let path = format!("/apis/networking.istio.io/v1/namespaces/shop/{kind}/{name}");
    json!({"filterMetadata": {"istio": {"config": path}}})
}

/// The dump of the sidecar: the service's ports, and who may call.
fn sidecar() -> Value {
    let cluster = |port: u16, rule: &str| {
        json!({"cluster": {
        "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
        "name": format!("outbound|{port}||web.shop.svc.cluster.local"), "metadata": made_by("destination-rule", rule)}})
    };
    let rbac = |action: &str, shadow: Value| {
        json!({
        "name": "envoy.filters.http.rbac",
        "typedConfig": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
            "rules": {"action": action, "policies": {
                "ns[shop]-policy[callers]-rule[0]": {"permissions": [{"any": true}], "principals": [{"any": true}]},
                "ns[shop]-policy[callers]-rule[10]": {"permissions": [{"any": true}], "principals": [{"any": true}]},
                "ns[shop]-policy[callers]-rule[2]": {"permissions": [{"any": true}], "principals": [{"any": true}]}}},
            "shadowRules": shadow}})
    };
    let chain = |port: u16, filters: Value| {
        json!({
        "filterChainMatch": {"destinationPort": port},
        "filters": [{"name": "envoy.filters.network.http_connection_manager", "typedConfig": {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "httpFilters": filters}}]})
    };
    let any = json!({"permissions": [{"any": true}], "principals": [{"any": true}]});
    let shadow = json!({"action": "DENY", "policies": {
        "ns[shop]-policy[trial]-rule[0]": any, "istio-ext-authz-ns[shop]-policy[asked]-rule[0]": any}});
    let empty = json!({"name": "envoy.filters.http.rbac", "typedConfig": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC", "rules": {}}});
    let strange = json!({"name": "envoy.filters.http.rbac", "typedConfig": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
        "rules": {"action": "LOG", "policies": {"by-hand": any}}}});
    json!({"configs": [
        {"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump",
            "dynamicActiveClusters": [cluster(80, "web"), cluster(5432, "gone")]},
        {"@type": "type.googleapis.com/envoy.admin.v3.ListenersConfigDump", "dynamicListeners": [{
            "name": "virtualInbound", "activeState": {"listener": {
                "@type": "type.googleapis.com/envoy.config.listener.v3.Listener", "name": "virtualInbound",
                "address": {"socketAddress": {"address": "0.0.0.0", "portValue": 15006}},
                "filterChains": [
                    chain(8080, json!([rbac("ALLOW", shadow.clone()), empty])),
                    chain(8080, json!([rbac("ALLOW", shadow)])),
                    chain(9090, json!([rbac("ALLOW", json!({})), strange])),
                ]}}}]},
        {"@type": "type.googleapis.com/envoy.admin.v3.RoutesConfigDump", "dynamicRouteConfigs": [{"routeConfig": {
            "@type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration", "name": "80",
            "virtualHosts": [{"name": "web", "domains": ["web.shop.svc.cluster.local"], "routes": [
                {"match": {"prefix": "/"}, "route": {"cluster": "x"}, "metadata": made_by("virtual-service", "web")}]}]}}]},
    ]})
}

fn gateway() -> Value {
    let mut dump = sidecar();
    dump["configs"][2]["dynamicRouteConfigs"][0]["routeConfig"]["name"] = json!("http.8080");
    dump
}

fn mesh() -> Scene {
    let answers = [("web:15000", "/config_dump", sidecar()), ("istio:15000", "/config_dump", gateway())];
    let ingress = ("ingress:15000", "/config_dump", gateway());
    Scene::start(&objects(), &[answers[0].clone(), answers[1].clone(), ingress])
}

/// The service's ports as `web-0`'s proxy has them.
fn ports() -> Value {
    json!([
        {"name": "http", "port": 80, "protocol": "HTTP", "targetPort": 8080, "targetPortName": "http",
            "destinationRule": {"name": "web", "namespace": "shop", "exists": true, "host": "web",
                "subsets": [
                    {"name": "v1", "labels": {"version": "v1"}, "matches": true},
                    {"name": "v2", "labels": {"version": "v2"}, "matches": false}],
                "trafficPolicy": {
                    "tls": {"mode": "ISTIO_MUTUAL"}, "loadBalancer": {"simple": "LEAST_REQUEST"},
                    "connectionPool": null, "outlierDetection": null,
                    "portLevelSettings": [{"port": 80, "tls": {"mode": "DISABLE"},
                        "loadBalancer": null, "connectionPool": null, "outlierDetection": null}]}},
            "virtualService": virtual_service()},
        {"name": "tcp-db", "port": 5432, "protocol": "TCP", "targetPort": null, "targetPortName": "nowhere",
            "destinationRule": {"name": "gone", "namespace": "shop", "exists": false}, "virtualService": null},
    ])
}

fn virtual_service() -> Value {
    json!({"name": "web", "namespace": "shop", "exists": true, "subsetsOf": {"name": "web", "namespace": "shop"}, "routes": [
        {"protocol": "HTTP", "name": "canary", "fault": null, "reachesPods": false,
            "match": [{"uri": {"prefix": "/new"}, "headers": {"x-user": {"exact": "ann"}}}],
            "destinations": [
                {"host": "web", "subset": "v2", "port": null, "weight": null, "leadsTo": "otherSubset"}]},
        {"protocol": "HTTP", "name": null, "match": [], "reachesPods": true,
            "fault": {"delay": {"fixedDelay": "5s", "percentage": {"value": 10}}},
            "destinations": [
                {"host": "web", "subset": "v1", "port": 80, "weight": 80, "leadsTo": "pods"},
                {"host": "other", "subset": null, "port": null, "weight": 20, "leadsTo": "otherHost"}]}]})
}

fn rbac_policies() -> Value {
    let policy = |rule: &str| {
        let key = format!("ns[shop]-policy[callers]-rule[{rule}]");
        json!({"key": key, "namespace": "shop", "policy": "callers", "rule": rule})
    };
    json!([policy("0"), policy("10"), policy("2")])
}

fn ingress() -> Value {
    json!([
        {"type": "exposed", "gateway": {"name": "public", "namespace": "shop"},
            "pod": {"name": "ingress-0", "namespace": "istio-system"},
            "urls": ["http://192.0.2.7", "http://192.0.2.7:8000"],
            "host": "web.shop.svc.cluster.local", "port": 80, "virtualService": virtual_service()},
        {"type": "missingGateway", "name": "gone", "namespace": "shop"}])
}

/// Runs a command with `-o json` and `-o yaml`, which have to say the same.
#[track_caller]
fn told(scene: &Scene, words: &[&str]) -> Value {
    let (code, json, err) = scene.run(&[words, &["-o", "json"]].concat());
    assert_eq!(code, Some(0), "{err}");
    let (code, yaml, err) = scene.run(&[words, &["-o", "yaml"]].concat());
    assert_eq!(code, Some(0), "{err}");
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(bowline::yaml::from_str(&yaml).expect("YAML"), json);
    json
}

#[test]
fn a_pod_is_described_with_all_that_shapes_it() {
    let mesh = mesh();
    let described = told(&mesh, &["x", "describe", "pod", "web-0.shop"]);
    let wanted = json!({
        "pod": {"name": "web-0", "namespace": "shop", "revision": "", "phase": "Running", "hasProxy": true,
            "ports": [
                {"container": "app", "port": 8080, "protocol": "TCP"},
                {"container": "app", "port": 53, "protocol": "UDP"},
                {"container": "istio-proxy", "port": 15090, "protocol": "TCP"}],
            "warnings": [
                {"type": "reservedUser", "container": "app"},
                {"type": "notReady", "container": "app", "init": false}],
            "suggestions": []},
        "selectedBy": [{"name": "web", "namespace": "shop"}],
        "services": [{"name": "web", "namespace": "shop", "ports": ports(), "rbacPolicies": rbac_policies()}],
        "proxyError": null,
        "mutualTls": {"mode": "STRICT", "ports": [{"port": 8080, "mode": "DISABLE"}],
            "applied": [{"name": "default", "namespace": "istio-system"}, {"name": "web", "namespace": "shop"}]},
        "ingress": ingress(),
    });
    assert_eq!(described, wanted, "{described:#}");
}

#[test]
fn a_service_is_described_through_the_proxy_of_its_first_pod() {
    let described = told(&mesh(), &["x", "describe", "service", "web", "-n", "shop"]);
    let wanted = json!({
        "name": "web", "namespace": "shop", "ports": ports(), "rbacPolicies": rbac_policies(),
        "pods": [{"name": "web-0", "namespace": "shop", "phase": "Running", "hasProxy": true,
            "notReady": [{"container": "app", "init": false}]}],
        "proxy": {"name": "web-0", "namespace": "shop"},
        "ingress": ingress(),
    });
    assert_eq!(described, wanted, "{described:#}");
}

#[test]
fn descriptions_are_the_same_as_text() {
    let mesh = mesh();
    let runs: [&[&str]; 6] = [
        &["x", "describe", "pod", "web-0.shop"],
        &["x", "describe", "pod", "web-0", "-n", "shop"],
        &["x", "describe", "service", "web.shop"],
        &["x", "describe", "pod", "new-0.shop"],
        &["x", "describe", "pod", "plain-0.shop"],
        &["x", "describe", "pod", "plain-0.shop", "--ignoreUnmeshed"],
    ];
    let told = runs.map(|words| {
        let (code, out, err) = mesh.run(words);
        let failed = err.split(':').take(2).collect::<Vec<_>>().join(":");
        format!("$ {}\n{out}{failed}\nexit {code:?}\n", words.join(" "))
    });
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_was_not_found_out_is_null() {
    let described = told(&mesh(), &["x", "describe", "pod", "new-0.shop"]);
    let pod = json!({"name": "new-0", "namespace": "shop", "revision": "", "phase": "Pending", "hasProxy": false,
        "ports": [], "warnings": [], "suggestions": []});
    let wanted = json!({"pod": pod, "selectedBy": null, "services": [], "proxyError": null, "mutualTls": null,
        "ingress": []});
    assert_eq!(described, wanted, "{described:#}");
    let mut ignored = told(&mesh(), &["x", "describe", "pod", "plain-0.shop", "--ignoreUnmeshed"]);
    let reason = ignored["proxyError"].take();
    assert!(reason.as_str().is_some_and(|reason| reason.starts_with("the sidecar does not answer: ")), "{reason}");
    assert_eq!((&ignored["selectedBy"], &ignored["services"]), (&json!([]), &json!([])));
}

#[test]
fn half_a_document_is_none() {
    let mesh = mesh();
    for format in ["json", "yaml"] {
        let (code, out, err) = mesh.run(&["x", "describe", "pod", "plain-0.shop", "-o", format]);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
        assert!(err.starts_with("Error: the sidecar does not answer: "), "{err}");
    }
}

#[test]
fn unknown_formats_are_told_before_anything_is_asked() {
    let mesh = mesh();
    let runs: [&[&str]; 8] = [
        &["x", "describe", "pod", "web-0.shop"],
        &["x", "describe", "service", "web.shop"],
        &["x", "authz", "check", "web-0.shop"],
        &["x", "metrics", "web"],
        &["x", "check-inject", "web-0.shop"],
        &["x", "injector", "list"],
        &["remote-clusters"],
        &["waypoint", "list"],
    ];
    for words in runs {
        let told = mesh.run(&[words, &["-o", "nonsense"]].concat());
        let wanted = "Error: output format \"nonsense\" not supported\nhint: one of short, json, yaml\n";
        assert_eq!(told, (Some(1), String::new(), wanted.to_owned()), "{words:?}");
    }
}

#[test]
fn policies_are_told_with_their_rules_and_where_they_apply() {
    let mesh = mesh();
    let place = |port: u16| json!({"listener": "virtualInbound", "port": port, "filter": "http"});
    let policy = |name: &str, action: &str, dry_run: bool, rules: &[&str], prefix: &str, ports: &[u16]| {
        let rule =
            |index: &&str| json!({"index": index, "key": format!("{prefix}ns[shop]-policy[{name}]-rule[{index}]")});
        json!({"action": action, "name": name, "namespace": "shop", "dryRun": dry_run,
            "rules": rules.iter().map(rule).collect::<Vec<_>>(),
            "appliesTo": ports.iter().map(|port| place(*port)).collect::<Vec<_>>()})
    };
    let wanted = json!({
        "policies": [
            policy("callers", "ALLOW", false, &["0", "2", "10"], "", &[8080, 9090]),
            policy("asked", "CUSTOM", false, &["0"], "istio-ext-authz-", &[8080]),
            policy("trial", "DENY", true, &["0"], "", &[8080])],
        "emptyFilters": [{"action": "ALLOW", "deniesAll": true, "appliesTo": [place(8080)]}],
        "unknownKeys": [{"key": "by-hand", "action": "LOG", "dryRun": false, "appliesTo": [place(9090)]}],
    });
    let found = told(&mesh, &["x", "authz", "check", "web-0.shop"]);
    assert_eq!(found, wanted, "{found:#}");
    let (code, table, err) = mesh.run(&["x", "authz", "check", "web-0.shop"]);
    let rows: Vec<String> = table.lines().map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let wanted = [
        "ACTION AuthorizationPolicy RULES",
        "ALLOW _anonymous_match_nothing_ 1",
        "ALLOW callers.shop 3",
        "LOG 1",
        "CUSTOM asked.shop 1",
    ];
    assert_eq!((code, rows), (Some(0), wanted.map(str::to_owned).to_vec()));
    assert!(err.contains("no AuthorizationPolicy made the RBAC policy \"by-hand\""), "{err}");
}

#[test]
fn injectors_waypoints_and_remote_clusters_are_told_in_every_format() {
    let selector = |label: &str, value: &str| json!({"matchLabels": {label: value}});
    let objects = [
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"istio-injection": "enabled"}}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": metadata("shop", "web-0", json!({"app": "web"})),
            "spec": {"containers": [{"name": "app"}]}, "status": {"phase": "Running"}}),
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": "istio-sidecar-injector", "labels": {"istio.io/rev": "default", "app": "sidecar-injector"}},
            "webhooks": [{"name": "namespace.sidecar-injector.istio.io",
                "namespaceSelector": selector("istio-injection", "enabled"), "objectSelector": {}}]}),
        json!({"apiVersion": "v1", "kind": "Pod",
            "metadata": metadata("istio-system", "istiod-0", json!({"app": "istiod", "istio.io/rev": "default"})),
            "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}}),
    ];
    let waypoint = json!({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
        "metadata": metadata("shop", "waypoint", json!({"istio.io/waypoint-for": "service"})),
        "spec": {"gatewayClassName": "istio-waypoint"},
        "status": {"conditions": [{"type": "Programmed", "status": "True"}]}});
    let objects: Vec<Value> = objects.into_iter().chain([waypoint]).collect();
    let clusters = json!([{"id": "east", "secretName": "istio-system/east", "syncStatus": "synced"}]);
    let mesh = Scene::start(&objects, &[("istiod:15014", "/debug/clusterz", clusters)]);
    assert_eq!(
        told(&mesh, &["x", "check-inject", "web-0.shop"]),
        json!([{"webhook": "istio-sidecar-injector", "revision": "default", "injected": true,
            "reason": "Namespace label istio-injection=enabled matches"}])
    );
    assert_eq!(
        told(&mesh, &["x", "injector", "list"]),
        json!({
            "namespaces": [{"namespace": "shop", "revision": "default", "pods": [
                {"revision": "<non-Istio>", "pods": 1, "disabled": 0, "needsRestart": 1}]}],
            "hooks": [{"hook": "istio-sidecar-injector", "revision": "default", "image": "", "namespaces": ["shop"]}],
        })
    );
    assert_eq!(
        told(&mesh, &["waypoint", "list", "-n", "shop"]),
        json!([{"namespace": "shop", "name": "waypoint", "revision": "default", "trafficType": "service",
            "programmed": "True"}])
    );
    assert_eq!(
        told(&mesh, &["remote-clusters"]),
        json!([{"name": "east", "secret": "istio-system/east", "status": "synced", "istiod": "istiod-0"}])
    );
}

/// What Prometheus answers to each query about `web`: in the order of the columns, nothing for what has no sample.
fn prometheus(samples: [Option<&str>; 5]) -> Scene {
    let labels = "destination_workload=~\"web.*\", destination_workload_namespace=~\"shop.*\",reporter=\"destination\"";
    let latency = |quantile: &str| {
        format!(
            "histogram_quantile({quantile}, sum(rate(istio_request_duration_milliseconds_bucket{{{labels}}}[1m0s])) by (le))"
        )
    };
    let queries = [
        format!("sum(rate(istio_requests_total{{{labels}}}[1m0s]))"),
        format!("sum(rate(istio_requests_total{{{labels},response_code=~\"[45][0-9]{{2}}\"}}[1m0s]))"),
        latency("0.500000"),
        latency("0.900000"),
        latency("0.990000"),
    ];
    let encoded = |text: &String| -> String {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(byte);
        text.bytes().map(|b| if plain(&b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
    };
    let paths: Vec<String> = queries.iter().map(|query| format!("/api/v1/query?query={}", encoded(query))).collect();
    let answer = |sample: Option<&str>| {
        let result: Vec<Value> = sample.iter().map(|sample| json!({"metric": {}, "value": [1, sample]})).collect();
        json!({"status": "success", "data": {"resultType": "vector", "result": result}})
    };
    let answers: Vec<(&str, &str, Value)> =
        paths.iter().zip(samples).map(|(path, sample)| ("prometheus:9090", path.as_str(), answer(sample))).collect();
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "status": {"phase": "Running"},
        "metadata": metadata("istio-system", "prometheus-0", json!({"app.kubernetes.io/name": "prometheus"}))});
    Scene::start(&[pod], &answers)
}

#[test]
fn rates_have_units_and_missing_samples_are_null() {
    let scene = prometheus([Some("12.5"), None, Some("25.75"), Some("NaN"), Some("1e3")]);
    let wanted = json!([{"workload": "web", "namespace": "shop", "windowSeconds": 60.0,
        "requestsPerSecond": 12.5, "errorsPerSecond": null,
        "latencyMilliseconds": {"p50": 25.75, "p90": null, "p99": 1000.0}}]);
    let (code, json, err) = scene.run(&["x", "metrics", "web.shop", "-o", "json"]);
    assert_eq!((code, serde_json::from_str::<Value>(&json).ok()), (Some(0), Some(wanted)), "{err}");
    let (code, yaml, err) = scene.run(&["x", "metrics", "web.shop", "-o", "yaml"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(yaml.contains("  requestsPerSecond: 12.5\n") && yaml.contains("    p90: null\n"), "{yaml}");
    let (code, table, _) = scene.run(&["x", "metrics", "web.shop"]);
    let cells: Vec<&str> = table.lines().last().unwrap_or_default().split_whitespace().collect();
    assert_eq!((code, cells), (Some(0), vec!["web", "12.500", "0.000", "25ms", "0s", "1000ms"]));
}
