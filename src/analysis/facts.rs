//! What the reference does where no recorded run shows it: one small mesh and its verdict for each fact.

use super::finding::{Finding, Param};
use super::input::{self, Provenance, Source};
use super::kind::{KINDS, Kind};
use super::rules::Rule;
use super::view::View;
use super::{Given, Profile, Settings, Snapshot, builtin, run};
use crate::yaml::parse_document;

/// Parameters that are sentences.
const FREE: &[&str] = &["err", "detail", "problem", "reason", "extra", "error", "msg", "message"];

/// The findings of one analyzer over objects written `Kind namespace/name | metadata | everything else`, in flow style.
fn told(analyzer: &str, mesh: &str, objects: &[&str]) -> Vec<String> {
    let text: String = objects.iter().map(|object| document(object)).collect();
    verdict(analyzer, mesh, vec![Source::file("f.yaml", text)])
}

fn verdict(analyzer: &str, mesh: &str, mut sources: Vec<Source>) -> Vec<String> {
    let settings = Settings { profile: Profile::Reference, now: 1_790_000_000, ..Settings::default() };
    sources.extend(builtin::sources(&settings, Some("istio-ingressgateway")));
    let rule = Rule::find(analyzer).expect("an analyzer");
    let mesh = parse_document(mesh).expect("YAML");
    let chunks = input::parse(&sources, true);
    let root = View::new(mesh.root());
    let given =
        Given { sources: &sources, chunks: &chunks, settings: &settings, mesh_config: root, mesh_networks: root };
    let snapshot = Snapshot::build(given, &[rule]);
    assert!(snapshot.problems.is_empty(), "{:?}", snapshot.problems);
    run(&snapshot, &[rule]).findings.iter().map(|finding| line(&snapshot, finding)).collect()
}

fn document(object: &str) -> String {
    let mut parts = object.splitn(3, '|').map(str::trim);
    let (kind, name) = parts.next().and_then(|head| head.split_once(' ')).expect("a kind and a name");
    let (metadata, rest) = (parts.next().unwrap_or(""), parts.next().unwrap_or(""));
    let row = match kind {
        "KubernetesGateway" => Kind::KubernetesGateway.row(),
        _ => KINDS.iter().find(|row| row.name == kind).expect("a kind"),
    };
    let version = row.kind.api_version();
    let (namespace, name) = name.split_once('/').unwrap_or(("default", name));
    format!(
        "{{apiVersion: {version}, kind: {}, metadata: {{name: {name}, namespace: {namespace}, {metadata}}}, {rest}}}\n---\n",
        row.name
    )
}

fn line(snapshot: &Snapshot<'_>, finding: &Finding) -> String {
    let resource = finding.resource.and_then(|id| snapshot.resource(id)).expect("an object");
    let mut text = format!("{} {}", finding.code.id, resource.full_name());
    for (name, param) in &finding.params {
        if !FREE.contains(name) {
            let value = match param {
                Param::Text(text) => text.clone(),
                other => other.to_value().to_string().replace('"', ""),
            };
            text.push_str(&format!(" {value}"));
        }
    }
    text
}

