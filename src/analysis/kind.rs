//! The kinds the analysis knows, as one table: group, name, scope, and whether the reference reads them from files.
//!
//! Everything else in the input is only counted.

/// A kind of object that some rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    AuthorizationPolicy,
    DestinationRule,
    EnvoyFilter,
    Gateway,
    PeerAuthentication,
    ProxyConfig,
    RequestAuthentication,
    ServiceEntry,
    Sidecar,
    Telemetry,
    TrafficExtension,
    VirtualService,
    WasmPlugin,
    WorkloadEntry,
    WorkloadGroup,
    ConfigMap,
    Namespace,
    Node,
    Pod,
    Secret,
    Service,
    ServiceAccount,
    Deployment,
    StatefulSet,
    DaemonSet,
    ReplicaSet,
    Job,
    CronJob,
    Rollout,
    Certificate,
    SealedSecret,
    ExternalSecret,
    CustomResourceDefinition,
    MutatingWebhookConfiguration,
    ValidatingWebhookConfiguration,
    KubernetesGateway,
    GatewayClass,
    HttpRoute,
    GrpcRoute,
    TlsRoute,
    TcpRoute,
    ReferenceGrant,
    MeshConfig,
    MeshNetworks,
}

/// One row of the table of kinds.
pub struct KindRow {
    pub kind: Kind,
    pub group: &'static str,
    /// The `kind:` as written in manifests.
    pub name: &'static str,
    /// Versions accepted, first is preferred; empty means any.
    pub versions: &'static [&'static str],
    pub namespaced: bool,
    pub origin: Origin,
}

/// Where objects of a kind come from in istioctl.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Files and cluster.
    Anywhere,
    /// istioctl reads these from a cluster only.
    RuntimeOnly,
    /// istioctl does not read these at all.
    Ours,
    /// Made by the tool.
    Synthetic,
}

const NETWORKING: &str = "networking.istio.io";
const SECURITY: &str = "security.istio.io";
const GATEWAY_API: &str = "gateway.networking.k8s.io";

const fn row(
    kind: Kind,
    group: &'static str,
    name: &'static str,
    versions: &'static [&'static str],
    namespaced: bool,
    origin: Origin,
) -> KindRow {
    KindRow { kind, group, name, versions, namespaced, origin }
}

/// Every kind, in the order of [`Kind`]'s variants.
pub static KINDS: &[KindRow] = &[
    row(Kind::AuthorizationPolicy, SECURITY, "AuthorizationPolicy", &["v1", "v1beta1"], true, Origin::Anywhere),
    row(Kind::DestinationRule, NETWORKING, "DestinationRule", &["v1", "v1alpha3", "v1beta1"], true, Origin::Anywhere),
    row(Kind::EnvoyFilter, NETWORKING, "EnvoyFilter", &["v1alpha3"], true, Origin::Anywhere),
    row(Kind::Gateway, NETWORKING, "Gateway", &["v1", "v1alpha3", "v1beta1"], true, Origin::Anywhere),
    row(Kind::PeerAuthentication, SECURITY, "PeerAuthentication", &["v1", "v1beta1"], true, Origin::Anywhere),
    row(Kind::ProxyConfig, NETWORKING, "ProxyConfig", &["v1beta1"], true, Origin::Anywhere),
    row(Kind::RequestAuthentication, SECURITY, "RequestAuthentication", &["v1", "v1beta1"], true, Origin::Anywhere),
    row(Kind::ServiceEntry, NETWORKING, "ServiceEntry", &["v1", "v1alpha3", "v1beta1"], true, Origin::Anywhere),
    row(Kind::Sidecar, NETWORKING, "Sidecar", &["v1", "v1alpha3", "v1beta1"], true, Origin::Anywhere),
    row(Kind::Telemetry, "telemetry.istio.io", "Telemetry", &["v1", "v1alpha1"], true, Origin::Anywhere),
    row(Kind::TrafficExtension, "extensions.istio.io", "TrafficExtension", &["v1alpha1"], true, Origin::Anywhere),
    row(Kind::VirtualService, NETWORKING, "VirtualService", &["v1", "v1alpha3", "v1beta1"], true, Origin::Anywhere),
    row(Kind::WasmPlugin, "extensions.istio.io", "WasmPlugin", &["v1alpha1"], true, Origin::Anywhere),
    row(Kind::WorkloadEntry, NETWORKING, "WorkloadEntry", &["v1", "v1alpha3", "v1beta1"], true, Origin::Anywhere),
    row(Kind::WorkloadGroup, NETWORKING, "WorkloadGroup", &["v1", "v1alpha3", "v1beta1"], true, Origin::Anywhere),
    row(Kind::ConfigMap, "", "ConfigMap", &["v1"], true, Origin::Anywhere),
    row(Kind::Namespace, "", "Namespace", &["v1"], false, Origin::RuntimeOnly),
    row(Kind::Node, "", "Node", &["v1"], false, Origin::RuntimeOnly),
    row(Kind::Pod, "", "Pod", &["v1"], true, Origin::RuntimeOnly),
    row(Kind::Secret, "", "Secret", &["v1"], true, Origin::RuntimeOnly),
    row(Kind::Service, "", "Service", &["v1"], true, Origin::RuntimeOnly),
    row(Kind::ServiceAccount, "", "ServiceAccount", &["v1"], true, Origin::Ours),
    row(Kind::Deployment, "apps", "Deployment", &["v1"], true, Origin::Anywhere),
    row(Kind::StatefulSet, "apps", "StatefulSet", &[], true, Origin::Ours),
    row(Kind::DaemonSet, "apps", "DaemonSet", &[], true, Origin::Ours),
    row(Kind::ReplicaSet, "apps", "ReplicaSet", &[], true, Origin::Ours),
    row(Kind::Job, "batch", "Job", &[], true, Origin::Ours),
    row(Kind::CronJob, "batch", "CronJob", &[], true, Origin::Ours),
    row(Kind::Rollout, "argoproj.io", "Rollout", &[], true, Origin::Ours),
    row(Kind::Certificate, "cert-manager.io", "Certificate", &[], true, Origin::Ours),
    row(Kind::SealedSecret, "bitnami.com", "SealedSecret", &[], true, Origin::Ours),
    row(Kind::ExternalSecret, "external-secrets.io", "ExternalSecret", &[], true, Origin::Ours),
    row(
        Kind::CustomResourceDefinition,
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        &["v1"],
        false,
        Origin::Anywhere,
    ),
    row(
        Kind::MutatingWebhookConfiguration,
        "admissionregistration.k8s.io",
        "MutatingWebhookConfiguration",
        &["v1"],
        false,
        Origin::Anywhere,
    ),
    row(
        Kind::ValidatingWebhookConfiguration,
        "admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration",
        &["v1"],
        false,
        Origin::Anywhere,
    ),
    row(Kind::KubernetesGateway, GATEWAY_API, "Gateway", &["v1", "v1beta1", "v1alpha2"], true, Origin::Anywhere),
    row(Kind::GatewayClass, GATEWAY_API, "GatewayClass", &[], false, Origin::Ours),
    row(Kind::HttpRoute, GATEWAY_API, "HTTPRoute", &["v1", "v1beta1", "v1alpha2"], true, Origin::Anywhere),
    row(Kind::GrpcRoute, GATEWAY_API, "GRPCRoute", &["v1", "v1alpha2"], true, Origin::Anywhere),
    row(Kind::TlsRoute, GATEWAY_API, "TLSRoute", &[], true, Origin::Ours),
    row(Kind::TcpRoute, GATEWAY_API, "TCPRoute", &[], true, Origin::Ours),
    row(Kind::ReferenceGrant, GATEWAY_API, "ReferenceGrant", &[], true, Origin::Ours),
    row(Kind::MeshConfig, "synthetic", "MeshConfig", &[], true, Origin::Synthetic),
    row(Kind::MeshNetworks, "synthetic", "MeshNetworks", &[], true, Origin::Synthetic),
];

