//! Extension providers of the mesh configuration: tracers, loggers, authorizers.

use crate::api::schema::{Enum, Message, Type::*, field, value};

pub static EXTENSION_PROVIDER: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider",
    fields: &[
        field("name", String, "Name that Telemetry and AuthorizationPolicy refer to"),
        field("envoyExtAuthzHttp", Msg(&ENVOY_EXTERNAL_AUTHORIZATION_HTTP_PROVIDER), "HTTP authorizer")
            .one_of("provider"),
        field("envoyExtAuthzGrpc", Msg(&ENVOY_EXTERNAL_AUTHORIZATION_GRPC_PROVIDER), "gRPC authorizer")
            .one_of("provider"),
        field("zipkin", Msg(&ZIPKIN_TRACING_PROVIDER), "Zipkin tracer").one_of("provider"),
        field("lightstep", Msg(&LIGHTSTEP_TRACING_PROVIDER), "Lightstep tracer; use opentelemetry")
            .one_of("provider")
            .deprecated(),
        field("datadog", Msg(&DATADOG_TRACING_PROVIDER), "Datadog tracer").one_of("provider"),
        field("stackdriver", Msg(&STACKDRIVER_PROVIDER), "Google telemetry").one_of("provider"),
        field("opencensus", Msg(&OPEN_CENSUS_AGENT_TRACING_PROVIDER), "OpenCensus tracer; use opentelemetry")
            .one_of("provider")
            .deprecated(),
        field("skywalking", Msg(&SKY_WALKING_TRACING_PROVIDER), "SkyWalking tracer").one_of("provider"),
        field("opentelemetry", Msg(&OPEN_TELEMETRY_TRACING_PROVIDER), "OpenTelemetry tracer")
            .one_of("provider")
            .since("1.16"),
        field("prometheus", Msg(&PROMETHEUS_METRICS_PROVIDER), "Metrics for Prometheus").one_of("provider"),
        field("envoyFileAccessLog", Msg(&ENVOY_FILE_ACCESS_LOG_PROVIDER), "Access log in a file").one_of("provider"),
        field("envoyHttpAls", Msg(&ENVOY_HTTP_GRPC_V3_LOG_PROVIDER), "gRPC HTTP log").one_of("provider"),
        field("envoyTcpAls", Msg(&ENVOY_TCP_GRPC_V3_LOG_PROVIDER), "Access log of TCP connections to a gRPC service")
            .one_of("provider"),
        field("envoyOtelAls", Msg(&ENVOY_OPEN_TELEMETRY_LOG_PROVIDER), "OpenTelemetry log").one_of("provider"),
        field("sds", Msg(&SDS_PROVIDER), "External secret service").one_of("provider").since("1.27"),
    ],
};

pub static ENVOY_EXTERNAL_AUTHORIZATION_HTTP_PROVIDER: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.EnvoyExternalAuthorizationHttpProvider",
    fields: &[
        field("service", String, "Service host, optionally namespace/"),
        field("port", Uint32, "Port of the service"),
        field("timeout", Duration, "Request timeout"),
        field("pathPrefix", String, "Prefix added to authorization path"),
        field("failOpen", Bool, "Allow on authorizer failure").default("false"),
        field("clearRouteCache", Bool, "Recompute route after authorization").since("1.25"),
        field("statusOnError", String, "HTTP status on failure").default("403"),
        field("includeHeadersInCheck", List(&String), "Old name of includeRequestHeadersInCheck").deprecated(),
        field("includeRequestHeadersInCheck", List(&String), "Headers sent to authorizer, exact/prefix*/*suffix"),
        field("includeAdditionalHeadersInCheck", Map(&String), "Fixed headers sent"),
        field(
            "includeRequestBodyInCheck",
            Msg(&ENVOY_EXTERNAL_AUTHORIZATION_REQUEST_BODY),
            "How much of the body the authorizer sees",
        ),
        field("headersToUpstreamOnAllow", List(&String), "Copied upstream"),
        field("headersToDownstreamOnDeny", List(&String), "Copied to client on deny"),
        field("headersToDownstreamOnAllow", List(&String), "Copied to client on allow").since("1.14"),
    ],
};

