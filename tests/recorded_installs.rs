//! Recorded installs, uninstalls and tags of the reference against a server in memory: the same ends, the same objects, the
//! same order inside each component. Where we differ on purpose, a table gives the reason.

mod support;

use std::collections::BTreeMap;
use std::process::Output;

use serde_json::{Value, json};
use support::api::{Api, Manner, SOUND, Write};
use support::{program, shared};

/// Which contract holds.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Called {
    Bowline,
    Istioctl,
}
use Called::{Bowline, Istioctl};

/// How the server behaved in a recording; in those that are not here it was sound.
const MANNERS: [(&str, Manner); 4] = [
    ("apply-denied", Manner { refused: "configmaps", ..SOUND }),
    ("not-ready", Manner { ready: false, ..SOUND }),
    ("gke", Manner { version: "v1.33.1-gke.100", ..SOUND }),
    ("old-kubernetes", Manner { version: "v1.29.3", ..SOUND }),
];

/// What the reference does not have: the lock and the record of a run.
const OWN: [&str; 2] = ["leases", "bowline-install"];

// Why we differ.
const NO_GAP: &str =
    "the tag is written before the plain webhook is put to rest: no pod is left without an injector in between";
const WAITS: &str = "a component waits for the one it needs; the reference goes on although that one failed";
const HONEST: &str = "a dry run does not claim to have installed anything";
const LEFTOVERS: &str =
    "what an older version left goes with an upgrade; the reference's selector holds the client's version";
const AT_REST: &str = "the plain webhook rests already";
const BY_APPLY: &str =
    "the plain webhook is put to rest by the installation's own field manager, with an apply like all the rest";
const WEBHOOKS_FIRST: &str = "webhooks go first: one that still asks when its istiod is gone refuses pods";
const SHARED: &str =
    "what all revisions share stays with the one that had it, so that giving up the canary takes nothing along";
const DEFAULT_TAG: &str = "the default tag points to what would be removed: refused without --force";
const SWITCHED_ON: &str = "on GKE the reference switches the CNI agent on by naming a namespace for it";

