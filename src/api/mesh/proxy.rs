//! ProxyConfig of the mesh configuration: defaults of every proxy.

use crate::api::networking::destination_rule::{
    CLIENT_TLS_SETTINGS, CONNECTION_POOL_SETTINGS_TCP_SETTINGS_TCP_KEEPALIVE,
};
use crate::api::networking::proxy_config::PROXY_IMAGE;
use crate::api::networking::workload_group::READINESS_PROBE;
use crate::api::schema::{Enum, Message, Type::*, field, value};

pub static PROXY_CONFIG: Message = Message {
    name: "istio.mesh.v1alpha1.ProxyConfig",
    fields: &[
        field("configPath", String, "Config directory").default("./etc/istio/proxy"),
        field("binaryPath", String, "Envoy binary").default("/usr/local/bin/envoy"),
        field("serviceCluster", String, "Service name").one_of("cluster_name").default("istio-proxy"),
        field("tracingServiceName", Enum(&PROXY_CONFIG_TRACING_SERVICE_NAME), "").one_of("cluster_name"),
        field("drainDuration", Duration, "Hot-restart drain").default("45s"),
        field("discoveryAddress", String, "Istiod address").default("istiod.istio-system.svc:15012"),
        field("discoveryRefreshDelay", Duration, "No longer read").deprecated(),
        field("zipkinAddress", String, "No longer read; use tracing.zipkin.address").deprecated(),
        field("statsdUdpAddress", String, "Statsd target"),
        field("envoyMetricsServiceAddress", String, "No longer read; use envoyMetricsService").deprecated(),
        field("proxyAdminPort", Int32, "Admin port").default("15000"),
        field("availabilityZone", String, "No longer read").deprecated(),
        field("controlPlaneAuthPolicy", Enum(&AUTHENTICATION_POLICY), "").default("MUTUAL_TLS"),
        field("customConfigFile", String, "Replace bootstrap"),
        field("statNameLength", Int32, "Max stat name").default("189"),
        field("concurrency", Wrapper(&Int32), "Worker threads").default("by CPU"),
        field("proxyBootstrapTemplatePath", String, "Bootstrap template"),
        field("interceptionMode", Enum(&PROXY_CONFIG_INBOUND_INTERCEPTION_MODE), "").default("REDIRECT"),
        field("tracing", Msg(&TRACING), "Tracing settings"),
        field("sds", Msg(&SDS), "No longer read").deprecated(),
        field("envoyAccessLogService", Msg(&REMOTE_SERVICE), "gRPC log target"),
        field("envoyMetricsService", Msg(&REMOTE_SERVICE), "gRPC metrics target"),
        field("proxyMetadata", Map(&String), "Environment and node metadata"),
        field("runtimeValues", Map(&String), "Envoy runtime").since("1.14"),
        field("statusPort", Int32, "Agent status port").default("15020"),
        field("extraStatTags", List(&String), "Extra stat tags"),
        field("gatewayTopology", Msg(&TOPOLOGY), "Proxies in front"),
        field("terminationDrainDuration", Duration, "Drain on shutdown").default("5s"),
        field("meshId", String, "Identifies the mesh where several share their telemetry"),
        field("readinessProbe", Msg(&READINESS_PROBE), "VM readiness"),
        field("proxyStatsMatcher", Msg(&PROXY_CONFIG_PROXY_STATS_MATCHER), "Extra stats"),
        field("holdApplicationUntilProxyStarts", Wrapper(&Bool), "Start app after proxy").default("false"),
        field("caCertificatesPem", List(&String), "Extra roots"),
        field("image", Msg(&PROXY_IMAGE), "Image type"),
        field("privateKeyProvider", Msg(&PRIVATE_KEY_PROVIDER), "Hardware key acceleration").since("1.14"),
        field("proxyHeaders", Msg(&PROXY_CONFIG_PROXY_HEADERS), "Headers the proxy adds").since("1.19"),
        field("fileFlushInterval", Duration, "Access log flush period").since("1.29"),
        field("fileFlushMinSizeKb", Uint32, "Access log flush size").since("1.29"),
        field("statsCompression", Wrapper(&Bool), "Compress stats endpoint").default("true").since("1.29"),
    ],
};

