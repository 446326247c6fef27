//! Injection against recorded results of a control plane: webhook answers, decisions, URLs, managed gateways.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bowline::inject::config::{InjectConfig, InjectValues};
use bowline::inject::decide::{Policy, Rules, decide};
use bowline::inject::documents::{self, Before};
use bowline::inject::engine::{Injector, Outcome, ProxyConfigs, Worker};
use bowline::inject::gateway::Controller;
use bowline::inject::mesh::MeshConfig;
use bowline::inject::template::Templates;
use bowline::inject::webhook::{Admission, json_patch, url_environment};
use bowline::yaml;
use rayon::prelude::*;
use serde_json::{Value, json};

fn corpus(path: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("BOWLINE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let folder = shared.join("goldens").join(path);
    if !folder.exists() {
        eprintln!("skipped: {} is not here (set BOWLINE_SHARED to the reference data)", folder.display());
        return None;
    }
    Some(folder)
}

fn load(path: impl AsRef<Path>) -> Value {
    let text = fs::read_to_string(path.as_ref()).unwrap();
    yaml::from_str(&text).unwrap()
}

/// Recorded with native sidecars off, though the case says on: its cluster name was not one the recorder knew.
const WITHOUT_NATIVE: [&str; 1] = ["x-mesh-id"];

/// Without nulls: the API server drops them.
fn bare(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            let mut kept: Vec<(String, Value)> = entries
                .iter()
                .filter(|(_, value)| !value.is_null())
                .map(|(key, value)| (key.clone(), bare(value)))
                .collect();
            kept.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(kept.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(bare).collect()),
        other => other.clone(),
    }
}

fn first_difference(got: &Value, want: &Value, path: &str) -> Option<String> {
    match (got, want) {
        (Value::Object(got), Value::Object(want)) => {
            let keys: std::collections::BTreeSet<&String> = got.keys().chain(want.keys()).collect();
            keys.into_iter().find_map(|key| {
                let path = format!("{path}.{key}");
                first_difference(got.get(key).unwrap_or(&Value::Null), want.get(key).unwrap_or(&Value::Null), &path)
            })
        }
        (Value::Array(got), Value::Array(want)) if got.len() == want.len() => got
            .iter()
            .zip(want)
            .enumerate()
            .find_map(|(at, (got, want))| first_difference(got, want, &format!("{path}[{at}]"))),
        (got, want) if got == want => None,
        (got, want) => Some(format!("{path}: got {got}, want {want}")),
    }
}

fn injector(case: &Value, root: &Path) -> Injector {
    let settings = &case["injectConfig"];
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let builtin = InjectConfig::builtin().unwrap();
    for name in builtin.templates.names() {
        texts.insert(name.to_string(), builtin.templates.text(name).unwrap().to_string());
    }
    for (name, text) in settings["customTemplates"].as_object().into_iter().flatten() {
        texts.insert(name.clone(), text.as_str().unwrap().to_string());
    }
    let mut whole = settings.clone();
    whole["templates"] = json!(texts);
    let config = InjectConfig::parse(&whole.to_string()).unwrap();
    let revision = case["revision"].as_str().filter(|revision| !revision.is_empty()).unwrap_or("default");
    Injector {
        config,
        mesh: MeshConfig::over_defaults(&load(root.join(case["meshConfig"].as_str().unwrap()))).unwrap(),
        values: Some(InjectValues::of(load(root.join(case["values"].as_str().unwrap()))).unwrap()),
        revision: revision.to_string(),
        native_sidecars: case["nativeSidecars"]["webhook"].as_bool().unwrap_or(false)
            && !WITHOUT_NATIVE.contains(&case["name"].as_str().unwrap()),
        compliance_policy: String::new(),
        honours_config: true,
    }
}

