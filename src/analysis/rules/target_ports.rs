//! Services that lead to ports which the pods do not have.
//!
//! # BOW0017 TargetPortNotInContainer
//! ## What it does
//! Checks that a target port given by name is the name of a container port of the selected workloads.
//! ## Why is this bad?
//! The Service has no endpoint for the port: connections fail at once.
//! ## Example
//! ```yaml
//! kind: Service
//! spec: {selector: {app: cart}, ports: [{name: http, port: 80, targetPort: web}]}
//! ```
//! where the container calls its port `http`.
//! ## Use instead
//! The name that the container gives its port, or the number.

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::BOW0017;
use crate::analysis::kind::Kind;
use crate::ui::nearest::nearest;

pub static RULE: Rule = Rule {
    name: "bowline.TargetPorts",
    description: "Target ports of Services are ports of their pods",
    inputs: &[Kind::Service],
    more: super::authorization_policies::WORKLOADS,
    codes: &[&BOW0017],
    check,
    set: Set::Ours,
};

/// Ports of the container that injection adds.
const OF_THE_SIDECAR: &[&str] = &["http-envoy-prom", "status-port"];

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    for service in snapshot.all(Kind::Service) {
        let selector = service.spec().key("selector");
        for port in service.spec().key("ports").items() {
            let target = port.key("targetPort");
            let Some(name) = target.text().filter(|name| !selector.is_empty() && name.parse::<u16>().is_err()) else {
                continue;
            };
            let mut known: Vec<&str> = Vec::new();
            let mut judged = false;
            for workload in
                snapshot.workloads().select(selector, Some(service.namespace)).filter(|workload| workload.spec.is_set())
            {
                judged = true;
                let containers = workload.containers().chain(workload.init_containers());
                known.extend(
                    containers
                        .flat_map(|container| container.key("ports").items())
                        .filter_map(|port| port.key("name").text()),
                );
            }
            if judged && !known.contains(&name) && !OF_THE_SIDECAR.contains(&name) {
                let near = nearest(name, known.iter().copied());
                let report = check.report(&BOW0017, &service, target, params! { port: name });
                if let Some(near) = near {
                    report.hint(format!("did you mean {near}?"));
                }
            }
        }
    }
}