/// Why a document is not one of the known kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// A group of Istio or the Gateway API in which this kind or version does not exist: probably a typing error.
    Suspicious,
    /// Somebody else's kind.
    Foreign,
}

impl Kind {
    /// Finds the kind by `apiVersion` and `kind`.
    pub fn find(api_version: &str, name: &str) -> Result<Kind, Unknown> {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        KINDS
            .iter()
            .find(|row| {
                row.name == name && row.group == group && (row.versions.is_empty() || row.versions.contains(&version))
            })
            .map(|row| row.kind)
            .ok_or(if owned_by_istio(group) && !GATEWAY_API_OTHERS.contains(&name) {
                Unknown::Suspicious
            } else {
                Unknown::Foreign
            })
    }

    /// What the table says of the kind.
    pub fn row(self) -> &'static KindRow {
        &KINDS[self as usize]
    }

    /// The `kind:` as written in manifests.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    pub fn is_istio(self) -> bool {
        self.row().group.ends_with("istio.io")
    }

    /// The preferred `apiVersion`.
    pub fn api_version(self) -> String {
        let row = self.row();
        let version = row.versions.first().copied().unwrap_or("v1");
        if row.group.is_empty() { version.to_string() } else { format!("{}/{version}", row.group) }
    }
}

fn owned_by_istio(group: &str) -> bool {
    matches!(group, NETWORKING | SECURITY | "telemetry.istio.io" | "extensions.istio.io" | GATEWAY_API)
}

/// Kinds of the Gateway API group that exist but that no rule reads.
const GATEWAY_API_OTHERS: &[&str] = &[
    "UDPRoute",
    "BackendTLSPolicy",
    "BackendLBPolicy",
    "ListenerSet",
    "XListenerSet",
    "XBackendTrafficPolicy",
    "XMesh",
    "BackendTrafficPolicy",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_is_in_the_order_of_the_variants() {
        for (index, row) in KINDS.iter().enumerate() {
            assert_eq!(row.kind as usize, index, "{}", row.name);
        }
    }

    #[test]
    fn two_kinds_are_called_gateway() {
        assert_eq!(Kind::find("networking.istio.io/v1", "Gateway"), Ok(Kind::Gateway));
        assert_eq!(Kind::find("gateway.networking.k8s.io/v1", "Gateway"), Ok(Kind::KubernetesGateway));
        assert_eq!(Kind::find("networking.istio.io/v9", "Gateway"), Err(Unknown::Suspicious));
        assert_eq!(Kind::find("example.com/v1", "Gateway"), Err(Unknown::Foreign));
    }
}
