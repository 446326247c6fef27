//! DestinationRule: what happens to traffic once its destination is chosen; the traffic policy types are shared with Sidecar and the mesh configuration.

use crate::api::networking::virtual_service::PORT_SELECTOR;
use crate::api::schema::{Enum, Message, Rule::*, Type::*, field, value};
use crate::api::targeting::WORKLOAD_SELECTOR;

pub static DESTINATION_RULE: Message = Message {
    name: "istio.networking.v1alpha3.DestinationRule",
    fields: &[
        field("host", String, "Registry service the policy applies to").required(),
        field("trafficPolicy", Msg(&TRAFFIC_POLICY), "Policy for all subsets"),
        field("subsets", List(&Msg(&SUBSET)), "Named versions by labels"),
        field("exportTo", List(&String), "Namespaces that see it; `.` is its own, `*` all").default("*"),
        field("workloadSelector", Msg(&WORKLOAD_SELECTOR), "Client workloads using this rule").since("1.14"),
    ],
};

pub static TRAFFIC_POLICY: Message = Message {
    name: "istio.networking.v1alpha3.TrafficPolicy",
    fields: &[
        field("loadBalancer", Msg(&LOAD_BALANCER_SETTINGS), "How requests are spread over the endpoints"),
        field("connectionPool", Msg(&CONNECTION_POOL_SETTINGS), "Connection limits"),
        field("outlierDetection", Msg(&OUTLIER_DETECTION), "Eject unhealthy hosts"),
        field("tls", Msg(&CLIENT_TLS_SETTINGS), "Client TLS to upstream"),
        field("portLevelSettings", List(&Msg(&TRAFFIC_POLICY_PORT_TRAFFIC_POLICY)), "Per-port overrides, not merged")
            .rules(&[MaxItems(4096)]),
        field("tunnel", Msg(&TRAFFIC_POLICY_TUNNEL_SETTINGS), "HTTP CONNECT/POST tunnelling").since("1.14"),
        field("proxyProtocol", Msg(&TRAFFIC_POLICY_PROXY_PROTOCOL), "Send PROXY header upstream").since("1.21"),
        field("retryBudget", Msg(&TRAFFIC_POLICY_RETRY_BUDGET), "Limit of concurrent retries").since("1.27"),
    ],
};

pub static LOAD_BALANCER_SETTINGS: Message = Message {
    name: "istio.networking.v1alpha3.LoadBalancerSettings",
    fields: &[
        field("simple", Enum(&LOAD_BALANCER_SETTINGS_SIMPLE_LB), "The algorithm that picks an endpoint")
            .one_of("lb_policy")
            .default("LEAST_REQUEST"),
        field("consistentHash", Msg(&LOAD_BALANCER_SETTINGS_CONSISTENT_HASH_LB), "Hash affinity").one_of("lb_policy"),
        field("localityLbSetting", Msg(&LOCALITY_LOAD_BALANCER_SETTING), "Overrides mesh locality settings"),
        field("warmupDurationSecs", Duration, "Old ramp-up time, use warmup").rules(&[AtLeast1Ms]).since("1.14"),
        field("warmup", Msg(&WARMUP_CONFIGURATION), "Slow start for new endpoints").since("1.24"),
    ],
};

pub static LOAD_BALANCER_SETTINGS_SIMPLE_LB: Enum = Enum {
    name: "istio.networking.v1alpha3.LoadBalancerSettings.SimpleLB",
    values: &[
        value("UNSPECIFIED", 0).since("1.14"),
        value("LEAST_CONN", 1),
        value("RANDOM", 2),
        value("PASSTHROUGH", 3),
        value("ROUND_ROBIN", 4),
        value("LEAST_REQUEST", 5).since("1.14"),
    ],
};

