//! WorkloadGroup: the template and health probe of workloads that register themselves.

use crate::api::networking::workload_entry::{SOCKET_WITHOUT_PORTS, WORKLOAD_ENTRY};
use crate::api::schema::{Message, Rule::*, Type::*, field};

pub static WORKLOAD_GROUP: Message = Message {
    name: "istio.networking.v1alpha3.WorkloadGroup",
    fields: &[
        field("metadata", Msg(&WORKLOAD_GROUP_OBJECT_META), "Metadata copied to entries"),
        field("template", Msg(&WORKLOAD_ENTRY), "WorkloadEntry template").required().rules(&[SOCKET_WITHOUT_PORTS]),
        field("probe", Msg(&READINESS_PROBE), "Readiness check"),
    ],
};

pub static WORKLOAD_GROUP_OBJECT_META: Message = Message {
    name: "istio.networking.v1alpha3.WorkloadGroup.ObjectMeta",
    fields: &[
        field("labels", Map(&String), "Labels given to the workload entries").rules(&[MaxProperties(256)]),
        field("annotations", Map(&String), "Annotations").rules(&[MaxProperties(256)]),
    ],
};

pub static READINESS_PROBE: Message = Message {
    name: "istio.networking.v1alpha3.ReadinessProbe",
    fields: &[
        field("initialDelaySeconds", Int32, "Wait before probing").rules(&[Minimum(0)]),
        field("timeoutSeconds", Int32, "Probe timeout").rules(&[Minimum(0)]).default("1"),
        field("periodSeconds", Int32, "Seconds between two probes").rules(&[Minimum(0)]).default("10"),
        field("successThreshold", Int32, "Successes to be ready").rules(&[Minimum(0)]).default("1"),
        field("failureThreshold", Int32, "Failures to be unready").rules(&[Minimum(0)]).default("3"),
        field("httpGet", Msg(&HTTP_HEALTH_CHECK_CONFIG), "Healthy when a GET request is answered with 200 to 399")
            .one_of("health_check_method"),
        field("tcpSocket", Msg(&TCP_HEALTH_CHECK_CONFIG), "Healthy when a connection opens")
            .one_of("health_check_method"),
        field("exec", Msg(&EXEC_HEALTH_CHECK_CONFIG), "Command probe").one_of("health_check_method"),
        field("grpc", Msg(&GRPC_HEALTH_CHECK_CONFIG), "Healthy when the gRPC health service says so")
            .one_of("health_check_method")
            .since("1.25"),
    ],
};

pub static HTTP_HEALTH_CHECK_CONFIG: Message = Message {
    name: "istio.networking.v1alpha3.HTTPHealthCheckConfig",
    fields: &[
        field("path", String, "Path to request"),
        field("port", Uint32, "Number of the port").required().rules(&[PortNumber]),
        field("host", String, "Host to connect to; the workload itself by default").default("pod IP"),
        field("scheme", String, "HTTP or HTTPS").rules(&[Cel(r#"self in ["", "HTTP", "HTTPS"]"#)]).default("HTTP"),
        field("httpHeaders", List(&Msg(&HTTP_HEADER)), "Request headers"),
    ],
};

pub static HTTP_HEADER: Message = Message {
    name: "istio.networking.v1alpha3.HTTPHeader",
    fields: &[
        field("name", String, "The name").rules(&[Pattern("^[-_A-Za-z0-9]+$")]),
        field("value", String, "The value"),
    ],
};

pub static TCP_HEALTH_CHECK_CONFIG: Message = Message {
    name: "istio.networking.v1alpha3.TCPHealthCheckConfig",
    fields: &[
        field("host", String, "Host to connect to; the workload itself by default").default("localhost"),
        field("port", Uint32, "Number of the port").required().rules(&[PortNumber]),
    ],
};

pub static EXEC_HEALTH_CHECK_CONFIG: Message = Message {
    name: "istio.networking.v1alpha3.ExecHealthCheckConfig",
    fields: &[field("command", List(&String), "Argv; exit 0 healthy").required().item_rules(&[MinLength(1)])],
};

pub static GRPC_HEALTH_CHECK_CONFIG: Message = Message {
    name: "istio.networking.v1alpha3.GrpcHealthCheckConfig",
    fields: &[
        field("port", Uint32, "Number of the port").rules(&[PortNumber]).since("1.25"),
        field("service", String, "Service to ask about; the whole server when empty").since("1.25"),
    ],
};
