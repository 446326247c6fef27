//! What the reference gets wrong with tags, installs, uninstalls and checks, and the test that shows how it is done here.
//! The tests of this file run against a server in memory.

mod support;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use bowline::yaml;
use serde_json::{Value, json};
use support::api::{Api, Manner, SOUND};
use support::{bowline, shared};

/// (what the reference does, recorded cases that show it, the test of our behaviour)
const DEFECTS: &[(&str, &[&str], &str)] = &[
    (
        "tag of a revision that has a Service and no webhook: crash",
        &[],
        "tags_that_cannot_be_made_are_told_before_anything_is_written",
    ),
    (
        "tag set: a tag named like another revision is no conflict",
        &["tag-set-overwrite-rev-name"],
        "tags_that_cannot_be_made_are_told_before_anything_is_written",
    ),
    (
        "tag set default: the plain webhook is put to rest before the tag is there",
        &["tag-set-default", "tag-set-default-noconfirm"],
        "recorded_runs_write_what_the_reference_wrote",
    ),
    (
        "tag remove default: the validator stays, nobody is told that injection is off",
        &[],
        "removing_the_default_tag_takes_its_validator_along_and_names_who_depends_on_it",
    ),
    (
        "tag list of nothing is no JSON, and an unknown format of nothing is no mistake",
        &["tag-list-empty-json"],
        "a_list_without_tags_is_what_the_format_says",
    ),
    (
        "uninstall --set revision=X removes every control plane",
        &["uninstall-set-rev-unknown", "uninstall-set-rev"],
        "an_uninstall_of_a_revision_that_is_set_touches_no_other",
    ),
    (
        "uninstall of what Helm installed does nothing and reports success",
        &["uninstall-helm"],
        "what_another_tool_installed_is_named_and_left_alone",
    ),
    (
        "uninstall of the revision that the default tag points to leaves nobody injecting",
        &["uninstall-default-y"],
        "recorded_runs_write_what_the_reference_wrote",
    ),
    (
        "uninstall --purge does not say how many objects of users go with the CRDs",
        &["uninstall-purge-y"],
        "a_mesh_that_is_saved_purged_installed_and_restored_is_as_it_was",
    ),
    (
        "uninstall ends before anything is gone",
        &["uninstall-rev-y"],
        "what_holds_a_removed_object_is_waited_for_and_named",
    ),
    (
        "uninstall leaves admission policies, quotas and network policies",
        &[],
        "every_profile_leaves_the_objects_of_manifest_generate_and_a_second_run_changes_nothing",
    ),
    (
        "a revisioned install takes the default from an installation without a tag",
        &["install-second-revision-no-tag"],
        "a_canary_beside_an_installation_without_a_default_tag_leaves_the_default_where_it_is",
    ),
    (
        "a revisioned install rewrites gateways and node agents that all share",
        &[],
        "a_canary_leaves_gateways_and_node_agents_alone",
    ),
    (
        "a revisioned install marks what all share with its own revision",
        &["install-second-revision"],
        "recorded_runs_write_what_the_reference_wrote",
    ),
    ("namespaces of components are not made", &[], "namespaces_of_components_are_made"),
    ("a component starts although the one it needs failed", &[], "recorded_runs_write_what_the_reference_wrote"),
    ("what an older version left is never pruned", &[], "recorded_runs_write_what_the_reference_wrote"),
    ("a dry run says that all was installed", &["upgrade-dry"], "recorded_runs_write_what_the_reference_wrote"),
    (
        "nothing is known of what was installed with which settings",
        &[],
        "an_upgrade_that_forgets_a_setting_of_the_last_run_says_so",
    ),
    ("releases are compared as text", &[], "versions_are_compared_as_numbers_both_ways"),
    ("a DaemonSet without a node is never ready", &[], "a_daemon_set_without_nodes_is_ready"),
    ("a control plane older than the one that runs puts its CRDs back", &[], "newer_shared_objects_are_recognised"),
    ("precheck prints no JSON when it finds nothing", &[], "a_clean_cluster_is_told_to_people_and_to_machines"),
    ("precheck of a cluster that does not answer ends well", &[], "a_cluster_that_does_not_answer_is_no_clean_cluster"),
    ("precheck does not know how far releases may be apart", &[], "an_upgrade_over_a_gap_of_releases_is_told"),
];

