//! Sidecar: which listeners a proxy opens and which services it can see.

use crate::api::networking::destination_rule::CONNECTION_POOL_SETTINGS;
use crate::api::networking::gateway::{ONE_CERTIFICATE_SOURCE, SERVER_TLS_SETTINGS};
use crate::api::networking::virtual_service::DESTINATION;
use crate::api::schema::{Enum, Message, Type::*, field, value};
use crate::api::targeting::WORKLOAD_LABELS;

pub static SIDECAR: Message = Message {
    name: "istio.networking.v1alpha3.Sidecar",
    fields: &[
        field("workloadSelector", Msg(&WORKLOAD_LABELS), "Pods configured; absent means namespace"),
        field("ingress", List(&Msg(&ISTIO_INGRESS_LISTENER)), "Inbound listeners").default("from services"),
        field("egress", List(&Msg(&ISTIO_EGRESS_LISTENER)), "Outbound visibility").default("all namespaces"),
        field("inboundConnectionPool", Msg(&CONNECTION_POOL_SETTINGS), "Limits for inbound").since("1.20"),
        field("outboundTrafficPolicy", Msg(&OUTBOUND_TRAFFIC_POLICY), "Unknown egress handling").default("mesh value"),
    ],
};

pub static ISTIO_INGRESS_LISTENER: Message = Message {
    name: "istio.networking.v1alpha3.IstioIngressListener",
    fields: &[
        field("port", Msg(&SIDECAR_PORT), "Listener port").required(),
        field("bind", String, "Listen address"),
        field("captureMode", Enum(&CAPTURE_MODE), ""),
        field("defaultEndpoint", String, "Where to forward"),
        field("tls", Msg(&SERVER_TLS_SETTINGS), "Terminate TLS").rules(ONE_CERTIFICATE_SOURCE),
        field("connectionPool", Msg(&CONNECTION_POOL_SETTINGS), "Per-listener limits").since("1.20"),
    ],
};

pub static CAPTURE_MODE: Enum = Enum {
    name: "istio.networking.v1alpha3.CaptureMode",
    values: &[value("DEFAULT", 0), value("IPTABLES", 1), value("NONE", 2)],
};

pub static SIDECAR_PORT: Message = Message {
    name: "istio.networking.v1alpha3.SidecarPort",
    fields: &[
        field("number", Uint32, "Number of the port").since("1.20"),
        field("protocol", String, "Protocol spoken: HTTP, HTTPS, HTTP2, GRPC, TLS, TCP, MONGO and so on").since("1.20"),
        field("name", String, "Name of the port, unique in the resource").since("1.20"),
        field("targetPort", Uint32, "Reserved; must not be given here").since("1.20").deprecated(),
    ],
};

pub static ISTIO_EGRESS_LISTENER: Message = Message {
    name: "istio.networking.v1alpha3.IstioEgressListener",
    fields: &[
        field("port", Msg(&SIDECAR_PORT), "Listener port; absent means catch-all"),
        field("bind", String, "Listen address"),
        field("captureMode", Enum(&CAPTURE_MODE), ""),
        field("hosts", List(&String), "Namespace/host visible").required(),
    ],
};

pub static OUTBOUND_TRAFFIC_POLICY: Message = Message {
    name: "istio.networking.v1alpha3.OutboundTrafficPolicy",
    fields: &[
        field("mode", Enum(&OUTBOUND_TRAFFIC_POLICY_MODE), ""),
        field("egressProxy", Msg(&DESTINATION), "Send unknown traffic there"),
    ],
};

pub static OUTBOUND_TRAFFIC_POLICY_MODE: Enum = Enum {
    name: "istio.networking.v1alpha3.OutboundTrafficPolicy.Mode",
    values: &[value("REGISTRY_ONLY", 0), value("ALLOW_ANY", 1)],
};
