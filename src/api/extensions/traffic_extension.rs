//! TrafficExtension: WebAssembly or Lua filters in the proxy.

use crate::api::extensions::wasm_plugin::{FAIL_STRATEGY, PLUGIN_TYPE, PULL_POLICY, VM_CONFIG, WORKLOAD_MODE};
use crate::api::schema::{Enum, Message, Rule::*, Type::*, field, value};
use crate::api::targeting::{POLICY_TARGET_REFERENCE, PORT_NUMBER, WORKLOAD_SELECTOR};

pub static TRAFFIC_EXTENSION: Message = Message {
    name: "istio.extensions.v1alpha1.TrafficExtension",
    fields: &[
        field("selector", Msg(&WORKLOAD_SELECTOR), "Pods the policy applies to; all of the namespace when absent")
            .since("1.30"),
        field(
            "targetRefs",
            List(&Msg(&POLICY_TARGET_REFERENCE)),
            "Services, gateways or waypoints the policy applies to",
        )
        .rules(&[MaxItems(16)])
        .since("1.30")
        .proto(""),
        field("phase", Enum(&TRAFFIC_EXTENSION_EXECUTION_PHASE), "Insertion phase").since("1.30"),
        field("priority", Wrapper(&Int32), "Order in phase").since("1.30"),
        field("match", List(&Msg(&TRAFFIC_SELECTOR)), "Traffic subset").since("1.30"),
        field("wasm", Msg(&WASM_CONFIG), "A WebAssembly module to run as a filter")
            .one_of("filter_config")
            .since("1.30"),
        field("lua", Msg(&LUA_CONFIG), "Lua code to run as a filter").one_of("filter_config").since("1.30"),
    ],
};

pub static TRAFFIC_EXTENSION_EXECUTION_PHASE: Enum = Enum {
    name: "istio.extensions.v1alpha1.TrafficExtension.ExecutionPhase",
    values: &[
        value("UNSPECIFIED", 0).since("1.30"),
        value("AUTHN", 1).since("1.30"),
        value("AUTHZ", 2).since("1.30"),
        value("STATS", 3).since("1.30"),
    ],
};

pub static TRAFFIC_SELECTOR: Message = Message {
    name: "istio.extensions.v1alpha1.TrafficSelector",
    fields: &[
        field("mode", Enum(&WORKLOAD_MODE), "Direction of the traffic the filter applies to: CLIENT, SERVER or both")
            .since("1.30"),
        field("ports", List(&Msg(&PORT_NUMBER)), "Ports the filter applies to; all when empty")
            .rules(&[UniqueBy("number")])
            .since("1.30"),
    ],
};

/// Where a module may come from, by the CRD.
pub const URL_RULE: &str = r#"isURL(self) ? (url(self).getScheme() in ["", "http", "https", "file", "oci"]) : (isURL("http://" + self) &&
url("http://" + self).getScheme() in ["", "http", "https", "file", "oci"])"#;

pub static WASM_CONFIG: Message = Message {
    name: "istio.extensions.v1alpha1.WasmConfig",
    fields: &[
        field("url", String, "As WasmPlugin").required().rules(&[MinLength(1), Cel(URL_RULE)]).since("1.30"),
        field("sha256", String, "As WasmPlugin").rules(&[Pattern("(^$|^[a-f0-9]{64}$)")]).since("1.30"),
        field("imagePullPolicy", Enum(&PULL_POLICY), "As WasmPlugin").since("1.30"),
        field("imagePullSecret", String, "As WasmPlugin").rules(&[MinLength(1), MaxLength(253)]).since("1.30"),
        field("verificationKey", String, "Reserved; nothing reads it yet").since("1.30"),
        field("pluginConfig", Struct, "As WasmPlugin").since("1.30"),
        field("pluginName", String, "As WasmPlugin").rules(&[MinLength(1), MaxLength(256)]).since("1.30"),
        field("failStrategy", Enum(&FAIL_STRATEGY), "As WasmPlugin").since("1.30"),
        field("vmConfig", Msg(&VM_CONFIG), "As WasmPlugin").since("1.30"),
        field("type", Enum(&PLUGIN_TYPE), "As WasmPlugin").since("1.30"),
    ],
};

pub static LUA_CONFIG: Message = Message {
    name: "istio.extensions.v1alpha1.LuaConfig",
    fields: &[field("inlineCode", String, "Lua source, 64 KiB at most")
        .required()
        .rules(&[MinLength(1), MaxLength(65536)])
        .since("1.30")],
};
