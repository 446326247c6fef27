//! `kube-inject`, `kube-uninject` and `inject`, as a person runs them.

mod support;

use std::fs;
use std::path::PathBuf;

use bowline::yaml;
use serde_json::{Value, json};
use tempfile::TempDir;

const SERVICE: &str =
    "# kept as it is\napiVersion: v1\nkind: Service\nmetadata: {name: web} # here too\nspec: {ports: [{port: 80}]}\n";
const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  selector:\n    matchLabels:\n      app: web\n  strategy: {}\n  template:\n    metadata:\n      labels:\n        app: web\n    spec:\n      containers:\n      - image: web:1\n        name: web\n        readinessProbe:\n          httpGet:\n            path: /ready\n            port: 8080\n        resources: {}\nstatus: {}\n";
const BROKEN: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: bad\n  annotations: {sidecar.istio.io/interceptionMode: SOMETIMES}\nspec: {containers: [{name: c}]}\n";

struct Folder(TempDir);

impl Folder {
    fn with(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        Folder(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, words: &[&str]) -> (i32, String, String) {
        let output = support::bowline(words).current_dir(self.0.path()).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
    }
}

fn names(pod: &Value, list: &str) -> Vec<String> {
    let items = pod["spec"]["template"]["spec"][list].as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item["name"].as_str().unwrap_or_default().to_string()).collect()
}