#[test]
fn the_webhook_answers_as_a_control_plane() {
    let Some(root) = corpus("inject") else { return };
    let mut failures = Vec::new();
    let mut total = 0;
    for case in load(root.join("cases.json")).as_array().unwrap() {
        let Some(file) = case["webhook"].as_str() else { continue };
        let injector = injector(case, &root);
        let worker = Worker::new(&injector);
        for (at, entry) in load(root.join(file)).as_array().unwrap().iter().enumerate() {
            total += 1;
            let namespace = entry["namespace"].as_str().unwrap();
            let openshift = case["openshift"].as_bool() == Some(true);
            let annotations = openshift.then(|| {
                json!({
                    "openshift.io/sa.scc.uid-range": "1000620000/10000",
                    "openshift.io/sa.scc.supplemental-groups": "1000620000/10000",
                })
                .as_object()
                .unwrap()
                .clone()
            });
            let admission = Admission::of_pod(entry["pod"].clone(), namespace).unwrap();
            let outcome = admission.inject(&worker, BTreeMap::new(), annotations, ProxyConfigs::default());
            let name = format!("{}[{at}]", case["name"].as_str().unwrap());
            match (outcome, entry.get("patched")) {
                (Ok(Outcome::Injected { mut pod, .. }), Some(want)) => {
                    if !admission.has_namespace {
                        pod["metadata"].as_object_mut().unwrap().shift_remove("namespace");
                    }
                    if let Some(difference) = first_difference(&bare(&pod), &bare(want), "") {
                        failures.push(format!("{name}: {difference}"));
                    }
                }
                (Ok(Outcome::Skipped(_)), None) => {}
                (outcome, want) => failures.push(format!("{name}: {outcome:?} instead of {}", want.is_some())),
            }
        }
    }
    assert!(failures.is_empty(), "{} of {total} differ:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn a_decision_needs_only_the_pod_and_the_policy() {
    let Some(file) = corpus("inject/policy-and-url-cases.json") else { return };
    let cases = load(file);
    for case in cases["injectRequired"].as_array().unwrap() {
        let selectors = |key: &str| case[key].as_array().cloned().unwrap_or_default();
        let rules = Rules {
            policy: Policy::parse(case["policy"].as_str().unwrap()),
            never: selectors("neverInjectSelector"),
            always: selectors("alwaysInjectSelector"),
        };
        let metadata =
            json!({"labels": case["labels"], "annotations": case["annotations"], "namespace": case["namespace"]});
        let decision = decide(&metadata, &json!({"hostNetwork": case["hostNetwork"]}), &rules);
        assert_eq!(Some(decision.inject), case["want"].as_bool(), "{}: {decision:?}", case["name"]);
    }
    for case in cases["parseInjectEnvs"].as_array().unwrap() {
        assert_eq!(json!(url_environment(case["path"].as_str().unwrap())), case["want"], "{}", case["name"]);
    }
}

fn render(case: &Value, templates: &Templates, ambient: bool) -> Vec<Value> {
    if case.get("skippedBecause").is_some() {
        return Vec::new();
    }
    let list = |key: &str| case[key].as_array().cloned().unwrap_or_default();
    let values = InjectValues::of(case["values"].clone()).unwrap();
    let (classes, config_maps, proxy_configs) = (list("gatewayClasses"), list("configMaps"), list("proxyConfigs"));
    let mesh = MeshConfig::default();
    let controller = Controller {
        templates,
        values: &values,
        mesh: &mesh,
        revision: "",
        cluster: "Kubernetes",
        kube_version: 128,
        ambient,
        copies_labels: case["copyLabelsAnnotations"].as_bool().unwrap_or(true),
        classes: &classes,
        config_maps: &config_maps,
        proxy_configs: &proxy_configs,
        existing: case.get("existingDeployment"),
    };
    let Some(managed) = controller.render(&case["gateway"]) else { return Vec::new() };
    std::iter::once(managed.claim).chain(managed.objects.unwrap_or_default()).collect()
}

#[test]
fn gateways_become_the_objects_a_control_plane_applies() {
    let Some(root) = corpus("gateway-templates") else { return };
    let templates = InjectConfig::builtin().unwrap().templates;
    let mut failures = Vec::new();
    let mut total = 0;
    for case in load(root.join("cases.json")).as_array().unwrap() {
        for (mode, ambient) in [("expected", true), ("expectedAmbientOff", false)] {
            total += 1;
            let want: Vec<Value> = match case[mode].as_str() {
                Some(file) => {
                    let text = fs::read_to_string(root.join(file)).unwrap();
                    yaml::parse_stream(&text).into_iter().map(|document| document.unwrap().to_value()).collect()
                }
                None => Vec::new(),
            };
            let got = render(case, &templates, ambient);
            let sorted = |list: &[Value]| Value::Array(list.iter().map(sorted_keys).collect());
            if let Some(difference) = first_difference(&sorted(&got), &sorted(&want), "") {
                let difference: String = difference.chars().take(600).collect();
                failures.push(format!("{} {mode}: {difference}", case["name"]));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {total} differ:\n{}", failures.len(), failures.join("\n"));
}

fn sorted_keys(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            let mut entries: Vec<(String, Value)> =
                entries.iter().map(|(key, value)| (key.clone(), sorted_keys(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted_keys).collect()),
        other => other.clone(),
    }
}

#[test]
fn a_json_patch_tells_additions_changes_and_removals() {
    let before = json!({"a": 1, "b/c": {"x": [1, 2, 3]}, "gone": true});
    let after = json!({"a": 2, "b/c": {"x": [1, 5], "y~": null}, "new": {}});
    let want = json!([
        {"op": "replace", "path": "/a", "value": 2},
        {"op": "replace", "path": "/b~1c/x/1", "value": 5},
        {"op": "remove", "path": "/b~1c/x/2"},
        {"op": "add", "path": "/b~1c/y~0", "value": null},
        {"op": "add", "path": "/new", "value": {}},
        {"op": "remove", "path": "/gone"},
    ]);
    assert_eq!(Value::Array(json_patch(&before, &after)), want);
}

/// Streams of one form each: every combination of what pods say that templates, merge and finishing look at, with words of
/// all kinds in the places of names.
fn many_pods() -> Vec<String> {
    let annotations = [
        "",
        "sidecar.istio.io/proxyImage: example.com/own/proxy:1",
        "sidecar.istio.io/logLevel: 'say \"so\"'",
        "sidecar.istio.io/interceptionMode: TPROXY",
        "traffic.sidecar.istio.io/includeInboundPorts: ''",
        "sidecar.istio.io/proxyCPU: 100m",
        "prometheus.io/port: '9090'",
        "sidecar.istio.io/status: '{\"containers\":[\"istio-proxy\"]}'",
        "sidecar.istio.io/userVolume: '{\"own\":{\"emptyDir\":{}}}'",
        "proxy.istio.io/config: '{proxyMetadata: {A: a long text of many words so that it is folded when it is printed on a line}}'",
    ];
    let specs = [
        "containers: [{name: app, image: x}]",
        "containers: [{name: app, ports: [{containerPort: 80}], readinessProbe: {httpGet: {port: 80}}}]",
        "containers: [{name: app}, {name: istio-proxy, image: auto, args: [own]}]",
        "initContainers: [{name: istio-proxy, image: auto}]\n      containers: [{name: app}]",
        "initContainers: [{name: first, livenessProbe: {grpc: {port: 5}}}]\n      containers: [{name: app}]",
        "containers: [{name: app}]\n      volumes: [{name: istio-envoy, secret: {secretName: own}}, {name: v}]",
        "containers: [{name: app, readinessProbe: {grpc: {port: 1}}}, {name: m, readinessProbe: {grpc: {port: 2}}}]",
        "containers: []",
        "hostNetwork: true\n      containers: [{name: app}]",
        "containers: [{name: app}, {name: app}]\n      imagePullSecrets: [{name: own}]",
    ];
    // What stands in the place of a name: some words have a meaning of their own somewhere.
    let words = [
        "other-1",
        "istio-proxy",
        "more",
        "auto",
        "yes",
        "e5",
        "a:b",
        "ghcr.io/x/y@z",
        "kube-system",
        "1",
        "'two words'",
        "rue",
        "a-name-that-is-longer-than-the-value-of-a-label-may-be-which-is-63-bytes",
    ];
    let mut streams = Vec::new();
    for (number, (annotation, spec)) in
        annotations.iter().flat_map(|annotation| specs.iter().map(move |spec| (annotation, spec))).enumerate()
    {
        let kind = if number % 7 == 0 { "DaemonSet" } else { "Deployment" };
        let each = |word| {
            [
                [word, "shop", "app", "x"],
                ["web", word, "app", "x"],
                ["web", "shop", word, "x"],
                ["web", "shop", "app", word],
            ]
        };
        let pods = words.into_iter().flat_map(each).map(|[name, namespace, container, image]| {
            let spec = spec.replace("{name: app", &format!("{{name: {container}")).replace("image: x", &format!("image: {image}"));
            format!(
                "apiVersion: apps/v1\nkind: {kind}\nmetadata:\n  name: {name}\n  namespace: {namespace}\nspec:\n  template:\n    \
                 metadata:\n      labels: {{app: {name}, own: {image}}}\n      annotations: {{{annotation}}}\n    spec:\n      {spec}\n"
            )
        });
        streams.push(pods.collect::<Vec<_>>().join("---\n"));
    }
    streams
}

/// A stream takes a shortcut for texts it has seen before, a document alone cannot.
#[test]
fn pods_of_a_stream_come_out_as_each_would_alone() {
    let custom = [
        "metadata:\n  labels: {own: \"{{ .DeploymentMeta.Name }}\"}\nspec:\n  containers:\n  - name: more\n    image: \"{{ .DeploymentMeta.Name }}:1\"\n    env:\n    - {name: A, value: \"{{ .DeploymentMeta.Name }}\"}\n    readinessProbe: {httpGet: {port: 1}}\n",
        "spec:\n  containers:\n  - name: istio-proxy\n    image: \"{{ .DeploymentMeta.Name }}\"\n  volumes:\n  - name: v\n    emptyDir: {sizeLimit: \"{{ len .Spec.Containers }}\"}\n",
        "spec:\n  initContainers:\n  - name: app\n    args: [\"{{ .DeploymentMeta.Name }}\", \"a b\"]\n    resources: {limits: {cpu: null}}\n",
        "spec:\n  containers:\n  - name: app\n    $patch: delete\n",
        "{{ set .Values.global \"hub\" .DeploymentMeta.Name | len }}: {}\n",
        "metadata:\n  labels:\n    a: {{ .DeploymentMeta.Name }}\n    b: {{ upper .DeploymentMeta.Name }}\n",
        "metadata:\n  labels:\n    a: 1{{ .DeploymentMeta.Name }}\n",
        "metadata:\n  labels:\n    a: x-{{ .DeploymentMeta.Name }}\n    b: {{ .DeploymentMeta.Name }}.5\n",
        "metadata:\n  labels:\n    a: t{{ .DeploymentMeta.Name }}\n    b: {{ len .ObjectMeta.Labels }}\n",
        "metadata:\n  labels:\n    \"{{ .DeploymentMeta.Name }}\": x\n",
        "metadata:\n  labels:\n    a: {{ eq .DeploymentMeta.Name \"web\" }}x\n",
        "metadata:\n  labels:\n    a: {{ ne (index .ObjectMeta.Labels \"app\") .DeploymentMeta.Name }}x\n",
        "metadata:\n  annotations: {all: {{ printf \"%s|%5s\" .DeploymentMeta.Name .DeploymentMeta.Namespace | quote }}}\n",
        "metadata:\n  annotations:\n    all: |\n      {{ toJson .ObjectMeta.Labels }} {{ structToJSON .Spec | indent 6 }} {{ print .DeploymentMeta }}\n",
        "metadata:\n  annotations:\n    all: >-\n      {{ .DeploymentMeta.Name }} {{ join \",\" (list .DeploymentMeta.Name \"b\") }} {{ .DeploymentMeta.String }}\n",
        "metadata:\n  labels:\n    a: {{ .DeploymentMeta.Name | trunc 5 | trimSuffix \"e\" | quote }}\n    b: {{ trunc 40 .DeploymentMeta.Name | trimSuffix \"-\" | quote }}\n",
        "spec:\n  volumes:\n  - name: {{ .DeploymentMeta.Name }}\n    emptyDir: {}\n",
        "spec:\n  containers:\n  - name: more\n    $patch: delete\n  - name: {{ (index .Spec.Containers 0).Name }}\n    args: [\"{{ .DeploymentMeta.Name }}\"]\n",
        "{{ range .Spec.Containers }}{{ if contains \":\" .Image }}metadata: {labels: {tagged: yes}}{{ end }}{{ end }}\n",
        "{{ $m := dict .DeploymentMeta.Name 1 \"m\" 2 }}metadata: {annotations: {all: '{{ toJson $m }}', first: '{{ keys $m | first }}'}}\n",
        "metadata:\n  labels: {{ .ObjectMeta.Labels | toJSON }}\n  annotations: {prometheus.io/port: \"{{ .DeploymentMeta.Name }}\"}\n",
    ];
    let installed =
        bowline::inject::installed::installed(&bowline::install::spec::Wish::default(), "istio-system", "", false)
            .unwrap();
    let mut values = installed.values;
    values.tree["global"]["multiCluster"]["clusterName"] = json!("west");
    let streams = many_pods();
    for (number, template) in [None].into_iter().chain(custom.map(Some)).enumerate() {
        for native_sidecars in [false, true] {
            let mut config = InjectConfig::builtin().unwrap();
            if let Some(text) = template {
                config.add_templates(&json!({"templates": {"sidecar": text}})).unwrap();
            }
            let injector = Injector {
                config,
                mesh: installed.mesh.clone(),
                values: Some(values.clone()),
                revision: String::new(),
                native_sidecars,
                compliance_policy: String::new(),
                honours_config: false,
            };
            let outcome = |result: Result<documents::Written, documents::DocumentError>| {
                result
                    .map(|written| (written.text, written.skipped, written.notes))
                    .map_err(|error| error.cause.to_string())
            };
            // Whatever the pods are, the built-in templates; whatever the template, a few pods.
            let streams = if template.is_none() { &streams[..] } else { &streams[..4] };
            streams.par_iter().for_each(|stream| {
                let together = documents::inject(stream, &injector, Before::Dropped);
                for (source, got) in documents::split(stream).into_iter().zip(together) {
                    let alone = documents::inject(source.text, &injector, Before::Dropped).pop().unwrap();
                    let case = format!("template {number}, native {native_sidecars}\n{}", source.text);
                    assert_eq!(outcome(got), outcome(alone), "{case}");
                }
            });
        }
    }
}
