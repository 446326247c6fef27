//! MeshConfig: the settings of the whole mesh.

use crate::api::mesh::providers::EXTENSION_PROVIDER;
use crate::api::mesh::proxy::{CERTIFICATE, CONFIG_SOURCE, LABEL_SELECTOR, PROXY_CONFIG};
use crate::api::networking::destination_rule::{
    CLIENT_TLS_SETTINGS, CONNECTION_POOL_SETTINGS_TCP_SETTINGS_TCP_KEEPALIVE, LOCALITY_LOAD_BALANCER_SETTING,
};
use crate::api::networking::virtual_service::HTTP_RETRY;
use crate::api::schema::{Enum, Message, Type::*, field, value};

pub static MESH_CONFIG: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig",
    fields: &[
        field("proxyListenPort", Int32, "Outbound capture port").default("15001"),
        field("proxyInboundListenPort", Int32, "Inbound capture port").default("15006").since("1.18"),
        field("proxyHttpPort", Int32, "Explicit HTTP proxy port").default("0 off"),
        field("connectTimeout", Duration, "Upstream connect timeout").default("10s"),
        field("hboneIdleTimeout", Duration, "HBONE pool idle close").default("1h").since("1.29"),
        field("protocolDetectionTimeout", Duration, "Sniffing timeout").default("0s off"),
        field("tcpKeepalive", Msg(&CONNECTION_POOL_SETTINGS_TCP_SETTINGS_TCP_KEEPALIVE), "Default keepalive"),
        field("ingressClass", String, "Ingress class").default("istio"),
        field("ingressService", String, "Ingress gateway service").default("istio-ingressgateway"),
        field("ingressControllerMode", Enum(&MESH_CONFIG_INGRESS_CONTROLLER_MODE), "").default("STRICT"),
        field("ingressSelector", String, "Label of ingress gateway").default("ingressgateway"),
        field("enableTracing", Bool, "Trace requests at all").default("true"),
        field("accessLogFile", String, "Log path; empty off"),
        field("accessLogFormat", String, "Log line format"),
        field("accessLogEncoding", Enum(&MESH_CONFIG_ACCESS_LOG_ENCODING), "").default("TEXT"),
        field("enableEnvoyAccessLogService", Bool, "gRPC access log").default("false"),
        field("disableEnvoyListenerLog", Bool, "No listener log"),
        field("defaultConfig", Msg(&PROXY_CONFIG), "Default ProxyConfig"),
        field("outboundTrafficPolicy", Msg(&MESH_CONFIG_OUTBOUND_TRAFFIC_POLICY), "Unknown egress")
            .default("ALLOW_ANY"),
        field("inboundTrafficPolicy", Msg(&MESH_CONFIG_INBOUND_TRAFFIC_POLICY), "Unknown inbound")
            .default("PASSTHROUGH")
            .since("1.22"),
        field("configSources", List(&Msg(&CONFIG_SOURCE)), "Config origins for istiod"),
        field("enableAutoMtls", Wrapper(&Bool), "Automatic upstream mTLS").default("true"),
        field("trustDomain", String, "Trust domain of the identities in the mesh").default("cluster.local"),
        field("trustDomainAliases", List(&String), "Equivalent trust domains"),
        field("caCertificates", List(&Msg(&MESH_CONFIG_CERTIFICATE_DATA)), "Extra trusted roots"),
        field("defaultServiceExportTo", List(&String), "Default service visibility").default("[*]"),
        field("defaultVirtualServiceExportTo", List(&String), "Who sees a VirtualService that does not say")
            .default("[*]"),
        field("defaultDestinationRuleExportTo", List(&String), "Who sees a DestinationRule that does not say")
            .default("[*]"),
        field("rootNamespace", String, "Mesh-wide config namespace").default("istio-system"),
        field("localityLbSetting", Msg(&LOCALITY_LOAD_BALANCER_SETTING), "Locality balancing").default("enabled"),
        field("dnsRefreshRate", Duration, "DNS refresh on failure").default("60s"),
        field("h2UpgradePolicy", Enum(&MESH_CONFIG_H2_UPGRADE_POLICY), "Default HTTP/2 upgrade")
            .default("DO_NOT_UPGRADE"),
        field("inboundClusterStatName", String, "Stat name pattern"),
        field("outboundClusterStatName", String, "Stat name pattern"),
        field("certificates", List(&Msg(&CERTIFICATE)), "Old DNS certificates").deprecated(),
        field("serviceSettings", List(&Msg(&MESH_CONFIG_SERVICE_SETTINGS)), "Per-host settings"),
        field(
            "serviceScopeConfigs",
            List(&Msg(&MESH_CONFIG_SERVICE_SCOPE_CONFIGS)),
            "Ambient multicluster service scope",
        )
        .since("1.27"),
        field("enablePrometheusMerge", Wrapper(&Bool), "Merge app metrics").default("true"),
        field("verifyCertificateAtClient", Wrapper(&Bool), "Old flag").deprecated(),
        field("ca", Msg(&MESH_CONFIG_CA), "External CA"),
        field("extensionProviders", List(&Msg(&EXTENSION_PROVIDER)), "Named providers")
            .default("prometheus, stackdriver, envoy"),
        field("defaultProviders", Msg(&MESH_CONFIG_DEFAULT_PROVIDERS), "Providers used by default"),
        field("discoverySelectors", List(&Msg(&LABEL_SELECTOR)), "Namespaces istiod watches"),
        field("pathNormalization", Msg(&MESH_CONFIG_PROXY_PATH_NORMALIZATION), "Path normalisation").default("BASE"),
        field("defaultHttpRetryPolicy", Msg(&HTTP_RETRY), "Mesh retry policy"),
        field("meshMTLS", Msg(&MESH_CONFIG_TLS_CONFIG), "mTLS parameters").since("1.14").proto("mesh_mTLS"),
        field("tlsDefaults", Msg(&MESH_CONFIG_TLS_CONFIG), "Parameters for other TLS").since("1.18"),
    ],
};

