//! VirtualService: how requests for a host are routed.

use crate::api::schema::{Enum, Message, Rule::*, Type::*, field, value};

pub static VIRTUAL_SERVICE: Message = Message {
    name: "istio.networking.v1alpha3.VirtualService",
    fields: &[
        field("hosts", List(&String), "Destination names routed; wildcard prefix allowed; empty means delegate"),
        field("gateways", List(&String), "Gateways or `mesh` where rules apply").default("mesh"),
        field("http", List(&Msg(&HTTP_ROUTE)), "Ordered HTTP rules"),
        field("tls", List(&Msg(&TLS_ROUTE)), "Ordered SNI passthrough rules"),
        field("tcp", List(&Msg(&TCP_ROUTE)), "Ordered TCP rules"),
        field("exportTo", List(&String), "Namespaces that see it; `.` is its own, `*` all")
            .default("mesh-wide default (*)"),
    ],
};

pub static HTTP_ROUTE: Message = Message {
    name: "istio.networking.v1alpha3.HTTPRoute",
    fields: &[
        field("name", String, "Label for debugging and stats"),
        field("match", List(&Msg(&HTTP_MATCH_REQUEST)), "Conditions, any may match; empty matches all"),
        field("route", List(&Msg(&HTTP_ROUTE_DESTINATION)), "Weighted destinations"),
        field("redirect", Msg(&HTTP_REDIRECT), "Answer with redirect"),
        field("directResponse", Msg(&HTTP_DIRECT_RESPONSE), "Answer with fixed response").since("1.15"),
        field("delegate", Msg(&DELEGATE), "Hand over to another VirtualService"),
        field("rewrite", Msg(&HTTP_REWRITE), "Change URI or authority before forwarding"),
        field("timeout", Duration, "Overall request timeout").rules(&[AtLeast1Ms]).default("disabled"),
        field("retries", Msg(&HTTP_RETRY), "When and how often failed requests are tried again")
            .default("mesh retry policy (2 attempts)"),
        field("fault", Msg(&HTTP_FAULT_INJECTION), "Inject delay or abort"),
        field("mirror", Msg(&DESTINATION), "Shadow traffic target"),
        field("mirrors", List(&Msg(&HTTP_MIRROR_POLICY)), "Several shadow targets").since("1.19"),
        field("mirrorPercent", Wrapper(&Uint32), "Integer share mirrored").deprecated().proto_in_crd(),
        field("mirrorPercentage", Msg(&PERCENT), "Share mirrored").default("100"),
        field("corsPolicy", Msg(&CORS_POLICY), "Cross-origin settings"),
        field("headers", Msg(&HEADERS), "Header operations for all destinations"),
    ],
};

pub static HTTP_MATCH_REQUEST: Message = Message {
    name: "istio.networking.v1alpha3.HTTPMatchRequest",
    fields: &[
        field("name", String, "Label for match"),
        field("uri", Msg(&STRING_MATCH), "What the path of the request must be"),
        field("scheme", Msg(&STRING_MATCH), "What the scheme of the request must be"),
        field("method", Msg(&STRING_MATCH), "What the method of the request must be"),
        field("authority", Msg(&STRING_MATCH), "What the host of the request must be"),
        field("headers", Map(&Msg(&STRING_MATCH)), "Header matches by lower-case name"),
        field("port", Uint32, "Listener port addressed"),
        field("sourceLabels", Map(&String), "Client workload labels"),
        field("gateways", List(&String), "Override of top-level gateways"),
        field("queryParams", Map(&Msg(&STRING_MATCH)), "Query parameter matches"),
        field("ignoreUriCase", Bool, "Case-insensitive exact/prefix URI"),
        field("withoutHeaders", Map(&Msg(&STRING_MATCH)), "Headers that must not match"),
        field("sourceNamespace", String, "Client namespace"),
        field("statPrefix", String, "Prefix of per-route stats").since("1.15"),
    ],
};

pub static STRING_MATCH: Message = Message {
    name: "istio.networking.v1alpha3.StringMatch",
    fields: &[
        field("exact", String, "The whole value, letter by letter").one_of("match_type"),
        field("prefix", String, "What the value starts with").one_of("match_type"),
        field("regex", String, "An RE2 regular expression that the whole value matches").one_of("match_type"),
    ],
};

pub static HTTP_ROUTE_DESTINATION: Message = Message {
    name: "istio.networking.v1alpha3.HTTPRouteDestination",
    fields: &[
        field("destination", Msg(&DESTINATION), "Target service").required(),
        field("weight", Int32, "Relative share; single route takes all"),
        field("headers", Msg(&HEADERS), "Header operations for this destination"),
    ],
};

pub static DESTINATION: Message = Message {
    name: "istio.networking.v1alpha3.Destination",
    fields: &[
        field("host", String, "Registry service name").required(),
        field("subset", String, "Named DestinationRule subset"),
        field("port", Msg(&PORT_SELECTOR), "Target port; needed with several ports"),
    ],
};