pub static LOAD_BALANCER_SETTINGS_CONSISTENT_HASH_LB: Message = Message {
    name: "istio.networking.v1alpha3.LoadBalancerSettings.ConsistentHashLB",
    fields: &[
        field("httpHeaderName", String, "Hash a header").one_of("hash_key"),
        field(
            "httpCookie",
            Msg(&LOAD_BALANCER_SETTINGS_CONSISTENT_HASH_LB_HTTP_COOKIE),
            "Hash a cookie, created if absent",
        )
        .one_of("hash_key"),
        field("useSourceIp", Bool, "Hash client address").one_of("hash_key"),
        field("httpQueryParameterName", String, "Hash a query parameter").one_of("hash_key"),
        field("ringHash", Msg(&LOAD_BALANCER_SETTINGS_CONSISTENT_HASH_LB_RING_HASH), "Ring/modulo algorithm")
            .one_of("hash_algorithm")
            .since("1.16"),
        field("maglev", Msg(&LOAD_BALANCER_SETTINGS_CONSISTENT_HASH_LB_MAG_LEV), "Maglev algorithm")
            .one_of("hash_algorithm")
            .since("1.16"),
        field("minimumRingSize", Uint64, "Old minimum ring size").deprecated(),
    ],
};

pub static LOAD_BALANCER_SETTINGS_CONSISTENT_HASH_LB_HTTP_COOKIE: Message = Message {
    name: "istio.networking.v1alpha3.LoadBalancerSettings.ConsistentHashLB.HTTPCookie",
    fields: &[
        field("name", String, "Name of the cookie").required(),
        field("path", String, "Path of the cookie"),
        field("ttl", Duration, "Cookie lifetime"),
        field(
            "attributes",
            List(&Msg(&LOAD_BALANCER_SETTINGS_CONSISTENT_HASH_LB_HTTP_COOKIE_ATTRIBUTE)),
            "Extra cookie attributes",
        )
        .since("1.28"),
    ],
};

pub static LOAD_BALANCER_SETTINGS_CONSISTENT_HASH_LB_HTTP_COOKIE_ATTRIBUTE: Message = Message {
    name: "istio.networking.v1alpha3.LoadBalancerSettings.ConsistentHashLB.HTTPCookie.Attribute",
    fields: &[
        field("name", String, "Attribute name").required().since("1.28"),
        field("value", String, "Attribute value").since("1.28"),
    ],
};

pub static LOAD_BALANCER_SETTINGS_CONSISTENT_HASH_LB_RING_HASH: Message = Message {
    name: "istio.networking.v1alpha3.LoadBalancerSettings.ConsistentHashLB.RingHash",
    fields: &[field("minimumRingSize", Uint64, "Virtual nodes").default("1024").since("1.16")],
};

pub static LOAD_BALANCER_SETTINGS_CONSISTENT_HASH_LB_MAG_LEV: Message = Message {
    name: "istio.networking.v1alpha3.LoadBalancerSettings.ConsistentHashLB.MagLev",
    fields: &[field("tableSize", Uint64, "Prime table size").default("65537").since("1.16")],
};

pub static LOCALITY_LOAD_BALANCER_SETTING: Message = Message {
    name: "istio.networking.v1alpha3.LocalityLoadBalancerSetting",
    fields: &[
        field(
            "distribute",
            List(&Msg(&LOCALITY_LOAD_BALANCER_SETTING_DISTRIBUTE)),
            "Weights from locality to localities",
        ),
        field("failover", List(&Msg(&LOCALITY_LOAD_BALANCER_SETTING_FAILOVER)), "Region fallback pairs"),
        field("failoverPriority", List(&String), "Ordered labels deciding priority"),
        field("enabled", Wrapper(&Bool), "On/off override").default("mesh value"),
    ],
};

pub static LOCALITY_LOAD_BALANCER_SETTING_DISTRIBUTE: Message = Message {
    name: "istio.networking.v1alpha3.LocalityLoadBalancerSetting.Distribute",
    fields: &[
        field("from", String, "Origin locality region/zone/sub"),
        field("to", Map(&Uint32), "Locality to weight, totals 100"),
    ],
};

pub static LOCALITY_LOAD_BALANCER_SETTING_FAILOVER: Message = Message {
    name: "istio.networking.v1alpha3.LocalityLoadBalancerSetting.Failover",
    fields: &[field("from", String, "Origin region"), field("to", String, "Fallback region")],
};

pub static WARMUP_CONFIGURATION: Message = Message {
    name: "istio.networking.v1alpha3.WarmupConfiguration",
    fields: &[
        field("duration", Duration, "Ramp-up window").required().rules(&[AtLeast1Ms]).since("1.24"),
        field("minimumPercent", Wrapper(&Double), "Starting share")
            .rules(&[Minimum(0), Maximum(100)])
            .default("10")
            .since("1.24"),
        field("aggression", Wrapper(&Double), "Curve exponent").rules(&[Minimum(0)]).default("1.0").since("1.24"),
    ],
};