pub static MESH_CONFIG_INGRESS_CONTROLLER_MODE: Enum = Enum {
    name: "istio.mesh.v1alpha1.MeshConfig.IngressControllerMode",
    values: &[value("UNSPECIFIED", 0), value("OFF", 1), value("DEFAULT", 2), value("STRICT", 3)],
};

pub static MESH_CONFIG_ACCESS_LOG_ENCODING: Enum =
    Enum { name: "istio.mesh.v1alpha1.MeshConfig.AccessLogEncoding", values: &[value("TEXT", 0), value("JSON", 1)] };

pub static MESH_CONFIG_H2_UPGRADE_POLICY: Enum = Enum {
    name: "istio.mesh.v1alpha1.MeshConfig.H2UpgradePolicy",
    values: &[value("DO_NOT_UPGRADE", 0), value("UPGRADE", 1)],
};

pub static MESH_CONFIG_OUTBOUND_TRAFFIC_POLICY: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.OutboundTrafficPolicy",
    fields: &[
        field("mode", Enum(&MESH_CONFIG_OUTBOUND_TRAFFIC_POLICY_MODE), "").default("ALLOW_ANY"),
        field("tls", Msg(&CLIENT_TLS_SETTINGS), "TLS for passthrough").since("1.30"),
    ],
};

pub static MESH_CONFIG_OUTBOUND_TRAFFIC_POLICY_MODE: Enum = Enum {
    name: "istio.mesh.v1alpha1.MeshConfig.OutboundTrafficPolicy.Mode",
    values: &[value("REGISTRY_ONLY", 0), value("ALLOW_ANY", 1), value("ALLOW_ANY_DYNAMIC_DNS", 3).since("1.30")],
};

pub static MESH_CONFIG_INBOUND_TRAFFIC_POLICY: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.InboundTrafficPolicy",
    fields: &[field("mode", Enum(&MESH_CONFIG_INBOUND_TRAFFIC_POLICY_MODE), "").since("1.22")],
};

pub static MESH_CONFIG_INBOUND_TRAFFIC_POLICY_MODE: Enum = Enum {
    name: "istio.mesh.v1alpha1.MeshConfig.InboundTrafficPolicy.Mode",
    values: &[value("PASSTHROUGH", 0).since("1.22"), value("LOCALHOST", 1).since("1.22")],
};

