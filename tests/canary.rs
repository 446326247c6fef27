//! Canary upgrades from end to end on a real control plane, with an injector of our own behind the webhooks.

mod support;

use std::time::{Duration, Instant};

use bowline::cluster::name_of;
use serde_json::{Value, json};
use support::inventory::{names, objects};
use support::mesh::Mesh;
use support::random::Random;
use support::watch::{Closeness, Watch};

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
    "--wave-timeout=20s",
];

#[test]
fn a_workload_that_fails_on_the_new_revision_stops_the_flow_and_is_taken_back_alone() {
    let Some(mesh) = with_three_namespaces() else { return };
    mesh.deployment("gamma", "web", Some("canary"));
    mesh.deployment("gamma", "fine", None);
    let outside = mesh.pods("outside");
    let rest = without_canary(&mesh);

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
    assert_eq!(without_canary(&mesh), rest, "the old control plane and its tags are as they were");

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
    assert_eq!(mesh.pods("outside"), outside);
}

/// Every object of the control plane and what it says, without the canary's own and without locks and records.
fn without_canary(mesh: &Mesh) -> Vec<Value> {
    let own = |object: &Value| {
        let name = name_of(object);
        name.contains("canary") || name.starts_with("bowline-") || object["kind"] == "Lease"
    };
    objects(&mesh.plane).into_iter().filter(|object| !own(object)).collect()
}

#[test]
fn canary_steps_that_are_killed_converge_and_nobody_is_ever_without_an_injector() {
    let Some(mesh) = with_three_namespaces() else { return };
    let wanted: usize = std::env::var("BOWLINE_CRASH_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    let before = state(&mesh);
    let watch = Watch::start(&mesh.plane, &["alpha", "beta", "gamma"], Closeness::Pods);
    let canary = ["upgrade", "canary", "--revision=canary", "-y", "--set=profile=minimal", "--wave-timeout=120s"];
    let promote = ["upgrade", "promote", "-y"];
    let rollback = ["upgrade", "rollback", "-y", "--wave-timeout=120s"];
    let abort = ["upgrade", "abort", "-y", "--wave-timeout=120s"];
    let steps: [(&[&str], &str); 4] =
        [(&canary, "moved"), (&promote, "promoted"), (&rollback, "running"), (&abort, "idle")];
    let mut random = Random(7);
    let mut killed = [0; 4];
    // The first round measures how long each step takes.
    let mut lasts = [Duration::ZERO; 4];
    let mut round = 0;
    while round == 0 || killed.iter().any(|count| *count < wanted) {
        for (at, (words, state)) in steps.iter().enumerate() {
            let mut tries = 0;
            while round > 0 && killed[at] < wanted && tries < 3 {
                tries += 1;
                killed[at] += usize::from(kill(&mesh, words, random.below(lasts[at])));
            }
            let start = Instant::now();
            // An abort that was killed after its last write has nothing left to do.
            if *state != "idle" || status(&mesh)["state"] != "idle" {
                run(&mesh, words).succeeds();
            }
            lasts[at] = lasts[at].max(start.elapsed());
            assert_eq!(status(&mesh)["state"], *state, "{words:?} in round {round}");
        }
        for name in ["alpha", "beta", "gamma"] {
            assert_eq!(mesh.revisions(name), ["default"], "{name} in round {round}");
        }
        assert_eq!(self::state(&mesh), before, "round {round} left something behind");
        round += 1;
    }
    eprintln!(
        "killed in {round} rounds: canary {}, promote {}, rollback {}, abort {}",
        killed[0], killed[1], killed[2], killed[3]
    );
    assert_eq!(watch.stop(), Vec::<String>::new());
}

/// Runs a step; only one that installs gets the settings of the injector.
fn run(mesh: &Mesh, words: &[&str]) -> support::mesh::Ran {
    if words[1] == "canary" { mesh.run(words, "canary") } else { mesh.bowline(words) }
}

/// Starts a step and kills it after this long; whether it was still running.
fn kill(mesh: &Mesh, words: &[&str], point: Duration) -> bool {
    let settings = mesh.injector.settings("canary");
    let more = settings.iter().map(String::as_str).filter(|_| words[1] == "canary");
    let words: Vec<&str> = words.iter().copied().chain(more).collect();
    mesh.plane.killed(&words, point)
}

/// Names of all objects of the control plane, and the labels of namespaces.
fn state(mesh: &Mesh) -> Value {
    let labels = ["alpha", "beta", "gamma"].map(|name| mesh.labels(name));
    let mut objects = names(&mesh.plane);
    // A run that was killed when all was done leaves its lease, which expires.
    objects.retain(|name| !name.starts_with("Lease/"));
    json!({"objects": objects, "labels": labels})
}
