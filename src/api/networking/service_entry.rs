//! ServiceEntry: services that are added to the mesh's registry by hand.

use crate::api::networking::workload_entry::{SOCKET_WITHOUT_PORTS, WORKLOAD_ENTRY};
use crate::api::schema::{Enum, Message, Rule::*, Type::*, field, value};
use crate::api::targeting::WORKLOAD_LABELS;

pub static SERVICE_ENTRY: Message = Message {
    name: "istio.networking.v1alpha3.ServiceEntry",
    fields: &[
        field("hosts", List(&String), "Names of the service")
            .required()
            .rules(&[MinItems(1), MaxItems(256)])
            .item_rules(&[Cel(r#"self != "*""#)]),
        field("addresses", List(&String), "Virtual IPs or CIDRs").rules(&[MaxItems(256)]).item_rules(&[MaxLength(64)]),
        field("ports", List(&Msg(&SERVICE_PORT)), "Service ports").rules(&[
            MaxItems(256),
            Cel("self.all(l1, self.exists_one(l2, l1.number == l2.number))"),
            UniqueBy("name"),
        ]),
        field("location", Enum(&SERVICE_ENTRY_LOCATION), "").default("MESH_EXTERNAL"),
        field("resolution", Enum(&SERVICE_ENTRY_RESOLUTION), "").default("NONE"),
        field("endpoints", List(&Msg(&WORKLOAD_ENTRY)), "The workloads behind the service")
            .rules(&[MaxItems(4096)])
            .item_rules(&[Cel("has(self.address) || has(self.network)"), SOCKET_WITHOUT_PORTS]),
        field("workloadSelector", Msg(&WORKLOAD_LABELS), "Pick pods/WorkloadEntries as backends"),
        field("exportTo", List(&String), "Namespaces that see it; `.` is its own, `*` all, `~` none").default("*"),
        field("subjectAltNames", List(&String), "Accepted server SANs"),
    ],
};

pub static SERVICE_ENTRY_LOCATION: Enum = Enum {
    name: "istio.networking.v1alpha3.ServiceEntry.Location",
    values: &[value("MESH_EXTERNAL", 0), value("MESH_INTERNAL", 1)],
};

pub static SERVICE_ENTRY_RESOLUTION: Enum = Enum {
    name: "istio.networking.v1alpha3.ServiceEntry.Resolution",
    values: &[
        value("NONE", 0),
        value("STATIC", 1),
        value("DNS", 2),
        value("DNS_ROUND_ROBIN", 3),
        value("DYNAMIC_DNS", 4).since("1.28"),
    ],
};

pub static SERVICE_PORT: Message = Message {
    name: "istio.networking.v1alpha3.ServicePort",
    fields: &[
        field("number", Uint32, "Number of the port").required().rules(&[PortNumber]).since("1.17"),
        field("protocol", String, "Protocol name").rules(&[MaxLength(256)]).since("1.17"),
        field("name", String, "Name of the port, unique in the resource")
            .required()
            .rules(&[MaxLength(256)])
            .since("1.17"),
        field("targetPort", Uint32, "Endpoint port").rules(&[PortNumber]).default("number").since("1.17"),
    ],
};