pub static ENVOY_EXTERNAL_AUTHORIZATION_REQUEST_BODY: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.EnvoyExternalAuthorizationRequestBody",
    fields: &[
        field("maxRequestBytes", Uint32, "Body bytes buffered"),
        field("allowPartialMessage", Bool, "Send truncated body"),
        field("packAsBytes", Bool, "Send raw bytes"),
    ],
};

pub static ENVOY_EXTERNAL_AUTHORIZATION_GRPC_PROVIDER: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.EnvoyExternalAuthorizationGrpcProvider",
    fields: &[
        field("service", String, "Service host, optionally namespace/"),
        field("port", Uint32, "Port of the service"),
        field("timeout", Duration, "Request timeout"),
        field("failOpen", Bool, "Allow on authorizer failure").default("false"),
        field("clearRouteCache", Bool, "Recompute route after authorization").since("1.25"),
        field("statusOnError", String, "HTTP status on failure").default("403"),
        field(
            "includeRequestBodyInCheck",
            Msg(&ENVOY_EXTERNAL_AUTHORIZATION_REQUEST_BODY),
            "How much of the body the authorizer sees",
        ),
    ],
};

pub static ZIPKIN_TRACING_PROVIDER: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.ZipkinTracingProvider",
    fields: &[
        field("service", String, "Service host, optionally namespace/"),
        field("port", Uint32, "Port of the service"),
        field("maxTagLength", Uint32, "Max span tag length").default("256"),
        field("enable64bitTraceId", Bool, "Trace ids of 64 bits in place of 128").since("1.18"),
        field("path", String, "Path on the service, or of the file").since("1.24"),
        field("traceContextOption", Enum(&ZIPKIN_TRACING_PROVIDER_TRACE_CONTEXT_OPTION), "").since("1.28"),
        field("timeout", Duration, "Request timeout").since("1.29"),
        field("headers", List(&Msg(&HTTP_HEADER)), "Extra headers").since("1.29"),
    ],
};

pub static ZIPKIN_TRACING_PROVIDER_TRACE_CONTEXT_OPTION: Enum = Enum {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.ZipkinTracingProvider.TraceContextOption",
    values: &[value("USE_B3", 0).since("1.28"), value("USE_B3_WITH_W3C_PROPAGATION", 1).since("1.28")],
};

pub static HTTP_HEADER: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.HttpHeader",
    fields: &[
        field("name", String, "The name").since("1.22"),
        field("value", String, "The value").one_of("header_value").since("1.22"),
        field("envName", String, "Value from env variable").one_of("header_value").since("1.26"),
    ],
};

pub static LIGHTSTEP_TRACING_PROVIDER: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.LightstepTracingProvider",
    fields: &[
        field("service", String, "Service host, optionally namespace/"),
        field("port", Uint32, "Port of the service"),
        field("accessToken", String, "Token the tracer asks for"),
        field("maxTagLength", Uint32, "Max span tag length").default("256"),
    ],
};

pub static DATADOG_TRACING_PROVIDER: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.DatadogTracingProvider",
    fields: &[
        field("service", String, "Service host, optionally namespace/"),
        field("port", Uint32, "Port of the service"),
        field("maxTagLength", Uint32, "Max span tag length").default("256"),
    ],
};

pub static STACKDRIVER_PROVIDER: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.StackdriverProvider",
    fields: &[
        field("debug", Bool, "Write what is exported to the log as well").deprecated(),
        field("maxNumberOfAttributes", Wrapper(&Int64), "Most attributes of a span").deprecated(),
        field("maxNumberOfAnnotations", Wrapper(&Int64), "Most annotations of a span").deprecated(),
        field("maxNumberOfMessageEvents", Wrapper(&Int64), "Most message events of a span").deprecated(),
        field("maxTagLength", Uint32, "Max span tag length").default("256"),
        field("logging", Msg(&STACKDRIVER_PROVIDER_LOGGING), "What access logs contain"),
    ],
};

pub static STACKDRIVER_PROVIDER_LOGGING: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.StackdriverProvider.Logging",
    fields: &[field("labels", Map(&String), "Fields of each log entry and their values")],
};