pub static PORT_SELECTOR: Message = Message {
    name: "istio.networking.v1alpha3.PortSelector",
    fields: &[field("number", Uint32, "Number of the port")],
};

pub static HEADERS: Message = Message {
    name: "istio.networking.v1alpha3.Headers",
    fields: &[
        field("request", Msg(&HEADERS_HEADER_OPERATIONS), "Operations before forwarding"),
        field("response", Msg(&HEADERS_HEADER_OPERATIONS), "Operations before answering"),
    ],
};

pub static HEADERS_HEADER_OPERATIONS: Message = Message {
    name: "istio.networking.v1alpha3.Headers.HeaderOperations",
    fields: &[
        field("set", Map(&String), "Headers to write in place of what is there"),
        field("add", Map(&String), "Headers to write beside what is there"),
        field("remove", List(&String), "Names of headers to take away"),
    ],
};

pub static HTTP_REDIRECT: Message = Message {
    name: "istio.networking.v1alpha3.HTTPRedirect",
    fields: &[
        field("uri", String, "Replacement path"),
        field("authority", String, "Replacement host"),
        field("port", Uint32, "Replacement port").one_of("redirect_port"),
        field("derivePort", Enum(&HTTP_REDIRECT_REDIRECT_PORT_SELECTION), "Derive port from protocol or request")
            .one_of("redirect_port"),
        field("scheme", String, "Replacement scheme"),
        field("redirectCode", Uint32, "Status of the answer").default("301"),
    ],
};

pub static HTTP_REDIRECT_REDIRECT_PORT_SELECTION: Enum = Enum {
    name: "istio.networking.v1alpha3.HTTPRedirect.RedirectPortSelection",
    values: &[value("FROM_PROTOCOL_DEFAULT", 0), value("FROM_REQUEST_PORT", 1)],
};

pub static HTTP_DIRECT_RESPONSE: Message = Message {
    name: "istio.networking.v1alpha3.HTTPDirectResponse",
    fields: &[
        field("status", Uint32, "Status of the answer").required().since("1.15"),
        field("body", Msg(&HTTP_BODY), "Response body").since("1.15"),
    ],
};

pub static HTTP_BODY: Message = Message {
    name: "istio.networking.v1alpha3.HTTPBody",
    fields: &[
        field("string", String, "The body as text").one_of("specifier").since("1.15"),
        field("bytes", Bytes, "The body as base64").one_of("specifier").since("1.15"),
    ],
};

pub static DELEGATE: Message = Message {
    name: "istio.networking.v1alpha3.Delegate",
    fields: &[
        field("name", String, "Delegate VirtualService name"),
        field("namespace", String, "Its namespace").default("same"),
    ],
};

pub static HTTP_REWRITE: Message = Message {
    name: "istio.networking.v1alpha3.HTTPRewrite",
    fields: &[
        field("uri", String, "New path or prefix"),
        field("authority", String, "Host to send to the destination in place of the one given"),
        field("uriRegexRewrite", Msg(&REGEX_REWRITE), "Regex path rewrite").since("1.19"),
    ],
};

