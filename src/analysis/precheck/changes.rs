//! Behaviour that a release changed, and who in this cluster is affected: one row for each change.
//!
//! A release's compatibility profile keeps the old behaviour of every row whose version it is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Facts, Minor, finding, origin};
use crate::analysis::check::params;
use crate::analysis::codes::{IST0168, IST0169, Level};
use crate::analysis::finding::Finding;
use crate::cluster::{name_of, object_namespace};

/// The oldest release whose behaviour this program's charts can keep.
const OLDEST_PROFILE: Minor = 25;

/// One change.
struct Change {
    /// The setting that goes back.
    field: &'static str,
    /// The last release with the old behaviour, which is also the compatibility version that keeps it.
    until: Minor,
    level: Level,
    what: &'static str,
    /// Whether the reference looks for it too.
    of_reference: bool,
    /// The kinds that tell who is affected.
    kinds: &'static [&'static str],
    /// Origins of what is affected.
    affected: fn(&Facts) -> Vec<String>,
}

const CHANGES: &[Change] = &[
    Change {
        field: "meshConfig.defaultConfig.tracer",
        until: 21,
        level: Level::Warning,
        what: "traces no longer go to the zipkin Service unless a Telemetry or the mesh configuration says so",
        of_reference: true,
        kinds: &["Service"],
        affected: zipkin,
    },
    Change {
        field: "ENABLE_EXTERNAL_NAME_ALIAS",
        until: 20,
        level: Level::Warning,
        what: "Services of type ExternalName are aliases of the name they point to, with its policies",
        of_reference: false,
        kinds: &["Service"],
        affected: external_names,
    },
    Change {
        field: "VERIFY_CERTIFICATE_AT_CLIENT",
        until: 20,
        level: Level::Warning,
        what: "the server's certificate is verified by the system's CAs although the rule names none",
        of_reference: false,
        kinds: &["DestinationRule"],
        affected: unverified_tls,
    },
    Change {
        field: "PERSIST_OLDEST_FIRST_HEURISTIC_FOR_VIRTUAL_SERVICE_HOST_MATCHING",
        until: 20,
        level: Level::Warning,
        what: "of overlapping hosts with wildcards the most specific one wins, no longer the oldest",
        of_reference: false,
        kinds: &["VirtualService"],
        affected: overlapping_wildcards,
    },
    Change {
        field: "ENABLE_RESOLUTION_NONE_TARGET_PORT",
        until: 21,
        level: Level::Warning,
        what: "targetPort now counts for resolution NONE too",
        of_reference: false,
        kinds: &["ServiceEntry"],
        affected: none_with_target_port,
    },
    Change {
        field: "ENABLE_ENHANCED_RESOURCE_SCOPING",
        until: 21,
        level: Level::Warning,
        what: "discoverySelectors now also limit which namespaces' configuration is read",
        of_reference: false,
        kinds: &[],
        affected: discovery_selectors,
    },
    Change {
        field: "ambient.shareHostNetworkNamespace",
        until: 25,
        level: Level::Warning,
        what: "the CNI node agent no longer shares the network namespace of its host",
        of_reference: false,
        kinds: &["DaemonSet"],
        affected: ambient_nodes,
    },
    Change {
        field: "ENABLE_NATIVE_SIDECARS",
        until: 26,
        level: Level::Warning,
        what: "sidecars become init containers that stay: whatever looks for them among a pod's containers must look there",
        of_reference: false,
        kinds: &["Pod"],
        affected: classic_sidecars,
    },
    Change {
        field: "DISABLE_SHADOW_HOST_SUFFIX",
        until: 27,
        level: Level::Warning,
        what: "mirrored requests keep their host, without the suffix -shadow",
        of_reference: false,
        kinds: &["VirtualService"],
        affected: mirrors,
    },
    Change {
        field: "PILOT_SPAWN_UPSTREAM_SPAN_FOR_GATEWAY",
        until: 27,
        level: Level::Info,
        what: "gateways report a span of their own for each upstream request",
        of_reference: false,
        kinds: &["Telemetry"],
        affected: traced,
    },
    Change {
        field: "DISABLE_TRACK_REMAINING_CB_METRICS",
        until: 28,
        level: Level::Info,
        what: "the metrics of what circuit breakers have left are no longer reported",
        of_reference: false,
        kinds: &["DestinationRule"],
        affected: circuit_breakers,
    },
    Change {
        field: "cni.ambient.reconcileIptablesOnStartup",
        until: 28,
        level: Level::Info,
        what: "the CNI node agent rewrites the iptables rules of running ambient pods when it starts",
        of_reference: false,
        kinds: &["DaemonSet"],
        affected: ambient_nodes,
    },
    Change {
        field: "PILOT_SIDECAR_PICK_BEST_SERVICE_NAMESPACE",
        until: 29,
        level: Level::Warning,
        what: "where several namespaces define this host, Sidecars choose the best one in another order",
        of_reference: false,
        kinds: &["ServiceEntry", "Sidecar"],
        affected: hosts_in_several_namespaces,
    },
];