#[test]
fn injection_needs_no_cluster_and_leaves_other_documents_alone() {
    let folder = Folder::with(&[("all.yaml", &format!("{SERVICE}---\n{DEPLOYMENT}"))]);
    let (code, out, err) = folder.run(&["kube-inject", "-f", "all.yaml"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let rest = out.strip_prefix(&format!("{SERVICE}---\n")).expect("the Service is untouched");
    let deployment = yaml::from_str(rest).unwrap();
    assert_eq!(names(&deployment, "containers"), ["web", "istio-proxy"]);
    assert_eq!(names(&deployment, "initContainers"), ["istio-init"]);
    assert!(!rest.contains("<no value>") && !rest.contains("<nil>"), "the built-in values are complete:\n{rest}");
    let (_, native, _) = folder.run(&["kube-inject", "-f", "all.yaml", "--native-sidecars"]);
    let native = yaml::from_str(native.split("---\n").nth(1).unwrap()).unwrap();
    assert_eq!(names(&native, "initContainers"), ["istio-init", "istio-proxy"]);
}

#[test]
fn nothing_is_written_when_one_document_fails() {
    let folder = Folder::with(&[("all.yaml", &format!("{DEPLOYMENT}---\n{BROKEN}"))]);
    let (code, out, err) = folder.run(&["kube-inject", "-f", "all.yaml", "-o", "out.yaml"]);
    assert_eq!((code, out.as_str()), (1, ""));
    let line = DEPLOYMENT.lines().count() + 2;
    assert!(err.starts_with(&format!("Error: all.yaml:{line}: document 2: Pod bad: ")), "{err}");
    assert!(err.contains("sidecar.istio.io/interceptionMode"), "{err}");
    assert!(!folder.path("out.yaml").exists());
}

#[test]
fn what_injection_added_can_be_taken_out_again() {
    let folder = Folder::with(&[("plain.yaml", &format!("{DEPLOYMENT}---\n"))]);
    let (code, injected, _) = folder.run(&["kube-inject", "-f", "plain.yaml"]);
    assert_eq!(code, 0);
    fs::write(folder.path("injected.yaml"), injected).unwrap();
    let (code, restored, _) = folder.run(&["kube-uninject", "-f", "injected.yaml"]);
    assert_eq!((code, restored), (0, format!("{DEPLOYMENT}---\n")));
}

#[test]
fn injecting_twice_changes_nothing_more() {
    let folder = Folder::with(&[("plain.yaml", DEPLOYMENT)]);
    let (_, once, _) = folder.run(&["kube-inject", "-f", "plain.yaml"]);
    fs::write(folder.path("once.yaml"), &once).unwrap();
    let (_, twice, _) = folder.run(&["kube-inject", "-f", "once.yaml"]);
    assert_eq!(once, twice);
}

#[test]
fn a_diff_shows_only_what_is_added() {
    let folder = Folder::with(&[("all.yaml", &format!("{SERVICE}---\n{DEPLOYMENT}"))]);
    let (code, out, _) = folder.run(&["kube-inject", "-f", "all.yaml", "--diff"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("--- all.yaml\n+++ injected\n"), "{out}");
    assert!(out.contains("\n+      - args:\n+        - istio-iptables\n"), "{out}");
    assert!(!out.contains("kept as it is"));
}

#[test]
fn the_configuration_of_a_control_plane_is_honoured() {
    let config = "policy: disabled\ndefaultTemplates: [mark]\ntemplates:\n  mark: |\n    metadata:\n      labels:\n        marked: yes-{{ .DeploymentMeta.Name }}\nalwaysInjectSelector:\n- matchLabels: {app: web}\ninjectedAnnotations: {by: us}\n";
    let folder = Folder::with(&[("web.yaml", DEPLOYMENT), ("config.yaml", config)]);
    let (code, out, _) = folder.run(&["kube-inject", "-f", "web.yaml", "--injectConfigFile", "config.yaml"]);
    assert_eq!(code, 0);
    let injected = yaml::from_str(&out).unwrap();
    let metadata = &injected["spec"]["template"]["metadata"];
    assert_eq!((&metadata["labels"]["marked"], &metadata["annotations"]["by"]), (&json!("yes-web"), &json!("us")));
    let words = ["--compat=strict", "kube-inject", "-f", "web.yaml", "--injectConfigFile", "config.yaml"];
    let strict = [&words[..], &["--operatorFileName", "iop.yaml"]].concat();
    fs::write(folder.path("iop.yaml"), "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\n").unwrap();
    let (code, _, err) = folder.run(&strict);
    assert_eq!(code, 1);
    assert!(err.contains("requested template \"sidecar\" not found; have mark"), "{err}");
}

#[test]
fn an_explanation_names_the_rule_and_what_would_change_it() {
    let scene = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio-injection: disabled}}\n---\napiVersion: admissionregistration.k8s.io/v1\nkind: MutatingWebhookConfiguration\nmetadata: {name: istio-sidecar-injector, labels: {istio.io/rev: default}}\nwebhooks:\n- name: namespace.sidecar-injector.istio.io\n  namespaceSelector: {matchExpressions: [{key: istio-injection, operator: In, values: [enabled]}]}\n  objectSelector: {matchExpressions: [{key: sidecar.istio.io/inject, operator: NotIn, values: ['false']}]}\n---\n";
    let folder = Folder::with(&[("all.yaml", &format!("{scene}{DEPLOYMENT}"))]);
    let (code, out, _) = folder.run(&["inject", "explain", "all.yaml", "-o", "json"]);
    assert_eq!(code, 0);
    let found: Value = serde_json::from_str(&out).unwrap();
    let want = json!([{
        "object": "Deployment shop/web",
        "namespace": "shop",
        "injected": false,
        "reason": "no injection webhook takes the pod",
        "steps": [{
            "rule": "MutatingWebhookConfiguration istio-sidecar-injector (revision default)",
            "passed": false,
            "why": "namespace.sidecar-injector.istio.io: wants a namespace with istio-injection=enabled",
        }],
        "changes": [{
            "change": "namespace label istio-injection=enabled",
            "injected": true,
            "reason": "the injector's policy is enabled",
        }],
        "warnings": [],
    }]);
    assert_eq!(found, want);
}

#[test]
fn a_review_is_answered_with_a_patch_that_gives_the_injected_pod() {
    let pod = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-1", "namespace": "shop", "labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": "web:1", "resources": {}}]},
        "status": {},
    });
    let review = json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {"uid": "42", "namespace": "shop", "object": pod},
    });
    let folder = Folder::with(&[("review.json", &review.to_string())]);
    let (code, out, _) = folder.run(&["inject", "--review", "review.json", "--url-path", "/inject/cluster/west"]);
    assert_eq!(code, 0);
    let answer: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(answer["response"]["uid"], json!("42"));
    assert_eq!(answer["response"]["patchType"], json!("JSONPatch"));
    use base64::Engine as _;
    let patch =
        base64::engine::general_purpose::STANDARD.decode(answer["response"]["patch"].as_str().unwrap()).unwrap();
    let operations: Vec<Value> = serde_json::from_slice(&patch).unwrap();
    let proxy = operations.iter().find(|operation| operation["value"]["name"] == json!("istio-proxy")).unwrap();
    assert_eq!((proxy["op"].as_str(), proxy["path"].as_str()), (Some("add"), Some("/spec/containers/1")));
    let env = proxy["value"]["env"].as_array().unwrap();
    assert!(env.contains(&json!({"name": "ISTIO_META_CLUSTER_ID", "value": "west"})), "{env:?}");
}

