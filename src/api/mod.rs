//! Istio's API types. One table per message ([`schema`]) gives decoding, strict checking, CRDs, JSON schemas and field docs.
//!
//! [`KINDS`] lists every kind that has a CRD. The mesh configuration has none and is reached through [`mesh`].

pub mod canonical;
pub mod crd;
pub mod decode;
pub mod docs;
pub mod extensions;
pub mod json_schema;
pub mod mesh;
pub mod networking;
pub mod scalar;
pub mod schema;
pub mod security;
pub mod status;
pub mod targeting;
pub mod telemetry;
pub mod view;

use schema::{Message, Rule, Rule::Cel};

/// A kind of the Istio API.
#[derive(Debug)]
pub struct Kind {
    pub name: &'static str,
    pub group: &'static str,
    pub plural: &'static str,
    /// Short name for kubectl, or empty.
    pub short: &'static str,
    /// Served versions, the preferred one first.
    pub versions: &'static [&'static str],
    /// The version the API server stores.
    pub storage: &'static str,
    pub doc: &'static str,
    pub spec: &'static Message,
    pub spec_required: bool,
    /// What the CRD demands of the whole `spec`.
    pub spec_rules: &'static [Rule],
    /// What `kubectl get` shows, as (title, path, type).
    pub columns: &'static [(&'static str, &'static str, &'static str)],
    /// Value of the label `istio` on the CRD, or empty.
    pub label: &'static str,
}

/// The kind served at this group, version and kind.
pub fn find(group: &str, version: &str, kind: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|known| known.name == kind && known.group == group && known.versions.contains(&version))
}

/// The kind that a person means by this word: its name in any case, plural or short name.
pub fn find_by_word(word: &str) -> Option<&'static Kind> {
    let word = word.to_ascii_lowercase();
    KINDS.iter().find(|known| {
        known.name.eq_ignore_ascii_case(&word) || known.plural == word || (!word.is_empty() && known.short == word)
    })
}

const AGE: (&str, &str, &str) = ("Age", ".metadata.creationTimestamp", "date");
const V1: &[&str] = &["v1", "v1alpha3", "v1beta1"];

const ONE_TARGET: Rule =
    Cel("(has(self.selector) ? 1 : 0) + (has(self.targetRef) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1");

const NETWORKING: Kind = Kind {
    name: "",
    group: "networking.istio.io",
    plural: "",
    short: "",
    versions: V1,
    storage: "v1",
    doc: "",
    spec: &status::ISTIO_STATUS,
    spec_required: false,
    spec_rules: &[],
    columns: &[],
    label: "",
};

const SECURITY: Kind = Kind {
    group: "security.istio.io",
    versions: &["v1", "v1beta1"],
    label: "security",
    spec_rules: &[ONE_TARGET],
    ..NETWORKING
};

const EXTENSIONS: Kind = Kind {
    group: "extensions.istio.io",
    versions: &["v1alpha1"],
    storage: "v1alpha1",
    spec_required: true,
    columns: &[AGE],
    ..NETWORKING
};

