//! Facts about routes: hosts, ports, subsets, and rules in each other's shade.

use super::{hold, told};

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
                "IST0101 web/v host:port s:82",
                "IST0101 web/v mirror host t",
                "IST0101 web/v mirror host u",
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
        "Pod else/p | labels: {version: v1} | spec: {nodeName: node, containers: []}",
        "Pod else/q | labels: {version: v2, topology.kubernetes.io/zone: far} | spec: {nodeName: gone, containers: []}",
        "Node node | labels: {topology.kubernetes.io/region: r, topology.istio.io/subzone: sub} |",
    ];
    let cases = [
        ("version: v1", true),
        ("version: v3", false),
        ("topology.kubernetes.io/region: r", true),
        ("topology.istio.io/subzone: sub", false),
        ("topology.kubernetes.io/zone: far", true),
        ("kubernetes.io/hostname: node", true),
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
    assert_eq!(routes(&format!("{{{to}}}, {{name: x, {to}}}")), ["IST0130 a/v \"x\""]);
    assert_eq!(
        routes(&format!("{{{to}}}, {{match: [{{uri: {{exact: /a}}}}, {{uri: {{exact: /b}}}}], {to}}}")),
        ["IST0130 a/v #1"]
    );
    let twice = format!(
        "{{match: [{{name: m, uri: {{prefix: /a}}}}], {to}}}, {{match: [{{name: other, uri: {{prefix: /a}}, headers: {{}}}}], {to}}}"
    );
    assert_eq!(routes(&twice), ["IST0130 a/v #1", "IST0131 a/v #1 \"other\" #0"]);
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
