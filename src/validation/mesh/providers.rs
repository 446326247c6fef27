//! Extension providers: tracers, loggers, authorizers. istiod leaves out a bad one and says so in its log only.

use crate::api::view::View;
use crate::validation::hosts::{self, Owner};
use crate::validation::ports;
use crate::validation::report::{Report, Severity};

/// All providers of a mesh configuration. What is wrong is a warning, as the rest of the configuration works.
pub fn check_all<'d>(report: &mut Report<'d>, mesh: View<'d>) {
    let mut names = std::collections::HashSet::new();
    for provider in mesh.list("extensionProviders") {
        let name = provider.text("name");
        if name.is_empty() {
            report.warning("provider-name", provider.at("name"), "the provider has no name");
        } else if !names.insert(name) {
            report.warning("provider-duplicate", provider.at("name"), format!("another provider is called {name:?}"));
        }
        let members = provider.descriptor().fields.iter().filter(|field| !field.one_of.is_empty());
        match members.into_iter().find_map(|field| provider.message(field.name)) {
            None => report.warning(
                "provider-missing",
                provider.here(),
                format!("the provider {name:?} says nothing of what it is"),
            ),
            Some(settings) => report.softened(Severity::Warning, |report| check(report, settings)),
        }
    }
}

/// The settings of one provider, of whatever kind.
pub fn check<'d>(report: &mut Report<'d>, settings: View<'d>) {
    let has = |name: &str| settings.descriptor().field(name).is_some();
    if has("service") && has("port") {
        service(report, settings);
        report.check(settings.at("port"), ports::port(settings.number("port")));
    }
    let kind = settings.descriptor().short_name();
    if kind.ends_with("LightstepTracingProvider") && settings.text("accessToken").is_empty() {
        report.error("tracing-token", settings.at("accessToken"), "the access token of the tracer is missing");
    }
    if kind.ends_with("OpenTelemetryTracingProvider") && settings.has("http") && settings.has("grpc") {
        report.error("provider-http-grpc", settings.at("http"), "spans are exported by http or by grpc, not by both");
    }
    if has("statusOnError") {
        let status = settings.text("statusOnError");
        let known = status.parse::<u16>().is_ok_and(crate::validation::amounts::is_registered_status);
        if !status.is_empty() && !known {
            report.error(
                "http-status",
                settings.at("statusOnError"),
                format!("{status:?} is not the number of an HTTP status"),
            );
        }
    }
    if has("pathPrefix") {
        let prefix = settings.text("pathPrefix");
        if !prefix.is_empty() && !prefix.starts_with('/') {
            report.error("provider-path", settings.at("pathPrefix"), format!("{prefix:?} must start with a slash"));
        }
    }
}

fn service<'d>(report: &mut Report<'d>, settings: View<'d>) {
    let host = settings.text("service");
    let place = settings.at("service");
    if host.is_empty() {
        report.error("dns-empty", place, "the service of the provider is missing");
    } else if host.contains('/') {
        hosts::namespaced(report, place, Owner::Sidecar, host);
    } else if !hosts::is_ip(host) {
        report.check(place, hosts::fqdn(host));
    }
}
