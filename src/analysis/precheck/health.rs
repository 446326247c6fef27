//! The mesh that is there: are its releases near enough, do its webhooks answer, does one injector answer for each pod?

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Facts, Minor, finding, origin};
use crate::analysis::check::params;
use crate::analysis::codes::{BOW0101, BOW0102, BOW0103, Code, IST0139, Level};
use crate::analysis::finding::Finding;
use crate::cluster::{name_of, object_namespace};
use crate::install::revisions::injectors;
use crate::install::revisions::labels::label;

/// How many releases a control plane may be ahead of what it replaces or serves.
const IN_PLACE: Minor = 1;
/// With a revision of its own, since every proxy keeps its control plane until it is restarted.
const WITH_REVISION: Minor = 2;

/// The release in a version or an image's tag, such as `1.29` in `1.29.3-distroless`.
fn release(text: &str) -> Option<Minor> {
    let mut numbers = text.trim_start_matches('v').split(['.', '-']);
    if numbers.next()? != "1" {
        return None;
    }
    numbers.next()?.parse().ok()
}

/// The tag of a container's image.
fn tag(container: &Value) -> Option<&str> {
    let image = container["image"].as_str()?.split('@').next()?;
    image.rsplit('/').next()?.split_once(':').map(|(_, tag)| tag)
}

/// Control planes and proxies too old for release `target`, or newer than it.
pub fn skew(facts: &Facts, target: Minor, with_revision: bool) -> Vec<Finding> {
    let allowed = if with_revision { WITH_REVISION } else { IN_PLACE };
    let oldest = target.saturating_sub(allowed);
    let mut found = Vec::new();
    let mut judge = |origin: String, what: String, version: Minor| {
        let how = if with_revision || version + WITH_REVISION < target {
            ""
        } else {
            "; with a revision of its own it would do"
        };
        let code: &Code = if version > target { &BOW0103 } else { &BOW0101 };
        if version < oldest || version > target {
            let params = params! {
                what: what, version: format!("1.{version}"), target: format!("1.{target}"),
                oldest: format!("1.{oldest}"), how: how
            };
            found.push(finding(code, origin, params));
        }
    };
    for istiod in facts.all("Deployment").iter().filter(|one| label(one, "app") == Some("istiod")) {
        let containers = istiod["spec"]["template"]["spec"]["containers"].as_array().into_iter().flatten();
        if let Some(version) = containers.filter_map(tag).find_map(release) {
            judge(origin(istiod), "The control plane is of release".to_owned(), version);
        }
    }
    let mut proxies: BTreeMap<(&str, Minor), usize> = BTreeMap::new();
    for pod in facts.all("Pod") {
        let lists = ["containers", "initContainers"].iter().flat_map(|list| pod["spec"][list].as_array()).flatten();
        let mut proxy = lists.filter(|container| container["name"] == "istio-proxy");
        if let Some(version) = proxy.next().and_then(tag).and_then(release) {
            *proxies.entry((object_namespace(pod).unwrap_or_default(), version)).or_default() += 1;
        }
    }
    for ((namespace, version), count) in proxies {
        judge(format!("Namespace {namespace}"), format!("{count} proxies are of release"), version);
    }
    found
}

/// Webhooks of Istio that nobody answers.
pub fn webhooks(facts: &Facts) -> Vec<Finding> {
    let kinds = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"];
    let all = kinds.iter().flat_map(|kind| facts.all(kind));
    let mut found = Vec::new();
    for configuration in all.filter(|one| label(one, injectors::REVISION).is_some()) {
        // Entries of one configuration share their Service; the first problem of each kind is enough.
        let mut told: Vec<String> = Vec::new();
        for entry in configuration["webhooks"].as_array().into_iter().flatten() {
            if entry["namespaceSelector"]["matchLabels"]["istio.io/deactivated"] == "never-match" {
                continue;
            }
            let Some(problem) = problem(facts, &entry["clientConfig"]) else { continue };
            if told.contains(&problem) {
                continue;
            }
            told.push(problem.clone());
            let name = entry["name"].as_str().unwrap_or_default();
            let fails = entry["failurePolicy"].as_str() != Some("Ignore");
            let params = params! { webhook: name, problem: problem };
            let level = if fails { Level::Error } else { Level::Warning };
            found.push(Finding { level, ..finding(&BOW0102, origin(configuration), params) });
        }
    }
    found
}

/// Why a webhook's client configuration leads nowhere.
fn problem(facts: &Facts, client: &Value) -> Option<String> {
    if client["service"].is_object() {
        let text = |key: &str| client["service"][key].as_str().unwrap_or_default();
        let (namespace, name) = (text("namespace"), text("name"));
        if !facts.unread.contains_key("Service") && facts.find("Service", namespace, name).is_none() {
            return Some(format!("Service {namespace}/{name} does not exist"));
        }
        if !facts.unread.contains_key("EndpointSlice") && !has_endpoints(facts, namespace, name) {
            return Some(format!("Service {namespace}/{name} has no ready endpoint"));
        }
    }
    let bundle = client["caBundle"].as_str().unwrap_or_default();
    (client["service"].is_object() && bundle.is_empty())
        .then(|| "it has no caBundle yet, which istiod fills in once it runs".to_owned())
}