pub static PROXY_CONFIG_TRACING_SERVICE_NAME: Enum = Enum {
    name: "istio.mesh.v1alpha1.ProxyConfig.TracingServiceName",
    values: &[
        value("APP_LABEL_AND_NAMESPACE", 0),
        value("CANONICAL_NAME_ONLY", 1),
        value("CANONICAL_NAME_AND_NAMESPACE", 2),
    ],
};

pub static AUTHENTICATION_POLICY: Enum = Enum {
    name: "istio.mesh.v1alpha1.AuthenticationPolicy",
    values: &[value("NONE", 0), value("MUTUAL_TLS", 1), value("INHERIT", 1000)],
};

pub static PROXY_CONFIG_INBOUND_INTERCEPTION_MODE: Enum = Enum {
    name: "istio.mesh.v1alpha1.ProxyConfig.InboundInterceptionMode",
    values: &[value("REDIRECT", 0), value("TPROXY", 1), value("NONE", 2).since("1.14")],
};

pub static TRACING: Message = Message {
    name: "istio.mesh.v1alpha1.Tracing",
    fields: &[
        field("zipkin", Msg(&TRACING_ZIPKIN), "Send spans to Zipkin").one_of("tracer"),
        field("lightstep", Msg(&TRACING_LIGHTSTEP), "Lightstep; use opentelemetry").one_of("tracer"),
        field("datadog", Msg(&TRACING_DATADOG), "Send spans to Datadog").one_of("tracer"),
        field("stackdriver", Msg(&TRACING_STACKDRIVER), "Send spans to Stackdriver").one_of("tracer"),
        field("openCensusAgent", Msg(&TRACING_OPEN_CENSUS_AGENT), "OpenCensus; use opentelemetry").one_of("tracer"),
        field("customTags", Map(&Msg(&TRACING_CUSTOM_TAG)), "Span tags"),
        field("maxPathTagLength", Uint32, "Path tag length").default("256"),
        field("sampling", Double, "Sampling percent").default("1.0"),
        field("tlsSettings", Msg(&CLIENT_TLS_SETTINGS), "TLS to collector"),
        field("enableIstioTags", Wrapper(&Bool), "Add Istio tags").default("true").since("1.25"),
    ],
};

pub static TRACING_ZIPKIN: Message =
    Message { name: "istio.mesh.v1alpha1.Tracing.Zipkin", fields: &[field("address", String, "Address as HOST:PORT")] };

pub static TRACING_LIGHTSTEP: Message = Message {
    name: "istio.mesh.v1alpha1.Tracing.Lightstep",
    fields: &[
        field("address", String, "Address as HOST:PORT"),
        field("accessToken", String, "Token the tracer asks for"),
    ],
};

pub static TRACING_DATADOG: Message = Message {
    name: "istio.mesh.v1alpha1.Tracing.Datadog",
    fields: &[field("address", String, "Address as HOST:PORT")],
};

pub static TRACING_STACKDRIVER: Message = Message {
    name: "istio.mesh.v1alpha1.Tracing.Stackdriver",
    fields: &[
        field("debug", Bool, "Write what is exported to the log as well"),
        field("maxNumberOfAttributes", Wrapper(&Int64), "Most attributes of a span"),
        field("maxNumberOfAnnotations", Wrapper(&Int64), "Most annotations of a span"),
        field("maxNumberOfMessageEvents", Wrapper(&Int64), "Most message events of a span"),
    ],
};

pub static TRACING_OPEN_CENSUS_AGENT: Message = Message {
    name: "istio.mesh.v1alpha1.Tracing.OpenCensusAgent",
    fields: &[
        field("address", String, "Address as HOST:PORT"),
        field("context", List(&Enum(&TRACING_OPEN_CENSUS_AGENT_TRACE_CONTEXT)), "Trace contexts"),
    ],
};

