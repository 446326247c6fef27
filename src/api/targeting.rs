//! Selectors and target references, shared by many kinds. Two selector messages exist: `matchLabels` and, in three older kinds, `labels`.

use crate::api::schema::{Field, Message, Rule, Rule::*, Type, Type::*, field};

/// The first fields of a policy: what it applies to.
pub const SELECTOR: Field =
    field("selector", Msg(&WORKLOAD_SELECTOR), "Pods the policy applies to; all of the namespace when absent");
pub const TARGET_REF: Field =
    field("targetRef", Msg(&POLICY_TARGET_REFERENCE), "The one service, gateway or waypoint the policy applies to")
        .since("1.20")
        .proto("");
pub const TARGET_REFS: Field =
    field("targetRefs", List(TARGET), "Services, gateways or waypoints the policy applies to")
        .rules(AT_MOST_16)
        .since("1.22")
        .proto("");

const TARGET: &Type = &Msg(&POLICY_TARGET_REFERENCE);
const AT_MOST_16: &[Rule] = &[MaxItems(16)];

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