/// Analyzer, objects, findings.
type Fact = (&'static str, &'static [&'static str], &'static [&'static str]);

fn hold(facts: &[Fact]) {
    for (analyzer, objects, expected) in facts {
        assert_eq!(told(analyzer, "", objects), *expected, "{analyzer}: {objects:#?}");
    }
}

#[test]
fn webhooks_select_by_expressions_of_every_operator() {
    let pod = "Deployment web/d | | spec: {template: {metadata: {labels: {tier: front}}, spec: {containers: [{name: istio-proxy, image: auto}]}}}";
    let namespace = "Namespace web | labels: {team: a} |";
    let cases = [
        ("objectSelector: {matchExpressions: [{key: tier, operator: In, values: [front]}]}", true),
        ("objectSelector: {matchExpressions: [{key: tier, operator: In, values: [back]}]}", false),
        ("objectSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [back]}]}", true),
        ("objectSelector: {matchExpressions: [{key: none, operator: NotIn, values: [back]}]}", true),
        ("objectSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [front]}]}", false),
        ("objectSelector: {matchExpressions: [{key: tier, operator: Exists}]}", true),
        ("objectSelector: {matchExpressions: [{key: none, operator: Exists}]}", false),
        ("objectSelector: {matchExpressions: [{key: none, operator: DoesNotExist}]}", true),
        ("objectSelector: {matchExpressions: [{key: tier, operator: DoesNotExist}]}", false),
        ("objectSelector: {matchExpressions: [{key: tier, operator: Near}]}", false),
        ("objectSelector: {matchExpressions: [{key: tier, operator: In}]}", false),
        ("namespaceSelector: {matchLabels: {team: a}}", true),
        ("namespaceSelector: {matchLabels: {team: b}}", false),
        ("sideEffects: None", true),
    ];
    for (selector, injected) in cases {
        let webhook = format!(
            "MutatingWebhookConfiguration inj | | webhooks: [{{name: a.istio.io, clientConfig: {{}}, {selector}}}]"
        );
        let found = told("injection.ImageAutoAnalyzer", "", &[pod, namespace, &webhook]);
        let expected: &[&str] = if injected { &[] } else { &["IST0146 web/d Deployment d"] };
        assert_eq!(found, expected, "{selector}");
    }
}

#[test]
fn only_webhooks_of_istio_inject_and_pods_are_never_asked() {
    let deployment = "Deployment d | | spec: {template: {spec: {containers: [{name: istio-proxy, image: auto}]}}}";
    hold(&[
        (
            "injection.ImageAutoAnalyzer",
            &[deployment, "MutatingWebhookConfiguration m | | webhooks: [{name: a.example.com}]"],
            &["IST0146 default/d Deployment d"],
        ),
        (
            "injection.ImageAutoAnalyzer",
            &[
                "Pod p | | spec: {containers: [{name: istio-proxy, image: auto}]}",
                "Pod q | | spec: {initContainers: [{name: istio-proxy, image: auto}], containers: []}",
                "MutatingWebhookConfiguration m | | webhooks: [{name: a.istio.io}]",
            ],
            &["IST0147 default/p Pod p"],
        ),
    ]);
}

#[test]
fn hosts_of_gateways_match_with_wildcards_on_either_side() {
    let cases: &[(&str, &str, bool)] = &[
        ("a.com", "a.com", true),
        ("a.com", "A.com", false),
        ("'*.a.com'", "x.a.com", true),
        ("'*.a.com'", "a.com", false),
        ("x.a.com", "'*.a.com'", true),
        ("'*.a.com'", "'*.com'", true),
        ("'*.com'", "'*.a.com'", true),
        ("'*.a.com'", "'*.b.com'", false),
        ("'*/*'", "any.thing", true),
        ("'*/a.com'", "a.com", true),
        ("web/a.com", "a.com", true),
        ("other/a.com", "a.com", false),
        ("./a.com", "a.com", false),
        ("'./*'", "a.com", false),
    ];
    for (exposed, host, found) in cases {
        let gateway = format!("Gateway infra/g | | spec: {{servers: [{{hosts: [{exposed}]}}]}}");
        let service = format!("VirtualService web/v | | spec: {{hosts: [{host}], gateways: [infra/g]}}");
        let told = told("virtualservice.GatewayAnalyzer", "", &[&gateway, &service]);
        assert_eq!(told.is_empty(), *found, "{exposed} {host}: {told:?}");
    }
}

#[test]
fn gateways_of_virtual_services_are_found_and_missed() {
    hold(&[
        (
            "virtualservice.GatewayAnalyzer",
            &["VirtualService web/v | | spec: {hosts: [a.com, b.com], gateways: [mesh, gone, infra/gone]}"],
            &[
                "IST0101 web/v gateway gone",
                "IST0101 web/v gateway infra/gone",
                "IST0132 web/v [a.com,b.com] web/v infra/gone",
                "IST0132 web/v [a.com,b.com] web/v web/gone",
            ],
        ),
        (
            "virtualservice.GatewayAnalyzer",
            &[
                "VirtualService web/v | | spec: {hosts: [a.com], gateways: [web/g-istio-autogenerated-k8s-gateway-http, web/g~istio-autogenerated-k8s-gateway~http]}",
            ],
            &[
                "IST0101 web/v gateway web/g-istio-autogenerated-k8s-gateway-http",
                "IST0132 web/v [a.com] web/v web/g-istio-autogenerated-k8s-gateway-http",
                "IST0165 web/v web/v web/g~istio-autogenerated-k8s-gateway~http",
            ],
        ),
    ]);
}

#[test]
fn a_workload_is_in_the_mesh_by_its_proxy_its_label_its_annotation_or_its_namespace() {
    let services = [
        "Service web/a | | spec: {selector: {app: x}, ports: [{port: 80, protocol: TCP, targetPort: 80}]}",
        "Service web/b | | spec: {selector: {app: x}, ports: [{port: 80, protocol: UDP, targetPort: 81}]}",
        "Service else/c | | spec: {selector: {app: x}, ports: [{port: 80, protocol: SCTP, targetPort: 82}]}",
    ];
    let cases: &[(&str, &str, &str, bool)] = &[
        ("", "containers: [{name: istio-proxy, image: p}]", "", true),
        ("", "containers: [{name: istio-proxy}]", "", false),
        ("", "containers: [], initContainers: [{name: istio-proxy, image: p}]", "", false),
        ("labels: {app: x, sidecar.istio.io/inject: 'true'}", "containers: []", "", true),
        ("labels: {app: x, sidecar.istio.io/inject: 'True'}", "containers: []", "istio-injection: enabled", false),
        ("labels: {app: x}, annotations: {sidecar.istio.io/inject: 'true'}", "containers: []", "", true),
        (
            "labels: {app: x}, annotations: {sidecar.istio.io/inject: 'false'}",
            "containers: []",
            "istio-injection: enabled",
            false,
        ),
        ("", "containers: []", "istio-injection: enabled", true),
        ("", "containers: []", "istio.io/rev: canary", false),
        ("", "containers: []", "istio-injection: disabled", false),
    ];
    for (metadata, spec, labels, inside) in cases {
        let metadata = if metadata.is_empty() { "labels: {app: x}" } else { metadata };
        let deployment =
            format!("Deployment web/d | | spec: {{template: {{metadata: {{{metadata}}}, spec: {{{spec}}}}}}}");
        let namespace = format!("Namespace web | labels: {{{labels}}} |");
        let found = told(
            "deployment.MultiServiceAnalyzer",
            "",
            &[&deployment, &namespace, services[0], services[1], services[2]],
        );
        let expected: &[&str] = if *inside { &["IST0116 web/d d 80 [web/a,web/b]"] } else { &[] };
        assert_eq!(found, expected, "{metadata} {spec} {labels}");
    }
}

#[test]
fn services_in_front_of_one_deployment() {
    let deployment = "Deployment web/d | | spec: {template: {metadata: {labels: {app: x, sidecar.istio.io/inject: 'true'}}, spec: {containers: []}}}";
    hold(&[
        (
            "deployment.MultiServiceAnalyzer",
            &[
                deployment,
                "Service web/a | | spec: {selector: {app: x}, ports: [{port: 80, targetPort: 8080}, {port: 90}]}",
                "Service web/b | | spec: {selector: {app: x}, ports: [{port: 81, targetPort: 8080}, {port: 91, targetPort: 90}, {port: 92, targetPort: web}]}",
                "Service web/c | | spec: {ports: [{port: 82, targetPort: 8080}]}",
                "Service web/e | | spec: {selector: {app: y}, ports: [{port: 83, targetPort: 8080}]}",
            ],
            &["IST0137 web/d d [web/a,web/b] 8080 [80,81]", "IST0137 web/d d [web/a,web/b] 90 [90,91]"],
        ),
        (
            "deployment.MultiServiceAnalyzer",
            &[
                "Deployment web/w | labels: {gateway.istio.io/managed: istio.io-mesh-controller} | spec: {template: {metadata: {labels: {app: x, sidecar.istio.io/inject: 'true'}}, spec: {containers: []}}}",
                "Service web/a | | spec: {selector: {app: x}, ports: [{port: 80, protocol: TCP}, {port: 80, protocol: UDP}]}",
            ],
            &[],
        ),
    ]);
}

#[test]
fn the_control_plane_is_exempt() {
    hold(&[
        (
            "applicationUID.Analyzer",
            &[
                "Pod a/p | labels: {istio: pilot} | spec: {securityContext: {runAsUser: 1337}, containers: []}",
                "Pod a/q | labels: {release: istio} | spec: {securityContext: {runAsUser: 1337}, containers: []}",
                "Pod a/r | labels: {release: other} | spec: {securityContext: {runAsUser: 1337}, containers: [{name: a, securityContext: {runAsUser: 1337}}]}",
                "Pod a/s | | spec: {containers: [{name: istio-proxy, securityContext: {runAsUser: 1337}}, {name: istio-operator, securityContext: {runAsUser: 1337}}], initContainers: [{name: i, securityContext: {runAsUser: 1337}}]}",
            ],
            &["IST0144 a/r"],
        ),
        ("injection.Analyzer", &["Namespace istio-system | |", "Namespace web | |"], &["IST0102 web web web"]),
        (
            "service.PortNameAnalyzer",
            &[
                "Service a/a | labels: {istio: x} | spec: {ports: [{name: a, port: 1}]}",
                "Service a/b | labels: {gateway.istio.io/managed: istio.io-gateway-controller} | spec: {ports: [{name: a, port: 1}]}",
                "Service istio-system/c | labels: {gateway.istio.io/managed: other} | spec: {ports: [{name: a, port: 1}]}",
            ],
            &["IST0118 istio-system/c a 1 0"],
        ),
    ]);
}

#[test]
fn ports_say_their_protocol_in_many_ways() {
    let cases: &[(&str, bool)] = &[
        ("name: foo, port: 1, protocol: UDP", true),
        ("name: foo, port: 1, protocol: SCTP", false),
        ("name: foo, port: 1, appProtocol: http", true),
        ("name: http, port: 1, appProtocol: ''", false),
        ("name: http, port: 1, appProtocol: acme.com/x", false),
        ("name: foo, port: 1, appProtocol: kubernetes.io/h2c", true),
        ("name: foo, port: 1, appProtocol: kubernetes.io/ws", true),
        ("name: foo, port: 1, appProtocol: kubernetes.io/wss", true),
        ("name: grpc-web-x, port: 1", true),
        ("name: GRPC-WEBx, port: 1", true),
        ("name: HTTP2-x, port: 1", true),
        ("name: http3-x, port: 1", false),
        ("name: foo, port: 25", true),
        ("name: foo, port: 53", true),
        ("name: foo, port: 3306", true),
        ("name: foo, port: 27017", true),
        ("port: 443", false),
        ("name: http_proxy, port: 1", true),
    ];
    for (port, fine) in cases {
        let service = format!("Service a | | spec: {{ports: [{{{port}}}]}}");
        assert_eq!(told("service.PortNameAnalyzer", "", &[&service]).is_empty(), *fine, "{port}");
    }
    hold(&[(
        "service.PortNameAnalyzer",
        &[
            "Service a | | spec: {type: ExternalName, ports: [{name: tcp, port: 1}, {name: tcp-x, port: 2}, {name: foo, port: 3}]}",
        ],
        &["IST0150 default/a"],
    )]);
}

#[test]
fn annotations_are_known_in_place_and_valid() {
    let pod = |annotation: &str, value: &str| {
        let pod = format!("Pod a | annotations: {{{annotation}: {value}}} | spec: {{containers: []}}");
        told("annotations.K8sAnalyzer", "", &[&pod])
    };
    let bad = [
        ("prometheus.istio.io/merge-metrics", "'maybe'"),
        ("readiness.status.sidecar.istio.io/periodSeconds", "'-1'"),
        ("status.sidecar.istio.io/port", "'65536'"),
        ("traffic.sidecar.istio.io/excludeInboundPorts", "'80,x'"),
        ("traffic.sidecar.istio.io/excludeInboundPorts", "'*'"),
        ("traffic.sidecar.istio.io/includeInboundPorts", "'80,'"),
        ("traffic.sidecar.istio.io/includeOutboundIPRanges", "'10.0.0.0'"),
        ("traffic.sidecar.istio.io/excludeOutboundIPRanges", "'*'"),
        ("sidecar.istio.io/interceptionMode", "'tproxy'"),
        ("sidecar.istio.io/proxyCPU", "'much'"),
        ("istio.io/reroute-virtual-interfaces", "'a b'"),
        ("proxy.istio.io/config", "'concurrency: many'"),
        ("proxy.istio.io/config", "'bogus: 1'"),
    ];
    for (annotation, value) in bad {
        assert_eq!(pod(annotation, value), [format!("IST0125 default/a {annotation}")], "{value}");
    }
    let good = [
        ("traffic.sidecar.istio.io/includeInboundPorts", "'*'"),
        ("traffic.sidecar.istio.io/includeOutboundIPRanges", "'*'"),
        ("sidecar.istio.io/status", "x"),
        ("gateway.istio.io/controller-version", "x"),
        ("galley.istio.io/analyze-suppress", "x"),
        ("istio.io/rev", "x"),
        ("example.com/istio.io", "x"),
    ];
    for (annotation, value) in good {
        assert_eq!(pod(annotation, value), Vec::<String>::new(), "{annotation}");
    }
    hold(&[
        (
            "annotations.K8sAnalyzer",
            &["Pod a | annotations: {sidecar.istio.io/inject: 'x'}, labels: {sidecar.istio.io/inject: 'true'} |"],
            &[],
        ),
        (
            "annotations.K8sAnalyzer",
            &[
                "Pod a | annotations: {sidecar.istio.io/inject: 'x', foo-istio.io/x: y, istio.io: z, kubernetes.io/ingress.class: istio} |",
            ],
            &[
                "IST0107 default/a kubernetes.io/ingress.class Ingress",
                "IST0108 default/a foo-istio.io/x",
                "IST0108 default/a istio.io",
                "IST0135 default/a sidecar.istio.io/inject",
            ],
        ),
        (
            "annotations.K8sAnalyzer",
            &[
                "Deployment a | annotations: {networking.istio.io/traffic-distribution: x, sidecar.istio.io/proxyCPU: 1x} | spec: {template: {metadata: {annotations: {istio.io/bogus: x}}}}",
            ],
            &[
                "IST0107 default/a networking.istio.io/traffic-distribution Namespace, Service, ServiceEntry",
                "IST0107 default/a sidecar.istio.io/proxyCPU Pod",
            ],
        ),
    ]);
}

#[test]
fn hosts_are_seen_as_they_are_exported() {
    let route = |extra: &str, host: &str| {
        format!(
            "VirtualService web/v | | spec: {{hosts: [x], {extra} http: [{{route: [{{destination: {{host: {host}}}}}]}}]}}"
        )
    };
    let cases: &[(&str, &str, &str, bool)] = &[
        ("ServiceEntry ext/e | | spec: {hosts: [a.com]}", "", "a.com", true),
        ("ServiceEntry ext/e | | spec: {hosts: [a.com], exportTo: [web]}", "", "a.com", true),
        ("ServiceEntry ext/e | | spec: {hosts: [a.com], exportTo: [.]}", "", "a.com", false),
        ("ServiceEntry ext/e | | spec: {hosts: [a.com], exportTo: [other, '*']}", "", "a.com", true),
        ("ServiceEntry ext/e | | spec: {hosts: [a.com], exportTo: [other]}", "exportTo: [other],", "a.com", true),
        ("ServiceEntry ext/e | | spec: {hosts: [a.com], exportTo: [web]}", "exportTo: [other],", "a.com", false),
        ("ServiceEntry ext/e | | spec: {hosts: [a.com], exportTo: [web]}", "exportTo: [.],", "a.com", true),
        ("ServiceEntry ext/e | | spec: {hosts: [a.com], exportTo: ['~']}", "", "a.com", false),
        ("ServiceEntry ext/e | | spec: {hosts: ['*.a.com']}", "", "x.a.com", true),
        ("ServiceEntry ext/e | | spec: {hosts: ['*.a.com']}", "", "'*.a.com'", true),
        ("ServiceEntry ext/e | | spec: {hosts: ['*.a.com']}", "", "'*.b.com'", false),
        ("ServiceEntry ext/e | | spec: {hosts: ['*.a.com'], exportTo: [web]}", "exportTo: [other],", "x.a.com", true),
        (
            "ServiceEntry ext/e | | spec: {hosts: ['*.a.com'], exportTo: [other]}",
            "exportTo: [other],",
            "x.a.com",
            false,
        ),
        ("Service web/s | | spec: {ports: [{port: 80}]}", "", "s", true),
        ("Service web/s | | spec: {ports: [{port: 80}]}", "", "s.web", false),
        ("Service web/s | | spec: {ports: [{port: 80}]}", "", "s.web.svc.cluster.local", true),
        ("Service web/s | | spec: {ports: [{port: 80}]}", "", "s.web.svc.example.org", false),
        ("Service ext/s | | spec: {ports: [{port: 80}]}", "", "s.ext.svc.cluster.local", true),
        (
            "Service ext/s | annotations: {networking.istio.io/exportTo: '., web'} | spec: {ports: [{port: 80}]}",
            "",
            "s.ext.svc.cluster.local",
            true,
        ),
        (
            "Service ext/s | annotations: {networking.istio.io/exportTo: .} | spec: {ports: [{port: 80}]}",
            "",
            "s.ext.svc.cluster.local",
            false,
        ),
    ];
    for (object, extra, host, found) in cases {
        let told = told("virtualservice.DestinationHostAnalyzer", "", &[object, &route(extra, host)]);
        let missing = format!("IST0101 web/v host {}", host.trim_matches('\''));
        let expected = if *found { Vec::new() } else { vec![missing] };
        assert_eq!(told, expected, "{object} {extra} {host}");
    }
}

#[test]
fn ports_of_destinations_must_be_chosen_and_exist() {
    let service = "Service web/s | | spec: {ports: [{port: 80}, {port: 81}]}";
    hold(&[
        (
            "virtualservice.DestinationHostAnalyzer",
            &[
                service,
                "VirtualService web/v | | spec: {hosts: [x], tcp: [{route: [{destination: {host: s}}]}], http: [{route: [{destination: {host: s, port: {number: 82}}}], mirror: {host: t}, mirrors: [{destination: {host: u}}]}]}",
            ],
            &[
                "IST0101 web/v mirror host u",
                "IST0101 web/v mirror host t",
                "IST0101 web/v host:port s:82",
                "IST0112 web/v s [80,81]",
            ],
        ),
        (
            "virtualservice.DestinationHostAnalyzer",
            &[
                "ServiceEntry web/e | | spec: {hosts: [e.com]}",
                "VirtualService web/v | | spec: {hosts: [x], http: [{route: [{destination: {host: e.com}}, {destination: {host: e.com, port: {number: 80}}}, {}]}, {redirect: {}}, {delegate: {name: d}}]}",
            ],
            &["IST0101 web/v host ", "IST0101 web/v host:port e.com:80"],
        ),
    ]);
}

#[test]
fn subset_rules_do_not_hold_for_ingress() {
    hold(&[(
        "virtualservice.DestinationHostAnalyzer",
        &[
            "Service web/s | | spec: {ports: [{port: 80}]}",
            "VirtualService web/split | | spec: {hosts: [s], http: [{route: [{destination: {host: s, subset: v1}}]}]}",
            "VirtualService web/in | | spec: {hosts: [x.com], gateways: [mesh], http: [{route: [{destination: {host: s}}]}]}",
            "VirtualService web/both | | spec: {hosts: [s], gateways: [g], http: [{route: [{destination: {host: s, subset: v1}}, {destination: {host: s}}]}]}",
            "VirtualService web/none | | spec: {hosts: [y.com], http: [{route: [{destination: {host: s}}]}]}",
        ],
        &[
            "IST0140 web/both web/both web/both",
            "IST0140 web/both web/split web/both",
            "IST0140 web/in web/both web/in",
            "IST0140 web/in web/split web/in",
        ],
    )]);
}

#[test]
fn subsets_select_pods_by_labels_of_pods_and_nodes() {
    let rule = |labels: &str| {
        format!("DestinationRule web/r | | spec: {{host: s, subsets: [{{name: v1, labels: {{{labels}}}}}]}}")
    };
    let objects = [
        "Service web/s | | spec: {selector: {app: s}, ports: [{port: 80}]}",
        "Pod else/p | labels: {version: v1} | spec: {nodeName: n, containers: []}",
        "Pod else/q | labels: {version: v2, topology.kubernetes.io/zone: far} | spec: {nodeName: gone, containers: []}",
        "Node n | labels: {topology.kubernetes.io/region: r, topology.istio.io/subzone: sub} |",
    ];
    let cases = [
        ("version: v1", true),
        ("version: v3", false),
        ("topology.kubernetes.io/region: r", true),
        ("topology.istio.io/subzone: sub", false),
        ("topology.kubernetes.io/zone: far", true),
        ("kubernetes.io/hostname: n", true),
        ("kubernetes.io/hostname: gone", true),
        ("kubernetes.io/hostname: other", false),
        ("", true),
    ];
    for (labels, found) in cases {
        let rule = rule(labels);
        let told = told(
            "destinationrule.SubsetSelectPodAnalyzer",
            "",
            &[objects[0], objects[1], objects[2], objects[3], &rule],
        );
        let expected: &[&str] = if found { &[] } else { &["IST0173 web/r v1"] };
        assert_eq!(told, expected, "{labels}");
    }
    hold(&[
        (
            "destinationrule.SubsetSelectPodAnalyzer",
            &[
                "ServiceEntry web/e | | spec: {hosts: [e.com], workloadSelector: {labels: {app: e, version: v0}}}",
                "Pod web/p | labels: {app: e, version: v1} |",
                "Pod web/q | labels: {version: v2} |",
                "DestinationRule web/r | | spec: {host: e.com, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}, {name: v0}, {name: v1, labels: {version: v2}}]}",
            ],
            &["IST0173 web/r v0", "IST0173 web/r v1", "IST0173 web/r v2"],
        ),
        (
            "destinationrule.SubsetSelectPodAnalyzer",
            &[
                "DestinationRule web/r | | spec: {host: gone, subsets: [{name: v1}]}",
                "DestinationRule web/w | | spec: {host: '*.local'}",
            ],
            &["IST0174 web/r gone", "IST0174 web/w *.local"],
        ),
    ]);
}

#[test]
fn subsets_are_defined_by_host_and_namespace() {
    hold(&[(
        "virtualservice.DestinationRuleAnalyzer",
        &[
            "DestinationRule web/a | | spec: {host: s, subsets: [{name: v1}]}",
            "DestinationRule else/b | | spec: {host: t.web.svc.cluster.local, subsets: [{name: v1}]}",
            "DestinationRule else/c | | spec: {host: e.com, subsets: [{name: v1}]}",
            "DestinationRule web/d | | spec: {host: '*.local', subsets: [{name: v1}]}",
            "VirtualService web/v | | spec: {hosts: [x], http: [{route: [{destination: {host: s.web.svc.cluster.local, subset: v1}}, {destination: {host: t, subset: v1}}, {destination: {host: e.com, subset: v1}}, {destination: {host: u, subset: v1}}, {destination: {host: s, subset: v2}}], mirror: {host: s, subset: v3}}]}",
        ],
        &[
            "IST0101 web/v host+subset in destinationrule e.com+v1",
            "IST0101 web/v host+subset in destinationrule s+v2",
            "IST0101 web/v host+subset in destinationrule u+v1",
            "IST0101 web/v mirror+subset in destinationrule s+v3",
        ],
    )]);
}

#[test]
fn ports_of_gateways_are_those_of_services() {
    let pod = "Pod infra/p | labels: {gw: x} | spec: {containers: []}";
    let gateway = |port: i64| {
        format!("Gateway web/g | | spec: {{selector: {{gw: x}}, servers: [{{port: {{number: {port}}}}}, {{}}]}}")
    };
    let cases: &[(&str, i64, bool)] = &[
        ("Service infra/s | | spec: {selector: {gw: x}, ports: [{port: 80, protocol: TCP}]}", 80, true),
        ("Service infra/s | | spec: {selector: {gw: x}, ports: [{port: 80}]}", 80, false),
        ("Service infra/s | | spec: {selector: {gw: x}, ports: [{port: 80, protocol: UDP}]}", 80, false),
        (
            "Service infra/s | | spec: {selector: {gw: x}, ports: [{port: 80, protocol: TCP, targetPort: 8080}]}",
            8080,
            true,
        ),
        (
            "Service infra/s | | spec: {selector: {gw: x}, ports: [{port: 80, protocol: TCP, targetPort: 8080}]}",
            80,
            true,
        ),
        (
            "Service infra/s | | spec: {selector: {gw: x}, ports: [{port: 80, protocol: TCP, targetPort: web}]}",
            80,
            true,
        ),
        (
            "Service infra/s | | spec: {selector: {gw: x}, ports: [{port: 80, protocol: TCP, targetPort: web}]}",
            8080,
            false,
        ),
        ("Service infra/s | | spec: {ports: [{port: 80, protocol: TCP}]}", 80, true),
        ("Service web/s | | spec: {selector: {gw: x}, ports: [{port: 80, protocol: TCP}]}", 80, false),
    ];
    for (service, port, open) in cases {
        let found = told("gateway.IngressGatewayPortAnalyzer", "", &[pod, service, &gateway(*port)]);
        let expected = if *open { Vec::new() } else { vec![format!("IST0162 web/g {port} gw=x")] };
        assert_eq!(found, expected, "{service} {port}");
    }
    hold(&[
        (
            "gateway.IngressGatewayPortAnalyzer",
            &[
                "Gateway web/g | | spec: {selector: {istio: ingressgateway}, servers: [{port: {number: 443}}, {port: {number: 8443}}]}",
            ],
            &["IST0162 web/g 8443 istio=ingressgateway"],
        ),
        (
            "gateway.IngressGatewayPortAnalyzer",
            &["Gateway web/g | | spec: {selector: {b: y, a: x}}"],
            &["IST0101 web/g selector a=x,b=y"],
        ),
    ]);
}

#[test]
fn gateways_share_certificates_by_name_or_by_text() {
    let gateway = |name: &str, selector: &str, tls: &str| {
        format!("Gateway {name} | | spec: {{selector: {{{selector}}}, servers: [{{tls: {{{tls}}}}}]}}")
    };
    let files = "serverCertificate: /c, privateKey: /k";
    let cases: &[(&str, &str, &str, &str, &[&str])] = &[
        (
            "a: x",
            "credentialName: c",
            "a: x",
            "credentialName: c",
            &["IST0138 one/g [one/g,two/g]", "IST0138 two/g [two/g,one/g]"],
        ),
        ("a: x", "credentialName: c", "a: x, b: y", "credentialName: c", &["IST0138 one/g [one/g,two/g]"]),
        ("", "credentialName: c", "b: y", "credentialName: c", &["IST0138 one/g [one/g,two/g]"]),
        ("a: x", "credentialName: c", "b: y", "credentialName: c", &[]),
        ("a: x", "credentialName: c", "a: x", "credentialName: d", &[]),
        ("a: x", files, "a: x", files, &["IST0138 one/g [one/g,two/g]", "IST0138 two/g [two/g,one/g]"]),
        ("a: x", "serverCertificate: /c", "a: x", "serverCertificate: /c", &[]),
        ("a: x", files, "a: x", "serverCertificate: /c, privateKey: /k, credentialName: c", &[]),
    ];
    for (one, tls, two, other, expected) in cases {
        let found =
            told("gateway.CertificateAnalyzer", "", &[&gateway("one/g", one, tls), &gateway("two/g", two, other)]);
        assert_eq!(found, *expected, "{one} {tls} {two} {other}");
    }
}

#[test]
fn credentials_of_gateways_are_secrets_near_their_pods() {
    let pod = "Pod infra/p | labels: {gw: x} |";
    let gateway = |name: &str| {
        format!("Gateway web/g | | spec: {{selector: {{gw: x}}, servers: [{{tls: {{credentialName: {name}}}}}]}}")
    };
    let text = "data: {tls.crt: eA==, tls.key: eA==}";
    let found = |objects: &[&str]| told("gateway.SecretAnalyzer", "", objects);
    assert_eq!(found(&[pod, &gateway("c")]), ["IST0101 web/g credentialName c"]);
    assert_eq!(
        found(&[pod, &gateway("other/c"), &format!("Secret infra/c | | {text}")]),
        ["IST0101 web/g credentialName other/c"]
    );
    assert_eq!(
        found(&[pod, &gateway("other/c"), &format!("Secret other/c | | {text}")]),
        ["IST0161 web/g web/g infra"]
    );
    assert_eq!(found(&[pod, &gateway("c"), &format!("Secret infra/c | | {text}")]), ["IST0161 web/g web/g infra"]);
    assert_eq!(
        found(&[pod, &gateway("c"), "Secret infra/c | | stringData: {tls.crt: x, tls.key: x}"]),
        ["IST0161 web/g web/g infra"]
    );
    assert_eq!(found(&[&gateway("c")]), ["IST0101 web/g selector gw=x"]);
}

#[test]
fn gateways_conflict_on_port_host_and_workload() {
    let gateway = |name: &str, selector: &str, server: &str| {
        format!("Gateway {name} | | spec: {{selector: {{{selector}}}, servers: [{server}]}}")
    };
    let web = "{port: {number: 80}, hosts: [a.com, b.com]}";
    let found = |objects: &[&str]| told("gateway.ConflictingGatewayAnalyzer", "", objects);
    let one = gateway("one/g", "gw: x", web);
    assert_eq!(
        found(&[&one, &gateway("two/g", "gw: x", "{port: {number: 80}, hosts: [b.com]}")]),
        ["IST0145 one/g two/g gw=x 80 a.com,b.com", "IST0145 two/g one/g gw=x 80 b.com"]
    );
    let none: [&str; 0] = [];
    assert_eq!(found(&[&one, &gateway("two/g", "gw: x", "{port: {number: 80}, hosts: ['*.com']}")]), none);
    assert_eq!(found(&[&one, &gateway("two/g", "gw: x", "{port: {number: 80}, hosts: [web/b.com]}")]), none);
    assert_eq!(found(&[&one, &gateway("two/g", "gw: x", "{port: {number: 80}, bind: 1.2.3.4, hosts: [b.com]}")]), none);
    let narrow = gateway("two/g", "gw: x, z: y", "{port: {number: 80}, hosts: [b.com]}");
    assert_eq!(found(&[&one, &narrow]), none);
    assert_eq!(found(&[&one, &narrow, "Pod infra/p | labels: {gw: x, z: y} |"]).len(), 2);
    assert_eq!(found(&["Gateway one/g | | spec: {selector: {gw: x}}"]), ["IST0101 one/g selector gw=x"]);
    assert_eq!(found(&["Gateway one/g | | spec: {}"]), none);
}

#[test]
fn namespaces_decide_about_injection_once() {
    hold(&[
        (
            "injection.Analyzer",
            &[
                "Namespace a | labels: {istio-injection: enabled, istio.io/rev: x} |",
                "Namespace b | labels: {istio-injection: disabled, istio.io/rev: x} |",
                "Namespace c | labels: {istio.io/rev: x, istio.io/dataplane-mode: ambient} |",
                "Namespace d | labels: {istio-injection: '', istio.io/rev: x} |",
                "Namespace e | labels: {istio-injection: ''} |",
                "Namespace f | labels: {istio.io/dataplane-mode: ambient} |",
                "Namespace g | labels: {istio.io/rev: ''} |",
            ],
            &[
                "IST0123 a [istio-injection=enabled,istio.io/rev=x]",
                "IST0123 c [istio.io/rev=x,istio.io/dataplane-mode=ambient]",
                "IST0102 e e e",
            ],
        ),
        (
            "injection.Analyzer",
            &[
                "Namespace a | labels: {istio-injection: enabled} |",
                "Pod a/p | | spec: {containers: [{name: app, image: x}]}",
                "Pod a/q | labels: {sidecar.istio.io/inject: 'False'} | spec: {containers: []}",
                "Pod a/r | labels: {sidecar.istio.io/inject: 'true'}, annotations: {sidecar.istio.io/inject: 'false'} | spec: {containers: []}",
                "Pod a/s | annotations: {sidecar.istio.io/inject: 'false'} | spec: {containers: []}",
                "Pod a/t | | spec: {hostNetwork: true, containers: []}",
                "Pod a/u | | spec: {initContainers: [{name: istio-proxy, image: x}], containers: []}",
                "Pod a/v | | spec: {containers: [{name: istio-proxy}]}",
                "Namespace b | labels: {istio.io/rev: x} |",
                "Pod b/p | | spec: {containers: [{name: app, image: x}]}",
            ],
            &["IST0103 a/p a/p", "IST0103 a/r a/r", "IST0103 a/v a/v"],
        ),
        (
            "injection.Analyzer",
            &[
                "Namespace a | |",
                "ConfigMap any/istio-sidecar-injector | | data: {values: '{\"sidecarInjectorWebhook\": {\"enableNamespacesByDefault\": true}}'}",
            ],
            &["IST0148 a"],
        ),
    ]);
}

#[test]
fn sidecars_run_the_image_of_their_revision() {
    let values = |tag: &str| {
        format!(
            "data: {{values: '{{\"global\": {{\"hub\": \"h\", \"tag\": \"{tag}\", \"proxy\": {{\"image\": \"proxyv2\"}}}}}}'}}"
        )
    };
    let plain = format!("ConfigMap istio-system/istio-sidecar-injector | | {}", values("1"));
    let canary = format!("ConfigMap istio-system/istio-sidecar-injector-canary | | {}", values("2"));
    let pod = |image: &str| format!("Pod a/p | | spec: {{containers: [{{name: istio-proxy, image: '{image}'}}]}}");
    let found = |mesh: &str, objects: &[&str]| told("injection.ImageAnalyzer", mesh, objects);
    let none: [&str; 0] = [];
    let old = "Namespace a | labels: {istio-injection: enabled} |";
    let new = "Namespace a | labels: {istio-injection: enabled, istio.io/rev: canary} |";
    assert_eq!(found("", &[&plain, &canary, old, &pod("h/proxyv2:1")]), none);
    assert_eq!(found("", &[&plain, &canary, old, &pod("h/proxyv2:2")]), ["IST0158 a [p]"]);
    assert_eq!(found("", &[&plain, &canary, new, &pod("h/proxyv2:2")]), none);
    assert_eq!(found("", &[&plain, new, &pod("h/proxyv2:2")]), none);
    assert_eq!(found("", &[&plain, old, &pod("h/proxyv2:1-debug")]), ["IST0158 a [p]"]);
    let debug = "defaultConfig: {image: {imageType: debug}}";
    assert_eq!(found(debug, &[&plain, old, &pod("h/proxyv2:1-debug")]), none);
    let level = |name: &str, selector: &str, kind: &str| {
        format!("ProxyConfig {name} | | spec: {{{selector} image: {{imageType: {kind}}}}}")
    };
    assert_eq!(found("", &[&plain, old, &level("istio-system/a", "", "debug"), &pod("h/proxyv2:1-debug")]), none);
    let mixed = [level("istio-system/a", "", "debug"), level("a/b", "", "distroless")];
    assert_eq!(found("", &[&plain, old, &mixed[0], &mixed[1], &pod("h/proxyv2:1-distroless")]), none);
    assert_eq!(found("", &[&plain, old, &mixed[0], &mixed[1], &pod("h/proxyv2:1-debug")]), ["IST0158 a [p]"]);
    let back = level("a/b", "", "default");
    assert_eq!(found("", &[&plain, old, &mixed[0], &back, &pod("h/proxyv2:1-")]), none);
    let unfit = level("a/b", "selector: {matchLabels: {app: x}},", "debug");
    assert_eq!(found("", &[&plain, old, &unfit, &pod("h/proxyv2:1-debug")]), ["IST0158 a [p]"]);
    let near = level("ab/b", "selector: {matchLabels: {}},", "debug");
    assert_eq!(found("", &[&plain, old, &near, &pod("h/proxyv2:1-debug")]), none);
}

#[test]
fn what_the_mesh_configuration_switches_off() {
    let entry = "ServiceEntry web/e | | spec: {hosts: [a.com], ports: [{number: 1, name: a, protocol: tcp}, {number: 2, name: b}, {number: 3, name: c, protocol: MONGO}]}";
    let allocating = |switch: &str| {
        format!("defaultConfig: {{proxyMetadata: {{ISTIO_META_DNS_CAPTURE: 'true', {switch}: 'true'}}}}")
    };
    let found = |mesh: &str, objects: &[&str]| told("serviceentry.Analyzer", mesh, objects).len();
    assert_eq!(found("", &[entry]), 2);
    assert_eq!(found(&allocating("ISTIO_META_DNS_AUTO_ALLOCATE"), &[entry]), 0);
    assert_eq!(found(&allocating("PILOT_ENABLE_IP_AUTOALLOCATE"), &[entry]), 0);
    assert_eq!(found(&allocating("OTHER"), &[entry]), 2);
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
    let networks = "networks: {n: {endpoints: [{fromRegistry: Kubernetes}, {fromRegistry: kubernetes}, {fromRegistry: c1}, {fromCidr: 10.0.0.0/8}]}}";
    let secret = "Secret any/s | labels: {istio/multiCluster: 'true'} | data: {c1: eA==}";
    let found = |objects: &[&str]| told("meshnetworks.MeshNetworksAnalyzer", networks, objects);
    assert_eq!(
        found(&[]),
        ["IST0126 istio-system/meshnetworks c1 n", "IST0126 istio-system/meshnetworks kubernetes n"]
    );
    assert_eq!(found(&[secret]), ["IST0126 istio-system/meshnetworks kubernetes n"]);
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
            "n, namespaceSelector: {{matchExpressions: [{{key: istio.io/rev, operator: In, values: [{revision}]}}]}}"
        )
    };
    assert_eq!(found(&[&webhook("a", "", "n"), &webhook("b", "", "n")]), 0);
    assert_eq!(found(&[&webhook("a", "labels: {istio.io/rev: r}", "n"), &webhook("b", "", "n.istio.io")]), 2);
    assert_eq!(found(&[&webhook("a", "", &selects("one")), &webhook("b", "", &selects("two"))]), 0);
    assert_eq!(found(&[&webhook("a", "", &selects("one")), &webhook("b", "", &selects("one, two"))]), 2);
    assert_eq!(found(&[&webhook("a", "", &format!("n.istio.io, {service}"))]), 1);
    assert_eq!(found(&[&webhook("a", "", &format!("n.istio.io, {service}")), "Service istio-system/istiod | |"]), 0);
    assert_eq!(found(&[&webhook("a", "", "n.istio.io, clientConfig: {url: 'https://x'}")]), 0);
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
fn routes_by_claims_need_authentication_at_the_gateway() {
    let route = |gateways: &str, header: &str| {
        format!(
            "VirtualService web/v | | spec: {{hosts: [x], gateways: [{gateways}], http: [{{match: [{{headers: {{'{header}': {{exact: a}}}}}}]}}]}}"
        )
    };
    let gateway = "Gateway infra/g | | spec: {selector: {gw: x}}";
    let pod = "Pod infra/p | labels: {gw: x, app: p} |";
    let found = |objects: &[&str]| told("virtualservice.JWTClaimRouteAnalyzer", "", objects);
    let none: [&str; 0] = [];
    let claim = "@request.auth.claims.sub";
    assert_eq!(found(&[&route("infra/g", claim), gateway, pod]), [format!("IST0149 web/v {claim} infra/g p")]);
    assert_eq!(found(&[&route("infra/g", "@Request.Auth.Claims[sub]"), gateway, pod]).len(), 1);
    for header in ["@request.auth.claims", "@request.auth.claims.", "@request.auth.claims[]", "request.auth.claims.sub"]
    {
        assert_eq!(found(&[&route("infra/g", header), gateway, pod]), none, "{header}");
    }
    assert_eq!(found(&[&route("mesh, g, gone/g", claim), gateway, pod]), none);
    assert_eq!(found(&[&route("infra/g", claim), gateway, "Pod infra/p | labels: {gw: y} |"]), none);
    for (policy, fine) in [
        ("RequestAuthentication istio-system/r | | spec: {}", true),
        ("RequestAuthentication infra/r | | spec: {selector: {matchLabels: {app: p}}}", true),
        ("RequestAuthentication infra/r | | spec: {selector: {matchLabels: {app: q}}}", false),
        ("RequestAuthentication web/r | | spec: {}", false),
    ] {
        assert_eq!(found(&[&route("infra/g", claim), gateway, pod, policy]).is_empty(), fine, "{policy}");
    }
}

#[test]
fn conditions_count_by_type_and_kind() {
    let status = |kind: &str| format!("conditions: [{{type: {kind}, status: 'False', reason: R, message: M}}]");
    let found = |object: String| told("conditions.ConditionAnalyzer", "", &[&object]);
    let none: [&str; 0] = [];
    let waypoint = status("istio.io/WaypointBound");
    for kind in ["Service", "ServiceEntry", "WorkloadEntry"] {
        assert_eq!(found(format!("{kind} a/b | | status: {{{waypoint}}}")), ["IST0171 a/b istio.io/WaypointBound R"]);
        assert_eq!(found(format!("{kind} a/b | | status: {{{}}}", status("Accepted"))), none);
    }
    assert_eq!(found(format!("AuthorizationPolicy a/b | | status: {{{}}}", status("ZtunnelAccepted"))).len(), 1);
    let partial = "conditions: [{type: WaypointAccepted, status: 'True', reason: PartiallyInvalid}, {type: ZtunnelAccepted, status: 'True', reason: PartiallyInvalid}]";
    assert_eq!(
        found(format!("AuthorizationPolicy a/b | | status: {{{partial}}}")),
        ["IST0171 a/b WaypointAccepted PartiallyInvalid"]
    );
    assert_eq!(found(format!("KubernetesGateway a/b | | status: {{{}}}", status("Programmed"))).len(), 1);
    assert_eq!(found(format!("KubernetesGateway a/b | | status: {{listeners: [{{{}}}]}}", status("Programmed"))), none);
    for kind in ["HTTPRoute", "GRPCRoute"] {
        assert_eq!(found(format!("{kind} a/b | | status: {{parents: [{{{}}}]}}", status("ResolvedRefs"))).len(), 1);
        assert_eq!(found(format!("{kind} a/b | | status: {{{}}}", status("ResolvedRefs"))), none);
    }
}

#[test]
fn deprecated_fields_and_definitions() {
    let definition = |group: &str, kind: &str| {
        format!("CustomResourceDefinition d | | spec: {{group: {group}, names: {{kind: {kind}}}}}")
    };
    let found = |object: &str| told("deprecation.DeprecationAnalyzer", "", &[object]).len();
    for kind in ["ClusterRbacConfig", "RbacConfig", "ServiceRole", "ServiceRoleBinding"] {
        assert_eq!(found(&definition("rbac.istio.io", kind)), 1, "{kind}");
    }
    assert_eq!(found(&definition("rbac.istio.io", "Other")), 0);
    assert_eq!(found(&definition("example.com", "ServiceRole")), 0);
    let delays =
        "VirtualService a/v | | spec: {http: [{fault: {delay: {percent: 1}}}, {fault: {delay: {percent: 2}}}]}";
    assert_eq!(found(delays), 1, "one sentence counts once");
    assert_eq!(found("VirtualService a/v | | spec: {http: [{fault: {delay: {percent: 0}}}]}"), 0);
    assert_eq!(found("Sidecar a/s | | spec: {outboundTrafficPolicy: {egressProxy: {host: a}}}"), 1);
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
fn policies_for_gateways_of_the_gateway_api() {
    let pod = "Pod a/p | labels: {gateway.networking.k8s.io/gateway-name: gw, app: x} |";
    for kind in ["AuthorizationPolicy", "RequestAuthentication", "Telemetry", "WasmPlugin"] {
        let found = |namespace: &str, spec: &str| {
            told("k8sgateway.SelectorAnalyzer", "", &[pod, &format!("{kind} {namespace}/o | | spec: {{{spec}}}")])
        };
        let none: [&str; 0] = [];
        let selector = "selector: {matchLabels: {app: x}}";
        assert_eq!(found("a", selector), ["IST0166 a/o gw"]);
        assert_eq!(found("b", selector), none);
        assert_eq!(found("a", "selector: {}"), ["IST0166 a/o gw"]);
        assert_eq!(found("a", ""), none);
        assert_eq!(found("a", &format!("{selector}, targetRef: {{kind: Gateway, name: gw}}")), none);
        assert_eq!(found("a", &format!("{selector}, targetRefs: [{{kind: Gateway, name: gw}}]")), ["IST0166 a/o gw"]);
    }
}

#[test]
fn definitions_of_the_gateway_api_have_a_least_version() {
    let found = |name: &str, version: &str| {
        let object = format!(
            "CustomResourceDefinition {name} | annotations: {{gateway.networking.k8s.io/bundle-version: {version}}} |"
        );
        told("k8sgateway.CRDVersionAnalyzer", "", &[&object])
    };
    let none: [&str; 0] = [];
    let routes = "tlsroutes.gateway.networking.k8s.io";
    assert_eq!(found(routes, "v1.4.9"), [format!("IST0176 {routes} {routes} 1.4.9 1.5.0")]);
    assert_eq!(found(routes, "v1.5.0-rc.1"), none);
    assert_eq!(found(routes, "1.4.0-dev"), [format!("IST0176 {routes} {routes} 1.4.0-dev 1.5.0")]);
    assert_eq!(found(routes, "main"), none);
    assert_eq!(found("httproutes.gateway.networking.k8s.io", "v0.1.0"), none);
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
fn sidecars_and_telemetries_select_apart() {
    hold(&[
        (
            "sidecar.SelectorAnalyzer",
            &[
                "Sidecar a/one | | spec: {workloadSelector: {labels: {app: x}}}",
                "Sidecar a/two | | spec: {workloadSelector: {labels: {tier: y}}}",
                "Sidecar b/out | | spec: {workloadSelector: {labels: {z: z, app: x}}}",
                "Pod a/p | labels: {app: x, tier: y} |",
                "Pod a/q | labels: {app: x, tier: y}, annotations: {ambient.istio.io/redirection: enabled} |",
            ],
            &[
                "IST0101 b/out selector app=x,z=z",
                "IST0110 a/one [one,two] a p",
                "IST0110 a/two [one,two] a p",
                "IST0167 a/one",
                "IST0167 a/two",
            ],
        ),
        (
            "sidecar.SelectorAnalyzer",
            &[
                "Sidecar a/one | |",
                "Sidecar a/two | | spec: {workloadSelector: {labels: {}}}",
                "Sidecar b/amb | |",
                "Namespace b | labels: {istio.io/dataplane-mode: ambient} |",
                "Sidecar c/not | |",
                "Namespace c | labels: {istio.io/dataplane-mode: ambient, istio-injection: enabled} |",
            ],
            &["IST0111 a/one [one,two] a", "IST0111 a/two [one,two] a", "IST0167 b/amb"],
        ),
        (
            "telemetry.SelectorAnalyzer",
            &[
                "Telemetry a/one | | spec: {selector: {matchLabels: {app: x}}}",
                "Telemetry a/two | | spec: {selector: {matchLabels: {app: x}}}",
                "Telemetry a/all | | spec: {selector: {}}",
                "Pod a/p | labels: {app: x}, annotations: {ambient.istio.io/redirection: enabled} |",
            ],
            &["IST0159 a/one [one,two] a p", "IST0159 a/two [one,two] a p"],
        ),
        (
            "telemetry.DefaultSelectorAnalyzer",
            &[
                "Telemetry a/one | |",
                "Telemetry a/two | | spec: {targetRefs: [{kind: Gateway, name: g}]}",
                "Telemetry a/three | | spec: {selector: {}}",
                "Telemetry b/one | |",
            ],
            &["IST0160 a/one [one,two] a", "IST0160 a/two [one,two] a"],
        ),
    ]);
}

#[test]
fn policies_find_workloads_and_namespaces() {
    hold(&[
        (
            "auth.AuthorizationPoliciesAnalyzer",
            &[
                "AuthorizationPolicy a/none | | spec: {selector: {matchLabels: {b: y, a: x}}}",
                "AuthorizationPolicy a/all | | spec: {selector: {}}",
                "AuthorizationPolicy b/wide | |",
                "AuthorizationPolicy b/target | | spec: {targetRefs: [{kind: Gateway, name: g}]}",
                "AuthorizationPolicy istio-system/root | | spec: {selector: {matchLabels: {app: x}}}",
                "AuthorizationPolicy istio-system/wide | |",
                "AuthorizationPolicy istio-system/gone | | spec: {selector: {matchLabels: {app: y}}}",
                "Pod a/p | labels: {app: x}, annotations: {ambient.istio.io/redirection: enabled} |",
                "Pod b/p | labels: {app: y} |",
            ],
            &["IST0127 a/none a=x,b=y", "IST0127 b/target ", "IST0127 b/wide ", "IST0127 istio-system/gone app=y"],
        ),
        (
            "auth.AuthorizationPoliciesAnalyzer",
            &[
                "AuthorizationPolicy istio-system/n | | spec: {rules: [{from: [{source: {namespaces: ['*', web, WEB, 'w*', '*b', '*e*', kube-system], notNamespaces: [gone]}}]}]}",
                "Namespace web | |",
                "Namespace kube-system | |",
            ],
            &[
                "IST0101 istio-system/n namespace *e*",
                "IST0101 istio-system/n namespace gone",
                "IST0101 istio-system/n namespace kube-system",
            ],
        ),
    ]);
}

#[test]
fn virtual_services_conflict_where_both_are_seen() {
    let hosts = |name: &str, rest: &str| format!("VirtualService {name} | | spec: {{{rest}}}");
    let found = |objects: &[String]| {
        let objects: Vec<&str> = objects.iter().map(String::as_str).collect();
        told("virtualservice.ConflictingMeshGatewayHostsAnalyzer", "", &objects)
    };
    let none: [&str; 0] = [];
    let short = hosts("a/one", "hosts: [s]");
    let both =
        ["IST0109 a/one a/one,b/two */s.a.svc.cluster.local", "IST0109 b/two a/one,b/two */s.a.svc.cluster.local"];
    assert_eq!(found(&[short.clone(), hosts("b/two", "hosts: [s.a.svc.cluster.local]")]), both);
    assert_eq!(found(&[short.clone(), hosts("b/two", "hosts: [s]")]), none);
    assert_eq!(found(&[short.clone(), hosts("b/two", "hosts: [s.a.svc.cluster.local], gateways: [g]")]), none);
    assert_eq!(found(&[short.clone(), hosts("b/two", "hosts: [s.a.svc.cluster.local], gateways: [g, mesh]")]), both);
    assert_eq!(
        found(&[hosts("a/one", "hosts: [x.com], exportTo: [.]"), hosts("b/two", "hosts: [x.com], exportTo: [.]")]),
        none
    );
    assert_eq!(
        found(&[hosts("a/one", "hosts: [x.com], exportTo: [b]"), hosts("b/two", "hosts: [x.com], exportTo: [.]")])
            .len(),
        2
    );
    assert_eq!(found(&[hosts("a/one", "hosts: ['*.com'], exportTo: [b]"), hosts("b/two", "hosts: [x.com]")]).len(), 2);
    assert_eq!(found(&[hosts("a/one", "hosts: ['*.com']"), hosts("b/two", "hosts: [x.com]")]), none);
    assert_eq!(found(&[hosts("a/one", "hosts: [x.com, x.com]")]), ["IST0109 a/one a/one,a/one */x.com"]);
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
        "{applyTo: HTTP_FILTER, match: {proxy: {proxyVersion: 1}}, patch: {operation: MERGE, value: {name: x}}}";
    let later = "{applyTo: HTTP_FILTER, patch: {operation: INSERT_BEFORE, value: {name: x}}}";
    assert_eq!(found(filter("", &format!("{versioned}, {later}"))), ["IST0155 a/f"]);
    assert_eq!(found(filter("", &format!("{later}, {versioned}"))), ["IST0151 a/f"]);
    assert_eq!(found(filter("", &format!("{{applyTo: CLUSTER}}, {later}"))), Vec::<String>::new());
}

#[test]
fn certificates_of_servers_are_verified() {
    let rule = |spec: &str| {
        told(
            "destinationrule.CaCertificateAnalyzer",
            "",
            &[&format!("DestinationRule a/r | | spec: {{host: h, {spec}}}")],
        )
    };
    let none: [&str; 0] = [];
    assert_eq!(rule("trafficPolicy: {tls: {mode: SIMPLE}}"), ["IST0128 a/r a/r a SIMPLE h"]);
    assert_eq!(rule("trafficPolicy: {tls: {mode: MUTUAL, insecureSkipVerify: true}}"), ["IST0128 a/r a/r a MUTUAL h"]);
    assert_eq!(rule("trafficPolicy: {tls: {mode: SIMPLE, caCertificates: system}}"), none);
    assert_eq!(rule("trafficPolicy: {tls: {mode: SIMPLE, credentialName: c}}").len(), 1);
    assert_eq!(
        rule("workloadSelector: {matchLabels: {a: b}}, trafficPolicy: {tls: {mode: SIMPLE, credentialName: c}}"),
        none
    );
    assert_eq!(rule("trafficPolicy: {tls: {mode: ISTIO_MUTUAL}}"), none);
    assert_eq!(
        rule(
            "trafficPolicy: {tls: {mode: SIMPLE, caCertificates: x}, portLevelSettings: [{port: {number: 1}, tls: {mode: SIMPLE}}]}"
        ),
        ["IST0129 a/r a/r a SIMPLE h number:1"]
    );
    assert_eq!(rule("subsets: [{name: a, trafficPolicy: {tls: {mode: SIMPLE}}}]"), none);
}

#[test]
fn routes_that_nothing_reaches() {
    let routes = |http: &str| {
        told(
            "schema.ValidationAnalyzer.VirtualService",
            "",
            &[&format!("VirtualService a/v | | spec: {{hosts: [h], http: [{http}]}}")],
        )
    };
    let to = "route: [{destination: {host: b}}]";
    let none: [&str; 0] = [];
    assert_eq!(routes(&format!("{{{to}}}, {{name: x, {to}}}")), ["IST0130 a/v x"]);
    assert_eq!(
        routes(&format!("{{{to}}}, {{match: [{{uri: {{exact: /a}}}}, {{uri: {{exact: /b}}}}], {to}}}")),
        ["IST0130 a/v #1"]
    );
    let twice = format!(
        "{{match: [{{name: m, uri: {{prefix: /a}}}}], {to}}}, {{match: [{{name: n, uri: {{prefix: /a}}, headers: {{}}}}], {to}}}"
    );
    assert_eq!(routes(&twice), ["IST0130 a/v #1", "IST0131 a/v #1 n #0"]);
    let overlap = |a: &str, b: &str| {
        routes(&format!(
            "{{match: [{{uri: {{prefix: /a}}{a}}}], {to}}}, {{match: [{{uri: {{prefix: /ab}}{b}}}], {to}}}"
        ))
    };
    let found = ["IST0131 a/v #1 #0 of prefix /ab #0 of prefix /a on #0"];
    assert_eq!(overlap("", ""), found);
    assert_eq!(overlap(", method: {exact: GET}", ""), found);
    assert_eq!(overlap(", method: {exact: POST}", ""), none);
    assert_eq!(overlap(", port: 80", ", port: 81"), none);
    assert_eq!(overlap(", headers: {x: {exact: abc}}", ", headers: {x: {exact: ab}}"), found);
    assert_eq!(overlap(", headers: {x: {exact: ab}}", ", headers: {x: {exact: abc}}"), none);
    assert_eq!(overlap(", headers: {x: {regex: a}}", ", headers: {x: {regex: b}}"), found);
    assert_eq!(overlap(", sourceLabels: {a: b}", ""), found);
}

#[test]
fn the_mesh_configuration_is_validated_too() {
    let found = |mesh: &str| told("schema.ValidationAnalyzer.MeshConfig", mesh, &[]);
    assert_eq!(found(""), Vec::<String>::new());
    assert_eq!(found("tlsDefaults: {ecdhCurves: [P-999]}"), ["IST0133 istio-system/meshconfig"]);
    assert_eq!(found("connectTimeout: 2h"), ["IST0106 istio-system/meshconfig"]);
    let networks = |mesh: &str| told("schema.ValidationAnalyzer.MeshNetworks", mesh, &[]);
    assert_eq!(
        networks("networks: {n: {gateways: [{address: 1.1.1.1, port: 70000}]}}"),
        ["IST0106 istio-system/meshnetworks"]
    );
}