pub static TRACING_OPEN_CENSUS_AGENT_TRACE_CONTEXT: Enum = Enum {
    name: "istio.mesh.v1alpha1.Tracing.OpenCensusAgent.TraceContext",
    values: &[
        value("UNSPECIFIED", 0),
        value("W3C_TRACE_CONTEXT", 1),
        value("GRPC_BIN", 2),
        value("CLOUD_TRACE_CONTEXT", 3),
        value("B3", 4),
    ],
};

pub static TRACING_CUSTOM_TAG: Message = Message {
    name: "istio.mesh.v1alpha1.Tracing.CustomTag",
    fields: &[
        field("literal", Msg(&TRACING_LITERAL), "Fixed value").one_of("type"),
        field("environment", Msg(&TRACING_ENVIRONMENT), "Take the value from an environment variable").one_of("type"),
        field("header", Msg(&TRACING_REQUEST_HEADER), "Request header").one_of("type"),
    ],
};

pub static TRACING_LITERAL: Message =
    Message { name: "istio.mesh.v1alpha1.Tracing.Literal", fields: &[field("value", String, "The value")] };

pub static TRACING_ENVIRONMENT: Message = Message {
    name: "istio.mesh.v1alpha1.Tracing.Environment",
    fields: &[field("name", String, "The name"), field("defaultValue", String, "Fallback")],
};

pub static TRACING_REQUEST_HEADER: Message = Message {
    name: "istio.mesh.v1alpha1.Tracing.RequestHeader",
    fields: &[field("name", String, "The name"), field("defaultValue", String, "Fallback")],
};

pub static SDS: Message = Message {
    name: "istio.mesh.v1alpha1.SDS",
    fields: &[field("enabled", Bool, "Whether it is on"), field("k8sSaJwtPath", String, "Token path")],
};

pub static REMOTE_SERVICE: Message = Message {
    name: "istio.mesh.v1alpha1.RemoteService",
    fields: &[
        field("address", String, "Address as HOST:PORT"),
        field("tlsSettings", Msg(&CLIENT_TLS_SETTINGS), "Client TLS"),
        field("tcpKeepalive", Msg(&CONNECTION_POOL_SETTINGS_TCP_SETTINGS_TCP_KEEPALIVE), "Keepalive"),
    ],
};

pub static TOPOLOGY: Message = Message {
    name: "istio.mesh.v1alpha1.Topology",
    fields: &[
        field("numTrustedProxies", Uint32, "Trusted hops for XFF"),
        field("forwardClientCertDetails", Enum(&FORWARD_CLIENT_CERT_DETAILS), "XFCC handling")
            .default("SANITIZE_SET on gateways"),
        field("proxyProtocol", Msg(&TOPOLOGY_PROXY_PROTOCOL_CONFIGURATION), "Accept PROXY header").since("1.19"),
    ],
};

pub static FORWARD_CLIENT_CERT_DETAILS: Enum = Enum {
    name: "istio.mesh.v1alpha1.ForwardClientCertDetails",
    values: &[
        value("UNDEFINED", 0).since("1.19"),
        value("SANITIZE", 1).since("1.19"),
        value("FORWARD_ONLY", 2).since("1.19"),
        value("APPEND_FORWARD", 3).since("1.19"),
        value("SANITIZE_SET", 4).since("1.19"),
        value("ALWAYS_FORWARD_ONLY", 5).since("1.19"),
    ],
};

pub static TOPOLOGY_PROXY_PROTOCOL_CONFIGURATION: Message =
    Message { name: "istio.mesh.v1alpha1.Topology.ProxyProtocolConfiguration", fields: &[] };

pub static PROXY_CONFIG_PROXY_STATS_MATCHER: Message = Message {
    name: "istio.mesh.v1alpha1.ProxyConfig.ProxyStatsMatcher",
    fields: &[
        field("inclusionPrefixes", List(&String), "Stat prefixes"),
        field("inclusionSuffixes", List(&String), "Stat suffixes"),
        field("inclusionRegexps", List(&String), "Stat regexes"),
    ],
};

