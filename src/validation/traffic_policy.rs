//! Traffic policies: load balancing, connection pools, outlier detection, TLS, tunnels. DestinationRule has them on three levels.

use super::amounts::{count_field, duration, duration_field, percent_field};
use super::report::Report;
use super::{hosts, locality, ports, tls};
use crate::api::view::View;

/// The policy of a whole DestinationRule or of a subset, if given.
pub fn check<'d>(report: &mut Report<'d>, policy: Option<View<'d>>, namespace: &str) {
    let Some(policy) = policy else { return };
    let settings =
        ["outlierDetection", "connectionPool", "loadBalancer", "tls", "tunnel", "proxyProtocol", "retryBudget"];
    if settings.iter().all(|field| !policy.has(field)) && policy.is_empty("portLevelSettings") {
        report.error("policy-empty", policy.here(), "the traffic policy has no settings");
        return;
    }
    if policy.has("tunnel") && policy.has("proxyProtocol") {
        report.error("policy-tunnel-proxy", policy.at("tunnel"), "tunnel and proxyProtocol exclude each other");
        return;
    }
    settings_of(report, policy, namespace);
    report.losing_warnings(|report| {
        for port in policy.list("portLevelSettings") {
            port_level(report, port, namespace);
        }
    });
    if let Some(tunnel) = policy.message("tunnel") {
        self::tunnel(report, tunnel);
    }
    if let Some(proxy) = policy.message("proxyProtocol")
        && proxy.choice("version").is_empty()
    {
        report.error(
            "proxy-protocol-version",
            proxy.at("version"),
            "the version of the PROXY protocol must be V1 or V2",
        );
    }
}

/// What policies and port-level policies have in common.
fn settings_of<'d>(report: &mut Report<'d>, policy: View<'d>, namespace: &str) {
    outlier_detection(report, policy.message("outlierDetection"));
    connection_pool(report, policy.message("connectionPool"));
    if let Some(balancer) = policy.message("loadBalancer") {
        load_balancer(report, balancer, policy.has("outlierDetection"));
    }
    tls::client(report, policy.message("tls"), namespace);
}

fn port_level<'d>(report: &mut Report<'d>, policy: View<'d>, namespace: &str) {
    if !policy.has("port") {
        report.error("port-policy-port", policy.at("port"), "a port-level policy needs a port");
    }
    if ["outlierDetection", "connectionPool", "loadBalancer", "tls"].iter().all(|field| !policy.has(field)) {
        report.error("port-policy-empty", policy.here(), "the port-level policy has no settings");
        return;
    }
    settings_of(report, policy, namespace);
}

fn outlier_detection<'d>(report: &mut Report<'d>, outlier: Option<View<'d>>) {
    let Some(outlier) = outlier else { return };
    duration_field(report, outlier, "baseEjectionTime");
    if outlier.number("consecutiveErrors") != 0 {
        report.warning(
            "outlier-errors-deprecated",
            outlier.at("consecutiveErrors"),
            "consecutiveErrors is deprecated, use consecutiveGatewayErrors or consecutive5xxErrors",
        );
    }
    if outlier.number("consecutiveLocalOriginFailures") > 0 && !outlier.flag("splitExternalLocalOriginErrors") {
        report.error(
            "outlier-local-origin",
            outlier.at("consecutiveLocalOriginFailures"),
            "consecutiveLocalOriginFailures counts only with splitExternalLocalOriginErrors",
        );
    }
    duration_field(report, outlier, "interval");
    percent_field(report, outlier, "maxEjectionPercent");
    percent_field(report, outlier, "minHealthPercent");
}

/// A connection pool, if given.
pub fn connection_pool<'d>(report: &mut Report<'d>, pool: Option<View<'d>>) {
    let Some(pool) = pool else { return };
    if !pool.has("http") && !pool.has("tcp") {
        report.error("pool-empty", pool.here(), "the connection pool has neither http nor tcp settings");
        return;
    }
    if let Some(http) = pool.message("http") {
        for field in ["http1MaxPendingRequests", "http2MaxRequests", "maxRequestsPerConnection", "maxRetries"] {
            count_field(report, http, field);
        }
        duration_field(report, http, "idleTimeout");
        if http.choice("h2UpgradePolicy") == "UPGRADE" && http.flag("useClientProtocol") {
            report.error(
                "pool-upgrade-client",
                http.at("useClientProtocol"),
                "h2UpgradePolicy UPGRADE contradicts useClientProtocol",
            );
        }
        count_field(report, http, "maxConcurrentStreams");
    }
    if let Some(tcp) = pool.message("tcp") {
        count_field(report, tcp, "maxConnections");
        duration_field(report, tcp, "connectTimeout");
        duration_field(report, tcp, "maxConnectionDuration");
        // Less than a millisecond switches the timeout off.
        if let Some(idle) = tcp.duration("idleTimeout").filter(|idle| idle.unsigned_abs() >= 1_000_000) {
            report.check(tcp.at("idleTimeout"), duration(idle));
        }
        if let Some(keepalive) = tcp.message("tcpKeepalive") {
            duration_field(report, keepalive, "time");
            duration_field(report, keepalive, "interval");
        }
    }
}

