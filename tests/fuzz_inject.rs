//! Injection under attack, on stable Rust: `BOWLINE_FUZZ_SECONDS=600 cargo test --release --test fuzz_inject`.
//!
//! Pods and templates may come from strangers: whatever they are, there is a result or an error, soon, and no panic.

#[path = "support/mutation.rs"]
mod mutation;

use std::time::{Duration, Instant};

use bowline::inject::config::{InjectConfig, InjectValues};
use bowline::inject::documents::{self, Before};
use bowline::inject::engine::Injector;
use bowline::inject::installed::installed;
use bowline::inject::mesh::MeshConfig;
use bowline::inject::webhook::Admission;
use bowline::install::spec::Wish;

/// No single input may take longer. Debug builds on a busy machine need some room.
const SOON: Duration = Duration::from_secs(20);

const PODS: [&str; 4] = [
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  annotations:\n    proxy.istio.io/config: |\n      concurrency: 2\n      proxyMetadata: {A: b}\n    sidecar.istio.io/userVolume: '{\"v\": {\"emptyDir\": {}}}'\nspec:\n  containers:\n  - name: app\n    image: x:1\n    ports: [{containerPort: 80, name: http}]\n    readinessProbe: {httpGet: {port: http, path: /}, timeoutSeconds: 2}\n    lifecycle: {preStop: {tcpSocket: {port: 1}}}\n",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: n}\nspec:\n  template:\n    metadata:\n      labels: {app: d, version: v1}\n      annotations: {sidecar.istio.io/interceptionMode: TPROXY, prometheus.io/port: \"9\"}\n    spec:\n      initContainers: [{name: init, image: y, env: [{name: A, value: \"1\"}]}]\n      containers:\n      - {name: istio-proxy, image: auto, securityContext: {runAsUser: 7}, resources: {limits: {cpu: 1500m}}}\n      - {name: app, image: x, livenessProbe: {grpc: {port: 5}}}\n      volumes: [{name: a, secret: {secretName: s}}]\n---\n",
    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: batch/v1\n  kind: CronJob\n  metadata: {name: c}\n  spec:\n    schedule: '* * * * *'\n    jobTemplate:\n      spec:\n        template:\n          spec: {containers: [{name: j, image: k}], restartPolicy: Never}\n- {kind: Service}\n",
    "kind: Pod\nmetadata:\n  name: again\n  annotations:\n    sidecar.istio.io/status: '{\"initContainers\":[\"istio-init\"],\"containers\":[\"istio-proxy\"],\"volumes\":[\"istio-envoy\"]}'\n    proxy.istio.io/overrides: '{\"containers\":[{\"name\":\"istio-proxy\",\"args\":[\"x\"]}]}'\nspec:\n  containers: [{name: app}, {name: istio-proxy, env: [{name: ISTIO_KUBE_APP_PROBERS, value: '{}'}]}]\n",
];

const POD_WORDS: [&str; 24] = [
    "kind: Pod\n",
    "spec:",
    "metadata:",
    "null",
    "[]",
    "{}",
    "- ",
    ": ",
    "\n  ",
    "\"true\"",
    "false",
    "-1",
    "99999999999",
    "1e400",
    "containers",
    "initContainers",
    "istio-proxy",
    "inject.istio.io/templates: gateway,sidecar",
    "sidecar.istio.io/inject: \"true\"",
    "status.sidecar.istio.io/port: \"0\"",
    "sidecar.istio.io/proxyCPU: 1",
    "$patch: delete",
    "---\n",
    "hostNetwork: true",
];

const TEMPLATES: [&str; 4] = [
    "metadata:\n  labels:\n    {{ range $k, $v := .ObjectMeta.Labels }}{{ $k }}: {{ $v | quote }}\n    {{ end }}\nspec:\n  containers:\n  - name: istio-proxy\n    image: {{ .ProxyImage }}\n",
    "{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}",
    "spec:\n  containers:\n  {{- range $i, $c := .Spec.Containers }}\n  - name: {{ $c.Name }}\n    env: [{name: P, value: {{ structToJSON $c.Ports | quote }}}]\n  {{- end }}\n  volumes: {{ toJson (omitNil .Values.list) }}\n",
    "{{ $x := dict \"a\" (list 1 2) }}{{ set $x \"b\" $x | len }}{{ repeat 100000 \"ab\" | trunc 5 }}{{ protoToJSON .ProxyConfig }}{{ toYaml .MeshConfig }}",
];

const TEMPLATE_WORDS: [&str; 32] = [
    "{{",
    "}}",
    "{{-",
    "-}}",
    "range ",
    "if ",
    "else",
    "end",
    "with ",
    "$x := ",
    "$x",
    ".Values",
    ".Spec.Containers",
    ".ObjectMeta",
    " | quote",
    " | indent 99999999",
    "repeat 999999999 \"x\"",
    "until 999999999",
    "(",
    ")",
    "\"",
    "`",
    "1e999",
    "index . \"a\" 1",
    "annotation .ObjectMeta \"a\" 1",
    "printf \"%999999d\" 1",
    "toYaml .",
    "toJson $",
    "fromJSON \"[[\"",
    "regexMatch \"(a*)*b\" \"aaaaaaaaaaaaaaaaaaaaaaaa\"",
    "$patch: replace",
    "metadata: null\n",
];

fn builtin() -> Injector {
    let installed = installed(&Wish::default(), "istio-system", "", false).expect("the built-in installation is sound");
    Injector {
        config: InjectConfig::builtin().expect("the built-in templates are sound"),
        mesh: installed.mesh,
        values: Some(installed.values),
        revision: String::new(),
        native_sidecars: true,
        compliance_policy: String::new(),
        honours_config: true,
    }
}

#[test]
fn any_document_is_injected_or_refused() {
    let injector = builtin();
    let count = mutation::run(&PODS, &POD_WORDS, |input| {
        let started = Instant::now();
        let text = String::from_utf8_lossy(input);
        for written in documents::inject(&text, &injector, Before::Dropped).into_iter().flatten() {
            // What was injected can be injected again, and undone.
            let _ = documents::inject(&written.text, &injector, Before::Kept);
            documents::uninject(&written.text).expect("our own output can be read");
        }
        if let Ok(review) = bowline::yaml::from_str(&text)
            && let Ok(admission) = Admission::of_pod(review, "default")
        {
            let worker = bowline::inject::engine::Worker::new(&injector);
            let outcome = admission.inject(&worker, Default::default(), None, Default::default());
            assert!(admission.answer(&outcome).is_object());
        }
        assert!(started.elapsed() < SOON, "took {:?}", started.elapsed());
    });
    println!("{count} inputs");
}

#[test]
fn any_template_ends_soon() {
    let values = InjectValues::parse("{global: {hub: h, tag: t}, list: [1, null, {a: null}]}").unwrap();
    let count = mutation::run(&TEMPLATES, &TEMPLATE_WORDS, |input| {
        let started = Instant::now();
        let text = String::from_utf8_lossy(input);
        let Ok(config) = InjectConfig::parse(&text) else { return };
        let injector = Injector {
            config,
            mesh: MeshConfig::default(),
            values: Some(values.clone()),
            revision: String::new(),
            native_sidecars: false,
            compliance_policy: String::new(),
            honours_config: true,
        };
        let _ = documents::inject(PODS[1], &injector, Before::Dropped);
        assert!(started.elapsed() < SOON, "took {:?}", started.elapsed());
    });
    println!("{count} inputs");
}