/// Everything affected when a mesh of release `from` is upgraded; with `reference` what istioctl would tell.
pub fn changes(facts: &Facts, from: Minor, reference: bool) -> Vec<Finding> {
    let mut found = Vec::new();
    for change in CHANGES.iter().filter(|change| from <= change.until && (change.of_reference || !reference)) {
        let version = format!("1.{}", change.until);
        let release = format!("1.{}", change.until + 1);
        let unread = change.kinds.iter().filter_map(|kind| Some((*kind, facts.unread.get(kind)?))).next();
        if let Some((kind, reason)) = unread {
            let info = format!("{kind} objects cannot be read: {reason}");
            let params = params! { field: change.field, info: info, release: release, compatVersion: version };
            found.push(finding(&IST0168, "Cluster", params));
            continue;
        }
        for origin in (change.affected)(facts) {
            let params = params! {
                field: change.field, info: change.what, release: release.as_str(), compatVersion: version.as_str()
            };
            let hint = (change.until < OLDEST_PROFILE)
                .then(|| format!("charts of this release keep the behaviour of 1.{OLDEST_PROFILE} and newer only"));
            found.push(Finding { level: change.level, hint, ..finding(&IST0169, origin, params) });
        }
    }
    found
}

fn zipkin(facts: &Facts) -> Vec<String> {
    facts.find("Service", "istio-system", "zipkin").map(origin).into_iter().collect()
}

fn external_names(facts: &Facts) -> Vec<String> {
    origins(facts.all("Service"), |service| service["spec"]["type"] == "ExternalName")
}

fn unverified_tls(facts: &Facts) -> Vec<String> {
    origins(facts.all("DestinationRule"), |rule| {
        policies(rule).any(|policy| {
            let ports = policy["portLevelSettings"].as_array().into_iter().flatten().map(|port| &port["tls"]);
            std::iter::once(&policy["tls"]).chain(ports).any(|tls| {
                let verifies = ["caCertificates", "credentialName"].iter().any(|key| tls[*key].is_string());
                matches!(tls["mode"].as_str(), Some("SIMPLE" | "MUTUAL"))
                    && !verifies
                    && tls["insecureSkipVerify"] != true
            })
        })
    })
}

/// The traffic policies of a DestinationRule and of its subsets.
fn policies(rule: &Value) -> impl Iterator<Item = &Value> {
    let subsets = rule["spec"]["subsets"].as_array().into_iter().flatten();
    std::iter::once(&rule["spec"]["trafficPolicy"]).chain(subsets.map(|subset| &subset["trafficPolicy"]))
}

fn overlapping_wildcards(facts: &Facts) -> Vec<String> {
    let hosts = |object: &Value| texts(&object["spec"]["hosts"]);
    let all: BTreeSet<String> = facts.all("VirtualService").iter().flat_map(hosts).collect();
    origins(facts.all("VirtualService"), |service| {
        hosts(service).iter().any(|host| {
            let Some(suffix) = host.strip_prefix('*') else { return false };
            all.iter().any(|other| other != host && other.ends_with(suffix))
        })
    })
}

