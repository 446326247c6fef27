//! Installing on a real control plane: what is left, that a second run changes nothing, and that nothing is lost when a
//! run is killed or the API server misbehaves.

mod support;

use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use bowline::cluster::{Apply, name_of, object_namespace};
use bowline::install::deploy::plan::without_noise;
use bowline::install::injectors::is_deactivated;
use bowline::yaml;
use serde_json::Value;
use support::control_plane::{ControlPlane, wait};
use support::faults::Faults;
use support::inventory::{names, objects, raw};

/// Profiles that need nothing beyond Kubernetes; those for OpenShift need a kind of its CNI.
const PROFILES: [(&str, &str); 6] = [
    ("default", "001-profile-default"),
    ("demo", "002-profile-demo"),
    ("minimal", "003-profile-minimal"),
    ("preview", "005-profile-preview"),
    ("stable", "007-profile-stable"),
    ("ambient", "008-profile-ambient"),
];

#[test]
fn every_profile_leaves_the_objects_of_manifest_generate_and_a_second_run_changes_nothing() {
    let Some(plane) = ControlPlane::start() else { return };
    for (profile, case) in PROFILES {
        let flag = format!("--set=profile={profile}");
        run(&plane, &["install", "-y", &flag]);
        let rendered = run(&plane, &["manifest", "generate", &flag]);
        holds(&plane, &documents(&rendered), profile);
        if let Some(golden) = support::shared(&format!("goldens/manifest/cases/{case}/expected.yaml")) {
            let mut wanted = documents(&std::fs::read_to_string(golden).expect("readable"));
            // Its injection templates are left out of the recorded result.
            wanted.retain(|object| !(object["kind"] == "ConfigMap" && name_of(object) == "istio-sidecar-injector"));
            holds(&plane, &wanted, &format!("{profile} as recorded"));
        }
        let before = versions(&plane);
        run(&plane, &["install", "-y", &flag]);
        assert_eq!(versions(&plane), before, "a second run of {profile} changed something");
        let verified = run(&plane, &["verify-install"]);
        assert!(verified.ends_with("✔ Istio is installed and verified successfully\n"), "{profile}: {verified}");
        run(&plane, &["uninstall", "--purge", "-y"]);
        settled(&plane);
        let left: Vec<String> = names(&plane).into_iter().filter(|name| name.contains("istio")).collect();
        assert!(
            left.iter().all(|name| name.starts_with("ConfigMap/istio-ca") || name.starts_with("Lease/")),
            "{profile}: {left:?}"
        );
        let gone = plane.bowline(&["verify-install"]).output().expect("the built binary starts");
        assert_eq!(gone.status.code(), Some(1), "{profile}: {}", String::from_utf8_lossy(&gone.stdout));
    }
}