/// Every kind, sorted by group and name. A new one is one file and one entry here.
pub static KINDS: &[Kind] = &[
    Kind {
        name: "TrafficExtension",
        plural: "trafficextensions",
        doc: "Adds WebAssembly or Lua filters to the proxies of workloads, gateways or waypoints.",
        spec: &extensions::traffic_extension::TRAFFIC_EXTENSION,
        spec_rules: &[
            Cel("(has(self.selector) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1"),
            Cel("has(self.wasm) != has(self.lua)"),
        ],
        ..EXTENSIONS
    },
    Kind {
        name: "WasmPlugin",
        plural: "wasmplugins",
        doc: "Adds WebAssembly filters to the proxies of workloads, gateways or waypoints.",
        spec: &extensions::wasm_plugin::WASM_PLUGIN,
        spec_rules: &[ONE_TARGET],
        ..EXTENSIONS
    },
    Kind {
        name: "DestinationRule",
        plural: "destinationrules",
        short: "dr",
        doc: "Policies for traffic to a service after routing: load balancing, connection pools, outlier detection, TLS, subsets.",
        spec: &networking::destination_rule::DESTINATION_RULE,
        columns: &[("Host", ".spec.host", "string"), AGE],
        ..NETWORKING
    },
    Kind {
        name: "EnvoyFilter",
        plural: "envoyfilters",
        doc: "Patches the Envoy configuration that the control plane generates.",
        versions: &["v1alpha3"],
        storage: "v1alpha3",
        spec: &networking::envoy_filter::ENVOY_FILTER,
        spec_rules: &[Cel("(has(self.workloadSelector) ? 1 : 0) + (has(self.targetRefs) ? 1 : 0) <= 1")],
        ..NETWORKING
    },
    Kind {
        name: "Gateway",
        plural: "gateways",
        short: "gw",
        doc: "Opens ports at the edge of the mesh and says which hosts and certificates they serve.",
        spec: &networking::gateway::GATEWAY,
        ..NETWORKING
    },
    Kind {
        name: "ProxyConfig",
        plural: "proxyconfigs",
        doc: "Settings of the proxies of some workloads: worker threads, image, environment.",
        versions: &["v1beta1"],
        storage: "v1beta1",
        spec: &networking::proxy_config::PROXY_CONFIG,
        ..NETWORKING
    },
    Kind {
        name: "ServiceEntry",
        plural: "serviceentries",
        short: "se",
        doc: "Adds services to the mesh's registry, most often ones outside the cluster.",
        spec: &networking::service_entry::SERVICE_ENTRY,
        spec_required: true,
        spec_rules: &[
            Cel("(has(self.workloadSelector) ? 1 : 0) + (has(self.endpoints) ? 1 : 0) <= 1"),
            Cel(
                r#"!((has(self.addresses) ? self.addresses : []).exists(k, k.contains("/")) && !((has(self.resolution) ? self.resolution : "NONE") in ["STATIC", "NONE"]))"#,
            ),
            Cel(r#"((has(self.resolution) ? self.resolution : "NONE") == "NONE") ? !has(self.endpoints) : true"#),
            Cel(
                r#"((has(self.resolution) ? self.resolution : "") == "DNS_ROUND_ROBIN") ? ((has(self.endpoints) ? self.endpoints : []).size() <= 1) : true"#,
            ),
        ],
        columns: &[
            ("Hosts", ".spec.hosts", "string"),
            ("Location", ".spec.location", "string"),
            ("Resolution", ".spec.resolution", "string"),
            AGE,
        ],
        ..NETWORKING
    },
    Kind {
        name: "Sidecar",
        plural: "sidecars",
        doc: "Narrows what a proxy accepts and which services it can reach.",
        spec: &networking::sidecar::SIDECAR,
        ..NETWORKING
    },
    Kind {
        name: "VirtualService",
        plural: "virtualservices",
        short: "vs",
        doc: "Routes for the traffic to a host: matches, weights, retries, faults, rewrites, redirects.",
        spec: &networking::virtual_service::VIRTUAL_SERVICE,
        columns: &[("Gateways", ".spec.gateways", "string"), ("Hosts", ".spec.hosts", "string"), AGE],
        ..NETWORKING
    },
    Kind {
        name: "WorkloadEntry",
        plural: "workloadentries",
        short: "we",
        doc: "One workload outside Kubernetes, such as a virtual machine.",
        spec: &networking::workload_entry::WORKLOAD_ENTRY,
        spec_required: true,
        spec_rules: &[Cel("has(self.address) || has(self.network)"), networking::workload_entry::SOCKET_WITHOUT_PORTS],
        columns: &[AGE, ("Address", ".spec.address", "string")],
        ..NETWORKING
    },
    Kind {
        name: "WorkloadGroup",
        plural: "workloadgroups",
        short: "wg",
        doc: "The template and health probe of workloads outside Kubernetes that register themselves.",
        spec: &networking::workload_group::WORKLOAD_GROUP,
        spec_required: true,
        columns: &[AGE],
        ..NETWORKING
    },
    Kind {
        name: "AuthorizationPolicy",
        plural: "authorizationpolicies",
        short: "ap",
        doc: "Who may call which workloads, by identity, network, method, path and token.",
        spec: &security::authorization_policy::AUTHORIZATION_POLICY,
        columns: &[("Action", ".spec.action", "string"), AGE],
        ..SECURITY
    },
    Kind {
        name: "PeerAuthentication",
        plural: "peerauthentications",
        short: "pa",
        doc: "Which mutual TLS mode workloads accept.",
        spec: &security::peer_authentication::PEER_AUTHENTICATION,
        spec_rules: &[Cel(
            "has(self.portLevelMtls) ? (((has(self.selector) && has(self.selector.matchLabels)) ? self.selector.matchLabels : {}).size() > 0) : true",
        )],
        columns: &[("Mode", ".spec.mtls.mode", "string"), AGE],
        ..SECURITY
    },
    Kind {
        name: "RequestAuthentication",
        plural: "requestauthentications",
        short: "ra",
        doc: "Which request tokens workloads accept, and where they come from.",
        spec: &security::request_authentication::REQUEST_AUTHENTICATION,
        ..SECURITY
    },
    Kind {
        name: "Telemetry",
        group: "telemetry.istio.io",
        plural: "telemetries",
        short: "telemetry",
        doc: "Metrics, traces and access logs of workloads.",
        versions: &["v1", "v1alpha1"],
        storage: "v1alpha1",
        spec: &telemetry::TELEMETRY,
        spec_rules: &[ONE_TARGET],
        columns: &[AGE],
        label: "telemetry",
        ..NETWORKING
    },
];