pub static OPEN_CENSUS_AGENT_TRACING_PROVIDER: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.OpenCensusAgentTracingProvider",
    fields: &[
        field("service", String, "Service host, optionally namespace/"),
        field("port", Uint32, "Port of the service"),
        field("context", List(&Enum(&OPEN_CENSUS_AGENT_TRACING_PROVIDER_TRACE_CONTEXT)), "Trace contexts"),
        field("maxTagLength", Uint32, "Max span tag length").default("256"),
    ],
};

pub static OPEN_CENSUS_AGENT_TRACING_PROVIDER_TRACE_CONTEXT: Enum = Enum {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.OpenCensusAgentTracingProvider.TraceContext",
    values: &[
        value("UNSPECIFIED", 0),
        value("W3C_TRACE_CONTEXT", 1),
        value("GRPC_BIN", 2),
        value("CLOUD_TRACE_CONTEXT", 3),
        value("B3", 4),
    ],
};

pub static SKY_WALKING_TRACING_PROVIDER: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.SkyWalkingTracingProvider",
    fields: &[
        field("service", String, "Service host, optionally namespace/"),
        field("port", Uint32, "Port of the service"),
        field("accessToken", String, "Token the tracer asks for"),
    ],
};

pub static OPEN_TELEMETRY_TRACING_PROVIDER: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.OpenTelemetryTracingProvider",
    fields: &[
        field("service", String, "Service host, optionally namespace/").since("1.16"),
        field("port", Uint32, "Port of the service").since("1.16"),
        field("maxTagLength", Uint32, "Max span tag length").default("256").since("1.16"),
        field("http", Msg(&HTTP_SERVICE), "Send over HTTP").since("1.22"),
        field("grpc", Msg(&GRPC_SERVICE), "Send over gRPC").since("1.24"),
        field("resourceDetectors", Msg(&RESOURCE_DETECTORS), "Resource attributes").since("1.22"),
        field("serviceAttributeEnrichment", Enum(&SERVICE_ATTRIBUTE_ENRICHMENT), "Service.name source").since("1.30"),
        field(
            "dynatraceSampler",
            Msg(&OPEN_TELEMETRY_TRACING_PROVIDER_DYNATRACE_SAMPLER),
            "Let Dynatrace decide which requests are traced",
        )
        .one_of("sampling")
        .since("1.22"),
    ],
};

pub static SERVICE_ATTRIBUTE_ENRICHMENT: Enum = Enum {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.ServiceAttributeEnrichment",
    values: &[value("ISTIO_CANONICAL", 0).since("1.30"), value("OTEL_SEMANTIC_CONVENTIONS", 1).since("1.30")],
};

pub static HTTP_SERVICE: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.HttpService",
    fields: &[
        field("path", String, "Path on the service, or of the file").since("1.22"),
        field("timeout", Duration, "Request timeout").since("1.22"),
        field("headers", List(&Msg(&HTTP_HEADER)), "Extra headers").since("1.22"),
    ],
};

pub static GRPC_SERVICE: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.GrpcService",
    fields: &[
        field("timeout", Duration, "Request timeout").since("1.24"),
        field("initialMetadata", List(&Msg(&HTTP_HEADER)), "gRPC metadata").since("1.24"),
    ],
};

pub static RESOURCE_DETECTORS: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.ResourceDetectors",
    fields: &[
        field(
            "environment",
            Msg(&RESOURCE_DETECTORS_ENVIRONMENT_RESOURCE_DETECTOR),
            "Take the value from an environment variable",
        )
        .since("1.22"),
        field("dynatrace", Msg(&RESOURCE_DETECTORS_DYNATRACE_RESOURCE_DETECTOR), "Dynatrace detector").since("1.22"),
    ],
};

pub static RESOURCE_DETECTORS_ENVIRONMENT_RESOURCE_DETECTOR: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.ResourceDetectors.EnvironmentResourceDetector",
    fields: &[],
};

pub static RESOURCE_DETECTORS_DYNATRACE_RESOURCE_DETECTOR: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.ResourceDetectors.DynatraceResourceDetector",
    fields: &[],
};