#[test]
fn runs_that_are_killed_converge() {
    let Some(plane) = ControlPlane::start() else { return };
    let rounds: usize = std::env::var("BOWLINE_CRASH_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    let install = ["install", "-y", "--set=profile=default"];
    let uninstall = ["uninstall", "-y", "--purge"];
    run(&plane, &install);
    let whole = objects(&plane);
    run(&plane, &uninstall);
    settled(&plane);
    let nothing = names(&plane);
    let mut killed = 0;
    for round in 0..rounds {
        for (words, wanted) in [(&install[..], true), (&uninstall[..], false)] {
            for nth in 0..3 {
                killed += usize::from(kill(&plane, words, (round * 3 + nth) as u64));
            }
            run(&plane, words);
            if wanted {
                assert_eq!(differences(&whole, &objects(&plane)), Vec::<String>::new(), "round {round}");
            } else {
                // The next round does not wait: an install has to cope with what is still on its way out.
                let stays = |object: &&Value| object["metadata"]["deletionTimestamp"].is_null();
                let left = raw(&plane).iter().filter(stays).count();
                assert_eq!(left, nothing.len(), "round {round}: {:?}", names(&plane));
            }
        }
    }
    eprintln!("{killed} runs killed in {rounds} rounds");
}

#[test]
fn a_misbehaving_server_leads_to_the_same_end_or_a_clear_error() {
    let Some(plane) = ControlPlane::start() else { return };
    let rounds: u64 = std::env::var("BOWLINE_FAULT_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    let install = ["install", "-y", "--set=profile=minimal"];
    run(&plane, &install);
    let whole = objects(&plane);
    run(&plane, &["uninstall", "-y", "--purge"]);
    let (mut through, mut faults_made) = (0, 0);
    for round in 0..rounds {
        let faults = Faults::start(&plane, round + 1, 12);
        let start = Instant::now();
        let mut command = plane.bowline(&install);
        let output = command.env("KUBECONFIG", faults.kubeconfig()).output().expect("the built binary starts");
        let errors = String::from_utf8_lossy(&output.stderr);
        faults_made += faults.made();
        eprintln!("round {round}: {} faults, {} after {:.1?}", faults.made(), output.status, start.elapsed());
        if output.status.success() {
            through += 1;
        } else {
            assert_eq!(output.status.code(), Some(1), "{errors}");
            assert!(errors.contains("Error: ") && !errors.contains("panicked"), "{errors}");
            run(&plane, &install);
        }
        let differences = differences(&whole, &objects(&plane));
        assert_eq!(differences, Vec::<String>::new(), "round {round}: {errors}");
        run(&plane, &["uninstall", "-y", "--purge"]);
    }
    eprintln!("{faults_made} faults in {rounds} installs, {through} of which came through at once");
}

/// Waits until what was deleted is gone: a Deployment goes after its pods.
fn settled(plane: &ControlPlane) {
    wait("deleted objects are gone", Duration::from_secs(60), || {
        raw(plane).iter().all(|object| object["metadata"]["deletionTimestamp"].is_null())
    });
}

#[track_caller]
fn run(plane: &ControlPlane, words: &[&str]) -> String {
    let output = plane.bowline(words).output().expect("the built binary starts");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{}: {errors}", words.join(" "));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Starts the binary and kills it; whether it was still running. The points are spread over the first seconds.
fn kill(plane: &ControlPlane, words: &[&str], seed: u64) -> bool {
    let point = Duration::from_millis(30 + seed * 7919 % 2500);
    let mut command = plane.bowline(words);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the built binary starts");
    let start = Instant::now();
    while start.elapsed() < point && child.try_wait().expect("a child").is_none() {
        thread::sleep(Duration::from_millis(5));
    }
    let running = child.try_wait().expect("a child").is_none();
    if running {
        child.kill().expect("killed");
    }
    child.wait().expect("a child");
    running
}

fn documents(text: &str) -> Vec<Value> {
    let documents = yaml::parse_stream(text).into_iter().map(|document| document.expect("YAML").to_value());
    documents.filter(|object| object["kind"].is_string()).collect()
}

/// The cluster has every one of these objects with all they say: applying them as somebody else would change nothing.
fn holds(plane: &ControlPlane, wanted: &[Value], what: &str) {
    for object in wanted {
        let title = format!("{what}: {} {}", object["kind"], name_of(object));
        let (live, after) = plane.with(async |cluster| {
            let resource = cluster.resource_of(object).await.expect("a known kind");
            let live = cluster.get(&resource, object_namespace(object), name_of(object)).await.expect("readable");
            let how = Apply { field_manager: "comparison", force: true, dry_run: true };
            (live, cluster.apply(&resource, object, &how).await)
        });
        let live = live.unwrap_or_else(|| panic!("{title} is missing"));
        if live["kind"] == "MutatingWebhookConfiguration" && name_of(object) == "istio-sidecar-injector" {
            assert!(is_deactivated(&live), "{title}: the default tag does its work");
            continue;
        }
        let after = after.unwrap_or_else(|error| panic!("{title}: {error}"));
        let (live, after) = (without_noise(&live), without_noise(&after));
        assert_eq!(live, after, "{title}");
    }
}

/// Kind and name of everything of the installation, with the generation that a change would raise, or the content.
fn versions(plane: &ControlPlane) -> Vec<(String, String)> {
    // The record tells when the last run was; leases and leader elections move by themselves.
    let moves = |object: &Value| object["kind"] == "Lease" || name_of(object).starts_with("bowline-install");
    let mut found = raw(plane);
    found.retain(|object| !moves(object) && name_of(object).contains("istio"));
    let version = |object: &Value| {
        let generation = &object["metadata"]["generation"];
        // A status that a controller writes is no change of ours.
        if generation.is_null() { without_noise(object).to_string() } else { generation.to_string() }
    };
    found.iter().map(|object| (format!("{}/{}", object["kind"], name_of(object)), version(object))).collect()
}

/// What one moment has and the other has not, or not in the same form.
fn differences(before: &[Value], after: &[Value]) -> Vec<String> {
    let (before, after) = (without_times(before), without_times(after));
    let title = |object: &Value| format!("{} {}", object["kind"].as_str().unwrap_or_default(), name_of(object));
    let lost =
        before.iter().filter(|object| !after.contains(object)).map(|object| format!("- {} {object}", title(object)));
    let new =
        after.iter().filter(|object| !before.contains(object)).map(|object| format!("+ {} {object}", title(object)));
    lost.chain(new).collect()
}

/// The objects without what differs from run to run: times and addresses that the server gives out.
fn without_times(objects: &[Value]) -> Vec<Value> {
    let mut objects = objects.to_vec();
    objects.retain(|object| object["kind"] != "Lease");
    for object in &mut objects {
        if let Some(spec) = object["spec"].as_object_mut() {
            for key in ["clusterIP", "clusterIPs", "healthCheckNodePort"] {
                spec.remove(key);
            }
            for port in spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
                port.as_object_mut().map(|port| port.remove("nodePort"));
            }
        }
        if name_of(object).starts_with("bowline-install")
            && let Some(data) = object["data"].as_object_mut()
        {
            // When, and how the objects looked: a second run finds the plain webhook asleep and keeps it so.
            data.remove("status.json");
            data.remove("inventory");
        }
    }
    objects
}
