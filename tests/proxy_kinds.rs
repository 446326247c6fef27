//! A dump with every kind of listener, cluster, route, endpoint and secret that Envoys from 1.20 to 1.40 write, and some that no
//! Envoy writes yet: what each view says of it.

mod support;

use support::bowline;

const DUMP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/dumps/many_kinds.json");
const HOSTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/dumps/many_hosts.json");

/// The views and the file each reads.
const VIEWS: [(&str, &str); 18] = [
    ("cluster", DUMP),
    ("cluster --wide", DUMP),
    ("listener", DUMP),
    ("listener --verbose=false", DUMP),
    ("listener --wide", DUMP),
    ("listener --waypoint", DUMP),
    ("route", DUMP),
    ("route --verbose=false", DUMP),
    ("route --wide", DUMP),
    ("eds", DUMP),
    ("endpoint", HOSTS),
    ("endpoint --wide", HOSTS),
    ("endpoint --cluster empty", HOSTS),
    ("bootstrap -o short", DUMP),
    ("secret", DUMP),
    ("secret --wide", DUMP),
    ("ecds", DUMP),
    ("all --with-headers --port 80", DUMP),
];

/// Requests that meet something out of the ordinary.
const REQUESTS: [&[&str]; 19] = [
    &["http://a:80/x", "-H", "end-user: jason", "-H", "old: v"],
    &["http://a:80/x?q=1", "-H", "end-user: jason", "-H", "old: v"],
    &["http://a:80/r"],
    &["http://a:80/d"],
    &["http://a:80/u"],
    &["http://a:80/p"],
    &["http://a:80/a/1"],
    &["http://a:80/g", "-H", "content-type: application/grpc"],
    &["http://a:80/n"],
    &["http://a:80/other"],
    &["http://t:80/"],
    &["http://agg:80/"],
    &["http://agg:80/dfp"],
    &["http://nohost:80/"],
    &["http://s:80/", "--ip", "10.0.0.3"],
    &["tcp://10.0.0.1:9000"],
    &["tcp://mongo:27017"],
    &["tcp://10.0.0.2:27017"],
    &["https://a.example.com:443/"],
];

fn shown(words: &[&str]) -> String {
    let output = bowline(words).output().expect("the binary starts");
    let text = String::from_utf8_lossy(&output.stdout);
    format!("exit {}\n{text}", output.status.code().unwrap_or(-1))
}

#[test]
fn every_view_has_something_to_say_of_every_kind() {
    let mut all = String::new();
    for (view, file) in VIEWS {
        let words: Vec<&str> = ["proxy-config"].into_iter().chain(view.split(' ')).chain(["--file", file]).collect();
        all.push_str(&format!("$ {view}\n{}\n", shown(&words)));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn explain_says_where_it_does_not_follow() {
    let mut all = String::new();
    for request in REQUESTS {
        let words = [&["proxy-config", "explain", "--file", DUMP], request].concat();
        all.push_str(&format!("$ explain {}\n{}\n", request.join(" "), shown(&words)));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn json_and_yaml_say_the_same() {
    for view in ["cluster", "listener", "route", "eds", "bootstrap", "secret", "ecds"] {
        let json = bowline(&["proxy-config", view, "--file", DUMP, "-o", "json"]).output().expect("the binary starts");
        let yaml = bowline(&["proxy-config", view, "--file", DUMP, "-o", "yaml"]).output().expect("the binary starts");
        let json: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
        let yaml = bowline::yaml::from_str(&String::from_utf8_lossy(&yaml.stdout)).expect("YAML");
        assert_eq!(json, yaml, "{view}");
    }
}

#[test]
fn a_filter_between_slashes_is_plain_text_for_who_wants_the_reference() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let cluster = |name: &str| serde_json::json!({"cluster": {"name": name, "type": "EDS"}});
    let dump = serde_json::json!({"configs": [{"@type": "type.googleapis.com/envoy.admin.v3.ClustersConfigDump",
        "static_clusters": [cluster("a/b/c"), cluster("b")]}]});
    std::fs::write(file.path(), dump.to_string()).expect("written");
    let path = file.path().to_string_lossy();
    let heading = "SERVICE FQDN     PORT     SUBSET     DIRECTION     TYPE     DESTINATION RULE\n";
    let row = |name: &str| format!("{name:<17}-        -          -             EDS      \n");
    for (compat, rows) in [("off", row("a/b/c") + &row("b")), ("rules", row("a/b/c")), ("strict", row("a/b/c"))] {
        let mode = format!("--compat={compat}");
        let words = [&*mode, "proxy-config", "cluster", "--fqdn", "/b/", "--file", &*path];
        assert_eq!(shown(&words), format!("exit 0\n{heading}{rows}"), "{compat}");
    }
}