pub static CONNECTION_POOL_SETTINGS: Message = Message {
    name: "istio.networking.v1alpha3.ConnectionPoolSettings",
    fields: &[
        field("tcp", Msg(&CONNECTION_POOL_SETTINGS_TCP_SETTINGS), "TCP and HTTP common limits"),
        field("http", Msg(&CONNECTION_POOL_SETTINGS_HTTP_SETTINGS), "Limits of HTTP connections and requests"),
    ],
};

pub static CONNECTION_POOL_SETTINGS_TCP_SETTINGS: Message = Message {
    name: "istio.networking.v1alpha3.ConnectionPoolSettings.TCPSettings",
    fields: &[
        field("maxConnections", Int32, "Max connections per host").default("2^32-1"),
        field("connectTimeout", Duration, "Connect timeout").rules(&[AtLeast1Ms]).default("10s"),
        field(
            "tcpKeepalive",
            Msg(&CONNECTION_POOL_SETTINGS_TCP_SETTINGS_TCP_KEEPALIVE),
            "Keep-alive probes on idle connections",
        ),
        field("maxConnectionDuration", Duration, "Max connection age")
            .rules(&[AtLeast1Ms])
            .default("none")
            .since("1.15"),
        field("idleTimeout", Duration, "How long a connection may be idle before it is closed; 0s never closes it")
            .default("1h; 0s disables")
            .since("1.21"),
    ],
};

pub static CONNECTION_POOL_SETTINGS_TCP_SETTINGS_TCP_KEEPALIVE: Message = Message {
    name: "istio.networking.v1alpha3.ConnectionPoolSettings.TCPSettings.TcpKeepalive",
    fields: &[
        field("probes", Uint32, "Unanswered probes before dead").default("OS"),
        field("time", Duration, "Idle before probing").rules(&[AtLeast1Ms]).default("OS"),
        field("interval", Duration, "Between probes").rules(&[AtLeast1Ms]).default("OS"),
    ],
};

pub static CONNECTION_POOL_SETTINGS_HTTP_SETTINGS: Message = Message {
    name: "istio.networking.v1alpha3.ConnectionPoolSettings.HTTPSettings",
    fields: &[
        field("http1MaxPendingRequests", Int32, "Queued requests").default("2^32-1"),
        field("http2MaxRequests", Int32, "Active requests").default("2^32-1"),
        field("maxRequestsPerConnection", Int32, "Requests per connection; 1 disables keep-alive")
            .default("0 unlimited"),
        field("maxRetries", Int32, "Concurrent retries").default("2^32-1"),
        field("idleTimeout", Duration, "Upstream idle close").rules(&[AtLeast1Ms]).default("1h"),
        field(
            "h2UpgradePolicy",
            Enum(&CONNECTION_POOL_SETTINGS_HTTP_SETTINGS_H2_UPGRADE_POLICY),
            "Upgrade HTTP/1.1 upstream",
        )
        .default("mesh value"),
        field("useClientProtocol", Bool, "Keep client protocol upstream"),
        field("maxConcurrentStreams", Int32, "HTTP/2 streams per connection").default("2^31-1").since("1.21"),
    ],
};

pub static CONNECTION_POOL_SETTINGS_HTTP_SETTINGS_H2_UPGRADE_POLICY: Enum = Enum {
    name: "istio.networking.v1alpha3.ConnectionPoolSettings.HTTPSettings.H2UpgradePolicy",
    values: &[value("DEFAULT", 0), value("DO_NOT_UPGRADE", 1), value("UPGRADE", 2)],
};

pub static OUTLIER_DETECTION: Message = Message {
    name: "istio.networking.v1alpha3.OutlierDetection",
    fields: &[
        field("consecutiveErrors", Int32, "Old error count").deprecated(),
        field("splitExternalLocalOriginErrors", Bool, "Treat local errors separately"),
        field("consecutiveLocalOriginFailures", Wrapper(&Uint32), "Local failures before ejection").default("5"),
        field("consecutiveGatewayErrors", Wrapper(&Uint32), "502/503/504 before ejection; 0 off"),
        field("consecutive5xxErrors", Wrapper(&Uint32), "5xx before ejection")
            .default("5; 0 off")
            .proto("consecutive_5xx_errors"),
        field("interval", Duration, "Sweep interval").rules(&[AtLeast1Ms]).default("10s"),
        field("baseEjectionTime", Duration, "Minimum ejection").rules(&[AtLeast1Ms]).default("30s"),
        field("maxEjectionPercent", Int32, "Max share ejected").default("10"),
        field("minHealthPercent", Int32, "Below this disable detection").default("0"),
    ],
};