#[test]
fn every_defect_has_its_test() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = String::new();
    read_all(&root.join("tests"), &mut sources);
    read_all(&root.join("src"), &mut sources);
    for (defect, _, test) in DEFECTS {
        assert!(
            sources.contains(&format!("#[test]\nfn {test}()")) || sources.contains(&format!("    fn {test}()")),
            "{defect}: {test}"
        );
    }
    let Some(path) = shared("goldens/operations/cases.json") else { return };
    let cases: Value = serde_json::from_slice(&std::fs::read(path).expect("readable")).expect("JSON");
    let names: Vec<&str> =
        cases["cases"].as_array().expect("cases").iter().filter_map(|case| case["name"].as_str()).collect();
    for name in DEFECTS.iter().flat_map(|(_, cases, _)| *cases) {
        assert!(names.contains(name), "{name}");
    }
}

fn read_all(folder: &std::path::Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            read_all(&path, text);
        } else if path.extension().is_some_and(|end| end == "rs") {
            text.push_str(&std::fs::read_to_string(path).expect("text"));
        }
    }
}

const INSTALL: [&str; 3] = ["install", "-y", "--set=profile=minimal"];

/// A server with the unnamed revision and the canary.
fn two_revisions(more: &[Value]) -> Api {
    let api = Api::start(SOUND, more);
    succeeds(&api, &INSTALL);
    succeeds(&api, &[&INSTALL[..], &["--revision=canary"]].concat());
    api
}

fn namespace(name: &str, labels: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
}

fn ran(api: &Api, words: &[&str], answer: &str) -> Output {
    let mut command = bowline(words);
    command.env("KUBECONFIG", api.kubeconfig());
    with_answer(&mut command, answer)
}

fn with_answer(command: &mut Command, answer: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the built binary starts");
    // One that does not ask does not read.
    let _ = child.stdin.take().expect("piped").write_all(answer.as_bytes());
    child.wait_with_output().expect("it ends")
}

