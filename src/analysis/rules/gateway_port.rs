//! Gateway servers that nothing outside can reach.
//!
//! # IST0162 GatewayPortNotDefinedOnService
//! ## What it does
//! Reports server ports of a Gateway that no Service in front of the gateway's pods has.
//! ## Why is this bad?
//! The gateway listens, but no traffic arrives: the load balancer does not open the port.
//! ## Example
//! ```yaml
//! kind: Gateway
//! spec:
//!   selector: {istio: ingressgateway}
//!   servers:
//!   - port: {number: 8443, name: https, protocol: HTTPS}
//! ```
//! with a Service that has the ports 80 and 443 only.
//! ## Use instead
//! A port of the Service, or add the port to the Service.

use std::collections::{BTreeMap, BTreeSet};

use super::authorization_policies::WORKLOADS;
use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::{IST0101, IST0162};
use crate::analysis::kind::Kind;
use crate::analysis::labels;
use crate::analysis::snapshot::{Resource, Snapshot};
use crate::analysis::view::View;
use crate::analysis::workloads::Workload;

pub static RULE: Rule = Rule {
    name: "gateway.IngressGatewayPortAnalyzer",
    description: "Ports of Gateways are ports of a Service in front of them",
    inputs: &[Kind::Gateway, Kind::Pod, Kind::Service],
    more: WORKLOADS,
    codes: &[&IST0101, &IST0162],
    check,
    set: Set::Reference,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let closed = is_closed(check);
    let mut services: BTreeMap<&str, Vec<Resource<'_>>> = BTreeMap::new();
    for service in snapshot.all(Kind::Service) {
        if check.reference() || !snapshot.is_invented(&service) {
            services.entry(service.namespace).or_default().push(service);
        }
    }
    for gateway in snapshot.all(Kind::Gateway) {
        let selector = gateway.spec().get("selector");
        let mut pods = snapshot.workloads().select(selector, None).peekable();
        if pods.peek().is_none() {
            missing_workloads(check, &gateway, selector, closed);
            continue;
        }
        let mut open = Open::default();
        for pod in pods {
            open.collect(snapshot, pod, services.get(pod.namespace).map_or(&[], Vec::as_slice));
        }
        servers(check, &gateway, selector, &open);
    }
}

/// Reports, once for all rules about gateways, that a selector picks nothing.
fn missing_workloads<'a>(check: &mut Check<'_, 'a>, gateway: &Resource<'a>, selector: View<'a>, closed: bool) {
    let text = labels::canonical(selector);
    if !closed {
        check.unverified("Gateway selectors", "no gateway workload in the input", text, gateway);
        return;
    }
    check.report(&IST0101, gateway, labels::first(selector), params! { reftype: "selector", refval: text });
}

/// Whether a selector that picks nothing is wrong. Gateways usually run in a namespace of their own, so workloads of applications say
/// nothing about them.
fn is_closed(check: &Check<'_, '_>) -> bool {
    let settings = &check.snapshot.settings;
    check.reference() || settings.complete || !settings.listed.is_empty() || has_gateway_workload(check.snapshot)
}

/// Some workload looks like a gateway: it runs the proxy as its only job.
fn has_gateway_workload(snapshot: &Snapshot<'_>) -> bool {
    let labelled = |workload: &Workload<'_>| {
        workload.labels().any(|(key, value)| matches!(key, "istio" | "app") && value.contains("gateway"))
    };
    let proxied = |workload: &Workload<'_>| {
        workload.containers().any(|c| c.key("name").str() == "istio-proxy" && c.key("image").str() == "auto")
    };
    snapshot.workloads().iter().any(|workload| labelled(workload) || proxied(workload))
}

#[derive(Default)]
struct Open {
    /// Ports that Services lead to.
    allowed: BTreeSet<i64>,
    /// Service port to target port.
    translated: BTreeMap<i64, i64>,
    /// A Service was there to judge by, or ports of the node.
    judged: bool,
}

impl Open {
    fn collect(&mut self, snapshot: &Snapshot<'_>, pod: &Workload<'_>, services: &[Resource<'_>]) {
        let reference = snapshot.is_reference();
        for service in services {
            let selector = service.spec().key("selector");
            if !pod.matches(selector) || (!reference && selector.is_empty()) {
                continue;
            }
            self.judged = true;
            for port in service.spec().key("ports").items() {
                let protocol = port.key("protocol").str();
                if protocol != "TCP" && (reference || !protocol.is_empty()) {
                    continue;
                }
                let number = port.key("port").int().unwrap_or(0);
                match target(port, if reference { None } else { Some(pod) }) {
                    0 => {
                        self.allowed.insert(number);
                    }
                    target => {
                        self.allowed.insert(target);
                        self.translated.entry(number).or_insert(target);
                    }
                }
            }
        }
        if !reference {
            let host_network = pod.spec.key("hostNetwork").bool();
            for port in pod.containers().flat_map(|container| container.key("ports").items()) {
                if host_network || port.key("hostPort").is_set() {
                    self.allowed.insert(port.key("containerPort").int().unwrap_or(0));
                    self.judged = true;
                }
            }
        }
    }

    fn has(&self, number: i64) -> bool {
        self.allowed.contains(&number) || self.translated.contains_key(&number)
    }
}

/// The target port, 0 if it is not written or has a name that cannot be resolved.
fn target(port: View<'_>, pod: Option<&Workload<'_>>) -> i64 {
    let target = port.key("targetPort");
    if let Some(name) = target.text() {
        let named = |container: View<'_>| {
            container.key("ports").items().find(|port| port.key("name").str() == name)?.key("containerPort").int()
        };
        return pod.and_then(|pod| pod.containers().find_map(named)).unwrap_or(0);
    }
    target.int().unwrap_or(0)
}

fn servers<'a>(check: &mut Check<'_, 'a>, gateway: &Resource<'a>, selector: View<'a>, open: &Open) {
    if !check.reference() && !open.judged {
        check.unverified(
            "Gateway ports",
            "no Service of the gateway's pods in the input",
            labels::canonical(selector),
            gateway,
        );
        return;
    }
    for server in gateway.spec().get("servers").items() {
        let port = server.get("port");
        if !port.is_set() {
            continue;
        }
        let number = port.get("number").int().unwrap_or(0);
        if !open.has(number) {
            let at = if check.reference() { labels::first(selector) } else { port.get("number") };
            check.report(&IST0162, gateway, at, params! { port: number, selector: labels::canonical(selector) });
        }
    }
}
