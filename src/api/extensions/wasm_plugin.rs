//! WasmPlugin: WebAssembly filters in the proxy.

use crate::api::schema::{Enum, Message, Rule::*, Type::*, field, value};
use crate::api::targeting::{PORT_NUMBER, SELECTOR, TARGET_REF, TARGET_REFS};

/// Where a module may come from, by the CRD.
pub const URL_RULE: &str = r#"isURL(self) ? (url(self).getScheme() in ["", "http", "https", "oci", "file"]) : (isURL("http://" + self) &&
url("http://" + self).getScheme() in ["", "http", "https", "oci", "file"])"#;

pub static WASM_PLUGIN: Message = Message {
    name: "istio.extensions.v1alpha1.WasmPlugin",
    fields: &[
        SELECTOR,
        TARGET_REF,
        TARGET_REFS,
        field("url", String, "Module location")
            .required()
            .rules(&[MinLength(1), Cel(URL_RULE)])
            .default("default scheme: oci"),
        field("sha256", String, "Checksum of module").rules(&[Pattern("(^$|^[a-f0-9]{64}$)")]),
        field("imagePullPolicy", Enum(&PULL_POLICY), ""),
        field("imagePullSecret", String, "Pull secret name").rules(&[MinLength(1), MaxLength(253)]),
        field("verificationKey", String, "Reserved; nothing reads it yet"),
        field("pluginConfig", Struct, "Free configuration"),
        field("pluginName", String, "Name given to Wasm").rules(&[MinLength(1), MaxLength(256)]),
        field("phase", Enum(&PLUGIN_PHASE), "Insertion phase"),
        field("priority", Wrapper(&Int32), "Order in phase, higher first").default("0"),
        field("failStrategy", Enum(&FAIL_STRATEGY), "").since("1.19"),
        field("vmConfig", Msg(&VM_CONFIG), "VM environment").since("1.14"),
        field("match", List(&Msg(&WASM_PLUGIN_TRAFFIC_SELECTOR)), "Traffic subset").since("1.16"),
        field("type", Enum(&PLUGIN_TYPE), "").default("HTTP").since("1.20"),
    ],
};

pub static PULL_POLICY: Enum = Enum {
    name: "istio.extensions.v1alpha1.PullPolicy",
    values: &[value("UNSPECIFIED_POLICY", 0), value("IfNotPresent", 1), value("Always", 2)],
};

pub static PLUGIN_PHASE: Enum = Enum {
    name: "istio.extensions.v1alpha1.PluginPhase",
    values: &[value("UNSPECIFIED_PHASE", 0), value("AUTHN", 1), value("AUTHZ", 2), value("STATS", 3)],
};

pub static FAIL_STRATEGY: Enum = Enum {
    name: "istio.extensions.v1alpha1.FailStrategy",
    values: &[
        value("FAIL_CLOSE", 0).since("1.19"),
        value("FAIL_OPEN", 1).since("1.19"),
        value("FAIL_RELOAD", 2).since("1.27"),
    ],
};

pub static PLUGIN_TYPE: Enum = Enum {
    name: "istio.extensions.v1alpha1.PluginType",
    values: &[
        value("UNSPECIFIED_PLUGIN_TYPE", 0).since("1.20"),
        value("HTTP", 1).since("1.20"),
        value("NETWORK", 2).since("1.20"),
    ],
};

pub static VM_CONFIG: Message = Message {
    name: "istio.extensions.v1alpha1.VmConfig",
    fields: &[field("env", List(&Msg(&ENV_VAR)), "Environment entries")
        .rules(&[MaxItems(256), UniqueBy("name")])
        .item_rules(&[Cel(r#"(has(self.valueFrom) ? self.valueFrom : "") != "HOST" || !has(self.value)"#)])
        .since("1.14")],
};

pub static ENV_VAR: Message = Message {
    name: "istio.extensions.v1alpha1.EnvVar",
    fields: &[
        field("name", String, "Name of the environment variable")
            .required()
            .rules(&[MinLength(1), MaxLength(256)])
            .since("1.14"),
        field("valueFrom", Enum(&ENV_VALUE_SOURCE), "").default("INLINE").since("1.14"),
        field("value", String, "Value for INLINE").rules(&[MaxLength(2048)]).since("1.14"),
    ],
};

pub static ENV_VALUE_SOURCE: Enum = Enum {
    name: "istio.extensions.v1alpha1.EnvValueSource",
    values: &[value("INLINE", 0).since("1.14"), value("HOST", 1).since("1.14")],
};

pub static WASM_PLUGIN_TRAFFIC_SELECTOR: Message = Message {
    name: "istio.extensions.v1alpha1.WasmPlugin.TrafficSelector",
    fields: &[
        field("mode", Enum(&WORKLOAD_MODE), "").since("1.16"),
        field("ports", List(&Msg(&PORT_NUMBER)), "Ports the filter applies to; all when empty")
            .rules(&[UniqueBy("number")])
            .since("1.16"),
    ],
};

pub static WORKLOAD_MODE: Enum = Enum {
    name: "istio.extensions.v1alpha1.WorkloadMode",
    values: &[
        value("UNDEFINED", 0).since("1.16"),
        value("CLIENT", 1).since("1.16"),
        value("SERVER", 2).since("1.16"),
        value("CLIENT_AND_SERVER", 3).since("1.16"),
    ],
};
