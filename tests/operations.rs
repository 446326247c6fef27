//! Operational commands against a small scripted API server: checks before an installation, Secrets for other clusters,
//! bug reports. Whole outputs, and what must never be in them.

mod support;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use support::server::{Answer, Asked, Server};
use support::{bowline, outcome};

const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZWFkZXIifQ.c2lnbmF0dXJl";
const PASSWORD: &str = "correct-horse";

/// A cluster with one application in the mesh, a reader's account with a token, and a password here and there.
fn answer(asked: &Asked, _: usize) -> Answer {
    let path = asked.path.split('?').next().unwrap_or_default();
    let list = |items: Value| Answer::Json(200, json!({"items": items, "metadata": {}}));
    let token = || {
        json!({"metadata": {"name": "reader-token", "namespace": "istio-system",
            "annotations": {"kubernetes.io/service-account.name": "istio-reader-service-account"}},
            "type": "kubernetes.io/service-account-token",
            "data": {"ca.crt": "Y2E=", "token": "ZXlKaGJHY2lPaUpTVXpJMU5pSjkuZXlKemRXSWlPaUp5WldGa1pYSWlmUS5jMmxuYm1GMGRYSmw="}})
    };
    match path {
        "/version" => Answer::Json(200, json!({"gitVersion": "v1.34.0"})),
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" => {
            Answer::Json(201, json!({"status": {"allowed": true}}))
        }
        "/api/v1/namespaces/istio-system/serviceaccounts/istio-reader-service-account" => Answer::Json(
            200,
            json!({"metadata": {"name": "istio-reader-service-account", "namespace": "istio-system"}}),
        ),
        "/api/v1/namespaces/istio-system/secrets" => list(json!([token()])),
        "/api/v1/namespaces/istio-system/secrets/reader-token" => Answer::Json(200, token()),
        "/api/v1/secrets" => list(json!([token()])),
        "/api/v1/pods" => list(json!([{
            "metadata": {"name": "web-1-x", "namespace": "shop", "labels": {"app": "web"},
                "ownerReferences": [{"kind": "ReplicaSet", "name": "web-1"}]},
            "spec": {"containers": [
                {"name": "web", "image": "web:1", "env": [{"name": "DB_PASSWORD", "value": PASSWORD}]},
                {"name": "istio-proxy", "image": "istio/proxyv2:1.30.1"},
            ]},
        }])),
        "/apis/apps/v1/replicasets" => list(json!([{"metadata": {"name": "web-1", "namespace": "shop",
            "ownerReferences": [{"kind": "Deployment", "name": "web"}]}}])),
        "/api/v1/configmaps" => list(json!([{"metadata": {"name": "app", "namespace": "shop"},
            "data": {"url": format!("postgres://web:{PASSWORD}@db/x"), "colour": "blue"}}])),
        "/api/v1/namespaces/shop/pods/web-1-x/log" => {
            Answer::Json(200, json!(format!("2026-01-01T00:00:00Z\terror\tauth\tBearer {TOKEN} refused")))
        }
        _ if asked.method == "GET" && !path.contains("/pods/") => list(json!([])),
        _ => Answer::Json(404, json!({"kind": "Status", "code": 404, "reason": "NotFound", "message": "not found"})),
    }
}

struct Scene {
    server: Server,
    folder: tempfile::TempDir,
}

