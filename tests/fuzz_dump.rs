//! Dumps of proxies under attack, on stable Rust: `BOWLINE_FUZZ_SECONDS=600 cargo test --release --test fuzz_dump`.
//! The same promises are checked by the libFuzzer target in `fuzz/`.

#[path = "../fuzz/checks_dump.rs"]
mod checks;
#[path = "support/mutation.rs"]
mod mutation;

const SEEDS: [&str; 7] = [
    r#"{"configs":[{"@type":"type.googleapis.com/envoy.admin.v3.ClustersConfigDump","version_info":"1","static_clusters":[{"cluster":{"@type":"type.googleapis.com/envoy.config.cluster.v3.Cluster","name":"x","type":"EDS","connect_timeout":"0.25s"}}],"dynamic_active_clusters":[{"cluster":{"name":"outbound|80|v1|a.b.svc","metadata":{"filter_metadata":{"istio":{"config":"/apis/networking.istio.io/v1/namespaces/a/destination-rule/b"}}},"load_assignment":{"cluster_name":"x","endpoints":[{"lb_endpoints":[{"endpoint":{"address":{"socket_address":{"address":"10.0.0.1","port_value":80}}},"load_balancing_weight":1}]}]}}}]}]}"#,
    r#"{"configs":[{"@type":"type.googleapis.com/envoy.admin.v3.ListenersConfigDump","dynamic_listeners":[{"name":"l","active_state":{"listener":{"@type":"type.googleapis.com/envoy.config.listener.v3.Listener","name":"0.0.0.0_9080","address":{"socket_address":{"address":"0.0.0.0","port_value":9080}},"filter_chains":[{"filter_chain_match":{"server_names":["a.example.com"],"transport_protocol":"tls","prefix_ranges":[{"address_prefix":"10.0.0.0","prefix_len":8}],"destination_port":80},"filters":[{"name":"envoy.filters.network.http_connection_manager","typed_config":{"@type":"type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager","route_config":{"virtual_hosts":[{"domains":["*"],"routes":[{"match":{"prefix":"/"},"route":{"cluster":"x"}}]}]},"http_filters":[{"name":"envoy.filters.http.rbac","typed_config":{"@type":"type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC","rules":{"policies":{"ns[a]-policy[b]-rule[0]":{"permissions":[{"any":true}],"principals":[{"authenticated":{}}]}}}}}]}}]}],"default_filter_chain":{"filters":[{"name":"envoy.filters.network.tcp_proxy","typed_config":{"cluster":"BlackHoleCluster"}}]}}}}]}]}"#,
    r#"{"configs":[{"@type":"type.googleapis.com/envoy.admin.v3.RoutesConfigDump","dynamic_route_configs":[{"route_config":{"name":"9080","virtual_hosts":[{"name":"v","domains":["reviews.shop","reviews.shop:9080"],"require_tls":"ALL","routes":[{"match":{"safe_regex":{"regex":"/a.*"},"headers":[{"name":"x","string_match":{"exact":"y"}}]},"route":{"weighted_clusters":{"clusters":[{"name":"x","weight":1}]},"timeout":"1.5s"}},{"match":{"path":"/"},"direct_response":{"status":404}}]}]}}]}]}"#,
    r#"{"configs":[{"@type":"type.googleapis.com/envoy.admin.v3.EndpointsConfigDump","dynamic_endpoint_configs":[{"endpoint_config":{"@type":"type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment","cluster_name":"x","endpoints":[{"locality":{"region":"r","zone":"z"},"lb_endpoints":[{"endpoint":{"address":{"pipe":{"path":"/a"}},"additional_addresses":[{"address":{"socket_address":{"address":"::1","port_value":1}}}]},"health_status":"HEALTHY"}]}]}}]},{"@type":"type.googleapis.com/envoy.admin.v3.EcdsConfigDump","ecds_filters":[{"ecds_filter":{"@type":"type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig","name":"e","typed_config":{"@type":"type.googleapis.com/google.protobuf.Struct","value":{"a":[1,null]}}}}]}]}"#,
    r#"{"configs":[{"@type":"type.googleapis.com/envoy.admin.v3.BootstrapConfigDump","bootstrap":{"node":{"id":"router~10.0.0.1~a.b~c","metadata":{"ISTIO_VERSION":"1.30.3","n":1e21,"m":{"x":[]}},"user_agent_build_version":{"version":{"major_number":1}}},"layered_runtime":{"layers":[{"static_layer":{"a":true}}]}},"last_updated":"2026-01-02T03:04:05.678Z"},{"@type":"type.googleapis.com/envoy.admin.v3.SecretsConfigDump","dynamic_active_secrets":[{"name":"default","secret":{"@type":"type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret","name":"default","tls_certificate":{"certificate_chain":{"inline_bytes":"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1BPT0KLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo="}}}}]}]}"#,
    r#"{"cluster_statuses":[{"name":"x","host_statuses":[{"address":{"socket_address":{"address":"10.0.0.1","port_value":80}},"stats":[{"name":"cx","value":"1"}],"health_status":{"eds_health_status":"HEALTHY","failed_outlier_check":true},"weight":1}]}]}"#,
    r#"{"workloads":[{"uid":"a","workloadIps":["10.0.0.1"],"name":"w","namespace":"n","capacity":1}],"services":{"a":{"name":"s","vips":["net/10.0.0.2"],"ports":{"80":80},"endpoints":{"e":{"workloadUid":"a"}}}},"policies":[{"name":"p","rules":[[[{"notPrincipals":[{"Exact":"x"}]}]]]}],"certificates":[{"identity":"i","certChain":[{"serialNumber":"-5"}]}],"workloadState":{}}"#,
];

const WORDS: [&str; 32] = [
    "null",
    "true",
    "0",
    "-1",
    "1e2",
    "1e400",
    "99999999999999999999",
    "0.5",
    "\"\"",
    "\"1\"",
    "\"NaN\"",
    "[]",
    "{}",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\"",
    "\\u0000",
    "\\ud800",
    "\\",
    "\"@type\":",
    "\"name\":",
    "\"1.5s\"",
    "\"staticClusters\":[",
    "\"type\":3,",
    "\"é\"",
    "\u{2028}",
    "\"/\"",
    "[[[[[[[[",
];

#[test]
fn no_dump_breaks_a_promise() {
    let count = mutation::run(&SEEDS, &WORDS, checks::check);
    println!("{count} inputs");
}
