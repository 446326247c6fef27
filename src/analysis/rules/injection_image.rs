//! Sidecars of another image than the one injected now.
//!
//! # IST0158 PodsIstioProxyImageMismatchInNamespace
//! ## What it does
//! Compares the image of running sidecars with the one in the injector's configuration.
//! ## Why is this bad?
//! After an upgrade these pods still run the old proxy, with its bugs and without new features.
//! ## Example
//! Pods with `proxyv2:1.29.0` in a namespace whose injector hands out `proxyv2:1.30.3`.
//! ## Use instead
//! Restart the workloads: `kubectl rollout restart deployment -n NAMESPACE`.

use std::collections::{BTreeMap, HashMap};

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::IST0158;
use crate::analysis::kind::Kind;
use crate::analysis::labels::is_subset;
use crate::analysis::snapshot::{Resource, Snapshot};
use crate::analysis::view::View;
use crate::analysis::workloads::Workload;

pub static RULE: Rule = Rule {
    name: "injection.ImageAnalyzer",
    description: "Sidecars run the image that is injected now",
    inputs: &[Kind::Namespace, Kind::Pod, Kind::ConfigMap, Kind::MeshConfig, Kind::ProxyConfig],
    more: &[],
    codes: &[&IST0158],
    check,
    set: Set::Reference,
};

const CONFIG: &str = "istio-sidecar-injector";

/// The name of the injector's ConfigMap for a revision.
pub(super) fn injector_config(revision: &str) -> String {
    if revision.is_empty() || revision == "default" { CONFIG.to_string() } else { format!("{CONFIG}-{revision}") }
}

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let images: HashMap<&str, String> = snapshot
        .all(Kind::ConfigMap)
        .filter(|config| config.name.starts_with(CONFIG))
        .map(|config| (config.name, injected_image(&config)))
        .collect();
    if images.is_empty() {
        return;
    }
    let mut revisions: HashMap<&str, &str> = HashMap::new();
    for namespace in snapshot.all(Kind::Namespace) {
        let revision = namespace.labels().key("istio.io/rev");
        if revision.is_set() {
            revisions.insert(namespace.name, revision.str());
        } else if namespace.label("istio-injection") == "enabled" {
            revisions.insert(namespace.name, "default");
        }
    }
    let mut mismatches: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for pod in snapshot.pods().iter() {
        let Some(revision) = revisions.get(pod.namespace) else { continue };
        let Some(expected) = images.get(injector_config(revision).as_str()) else { continue };
        let chosen = pod.annotation("sidecar.istio.io/proxyImage").is_some_and(|image| !image.is_empty());
        if chosen || (!check.reference() && pod.is_finished(snapshot)) {
            continue;
        }
        let variant = format!("{expected}-{}", variant(snapshot, pod));
        for container in pod.containers().chain(pod.init_containers()).filter(|c| c.key("name").str() == "istio-proxy")
        {
            let image = container.key("image").str();
            if image != expected && image != variant {
                mismatches.entry(pod.namespace).or_default().push(pod.name.to_string());
            }
        }
    }
    for (name, mut pods) in mismatches {
        let Some(namespace) = snapshot.find(Kind::Namespace, "", name) else { continue };
        pods.sort_unstable();
        if !check.reference() {
            pods.dedup();
        }
        check.report(&IST0158, &namespace, View::NONE, params! { podNames: pods });
    }
}

/// The image that the injector's values make, or nothing if they cannot be read.
fn injected_image(config: &Resource<'_>) -> String {
    let values: serde_json::Value = match serde_json::from_str(config.root.key("data").key("values").str()) {
        Ok(values) => values,
        Err(_) => return String::new(),
    };
    let text = |pointer: &str| match values.pointer(pointer) {
        Some(serde_json::Value::String(text)) => text.clone(),
        Some(serde_json::Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    let image = text("/global/proxy/image");
    if image.contains('/') { image } else { format!("{}/{image}:{}", text("/global/hub"), text("/global/tag")) }
}

/// The image variant of a pod; later sources win.
fn variant(snapshot: &Snapshot<'_>, pod: &Workload<'_>) -> String {
    let root = snapshot.mesh_config.root_namespace();
    let mut variant = snapshot.mesh_config.default_config().get("image").get("imageType").str().to_string();
    let mut take = |text: &str| {
        if !text.is_empty() {
            variant = text.to_string();
        }
    };
    let configs: Vec<_> = snapshot.all(Kind::ProxyConfig).collect();
    let image_type = |config: &Resource<'_>| config.spec().get("image").get("imageType").str().to_string();
    for config in configs.iter().filter(|config| config.namespace == root) {
        take(&image_type(config));
    }
    for config in
        configs.iter().filter(|config| config.namespace == pod.namespace && !config.spec().get("selector").is_set())
    {
        take(&image_type(config));
    }
    let reference = snapshot.is_reference();
    for config in configs.iter().filter(|config| config.spec().get("selector").is_set()) {
        let near =
            if reference { config.full_name().starts_with(pod.namespace) } else { config.namespace == pod.namespace };
        if near && is_subset(config.spec().get("selector").get("matchLabels"), pod.metadata.key("labels")) {
            take(&image_type(config));
        }
    }
    if let Some(Ok(config)) = pod.annotation("proxy.istio.io/config").map(crate::yaml::from_str) {
        take(config.pointer("/image/imageType").and_then(|value| value.as_str()).unwrap_or(""));
    }
    if variant == "default" { String::new() } else { variant }
}
