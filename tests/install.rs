//! Installing on a real control plane: what is left, that a second run changes nothing, and that nothing is lost when a
//! run is killed or the API server misbehaves.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bowline::cluster::{Apply, name_of, object_namespace};
use bowline::install::deploy::owned::{COMPONENT, select};
use bowline::install::deploy::plan::without_noise;
use bowline::install::deploy::uninstall::Scope;
use bowline::install::revisions::injectors::is_deactivated;
use bowline::yaml;
use serde_json::{Value, json};
use support::control_plane::{ControlPlane, wait};
use support::faults::Faults;
use support::inventory::{differences, names, objects, raw};
use support::random::Random;
use support::watch::{Closeness, Watch};

/// Every profile that installs something, and the recorded result of `manifest generate`.
const PROFILES: [(&str, &str); 9] = [
    ("default", "001-profile-default"),
    ("demo", "002-profile-demo"),
    ("minimal", "003-profile-minimal"),
    ("preview", "005-profile-preview"),
    ("remote", "006-profile-remote"),
    ("stable", "007-profile-stable"),
    ("ambient", "008-profile-ambient"),
    ("openshift", "009-profile-openshift"),
    ("openshift-ambient", "010-profile-openshift-ambient"),
];

#[test]
fn every_profile_leaves_the_objects_of_manifest_generate_and_a_second_run_changes_nothing() {
    let Some(plane) = ControlPlane::start() else { return };
    plane.apply(&network_attachments());
    for (profile, case) in PROFILES {
        let flag = format!("--set=profile={profile}");
        plane.succeeds(&["install", "-y", &flag]);
        if let Some(list) = support::shared(&format!("goldens/manifest/cases/{case}/objects.txt")) {
            let list = std::fs::read_to_string(list).expect("readable");
            let mut wanted: Vec<String> = list.lines().map(str::to_owned).collect();
            wanted.sort();
            assert_eq!(owned(&plane), wanted, "{profile}: these objects, and no others");
        }
        let rendered = plane.succeeds(&["manifest", "generate", &flag]);
        holds(&plane, &documents(&rendered), profile);
        if let Some(golden) = support::shared(&format!("goldens/manifest/cases/{case}/expected.yaml")) {
            let mut wanted = documents(&std::fs::read_to_string(golden).expect("readable"));
            // Its injection templates are left out of the recorded result.
            wanted.retain(|object| !(object["kind"] == "ConfigMap" && name_of(object) == "istio-sidecar-injector"));
            holds(&plane, &wanted, &format!("{profile} as recorded"));
        }
        let before = versions(&plane);
        plane.succeeds(&["install", "-y", &flag]);
        assert_eq!(versions(&plane), before, "a second run of {profile} changed something");
        let verified = plane.succeeds(&["verify-install"]);
        assert!(verified.ends_with("✔ Istio is installed and verified successfully\n"), "{profile}: {verified}");
        plane.succeeds(&["uninstall", "--purge", "-y"]);
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
    let rounds: usize = std::env::var("BOWLINE_CRASH_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(4);
    let install = ["install", "-y", "--set=profile=default"];
    let upgrade = ["upgrade", "-y", "--set=profile=default", "--set=values.global.proxy.logLevel=debug"];
    let uninstall = ["uninstall", "-y", "--purge"];
    let mut lasts = BTreeMap::new();
    let mut wholes = BTreeMap::new();
    for words in [&install[..], &upgrade[..]] {
        let start = Instant::now();
        plane.succeeds(words);
        lasts.insert(words[0], start.elapsed());
        wholes.insert(words[0], objects(&plane));
    }
    let start = Instant::now();
    plane.succeeds(&uninstall);
    lasts.insert(uninstall[0], start.elapsed());
    settled(&plane);
    let nothing = names(&plane);
    plane.apply(&json!({
        "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"istio-injection": "enabled"}},
    }));
    let mut random = Random(11);
    let mut killed = BTreeMap::from([(install[0], 0), (upgrade[0], 0), (uninstall[0], 0)]);
    while killed.values().any(|count| *count < rounds) {
        for words in [&install[..], &upgrade[..], &uninstall[..]] {
            let name = words[0];
            // From the first control plane on, somebody has to inject until the last is taken away on purpose.
            let watch = (name == "upgrade").then(|| Watch::start(&plane, &["shop"], Closeness::Webhooks));
            let mut tries = 0;
            while killed[name] < rounds && tries < 6 {
                tries += 1;
                if plane.killed(words, random.below(lasts[name])) {
                    killed.entry(name).and_modify(|count| *count += 1);
                }
            }
            plane.succeeds(words);
            assert_eq!(watch.map(Watch::stop).unwrap_or_default(), Vec::<String>::new());
            if let Some(whole) = wholes.get(name) {
                assert_eq!(
                    differences(&without_times(whole), &without_times(&objects(&plane))),
                    Vec::<String>::new(),
                    "{killed:?}"
                );
                let record = plane.get("v1", "ConfigMap", Some("istio-system"), "bowline-install").unwrap_or_default();
                let status = record["data"]["status.json"].as_str().unwrap_or_default().to_owned();
                assert!(status.contains("\"applied\""), "{status}");
            } else {
                // The next round does not wait: an install has to cope with what is still on its way out.
                let stays = |object: &&Value| object["metadata"]["deletionTimestamp"].is_null();
                let left = raw(&plane).iter().filter(stays).count();
                assert_eq!(left, nothing.len(), "{killed:?}: {:?}", names(&plane));
            }
        }
    }
    eprintln!("killed: {killed:?}");
}

/// How many requests the reference sends for an install of the demo profile that finds everything ready, as recorded.
const REFERENCE_ASKS: usize = 100;

#[test]
fn a_first_run_asks_little_a_second_run_writes_nothing_and_a_dry_run_after_it_shows_no_change() {
    let Some(plane) = ControlPlane::start() else { return };
    for profile in ["demo", "ambient"] {
        let flag = format!("--set=profile={profile}");
        let counted = |words: &[&str]| {
            let proxy = Faults::none(&plane);
            let mut command = plane.bowline(words);
            let output = command.env("KUBECONFIG", proxy.kubeconfig()).output().expect("the built binary starts");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            (proxy.asked(), String::from_utf8_lossy(&output.stderr).into_owned())
        };
        let writes = |asked: &[String]| -> Vec<String> {
            asked.iter().filter(|line| !line.starts_with("GET ")).cloned().collect()
        };
        // The first run asks for no more than the reference, the look at each object before aside. How often it looks
        // whether something is ready is up to the cluster.
        let objects = documents(&plane.succeeds(&["manifest", "generate", &flag])).len();
        let (asked, _) = counted(&["install", "-y", &flag]);
        let different = asked.iter().collect::<BTreeSet<_>>().len();
        println!("{profile}: {} requests, {different} different ones, for {objects} objects", asked.len());
        assert!(different <= REFERENCE_ASKS + objects, "{profile}: {asked:#?}");
        let (asked, told) = counted(&["install", "-y", &flag]);
        assert_eq!(writes(&asked), Vec::<String>::new(), "{profile}");
        assert!(
            told.ends_with("✔ Installation complete: everything is as it should be\n") || profile == "ambient",
            "{told}"
        );
        println!("{profile}: {} requests when all is there", asked.len());
        assert!(asked.len() < REFERENCE_ASKS, "{profile}: {} requests", asked.len());
        let (asked, told) = counted(&["install", "--dry-run", &flag]);
        assert_eq!(writes(&asked), Vec::<String>::new(), "{profile}");
        assert!(told.contains("0 to create, 0 to change, "), "{profile}: {told}");
        // A setting that is taken back is seen as well as one that is given.
        plane.succeeds(&["install", "-y", &flag, "--set=values.pilot.podAnnotations.example=x"]);
        let (_, told) = counted(&["install", "--dry-run", &flag]);
        assert!(told.contains("~ Deployment/istio-system/istiod  pods restart"), "{profile}: {told}");
        plane.succeeds(&["uninstall", "--purge", "-y"]);
        settled(&plane);
    }
}

#[test]
fn two_people_cannot_install_at_once_and_one_who_breaks_off_leaves_no_lock() {
    let Some(plane) = ControlPlane::start() else { return };
    let install = ["install", "-y", "--set=profile=minimal", "--set=values.pilot.nodeSelector.nowhere=yes"];
    let mut first = plane.bowline(&install).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().expect("starts");
    let waits = || {
        let lease = plane.get("coordination.k8s.io/v1", "Lease", Some("istio-system"), "bowline-install");
        let istiod = plane.get("apps/v1", "Deployment", Some("istio-system"), "istiod");
        lease.is_some() && istiod.is_some()
    };
    wait("the first run waits for istiod", Duration::from_secs(60), waits);
    let second = plane.bowline(&["install", "-y", "--set=profile=minimal"]).output().expect("the built binary starts");
    let told = String::from_utf8_lossy(&second.stderr).into_owned();
    assert_eq!(second.status.code(), Some(1), "{told}");
    assert!(told.contains("is at work on the same installation"), "{told}");

    let interrupted = Command::new("kill").args(["-INT", &first.id().to_string()]).status();
    assert!(interrupted.is_ok_and(|status| status.success()));
    let mut told = String::new();
    first.stderr.take().expect("piped").read_to_string(&mut told).expect("text");
    assert_eq!(first.wait().expect("a child").code(), Some(130), "{told}");
    assert!(told.contains("Error: interrupted; ready: Istio core; under way: Istiod ("), "{told}");
    assert!(plane.get("coordination.k8s.io/v1", "Lease", Some("istio-system"), "bowline-install").is_none());

    let third = plane.bowline(&["install", "-y", "--set=profile=minimal"]).output().expect("the built binary starts");
    let told = String::from_utf8_lossy(&third.stderr).into_owned();
    assert_eq!(third.status.code(), Some(0), "{told}");
    assert!(told.contains("with other settings, did not end (applying)"), "{told}");
}

#[test]
fn what_holds_a_removed_object_is_waited_for_and_named() {
    let Some(plane) = ControlPlane::start() else { return };
    let install = ["install", "-y", "--set=profile=minimal"];
    plane.succeeds(&install);
    let finalizers = |finalizers: Value| {
        json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "istio", "namespace": "istio-system", "finalizers": finalizers},
        })
    };
    plane.apply(&finalizers(json!(["example.com/keep"])));
    let mut command = plane.bowline(&["uninstall", "-y", "--purge"]);
    let log = tempfile::NamedTempFile::new().expect("a file");
    let stderr = log.reopen().expect("the same file");
    let mut child = command.stdout(Stdio::null()).stderr(stderr).spawn().expect("the built binary starts");
    let map = || plane.get("v1", "ConfigMap", Some("istio-system"), "istio");
    let is_held = || map().is_some_and(|map| !map["metadata"]["deletionTimestamp"].is_null());
    wait("the map is deleted and held", Duration::from_secs(30), is_held);
    let told = || std::fs::read_to_string(log.path()).expect("text");
    let held = "waiting for ConfigMap/istio-system/istio to be gone (held by the finalizer example.com/keep)\n";
    wait("it is told what holds the map", Duration::from_secs(30), || told().contains(held));
    assert!(child.try_wait().expect("a child").is_none(), "it waits");
    // Somebody lets go.
    plane.apply(&finalizers(json!([])));
    assert!(child.wait().expect("a child").success());
    assert!(told().ends_with("✔ Uninstall complete\n"), "{}", told());
    assert!(map().is_none());

    // An install meets an istiod that is still on its way out, and replaces it.
    plane.succeeds(&install);
    plane.with(async |cluster| {
        let deployments = cluster.resource("apps/v1", "Deployment").await.expect("known");
        let how = bowline::cluster::Propagation::Foreground;
        cluster.delete(&deployments, Some("istio-system"), "istiod", how, None).await.expect("deleted");
    });
    plane.succeeds(&install);
    let istiod = plane.get("apps/v1", "Deployment", Some("istio-system"), "istiod").expect("there again");
    assert!(istiod["metadata"]["deletionTimestamp"].is_null());
}

