//! Selectors and target references, shared by many kinds. Two selector messages exist: `matchLabels` and, in three older kinds, `labels`.

use crate::api::schema::{Message, Rule::*, Type::*, field};

pub static WORKLOAD_SELECTOR: Message = Message {
    name: "istio.type.v1beta1.WorkloadSelector",
    fields: &[field("matchLabels", Map(&String), "Pod labels, all must match")
        .rules(&[
            MaxProperties(4096),
            Cel(r#"self.all(key, !key.contains("*"))"#),
            Cel("self.all(key, key.size() != 0)"),
        ])
        .item_rules(&[MaxLength(63), Cel(r#"!self.contains("*")"#)])],
};

pub static WORKLOAD_LABELS: Message = Message {
    name: "istio.networking.v1alpha3.WorkloadSelector",
    fields: &[field("labels", Map(&String), "Pod labels, all must match")
        .rules(&[MaxProperties(256)])
        .item_rules(&[MaxLength(63), Cel(r#"!self.contains("*")"#)])],
};

pub static POLICY_TARGET_REFERENCE: Message = Message {
    name: "istio.type.v1beta1.PolicyTargetReference",
    fields: &[
        field("group", String, "API group of target")
            .rules(&[
                MaxLength(253),
                Pattern(r#"^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"#),
            ])
            .since("1.20"),
        field("kind", String, "Kind of target")
            .required()
            .rules(&[MinLength(1), MaxLength(63), Pattern("^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$")])
            .since("1.20"),
        field("name", String, "Name of target").required().rules(&[MinLength(1), MaxLength(253)]).since("1.20"),
        field("namespace", String, "Must be empty").rules(&[Cel("self.size() == 0")]).since("1.20"),
    ],
};

pub static PORT_NUMBER: Message = Message {
    name: "istio.type.v1beta1.PortSelector",
    fields: &[field("number", Uint32, "Number of the port")
        .required()
        .rules(&[Minimum(1), Maximum(65535)])
        .since("1.16")],
};
