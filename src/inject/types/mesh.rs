//! The mesh configuration messages that injection reads, in declaration order.
//!
//! Settings that no template can name by type (providers, TLS of the control plane …) are carried as they were written.

use super::{Kind, Struct, any, boolean, choice, duration, float, int32, int64, list, map, object, text, text_map, texts, uint32};

const CLIENT_TLS_MODE: &[(&str, i64)] = &[("DISABLE", 0), ("SIMPLE", 1), ("MUTUAL", 2), ("ISTIO_MUTUAL", 3)];
const FORWARD_CERT: &[(&str, i64)] = &[
    ("UNDEFINED", 0),
    ("SANITIZE", 1),
    ("FORWARD_ONLY", 2),
    ("APPEND_FORWARD", 3),
    ("SANITIZE_SET", 4),
    ("ALWAYS_FORWARD_ONLY", 5),
];
const AUTHENTICATION: &[(&str, i64)] = &[("NONE", 0), ("MUTUAL_TLS", 1), ("INHERIT", 1000)];
const INTERCEPTION: &[(&str, i64)] = &[("REDIRECT", 0), ("TPROXY", 1), ("NONE", 2)];
const TRACING_NAME: &[(&str, i64)] =
    &[("APP_LABEL_AND_NAMESPACE", 0), ("CANONICAL_NAME_ONLY", 1), ("CANONICAL_NAME_AND_NAMESPACE", 2)];
const INGRESS_MODE: &[(&str, i64)] = &[("UNSPECIFIED", 0), ("OFF", 1), ("DEFAULT", 2), ("STRICT", 3)];
const LOG_ENCODING: &[(&str, i64)] = &[("TEXT", 0), ("JSON", 1)];
const UPGRADE: &[(&str, i64)] = &[("DO_NOT_UPGRADE", 0), ("UPGRADE", 1)];
const OUTBOUND: &[(&str, i64)] = &[("REGISTRY_ONLY", 0), ("ALLOW_ANY", 1), ("ALLOW_ANY_DYNAMIC_DNS", 3)];
const INBOUND: &[(&str, i64)] = &[("PASSTHROUGH", 0), ("LOCALHOST", 1)];
const EXCHANGE: &[(&str, i64)] = &[("UNDEFINED", 0), ("IN_MESH", 1)];

static CLIENT_TLS: Struct = Struct::new(
    "v1alpha3.ClientTLSSettings",
    &[
        choice("mode", CLIENT_TLS_MODE),
        text("clientCertificate"),
        text("privateKey"),
        text("caCertificates"),
        text("credentialName"),
        texts("subjectAltNames"),
        text("sni"),
        boolean("insecureSkipVerify").optional(),
        text("caCrl"),
    ],
);

static KEEPALIVE: Struct = Struct::new(
    "v1alpha3.ConnectionPoolSettings_TCPSettings_TcpKeepalive",
    &[uint32("probes"), duration("time").optional(), duration("interval").optional()],
);

static ZIPKIN: Struct = Struct::new("v1alpha1.Tracing_Zipkin", &[text("address")]);
static LIGHTSTEP: Struct = Struct::new("v1alpha1.Tracing_Lightstep", &[text("address"), text("accessToken")]);
static DATADOG: Struct = Struct::new("v1alpha1.Tracing_Datadog", &[text("address")]);
static STACKDRIVER: Struct = Struct::new(
    "v1alpha1.Tracing_Stackdriver",
    &[
        boolean("debug"),
        int64("maxNumberOfAttributes").optional(),
        int64("maxNumberOfAnnotations").optional(),
        int64("maxNumberOfMessageEvents").optional(),
    ],
);
static OPEN_CENSUS: Struct =
    Struct::new("v1alpha1.Tracing_OpenCensusAgent", &[text("address"), texts("context")]);

static LITERAL: Struct = Struct::new("v1alpha1.Tracing_Literal", &[text("value")]);
static ENVIRONMENT: Struct = Struct::new("v1alpha1.Tracing_Environment", &[text("name"), text("defaultValue")]);
static HEADER: Struct = Struct::new("v1alpha1.Tracing_RequestHeader", &[text("name"), text("defaultValue")]);
static CUSTOM_TAG: Struct = Struct::new(
    "v1alpha1.Tracing_CustomTag",
    &[
        object("literal", &LITERAL).optional().oneof("type"),
        object("environment", &ENVIRONMENT).optional().oneof("type"),
        object("header", &HEADER).optional().oneof("type"),
    ],
);

static TRACING: Struct = Struct::new(
    "v1alpha1.Tracing",
    &[
        object("zipkin", &ZIPKIN).optional().oneof("tracer"),
        object("lightstep", &LIGHTSTEP).optional().oneof("tracer"),
        object("datadog", &DATADOG).optional().oneof("tracer"),
        object("stackdriver", &STACKDRIVER).optional().oneof("tracer"),
        object("openCensusAgent", &OPEN_CENSUS).optional().oneof("tracer"),
        map("customTags", &Kind::Struct(&CUSTOM_TAG)),
        uint32("maxPathTagLength"),
        float("sampling"),
        object("tlsSettings", &CLIENT_TLS).optional(),
        boolean("enableIstioTags").optional(),
    ],
);

