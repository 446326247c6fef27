//! RequestAuthentication: which request tokens workloads accept.

use crate::api::schema::{Message, Rule::*, Type::*, field};
use crate::api::targeting::{POLICY_TARGET_REFERENCE, SELECTOR, TARGET_REF};

pub static REQUEST_AUTHENTICATION: Message = Message {
    name: "istio.security.v1beta1.RequestAuthentication",
    fields: &[
        SELECTOR,
        TARGET_REF,
        field("targetRefs", List(&Msg(&POLICY_TARGET_REFERENCE)), "Targets (Gateway, Service…)")
            .rules(&[MaxItems(16)])
            .since("1.22")
            .proto(""),
        field("jwtRules", List(&Msg(&JWT_RULE)), "Accepted token issuers").rules(&[MaxItems(4096)]).item_rules(&[Cel(
            "(has(self.jwksUri) ? 1 : 0) + (has(self.jwks_uri) ? 1 : 0) + (has(self.jwks) ? 1 : 0) <= 1",
        )]),
    ],
};

pub static JWT_RULE: Message = Message {
    name: "istio.security.v1beta1.JWTRule",
    fields: &[
        field("issuer", String, "`iss` value").rules(&[MinLength(1)]),
        field("audiences", List(&String), "Accepted `aud`").item_rules(&[MinLength(1)]),
        field("jwksUri", String, "Key set URL")
            .rules(&[MinLength(1), MaxLength(2048), Cel(r#"url(self).getScheme() in ["http", "https"]"#)])
            .proto_in_crd(),
        field("jwks", String, "Inline key set"),
        field("fromHeaders", List(&Msg(&JWT_HEADER)), "Token headers").default("Authorization Bearer"),
        field("fromParams", List(&String), "Token query params").item_rules(&[MinLength(1)]).default("access_token"),
        field("outputPayloadToHeader", String, "Header receiving decoded payload"),
        field("fromCookies", List(&String), "Token cookies").item_rules(&[MinLength(1)]).since("1.21"),
        field("forwardOriginalToken", Bool, "Keep token upstream").default("false"),
        field("outputClaimToHeaders", List(&Msg(&CLAIM_TO_HEADER)), "Copy claims to headers").since("1.17"),
        field("timeout", Duration, "Key fetch timeout").rules(&[AtLeast1Ms]).default("5s").since("1.22"),
        field("spaceDelimitedClaims", List(&String), "Claims split on spaces")
            .rules(&[MaxItems(64)])
            .item_rules(&[MinLength(1)])
            .since("1.28"),
    ],
};

pub static JWT_HEADER: Message = Message {
    name: "istio.security.v1beta1.JWTHeader",
    fields: &[
        field("name", String, "Header name").required().rules(&[MinLength(1)]),
        field("prefix", String, "Prefix stripped before token"),
    ],
};

pub static CLAIM_TO_HEADER: Message = Message {
    name: "istio.security.v1beta1.ClaimToHeader",
    fields: &[
        field("header", String, "Target header")
            .required()
            .rules(&[MinLength(1), Pattern("^[-_A-Za-z0-9]+$")])
            .since("1.17"),
        field("claim", String, "Claim, dots nest").required().rules(&[MinLength(1)]).since("1.17"),
    ],
};
