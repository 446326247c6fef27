//! What is said where a command about proxies cannot do its work, or has nothing to show: of the words, the pod, or the file.

mod support;

use serde_json::{Value, json};
use support::replay::Scene;

fn pod(name: &str, phase: &str, containers: &[&str]) -> Value {
    let containers: Vec<Value> = containers.iter().map(|name| json!({"name": name})).collect();
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "shop"},
        "spec": {"containers": containers}, "status": {"phase": phase}})
}

/// A pod without a proxy, one whose proxy is silent, one that waits, and a Deployment without pods.
fn mesh() -> Scene {
    let deployment = json!({"apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "none", "namespace": "shop"}, "spec": {"selector": {"matchLabels": {"app": "none"}}}});
    let plain = pod("plain-0", "Running", &["app"]);
    let objects =
        [plain, pod("silent-0", "Running", &["istio-proxy"]), pod("late-0", "Pending", &["istio-proxy"]), deployment];
    Scene::start(&objects, &[])
}

/// Each command with what it ended with and said.
fn told(scene: &Scene, lines: &[&str]) -> String {
    let time = regex::Regex::new(r"[0-9-]+T[0-9:.]+Z\t").expect("a pattern");
    let one = |line: &&str| {
        let words: Vec<&str> = line.split(' ').collect();
        let (code, out, err) = scene.run(&words);
        format!("$ {line}\n{out}{}exit {}\n", time.replace_all(&err, ""), code.unwrap_or(-1))
    };
    lines.iter().map(one).collect::<Vec<_>>().join("\n")
}

#[test]
fn pods_that_cannot_be_asked_are_told_apart() {
    let mesh = mesh();
    insta::assert_snapshot!(told(
        &mesh,
        &[
            "pc cluster plain-0.shop",
            "pc cluster silent-0.shop",
            "pc cluster late-0.shop",
            "pc cluster gone-0.shop",
            "pc cluster plain-0.shop gone-0.shop",
            "pc cluster deploy/",
            "pc cluster --pod-selector app=none -n shop",
            "pc log gone-0.shop",
            "pc log -l app=none -n shop",
            "x envoy-stats -l app=none -n shop",
            "x describe svc none.shop",
            "x metrics web",
            "ps",
            "ps gone-0.shop",
            "admin log",
            "dashboard kiali",
        ]
    ));
}

#[test]
fn nothing_is_asked_with_a_format_that_is_not_there() {
    let scene = mesh();
    insta::assert_snapshot!(told(
        &scene,
        &[
            "pc cluster gone-0.shop -o wide",
            "pc bootstrap gone-0.shop -o table",
            "zc workload -o xml",
            "ps -o short",
            "admin log -o table",
            "x envoy-stats gone-0.shop -o xml",
            "x envoy-stats gone-0.shop -t clusters -o prom",
            "x envoy-stats gone-0.shop -t clutsers",
        ]
    ));
}

#[test]
fn an_empty_table_says_why_it_is_empty() {
    let any = |kind: &str| format!("type.googleapis.com/envoy.{kind}");
    let dump = json!({"configs": [
        {"@type": any("admin.v3.ClustersConfigDump"), "static_clusters": [
            {"cluster": {"@type": any("config.cluster.v3.Cluster"), "name": "a"}},
            {"cluster": {"@type": any("config.cluster.v3.Cluster"), "name": "b"}}]},
        {"@type": any("admin.v3.ListenersConfigDump"), "static_listeners": [
            {"listener": {"@type": any("config.listener.v3.Listener"), "name": "l",
                "address": {"socket_address": {"address": "0.0.0.0", "port_value": 80}}}}]},
        {"@type": any("admin.v3.RoutesConfigDump"), "static_route_configs": [
            {"route_config": {"@type": any("config.route.v3.RouteConfiguration"), "name": "r"}}]},
    ]});
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("dump.json");
    std::fs::write(&path, dump.to_string()).expect("written");
    let scene = mesh();
    let path = path.to_str().expect("a path");
    let lines = [
        "pc cluster --fqdn nosuch --file",
        "pc cluster --fqdn nosuch -o json --file",
        "pc cluster --fqdn /(/ --file",
        "pc listener --port 4711 --file",
        "pc listener --type nosuch -o yaml --file",
        "pc route --name nosuch --file",
        "pc endpoint --file",
        "pc endpoint --wide --file",
        "pc endpoint -o json --file",
        "zc workload --file",
        "zc connections --direction sideways --file",
    ];
    let lines: Vec<String> = lines.iter().map(|line| format!("{line} {path}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    insta::assert_snapshot!(told(&scene, &lines).replace(path, "dump.json"));
}
