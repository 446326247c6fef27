//! Several Services before the same pods that disagree about a port.
//!
//! # IST0116 DeploymentAssociatedToMultipleServices
//! ## What it does
//! Reports pods that are behind several Services using one port number with different protocols.
//! ## Why is this bad?
//! A sidecar has one listener for a port. It can treat the traffic by one protocol only, so one of the Services is wrong.
//! ## Example
//! ```yaml
//! kind: Service
//! spec: {selector: {app: a}, ports: [{port: 9000, protocol: TCP}]}
//! ---
//! kind: Service
//! spec: {selector: {app: a}, ports: [{port: 9000, protocol: UDP}]}
//! ```
//! ## Use instead
//! One protocol for each port number, or another port for the second Service.
//!
//! # IST0137 DeploymentConflictingPorts
//! ## What it does
//! Reports Services that reach one target port of the same pods through different service ports.
//! ## Why is this bad?
//! Routes and policies are attached by service port; which of them holds for the target port is not defined.
//! ## Example
//! ```yaml
//! kind: Service
//! spec: {selector: {app: a}, ports: [{port: 80, targetPort: 8080}]}
//! ---
//! kind: Service
//! spec: {selector: {app: a}, ports: [{port: 90, targetPort: 8080}]}
//! ```
//! ## Use instead
//! The same service port in both, or a target port for each.

use std::collections::{BTreeMap, BTreeSet};

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::{IST0116, IST0137};
use crate::analysis::injected::in_mesh;
use crate::analysis::kind::Kind;
use crate::analysis::protocol;
use crate::analysis::snapshot::Resource;
use crate::analysis::view::View;
use crate::analysis::workloads::Workload;

pub static RULE: Rule = Rule {
    name: "deployment.MultiServiceAnalyzer",
    description: "Services before the same pods agree about ports and protocols",
    inputs: &[Kind::Service, Kind::Deployment, Kind::Namespace],
    more: &[],
    codes: &[&IST0116, &IST0137],
    check,
    set: Set::Reference,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let mut by_namespace: BTreeMap<&str, Vec<Resource<'_>>> = BTreeMap::new();
    let mut by_first_label: BTreeMap<(&str, &str, &str), Vec<usize>> = BTreeMap::new();
    for service in snapshot.all(Kind::Service) {
        let Some((key, value)) = service.spec().key("selector").entries().next() else { continue };
        let list = by_namespace.entry(service.namespace).or_default();
        by_first_label.entry((service.namespace, key, value.str())).or_default().push(list.len());
        list.push(service);
    }
    let templates = crate::analysis::workloads::WorkloadIndex::new(crate::analysis::workloads::Workloads::of(
        snapshot,
        Kind::Deployment,
    ));
    for workload in templates.iter() {
        let Some(deployment) = snapshot.resource(workload.resource) else { continue };
        if deployment.label("gateway.istio.io/managed") == "istio.io-mesh-controller" {
            continue;
        }
        let Some(services) = by_namespace.get(workload.namespace) else { continue };
        let mut matching = Vec::new();
        for (key, value) in workload.labels() {
            for number in by_first_label.get(&(workload.namespace, key, value)).into_iter().flatten() {
                if let Some(service) =
                    services.get(*number).filter(|service| workload.matches(service.spec().key("selector")))
                {
                    matching.push((*number, *service));
                }
            }
        }
        matching.sort_by_key(|(number, _)| *number);
        let matching: Vec<_> = matching.into_iter().map(|(_, service)| service).collect();
        if !matching.is_empty() && in_mesh(snapshot, workload) {
            protocols(check, &deployment, &matching);
            target_ports(check, &deployment, &matching, workload);
        }
    }
}

fn protocols<'a>(check: &mut Check<'_, 'a>, deployment: &Resource<'a>, services: &[Resource<'a>]) {
    let reference = check.reference();
    let mut by_port: BTreeMap<i64, BTreeMap<String, Vec<String>>> = BTreeMap::new();
    for service in services {
        for port in service.spec().key("ports").items() {
            let transport = port.key("protocol").str();
            let transport = if transport.is_empty() { "TCP" } else { transport };
            // A UDP port beside a TCP port of the same number is common (DNS) and no conflict: sidecars do not touch UDP.
            if !reference && transport == "UDP" {
                continue;
            }
            let protocol = if reference { transport.to_string() } else { protocol::class(port).to_string() };
            let number = port.key("port").int().unwrap_or(0);
            by_port.entry(number).or_default().entry(protocol).or_default().push(service.full_name());
        }
    }
    for (port, protocols) in by_port.iter().filter(|(_, protocols)| protocols.len() > 1) {
        let mut names: Vec<String> = protocols.values().flatten().cloned().collect();
        names.sort_unstable();
        if !reference {
            names.dedup();
            if names.len() < 2 {
                continue;
            }
        }
        let name = deployment.metadata().key("name");
        check.report(&IST0116, deployment, name, params! { deployment: deployment.name, port: *port, services: names });
    }
}

fn target_ports<'a>(
    check: &mut Check<'_, 'a>,
    deployment: &Resource<'a>,
    services: &[Resource<'a>],
    workload: &Workload<'a>,
) {
    let reference = check.reference();
    let mut by_target: BTreeMap<String, BTreeMap<i64, (String, &'static str)>> = BTreeMap::new();
    for service in services {
        for port in service.spec().key("ports").items() {
            if !reference && port.key("protocol").str() == "UDP" {
                continue;
            }
            let number = port.key("port").int().unwrap_or(0);
            let target = target_text(port, number, if reference { None } else { Some(workload) });
            let class = protocol::class(port);
            by_target.entry(target).or_default().insert(number, (service.full_name(), class));
        }
    }
    for (target, ports) in by_target.iter().filter(|(_, ports)| ports.len() > 1) {
        let classes: BTreeSet<_> = ports.values().map(|(_, class)| *class).collect();
        let mut names: Vec<String> = ports.values().map(|(name, _)| name.clone()).collect();
        names.sort_unstable();
        if !reference {
            names.dedup();
            // Ports of one protocol on one target port are served alike.
            if classes.len() < 2 || names.len() < 2 {
                continue;
            }
        }
        let numbers: Vec<i64> = ports.keys().copied().collect();
        let name = deployment.metadata().key("name");
        let params =
            params! { deployment: deployment.name, services: names, targetPort: target.as_str(), ports: numbers };
        check.report(&IST0137, deployment, name, params);
    }
}

/// The target port as text, by number where the container ports tell it.
fn target_text(port: View<'_>, number: i64, workload: Option<&Workload<'_>>) -> String {
    let target = port.key("targetPort");
    match (target.int(), target.str()) {
        (Some(0), _) | (None, "") => number.to_string(),
        (Some(target), _) => target.to_string(),
        (None, name) => {
            let named = |container: View<'_>| {
                container.key("ports").items().find(|port| port.key("name").str() == name)?.key("containerPort").int()
            };
            workload
                .and_then(|workload| workload.containers().find_map(named))
                .map_or(name.to_string(), |number| number.to_string())
        }
    }
}
