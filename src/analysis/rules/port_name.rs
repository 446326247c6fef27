//! Service ports that do not say their protocol.
//!
//! # IST0118 PortNameIsNotUnderNamingConvention
//! ## What it does
//! Reports Service ports whose name and `appProtocol` name no protocol.
//! ## Why is this bad?
//! Sidecars then look at the first bytes to find out, which costs time, fails when the server speaks first, and makes HTTP rules
//! depend on luck.
//! ## Example
//! ```yaml
//! ports:
//! - name: web
//!   port: 80
//! ```
//! ## Use instead
//! ```yaml
//! ports:
//! - name: http-web   # or keep the name and add appProtocol: http
//!   port: 80
//! ```
//!
//! # IST0150 ExternalNameServiceTypeInvalidPortName
//! ## What it does
//! Reports ports of ExternalName Services that name no protocol, or only `tcp`.
//! ## Why is this bad?
//! The port then takes all TCP traffic on that number, whatever its destination.
//! ## Example
//! ```yaml
//! spec:
//!   type: ExternalName
//!   externalName: api.example.com
//!   ports: [{name: tcp, port: 443}]
//! ```
//! ## Use instead
//! ```yaml
//!   ports: [{name: https, port: 443}]
//! ```

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::{IST0118, IST0150};
use crate::analysis::injected::{in_mesh, is_control_plane};
use crate::analysis::kind::Kind;
use crate::analysis::protocol;
use crate::analysis::snapshot::{Resource, Snapshot};
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "service.PortNameAnalyzer",
    description: "Service ports say their protocol",
    inputs: &[Kind::Service],
    more: super::authorization_policies::WORKLOADS,
    codes: &[&IST0118, &IST0150],
    check,
    set: Set::Reference,
};

const MANAGED: &[&str] = &["istio.io-gateway-controller", "istio.io-mesh-controller", "istio.io-eastwest-controller"];

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    for service in snapshot.all(Kind::Service) {
        if is_control_plane(service.labels()) || MANAGED.contains(&service.label("gateway.istio.io/managed")) {
            continue;
        }
        let external = service.spec().key("type").str() == "ExternalName";
        let mut relevant = None;
        for port in service.spec().key("ports").items() {
            let vague = protocol::of_port(port).is_none() || (external && port.key("name").str() == "tcp");
            if vague
                && (check.reference() || *relevant.get_or_insert_with(|| external || is_in_mesh(snapshot, &service)))
            {
                judge(check, &service, port, external);
            }
        }
    }
}

fn judge<'a>(check: &mut Check<'_, 'a>, service: &Resource<'a>, port: View<'a>, external: bool) {
    let at = port.key("port");
    if external {
        check.report(&IST0150, service, at, Vec::new());
        return;
    }
    let target = port.key("targetPort");
    let target = target.text().map_or_else(|| target.int().unwrap_or(0).to_string(), ToString::to_string);
    let number = port.key("port").int().unwrap_or(0);
    check.report(&IST0118, service, at, params! { portName: port.key("name").str(), port: number, targetPort: target });
}

/// Whether a sidecar takes the service's traffic.
fn is_in_mesh(snapshot: &Snapshot<'_>, service: &Resource<'_>) -> bool {
    let selector = service.spec().key("selector");
    if selector.is_empty() || snapshot.is_invented(service) {
        return false;
    }
    snapshot.workloads().select(selector, Some(service.namespace)).any(|workload| in_mesh(snapshot, workload))
}