pub static PRIVATE_KEY_PROVIDER: Message = Message {
    name: "istio.mesh.v1alpha1.PrivateKeyProvider",
    fields: &[
        field("cryptomb", Msg(&PRIVATE_KEY_PROVIDER_CRYPTO_MB), "Intel CryptoMB").one_of("provider").since("1.14"),
        field("qat", Msg(&PRIVATE_KEY_PROVIDER_QAT), "Intel QAT").one_of("provider").since("1.17"),
    ],
};

pub static PRIVATE_KEY_PROVIDER_CRYPTO_MB: Message = Message {
    name: "istio.mesh.v1alpha1.PrivateKeyProvider.CryptoMb",
    fields: &[
        field("pollDelay", Duration, "How long to gather requests before they are computed together").since("1.14"),
        field("fallback", Wrapper(&Bool), "Use software if unavailable").since("1.21"),
    ],
};

pub static PRIVATE_KEY_PROVIDER_QAT: Message = Message {
    name: "istio.mesh.v1alpha1.PrivateKeyProvider.QAT",
    fields: &[
        field("pollDelay", Duration, "How long to wait between two looks for results").since("1.17"),
        field("fallback", Wrapper(&Bool), "Use software if unavailable").since("1.21"),
    ],
};

pub static PROXY_CONFIG_PROXY_HEADERS: Message = Message {
    name: "istio.mesh.v1alpha1.ProxyConfig.ProxyHeaders",
    fields: &[
        field("forwardedClientCert", Enum(&FORWARD_CLIENT_CERT_DETAILS), "XFCC mode").since("1.19"),
        field(
            "setCurrentClientCertDetails",
            Msg(&PROXY_CONFIG_PROXY_HEADERS_SET_CURRENT_CLIENT_CERT_DETAILS),
            "XFCC parts",
        )
        .since("1.24"),
        field("requestId", Msg(&PROXY_CONFIG_PROXY_HEADERS_REQUEST_ID), "X-request-id").since("1.19"),
        field("server", Msg(&PROXY_CONFIG_PROXY_HEADERS_SERVER), "Server header").since("1.19"),
        field("attemptCount", Msg(&PROXY_CONFIG_PROXY_HEADERS_ATTEMPT_COUNT), "X-envoy-attempt-count").since("1.19"),
        field("envoyDebugHeaders", Msg(&PROXY_CONFIG_PROXY_HEADERS_ENVOY_DEBUG_HEADERS), "X-envoy-*").since("1.19"),
        field(
            "metadataExchangeHeaders",
            Msg(&PROXY_CONFIG_PROXY_HEADERS_METADATA_EXCHANGE_HEADERS),
            "Peer metadata headers",
        )
        .since("1.20"),
        field("preserveHttp1HeaderCase", Wrapper(&Bool), "Keep header case").since("1.25"),
        field("xForwardedHost", Msg(&PROXY_CONFIG_PROXY_HEADERS_X_FORWARDED_HOST), "Add header").since("1.28"),
        field("xForwardedPort", Msg(&PROXY_CONFIG_PROXY_HEADERS_X_FORWARDED_PORT), "Add header").since("1.28"),
    ],
};

pub static PROXY_CONFIG_PROXY_HEADERS_SET_CURRENT_CLIENT_CERT_DETAILS: Message = Message {
    name: "istio.mesh.v1alpha1.ProxyConfig.ProxyHeaders.SetCurrentClientCertDetails",
    fields: &[
        field("subject", Wrapper(&Bool), "Whether the subject of the certificate is part of the header").since("1.24"),
        field("cert", Wrapper(&Bool), "Whether the certificate is part of the header").since("1.24"),
        field("chain", Wrapper(&Bool), "Whether the chain of certificates is part of the header").since("1.24"),
        field("dns", Wrapper(&Bool), "Whether the DNS names are part of the header").since("1.24"),
        field("uri", Wrapper(&Bool), "Whether the URI is part of the header").since("1.24"),
    ],
};

pub static PROXY_CONFIG_PROXY_HEADERS_REQUEST_ID: Message = Message {
    name: "istio.mesh.v1alpha1.ProxyConfig.ProxyHeaders.RequestId",
    fields: &[field("disabled", Wrapper(&Bool), "Turn off").since("1.19")],
};

