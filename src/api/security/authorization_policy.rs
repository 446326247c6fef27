//! AuthorizationPolicy: who may call what.

use crate::api::schema::{Enum, Message, Rule::*, Type::*, field, value};
use crate::api::targeting::{SELECTOR, TARGET_REF, TARGET_REFS};

pub static AUTHORIZATION_POLICY: Message = Message {
    name: "istio.security.v1beta1.AuthorizationPolicy",
    fields: &[
        SELECTOR,
        TARGET_REF,
        TARGET_REFS,
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
        field("from", List(&Msg(&RULE_FROM)), "Who sends the request; any of the entries").rules(&[MaxItems(512)]),
        field("to", List(&Msg(&RULE_TO)), "What the request does; any of the entries"),
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
        field("notPrincipals", List(&String), "As principals, but must not match"),
        field("requestPrincipals", List(&String), "JWT iss/sub"),
        field("notRequestPrincipals", List(&String), "As requestPrincipals, but must not match"),
        field("namespaces", List(&String), "Peer namespaces (mTLS)"),
        field("notNamespaces", List(&String), "As namespaces, but must not match"),
        field("serviceAccounts", List(&String), "Sa or ns/sa (mTLS)")
            .rules(&[MaxItems(16)])
            .item_rules(&[MaxLength(320)])
            .since("1.25"),
        field("notServiceAccounts", List(&String), "As serviceAccounts, but must not match")
            .rules(&[MaxItems(16)])
            .item_rules(&[MaxLength(320)])
            .since("1.25"),
        field("ipBlocks", List(&String), "Peer addresses"),
        field("notIpBlocks", List(&String), "As ipBlocks, but must not match"),
        field("remoteIpBlocks", List(&String), "Original client addresses"),
        field("notRemoteIpBlocks", List(&String), "As remoteIpBlocks, but must not match"),
        field("trustDomains", List(&String), "Peer trust domains").since("1.30"),
        field("notTrustDomains", List(&String), "As trustDomains, but must not match").since("1.30"),
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
        field("notHosts", List(&String), "As hosts, but must not match"),
        field("ports", List(&String), "Destination ports"),
        field("notPorts", List(&String), "As ports, but must not match"),
        field("methods", List(&String), "HTTP methods"),
        field("notMethods", List(&String), "As methods, but must not match"),
        field("paths", List(&String), "Normalised paths, templates allowed"),
        field("notPaths", List(&String), "As paths, but must not match"),
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
