//! Telemetry: metrics, traces and access logs.

use crate::api::schema::{Enum, Message, Rule::*, Type::*, field, value};
use crate::api::targeting::{SELECTOR, TARGET_REF, TARGET_REFS};

pub static TELEMETRY: Message = Message {
    name: "istio.telemetry.v1alpha1.Telemetry",
    fields: &[
        SELECTOR,
        TARGET_REF,
        TARGET_REFS,
        field("tracing", List(&Msg(&TRACING)), "Tracing settings"),
        field("metrics", List(&Msg(&METRICS)), "Metric settings"),
        field("accessLogging", List(&Msg(&ACCESS_LOGGING)), "Log settings"),
    ],
};

pub static TRACING: Message = Message {
    name: "istio.telemetry.v1alpha1.Tracing",
    fields: &[
        field("match", Msg(&TRACING_TRACING_SELECTOR), "Direction").since("1.14"),
        field("providers", List(&Msg(&PROVIDER_REF)), "Providers; empty inherits"),
        field("randomSamplingPercentage", Wrapper(&Double), "Sampling share")
            .rules(&[Minimum(0), Maximum(100)])
            .default("inherit (1%)"),
        field("disableSpanReporting", Wrapper(&Bool), "No spans"),
        field("customTags", Map(&Msg(&TRACING_CUSTOM_TAG)), "Extra span tags"),
        field("useRequestIdForTraceSampling", Wrapper(&Bool), "Sample by x-request-id").default("true"),
        field("enableIstioTags", Wrapper(&Bool), "Add Istio tags").default("true").since("1.25"),
        field("disableContextPropagation", Wrapper(&Bool), "Do not inject trace headers").since("1.30"),
    ],
};

pub static TRACING_TRACING_SELECTOR: Message = Message {
    name: "istio.telemetry.v1alpha1.Tracing.TracingSelector",
    fields: &[field("mode", Enum(&WORKLOAD_MODE), "").since("1.14")],
};

pub static WORKLOAD_MODE: Enum = Enum {
    name: "istio.telemetry.v1alpha1.WorkloadMode",
    values: &[value("CLIENT_AND_SERVER", 0), value("CLIENT", 1), value("SERVER", 2)],
};

pub static PROVIDER_REF: Message = Message {
    name: "istio.telemetry.v1alpha1.ProviderRef",
    fields: &[field("name", String, "Provider name").required().rules(&[MinLength(1)])],
};

pub static TRACING_CUSTOM_TAG: Message = Message {
    name: "istio.telemetry.v1alpha1.Tracing.CustomTag",
    fields: &[
        field("literal", Msg(&TRACING_LITERAL), "Fixed value").one_of("type"),
        field("environment", Msg(&TRACING_ENVIRONMENT), "Proxy env variable").one_of("type"),
        field("header", Msg(&TRACING_REQUEST_HEADER), "Request header").one_of("type"),
        field("formatter", Msg(&TRACING_FORMATTER), "Envoy format string").one_of("type").since("1.29"),
    ],
};

pub static TRACING_LITERAL: Message = Message {
    name: "istio.telemetry.v1alpha1.Tracing.Literal",
    fields: &[field("value", String, "The text").required().rules(&[MinLength(1)])],
};

pub static TRACING_ENVIRONMENT: Message = Message {
    name: "istio.telemetry.v1alpha1.Tracing.Environment",
    fields: &[
        field("name", String, "Name of the environment variable").required().rules(&[MinLength(1)]),
        field("defaultValue", String, "Fallback"),
    ],
};

pub static TRACING_REQUEST_HEADER: Message = Message {
    name: "istio.telemetry.v1alpha1.Tracing.RequestHeader",
    fields: &[
        field("name", String, "Name of the header").required().rules(&[MinLength(1)]),
        field("defaultValue", String, "Fallback"),
    ],
};

pub static TRACING_FORMATTER: Message = Message {
    name: "istio.telemetry.v1alpha1.Tracing.Formatter",
    fields: &[field("value", String, "Format string").required().rules(&[MinLength(1)]).since("1.29")],
};