pub static PROXY_CONFIG_PROXY_HEADERS_SERVER: Message = Message {
    name: "istio.mesh.v1alpha1.ProxyConfig.ProxyHeaders.Server",
    fields: &[
        field("disabled", Wrapper(&Bool), "Turn off").since("1.19"),
        field("value", String, "The value").since("1.19"),
    ],
};

pub static PROXY_CONFIG_PROXY_HEADERS_ATTEMPT_COUNT: Message = Message {
    name: "istio.mesh.v1alpha1.ProxyConfig.ProxyHeaders.AttemptCount",
    fields: &[field("disabled", Wrapper(&Bool), "Turn off").since("1.19")],
};

pub static PROXY_CONFIG_PROXY_HEADERS_ENVOY_DEBUG_HEADERS: Message = Message {
    name: "istio.mesh.v1alpha1.ProxyConfig.ProxyHeaders.EnvoyDebugHeaders",
    fields: &[field("disabled", Wrapper(&Bool), "Turn off").since("1.19")],
};

pub static PROXY_CONFIG_PROXY_HEADERS_METADATA_EXCHANGE_HEADERS: Message = Message {
    name: "istio.mesh.v1alpha1.ProxyConfig.ProxyHeaders.MetadataExchangeHeaders",
    fields: &[field("mode", Enum(&PROXY_CONFIG_PROXY_HEADERS_METADATA_EXCHANGE_MODE), "The mode").since("1.20")],
};

pub static PROXY_CONFIG_PROXY_HEADERS_METADATA_EXCHANGE_MODE: Enum = Enum {
    name: "istio.mesh.v1alpha1.ProxyConfig.ProxyHeaders.MetadataExchangeMode",
    values: &[value("UNDEFINED", 0).since("1.20"), value("IN_MESH", 1).since("1.20")],
};

pub static PROXY_CONFIG_PROXY_HEADERS_X_FORWARDED_HOST: Message = Message {
    name: "istio.mesh.v1alpha1.ProxyConfig.ProxyHeaders.XForwardedHost",
    fields: &[field("enabled", Wrapper(&Bool), "Whether it is on").since("1.28")],
};

pub static PROXY_CONFIG_PROXY_HEADERS_X_FORWARDED_PORT: Message = Message {
    name: "istio.mesh.v1alpha1.ProxyConfig.ProxyHeaders.XForwardedPort",
    fields: &[field("enabled", Wrapper(&Bool), "Whether it is on").since("1.28")],
};

pub static CONFIG_SOURCE: Message = Message {
    name: "istio.mesh.v1alpha1.ConfigSource",
    fields: &[
        field("address", String, "Xds://, k8s:// or fs:// source"),
        field("tlsSettings", Msg(&CLIENT_TLS_SETTINGS), "TLS towards the service"),
        field("subscribedResources", List(&Enum(&RESOURCE)), "Kinds taken"),
    ],
};

pub static RESOURCE: Enum = Enum { name: "istio.mesh.v1alpha1.Resource", values: &[value("SERVICE_REGISTRY", 0)] };

pub static CERTIFICATE: Message = Message {
    name: "istio.mesh.v1alpha1.Certificate",
    fields: &[
        field("secretName", String, "Secret the certificate is written to"),
        field("dnsNames", List(&String), "DNS names in the certificate"),
    ],
};

pub static LABEL_SELECTOR: Message = Message {
    name: "istio.mesh.v1alpha1.LabelSelector",
    fields: &[
        field("matchLabels", Map(&String), "Equality").since("1.23"),
        field("matchExpressions", List(&Msg(&LABEL_SELECTOR_REQUIREMENT)), "Expressions").since("1.23"),
    ],
};

pub static LABEL_SELECTOR_REQUIREMENT: Message = Message {
    name: "istio.mesh.v1alpha1.LabelSelectorRequirement",
    fields: &[
        field("key", String, "Key of the label").since("1.23"),
        field("operator", String, "In NotIn Exists DoesNotExist").since("1.23"),
        field("values", List(&String), "Values that the operator compares with").since("1.23"),
    ],
};
