//! Facts about the control plane: webhooks, clusters, and what is configured for the whole mesh.

use super::{document, told, verdict};
use crate::analysis::input::{Provenance, Source};

#[test]
fn what_the_mesh_configuration_switches_off() {
    let entry = "ServiceEntry web/e | | spec: {hosts: [a.com], ports: [{number: 1, name: a, protocol: tcp}, {number: 2, name: b}, {number: 3, name: c, protocol: MONGO}]}";
    let allocating = |switch: &str| {
        format!("defaultConfig: {{proxyMetadata: {{ISTIO_META_DNS_CAPTURE: 'true', {switch}: 'true'}}}}")
    };
    let found = |mesh: &str, objects: &[&str]| told("serviceentry.Analyzer", mesh, objects).len();
    assert_eq!(found("", &[entry]), 1);
    assert_eq!(found(&allocating("ISTIO_META_DNS_AUTO_ALLOCATE"), &[entry]), 0);
    assert_eq!(found(&allocating("PILOT_ENABLE_IP_AUTOALLOCATE"), &[entry]), 0);
    assert_eq!(found(&allocating("OTHER"), &[entry]), 1);
    assert_eq!(found("", &["ServiceEntry web/e | | spec: {hosts: [a.com], addresses: [], ports: [{number: 1}]}"]), 1);
    assert_eq!(
        found("", &["ServiceEntry web/e | | spec: {hosts: [a.com], addresses: [1.1.1.1], ports: [{number: 1}]}"]),
        0
    );
    assert_eq!(
        found(
            "",
            &[
                "ServiceEntry web/e | | spec: {hosts: [a.com], ports: [{number: 1}]}, status: {addresses: [{value: 1.1.1.1}]}"
            ]
        ),
        0
    );
    let logging = "Telemetry web/t | | spec: {accessLogging: [{}, {disabled: true}, {providers: [{name: a}]}]}";
    let found = |mesh: &str| told("telemetry.ProviderAnalyzer", mesh, &[logging]);
    assert_eq!(found(""), ["IST0157 web/t t web"]);
    assert_eq!(found("defaultProviders: {accessLogging: [envoy]}"), Vec::<String>::new());
    let tracing = "Telemetry web/t | | spec: {tracing: [{providers: [{name: l}, {name: m}]}]}";
    let found = |mesh: &str| told("telemetry.LightstepAnalyzer", mesh, &[tracing]);
    assert_eq!(found("extensionProviders: [{name: l, lightstep: {service: a, port: 1}}]"), ["IST0002 web/t"]);
    assert_eq!(found("extensionProviders: [{name: l, zipkin: {service: a, port: 1}}]"), Vec::<String>::new());
}

#[test]
fn mesh_networks_name_registries_and_clusters() {
    let networks = "networks: {net: {endpoints: [{fromRegistry: Kubernetes}, {fromRegistry: kubernetes}, {fromRegistry: c1}, {fromCidr: 10.0.0.0/8}]}}";
    let secret = "Secret any/s | labels: {istio/multiCluster: 'true'} | data: {c1: eA==}";
    let found = |objects: &[&str]| told("meshnetworks.MeshNetworksAnalyzer", networks, objects);
    assert_eq!(
        found(&[]),
        ["IST0126 istio-system/meshnetworks c1 net", "IST0126 istio-system/meshnetworks kubernetes net"]
    );
    assert_eq!(found(&[secret]), ["IST0126 istio-system/meshnetworks kubernetes net"]);
    assert_eq!(found(&["Secret any/s | labels: {istio/multiCluster: 'yes'} | data: {c1: eA==}"]).len(), 2);
}