pub static METRICS: Message = Message {
    name: "istio.telemetry.v1alpha1.Metrics",
    fields: &[
        field("providers", List(&Msg(&PROVIDER_REF)), "Providers"),
        field("overrides", List(&Msg(&METRICS_OVERRIDES)), "Per-metric changes in order"),
        field("reportingInterval", Duration, "TCP report period").rules(&[AtLeast1Ms]).default("5s").since("1.17"),
    ],
};

pub static METRICS_OVERRIDES: Message = Message {
    name: "istio.telemetry.v1alpha1.MetricsOverrides",
    fields: &[
        field("match", Msg(&METRIC_SELECTOR), "Metric and direction"),
        field("disabled", Wrapper(&Bool), "Turn off"),
        field("tagOverrides", Map(&Msg(&METRICS_OVERRIDES_TAG_OVERRIDE)), "Tag changes by name").item_rules(&[
            Cel(r#"((has(self.operation) ? self.operation : "") == "UPSERT") ? (self.value != "") : true"#),
            Cel(r#"((has(self.operation) ? self.operation : "") == "REMOVE") ? !has(self.value) : true"#),
        ]),
    ],
};

pub static METRIC_SELECTOR: Message = Message {
    name: "istio.telemetry.v1alpha1.MetricSelector",
    fields: &[
        field("metric", Enum(&METRIC_SELECTOR_ISTIO_METRIC), "Standard metric name").one_of("metric_match"),
        field("customMetric", String, "Free metric name").one_of("metric_match").rules(&[MinLength(1)]),
        field("mode", Enum(&WORKLOAD_MODE), "Direction of the traffic the filter applies to: CLIENT, SERVER or both"),
    ],
};

pub static METRIC_SELECTOR_ISTIO_METRIC: Enum = Enum {
    name: "istio.telemetry.v1alpha1.MetricSelector.IstioMetric",
    values: &[
        value("ALL_METRICS", 0),
        value("REQUEST_COUNT", 1),
        value("REQUEST_DURATION", 2),
        value("REQUEST_SIZE", 3),
        value("RESPONSE_SIZE", 4),
        value("TCP_OPENED_CONNECTIONS", 5),
        value("TCP_CLOSED_CONNECTIONS", 6),
        value("TCP_SENT_BYTES", 7),
        value("TCP_RECEIVED_BYTES", 8),
        value("GRPC_REQUEST_MESSAGES", 9),
        value("GRPC_RESPONSE_MESSAGES", 10),
    ],
};

pub static METRICS_OVERRIDES_TAG_OVERRIDE: Message = Message {
    name: "istio.telemetry.v1alpha1.MetricsOverrides.TagOverride",
    fields: &[
        field("operation", Enum(&METRICS_OVERRIDES_TAG_OVERRIDE_OPERATION), "").default("UPSERT"),
        field("value", String, "CEL for tag value"),
    ],
};

pub static METRICS_OVERRIDES_TAG_OVERRIDE_OPERATION: Enum = Enum {
    name: "istio.telemetry.v1alpha1.MetricsOverrides.TagOverride.Operation",
    values: &[value("UPSERT", 0), value("REMOVE", 1)],
};

pub static ACCESS_LOGGING: Message = Message {
    name: "istio.telemetry.v1alpha1.AccessLogging",
    fields: &[
        field("match", Msg(&ACCESS_LOGGING_LOG_SELECTOR), "Direction").since("1.14"),
        field("providers", List(&Msg(&PROVIDER_REF)), "Providers"),
        field("disabled", Wrapper(&Bool), "Turn off"),
        field("filter", Msg(&ACCESS_LOGGING_FILTER), "CEL filter"),
    ],
};

pub static ACCESS_LOGGING_LOG_SELECTOR: Message = Message {
    name: "istio.telemetry.v1alpha1.AccessLogging.LogSelector",
    fields: &[field(
        "mode",
        Enum(&WORKLOAD_MODE),
        "Direction of the traffic the filter applies to: CLIENT, SERVER or both",
    )
    .since("1.14")],
};

pub static ACCESS_LOGGING_FILTER: Message = Message {
    name: "istio.telemetry.v1alpha1.AccessLogging.Filter",
    fields: &[field("expression", String, "CEL; log when true")],
};
