//! Facts about workloads, their Services, and what selects or injects them.

use super::{hold, told};

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
                "Service web/e | | spec: {selector: {app: why}, ports: [{port: 83, targetPort: 8080}]}",
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
                "Pod a | annotations: {sidecar.istio.io/inject: 'x', foo-istio.io/x: why, istio.io: z, kubernetes.io/ingress.class: istio} |",
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
fn conditions_count_by_type_and_kind() {
    let status = |kind: &str| format!("conditions: [{{type: {kind}, status: 'False', reason: R, message: M}}]");
    let found = |object: String| told("conditions.ConditionAnalyzer", "", &[&object]);
    let none: [&str; 0] = [];
    let waypoint = status("istio.io/WaypointBound");
    for kind in ["Service", "ServiceEntry", "WorkloadEntry"] {
        assert_eq!(found(format!("{kind} a/b | | status: {{{waypoint}}}")), ["IST0171 a/b istio.io/WaypointBound"]);
        assert_eq!(found(format!("{kind} a/b | | status: {{{}}}", status("Accepted"))), none);
    }
    assert_eq!(found(format!("AuthorizationPolicy a/b | | status: {{{}}}", status("ZtunnelAccepted"))).len(), 1);
    let partial = "conditions: [{type: WaypointAccepted, status: 'True', reason: PartiallyInvalid}, {type: ZtunnelAccepted, status: 'True', reason: PartiallyInvalid}]";
    assert_eq!(found(format!("AuthorizationPolicy a/b | | status: {{{partial}}}")), ["IST0171 a/b WaypointAccepted"]);
    assert_eq!(found(format!("KubernetesGateway a/b | | status: {{{}}}", status("Programmed"))).len(), 1);
    assert_eq!(found(format!("KubernetesGateway a/b | | status: {{listeners: [{{{}}}]}}", status("Programmed"))), none);
    for kind in ["HTTPRoute", "GRPCRoute"] {
        assert_eq!(found(format!("{kind} a/b | | status: {{parents: [{{{}}}]}}", status("ResolvedRefs"))).len(), 1);
        assert_eq!(found(format!("{kind} a/b | | status: {{{}}}", status("ResolvedRefs"))), none);
    }
}

#[test]
fn sidecars_and_telemetries_select_apart() {
    hold(&[
        (
            "sidecar.SelectorAnalyzer",
            &[
                "Sidecar a/one | | spec: {workloadSelector: {labels: {app: x}}}",
                "Sidecar a/two | | spec: {workloadSelector: {labels: {tier: why}}}",
                "Sidecar b/out | | spec: {workloadSelector: {labels: {z: z, app: x}}}",
                "Pod a/p | labels: {app: x, tier: why} |",
                "Pod a/q | labels: {app: x, tier: why}, annotations: {ambient.istio.io/redirection: enabled} |",
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
                "AuthorizationPolicy a/none | | spec: {selector: {matchLabels: {b: why, a: x}}}",
                "AuthorizationPolicy a/all | | spec: {selector: {}}",
                "AuthorizationPolicy b/wide | |",
                "AuthorizationPolicy b/target | | spec: {targetRefs: [{kind: Gateway, name: g}]}",
                "AuthorizationPolicy istio-system/root | | spec: {selector: {matchLabels: {app: x}}}",
                "AuthorizationPolicy istio-system/wide | |",
                "AuthorizationPolicy istio-system/gone | | spec: {selector: {matchLabels: {app: why}}}",
                "Pod a/p | labels: {app: x}, annotations: {ambient.istio.io/redirection: enabled} |",
                "Pod b/p | labels: {app: why} |",
            ],
            &["IST0127 istio-system/gone app=why", "IST0127 a/none a=x,b=why", "IST0127 b/target ", "IST0127 b/wide "],
        ),
        (
            "auth.AuthorizationPoliciesAnalyzer",
            &[
                "AuthorizationPolicy istio-system/names | | spec: {rules: [{from: [{source: {namespaces: ['*', web, WEB, 'w*', '*b', '*e*', kube-system], notNamespaces: [gone]}}]}]}",
                "Namespace web | |",
                "Namespace kube-system | |",
            ],
            &[
                "IST0101 istio-system/names namespace *e*",
                "IST0101 istio-system/names namespace gone",
                "IST0101 istio-system/names namespace kube-system",
            ],
        ),
    ]);
}