fn texts(output: &Output) -> (String, String) {
    (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[track_caller]
fn succeeds(api: &Api, words: &[&str]) -> (String, String) {
    let output = ran(api, words, "");
    let texts = texts(&output);
    assert_eq!(output.status.code(), Some(0), "{words:?}: {texts:?}");
    texts
}

/// What is told by a command that fails and writes nothing.
#[track_caller]
fn refused(api: &Api, words: &[&str]) -> String {
    let before = api.writes().len();
    let output = ran(api, words, "");
    let (_, err) = texts(&output);
    assert_eq!(output.status.code(), Some(1), "{words:?}: {err}");
    assert_eq!(api.writes().len(), before, "{words:?} wrote something");
    err
}

/// `METHOD name` of the writes since then.
fn since(api: &Api, before: usize) -> Vec<String> {
    let name = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    api.writes()[before..].iter().map(|write| format!("{} {}", write.method, name(&write.path))).collect()
}

#[test]
fn tags_that_cannot_be_made_are_told_before_anything_is_written() {
    let only_a_service = json!({
        "apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "istiod-bare", "namespace": "istio-system", "labels": {"app": "istiod", "istio.io/rev": "bare"}},
    });
    let api = two_revisions(&[only_a_service]);
    let told = refused(&api, &["tag", "set", "x", "--revision=bare"]);
    assert!(told.contains("cannot find MutatingWebhookConfiguration with revision \"bare\""), "{told}");

    let before = api.writes().len();
    let output = ran(&api, &["tag", "set", "canary", "--revision=default", "--overwrite"], "n\n");
    let (_, err) = texts(&output);
    assert!(err.contains("IST0139") && err.contains("istio-sidecar-injector-canary"), "{err}");
    assert_eq!(since(&api, before), Vec::<String>::new(), "no was said");
}

#[test]
fn removing_the_default_tag_takes_its_validator_along_and_names_who_depends_on_it() {
    let api = two_revisions(&[namespace("shop", json!({"istio-injection": "enabled"}))]);
    let before = api.writes().len();
    let (out, _) = texts(&ran(&api, &["tag", "remove", "default"], "n\n"));
    assert!(out.contains("1 namespace(s) still injected by tag \"default\": shop"), "{out}");
    assert_eq!(since(&api, before), Vec::<String>::new());
    let (_, err) = succeeds(&api, &["tag", "remove", "default", "-y"]);
    assert!(err.contains("`tag set default --revision default` lets it again"), "{err}");
    assert_eq!(
        since(&api, before),
        ["DELETE istio-revision-tag-default", "DELETE istiod-revision-tag-default", "DELETE istiod-default-validator"]
    );
}

#[test]
fn a_list_without_tags_is_what_the_format_says() {
    let api = Api::start(SOUND, &[]);
    assert_eq!(succeeds(&api, &["tag", "list", "-o", "json"]).0, "[]\n");
    assert!(refused(&api, &["tag", "list", "-o", "xml"]).contains("unknown format: xml"));
}

#[test]
fn an_uninstall_of_a_revision_that_is_set_touches_no_other() {
    let api = two_revisions(&[]);
    let told = refused(&api, &["uninstall", "--set", "revision=zzz", "-y"]);
    assert!(told.contains("could not find target revision"), "{told}");
    // By its other name the program ends as the reference does, and removes nothing all the same.
    let before = api.writes().len();
    succeeds(&api, &["uninstall", "--set", "revision=zzz", "-y", "--compat"]);
    assert_eq!(since(&api, before), Vec::<String>::new());
    succeeds(&api, &["uninstall", "--set", "revision=canary", "-y"]);
    let removed: Vec<String> = since(&api, before).into_iter().filter(|write| write.starts_with("DELETE ")).collect();
    assert!(removed.len() > 15, "{removed:?}");
    assert!(removed.iter().all(|write| write.contains("canary")), "{removed:?}");
}

#[test]
fn what_another_tool_installed_is_named_and_left_alone() {
    let istiod = json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {
            "name": "istiod", "namespace": "istio-system", "labels": {"app": "istiod", "istio.io/rev": "default"},
            "annotations": {"meta.helm.sh/release-name": "istiod"},
        },
        "spec": {"replicas": 1},
    });
    let api = Api::start(SOUND, &[namespace("istio-system", json!({})), istiod]);
    let told = refused(&api, &["uninstall", "--revision=default", "-y"]);
    assert!(told.contains("Deployment/istio-system/istiod belongs to Helm release istiod"), "{told}");
    let told = refused(&api, &INSTALL);
    assert!(told.contains("managed by Helm release istiod") && told.contains("--take-over"), "{told}");
    succeeds(&api, &[&INSTALL[..], &["--take-over"]].concat());
}