pub static CLIENT_TLS_SETTINGS: Message = Message {
    name: "istio.networking.v1alpha3.ClientTLSSettings",
    fields: &[
        field("mode", Enum(&CLIENT_TLS_SETTINGS_TL_SMODE), ""),
        field("clientCertificate", String, "File with the certificate to present"),
        field("privateKey", String, "File with the private key of the certificate"),
        field("caCertificates", String, "CA file; empty means OS roots"),
        field("credentialName", String, "Secret holding credentials"),
        field("subjectAltNames", List(&String), "Accepted server names"),
        field("sni", String, "Server name sent in the TLS handshake"),
        field("insecureSkipVerify", Wrapper(&Bool), "Skip server verification").default("false"),
        field("caCrl", String, "Revocation list file").since("1.22"),
    ],
};

pub static CLIENT_TLS_SETTINGS_TL_SMODE: Enum = Enum {
    name: "istio.networking.v1alpha3.ClientTLSSettings.TLSmode",
    values: &[value("DISABLE", 0), value("SIMPLE", 1), value("MUTUAL", 2), value("ISTIO_MUTUAL", 3)],
};

pub static TRAFFIC_POLICY_PORT_TRAFFIC_POLICY: Message = Message {
    name: "istio.networking.v1alpha3.TrafficPolicy.PortTrafficPolicy",
    fields: &[
        field("port", Msg(&PORT_SELECTOR), "Port of the service"),
        field("loadBalancer", Msg(&LOAD_BALANCER_SETTINGS), "Load balancing on this port"),
        field("connectionPool", Msg(&CONNECTION_POOL_SETTINGS), "Connection limits on this port"),
        field("outlierDetection", Msg(&OUTLIER_DETECTION), "Outlier detection on this port"),
        field("tls", Msg(&CLIENT_TLS_SETTINGS), "TLS towards this port"),
    ],
};

pub static TRAFFIC_POLICY_TUNNEL_SETTINGS: Message = Message {
    name: "istio.networking.v1alpha3.TrafficPolicy.TunnelSettings",
    fields: &[
        field("protocol", String, "CONNECT or POST").default("CONNECT").since("1.14"),
        field("targetHost", String, "Host that the far end of the tunnel connects to").required().since("1.14"),
        field("targetPort", Uint32, "Port that the far end of the tunnel connects to").required().since("1.14"),
    ],
};

pub static TRAFFIC_POLICY_PROXY_PROTOCOL: Message = Message {
    name: "istio.networking.v1alpha3.TrafficPolicy.ProxyProtocol",
    fields: &[field("version", Enum(&TRAFFIC_POLICY_PROXY_PROTOCOL_VERSION), "").default("V1").since("1.21")],
};

pub static TRAFFIC_POLICY_PROXY_PROTOCOL_VERSION: Enum = Enum {
    name: "istio.networking.v1alpha3.TrafficPolicy.ProxyProtocol.VERSION",
    values: &[value("V1", 0).since("1.21"), value("V2", 1).since("1.21")],
};

pub static TRAFFIC_POLICY_RETRY_BUDGET: Message = Message {
    name: "istio.networking.v1alpha3.TrafficPolicy.RetryBudget",
    fields: &[
        field("percent", Wrapper(&Double), "Retries as share of active")
            .rules(&[Minimum(0), Maximum(100)])
            .default("20")
            .since("1.27"),
        field("minRetryConcurrency", Uint32, "Always allowed retries").default("3").since("1.27"),
    ],
};

pub static SUBSET: Message = Message {
    name: "istio.networking.v1alpha3.Subset",
    fields: &[
        field("name", String, "Name of the subset, as routes refer to it").required(),
        field("labels", Map(&String), "Endpoint labels"),
        field("trafficPolicy", Msg(&TRAFFIC_POLICY), "Overrides rule policy"),
    ],
};
