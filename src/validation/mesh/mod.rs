//! The mesh configuration: MeshConfig, its proxy defaults and extension providers, and MeshNetworks.

mod providers;
mod proxy;

pub use providers::check as providers;
pub use proxy::{address, control_plane_auth_policy, drain_duration, proxy_config};

use super::report::{Fault, Report, Severity, Verdict};
use super::{Problem, amounts, decoding, hosts, locality, ports};
use crate::api::decode;
use crate::api::mesh::config::MESH_CONFIG;
use crate::api::mesh::networks::MESH_NETWORKS;
use crate::api::mesh::proxy::PROXY_CONFIG;
use crate::api::schema::Message;
use crate::api::view::View;
use crate::yaml::{self, Value};

/// Whether fields that are left out get the control plane's defaults, or have to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Defaults {
    Applied,
    None,
}

/// Everything that is wrong with a mesh configuration that a user gives, whose gaps are filled with defaults. Keys that nobody knows
/// are warnings, since istiod ignores them. Paths start below the configuration.
pub fn validate_mesh_config(config: &Value, compat: bool) -> Vec<Problem> {
    let text = config.to_string();
    let Ok(document) = yaml::parse_document(&text) else { return Vec::new() };
    let root = document.root();
    let mut report = Report::new(root, compat);
    let mut findings = decode::check(root, &MESH_CONFIG);
    findings.retain(|finding| !matches!(finding.what, decode::What::UnknownField(_)));
    if decoding::explain(&mut report, findings) {
        let view = View::new(&MESH_CONFIG, Some(root), root, !decode::usual(root, &MESH_CONFIG));
        mesh_config(&mut report, view, Defaults::Applied);
    }
    report.finish()
}

/// Whether the reference takes a mesh configuration from a file: it has only fields that are known, and nothing is wrong with it.
pub fn is_accepted(config: &Value) -> bool {
    let text = config.to_string();
    let Ok(document) = yaml::parse_document(&text) else { return false };
    let root = document.root();
    let readable = root.is_null() || decode::check(root, &MESH_CONFIG).iter().all(|finding| !finding.what.is_error());
    readable && (root.is_null() || validate_mesh_config(config, true).iter().all(|p| p.severity != Severity::Error))
}

/// Everything that is wrong with mesh networks.
pub fn validate_mesh_networks(networks: &Value, compat: bool) -> Vec<Problem> {
    explained(&networks.to_string(), &MESH_NETWORKS, compat, mesh_networks).unwrap_or_default()
}

/// Why a proxy configuration that is laid over the defaults, such as that of an annotation, is refused.
pub fn refused_proxy_config(text: &str) -> Option<String> {
    match explained(text, &PROXY_CONFIG, true, |report, proxy| proxy_config(report, proxy, Defaults::Applied)) {
        Err(error) => Some(error.to_string()),
        Ok(problems) => {
            let first = problems.into_iter().find(|problem| problem.severity == Severity::Error)?;
            Some(if first.path.is_empty() { first.message } else { format!("{}: {}", first.path, first.message) })
        }
    }
}

/// What is wrong with a text that is to be a message, unknown fields included, and with what it says.
fn explained(
    text: &str,
    message: &'static Message,
    compat: bool,
    rules: impl for<'d> FnOnce(&mut Report<'d>, View<'d>),
) -> Result<Vec<Problem>, yaml::Error> {
    let document = yaml::parse_document(text)?;
    let root = document.root();
    if root.is_null() {
        return Ok(Vec::new());
    }
    let mut report = Report::new(root, compat);
    if decoding::explain(&mut report, decode::check(root, message)) {
        rules(&mut report, View::new(message, Some(root), root, !decode::usual(root, message)));
    }
    Ok(report.finish())
}

const SHORTEST_CONNECT: i64 = 1_000_000;
const LONGEST_CONNECT: i64 = 3600 * amounts::SECOND;

const CURVES: &[&str] = &["P-224", "P-256", "P-384", "P-521", "X25519", "X25519Kyber768Draft00", "X25519MLKEM768"];