static SDS: Struct = Struct::new("v1alpha1.SDS", &[boolean("enabled"), text("k8sSaJwtPath")]);

static REMOTE_SERVICE: Struct = Struct::new(
    "v1alpha1.RemoteService",
    &[
        text("address"),
        object("tlsSettings", &CLIENT_TLS).optional(),
        object("tcpKeepalive", &KEEPALIVE).optional(),
    ],
);

static PROXY_PROTOCOL: Struct = Struct::new("v1alpha1.Topology_ProxyProtocolConfiguration", &[]);

static TOPOLOGY: Struct = Struct::new(
    "v1alpha1.Topology",
    &[
        uint32("numTrustedProxies"),
        choice("forwardClientCertDetails", FORWARD_CERT),
        object("proxyProtocol", &PROXY_PROTOCOL).optional(),
    ],
);

static STATS_MATCHER: Struct = Struct::new(
    "v1alpha1.ProxyConfig_ProxyStatsMatcher",
    &[texts("inclusionPrefixes"), texts("inclusionSuffixes"), texts("inclusionRegexps")],
);

static CRYPTO_MB: Struct = Struct::new(
    "v1alpha1.PrivateKeyProvider_CryptoMb",
    &[duration("pollDelay").optional(), boolean("fallback").optional()],
);
static QAT: Struct = Struct::new(
    "v1alpha1.PrivateKeyProvider_QAT",
    &[duration("pollDelay").optional(), boolean("fallback").optional()],
);
static KEY_PROVIDER: Struct = Struct::new(
    "v1alpha1.PrivateKeyProvider",
    &[
        object("cryptomb", &CRYPTO_MB).optional().oneof("provider"),
        object("qat", &QAT).optional().oneof("provider"),
    ],
);

static CERT_DETAILS: Struct = Struct::new(
    "v1alpha1.ProxyConfig_ProxyHeaders_SetCurrentClientCertDetails",
    &[
        boolean("subject").optional(),
        boolean("cert").optional(),
        boolean("chain").optional(),
        boolean("dns").optional(),
        boolean("uri").optional(),
    ],
);
static REQUEST_ID: Struct =
    Struct::new("v1alpha1.ProxyConfig_ProxyHeaders_RequestId", &[boolean("disabled").optional()]);
static SERVER: Struct =
    Struct::new("v1alpha1.ProxyConfig_ProxyHeaders_Server", &[boolean("disabled").optional(), text("value")]);
static ATTEMPT_COUNT: Struct =
    Struct::new("v1alpha1.ProxyConfig_ProxyHeaders_AttemptCount", &[boolean("disabled").optional()]);
static DEBUG_HEADERS: Struct =
    Struct::new("v1alpha1.ProxyConfig_ProxyHeaders_EnvoyDebugHeaders", &[boolean("disabled").optional()]);
static EXCHANGE_HEADERS: Struct =
    Struct::new("v1alpha1.ProxyConfig_ProxyHeaders_MetadataExchangeHeaders", &[choice("mode", EXCHANGE)]);
static FORWARDED_HOST: Struct =
    Struct::new("v1alpha1.ProxyConfig_ProxyHeaders_XForwardedHost", &[boolean("enabled").optional()]);
static FORWARDED_PORT: Struct =
    Struct::new("v1alpha1.ProxyConfig_ProxyHeaders_XForwardedPort", &[boolean("enabled").optional()]);

static PROXY_HEADERS: Struct = Struct::new(
    "v1alpha1.ProxyConfig_ProxyHeaders",
    &[
        choice("forwardedClientCert", FORWARD_CERT),
        object("setCurrentClientCertDetails", &CERT_DETAILS).optional(),
        object("requestId", &REQUEST_ID).optional(),
        object("server", &SERVER).optional(),
        object("attemptCount", &ATTEMPT_COUNT).optional(),
        object("envoyDebugHeaders", &DEBUG_HEADERS).optional(),
        object("metadataExchangeHeaders", &EXCHANGE_HEADERS).optional(),
        boolean("preserveHttp1HeaderCase").optional(),
        object("xForwardedHost", &FORWARDED_HOST).go("XForwardedHost").optional(),
        object("xForwardedPort", &FORWARDED_PORT).go("XForwardedPort").optional(),
    ],
);

static READINESS: Struct = Struct::new(
    "v1alpha3.ReadinessProbe",
    &[
        int32("initialDelaySeconds"),
        int32("timeoutSeconds"),
        int32("periodSeconds"),
        int32("successThreshold"),
        int32("failureThreshold"),
        any("httpGet").optional().oneof("method"),
        any("tcpSocket").optional().oneof("method"),
        any("exec").optional().oneof("method"),
        any("grpc").optional().oneof("method"),
    ],
);

