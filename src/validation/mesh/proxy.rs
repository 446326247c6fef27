//! The defaults of every proxy.

use super::Defaults;
use crate::api::view::{Place, View};
use crate::validation::report::{Fault, Report, Verdict};
use crate::validation::sidecar::split_host_port;
use crate::validation::{amounts, hosts, ports, tls};

pub fn proxy_config<'d>(report: &mut Report<'d>, proxy: View<'d>, defaults: Defaults) {
    let expected = |name: &'static str| defaults == Defaults::None || proxy.has(name);
    for field in ["configPath", "binaryPath"] {
        if expected(field) && proxy.text(field).is_empty() {
            report.error("proxy-config-missing", proxy.at(field), format!("{field} must be given"));
        }
    }
    let named = !proxy.text("serviceCluster").is_empty() || proxy.has("tracingServiceName");
    if expected("serviceCluster") && !named {
        report.error(
            "proxy-config-missing",
            proxy.at("serviceCluster"),
            "serviceCluster or tracingServiceName must be given",
        );
    }
    if expected("drainDuration") {
        report.check(proxy.at("drainDuration"), drain_duration(proxy.duration("drainDuration")));
    }
    if expected("discoveryAddress") {
        report.check(proxy.at("discoveryAddress"), address(proxy.text("discoveryAddress")));
    }
    if let Some(tracing) = proxy.message("tracing") {
        check_tracing(report, tracing);
    }
    for field in ["statsdUdpAddress", "envoyMetricsServiceAddress"] {
        check_address(report, proxy.at(field), proxy.text(field));
    }
    for field in ["envoyMetricsService", "envoyAccessLogService"] {
        let service = proxy.message_or_empty(field);
        check_address(report, service.at("address"), service.text("address"));
    }
    for field in ["proxyAdminPort", "statusPort"] {
        if expected(field) {
            report.check(proxy.at(field), ports::port(proxy.number(field)));
        }
    }
    report.check(proxy.at("controlPlaneAuthPolicy"), control_plane_auth_policy(proxy.choice("controlPlaneAuthPolicy")));
    if let Some(provider) = proxy.message("privateKeyProvider") {
        private_key_provider(report, provider);
    }
    for (key, _) in proxy.entries("proxyMetadata").filter(|(key, _)| key.text() == "ISTIO_META_DNS_AUTO_ALLOCATE") {
        report.warning(
            "dns-auto-allocate",
            key,
            "addresses are allocated by the control plane now; this setting has no effect",
        );
    }
}

/// Whole seconds, and a valid duration.
pub fn drain_duration(duration: Option<i64>) -> Verdict {
    let nanos = duration.ok_or_else(|| Fault::new("duration-min", "a duration must be given"))?;
    amounts::duration(nanos)?;
    if nanos % amounts::SECOND == 0 {
        Ok(())
    } else {
        Err(Fault::new("drain-duration-seconds", "the drain duration must be in whole seconds"))
    }
}

pub fn control_plane_auth_policy(name: &str) -> Verdict {
    if matches!(name, "NONE" | "MUTUAL_TLS") {
        Ok(())
    } else {
        Err(Fault::new("control-plane-auth", "controlPlaneAuthPolicy must be NONE or MUTUAL_TLS"))
    }
}

/// `host:port`.
pub fn address(text: &str) -> Verdict {
    let wrong = || Fault::new("proxy-address", format!("{text:?} does not have the form HOST:PORT"));
    let (host, port) = split_host_port(text).ok_or_else(wrong)?;
    let number = port.parse::<i64>().map_err(|_| wrong())?;
    ports::port(number)?;
    if hosts::is_ip(host) { Ok(()) } else { hosts::fqdn(host) }
}

fn check_address<'d>(report: &mut Report<'d>, place: Place<'d>, text: &str) {
    if !text.is_empty() {
        report.check(place, address(text));
    }
}

fn check_tracing<'d>(report: &mut Report<'d>, tracing: View<'d>) {
    if let Some(zipkin) = tracing.message("zipkin") {
        // The address may be that of the node, which is known when the proxy starts.
        let text = zipkin.text("address").replace("$(HOST_IP)", "127.0.0.1");
        report.check(zipkin.at("address"), address(&text));
    } else if let Some(lightstep) = tracing.message("lightstep") {
        let text = lightstep.text("address");
        if text.is_empty() {
            report.error("tracing-address", lightstep.at("address"), "the address of the tracer is missing");
        }
        report.check(lightstep.at("address"), address(text));
        if lightstep.text("accessToken").is_empty() {
            report.error("tracing-token", lightstep.at("accessToken"), "the access token of the tracer is missing");
        }
    } else if let Some(datadog) = tracing.message("datadog") {
        report.check(datadog.at("address"), address(datadog.text("address")));
    }
    tls::client(report, tracing.message("tlsSettings"), "");
    for (name, tag) in tracing.messages("customTags") {
        if ["literal", "environment", "header"].iter().all(|source| !tag.has(source)) {
            report.error(
                "tag-source-missing",
                tag.here(),
                format!("the custom tag {:?} says nothing about its value", name.text()),
            );
        }
    }
}

fn private_key_provider<'d>(report: &mut Report<'d>, provider: View<'d>) {
    let known = ["cryptomb", "qat"].iter().find_map(|name| provider.message(name));
    if known.is_none() {
        report.error("key-provider-missing", provider.here(), "the provider of private keys must be cryptomb or qat");
        if !report.compat() {
            return;
        }
    }
    if known.is_none_or(|known| known.duration("pollDelay").unwrap_or(0) == 0) {
        let place = known.map_or(provider.here(), |known| known.at("pollDelay"));
        report.error("key-provider-delay", place, "pollDelay must be given and not be 0");
    }
}
