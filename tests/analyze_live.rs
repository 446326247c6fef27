//! `analyze` of a live cluster, played by a scripted API server.

mod support;

use std::process::Output;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::bowline;
use support::server::{Answer, Asked, Server};

fn list(items: Value) -> Answer {
    Answer::Json(200, json!({"metadata": {}, "items": items}))
}

fn missing(asked: &Asked) -> Answer {
    Answer::Json(
        404,
        json!({"kind": "Status", "code": 404, "reason": "NotFound", "message": format!("{} is not here", asked.path)}),
    )
}

fn refused() -> Answer {
    Answer::Json(403, json!({"kind": "Status", "code": 403, "reason": "Forbidden", "message": "secrets is forbidden"}))
}

/// A VirtualService in namespace `team` that routes to a service that is not there.
fn virtual_service() -> Value {
    json!({
        "metadata": {"name": "cart", "namespace": "team"},
        "spec": {"hosts": ["cart.example.com"], "http": [{"route": [{"destination": {"host": "cart"}}]}]},
    })
}

/// Answers as a cluster with one VirtualService, whose secrets may not be read.
fn cluster(asked: &Asked) -> Answer {
    let path = asked.path.split('?').next().unwrap_or_default();
    match path {
        "/api/v1/namespaces/team" => Answer::Json(200, json!({"metadata": {"name": "team"}})),
        "/apis/networking.istio.io/v1/virtualservices" => list(json!([virtual_service()])),
        _ if path.contains("/secrets") => refused(),
        _ if path.contains("/configmaps/") || path.starts_with("/api/v1/namespaces/") => missing(asked),
        _ if path.matches('/').count() > 3 || path.starts_with("/api/v1/") => list(json!([])),
        _ => missing(asked),
    }
}

fn run(server: &Server, words: &[&str]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let config = server.kubeconfig(folder.path());
    let mut line = vec!["analyze", "--kubeconfig", config.as_str()];
    line.extend(words);
    bowline(&line).current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("the built binary starts")
}

#[test]
fn what_may_not_be_read_is_said_and_the_rest_is_judged() {
    let server = Server::start(|asked, _| cluster(asked));
    let output = run(&server, &["-o", "json"]);
    let found: Vec<Value> = serde_json::from_slice(&output.stdout).expect("JSON alone on standard output");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(found.len(), 1, "{found:?} {told}");
    assert_eq!((&found[0]["code"], &found[0]["origin"]), (&json!("IST0101"), &json!("VirtualService team/cart")));
    assert!(found[0].get("reference").is_none(), "objects of a cluster have no line");
    assert!(told.contains("Secret not read: secrets is forbidden"), "{told}");
    assert!(told.contains("gateway.SecretAnalyzer"), "{told}");
    assert_eq!(output.status.code(), Some(79));
}

#[test]
fn only_the_kinds_of_the_chosen_rules_are_asked_for() {
    let server = Server::start(|asked, _| cluster(asked));
    let output = run(&server, &["-o", "json", "--compat=strict", "--analyzer", "virtualservice.GatewayAnalyzer"]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let mut lists: Vec<String> =
        server.asked().iter().filter(|asked| asked.path.contains("limit=")).map(|asked| asked.path.clone()).collect();
    lists.sort();
    let expected =
        ["/apis/networking.istio.io/v1/gateways?limit=500", "/apis/networking.istio.io/v1/virtualservices?limit=500"];
    let lists: Vec<&String> = lists.iter().filter(|path| !path.contains("secrets")).collect();
    assert_eq!(lists, expected);
}

#[test]
fn files_are_judged_as_if_they_were_applied() {
    let server = Server::start(|asked, _| cluster(asked));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("service.yaml");
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: team}\nspec: {ports: [{name: http, port: 80}]}\n";
    std::fs::write(&file, service).expect("written");
    let output = run(&server, &["-o", "json", file.to_str().expect("a path")]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "[]\n");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn a_namespace_that_is_not_there_is_an_error_but_not_for_istioctl() {
    let server = Server::start(|asked, _| cluster(asked));
    let ours = run(&server, &["-n", "nowhere"]);
    assert_eq!(
        (ours.status.code(), String::from_utf8_lossy(&ours.stderr).into_owned()),
        (Some(1), "Error: namespace \"nowhere\" not found\n".into())
    );
    let theirs = run(&server, &["-n", "nowhere", "--compat"]);
    assert_eq!(
        (theirs.status.code(), String::from_utf8_lossy(&theirs.stderr).into_owned()),
        (Some(0), "namespace \"nowhere\" not found\n".into())
    );
}

#[test]
fn a_server_that_says_nothing_does_not_hold_us_up() {
    let server = Server::start(|asked, _| match asked.path.as_str() {
        "/api/v1/namespaces/team" => Answer::Json(200, json!({"metadata": {"name": "team"}})),
        _ => Answer::Silence(Duration::from_secs(20)),
    });
    let start = Instant::now();
    let output = run(&server, &["--timeout", "1s"]);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("was not read within 1s"));
}

#[test]
fn services_are_compared_over_clusters() {
    let service = |port: u16| {
        move |asked: &Asked, _: usize| match asked.path.split('?').next().unwrap_or_default() {
            "/api/v1/services" => list(
                json!([{"metadata": {"name": "cart", "namespace": "team"}, "spec": {"ports": [{"name": "http", "port": port}]}}]),
            ),
            _ => cluster(asked),
        }
    };
    let (near, far) = (Server::start(service(80)), Server::start(service(81)));
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("config");
    let clusters = [("near", &near), ("far", &far)];
    let text = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "near",
        "clusters": clusters.map(|(name, server)| json!({"name": name, "cluster": {"server": server.url}})),
        "users": [{"name": "u", "user": {}}],
        "contexts": clusters.map(|(name, _)| json!({"name": name, "context": {"cluster": name, "user": "u", "namespace": "team"}})),
    });
    std::fs::write(&config, text.to_string()).expect("written");
    let line = [
        "analyze",
        "--kubeconfig",
        config.to_str().expect("a path"),
        "--remote-contexts",
        "far",
        "-o",
        "json",
        "--analyzer",
        "services.MultiClusterServiceAnalyzer",
    ];
    let output = bowline(&line).output().expect("the built binary starts");
    let found: Vec<Value> = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0]["code"], &found[0]["cluster"]), (&json!("IST0170"), &json!("default")));
}