#[test]
fn a_gateway_and_the_annotations_of_the_cni_plugin_can_be_taken_out_again() {
    let gateway = "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n    inject.istio.io/templates: gateway\n    prometheus.io/scrape: \"false\"\n  name: gateway\nspec:\n  containers:\n  - image: auto\n    name: istio-proxy\n    resources: {}\nstatus: {}\n";
    let folder = Folder::with(&[
        ("gateway.yaml", gateway),
        ("web.yaml", DEPLOYMENT),
        (
            "cni.yaml",
            "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: {components: {cni: {enabled: true}}, values: {cni: {provider: multus}}}\n",
        ),
    ]);
    for (file, plain) in [("gateway.yaml", gateway), ("web.yaml", DEPLOYMENT)] {
        let (code, injected, _) = folder.run(&["kube-inject", "-f", file, "--operatorFileName", "cni.yaml"]);
        assert_eq!(code, 0);
        assert_ne!(injected, plain);
        fs::write(folder.path("injected.yaml"), injected).unwrap();
        let (code, restored, _) = folder.run(&["kube-uninject", "-f", "injected.yaml"]);
        assert_eq!((code, restored), (0, format!("{plain}---\n")));
    }
}

#[test]
fn what_is_no_object_is_refused_with_its_place() {
    let folder = Folder::with(&[("list.yaml", &format!("{SERVICE}---\n- a\n- b\n"))]);
    let (code, out, err) = folder.run(&["kube-inject", "-f", "list.yaml"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("list.yaml:7: document 2: ") && err.contains("cannot unmarshal array"), "{err}");
}

#[test]
fn as_the_reference_every_line_ends_with_a_newline_alone() {
    let windows = SERVICE.replace('\n', "\r\n");
    let folder = Folder::with(&[("service.yaml", &windows)]);
    let (_, kept, _) = folder.run(&["kube-inject", "-f", "service.yaml"]);
    assert_eq!(kept, format!("{windows}---\n"));
    let files = ["--injectConfigFile", "empty", "--meshConfigFile", "empty", "--valuesFile", "empty", "-r", "default"];
    fs::write(folder.path("empty"), "").unwrap();
    let command = [&["kube-inject", "--compat", "-f", "service.yaml"], files.as_slice()].concat();
    let (code, strict, err) = folder.run(&command);
    assert_eq!((code, strict, err.as_str()), (0, format!("{SERVICE}---\n"), ""));
}

#[test]
fn a_proxy_configuration_that_cannot_be_read_stops_even_a_pod_that_opts_out() {
    let pod = "kind: Pod\napiVersion: v1\nmetadata:\n  name: p\n  labels: {sidecar.istio.io/inject: \"false\"}\n  annotations: {proxy.istio.io/config: 'statusPort: x'}\nspec: {containers: [{name: c}]}\n";
    let folder = Folder::with(&[("pod.yaml", pod)]);
    let (code, out, err) = folder.run(&["kube-inject", "-f", "pod.yaml"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("Pod p: could not parse proxy config: field statusPort: expected a whole number"), "{err}");
}

#[test]
fn what_kubernetes_would_read_is_read_in_the_same_way() {
    let pod = "kind: Pod\napiVersion: v1\nmetadata: {name: p, deletionTimestamp: 2024-05-06T09:08:07+02:00}\nspec:\n  HostNetwork: true\n  containers:\n  - {name: c, ports: [{containerPort: 80.0}], resources: {limits: {cpu: +2, memory: 1024Mi}}}\n";
    let folder = Folder::with(&[("pod.yaml", pod)]);
    let (code, out, _) = folder.run(&["kube-inject", "-f", "pod.yaml"]);
    let want = "apiVersion: v1\nkind: Pod\nmetadata:\n  deletionTimestamp: \"2024-05-06T07:08:07Z\"\n  name: p\nspec:\n  containers:\n  - name: c\n    ports:\n    - containerPort: 80\n    resources:\n      limits:\n        cpu: \"2\"\n        memory: 1Gi\n  hostNetwork: true\nstatus: {}\n---\n";
    assert_eq!((code, out.as_str()), (0, want));
}

#[test]
fn the_items_of_a_list_are_read_like_documents() {
    let pod = "{kind: Pod, apiVersion: v1, metadata: {name: 5, labels: {on: yes, sidecar.istio.io/inject: false}}, spec: {containers: [{name: c, args: [80]}]}}";
    let list = format!(
        "KIND: List\napiVersion: v1\nmetadata: {{resourceVersion: 7, own: x}}\nitems:\n- {pod}\n- {{kind: Service, name: 5}}\n-\n- {{Kind: List, items: [{pod}]}}\n"
    );
    let folder = Folder::with(&[("list.yaml", &list)]);
    let (code, out, err) = folder.run(&["kube-inject", "-f", "list.yaml"]);
    let read = |indent: &str, nested: &str| {
        let lines = [
            "- apiVersion: v1",
            "  kind: Pod",
            "  metadata:",
            "    labels:",
            "      sidecar.istio.io/inject: \"false\"",
            "      \"true\": \"true\"",
            "    name: \"5\"",
            "  spec:",
            "    containers:",
            "    - args:",
            "      - \"80\"",
            "      name: c",
            "      resources: {}",
            "  status: {}",
        ];
        lines.map(|line| format!("{indent}{line}\n")).concat() + nested
    };
    let want = format!(
        "apiVersion: v1\nitems:\n{}- kind: Service\n  name: 5\n- null\n- items:\n{}  kind: List\n  metadata: {{}}\nkind: List\nmetadata:\n  resourceVersion: \"7\"\n---\n",
        read("", ""),
        read("  ", "")
    );
    let skipped = "===> Skipping injection because Pod \"5\" has sidecar injection disabled\n\n";
    assert_eq!((code, out, err), (0, want, format!("\n{skipped}{skipped}")));
    let (_, diff, _) = folder.run(&["kube-inject", "-f", "list.yaml", "--diff"]);
    assert_eq!(diff, "");
}

#[test]
fn what_has_no_kind_of_text_is_refused_as_the_reference_does() {
    let refused = |text: &str| {
        let folder = Folder::with(&[("in.yaml", text), ("none", "")]);
        let (code, out, err) = folder.run(&[
            "kube-inject",
            "--compat",
            "-f",
            "in.yaml",
            "--meshConfigFile",
            "none",
            "--valuesFile",
            "none",
        ]);
        assert_eq!((code, out.as_str()), (1, ""), "{err}");
        let words = "Error: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ";
        err.trim_end().strip_prefix(words).map(str::to_string).unwrap_or(err)
    };
    let none = "kind: Service\napiVersion: {}\n";
    assert_eq!(refused(none), "object into Go struct field TypeMeta.apiVersion of type string");
    assert_eq!(
        refused("apiVersion: 1\nkind: Pod\n"),
        "number into Go struct field Pod.TypeMeta.apiVersion of type string"
    );
    assert_eq!(refused("kind: List\nitems: [5]\n"), "number into Go value of type v1.TypeMeta");
    assert_eq!(
        refused("kind: List\nitems: yes\n"),
        "bool into Go struct field List.items of type []runtime.RawExtension"
    );
    // Go reads the fields in the order of their names.
    assert_eq!(
        refused("kind: Pod\nspec: {containers: 5}\nmetadata: {labels: 6}\n"),
        "number into Go struct field ObjectMeta.metadata.labels of type map[string]string"
    );
}

fn pod_with(annotations: &str) -> String {
    format!(
        "kind: Pod\napiVersion: v1\nmetadata:\n  name: p\n  annotations: {annotations}\nspec:\n  containers:\n  - name: c\n    readinessProbe: {{tcpSocket: {{port: 15020}}}}\n    livenessProbe: {{tcpSocket: {{port: 15099}}}}\n"
    )
}

#[test]
fn a_proxy_configuration_is_refused_in_the_words_of_the_reference_when_those_are_asked_for() {
    for (config, own, reference) in [
        (
            "statusPort: x",
            "field statusPort: expected a whole number, found \"x\"",
            "invalid character 'x' looking for beginning of value",
        ),
        (
            "concurrency: 1.5",
            "field concurrency: expected a whole number, found 1.5",
            "json: cannot unmarshal number 1.5 into Go value of type int32",
        ),
        (
            "meshId: 5",
            "field meshId: expected text, found 5",
            "json: cannot unmarshal number into Go value of type string",
        ),
        (
            "drainDuration: 5",
            "field drainDuration: expected a duration such as 45s, found 5",
            "json: cannot unmarshal number into Go value of type string",
        ),
        (
            "drainDuration: \"5\"",
            "field drainDuration: expected a duration such as 45s, found \"5\"",
            "bad Duration: time: missing unit in duration \"5\"",
        ),
        (
            "interceptionMode: SOME",
            "field interceptionMode: expected one of the known names, found \"SOME\"",
            "unknown value \"\\\"SOME\\\"\" for enum istio.mesh.v1alpha1.ProxyConfig.InboundInterceptionMode",
        ),
        (
            "text",
            "expected an object, found \"text\"",
            "json: cannot unmarshal string into Go value of type map[string]json.RawMessage",
        ),
        (
            "[",
            "error converting YAML to JSON: yaml: line 1: did not find expected node content",
            "yaml: line 1: did not find expected node content",
        ),
    ] {
        let folder =
            Folder::with(&[("pod.yaml", &pod_with(&format!("{{proxy.istio.io/config: '{config}'}}"))), ("none", "")]);
        let (code, out, err) = folder.run(&["kube-inject", "-f", "pod.yaml"]);
        let want = format!("Error: pod.yaml:1: document 1: Pod p: could not parse proxy config: {own}\n");
        assert_eq!((code, out.as_str(), err), (1, "", want));
        let (code, out, err) = folder.run(&[
            "kube-inject",
            "--compat",
            "-f",
            "pod.yaml",
            "--meshConfigFile",
            "none",
            "--valuesFile",
            "none",
        ]);
        assert_eq!((code, out.as_str(), err), (1, "", format!("Error: could not parse proxy config: {reference}\n")));
    }
}

#[test]
fn recorded_containers_that_cannot_be_read_are_not_lost() {
    for (recorded, words) in [
        ("bad", "invalid character 'b' looking for beginning of value"),
        ("", "unexpected end of JSON input"),
        ("[]", "json: cannot unmarshal array into Go value of type inject.podOverrides"),
        (
            "{\"containers\": [{\"env\": 5}]}",
            "json: cannot unmarshal number into Go struct field Container.containers.env of type []v1.EnvVar",
        ),
    ] {
        let folder = Folder::with(&[("pod.yaml", &pod_with(&format!("{{proxy.istio.io/overrides: '{recorded}'}}")))]);
        let (code, out, err) = folder.run(&["kube-inject", "-f", "pod.yaml"]);
        let want = format!("Error: pod.yaml:1: document 1: Pod p: failed to run injection template: {words}\n");
        assert_eq!((code, out.as_str(), err), (1, "", want));
    }
}

#[test]
fn only_probes_at_the_port_of_the_mesh_are_left_out() {
    let folder = Folder::with(&[("pod.yaml", &pod_with("{status.sidecar.istio.io/port: \"15099\"}"))]);
    let (code, out, _) = folder.run(&["kube-inject", "-f", "pod.yaml"]);
    let pod = yaml::from_str(out.trim_end_matches("---\n")).unwrap();
    let containers = pod["spec"]["containers"].as_array().unwrap();
    let of = |name: &str| containers.iter().find(|container| container["name"] == name).unwrap();
    let env = of("istio-proxy")["env"].as_array().unwrap();
    let probers =
        env.iter().find(|entry| entry["name"] == "ISTIO_KUBE_APP_PROBERS").map(|entry| entry["value"].clone());
    assert_eq!(
        (code, probers, &of("c")["readinessProbe"]),
        (
            0,
            Some(json!("{\"/app-health/c/livez\":{\"tcpSocket\":{\"port\":15099}}}")),
            &json!({"httpGet": {"path": "/app-health/c/readyz", "port": 15099}})
        )
    );
}

#[test]
fn what_is_wrong_with_flags_and_files_is_told_in_the_words_of_the_reference() {
    let folder = Folder::with(&[
        ("none", ""),
        ("pod.yaml", &pod_with("{}")),
        ("list", "["),
        ("hub", "global: {hub: 5}"),
        ("mode", "outboundTrafficPolicy: {mode: NOPE}"),
        ("template", "{{ nosuch }}"),
    ]);
    let refused = |words: &str| {
        let (code, out, err) = folder.run(&words.split(' ').collect::<Vec<_>>());
        assert_eq!((code, out.as_str()), (1, ""), "{words}: {err}");
        err.trim_end().strip_prefix("Error: ").map(str::to_string).unwrap_or(err)
    };
    let (no_file, no_mesh) = (
        "filename not specified (see --filename or -f)",
        "--meshConfigFile or --meshConfigMapName or --operatorFileName must be set",
    );
    assert_eq!(refused("kube-inject"), format!("1 error occurred:\n\t* {no_file}"));
    assert_eq!(refused("kube-inject -f no --meshConfigMapName="), format!("1 error occurred:\n\t* {no_mesh}"));
    assert_eq!(
        refused("kube-inject --meshConfigMapName="),
        format!("2 errors occurred:\n\t* {no_file}\n\t* {no_mesh}")
    );
    assert_eq!(refused("kube-inject -f no"), "open no: no such file or directory");
    assert_eq!(refused("kube-inject -f pod.yaml -o no/out"), "open no/out: no such file or directory");
    let with = |mesh: &str, values: &str| {
        refused(&format!("kube-inject --compat -f pod.yaml -o out --meshConfigFile {mesh} --valuesFile {values}"))
    };
    let no_list = "yaml: line 1: did not find expected node content";
    assert_eq!(with("none", "list"), format!("could not parse configuration values: {no_list}"));
    assert_eq!(
        with("none", "hub"),
        "could not parse configuration values: json: cannot unmarshal number into Go value of type string"
    );
    assert_eq!(with("list", "none"), format!("failed to convert to proto. {no_list}"));
    assert_eq!(
        with("mode", "none"),
        "failed to convert to proto. unknown value \"\\\"NOPE\\\"\" for enum istio.mesh.v1alpha1.MeshConfig.OutboundTrafficPolicy.Mode"
    );
    assert_eq!(fs::read_to_string(folder.path("out")).unwrap(), "");
    let files = "--meshConfigFile none --valuesFile none --injectConfigFile template";
    assert_eq!(
        refused(&format!("kube-inject -f pod.yaml -o kept {files}")),
        "2 errors occurred:\n\t* template: inject:1: function \"nosuch\" not defined\n\t* loading --injectConfigFile"
    );
    assert!(!folder.path("kept").exists());
}

#[test]
fn as_the_reference_what_came_before_a_failure_is_written_and_told() {
    let host = "kind: Pod\napiVersion: v1\nmetadata:\n  name: host\nspec:\n  hostNetwork: true\n  containers: []\n";
    let folder = Folder::with(&[("all.yaml", &format!("{host}---\n{BROKEN}---\n{SERVICE}")), ("none", "")]);
    let (code, out, err) =
        folder.run(&["kube-inject", "--compat", "-f", "all.yaml", "--meshConfigFile", "none", "--valuesFile", "none"]);
    let written = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: host\nspec:\n  containers: []\n  hostNetwork: true\nstatus: {}\n---\n";
    let told = concat!(
        "\n===> Skipping injection because Pod \"host\" has host networking enabled\n\n",
        "Error: failed to run injection template: 1 error occurred:\n\t* invalid value 'SOMETIMES' for annotation ",
        "'sidecar.istio.io/interceptionMode': interceptionMode invalid, use REDIRECT,TPROXY,NONE: SOMETIMES\n"
    );
    assert_eq!((code, out.as_str(), err.as_str()), (1, written, told));
    let (code, out, err) = folder.run(&["kube-inject", "-f", "all.yaml"]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.starts_with("Error: all.yaml:9: document 2: Pod bad: failed to run injection template: "), "{err}");
}
