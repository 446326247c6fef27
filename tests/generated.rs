//! Files that are made from the code are kept equal to it. `BLESS=1 cargo test --test generated` rewrites them.

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

fn manifest(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn keep_current(path: &str, expected: &str) {
    let file = manifest(path);
    if std::env::var_os("BLESS").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, expected).unwrap();
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(found == expected, "{path} is not what the code makes; run BLESS=1 cargo test --test generated");
}

#[test]
fn crd_file_is_current() {
    keep_current("profiles/charts/base/files/crd-all.gen.yaml", &bowline::api::crd::file());
}

/// The CRDs have the structure of the published ones: everything but descriptions and messages.
#[test]
fn crds_have_the_published_structure() {
    let Some(folder) = support::shared("goldens/crds") else { return };
    let mut wrong = Vec::new();
    for ours in bowline::api::crd::all() {
        let name = ours["metadata"]["name"].as_str().unwrap().to_owned();
        let text = fs::read_to_string(folder.join(format!("{name}.yaml"))).unwrap();
        let published: Value = bowline::yaml::from_str(&text).unwrap();
        for part in ["spec", "metadata"] {
            difference(&bare(&ours[part]), &bare(&published[part]), &format!("{name} {part}"), &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn bare(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(key, value)| !(matches!(key.as_str(), "description" | "message") && value.is_string()))
            .map(|(key, value)| (key.clone(), bare(value)))
            .collect(),
        Value::Array(items) => items.iter().map(bare).collect(),
        other => other.clone(),
    }
}

fn difference(ours: &Value, published: &Value, path: &str, wrong: &mut Vec<String>) {
    match (ours, published) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().filter(|key| !b.contains_key(*key)) {
                wrong.push(format!("{path}.{key}: only ours"));
            }
            for (key, value) in b {
                match a.get(key) {
                    Some(ours) => difference(ours, value, &format!("{path}.{key}"), wrong),
                    None => wrong.push(format!("{path}.{key}: only published")),
                }
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (at, (ours, published)) in a.iter().zip(b).enumerate() {
                difference(ours, published, &format!("{path}[{at}]"), wrong);
            }
        }
        _ if ours != published => wrong.push(format!("{path}: {ours} is not {published}")),
        _ => {}
    }
}