static IMAGE: Struct = Struct::new("v1beta1.ProxyImage", &[text("imageType")]);

pub static PROXY_CONFIG: Struct = Struct::new(
    "v1alpha1.ProxyConfig",
    &[
        text("configPath"),
        text("binaryPath"),
        text("serviceCluster").oneof("cluster_name"),
        choice("tracingServiceName", TRACING_NAME).optional().oneof("cluster_name"),
        duration("drainDuration").optional(),
        text("discoveryAddress"),
        duration("discoveryRefreshDelay").optional(),
        text("zipkinAddress"),
        text("statsdUdpAddress"),
        text("envoyMetricsServiceAddress"),
        int32("proxyAdminPort"),
        text("availabilityZone"),
        choice("controlPlaneAuthPolicy", AUTHENTICATION),
        text("customConfigFile"),
        int32("statNameLength"),
        int32("concurrency").optional(),
        text("proxyBootstrapTemplatePath"),
        choice("interceptionMode", INTERCEPTION),
        object("tracing", &TRACING).optional(),
        object("sds", &SDS).optional(),
        object("envoyAccessLogService", &REMOTE_SERVICE).optional(),
        object("envoyMetricsService", &REMOTE_SERVICE).optional(),
        text_map("proxyMetadata"),
        text_map("runtimeValues"),
        int32("statusPort"),
        texts("extraStatTags"),
        object("gatewayTopology", &TOPOLOGY).optional(),
        duration("terminationDrainDuration").optional(),
        text("meshId"),
        object("readinessProbe", &READINESS).optional(),
        object("proxyStatsMatcher", &STATS_MATCHER).optional(),
        boolean("holdApplicationUntilProxyStarts").optional(),
        texts("caCertificatesPem"),
        object("image", &IMAGE).optional(),
        object("privateKeyProvider", &KEY_PROVIDER).optional(),
        object("proxyHeaders", &PROXY_HEADERS).optional(),
        duration("fileFlushInterval").optional(),
        uint32("fileFlushMinSizeKb"),
        boolean("statsCompression").optional(),
    ],
);

static OUTBOUND_POLICY: Struct = Struct::new(
    "v1alpha1.MeshConfig_OutboundTrafficPolicy",
    &[choice("mode", OUTBOUND), object("tls", &CLIENT_TLS).optional()],
);
static INBOUND_POLICY: Struct =
    Struct::new("v1alpha1.MeshConfig_InboundTrafficPolicy", &[choice("mode", INBOUND)]);

pub static MESH_CONFIG: Struct = Struct::new(
    "v1alpha1.MeshConfig",
    &[
        int32("proxyListenPort"),
        int32("proxyInboundListenPort"),
        int32("proxyHttpPort"),
        duration("connectTimeout").optional(),
        duration("hboneIdleTimeout").optional(),
        duration("protocolDetectionTimeout").optional(),
        object("tcpKeepalive", &KEEPALIVE).optional(),
        text("ingressClass"),
        text("ingressService"),
        choice("ingressControllerMode", INGRESS_MODE),
        text("ingressSelector"),
        boolean("enableTracing"),
        text("accessLogFile"),
        text("accessLogFormat"),
        choice("accessLogEncoding", LOG_ENCODING),
        boolean("enableEnvoyAccessLogService"),
        boolean("disableEnvoyListenerLog"),
        object("defaultConfig", &PROXY_CONFIG).optional(),
        object("outboundTrafficPolicy", &OUTBOUND_POLICY).optional(),
        object("inboundTrafficPolicy", &INBOUND_POLICY).optional(),
        list("configSources", &Kind::Any),
        boolean("enableAutoMtls").optional(),
        text("trustDomain"),
        texts("trustDomainAliases"),
        list("caCertificates", &Kind::Any),
        texts("defaultServiceExportTo"),
        texts("defaultVirtualServiceExportTo"),
        texts("defaultDestinationRuleExportTo"),
        text("rootNamespace"),
        any("localityLbSetting").optional(),
        duration("dnsRefreshRate").optional(),
        choice("h2UpgradePolicy", UPGRADE),
        text("inboundClusterStatName"),
        text("outboundClusterStatName"),
        list("certificates", &Kind::Any),
        list("serviceSettings", &Kind::Any),
        list("serviceScopeConfigs", &Kind::Any),
        boolean("enablePrometheusMerge").optional(),
        boolean("verifyCertificateAtClient").optional(),
        any("ca").optional(),
        list("extensionProviders", &Kind::Any),
        any("defaultProviders").optional(),
        list("discoverySelectors", &Kind::Any),
        any("pathNormalization").optional(),
        any("defaultHttpRetryPolicy").optional(),
        any("meshMTLS").optional(),
        any("tlsDefaults").optional(),
    ],
);