pub static OPEN_TELEMETRY_TRACING_PROVIDER_DYNATRACE_SAMPLER: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.OpenTelemetryTracingProvider.DynatraceSampler",
    fields: &[
        field("tenant", String, "Dynatrace tenant").since("1.22"),
        field("clusterId", Int32, "Dynatrace id of the cluster").since("1.22"),
        field("rootSpansPerMinute", Uint32, "Root spans a minute when the service does not answer").since("1.22"),
        field(
            "httpService",
            Msg(&OPEN_TELEMETRY_TRACING_PROVIDER_DYNATRACE_SAMPLER_DYNATRACE_API),
            "Where the sampler asks for its settings",
        )
        .since("1.22"),
    ],
};

pub static OPEN_TELEMETRY_TRACING_PROVIDER_DYNATRACE_SAMPLER_DYNATRACE_API: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.OpenTelemetryTracingProvider.DynatraceSampler.DynatraceApi",
    fields: &[
        field("service", String, "Service host, optionally namespace/").since("1.22"),
        field("port", Uint32, "Port of the service").since("1.22"),
        field("http", Msg(&HTTP_SERVICE), "Send over HTTP").since("1.22"),
    ],
};

pub static PROMETHEUS_METRICS_PROVIDER: Message =
    Message { name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.PrometheusMetricsProvider", fields: &[] };

pub static ENVOY_FILE_ACCESS_LOG_PROVIDER: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.EnvoyFileAccessLogProvider",
    fields: &[
        field("path", String, "Path on the service, or of the file"),
        field("logFormat", Msg(&ENVOY_FILE_ACCESS_LOG_PROVIDER_LOG_FORMAT), "Format of an entry: text or fields"),
        field("omitEmptyValues", Bool, "Skip empty JSON values").since("1.26"),
    ],
};

pub static ENVOY_FILE_ACCESS_LOG_PROVIDER_LOG_FORMAT: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.EnvoyFileAccessLogProvider.LogFormat",
    fields: &[
        field("text", String, "Format of a line of text").one_of("log_format"),
        field("labels", Struct, "Fields of each log entry and their values").one_of("log_format"),
    ],
};

pub static ENVOY_HTTP_GRPC_V3_LOG_PROVIDER: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.EnvoyHttpGrpcV3LogProvider",
    fields: &[
        field("service", String, "Service host, optionally namespace/"),
        field("port", Uint32, "Port of the service"),
        field("logName", String, "Name the service knows the log by"),
        field("filterStateObjectsToLog", List(&String), "Filter state keys"),
        field("additionalRequestHeadersToLog", List(&String), "Request headers"),
        field("additionalResponseHeadersToLog", List(&String), "Response headers"),
        field("additionalResponseTrailersToLog", List(&String), "Trailers"),
    ],
};

pub static ENVOY_TCP_GRPC_V3_LOG_PROVIDER: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.EnvoyTcpGrpcV3LogProvider",
    fields: &[
        field("service", String, "Service host, optionally namespace/"),
        field("port", Uint32, "Port of the service"),
        field("logName", String, "Name the service knows the log by"),
        field("filterStateObjectsToLog", List(&String), "Filter state keys"),
    ],
};

pub static ENVOY_OPEN_TELEMETRY_LOG_PROVIDER: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.EnvoyOpenTelemetryLogProvider",
    fields: &[
        field("service", String, "Service host, optionally namespace/"),
        field("port", Uint32, "Port of the service"),
        field("logName", String, "Name the service knows the log by"),
        field("logFormat", Msg(&ENVOY_OPEN_TELEMETRY_LOG_PROVIDER_LOG_FORMAT), "Format of an entry: text or fields"),
    ],
};

pub static ENVOY_OPEN_TELEMETRY_LOG_PROVIDER_LOG_FORMAT: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.EnvoyOpenTelemetryLogProvider.LogFormat",
    fields: &[
        field("text", String, "Format of a line of text"),
        field("labels", Struct, "Fields of each log entry and their values"),
    ],
};

pub static SDS_PROVIDER: Message = Message {
    name: "istio.mesh.v1alpha1.MeshConfig.ExtensionProvider.SDSProvider",
    fields: &[
        field("name", String, "The name").since("1.27"),
        field("service", String, "Service host, optionally namespace/").since("1.27"),
        field("port", Uint32, "Port of the service").since("1.27"),
    ],
};
