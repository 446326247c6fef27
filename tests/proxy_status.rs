//! `proxy-status` against recorded answers: the tables of a mesh, and the diffs of one proxy.

use std::path::{Path, PathBuf};

use bowline::envoy::decode::Decoder;
use bowline::envoy::text;
use bowline::envoy::value::Value;
use bowline::inspect::{proxy_status, sync_diff};

/// The folder with the recordings, or nothing (with a line that says so).
fn goldens() -> Option<PathBuf> {
    let shared = std::env::var_os("BOWLINE_SHARED").map(PathBuf::from);
    let shared = shared.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"));
    let folder = shared.join("goldens/proxy");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no recordings at {}", folder.display());
    None
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn status_tables_and_texts_are_those_of_the_reference() {
    let Some(folder) = goldens() else { return };
    let mut checked = 0;
    for entry in std::fs::read_dir(folder.join("status")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
        let Some((case, flags)) = name.strip_suffix(".txt").and_then(|name| name.split_once('.')) else { continue };
        let flag = |key: &str| {
            flags.split('.').find_map(|part| part.strip_prefix(key)?.strip_prefix('=')).expect("the flag").to_owned()
        };
        let input = read(&folder.join("status").join(format!("{case}.in.json")));
        let responses: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(&input).expect("JSON");
        let texts: Vec<String> = responses.values().map(ToString::to_string).collect();
        let values: Vec<Value> = texts
            .iter()
            .map(|text| {
                let json = serde_json::from_str(text).expect("JSON");
                let response = Decoder::default().message(json, "envoy.service.discovery.v3.DiscoveryResponse");
                proxy_status::in_namespace(response.expect("a response"), &flag("ns"))
            })
            .collect();
        let proxies = || values.iter().flat_map(proxy_status::proxies).collect();
        let now = jiff::Timestamp::now().as_second();
        let ours = match (flag("o").as_str(), flag("v").as_str()) {
            ("table", "0") => proxy_status::summary(proxies()),
            ("table", _) => proxy_status::detail(proxies(), now),
            ("json", _) => values.iter().map(|value| text::single(value) + "\n").collect(),
            ("yaml", _) => values.iter().map(|value| bowline::yaml::to_string(&value.to_tree()) + "\n").collect(),
            _ => continue,
        };
        assert_eq!(ours, String::from_utf8(read(&path)).expect("UTF-8"), "{name}");
        checked += 1;
    }
    assert!(checked >= 18, "only {checked} cases");
}

#[test]
fn diffs_are_those_of_the_reference() {
    let Some(folder) = goldens() else { return };
    let mut checked = 0;
    for entry in std::fs::read_dir(folder.join("diff")).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let pair: serde_json::Value = serde_json::from_slice(&read(&path)).expect("JSON");
        let dump = |side: &str| read(&folder.join(pair[side].as_str().expect("a path")));
        let (mut ours, error) = sync_diff::report(&dump("istiod"), &dump("envoy"), &jiff::tz::TimeZone::UTC);
        if let Some(error) = error {
            ours.push_str(&format!("ERROR {error}\n"));
        }
        let wanted = String::from_utf8(read(&path.with_extension("txt"))).expect("UTF-8");
        for (line, (ours, wanted)) in ours.lines().zip(wanted.lines()).enumerate() {
            assert_eq!(ours, wanted, "{} line {}", path.display(), line + 1);
        }
        assert_eq!(ours.trim_end(), wanted.trim_end(), "{}", path.display());
        checked += 1;
    }
    assert_eq!(checked, 8);
}
