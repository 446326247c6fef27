//! Gateway: ports, protocols and certificates at the edge of the mesh.

use crate::api::schema::{Enum, Message, Rule, Rule::*, Type::*, field, value};

/// Certificates come from one secret, several secrets or files, never from two of these.
pub const ONE_CERTIFICATE_SOURCE: &[Rule] = &[
    Cel("(has(self.tlsCertificates) ? 1 : 0) + (has(self.credentialNames) ? 1 : 0) <= 1"),
    Cel("(has(self.credentialName) ? 1 : 0) + (has(self.credentialNames) ? 1 : 0) <= 1"),
    Cel("(has(self.credentialNames) ? 1 : 0) + (has(self.tlsCertificates) ? 1 : 0) <= 1"),
];

pub static GATEWAY: Message = Message {
    name: "istio.networking.v1alpha3.Gateway",
    fields: &[
        field("servers", List(&Msg(&SERVER)), "The ports the gateway opens, with hosts and certificates"),
        field("selector", Map(&String), "Labels of gateway pods"),
    ],
};

pub static SERVER: Message = Message {
    name: "istio.networking.v1alpha3.Server",
    fields: &[
        field("port", Msg(&PORT), "Listening port").required(),
        field("bind", String, "IP or unix socket").default("all"),
        field("hosts", List(&String), "Exposed hosts, optional namespace/").required(),
        field("tls", Msg(&SERVER_TLS_SETTINGS), "How TLS is handled on the port").rules(ONE_CERTIFICATE_SOURCE),
        field("defaultEndpoint", String, "Unused loopback endpoint"),
        field("name", String, "Optional unique name"),
    ],
};

pub static PORT: Message = Message {
    name: "istio.networking.v1alpha3.Port",
    fields: &[
        field("number", Uint32, "Number of the port").required(),
        field("protocol", String, "HTTP HTTPS GRPC GRPC-WEB HTTP2 MONGO TCP TLS…").required(),
        field("name", String, "Name of the port, unique in the resource").required(),
        field("targetPort", Uint32, "Reserved; must not be given here").deprecated(),
    ],
};

pub static SERVER_TLS_SETTINGS: Message = Message {
    name: "istio.networking.v1alpha3.ServerTLSSettings",
    fields: &[
        field("httpsRedirect", Bool, "301 plain HTTP"),
        field("mode", Enum(&SERVER_TLS_SETTINGS_TL_SMODE), "").default("PASSTHROUGH"),
        field("serverCertificate", String, "File with the certificate to present"),
        field("privateKey", String, "File with the private key of the certificate"),
        field("caCertificates", String, "Client CA file"),
        field("caCrl", String, "Revocation list file").since("1.22"),
        field("credentialName", String, "Secret with cert and key"),
        field("credentialNames", List(&String), "Several secrets (RSA, ECDSA)")
            .rules(&[MinItems(1), MaxItems(2)])
            .since("1.26"),
        field("caCertCredentialName", String, "Secret or configmap with client CA").since("1.28"),
        field("tlsCertificates", List(&Msg(&SERVER_TLS_SETTINGS_TLS_CERTIFICATE)), "Inline cert pairs, two at most")
            .rules(&[MinItems(1), MaxItems(2)])
            .since("1.26"),
        field("subjectAltNames", List(&String), "Accepted client SANs"),
        field("verifyCertificateSpki", List(&String), "Accepted SPKI hashes"),
        field("verifyCertificateHash", List(&String), "Accepted cert hashes"),
        field("minProtocolVersion", Enum(&SERVER_TLS_SETTINGS_TLS_PROTOCOL), "Lowest TLS version accepted")
            .default("TLSV1_2"),
        field("maxProtocolVersion", Enum(&SERVER_TLS_SETTINGS_TLS_PROTOCOL), "Highest TLS version offered"),
        field("cipherSuites", List(&String), "Allowed ciphers"),
    ],
};

pub static SERVER_TLS_SETTINGS_TL_SMODE: Enum = Enum {
    name: "istio.networking.v1alpha3.ServerTLSSettings.TLSmode",
    values: &[
        value("PASSTHROUGH", 0),
        value("SIMPLE", 1),
        value("MUTUAL", 2),
        value("AUTO_PASSTHROUGH", 3),
        value("ISTIO_MUTUAL", 4),
        value("OPTIONAL_MUTUAL", 5).since("1.19"),
    ],
};

pub static SERVER_TLS_SETTINGS_TLS_PROTOCOL: Enum = Enum {
    name: "istio.networking.v1alpha3.ServerTLSSettings.TLSProtocol",
    values: &[value("TLS_AUTO", 0), value("TLSV1_0", 1), value("TLSV1_1", 2), value("TLSV1_2", 3), value("TLSV1_3", 4)],
};

pub static SERVER_TLS_SETTINGS_TLS_CERTIFICATE: Message = Message {
    name: "istio.networking.v1alpha3.ServerTLSSettings.TLSCertificate",
    fields: &[
        field("serverCertificate", String, "File with the certificate to present").since("1.26"),
        field("privateKey", String, "File with the private key of the certificate").since("1.26"),
        field("caCertificates", String, "File with the authorities that sign what the other side presents")
            .since("1.26"),
    ],
};
