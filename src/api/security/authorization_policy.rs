//! AuthorizationPolicy: who may call what.

use crate::api::schema::{Enum, Message, Rule::*, Type::*, field, value};
use crate::api::targeting::{POLICY_TARGET_REFERENCE, WORKLOAD_SELECTOR};

pub static AUTHORIZATION_POLICY: Message = Message {
    name: "istio.security.v1beta1.AuthorizationPolicy",
    fields: &[
        field("selector", Msg(&WORKLOAD_SELECTOR), "Pods affected"),
        field("targetRef", Msg(&POLICY_TARGET_REFERENCE), "Single target").since("1.20").proto(""),
        field("targetRefs", List(&Msg(&POLICY_TARGET_REFERENCE)), "Targets")
            .rules(&[MaxItems(16)])
            .since("1.22")
            .proto(""),
        field("rules", List(&Msg(&RULE)), "Any match triggers; absent never matches").rules(&[MaxItems(512)]),
        field("action", Enum(&AUTHORIZATION_POLICY_ACTION), "").default("ALLOW"),
        field("provider", Msg(&AUTHORIZATION_POLICY_EXTENSION_PROVIDER), "External authorizer for CUSTOM")
            .one_of("action_detail"),
    ],
};

pub static AUTHORIZATION_POLICY_ACTION: Enum = Enum {
    name: "istio.security.v1beta1.AuthorizationPolicy.Action",
    values: &[value("ALLOW", 0), value("DENY", 1), value("AUDIT", 2), value("CUSTOM", 3)],
};

pub static RULE: Message = Message {
    name: "istio.security.v1beta1.Rule",
    fields: &[
        field("from", List(&Msg(&RULE_FROM)), "Sources").rules(&[MaxItems(512)]),
        field("to", List(&Msg(&RULE_TO)), "Operations"),
        field("when", List(&Msg(&CONDITION)), "Conditions"),
    ],
};

pub static RULE_FROM: Message = Message {
    name: "istio.security.v1beta1.Rule.From",
    fields: &[field("source", Msg(&SOURCE), "Source attributes")
        .rules(&[Cel("(has(self.serviceAccounts) || has(self.notServiceAccounts)) ? (!has(self.principals) &&
!has(self.notPrincipals) && !has(self.namespaces) && !has(self.notNamespaces)) : true")])],
};

pub static SOURCE: Message = Message {
    name: "istio.security.v1beta1.Source",
    fields: &[
        field("principals", List(&String), "Peer identities (mTLS)"),
        field("notPrincipals", List(&String), "Negated"),
        field("requestPrincipals", List(&String), "JWT iss/sub"),
        field("notRequestPrincipals", List(&String), "Negated"),
        field("namespaces", List(&String), "Peer namespaces (mTLS)"),
        field("notNamespaces", List(&String), "Negated"),
        field("serviceAccounts", List(&String), "Sa or ns/sa (mTLS)")
            .rules(&[MaxItems(16)])
            .item_rules(&[MaxLength(320)])
            .since("1.25"),
        field("notServiceAccounts", List(&String), "Negated")
            .rules(&[MaxItems(16)])
            .item_rules(&[MaxLength(320)])
            .since("1.25"),
        field("ipBlocks", List(&String), "Peer addresses"),
        field("notIpBlocks", List(&String), "Negated"),
        field("remoteIpBlocks", List(&String), "Original client addresses"),
        field("notRemoteIpBlocks", List(&String), "Negated"),
        field("trustDomains", List(&String), "Peer trust domains").since("1.30"),
        field("notTrustDomains", List(&String), "Negated").since("1.30"),
    ],
};

pub static RULE_TO: Message = Message {
    name: "istio.security.v1beta1.Rule.To",
    fields: &[field("operation", Msg(&OPERATION), "Operation attributes")],
};

pub static OPERATION: Message = Message {
    name: "istio.security.v1beta1.Operation",
    fields: &[
        field("hosts", List(&String), "Authority, case-insensitive"),
        field("notHosts", List(&String), "Negated"),
        field("ports", List(&String), "Destination ports"),
        field("notPorts", List(&String), "Negated"),
        field("methods", List(&String), "HTTP methods"),
        field("notMethods", List(&String), "Negated"),
        field("paths", List(&String), "Normalised paths, templates allowed"),
        field("notPaths", List(&String), "Negated"),
    ],
};

pub static CONDITION: Message = Message {
    name: "istio.security.v1beta1.Condition",
    fields: &[
        field("key", String, "Attribute name").required(),
        field("values", List(&String), "Allowed values"),
        field("notValues", List(&String), "Disallowed values"),
    ],
};

pub static AUTHORIZATION_POLICY_EXTENSION_PROVIDER: Message = Message {
    name: "istio.security.v1beta1.AuthorizationPolicy.ExtensionProvider",
    fields: &[field("name", String, "Mesh extension provider")],
};