impl Scene {
    fn new(answer: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Self {
        Scene { server: Server::start(answer), folder: tempfile::tempdir().expect("a folder") }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = bowline(words);
        command.env("KUBECONFIG", self.server.kubeconfig(self.folder.path()));
        command
    }

    fn told(&self, words: &[&str]) -> String {
        outcome(&mut self.command(words)).replace(&self.server.url, "SERVER")
    }
}

#[test]
fn a_remote_secret_holds_the_readers_token_and_writes_nothing() {
    let scene = Scene::new(answer);
    let told =
        scene.told(&["create-remote-secret", "--name", "east", "-n", "istio-system", "--server", "https://east:6443"]);
    insta::assert_snapshot!(told);
    assert_eq!(scene.server.asked().iter().filter(|asked| asked.method != "GET").count(), 0);
}

#[test]
fn a_remote_secret_for_an_unreachable_address_comes_with_a_warning() {
    let scene = Scene::new(answer);
    let told = scene.told(&["create-remote-secret", "--name", "east", "-n", "istio-system"]);
    assert!(told.contains("exit 0") && told.contains("Warning: the address SERVER means"), "{told}");
}

#[test]
fn a_token_that_is_not_there_is_told_without_the_rest_of_the_secret() {
    let scene = Scene::new(|asked, before| match asked.path.split('?').next() {
        Some("/api/v1/namespaces/istio-system/secrets/opaque") => Answer::Json(
            200,
            json!({"metadata": {"name": "opaque", "namespace": "istio-system"}, "type": "Opaque", "data": {"token": "aHVudGVyMg=="}}),
        ),
        _ => answer(asked, before),
    });
    insta::assert_snapshot!(scene.told(&[
        "create-remote-secret",
        "--name",
        "east",
        "-n",
        "istio-system",
        "--secret-name",
        "opaque"
    ]));
}

#[test]
fn a_clean_cluster_is_told_to_people_and_to_machines() {
    let scene = Scene::new(answer);
    let people = scene.told(&["experimental", "precheck"]);
    let machines = scene.told(&["experimental", "precheck", "-o", "json"]);
    insta::assert_snapshot!(format!("{people}\n=====\n{machines}"));
}

#[test]
fn an_upgrade_over_a_gap_of_releases_is_told() {
    let scene = Scene::new(|asked, before| match asked.path.split('?').next() {
        Some("/apis/apps/v1/deployments") => Answer::Json(
            200,
            json!({"metadata": {}, "items": [{"metadata": {"name": "istiod", "namespace": "istio-system", "labels": {"app": "istiod"}},
                "spec": {"template": {"spec": {"containers": [{"name": "discovery", "image": "istio/pilot:1.26.2"}]}}}}]}),
        ),
        _ => answer(asked, before),
    });
    insta::assert_snapshot!(scene.told(&["experimental", "precheck", "--from-version", "1.26.2"]));
}

#[test]
fn a_cluster_that_does_not_answer_is_no_clean_cluster() {
    let told = outcome(&mut bowline(&["experimental", "precheck", "--skip-controlplane"]));
    assert!(told.starts_with("exit 1\n"), "{told}");
    let strict = outcome(&mut bowline(&["experimental", "precheck", "--skip-controlplane", "--compat=strict"]));
    assert!(strict.starts_with("exit 0\n"), "{strict}");
}

/// The files of an archive.
fn files(path: &Path) -> BTreeMap<String, String> {
    let file = std::fs::File::open(path).expect("the archive is there");
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(file));
    let read = |entry: std::io::Result<tar::Entry<'_, _>>| {
        let mut entry = entry.expect("whole");
        let mut text = String::new();
        let _: &mut dyn std::io::Read = &mut entry;
        entry.read_to_string(&mut text).expect("text");
        (entry.path().expect("a path").to_string_lossy().into_owned(), text)
    };
    archive.entries().expect("an archive").map(read).collect()
}

#[test]
fn a_bug_report_holds_everything_but_secrets() {
    let scene = Scene::new(answer);
    let output = scene.folder.path().to_string_lossy().into_owned();
    let told =
        scene.told(&["bug-report", "--skip-netstat", "--skip-coredumps", "--skip-analyze", "--output-dir", &output]);
    assert!(told.starts_with("exit 0\n"), "{told}");
    let files = files(&scene.folder.path().join("bug-report.tar.gz"));
    let all: String = files.values().cloned().collect();
    for secret in [PASSWORD, TOKEN, "ZXlKaGJHY2"] {
        assert!(!all.contains(secret), "{secret} is in the report");
    }
    assert!(files["bug-report/cluster/k8s-resources"].contains("colour: blue"), "what is no secret stays");
    assert!(files["bug-report/proxies/shop/web-1-x/istio-proxy.log"].contains("REDACTED"));
    assert!(files["bug-report/cluster/secrets"].contains("reader-token"), "{}", files["bug-report/cluster/secrets"]);
    assert!(files["bug-report/bug-report.log"].contains("config_dump"), "what is missing is told");
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    insta::assert_snapshot!(names.join("\n"));
    assert!(!scene.folder.path().join("bug-report.tar.gz.partial").exists());
}

