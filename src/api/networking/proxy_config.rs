//! ProxyConfig (`networking.istio.io`): per-workload proxy settings. The mesh-wide message of the same name is in `mesh::proxy`.

use crate::api::schema::{Message, Rule::*, Type::*, field};
use crate::api::targeting::WORKLOAD_SELECTOR;

pub static PROXY_CONFIG: Message = Message {
    name: "istio.networking.v1beta1.ProxyConfig",
    fields: &[
        field("selector", Msg(&WORKLOAD_SELECTOR), "Pods configured"),
        field("concurrency", Wrapper(&Int32), "Worker threads").rules(&[Minimum(0)]).default("CPU based; 0 all cores"),
        field("environmentVariables", Map(&String), "Extra proxy environment").item_rules(&[MaxLength(2048)]),
        field("image", Msg(&PROXY_IMAGE), "Proxy image choice"),
    ],
};

pub static PROXY_IMAGE: Message = Message {
    name: "istio.networking.v1beta1.ProxyImage",
    fields: &[field("imageType", String, "Default, debug or distroless")],
};