fn load_balancer<'d>(report: &mut Report<'d>, balancer: View<'d>, outlier_detection: bool) {
    if let Some(hash) = balancer.message("consistentHash") {
        consistent_hash(report, hash);
    }
    locality::check(report, balancer.message("localityLbSetting"), outlier_detection);
    let Some(warmup) = balancer.message("warmup") else { return };
    match warmup.duration("duration") {
        None => report.error("warmup-duration", warmup.at("duration"), "warmup needs a duration"),
        Some(nanos) => {
            report.check(warmup.at("duration"), duration(nanos));
        }
    }
    if warmup.decimal("minimumPercent").is_some_and(|percent| percent > 100.0) {
        report.error("warmup-min-percent", warmup.at("minimumPercent"), "minimumPercent must not exceed 100");
    }
    if warmup.decimal("aggression").is_some_and(|aggression| aggression < 1.0) {
        report.error("warmup-aggression", warmup.at("aggression"), "aggression must be at least 1");
    }
}

fn consistent_hash<'d>(report: &mut Report<'d>, hash: View<'d>) {
    if let Some(cookie) = hash.message("httpCookie") {
        if cookie.text("name").is_empty() {
            report.error("cookie-name", cookie.at("name"), "the cookie to hash has no name");
        }
        let mut seen = Vec::new();
        for attribute in cookie.list("attributes") {
            let name = attribute.text("name");
            if name.is_empty() {
                report.error("cookie-attr-empty", attribute.at("name"), "the cookie attribute has no name");
            } else if seen.contains(&name) {
                report.error(
                    "cookie-attr-duplicate",
                    attribute.at("name"),
                    format!("the cookie attribute {name:?} is given twice"),
                );
            }
            seen.push(name);
        }
    }
    if hash.number("minimumRingSize") != 0 {
        let place = hash.at("minimumRingSize");
        report.warning("lb-ring-deprecated", place, "minimumRingSize is deprecated, use ringHash.minimumRingSize");
        if hash.has("ringHash") || hash.has("maglev") {
            report.error("lb-ring-conflict", place, "minimumRingSize cannot stand beside ringHash or maglev");
        }
    }
    if let Some(maglev) = hash.message("maglev") {
        let size = maglev.number("tableSize");
        let place = maglev.at("tableSize");
        if size == 0 {
            report.error("maglev-missing", place, "maglev needs a tableSize");
        }
        if size >= LARGEST_TABLE {
            report.error("maglev-max", place, format!("tableSize {size} must be below {LARGEST_TABLE}"));
        }
        if !is_prime(size) {
            report.error("maglev-prime", place, format!("tableSize {size} is not a prime number"));
        }
    }
}

const LARGEST_TABLE: i64 = 5_000_011;

/// Whether a table size is prime; 1 passes. Sizes that are far too large anyway count as composite.
fn is_prime(number: i64) -> bool {
    if number <= 3 {
        return number > 0;
    }
    number < 1 << 40 && (2..).take_while(|factor| factor * factor <= number).all(|factor| number % factor != 0)
}

fn tunnel<'d>(report: &mut Report<'d>, tunnel: View<'d>) {
    let protocol = tunnel.text("protocol");
    if !matches!(protocol, "" | "CONNECT" | "POST") {
        report.error(
            "tunnel-protocol",
            tunnel.at("protocol"),
            format!("the tunnel's protocol {protocol:?} must be CONNECT or POST"),
        );
    }
    let host = tunnel.text("targetHost");
    if let Err(fault) = hosts::fqdn(host)
        && !hosts::is_ip(host)
    {
        report.error(fault.code, tunnel.at("targetHost"), fault.message);
    }
    report.check(tunnel.at("targetPort"), ports::port(tunnel.number("targetPort")));
}
