//! Facts about the files below `profiles/` that no single file shows.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn charts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles/charts")
}

/// The files of one folder, by name.
fn read(folder: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(folder) else { return BTreeMap::new() };
    entries
        .map(|entry| entry.expect("entry").path())
        .filter(|path| path.is_file())
        .map(|path| {
            (
                path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
                fs::read_to_string(&path).expect("text"),
            )
        })
        .collect()
}

/// Every folder with a `Chart.yaml`.
fn chart_folders(below: &Path, found: &mut Vec<PathBuf>) {
    if below.join("Chart.yaml").is_file() {
        return found.push(below.to_path_buf());
    }
    for entry in fs::read_dir(below).expect("folder") {
        let path = entry.expect("entry").path();
        if path.is_dir() {
            chart_folders(&path, found);
        }
    }
}

/// The layers a chart can load for profiles, platforms and older releases.
fn layers(chart: &Path) -> BTreeMap<String, String> {
    read(&chart.join("files")).into_iter().filter(|(name, _)| name.starts_with("profile-")).collect()
}

#[test]
fn every_chart_with_layers_has_the_same_ones() {
    let mut folders = Vec::new();
    chart_folders(&charts(), &mut folders);
    let expected = layers(&charts().join("gateway"));
    assert_eq!(expected.len(), 16);
    for folder in folders {
        assert!(layers(&folder) == expected, "{} differs from the chart gateway", folder.display());
    }
}

#[test]
fn the_two_gateway_charts_differ_only_in_what_they_say_they_do() {
    let [mut ingress, mut egress] =
        ["istio-ingress", "istio-egress"].map(|name| read(&charts().join("gateways").join(name).join("templates")));
    assert!(ingress.remove("_this.tpl").is_some());
    assert!(egress.remove("_this.tpl").is_some());
    assert_eq!(ingress, egress);
}