fn none_with_target_port(facts: &Facts) -> Vec<String> {
    origins(facts.all("ServiceEntry"), |entry| {
        let none = matches!(entry["spec"]["resolution"].as_str(), None | Some("NONE"));
        let mut ports = entry["spec"]["ports"].as_array().into_iter().flatten();
        none && ports.any(|port| port["targetPort"].is_number() && port["targetPort"] != port["number"])
    })
}

fn discovery_selectors(facts: &Facts) -> Vec<String> {
    let limited = facts.mesh_config["discoverySelectors"].as_array().is_some_and(|list| !list.is_empty());
    if limited { vec!["MeshConfig".to_owned()] } else { Vec::new() }
}

fn ambient_nodes(facts: &Facts) -> Vec<String> {
    let ambient = facts.all("DaemonSet").iter().any(|set| set["metadata"]["labels"]["app"] == "ztunnel");
    origins(facts.all("DaemonSet"), |set| ambient && set["metadata"]["labels"]["k8s-app"] == "istio-cni-node")
}

/// The namespaces with sidecars that are ordinary containers.
fn classic_sidecars(facts: &Facts) -> Vec<String> {
    let classic = |pod: &&Value| {
        let mut containers = pod["spec"]["containers"].as_array().into_iter().flatten();
        pod["metadata"]["annotations"]["sidecar.istio.io/status"].is_string()
            && containers.any(|container| container["name"] == "istio-proxy")
            // A gateway is a proxy and nothing else.
            && pod["spec"]["containers"].as_array().is_some_and(|containers| containers.len() > 1)
    };
    let namespaces: BTreeSet<&str> = facts.all("Pod").iter().filter(classic).filter_map(object_namespace).collect();
    namespaces.into_iter().map(|namespace| format!("Namespace {namespace}")).collect()
}

fn mirrors(facts: &Facts) -> Vec<String> {
    origins(facts.all("VirtualService"), |service| {
        let mut routes = service["spec"]["http"].as_array().into_iter().flatten();
        routes
            .any(|route| route["mirror"].is_object() || route["mirrors"].as_array().is_some_and(|all| !all.is_empty()))
    })
}

fn traced(facts: &Facts) -> Vec<String> {
    let mut found =
        origins(facts.all("Telemetry"), |one| one["spec"]["tracing"].as_array().is_some_and(|all| !all.is_empty()));
    if facts.mesh_config["defaultProviders"]["tracing"].as_array().is_some_and(|all| !all.is_empty()) {
        found.push("MeshConfig".to_owned());
    }
    found
}

fn circuit_breakers(facts: &Facts) -> Vec<String> {
    origins(facts.all("DestinationRule"), |rule| policies(rule).any(|policy| policy["connectionPool"].is_object()))
}

fn hosts_in_several_namespaces(facts: &Facts) -> Vec<String> {
    if facts.all("Sidecar").is_empty() {
        return Vec::new();
    }
    let mut homes: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for entry in facts.all("ServiceEntry") {
        for host in texts(&entry["spec"]["hosts"]) {
            homes.entry(host).or_default().insert(object_namespace(entry).unwrap_or_default());
        }
    }
    origins(facts.all("ServiceEntry"), |entry| {
        texts(&entry["spec"]["hosts"]).iter().any(|host| homes.get(host).is_some_and(|homes| homes.len() > 1))
    })
}

