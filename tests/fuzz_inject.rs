//! Injection under attack, on stable Rust: `BOWLINE_FUZZ_SECONDS=600 cargo test --release --test fuzz_inject`.
//! The same promises are checked by the libFuzzer target in `fuzz/`.
//!
//! Pods and templates may come from strangers: whatever they are, there is a result or an error, soon, and no panic.

#[path = "../fuzz/checks_inject.rs"]
mod checks;
#[path = "support/mutation.rs"]
mod mutation;

const PODS: [&str; 5] = [
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  annotations:\n    proxy.istio.io/config: |\n      concurrency: 2\n      proxyMetadata: {A: b}\n    sidecar.istio.io/userVolume: '{\"v\": {\"emptyDir\": {}}}'\nspec:\n  containers:\n  - name: app\n    image: x:1\n    ports: [{containerPort: 80, name: http}]\n    readinessProbe: {httpGet: {port: http, path: /}, timeoutSeconds: 2}\n    lifecycle: {preStop: {tcpSocket: {port: 1}}}\n",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d, namespace: n}\nspec:\n  template:\n    metadata:\n      labels: {app: d, version: v1}\n      annotations: {sidecar.istio.io/interceptionMode: TPROXY, prometheus.io/port: \"9\"}\n    spec:\n      initContainers: [{name: init, image: y, env: [{name: A, value: \"1\"}]}]\n      containers:\n      - {name: istio-proxy, image: auto, securityContext: {runAsUser: 7}, resources: {limits: {cpu: 1500m}}}\n      - {name: app, image: x, livenessProbe: {grpc: {port: 5}}}\n      volumes: [{name: a, secret: {secretName: s}}]\n---\n",
    "apiVersion: v1\nkind: List\nitems:\n- apiVersion: batch/v1\n  kind: CronJob\n  metadata: {name: c}\n  spec:\n    schedule: '* * * * *'\n    jobTemplate:\n      spec:\n        template:\n          spec: {containers: [{name: j, image: k}], restartPolicy: Never}\n- {kind: Service}\n",
    "kind: Pod\nmetadata:\n  name: again\n  annotations:\n    sidecar.istio.io/status: '{\"initContainers\":[\"istio-init\"],\"containers\":[\"istio-proxy\"],\"volumes\":[\"istio-envoy\"]}'\n    proxy.istio.io/overrides: '{\"containers\":[{\"name\":\"istio-proxy\",\"args\":[\"x\"]}]}'\nspec:\n  containers: [{name: app}, {name: istio-proxy, env: [{name: ISTIO_KUBE_APP_PROBERS, value: '{}'}]}]\n",
    "kind: Deployment\nmetadata: {name: web, namespace: shop}\nspec:\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n      containers: [{name: web, image: x:1, env: [{name: A, value: one}]}]\n---\nkind: Deployment\nmetadata: {name: pay, namespace: shop}\nspec:\n  template:\n    metadata: {labels: {app: pay}}\n    spec:\n      containers: [{name: pay, image: y:2, env: [{name: A, value: two}]}]\n",
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

const TEMPLATES: [&str; 8] = [
    "metadata:\n  labels:\n    {{ range $k, $v := .ObjectMeta.Labels }}{{ $k }}: {{ $v | quote }}\n    {{ end }}\nspec:\n  containers:\n  - name: istio-proxy\n    image: {{ .ProxyImage }}\n",
    "{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}",
    "spec:\n  containers:\n  {{- range $i, $c := .Spec.Containers }}\n  - name: {{ $c.Name }}\n    env: [{name: P, value: {{ structToJSON $c.Ports | quote }}}]\n  {{- end }}\n  volumes: {{ toJson (omitNil .Values.list) }}\n",
    "{{ $x := dict \"a\" (list 1 2) }}{{ set $x \"b\" $x | len }}{{ repeat 100000 \"ab\" | trunc 5 }}{{ protoToJSON .ProxyConfig }}{{ toYaml .MeshConfig }}",
    "metadata:\n  labels:\n    name: {{ coalesce (index .ObjectMeta.Labels \"own\") .DeploymentMeta.Name | trunc 9 | trimSuffix \"-\" | quote }}\n    same: {{ eq .DeploymentMeta.Name \"web\" | quote }}\n",
    "metadata:\n  annotations:\n    all: |\n      {{ toJson .ObjectMeta.Labels }} {{ structToJSON .Spec | indent 6 }} {{ printf \"%s/%s\" .DeploymentMeta.Name .DeploymentMeta.Namespace }}\n",
    "spec:\n  containers:\n  - name: more\n    image: {{ .DeploymentMeta.Name }}\n    args: [\"{{ .DeploymentMeta.Namespace }}\", x{{ .DeploymentMeta.Name }}]\n    env:\n    - {name: A, value: {{ join \",\" (list .DeploymentMeta.Name \"b\") | quote }}}\n",
    "{{ range $k, $v := .ObjectMeta.Labels }}{{ if ne $v \"web\" }}metadata: {labels: {\"{{ $k }}\": '{{ $v }}'}}{{ end }}{{ end }}\n",
];

const TEMPLATE_WORDS: [&str; 42] = [
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
    ".DeploymentMeta.Name",
    "(index .ObjectMeta.Labels \"app\")",
    " | trunc 3",
    " | upper",
    " | len",
    " | trimSuffix \"b\"",
    "eq ",
    "contains \"e\" ",
    "dict \"a\" ",
    "keys ",
];

#[test]
fn any_document_is_injected_or_refused() {
    println!("{} inputs", mutation::run(&PODS, &POD_WORDS, checks::document));
}

#[test]
fn any_template_ends_soon() {
    println!("{} inputs", mutation::run(&TEMPLATES, &TEMPLATE_WORDS, checks::template));
}
