//! MeshNetworks: which endpoints and gateways belong to which network.

use crate::api::schema::{Message, Type::*, field};

pub static MESH_NETWORKS: Message = Message {
    name: "istio.mesh.v1alpha1.MeshNetworks",
    fields: &[field("networks", Map(&Msg(&NETWORK)), "Network id to definition")],
};

pub static NETWORK: Message = Message {
    name: "istio.mesh.v1alpha1.Network",
    fields: &[
        field("endpoints", List(&Msg(&NETWORK_NETWORK_ENDPOINTS)), "Which endpoints belong"),
        field("gateways", List(&Msg(&NETWORK_ISTIO_NETWORK_GATEWAY)), "Entry gateways"),
    ],
};

pub static NETWORK_NETWORK_ENDPOINTS: Message = Message {
    name: "istio.mesh.v1alpha1.Network.NetworkEndpoints",
    fields: &[
        field("fromCidr", String, "CIDR of endpoints").one_of("ne"),
        field("fromRegistry", String, "Cluster (registry) name").one_of("ne"),
    ],
};

pub static NETWORK_ISTIO_NETWORK_GATEWAY: Message = Message {
    name: "istio.mesh.v1alpha1.Network.IstioNetworkGateway",
    fields: &[
        field("registryServiceName", String, "Gateway service FQDN").one_of("gw"),
        field("address", String, "Gateway IP or name").one_of("gw"),
        field("port", Uint32, "Gateway port"),
        field("locality", String, "Gateway locality"),
    ],
};