/// (called, recording, command, what differs, why)
const DELIBERATE: &[(Called, &str, usize, &str, &str)] = &[
    (Istioctl, "ambient-demo", 0, "Pilot in another order", NO_GAP),
    (Istioctl, "ambient-demo", 1, "Pilot in another order", NO_GAP),
    (Istioctl, "apply-denied", 0, "told: -✔ Ingress gateways installed", WAITS),
    (Istioctl, "apply-denied", 0, "IngressGateways: -6 items", WAITS),
    (Istioctl, "canary-tags", 0, "Pilot in another order", NO_GAP),
    (Istioctl, "canary-tags", 3, "Pilot: -PUT mutatingwebhookconfigurations/istio-sidecar-injector", AT_REST),
    (Istioctl, "canary-tags", 3, "other in another order", NO_GAP),
    (Istioctl, "default-then-minimal", 0, "Pilot in another order", NO_GAP),
    (Istioctl, "default-then-minimal", 1, "Pilot in another order", NO_GAP),
    (Istioctl, "dry-run", 0, "told: +✔ Dry run complete -5 items", HONEST),
    (Istioctl, "gke", 0, "Pilot in another order", NO_GAP),
    (Istioctl, "not-ready", 0, "told: -✘ Ingress gateways encountered an error", WAITS),
    (Istioctl, "not-ready", 0, "IngressGateways: -6 items", WAITS),
    (
        Istioctl,
        "old-kubernetes",
        0,
        "told: +✔ Dry run complete -✔ Installation complete -✔ Istio core installed -✔ Istiod installed",
        HONEST,
    ),
    (Istioctl, "prune-labels", 0, "removed: +ConfigMap/istio-system/leftover-oldversion", LEFTOVERS),
    (Istioctl, "prune-labels", 0, "Pilot in another order", NO_GAP),
    (Istioctl, "prune-labels", 0, "removals: +DELETE configmaps/leftover-oldversion", LEFTOVERS),
    (Bowline, "ambient-demo", 0, "Pilot: -PUT mutatingwebhookconfigurations/istio-sidecar-injector", BY_APPLY),
    (Bowline, "ambient-demo", 1, "Pilot: -PUT mutatingwebhookconfigurations/istio-sidecar-injector", BY_APPLY),
    (Bowline, "ambient-demo", 2, "removed in another order", WEBHOOKS_FIRST),
    (Bowline, "ambient-demo", 2, "removals in another order", WEBHOOKS_FIRST),
    (Bowline, "apply-denied", 0, "told: -✔ Ingress gateways installed", WAITS),
    (Bowline, "apply-denied", 0, "IngressGateways: -6 items", WAITS),
    (Bowline, "canary-tags", 0, "Pilot: -PUT mutatingwebhookconfigurations/istio-sidecar-injector", BY_APPLY),
    (Bowline, "canary-tags", 1, "Base: label istio.io/rev \"default\", not \"canary\"", SHARED),
    (Bowline, "canary-tags", 3, "Pilot: -PUT mutatingwebhookconfigurations/istio-sidecar-injector", AT_REST),
    (Bowline, "canary-tags", 3, "other in another order", NO_GAP),
    (Bowline, "canary-tags", 6, "exit Some(1)", DEFAULT_TAG),
    (Bowline, "canary-tags", 6, "removed: -20 items", DEFAULT_TAG),
    (Bowline, "canary-tags", 6, "told: -✔ Uninstall complete", DEFAULT_TAG),
    (Bowline, "canary-tags", 6, "removals: -20 items", DEFAULT_TAG),
    (Bowline, "default-then-minimal", 0, "Pilot: -PUT mutatingwebhookconfigurations/istio-sidecar-injector", BY_APPLY),
    (Bowline, "default-then-minimal", 1, "Pilot: -PUT mutatingwebhookconfigurations/istio-sidecar-injector", BY_APPLY),
    (Bowline, "default-then-minimal", 2, "removed in another order", WEBHOOKS_FIRST),
    (Bowline, "default-then-minimal", 2, "removals in another order", WEBHOOKS_FIRST),
    (Bowline, "dry-run", 0, "told: +✔ Dry run complete -5 items", HONEST),
    (Bowline, "gke", 0, "told: -✔ CNI installed", SWITCHED_ON),
    (Bowline, "gke", 0, "Cni: -7 items", SWITCHED_ON),
    (Bowline, "gke", 0, "Pilot: -PUT mutatingwebhookconfigurations/istio-sidecar-injector", BY_APPLY),
    (Bowline, "not-ready", 0, "told: -✘ Ingress gateways encountered an error", WAITS),
    (Bowline, "not-ready", 0, "IngressGateways: -6 items", WAITS),
    (
        Bowline,
        "old-kubernetes",
        0,
        "told: +✔ Dry run complete -✔ Installation complete -✔ Istio core installed -✔ Istiod installed",
        HONEST,
    ),
    (Bowline, "prune-labels", 0, "removed: +ConfigMap/istio-system/leftover-oldversion", LEFTOVERS),
    (Bowline, "prune-labels", 0, "Pilot: -PUT mutatingwebhookconfigurations/istio-sidecar-injector", BY_APPLY),
    (Bowline, "prune-labels", 0, "removals: +DELETE configmaps/leftover-oldversion", LEFTOVERS),
];

#[test]
fn recorded_runs_write_what_the_reference_wrote() {
    let Some(folder) = shared("goldens/manifest/apply") else { return };
    let mut found = Vec::new();
    for called in [Istioctl, Bowline] {
        let mut paths: Vec<_> =
            std::fs::read_dir(&folder).expect("readable").map(|entry| entry.expect("readable").path()).collect();
        paths.sort();
        for path in paths {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let runs: Value = serde_json::from_slice(&std::fs::read(&path).expect("readable")).expect("JSON");
            let manner = MANNERS.iter().find(|(known, _)| *known == name).map_or(SOUND, |(_, manner)| *manner);
            let api = Api::start(manner, &objects_before(&name));
            let mut before = 0;
            for (at, run) in runs.as_array().expect("a list").iter().enumerate() {
                let output = ran(called, &api, run);
                let writes = api.writes();
                for difference in differences(run, &output, &writes[before..]) {
                    found.push(format!("{called:?} {name} {at}: {difference}"));
                }
                before = writes.len();
            }
        }
    }
    let known: Vec<String> =
        DELIBERATE.iter().map(|(called, name, at, what, _)| format!("{called:?} {name} {at}: {what}")).collect();
    let missing = known.iter().filter(|line| !found.contains(line)).map(|line| format!("no longer: {line}"));
    let new = found.iter().filter(|line| !known.contains(line)).map(|line| format!("new: {line}"));
    let wrong: Vec<String> = missing.chain(new).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the cluster of a recording held before the first command.
fn objects_before(recording: &str) -> Vec<Value> {
    if recording != "prune-labels" {
        return Vec::new();
    }
    let leftover = |name: &str, version: &str, more: Value| {
        let mut labels = json!({
            "install.operator.istio.io/owning-resource-namespace": "istio-system",
            "istio.io/rev": "default",
            "operator.istio.io/component": "Pilot",
            "operator.istio.io/managed": "Reconcile",
            "operator.istio.io/version": version,
        });
        labels.as_object_mut().expect("a map").extend(more.as_object().expect("a map").clone());
        json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": name, "namespace": "istio-system", "labels": labels},
        })
    };
    vec![
        json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "istio-system"}}),
        leftover("leftover-sameversion", "1.30.3", json!({})),
        leftover("leftover-oldversion", "1.29.0", json!({})),
        leftover("leftover-kept", "1.30.3", json!({"install.operator.istio.io/owning-resource-not-pruned": "true"})),
    ]
}