#[test]
fn a_misbehaving_server_leads_to_the_same_end_or_a_clear_error() {
    let Some(plane) = ControlPlane::start() else { return };
    let rounds: u64 = std::env::var("BOWLINE_FAULT_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(3);
    let install = ["install", "-y", "--set=profile=minimal"];
    plane.succeeds(&install);
    let whole = objects(&plane);
    plane.succeeds(&["uninstall", "-y", "--purge"]);
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
            plane.succeeds(&install);
        }
        let differences = differences(&without_times(&whole), &without_times(&objects(&plane)));
        assert_eq!(differences, Vec::<String>::new(), "round {round}: {errors}");
        plane.succeeds(&["uninstall", "-y", "--purge"]);
    }
    eprintln!("{faults_made} faults in {rounds} installs, {through} of which came through at once");
}

/// The kind by which OpenShift's network knows its plugins; a cluster of that kind brings it.
fn network_attachments() -> Value {
    let names = json!({
        "kind": "NetworkAttachmentDefinition", "listKind": "NetworkAttachmentDefinitionList",
        "plural": "network-attachment-definitions", "singular": "network-attachment-definition",
    });
    let schema = json!({"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "network-attachment-definitions.k8s.cni.cncf.io"},
        "spec": {
            "group": "k8s.cni.cncf.io", "scope": "Namespaced", "names": names,
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": schema}],
        },
    })
}

/// `apiVersion kind namespace name` of everything in the cluster that a component of an installation owns, sorted.
fn owned(plane: &ControlPlane) -> Vec<String> {
    let kinds = Scope::Purge.kinds(false);
    let found = plane.with(async |cluster| select(cluster, &kinds, COMPONENT).await.expect("readable"));
    // Pods have their owners' labels; the default tag comes with every first installation.
    let made = found.iter().filter(|owned| owned.resource.kind != "Pod" && owned.label("istio.io/tag").is_none());
    let mut lines: Vec<String> = made
        .map(|owned| {
            let namespace = owned.namespace().unwrap_or("-");
            format!("{} {} {namespace} {}", owned.resource.api_version(), owned.resource.kind, owned.name())
        })
        .collect();
    lines.sort();
    lines
}

/// Waits until what was deleted is gone: a Deployment goes after its pods.
fn settled(plane: &ControlPlane) {
    wait("deleted objects are gone", Duration::from_secs(60), || {
        raw(plane).iter().all(|object| object["metadata"]["deletionTimestamp"].is_null())
    });
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
            data.remove("status.json"); // when it was
        }
    }
    objects
}
