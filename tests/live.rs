//! Commands on a recorded mesh: every recorded run of the reference, against a server that replays what it was answered.

mod support;

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use support::replay::{Recording, read, start};

/// Recorded runs of the commands that look into proxies and istiod.
fn is_ours(args: &[&str]) -> bool {
    matches!(
        args,
        ["pc" | "proxy-config" | "ps" | "proxy-status" | "version" | "remote-clusters" | "admin", ..]
            | ["x" | "experimental", "es" | "envoy-stats" | "authz" | "internal-debug" | "describe", ..]
    )
}

/// What ours answers otherwise on purpose, and why.
const DELIBERATE: [(&str, &str); 4] = [
    ("pc-rootca-compare", "the reference can never compare"),
    ("pc-rootca-compare-ns", "the reference can never compare"),
    ("version-yaml", "the client tells its own build"),
    ("debug-krtz", "its answer was not recorded"),
];

#[test]
fn recorded_runs_are_answered_as_recorded() {
    let Some(folder) = support::shared("goldens/live") else { return };
    let cases: Vec<Value> = serde_json::from_slice(&read(&folder.join("cases.json"))).expect("JSON");
    let (url, current) = start();
    let home = tempfile::tempdir().expect("a folder");
    let kubeconfig = home.path().join("config");
    let config = serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "x",
        "clusters": [{"name": "c", "cluster": {"server": url}}], "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
    });
    std::fs::write(&kubeconfig, config.to_string()).expect("written");
    let only = std::env::var("ONLY").unwrap_or_default();
    let (mut passed, mut failed) = (0, Vec::new());
    for phase in ["healthy", "degraded", "operations", "waypoint", "waypoint-no-controller"] {
        let objects = objects(&folder, phase);
        for case in cases.iter().filter(|case| case["phase"] == phase) {
            let args: Vec<&str> = case["args"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let name = case["name"].as_str().expect("a name");
            if !is_ours(&args)
                || !name.contains(&only)
                || case["seconds"].as_f64().is_some()
                || DELIBERATE.iter().any(|(known, _)| *known == name)
            {
                continue;
            }
            *current.lock().expect("no test panics here") =
                Some(Arc::new(Recording::new(&folder, objects.clone(), case)));
            let mut command = support::bowline(&args);
            let output = command.env("KUBECONFIG", &kubeconfig).env("TZ", "UTC").output().expect("the binary starts");
            let ours = String::from_utf8_lossy(&output.stdout).into_owned();
            let wanted = recorded_output(&folder, case);
            let exit = case["exit"].as_i64().unwrap_or(0);
            let problem = if i64::from(output.status.code().unwrap_or(-1)) != exit {
                Some(format!(
                    "exit {:?}, wanted {exit}: {}",
                    output.status.code(),
                    String::from_utf8_lossy(&output.stderr)
                ))
            } else if exit == 0 {
                first_difference(&ours, &wanted)
            } else {
                None
            };
            match problem {
                None => passed += 1,
                Some(problem) => failed.push(format!("{phase}/{name}: {problem}")),
            }
        }
    }
    assert!(failed.is_empty(), "{passed} passed, {} failed:\n{}", failed.len(), failed.join("\n"));
    assert!(passed > 0 || !only.is_empty());
}

fn objects(folder: &Path, phase: &str) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    let files = |phase: &str| {
        // Where nothing is recorded, the objects are those of the healthy mesh.
        let entries = std::fs::read_dir(folder.join("objects").join(phase)).into_iter().flatten();
        entries.filter_map(|entry| Some(entry.ok()?.path())).collect::<Vec<_>>()
    };
    let changed: Vec<_> = if phase == "healthy" { Vec::new() } else { files(phase) };
    let names: Vec<_> = changed.iter().filter_map(|path| path.file_name().map(ToOwned::to_owned)).collect();
    let kept = files("healthy")
        .into_iter()
        .filter(|path| !names.iter().any(|name| Some(name.as_os_str()) == path.file_name()));
    for path in kept.chain(changed) {
        let text = String::from_utf8(read(&path)).expect("UTF-8");
        let documents = bowline::yaml::parse_stream(&text);
        all.extend(documents.into_iter().map(|document| document.expect("YAML").to_value()));
    }
    all
}

fn recorded_output(folder: &Path, case: &Value) -> String {
    match (case["stdout"].as_str(), case["stdoutFile"].as_str()) {
        (Some(text), _) => text.to_owned(),
        (None, Some(file)) => String::from_utf8_lossy(&read(&folder.join(file))).into_owned(),
        (None, None) => String::new(),
    }
}

/// Compares without log lines and ages; JSON and YAML by their trees; a line with `<text>` by what stands before it.
fn first_difference(ours: &str, wanted: &str) -> Option<String> {
    let tree = |text: &str| serde_json::from_str::<Value>(text).ok();
    if let (Some(mut a), Some(mut b)) = (tree(ours), tree(wanted)) {
        [&mut a, &mut b].into_iter().for_each(neutral);
        return (a != b).then(|| format!("the JSON differs: {a}\nwanted {b}"));
    }
    let valid = regex::Regex::new(r"ACTIVE (true|false)").expect("a pattern");
    let ages = regex::Regex::new(r"\((\d+[smhdy])+\)|<invalid>").expect("a pattern");
    let lines = |text: &str| -> Vec<String> {
        let kept = text.lines().filter(|line| !line.starts_with("<timestamp>"));
        kept.map(|line| ages.replace_all(line, "(age)").split_whitespace().collect::<Vec<_>>().join(" "))
            .map(|line| valid.replace_all(&line, "ACTIVE ?").into_owned())
            .filter(|line| !line.is_empty())
            .collect()
    };
    let (ours, wanted) = (lines(ours), lines(wanted));
    for (place, line) in wanted.iter().enumerate() {
        let got = ours.get(place).map_or("", String::as_str);
        let fits = match line.split_once("<text>") {
            Some((before, _)) => got.starts_with(before.trim_end()),
            None => got == line,
        };
        if !fits {
            return Some(format!("line {}: {got:?}, wanted {line:?}", place + 1));
        }
    }
    (ours.len() != wanted.len()).then(|| format!("{} lines, wanted {}", ours.len(), wanted.len()))
}

/// What the client says about its own build is not the recording's.
fn neutral(tree: &mut Value) {
    if let Some(client) = tree.get_mut("clientVersion") {
        *client = Value::Null;
    }
}