pub static REGEX_REWRITE: Message = Message {
    name: "istio.networking.v1alpha3.RegexRewrite",
    fields: &[
        field("match", String, "RE2 regular expression for the part of the path to replace").since("1.19"),
        field("rewrite", String, r#"Replacement with \1 groups"#).since("1.19"),
    ],
};

pub static HTTP_RETRY: Message = Message {
    name: "istio.networking.v1alpha3.HTTPRetry",
    fields: &[
        field("attempts", Int32, "Max retries; 0 disables"),
        field("perTryTimeout", Duration, "Timeout per attempt").rules(&[AtLeast1Ms]).default("route timeout"),
        field("retryOn", String, "Comma list of conditions"),
        field("retryRemoteLocalities", Wrapper(&Bool), "Retry other localities"),
        field("retryIgnorePreviousHosts", Wrapper(&Bool), "Avoid hosts already tried").default("true").since("1.26"),
        field("backoff", Duration, "Minimum wait between retries").rules(&[AtLeast1Ms]).default("25ms").since("1.26"),
    ],
};

pub static HTTP_FAULT_INJECTION: Message = Message {
    name: "istio.networking.v1alpha3.HTTPFaultInjection",
    fields: &[
        field("delay", Msg(&HTTP_FAULT_INJECTION_DELAY), "Hold some requests up"),
        field("abort", Msg(&HTTP_FAULT_INJECTION_ABORT), "Answer some requests with an error"),
    ],
};

pub static HTTP_FAULT_INJECTION_DELAY: Message = Message {
    name: "istio.networking.v1alpha3.HTTPFaultInjection.Delay",
    fields: &[
        field("percent", Int32, "Integer share delayed").deprecated(),
        field("fixedDelay", Duration, "How long a request is held up").one_of("http_delay_type").rules(&[AtLeast1Ms]),
        field("exponentialDelay", Duration, "Not supported").one_of("http_delay_type").rules(&[AtLeast1Ms]),
        field("percentage", Msg(&PERCENT), "Share delayed"),
    ],
};

pub static PERCENT: Message = Message {
    name: "istio.networking.v1alpha3.Percent",
    fields: &[field("value", Double, "Percent of the requests, 0.0 to 100.0")],
};

pub static HTTP_FAULT_INJECTION_ABORT: Message = Message {
    name: "istio.networking.v1alpha3.HTTPFaultInjection.Abort",
    fields: &[
        field("httpStatus", Int32, "Status returned").one_of("error_type"),
        field("grpcStatus", String, "gRPC status name returned").one_of("error_type"),
        field("http2Error", String, "Not supported").one_of("error_type"),
        field("percentage", Msg(&PERCENT), "Share aborted"),
    ],
};

pub static HTTP_MIRROR_POLICY: Message = Message {
    name: "istio.networking.v1alpha3.HTTPMirrorPolicy",
    fields: &[
        field("destination", Msg(&DESTINATION), "Shadow target").required().since("1.19"),
        field("percentage", Msg(&PERCENT), "Share mirrored").default("100").since("1.19"),
    ],
};

pub static CORS_POLICY: Message = Message {
    name: "istio.networking.v1alpha3.CorsPolicy",
    fields: &[
        field("allowOrigin", List(&String), "Exact origins").deprecated(),
        field("allowOrigins", List(&Msg(&STRING_MATCH)), "Origin matchers"),
        field("allowMethods", List(&String), "Methods allowed"),
        field("allowHeaders", List(&String), "Request headers allowed"),
        field("exposeHeaders", List(&String), "Headers browsers may read"),
        field("maxAge", Duration, "Preflight cache time").rules(&[AtLeast1Ms]),
        field("allowCredentials", Wrapper(&Bool), "Allow credentialed requests"),
        field("unmatchedPreflights", Enum(&CORS_POLICY_UNMATCHED_PREFLIGHTS), "Forward or answer unmatched preflights")
            .default("FORWARD")
            .since("1.23"),
    ],
};

pub static CORS_POLICY_UNMATCHED_PREFLIGHTS: Enum = Enum {
    name: "istio.networking.v1alpha3.CorsPolicy.UnmatchedPreflights",
    values: &[
        value("UNSPECIFIED", 0).since("1.23"),
        value("FORWARD", 1).since("1.23"),
        value("IGNORE", 2).since("1.23"),
    ],
};

pub static TLS_ROUTE: Message = Message {
    name: "istio.networking.v1alpha3.TLSRoute",
    fields: &[
        field("match", List(&Msg(&TLS_MATCH_ATTRIBUTES)), "SNI conditions").required(),
        field("route", List(&Msg(&ROUTE_DESTINATION)), "Weighted destinations"),
    ],
};

pub static TLS_MATCH_ATTRIBUTES: Message = Message {
    name: "istio.networking.v1alpha3.TLSMatchAttributes",
    fields: &[
        field("sniHosts", List(&String), "Server names of the TLS handshake to match; wildcards allowed").required(),
        field("destinationSubnets", List(&String), "Destination IPs/CIDRs"),
        field("port", Uint32, "Listener port"),
        field("sourceLabels", Map(&String), "Client labels"),
        field("gateways", List(&String), "Override of gateways"),
        field("sourceNamespace", String, "Client namespace"),
    ],
};

pub static ROUTE_DESTINATION: Message = Message {
    name: "istio.networking.v1alpha3.RouteDestination",
    fields: &[
        field("destination", Msg(&DESTINATION), "Where the traffic goes").required(),
        field("weight", Int32, "Relative share"),
    ],
};

pub static TCP_ROUTE: Message = Message {
    name: "istio.networking.v1alpha3.TCPRoute",
    fields: &[
        field("match", List(&Msg(&L4_MATCH_ATTRIBUTES)), "L4 conditions"),
        field("route", List(&Msg(&ROUTE_DESTINATION)), "Weighted destinations"),
    ],
};

pub static L4_MATCH_ATTRIBUTES: Message = Message {
    name: "istio.networking.v1alpha3.L4MatchAttributes",
    fields: &[
        field("destinationSubnets", List(&String), "Destination IPs/CIDRs"),
        field("port", Uint32, "Listener port"),
        field("sourceSubnet", String, "Ignored today"),
        field("sourceLabels", Map(&String), "Client labels"),
        field("gateways", List(&String), "Override of gateways"),
        field("sourceNamespace", String, "Client namespace"),
    ],
};