#[test]
fn webhooks_overlap_by_revision_and_need_their_service() {
    let webhook = |name: &str, metadata: &str, hook: &str| {
        format!("MutatingWebhookConfiguration {name} | {metadata} | webhooks: [{{name: {hook}}}]")
    };
    let found = |objects: &[&str]| told("webhook.Analyzer", "", objects).len();
    let service = "clientConfig: {service: {name: istiod, namespace: istio-system}}";
    let selects = |revision: &str| {
        format!(
            "hook, namespaceSelector: {{matchExpressions: [{{key: istio.io/rev, operator: In, values: [{revision}]}}]}}"
        )
    };
    assert_eq!(found(&[&webhook("a", "", "hook"), &webhook("b", "", "hook")]), 0);
    assert_eq!(found(&[&webhook("a", "labels: {istio.io/rev: r}", "hook"), &webhook("b", "", "hook.istio.io")]), 2);
    assert_eq!(found(&[&webhook("a", "", &selects("one")), &webhook("b", "", &selects("two"))]), 0);
    assert_eq!(found(&[&webhook("a", "", &selects("one")), &webhook("b", "", &selects("one, two"))]), 2);
    assert_eq!(found(&[&webhook("a", "", &format!("hook.istio.io, {service}"))]), 1);
    assert_eq!(found(&[&webhook("a", "", &format!("hook.istio.io, {service}")), "Service istio-system/istiod | |"]), 0);
    assert_eq!(found(&[&webhook("a", "", "hook.istio.io, clientConfig: {url: 'https://x'}")]), 0);
}

#[test]
fn webhooks_of_an_external_control_plane_are_known_by_name() {
    let hook = |kind: &str, name: &str, client: &str| {
        format!("{kind} {name} | | webhooks: [{{name: h, clientConfig: {{{client}}}}}]")
    };
    let (validating, mutating) = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration");
    let found = |object: String| told("externalcontrolplane.ExternalControlPlaneAnalyzer", "", &[&object]);
    let none: [&str; 0] = [];
    assert_eq!(found(hook(validating, "istiod-default-validator", "")), ["IST0163 istiod-default-validator  h"]);
    assert_eq!(found(hook(validating, "istio-validator-x", "")), ["IST0163 istio-validator-x  h"]);
    assert_eq!(found(hook(validating, "istiod-default-validator-x", "")), none);
    assert_eq!(found(hook(mutating, "istio-validator", "")), none);
    assert_eq!(
        found(hook(mutating, "istio-sidecar-injector-x", "url: 'https://1.1.1.1/x'")),
        ["IST0164 istio-sidecar-injector-x https://1.1.1.1/x h"]
    );
    assert_eq!(found(hook(mutating, "istio-sidecar-injector", "url: 'https://x.com/x'")), none);
    assert_eq!(found(hook(mutating, "istio-sidecar-injector", "service: {name: a, namespace: b}")), none);
}

#[test]
fn istiod_is_told_which_addresses_not_to_ask() {
    let policies: Vec<String> = (1..=7).map(|n| format!("RequestAuthentication a/r{n} | |")).collect();
    let istiod = |labels: &str, env: &str| {
        format!(
            "Deployment any/istiod | labels: {{{labels}}} | spec: {{template: {{spec: {{containers: [{{name: d, env: [{env}]}}]}}}}}}"
        )
    };
    let found = |deployment: &str| {
        let mut objects: Vec<&str> = policies.iter().map(String::as_str).collect();
        objects.push(deployment);
        told("authn.BlockedCIDRsAnalyzer", "", &objects)
    };
    let none: [&str; 0] = [];
    let list = "IST0175 any/istiod 7 a/r1, a/r2, a/r3, a/r4, a/r5 and 2 more";
    assert_eq!(found(&istiod("app: istiod", "")), [list]);
    assert_eq!(found(&istiod("app: other", "")), none);
    assert_eq!(found(&istiod("app: istiod", "{name: BLOCKED_CIDRS_IN_JWKS_URIS, value: 10.0.0.0/8}")), none);
    assert_eq!(found(&istiod("app: istiod", "{name: BLOCKED_CIDRS_IN_JWKS_URIS, value: ''}")), [list]);
    assert_eq!(found(&istiod("app: istiod", "{name: BLOCKED_CIDRS_IN_JWKS_URIS, valueFrom: {}}")), [list]);
}