fn ran(called: Called, api: &Api, run: &Value) -> Output {
    let words: Vec<&str> = run["args"].as_array().expect("words").iter().filter_map(Value::as_str).collect();
    let mut command = program(env!("CARGO_BIN_EXE_bowline"), &words);
    if called == Istioctl {
        command.arg("--compat");
    }
    command.env("KUBECONFIG", api.kubeconfig()).output().expect("the built binary starts")
}

/// What of a run is not as recorded, one thing a line.
fn differences(run: &Value, output: &Output, writes: &[Write]) -> Vec<String> {
    let mut found = Vec::new();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    if output.status.code().map(i64::from) != run["exit"].as_i64() {
        found.push(format!("exit {:?}", output.status.code()));
    }
    // Sentences are our own; what is removed and what became of each component are facts.
    let recorded = run["stdout"].as_str().unwrap_or_default();
    if removed(&out) != removed(recorded) {
        let missing: Vec<String> = removed(recorded).into_iter().filter(|line| !removed(&out).contains(line)).collect();
        let more: Vec<String> = removed(&out).into_iter().filter(|line| !removed(recorded).contains(line)).collect();
        found.push(difference("removed", &more, &missing));
    }
    let lines = run["stderr_lines_without_logo"].as_array().cloned().unwrap_or_default();
    let lines: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
    let (ours, theirs) = (events(&err), events(&lines.join("\n")));
    if ours != theirs {
        let more: Vec<String> = ours.iter().filter(|line| !theirs.contains(line)).cloned().collect();
        let missing: Vec<String> = theirs.iter().filter(|line| !ours.contains(line)).cloned().collect();
        found.push(difference("told", &more, &missing));
    }
    let recorded: Vec<Value> = run["writes"].as_array().cloned().unwrap_or_default();
    let writes = writes.iter().filter(|write| !OWN.iter().any(|own| write.path.contains(own)));
    let (ours, theirs) = (by_component(writes.map(essence)), by_component(recorded.iter().cloned()));
    let components: std::collections::BTreeSet<&String> = ours.keys().chain(theirs.keys()).collect();
    for component in components {
        let none = Vec::new();
        let (ours, theirs) = (ours.get(component).unwrap_or(&none), theirs.get(component).unwrap_or(&none));
        if ours != theirs {
            found.push(first_difference(component, ours, theirs));
        }
    }
    found
}

/// One line for what there is more and what is missing; long lists are counted.
fn difference(what: &str, more: &[String], missing: &[String]) -> String {
    let side = |sign: &str, items: &[String]| match items {
        [] => String::new(),
        few if few.len() <= 3 => few.iter().map(|item| format!(" {sign}{item}")).collect::<String>(),
        many => format!(" {sign}{} items", many.len()),
    };
    match (more, missing) {
        ([], []) => format!("{what} in another order"),
        _ => format!("{what}:{}{}", side("+", more), side("-", missing)),
    }
}

