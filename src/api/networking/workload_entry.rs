//! WorkloadEntry: one workload outside Kubernetes, such as a virtual machine.

use crate::api::schema::{Message, Rule, Rule::*, Type::*, field};

/// A workload behind a Unix socket has no ports.
pub const SOCKET_WITHOUT_PORTS: Rule =
    Cel(r#"(has(self.address) ? self.address : "").startsWith("unix://") ? !has(self.ports) : true"#);

pub static WORKLOAD_ENTRY: Message = Message {
    name: "istio.networking.v1alpha3.WorkloadEntry",
    fields: &[
        field("address", String, "IP, DNS name or unix path").rules(&[
            MaxLength(256),
            Cel(r#"self.startsWith("unix://") ? (self.substring(7, 8) == "/" || self.substring(7, 8) == "@") : true"#),
            Cel(r#"self.startsWith("unix://") ? !self.endsWith("/") : true"#),
        ]),
        field("ports", Map(&Uint32), "Port name to endpoint port")
            .rules(&[
                MaxProperties(128),
                Cel(r#"self.all(key, size(key) < 63 && key.matches("^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$"))"#),
            ])
            .item_rules(&[PortNumber]),
        field("labels", Map(&String), "Endpoint labels").rules(&[MaxProperties(256)]),
        field("network", String, "Network the workload is in; traffic from other networks goes through its gateway")
            .rules(&[MaxLength(2048)]),
        field("locality", String, "Region/zone/subzone").rules(&[MaxLength(2048)]),
        field("weight", Uint32, "Balancing weight"),
        field("serviceAccount", String, "Identity of the workload").rules(&[MaxLength(253)]),
    ],
};
