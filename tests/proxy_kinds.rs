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
const REQUESTS: [&str; 8] = [
    "http://a:80/x",
    "http://a:80/r",
    "http://a:80/d",
    "http://a:80/g",
    "http://a:80/other",
    "http://t:80/",
    "http://10.0.0.3:80/",
    "tcp://10.0.0.1:9000",
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
        let ip = request.split("//").nth(1).and_then(|rest| rest.split(':').next()).filter(|host| host.len() > 1);
        let mut words = vec!["proxy-config", "explain", "--file", DUMP, request];
        if let Some(ip) = ip {
            words.extend(["--ip", ip]);
        }
        all.push_str(&format!("$ explain {request}\n{}\n", shown(&words)));
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
