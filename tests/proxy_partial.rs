//! Several nodes or pods of which some do not answer: the others are shown all the same, and the command fails.

mod support;

use std::sync::Arc;

use serde_json::{Value, json};
use support::replay::{Recording, start};

/// A pod on a node of its own name.
fn pod(namespace: &str, name: &str, app: &str, phase: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app": app}},
        "spec": {"nodeName": format!("node-{name}"), "containers": [{"name": "istio-proxy"}]},
        "status": {"phase": phase},
    })
}

/// Runs a command in a cluster of these objects, where the pods in `answers` answer `/config_dump…` so.
fn run(objects: Vec<Value>, path: &str, answers: &[(&str, Value)], words: &[&str]) -> String {
    let home = tempfile::tempdir().expect("a folder");
    let requests: Vec<Value> = answers
        .iter()
        .map(|(pod, answer)| {
            std::fs::write(home.path().join(pod), answer.to_string()).expect("written");
            json!({"to": format!("{pod}:15000"), "method": "GET", "path": path, "status": 200, "response": pod})
        })
        .collect();
    let (url, current) = start();
    let recording = Recording::new(home.path(), objects, &json!({"requests": requests}));
    *current.lock().expect("no test panics here") = Some(Arc::new(recording));
    let config = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "x",
        "clusters": [{"name": "c", "cluster": {"server": url}}], "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
    });
    std::fs::write(home.path().join("kubeconfig"), config.to_string()).expect("written");
    support::outcome(support::bowline(words).env("KUBECONFIG", home.path().join("kubeconfig")))
}

fn ztunnels(phases: [&str; 3]) -> Vec<Value> {
    let mut objects: Vec<Value> = ["za", "zb", "zc"]
        .into_iter()
        .zip(phases)
        .map(|(name, phase)| pod("istio-system", name, "ztunnel", phase))
        .collect();
    objects.push(json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "ztunnel", "namespace": "istio-system"},
        "spec": {"selector": {"matchLabels": {"app": "ztunnel"}}},
    }));
    objects
}

fn ztunnel_dump(workload: &str) -> Value {
    json!({
        "workloads": [{"uid": "u", "name": workload, "namespace": "shop", "node": "n", "protocol": "HBONE"}],
        "workloadState": {"s": {"state": "Up", "info": {"name": workload, "namespace": "shop"},
            "connections": {"inbound": [{"src": "10.0.0.1:1", "originalDst": "10.0.0.2:2", "actualDst": "10.0.0.2:2"}], "outbound": []}}},
    })
}

#[test]
fn a_ztunnel_that_does_not_answer_hides_no_other() {
    let answers = [("za", ztunnel_dump("a")), ("zc", ztunnel_dump("c"))];
    let words = ["ztunnel-config", "connections"];
    let told = run(ztunnels(["Running", "Pending", "Running"]), "config_dump", &answers, &words);
    assert!(told.starts_with("exit 1\n"), "{told}");
    assert!(
        told.contains("NODE    WORKLOAD") && told.contains("node-za a.shop") && told.contains("node-zc c.shop"),
        "{told}"
    );
    let told = told.split_once("--- stderr\n").expect("stderr").1;
    assert!(told.starts_with("Error: ztunnel zb.istio-system on node node-zb does not answer: "), "{told}");
    assert!(told.contains("Pending") && !told.contains("za.istio-system"), "{told}");
}

#[test]
fn what_all_ztunnels_know_is_asked_of_the_next_one() {
    let answers = [("zc", ztunnel_dump("c"))];
    let words = ["ztunnel-config", "workload"];
    let told = run(ztunnels(["Running", "Pending", "Running"]), "config_dump", &answers, &words);
    assert!(told.starts_with("exit 0\n"), "{told}");
    assert!(told.contains("shop      c"), "{told}");
    assert!(told.contains("za.istio-system on node node-za does not answer"), "{told}");
    let told = run(ztunnels(["Pending", "Failed", "Unknown"]), "config_dump", &[], &words);
    assert!(told.starts_with("exit 1\n--- stdout\n--- stderr\nError: ztunnel z"), "{told}");
    assert!(["za", "zb", "zc"].iter().all(|name| told.contains(&format!("ztunnel {name}.istio-system"))), "{told}");
}

#[test]
fn a_pod_that_does_not_answer_hides_no_other() {
    let cluster = json!({"configs": [{"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump",
        "static_clusters": [{"cluster": {"name": "outbound|80||a.b.svc"}}]}]});
    let pods =
        ["wa", "wb", "wc"].map(|name| pod("default", name, "web", if name == "wb" { "Pending" } else { "Running" }));
    let path = "config_dump?mask=dynamic_active_clusters,dynamic_warming_clusters,static_clusters";
    let answers = [("wa", cluster.clone()), ("wc", json!({"configs": []}))];
    let words = ["proxy-config", "cluster", "wa", "wb"];
    let told = run(pods.to_vec(), path, &answers, &words);
    assert!(told.starts_with("exit 1\n") && told.contains("a.b.svc"), "{told}");
    assert!(told.contains("Error: the proxy of wb.default does not answer: "), "{told}");
    let told = run(pods.to_vec(), path, &answers, &["proxy-config", "cluster", "wa", "wc"]);
    assert!(
        told.contains("Error: config dump has no configuration type") && told.contains("wc.default answered"),
        "{told}"
    );
}