pub fn mesh_config<'d>(report: &mut Report<'d>, mesh: View<'d>, defaults: Defaults) {
    let expected = |name: &'static str| defaults == Defaults::None || mesh.has(name);
    if expected("proxyListenPort") {
        report.check(mesh.at("proxyListenPort"), ports::port(mesh.number("proxyListenPort")));
    }
    if expected("connectTimeout") {
        report.check(mesh.at("connectTimeout"), connect_timeout(mesh.duration("connectTimeout")));
    }
    if let Some(timeout) = mesh.duration("protocolDetectionTimeout") {
        report.check(mesh.at("protocolDetectionTimeout"), detection_timeout(timeout));
    }
    match mesh.message("defaultConfig") {
        Some(proxy) => proxy_config(report, proxy, defaults),
        None if defaults == Defaults::None => {
            report.error("proxy-config-missing", mesh.at("defaultConfig"), "defaultConfig must be given");
        }
        None => {}
    }
    locality::check(report, mesh.message("localityLbSetting"), true);
    service_settings(report, mesh);
    if expected("trustDomain") {
        report.check(mesh.at("trustDomain"), trust_domain(mesh.text("trustDomain")));
    }
    for (alias, node) in mesh.texts("trustDomainAliases") {
        report.check(node, trust_domain(alias));
    }
    // The reference writes what is wrong with providers to its log and goes on.
    if !report.compat() {
        providers::check_all(report, mesh);
    }
    if !mesh.message_or_empty("meshMTLS").is_empty("ecdhCurves") {
        let place = mesh.message_or_empty("meshMTLS").at("ecdhCurves");
        report.error("ecdh-mesh", place, "the curves of mutual TLS in the mesh cannot be chosen");
    }
    curves(report, mesh.message_or_empty("tlsDefaults"));
}

/// A valid duration between a millisecond and an hour.
pub fn connect_timeout(timeout: Option<i64>) -> Verdict {
    let nanos = timeout.ok_or_else(|| Fault::new("duration-min", "a duration must be given"))?;
    amounts::duration(nanos)?;
    if (SHORTEST_CONNECT..=LONGEST_CONNECT).contains(&nanos) {
        Ok(())
    } else {
        Err(Fault::new("connect-timeout-range", "connectTimeout must be between 1ms and 1h"))
    }
}

/// Zero, or whole milliseconds.
pub fn detection_timeout(nanos: i64) -> Verdict {
    if nanos == 0 { Ok(()) } else { amounts::duration(nanos) }
}

pub fn trust_domain(domain: &str) -> Verdict {
    if domain.is_empty() {
        return Err(Fault::new("dns-empty", "the trust domain is empty"));
    }
    let parts = domain.strip_suffix('.').unwrap_or(domain);
    if parts.split('.').all(hosts::is_label) {
        Ok(())
    } else {
        Err(Fault::new("trust-domain", format!("{domain:?} is not a trust domain: DNS labels joined by dots")))
    }
}

pub fn service_settings<'d>(report: &mut Report<'d>, mesh: View<'d>) {
    for settings in mesh.list("serviceSettings") {
        for (host, node) in settings.texts("hosts") {
            report.check(node, hosts::wildcard_domain(host));
        }
    }
}

fn curves<'d>(report: &mut Report<'d>, tls: View<'d>) {
    let mut seen = std::collections::HashSet::new();
    let (mut unknown, mut twice) = (Vec::new(), Vec::new());
    for (curve, _) in tls.texts("ecdhCurves") {
        if !CURVES.contains(&curve) {
            unknown.push(curve);
        } else if !seen.insert(curve) {
            twice.push(curve);
        }
    }
    for (code, curves, what) in [("ecdh-unknown", unknown, "not known"), ("ecdh-duplicate", twice, "listed twice")] {
        if !curves.is_empty() {
            report.warning(code, tls.at("ecdhCurves"), format!("curves {what}: {}", curves.join(", ")));
        }
    }
}

pub fn mesh_networks<'d>(report: &mut Report<'d>, networks: View<'d>) {
    for (_, network) in networks.messages("networks") {
        for endpoint in network.list("endpoints") {
            if endpoint.has("fromCidr") {
                report.check(endpoint.at("fromCidr"), hosts::subnet(endpoint.text("fromCidr")));
            } else if endpoint.has("fromRegistry") {
                report.check(endpoint.at("fromRegistry"), hosts::label(endpoint.text("fromRegistry")));
            }
        }
        for gateway in network.list("gateways") {
            if gateway.has("registryServiceName") {
                report.check(gateway.at("registryServiceName"), hosts::fqdn(gateway.text("registryServiceName")));
            } else if gateway.has("address") && !hosts::is_ip(gateway.text("address")) {
                // The control plane looks names of gateways up.
                report.check(gateway.at("address"), hosts::fqdn(gateway.text("address")));
            }
            report.check(gateway.at("port"), ports::port(gateway.number("port")));
        }
    }
}
