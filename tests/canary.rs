//! Canary upgrades from end to end on a real control plane, with an injector of our own behind the webhooks.

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use bowline::cluster::{Cluster, block_on};
use bowline::install::injectors::{answering, injectors};
use bowline::install::labels::{Labels, labels_of};
use bowline::install::live;
use serde_json::{Value, json};
use support::inventory::names;
use support::mesh::Mesh;

/// Namespaces that ask for injection in each of the usual ways, and one that does not.
fn with_three_namespaces() -> Option<Mesh> {
    let mesh = Mesh::start()?;
    mesh.namespace("alpha", json!({"istio-injection": "enabled"}));
    mesh.namespace("beta", json!({"istio.io/rev": "default", "team": "b"}));
    mesh.namespace("gamma", json!({"istio-injection": "enabled"}));
    mesh.namespace("outside", json!({}));
    for name in ["alpha", "beta", "gamma", "outside"] {
        mesh.deployment(name, "web", None);
    }
    for name in ["alpha", "beta", "gamma"] {
        assert_eq!(mesh.revisions(name), ["default"], "{name}");
    }
    assert_eq!(mesh.revisions("outside"), ["-"]);
    Some(mesh)
}

fn status(mesh: &Mesh) -> Value {
    let ran = mesh.bowline(&["upgrade", "status", "-o", "json"]).succeeds();
    serde_json::from_str(&ran.out).expect("JSON")
}

const CANARY: [&str; 9] = [
    "upgrade",
    "canary",
    "--revision=canary",
    "-y",
    "--set=profile=minimal",
    "--waves=alpha",
    "--waves=beta",
    "--waves=gamma",
    "--wave-timeout=12s",
];

#[test]
fn a_workload_that_fails_on_the_new_revision_stops_the_flow_and_is_taken_back_alone() {
    let Some(mesh) = with_three_namespaces() else { return };
    mesh.deployment("gamma", "web", Some("canary"));
    mesh.deployment("gamma", "fine", None);
    let outside = mesh.pods("outside");

    // Nothing is written by a dry run.
    let dry = mesh.run(&[&CANARY[..], &["--dry-run"]].concat(), "canary").succeeds();
    assert!(dry.out.contains("wave 3: gamma"), "{}", dry.out);
    assert_eq!(status(&mesh)["state"], "idle");

    let ran = mesh.run(&CANARY, "canary").fails();
    assert!(ran.err.contains("the wave was taken back"), "{}", ran.err);
    assert_eq!(status(&mesh)["state"], "2 of 3 waves moved");
    assert_eq!(mesh.revisions("alpha"), ["canary"]);
    assert_eq!(mesh.revisions("beta"), ["canary"]);
    assert_eq!(mesh.labels("alpha"), json!({"istio.io/rev": "canary"}));
    assert_eq!(mesh.labels("beta"), json!({"istio.io/rev": "canary", "team": "b"}));
    assert_eq!(mesh.revisions("gamma"), ["default"], "taken back");
    assert_eq!(mesh.labels("gamma"), json!({"istio-injection": "enabled"}));
    assert_eq!(mesh.pods("outside"), outside, "what is not in the mesh is not restarted");

    // The cause is gone: the same command goes on, without moving again what has moved.
    mesh.deployment("gamma", "web", Some("nobody"));
    let (alpha, beta) = (mesh.pods("alpha"), mesh.pods("beta"));
    mesh.run(&CANARY, "canary").succeeds();
    assert_eq!(status(&mesh)["state"], "moved");
    assert_eq!((mesh.pods("alpha"), mesh.pods("beta")), (alpha, beta));
    assert_eq!(mesh.revisions("gamma"), ["canary"]);

    // Promotion moves tags and labels, and no pod.
    let gamma = mesh.pods("gamma");
    mesh.bowline(&["upgrade", "promote", "-y"]).succeeds();
    assert_eq!(status(&mesh)["state"], "promoted");
    assert_eq!(mesh.labels("gamma"), json!({"istio-injection": "enabled"}));
    assert_eq!(mesh.labels("beta"), json!({"istio.io/rev": "default", "team": "b"}));
    assert_eq!(mesh.pods("gamma"), gamma);
    let tags = mesh.bowline(&["tag", "list"]).succeeds().out;
    assert!(tags.lines().any(|line| line.split_whitespace().take(2).eq(["default", "canary"])), "{tags}");

    let described = mesh.bowline(&["revision", "describe", "canary", "-o", "json"]).succeeds().out;
    let described: Value = serde_json::from_str(&described).expect("JSON");
    assert_eq!(
        (&described["default"], &described["tags"], &described["namespaces"]),
        (&json!(true), &json!(["default"]), &json!(["alpha", "beta", "gamma"]))
    );
    assert_eq!(described["pods"].as_array().map(Vec::len), Some(8), "{described}");
    let list = mesh.bowline(&["revision", "list"]).succeeds().out;
    let rows: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(rows, ["REVISION", "canary*", "default", "*"], "{list}");

    // The way back is open until the old revision is removed.
    mesh.bowline(&["upgrade", "rollback", "-y"]).succeeds();
    for name in ["alpha", "beta", "gamma"] {
        assert_eq!(mesh.revisions(name), ["default"], "{name}");
    }
    mesh.run(&CANARY, "canary").succeeds();
    mesh.bowline(&["upgrade", "promote", "-y", "--remove-old"]).succeeds();
    let end = status(&mesh);
    assert_eq!(end["state"], "idle");
    let revisions: Vec<&str> =
        end["revisions"].as_array().into_iter().flatten().filter_map(|r| r["revision"].as_str()).collect();
    assert_eq!(revisions, ["canary"]);
    assert_eq!(end["revisions"][0]["namespaces"], json!(["alpha", "beta", "gamma"]));
    assert!(mesh.plane.get("apps/v1", "Deployment", Some("istio-system"), "istiod").is_none());
    assert_eq!(mesh.revisions("alpha"), ["canary"]);
    mesh.deployment("alpha", "later", None);
    assert_eq!(mesh.revisions("alpha"), ["canary"], "new pods are injected by the new revision");
}