fn has_endpoints(facts: &Facts, namespace: &str, service: &str) -> bool {
    let slices = facts.all("EndpointSlice").iter();
    let mine = slices.filter(|slice| {
        object_namespace(slice) == Some(namespace) && label(slice, "kubernetes.io/service-name") == Some(service)
    });
    let mut endpoints = mine.flat_map(|slice| slice["endpoints"].as_array().into_iter().flatten());
    // An endpoint that says nothing about itself is to be taken as ready.
    endpoints.any(|endpoint| endpoint["conditions"]["ready"] != false)
}

/// Pods for which more than one injector answers.
pub fn conflicts(facts: &Facts) -> Vec<Finding> {
    let configurations: Vec<Value> = facts
        .all("MutatingWebhookConfiguration")
        .iter()
        .filter(|one| label(one, injectors::REVISION).is_some() && !name_of(one).is_empty())
        .cloned()
        .collect();
    let told = injectors::overlaps(&configurations).into_iter().map(|overlap| {
        let error = format!("Several injectors answer for the same pod: {}", overlap.entries.join(", "));
        finding(&IST0139, "Cluster", params! { error: error })
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lines(found: &[Finding]) -> Vec<String> {
        let line = |one: &Finding| {
            format!("{} {} ({}) {}", one.level, one.code.id, one.origin.as_deref().unwrap_or_default(), one.sentence())
        };
        found.iter().map(line).collect()
    }

    fn mesh(istiod: &str, proxy: &str) -> Facts {
        let mut facts = Facts::default();
        let template =
            json!({"spec": {"containers": [{"name": "discovery", "image": format!("reg:5000/pilot:{istiod}")}]}});
        facts.objects.insert(
            "Deployment",
            vec![json!({"kind": "Deployment", "metadata": {"name": "istiod", "namespace": "istio-system", "labels": {"app": "istiod"}},
                "spec": {"template": template}})],
        );
        facts.objects.insert(
            "Pod",
            vec![json!({"metadata": {"name": "p", "namespace": "shop"},
                "spec": {"initContainers": [{"name": "istio-proxy", "image": format!("docker.io/istio/proxyv2:{proxy}")}]}})],
        );
        facts
    }

    #[test]
    fn releases_must_be_near_each_other() {
        assert_eq!(lines(&skew(&mesh("1.29.3", "1.30.0-distroless"), 30, false)), [""; 0]);
        assert_eq!(
            lines(&skew(&mesh("1.28.1", "1.27.0"), 30, false)),
            [
                "Warning BOW0101 (Deployment istio-system/istiod) The control plane is of release 1.28, and 1.30 works with 1.29 and newer; with a revision of its own it would do",
                "Warning BOW0101 (Namespace shop) 1 proxies are of release 1.27, and 1.30 works with 1.29 and newer",
            ]
        );
        assert_eq!(lines(&skew(&mesh("1.28.1", "latest"), 30, true)), [""; 0]);
        assert_eq!(
            lines(&skew(&mesh("1.31.0", "1.30.0"), 30, true)),
            [
                "Warning BOW0103 (Deployment istio-system/istiod) The control plane is of release 1.31, which is newer than 1.30: this would be a downgrade"
            ]
        );
    }

    #[test]
    fn a_webhook_needs_a_service_with_endpoints_and_a_certificate() {
        let configuration = |bundle: &str| {
            json!({"kind": "MutatingWebhookConfiguration", "metadata": {"name": "w", "labels": {"istio.io/rev": "default"}},
                "webhooks": [{"name": "a.sidecar-injector.istio.io", "failurePolicy": "Fail",
                    "clientConfig": {"caBundle": bundle, "service": {"name": "istiod", "namespace": "istio-system"}}}]})
        };
        let mut facts = Facts::default();
        facts.objects.insert("MutatingWebhookConfiguration", vec![configuration("")]);
        let start =
            "Error BOW0102 (MutatingWebhookConfiguration w) Webhook a.sidecar-injector.istio.io cannot be called: ";
        assert_eq!(lines(&webhooks(&facts)), [format!("{start}Service istio-system/istiod does not exist")]);
        facts.objects.insert("Service", vec![json!({"metadata": {"name": "istiod", "namespace": "istio-system"}})]);
        assert_eq!(lines(&webhooks(&facts)), [format!("{start}Service istio-system/istiod has no ready endpoint")]);
        let slice = json!({"metadata": {"name": "s", "namespace": "istio-system", "labels": {"kubernetes.io/service-name": "istiod"}},
            "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": true}}]});
        facts.objects.insert("EndpointSlice", vec![slice]);
        assert_eq!(
            lines(&webhooks(&facts)),
            [format!("{start}it has no caBundle yet, which istiod fills in once it runs")]
        );
        facts.objects.insert("MutatingWebhookConfiguration", vec![configuration("Y2E=")]);
        assert_eq!(lines(&webhooks(&facts)), [""; 0]);
    }
}