pub static MESH_CONFIG_CERTIFICATE_DATA: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.CertificateData",
    fields: &[
        field("pem", String, "PEM root").one_of("certificate_data"),
        field("spiffeBundleUrl", String, "Bundle URL").one_of("certificate_data"),
        field("certSigners", List(&String), "Signers whose certificates this authority signs"),
        field("trustDomains", List(&String), "Trust domains"),
    ],
};

pub static MESH_CONFIG_SERVICE_SETTINGS: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ServiceSettings",
    fields: &[
        field("settings", Msg(&MESH_CONFIG_SERVICE_SETTINGS_SETTINGS), "Settings"),
        field("hosts", List(&String), "Service hosts"),
    ],
};

pub static MESH_CONFIG_SERVICE_SETTINGS_SETTINGS: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ServiceSettings.Settings",
    fields: &[field("clusterLocal", Bool, "Keep traffic in cluster")],
};

pub static MESH_CONFIG_SERVICE_SCOPE_CONFIGS: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ServiceScopeConfigs",
    fields: &[
        field("namespaceSelector", Msg(&LABEL_SELECTOR), "Namespaces").since("1.27"),
        field("servicesSelector", Msg(&LABEL_SELECTOR), "Services").since("1.27"),
        field("scope", Enum(&MESH_CONFIG_SERVICE_SCOPE_CONFIGS_SCOPE), "").since("1.27"),
    ],
};

pub static MESH_CONFIG_SERVICE_SCOPE_CONFIGS_SCOPE: Enum = Enum {
    name: "istio.mesh.v1alpha1.MeshConfig.ServiceScopeConfigs.Scope",
    values: &[value("LOCAL", 0).since("1.27"), value("GLOBAL", 1).since("1.27")],
};

pub static MESH_CONFIG_CA: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.CA",
    fields: &[
        field("address", String, "CA address"),
        field("tlsSettings", Msg(&CLIENT_TLS_SETTINGS), "TLS towards the service"),
        field("requestTimeout", Duration, "Time limit of a request").default("10s"),
        field("istiodSide", Bool, "Istiod signs via CA"),
    ],
};

pub static MESH_CONFIG_DEFAULT_PROVIDERS: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.DefaultProviders",
    fields: &[
        field("tracing", List(&String), "Providers of traces where Telemetry names none"),
        field("metrics", List(&String), "Providers of metrics where Telemetry names none"),
        field("accessLogging", List(&String), "Providers of access logs where Telemetry names none"),
    ],
};

pub static MESH_CONFIG_PROXY_PATH_NORMALIZATION: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ProxyPathNormalization",
    fields: &[field("normalization", Enum(&MESH_CONFIG_PROXY_PATH_NORMALIZATION_NORMALIZATION_TYPE), "")],
};

pub static MESH_CONFIG_PROXY_PATH_NORMALIZATION_NORMALIZATION_TYPE: Enum = Enum {
    name: "istio.mesh.v1alpha1.MeshConfig.ProxyPathNormalization.NormalizationType",
    values: &[
        value("DEFAULT", 0),
        value("NONE", 1),
        value("BASE", 2),
        value("MERGE_SLASHES", 3),
        value("DECODE_AND_MERGE_SLASHES", 4),
    ],
};

pub static MESH_CONFIG_TLS_CONFIG: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.TLSConfig",
    fields: &[
        field("minProtocolVersion", Enum(&MESH_CONFIG_TLS_CONFIG_TLS_PROTOCOL), "").since("1.14"),
        field("ecdhCurves", List(&String), "Curves offered in the key exchange").since("1.18"),
        field("cipherSuites", List(&String), "Cipher suites offered").since("1.19"),
    ],
};

pub static MESH_CONFIG_TLS_CONFIG_TLS_PROTOCOL: Enum = Enum {
    name: "istio.mesh.v1alpha1.MeshConfig.TLSConfig.TLSProtocol",
    values: &[value("TLS_AUTO", 0).since("1.14"), value("TLSV1_2", 1).since("1.14"), value("TLSV1_3", 2).since("1.14")],
};