#[test]
fn services_differ_between_clusters() {
    let source = |id: &str, local: bool, text: &str| Source {
        name: id.into(),
        text: document(text),
        provenance: Provenance::Cluster { id: id.into(), local },
    };
    let found = |one: &str, two: &str| {
        verdict("services.MultiClusterServiceAnalyzer", "", vec![source("c1", true, one), source("c2", false, two)])
    };
    let plain =
        "Service a/s | | spec: {ports: [{name: http, port: 80, protocol: TCP}, {name: a, port: 1, protocol: TCP}]}";
    let none: [&str; 0] = [];
    assert_eq!(
        found(
            plain,
            "Service a/s | | spec: {ports: [{name: a, port: 1, protocol: TCP}, {name: http, port: 80, protocol: TCP}]}"
        ),
        none
    );
    assert_eq!(found(plain, "Service a/t | | spec: {}"), none);
    assert_eq!(
        found(plain, "Service a/s | | spec: {clusterIP: None, ports: [{name: http, port: 80, protocol: TCP}]}"),
        ["IST0170 a/s s a [c1,c2]"]
    );
    assert_eq!(found(plain, &plain.replace("port: 80", "port: 80, nodePort: 30000")), ["IST0170 a/s s a [c1,c2]"]);
}

#[test]
fn patches_of_envoy_filters_by_operation_and_priority() {
    let filter =
        |extra: &str, patches: &str| format!("EnvoyFilter a/f | | spec: {{{extra} configPatches: [{patches}]}}");
    let found = |object: String| told("envoyfilter.EnvoyPatchAnalyzer", "", &[&object]);
    let patch = |apply: &str, operation: &str| format!("{{applyTo: {apply}, patch: {{operation: {operation}}}}}");
    let table = [
        ("ROUTE_CONFIGURATION", "ADD", "IST0153"),
        ("HTTP_ROUTE", "ADD", "IST0153"),
        ("CLUSTER", "ADD", ""),
        ("HTTP_ROUTE", "REMOVE", "IST0154"),
        ("CLUSTER", "REMOVE", "IST0151"),
        ("CLUSTER", "REPLACE", "IST0152"),
        ("VIRTUAL_HOST", "REPLACE", "IST0151"),
        ("HTTP_FILTER", "INSERT_BEFORE", "IST0151"),
        ("HTTP_FILTER", "INSERT_AFTER", "IST0151"),
        ("HTTP_FILTER", "INSERT_FIRST", ""),
        ("HTTP_FILTER", "MERGE", ""),
    ];
    for (apply, operation, code) in table {
        let expected = if code.is_empty() { Vec::new() } else { vec![format!("{code} a/f")] };
        assert_eq!(found(filter("", &patch(apply, operation))), expected, "{apply} {operation}");
        let ordered = if code == "IST0151" { Vec::new() } else { expected };
        assert_eq!(
            found(filter("priority: 10,", &patch(apply, operation))),
            ordered,
            "{apply} {operation} with a priority"
        );
    }
    let versioned =
        "{applyTo: HTTP_FILTER, match: {proxy: {proxyVersion: '1'}}, patch: {operation: MERGE, value: {name: x}}}";
    let later = "{applyTo: HTTP_FILTER, patch: {operation: INSERT_BEFORE, value: {name: x}}}";
    assert_eq!(found(filter("", &format!("{versioned}, {later}"))), ["IST0155 a/f"]);
    assert_eq!(found(filter("", &format!("{later}, {versioned}"))), ["IST0151 a/f"]);
    assert_eq!(found(filter("", &format!("{{applyTo: CLUSTER}}, {later}"))), Vec::<String>::new());
}

#[test]
fn the_mesh_configuration_is_validated_too() {
    let found = |mesh: &str| told("schema.ValidationAnalyzer.MeshConfig", mesh, &[]);
    assert_eq!(found(""), Vec::<String>::new());
    assert_eq!(found("tlsDefaults: {ecdhCurves: [P-999]}"), ["IST0133 istio-system/meshconfig"]);
    assert_eq!(found("connectTimeout: 2h"), ["IST0106 istio-system/meshconfig"]);
    let networks = |mesh: &str| told("schema.ValidationAnalyzer.MeshNetworks", mesh, &[]);
    assert_eq!(
        networks("networks: {net: {gateways: [{address: 1.1.1.1, port: 70000}]}}"),
        ["IST0106 istio-system/meshnetworks"]
    );
}