#[test]
fn a_dry_run_tells_what_is_selected_and_asks_no_container() {
    let scene = Scene::new(answer);
    insta::assert_snapshot!(scene.told(&["bug-report", "--dry-run", "--include", "shop/web//app=w*"]));
    assert!(scene.server.asked().iter().all(|asked| asked.method == "GET" && !asked.path.contains("/log")));
}

#[test]
fn mistakes_in_a_report_are_told_before_anything_is_asked() {
    let mut text = String::new();
    for words in [
        &["--include", "///foo"][..],
        &["--start-time", "yesterday"],
        &["--start-time", "2026-01-02T00:00:00Z", "--end-time", "2026-01-01T00:00:00Z"],
        &["--output-dir", "/nonexistent"],
    ] {
        let words: Vec<&str> = std::iter::once("bug-report").chain(words.iter().copied()).collect();
        text.push_str(&format!("{}\n{}\n", words.join(" "), outcome(&mut bowline(&words))));
    }
    insta::assert_snapshot!(text);
}

/// What differs from the reference's record when the program is called as it is, and why.
const DELIBERATE: &[&str] = &[
    // Lines with a colon are compared as data: our sentences are our own.
    "precheck-old-k8s stdout",
    "precheck-denied-json stdout",
    "precheck-gwapi-old stdout",
    "precheck-gwapi-old-info stdout",
    "precheck-from-1.20-zipkin stdout",
    "precheck-from-1.21-zipkin stdout",
    "precheck-from-1.21-skipcp stdout",
    "precheck-yaml stdout",
    // A dry run opens no port-forward.
    "bug-report-filter-all writes",
    "bug-report-filter-exclude-ns writes",
    "bug-report-filter-exclude-pod writes",
    "bug-report-filter-exclude-sys writes",
    // A folder that does not exist is told first, not when all is collected.
    "bug-report-run stdout; writes",
    // A revision that is set narrows the removal: this one would have taken every control plane.
    "uninstall-set-rev-unknown stdout; writes",
];

/// What differs when it is called by its own name; `tests/defects.rs` shows how it is done here.
const BETTER: &[&str] = &[
    // A tag named like another revision is asked about; the record has nobody who answers.
    "tag-set-overwrite-rev-name writes",
    // A run holds a lock and keeps a record.
    "uninstall-rev-y writes",
    "uninstall-purge-y writes",
    "uninstall-purge-empty writes",
    "install-first-default writes",
    "install-first-revision writes",
    "install-second-revision writes",
    "install-default-over-revisioned writes",
    "install-revision-tags writes",
    // And the default stays where it was.
    "install-second-revision-no-tag writes",
    // What cannot be removed is no success, and the default tag is minded.
    "uninstall-helm exit 1 want 0; stdout",
    "uninstall-default-y writes",
    "uninstall-set-rev-unknown exit 1 want 0; stdout; writes",
];

#[cfg(unix)]
#[test]
fn recorded_runs_end_as_recorded() {
    let Some(script) = support::shared("tools/replay-operations.py") else { return };
    let has_yaml = Command::new("python3").args(["-c", "import yaml"]).stderr(Stdio::null()).status();
    if !has_yaml.is_ok_and(|status| status.success()) {
        println!("skipped: python3 with PyYAML is not here");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let runs = [
        ("istioctl", "^(precheck|rs-|bug-report|tag|uninstall|install|upgrade)", DELIBERATE),
        ("bowline", "^(tag|uninstall|install|upgrade)", BETTER),
    ];
    let started = runs.map(|(name, cases, known)| {
        let program = folder.path().join(name);
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_bowline"), &program).expect("linked");
        let mut replay = Command::new("python3");
        replay.arg(&script).arg("--facts").arg(&program).arg(cases).stdout(Stdio::piped());
        (name, known, replay.spawn().expect("runs"))
    });
    for (name, known, replay) in started {
        let told = String::from_utf8_lossy(&replay.wait_with_output().expect("ends").stdout).into_owned();
        assert!(told.contains(" cases, "), "{told}");
        let differ: Vec<&str> =
            told.lines().filter(|line| !line.contains(" cases, ") && !known.contains(line)).collect();
        assert_eq!(differ, [""; 0], "as {name}");
    }
}
