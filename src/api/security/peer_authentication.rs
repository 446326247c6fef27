//! PeerAuthentication: which mutual TLS mode workloads accept.

use crate::api::schema::{Enum, Message, Rule::*, Type::*, field, value};
use crate::api::targeting::WORKLOAD_SELECTOR;

pub static PEER_AUTHENTICATION: Message = Message {
    name: "istio.security.v1beta1.PeerAuthentication",
    fields: &[
        field("selector", Msg(&WORKLOAD_SELECTOR), "Pods the policy applies to; all of the namespace when absent"),
        field("mtls", Msg(&PEER_AUTHENTICATION_MUTUAL_TLS), "Mode of mutual TLS on all ports"),
        field("portLevelMtls", PortMap(&Msg(&PEER_AUTHENTICATION_MUTUAL_TLS)), "Mode per workload port")
            .rules(&[MinProperties(1), Cel("self.all(key, 0 < int(key) && int(key) <= 65535)")]),
    ],
};

pub static PEER_AUTHENTICATION_MUTUAL_TLS: Message = Message {
    name: "istio.security.v1beta1.PeerAuthentication.MutualTLS",
    fields: &[field("mode", Enum(&PEER_AUTHENTICATION_MUTUAL_TLS_MODE), "").default("inherit, then PERMISSIVE")],
};

pub static PEER_AUTHENTICATION_MUTUAL_TLS_MODE: Enum = Enum {
    name: "istio.security.v1beta1.PeerAuthentication.MutualTLS.Mode",
    values: &[value("UNSET", 0), value("DISABLE", 1), value("PERMISSIVE", 2), value("STRICT", 3)],
};