/// The objects that are told as removed, by kind and name.
fn removed(out: &str) -> Vec<String> {
    let lines = out.lines().filter_map(|line| line.strip_prefix("  Removed "));
    lines
        .map(|line| {
            let line = line.trim_end_matches('.');
            // `apps/v1, Kind=Deployment/istiod.istio-system`, or `Deployment/istio-system/istiod`.
            match line.split_once("Kind=") {
                Some((_, rest)) => match rest.split_once('/') {
                    Some((kind, place)) if kind.starts_with("CustomResource") => format!("{kind}/{place}"),
                    Some((kind, place)) => match place.rsplit_once('.') {
                        Some((name, namespace)) => format!("{kind}/{namespace}/{name}"),
                        None => format!("{kind}/{place}"),
                    },
                    None => rest.to_owned(),
                },
                None => line.to_owned(),
            }
        })
        .collect()
}

/// What became of each component, and how it ended, sorted: components run side by side.
fn events(err: &str) -> Vec<String> {
    let told = ["installed", "encountered an error", "complete", "Pruning removed resources"];
    let mut found: Vec<String> = err
        .lines()
        .filter(|line| line.starts_with(['✔', '✘']) || line.starts_with("- Pruning"))
        .filter_map(|line| {
            let end = told.iter().filter_map(|words| line.find(words).map(|at| at + words.len())).min()?;
            line.get(..end).map(str::to_owned)
        })
        .collect();
    found.sort();
    found
}

/// A write as recordings have it.
fn essence(write: &Write) -> Value {
    let mut essence = json!({"method": write.method, "path": write.path});
    if let Some(manager) = write.query.get("fieldManager").filter(|_| write.method != "POST" && write.method != "PUT") {
        essence["fieldManager"] = manager.as_str().into();
    }
    if write.query.get("force").is_some_and(|force| force == "true") {
        essence["force"] = true.into();
    }
    if write.body["metadata"]["labels"].is_object() {
        essence["labels"] = write.body["metadata"]["labels"].clone();
    }
    // Left out it means the same for these kinds.
    if write.method == "DELETE" {
        essence["propagationPolicy"] = Value::Null;
    }
    if let Some(policy) = write.body["propagationPolicy"].as_str().filter(|policy| *policy != "Background") {
        essence["propagationPolicy"] = policy.into();
    }
    essence
}

/// Writes by the component that their object belongs to; those of no component together, and removals.
fn by_component(writes: impl Iterator<Item = Value>) -> BTreeMap<String, Vec<Value>> {
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for write in writes {
        let component = write["labels"]["operator.istio.io/component"].as_str();
        let group = match write["method"].as_str() {
            Some("DELETE") => "removals",
            _ => component.unwrap_or("other"),
        };
        found.entry(group.to_owned()).or_default().push(write);
    }
    found
}

fn first_difference(component: &str, ours: &[Value], theirs: &[Value]) -> String {
    let title = |write: &Value| {
        let mut words = write["path"].as_str().unwrap_or_default().rsplit('/');
        let (name, plural) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        format!("{} {plural}/{name}", write["method"].as_str().unwrap_or_default())
    };
    let titles = |writes: &[Value]| -> Vec<String> { writes.iter().map(title).collect() };
    let (our_titles, their_titles) = (titles(ours), titles(theirs));
    if our_titles != their_titles {
        let more: Vec<String> = our_titles.iter().filter(|title| !their_titles.contains(title)).cloned().collect();
        let missing: Vec<String> = their_titles.iter().filter(|title| !our_titles.contains(title)).cloned().collect();
        return difference(component, &more, &missing);
    }
    let keys = ["fieldManager", "force", "propagationPolicy"];
    let labels = |write: &Value| write["labels"].as_object().cloned().unwrap_or_default();
    for (ours, theirs) in ours.iter().zip(theirs).filter(|(ours, theirs)| ours != theirs) {
        if let Some(key) = keys.iter().find(|key| ours[**key] != theirs[**key]) {
            return format!("{component}: {} {key} {}, not {}", title(ours), ours[*key], theirs[*key]);
        }
        let (ours, theirs) = (labels(ours), labels(theirs));
        let mut names: Vec<&String> = ours.keys().chain(theirs.keys()).collect();
        names.sort();
        if let Some(key) = names.into_iter().find(|key| ours.get(*key) != theirs.get(*key)) {
            let text = |value: Option<&Value>| value.map_or("none".to_owned(), ToString::to_string);
            return format!("{component}: label {key} {}, not {}", text(ours.get(key)), text(theirs.get(key)));
        }
    }
    format!("{component}: {} writes, not {}", ours.len(), theirs.len())
}