fn origins(objects: &[Value], affected: impl Fn(&Value) -> bool) -> Vec<String> {
    objects.iter().filter(|object| !name_of(object).is_empty() && affected(object)).map(origin).collect()
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn facts(objects: &[(&'static str, Value)]) -> Facts {
        let mut facts = Facts::default();
        for (at, (kind, spec)) in objects.iter().enumerate() {
            let mut object = spec.clone();
            object["kind"] = (*kind).into();
            if object["metadata"]["name"].is_null() {
                object["metadata"] = json!({"name": format!("o{at}"), "namespace": format!("n{at}")});
            }
            facts.objects.entry(kind).or_default().push(object);
        }
        facts
    }

    fn told(facts: &Facts, from: Minor) -> Vec<String> {
        let line = |one: Finding| {
            let field = one.param("field").map(|field| field.to_value()).unwrap_or_default();
            format!("{} {} {}", one.code.id, field.as_str().unwrap_or_default(), one.origin.unwrap_or_default())
        };
        changes(facts, from, false).into_iter().map(line).collect()
    }

    #[test]
    fn each_change_is_told_of_what_it_affects_and_of_nothing_else() {
        let mesh = facts(&[
            ("Service", json!({"spec": {"type": "ExternalName"}})),
            ("Service", json!({"spec": {"type": "ClusterIP"}})),
            ("VirtualService", json!({"spec": {"hosts": ["*.example.com"], "http": [{"mirror": {"host": "b"}}]}})),
            ("VirtualService", json!({"spec": {"hosts": ["a.example.com"]}})),
            ("ServiceEntry", json!({"spec": {"hosts": ["x.com"], "ports": [{"number": 80, "targetPort": 8080}]}})),
            ("ServiceEntry", json!({"spec": {"hosts": ["x.com"], "resolution": "DNS"}})),
            ("Sidecar", json!({"spec": {}})),
            ("DestinationRule", json!({"spec": {"trafficPolicy": {"tls": {"mode": "SIMPLE"}, "connectionPool": {}}}})),
        ]);
        assert_eq!(
            told(&mesh, 20),
            [
                "IST0169 ENABLE_EXTERNAL_NAME_ALIAS Service n0/o0",
                "IST0169 VERIFY_CERTIFICATE_AT_CLIENT DestinationRule n7/o7",
                "IST0169 PERSIST_OLDEST_FIRST_HEURISTIC_FOR_VIRTUAL_SERVICE_HOST_MATCHING VirtualService n2/o2",
                "IST0169 ENABLE_RESOLUTION_NONE_TARGET_PORT ServiceEntry n4/o4",
                "IST0169 DISABLE_SHADOW_HOST_SUFFIX VirtualService n2/o2",
                "IST0169 DISABLE_TRACK_REMAINING_CB_METRICS DestinationRule n7/o7",
                "IST0169 PILOT_SIDECAR_PICK_BEST_SERVICE_NAMESPACE ServiceEntry n4/o4",
                "IST0169 PILOT_SIDECAR_PICK_BEST_SERVICE_NAMESPACE ServiceEntry n5/o5",
            ]
        );
        assert_eq!(told(&mesh, 30), [""; 0]);
        assert_eq!(changes(&mesh, 20, true).len(), 0, "the reference knows of zipkin only");
    }

    #[test]
    fn what_cannot_be_read_is_not_called_unaffected() {
        let mut mesh = facts(&[]);
        mesh.unread.insert("DestinationRule", "forbidden".to_owned());
        assert_eq!(told(&mesh, 28), ["IST0168 DISABLE_TRACK_REMAINING_CB_METRICS Cluster"]);
    }

    #[test]
    fn sidecars_count_by_namespace_and_gateways_do_not() {
        let pod = |name: &str, containers: Value| {
            json!({"metadata": {"name": name, "namespace": "a", "annotations": {"sidecar.istio.io/status": "{}"}},
                "spec": {"containers": containers}})
        };
        let app = json!([{"name": "app"}, {"name": "istio-proxy"}]);
        let mesh = facts(&[
            ("Pod", pod("x", app.clone())),
            ("Pod", pod("y", app)),
            ("Pod", pod("gw", json!([{"name": "istio-proxy"}]))),
        ]);
        assert_eq!(told(&mesh, 26), ["IST0169 ENABLE_NATIVE_SIDECARS Namespace a"]);
    }
}