#[test]
fn canary_steps_that_are_killed_converge_and_nobody_is_ever_without_an_injector() {
    let Some(mesh) = with_three_namespaces() else { return };
    let runs: usize = std::env::var("BOWLINE_CRASH_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(2);
    let before = state(&mesh);
    let watch = Watch::start(&mesh);
    let mut killed = 0;
    let mut kills = |words: &[&str], revision: &str, at: usize| {
        for nth in 0..2u64 {
            let settings = mesh.injector.settings(revision);
            let words: Vec<&str> = words.iter().copied().chain(settings.iter().map(String::as_str)).collect();
            let words = if words[1] == "canary" { words } else { words[..words.len() - 2].to_vec() };
            let mut child = mesh
                .plane
                .bowline(&words)
                .stderr(std::process::Stdio::null())
                .stdout(std::process::Stdio::null())
                .spawn()
                .expect("starts");
            // Spread over the run, the same points each time; a canary takes longer than the other steps.
            let longest = if words[1] == "canary" { 6000 } else { 1200 };
            let point = Duration::from_millis(80 + (at as u64 * 977 + nth * 1613) % longest);
            let start = Instant::now();
            while start.elapsed() < point && child.try_wait().expect("a child").is_none() {
                thread::sleep(Duration::from_millis(10));
            }
            if child.try_wait().expect("a child").is_none() {
                child.kill().expect("killed");
                killed += 1;
            }
            child.wait().expect("a child");
        }
    };
    let canary = ["upgrade", "canary", "--revision=canary", "-y", "--set=profile=minimal", "--wave-timeout=30s"];
    for at in 0..runs {
        kills(&canary, "canary", at);
        mesh.run(&canary, "canary").succeeds();
        assert_eq!(status(&mesh)["state"], "moved");
        kills(&["upgrade", "promote", "-y"], "canary", at);
        mesh.bowline(&["upgrade", "promote", "-y"]).succeeds();
        assert_eq!(status(&mesh)["state"], "promoted");
        kills(&["upgrade", "rollback", "-y", "--wave-timeout=30s"], "canary", at);
        mesh.bowline(&["upgrade", "rollback", "-y", "--wave-timeout=30s"]).succeeds();
        kills(&["upgrade", "abort", "-y", "--wave-timeout=30s"], "canary", at);
        if status(&mesh)["state"] != "idle" {
            mesh.bowline(&["upgrade", "abort", "-y", "--wave-timeout=30s"]).succeeds();
        }
        assert_eq!(status(&mesh)["state"], "idle");
        for name in ["alpha", "beta", "gamma"] {
            assert_eq!(mesh.revisions(name), ["default"], "{name} in run {at}");
        }
        assert_eq!(state(&mesh), before, "run {at} left something behind");
    }
    eprintln!("{killed} steps killed in {runs} rounds");
    assert_eq!(watch.stop(), Vec::<String>::new());
}

/// Names of all objects of the control plane, and the labels of namespaces.
fn state(mesh: &Mesh) -> Value {
    let labels = ["alpha", "beta", "gamma"].map(|name| mesh.labels(name));
    json!({"objects": names(&mesh.plane), "labels": labels})
}

/// Looks all the time whether the three namespaces have an injector.
struct Watch {
    stop: Arc<AtomicBool>,
    gaps: Arc<Mutex<Vec<String>>>,
    thread: thread::JoinHandle<()>,
}

impl Watch {
    fn start(mesh: &Mesh) -> Self {
        let (stop, gaps) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
        let target = mesh.plane.target();
        let (stopped, found) = (Arc::clone(&stop), Arc::clone(&gaps));
        let thread = thread::spawn(move || {
            block_on(async {
                let cluster = Cluster::connect(&target).await.expect("a valid configuration");
                while !stopped.load(Ordering::Relaxed) {
                    for name in ["alpha", "beta", "gamma"] {
                        if let Some(gap) = gap(&cluster, name).await {
                            found.lock().expect("no panic holds it").push(gap);
                        }
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            })
            .expect("a runtime");
        });
        Watch { stop, gaps, thread }
    }

    fn stop(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().expect("it looked to the end");
        let gaps = self.gaps.lock().expect("no panic holds it");
        gaps.clone()
    }
}

/// Why a new pod of a namespace would not be injected now; none if it would. The webhooks are read before and after the
/// namespace, so that a move between the two readings is not taken for a gap.
async fn gap(cluster: &Cluster, name: &str) -> Option<String> {
    let mut answers = 0;
    let before = live::webhooks(cluster, "istio.io/rev").await.ok()?;
    let namespace = live::namespaces(cluster, &format!("kubernetes.io/metadata.name={name}")).await.ok()?;
    let after = live::webhooks(cluster, "istio.io/rev").await.ok()?;
    let labels = labels_of(namespace.first()?);
    for webhooks in [&before, &after] {
        answers = answers.max(answering(&injectors(webhooks), &labels, &Labels::new()).len());
    }
    (answers == 0).then(|| format!("nobody injects {name}, whose labels are {labels:?}"))
}