#[test]
fn a_canary_beside_an_installation_without_a_default_tag_leaves_the_default_where_it_is() {
    let rendered =
        bowline(&["manifest", "generate", "--set=profile=minimal"]).output().expect("the built binary starts");
    let documents = yaml::parse_stream(std::str::from_utf8(&rendered.stdout).expect("text")).into_iter();
    let objects: Vec<Value> = documents
        .map(|document| document.expect("YAML").to_value())
        .filter(|object| object["kind"].is_string())
        .collect();
    let api = Api::start(SOUND, &[&objects[..], &[namespace("istio-system", json!({}))]].concat());
    succeeds(&api, &[&INSTALL[..], &["--revision=canary"]].concat());
    let touched = ["istio-revision-tag-default", "istiod-default-validator", "istio-sidecar-injector"];
    let writes = since(&api, 0);
    assert!(writes.contains(&"PATCH istio-sidecar-injector-canary".to_owned()), "{writes:?}");
    let wrong: Vec<&String> =
        writes.iter().filter(|write| touched.iter().any(|name| write.ends_with(&format!(" {name}")))).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn namespaces_of_components_are_made() {
    let api = Api::start(SOUND, &[]);
    let own = ["--set=components.cni.enabled=true", "--set=components.cni.namespace=node-agents"];
    succeeds(&api, &[&INSTALL[..], &own].concat());
    let writes = api.writes();
    let made = writes.iter().filter(|write| write.method == "POST" && write.path == "/api/v1/namespaces");
    let names: Vec<&str> = made.filter_map(|write| write.body["metadata"]["name"].as_str()).collect();
    assert_eq!(names, ["istio-system", "node-agents"]);
}

#[test]
fn an_upgrade_that_forgets_a_setting_of_the_last_run_says_so() {
    let api = Api::start(SOUND, &[]);
    succeeds(&api, &[&INSTALL[..], &["--set=values.global.proxy.logLevel=debug"]].concat());
    let (_, err) = succeeds(&api, &["upgrade", "-y", "--set=profile=minimal"]);
    let told = "had settings that are not given now and are taken back: values.global";
    assert!(err.contains(told), "{err}");
    let (_, err) = succeeds(&api, &["upgrade", "-y", "--set=profile=minimal"]);
    assert!(!err.contains("taken back"), "{err}");
}

#[test]
fn not_installed_unreachable_and_forbidden_are_told_apart() {
    let nothing = Api::start(SOUND, &[]);
    let closed = Api::start(Manner { forbidden: true, ..SOUND }, &[]);
    let commands: [(&[&str], &str); 4] = [
        (&["verify-install"], "no Istio installation found"),
        (&["tag", "set", "x", "--revision=default"], "no revision is installed in istio-system"),
        (&["uninstall", "--revision=default", "-y"], "could not find target revision"),
        (&["revision", "describe", "default"], "no control plane is installed"),
    ];
    for (words, not_installed) in commands {
        let told = refused(&nothing, words);
        assert!(told.contains(not_installed), "{words:?}: {told}");

        let output = bowline(words).env("KUBECONFIG", "/nonexistent").output().expect("the built binary starts");
        let (_, told) = texts(&output);
        assert_eq!(output.status.code(), Some(1), "{words:?}: {told}");
        assert!(told.contains("cannot reach the API server at http://localhost:8080: "), "{words:?}: {told}");
        assert!(told.contains("hint: is the cluster running, and is this the right --context?"), "{words:?}: {told}");

        let told = refused(&closed, words);
        assert!(told.contains("forbidden: User \"nobody\""), "{words:?}: {told}");
        assert!(told.contains("hint: this account lacks the permission"), "{words:?}: {told}");
    }
}

#[test]
fn progress_is_told_to_terminals_files_and_programs() {
    let api = Api::start(SOUND, &[]);
    let (out, err) = succeeds(&api, &[&INSTALL[..], &["--progress=json"]].concat());
    assert_eq!(out, "", "progress goes to standard error");
    let events: Vec<Value> =
        err.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect();
    let names: Vec<&str> = events.iter().filter_map(|event| event["event"].as_str()).collect();
    assert_eq!(names, ["applying", "ready", "applying", "ready", "pruning", "done"]);

    let (_, err) = succeeds(&api, &["uninstall", "-y", "--purge", "--progress=json"]);
    let events: Vec<Value> =
        err.lines().map(|line| serde_json::from_str(line).expect("a JSON object a line")).collect();
    let (last, before) = events.split_last().expect("events");
    assert_eq!(last["event"], "done");
    assert!(before.len() > 10 && before.iter().all(|event| event["event"] == "removed"), "{err}");

    let (_, err) = succeeds(&Api::start(SOUND, &[]), &INSTALL);
    assert_eq!(
        err,
        "- Processing resources for Istio core.\n✔ Istio core installed ⛵️\n- Processing resources for Istiod.\n\
         ✔ Istiod installed 🧠\n- Pruning removed resources\n✔ Installation complete\n"
    );

    let line = format!("{} {}", env!("CARGO_BIN_EXE_bowline"), INSTALL.join(" "));
    let terminal = Command::new("script")
        .args(["-qec", &line, "/dev/null"])
        .env("KUBECONFIG", Api::start(SOUND, &[]).kubeconfig_kept())
        .output();
    let Ok(terminal) = terminal else {
        eprintln!("skipped: no `script` to give a terminal");
        return;
    };
    let (out, _) = texts(&terminal);
    assert!(out.contains("\u{1b}[") && out.contains("✔ Installation complete"), "{out}");
}
