//! Names of hosts: DNS labels, domains with wildcards, IP addresses and networks, and which host covers which.

use std::net::{IpAddr, Ipv6Addr};

use super::report::{Fault, Report, Verdict};
use crate::api::view::Place;

/// A DNS label of at most 63 characters, capitals allowed.
pub fn is_label(text: &str) -> bool {
    text.len() <= 63
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && text.bytes().next().is_some_and(|byte| byte != b'-')
        && !text.ends_with('-')
}

/// A label that may start with a wildcard: `*`, `*foo`, `*-foo`, `foo`.
fn is_wildcard_label(text: &str) -> bool {
    if text.len() > 63 {
        return false;
    }
    match text.strip_prefix('*') {
        Some("") => true,
        Some(rest) => is_label(rest.strip_prefix('-').unwrap_or(rest)),
        None => is_label(text),
    }
}

pub fn label(text: &str) -> Verdict {
    if is_label(text) { Ok(()) } else { Err(not_a_label(text, text)) }
}

fn not_a_label(part: &str, whole: &str) -> Fault {
    let of = if part == whole { String::new() } else { format!(" in {whole:?}") };
    Fault::new("dns-label", format!("{part:?}{of} is not a DNS label: letters, digits and inner dashes, 63 at most"))
}

fn length(domain: &str) -> Verdict {
    if domain.len() > 255 {
        return Err(Fault::new(
            "dns-length",
            format!("a host name has at most 255 characters, this one has {}", domain.len()),
        ));
    }
    if domain.is_empty() {
        return Err(Fault::new("dns-empty", "the host name is empty"));
    }
    Ok(())
}

fn labels(domain: &str, whole: &str) -> Verdict {
    let last = domain.rsplit('.').next().unwrap_or_default();
    if last.parse::<i64>().is_ok() {
        return Err(Fault::new(
            "dns-tld-numeric",
            format!("the last part of {whole:?} is a number, so it is no host name"),
        ));
    }
    let count = domain.split('.').count();
    for (at, part) in domain.split('.').enumerate() {
        // A trailing dot makes the name absolute.
        if at + 1 == count && part.is_empty() {
            continue;
        }
        if !is_label(part) {
            return Err(not_a_label(part, whole));
        }
    }
    Ok(())
}

/// A fully qualified name; a single label counts.
pub fn fqdn(domain: &str) -> Verdict {
    length(domain)?;
    labels(domain, domain)
}

/// A name whose first label may be or start with a wildcard.
pub fn wildcard_domain(domain: &str) -> Verdict {
    length(domain)?;
    let (first, rest) = match domain.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (domain, None),
    };
    if !is_wildcard_label(first) {
        return Err(not_a_label(first, domain));
    }
    rest.map_or(Ok(()), |rest| labels(rest, domain))
}

/// As [`wildcard_domain`], but where routes match on SNI a name may be one that passthrough gateways make up:
/// `outbound_.80_.v1_.host`.
pub fn gateway_domain(sni: bool, domain: &str) -> Verdict {
    length(domain)?;
    if !(sni && domain.starts_with("outbound_")) {
        return wildcard_domain(domain);
    }
    let parts: Vec<&str> = domain.split('_').collect();
    let good = parts.first() == Some(&"outbound")
        && parts.get(1).is_some_and(|port| port.trim_matches('.').bytes().any(|byte| byte.is_ascii_digit()))
        && parts.get(3).is_some_and(|host| host.trim_matches('.').chars().any(char::is_alphabetic));
    if good {
        Ok(())
    } else {
        Err(Fault::new("dns-label", format!("{domain:?} is not of the form outbound_.PORT_.SUBSET_.HOST")))
    }
}

/// An IPv4 address without leading zeros, or an IPv6 address, a zone allowed.
pub fn is_ip(text: &str) -> bool {
    match text.split_once('%') {
        Some((address, zone)) => !zone.is_empty() && address.parse::<Ipv6Addr>().is_ok(),
        None => text.parse::<IpAddr>().is_ok(),
    }
}

pub fn ip(text: &str) -> Verdict {
    if is_ip(text) { Ok(()) } else { Err(Fault::new("ip", format!("{text:?} is not an IP address"))) }
}

/// An address with a prefix length; host bits may be set.
pub fn is_cidr(text: &str) -> bool {
    let Some((address, bits)) = text.rsplit_once('/') else { return false };
    let widest = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    let canonical =
        bits == "0" || (!bits.starts_with('0') && bits.len() <= 3 && bits.bytes().all(|byte| byte.is_ascii_digit()));
    canonical && bits.parse::<u16>().is_ok_and(|bits| bits <= widest)
}

pub fn cidr(text: &str) -> Verdict {
    if is_cidr(text) {
        Ok(())
    } else {
        Err(Fault::new("cidr", format!("{text:?} is not a network in CIDR notation, such as 10.0.0.0/8")))
    }
}

/// An IP address or a network.
pub fn subnet(text: &str) -> Verdict {
    if text.matches('/').count() == 1 { cidr(text) } else { ip(text) }
}

/// Whether two hosts, each perhaps with a leading wildcard, have names in common.
pub fn overlap(a: &str, b: &str) -> bool {
    match (a.strip_prefix('*'), b.strip_prefix('*')) {
        (Some(a), Some(b)) => a.ends_with(b) || b.ends_with(a),
        (Some(suffix), None) => b.ends_with(suffix),
        (None, Some(suffix)) => a.ends_with(suffix),
        (None, None) => a == b,
    }
}

/// Whether every name of host `a` is a name of host `b`.
pub fn is_subset(a: &str, b: &str) -> bool {
    match (a.strip_prefix('*'), b.strip_prefix('*')) {
        (Some(inner), Some(outer)) => inner.len() >= outer.len() && inner.ends_with(outer),
        (None, Some(suffix)) => a.ends_with(suffix),
        (Some(_), None) => false,
        (None, None) => a == b,
    }
}

/// Who may name hosts as `namespace/host`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    Sidecar,
    /// A Gateway; `internal` when it was made from a Gateway API object.
    Gateway {
        internal: bool,
    },
}

/// A host with an optional (Gateway) or required (Sidecar) namespace in front.
pub fn namespaced<'d>(report: &mut Report<'d>, place: impl Into<Place<'d>>, owner: Owner, text: &str) {
    let place = place.into();
    let Some((namespace, host)) = text.split_once('/') else {
        match owner {
            Owner::Gateway { .. } => host_part(report, place, owner, text),
            Owner::Sidecar => {
                report.error(
                    "host-form",
                    place,
                    format!("{text:?} must have the form NAMESPACE/HOST, such as ./* or */api.example.com"),
                );
            }
        }
        return;
    };
    if namespace.is_empty() || host.is_empty() {
        report.error("host-part-empty", place, format!("both sides of the slash in {text:?} must be given"));
    }
    let known = match (namespace, owner) {
        ("*" | ".", _) | ("~", Owner::Sidecar) => true,
        ("~", Owner::Gateway { internal }) => internal,
        _ => is_label(namespace),
    };
    if !known {
        report.error("host-namespace", place, format!("{namespace:?} in {text:?} is not a namespace, `.` or `*`"));
    }
    host_part(report, place, owner, host);
}

fn host_part<'d>(report: &mut Report<'d>, place: Place<'d>, owner: Owner, host: &str) {
    if host != "*" && !host.contains('.') {
        report.error("host-short", place, format!("{host:?} is a short name; give the full host name with its domain"));
    }
    if let Err(fault) = wildcard_domain(host) {
        let ip = is_ip(host);
        // The reference reports a sidecar's bad host twice.
        if owner == Owner::Sidecar && (ip || report.compat()) {
            report.error(fault.code, place, fault.message.clone());
        }
        if !ip {
            report.error(fault.code, place, fault.message);
        }
    }
    if is_partial_wildcard(host) {
        report.error("host-partial-wildcard", place, partial_wildcard(host));
    }
}

/// A wildcard that is neither all of the host nor its whole first label.
pub fn is_partial_wildcard(host: &str) -> bool {
    host.contains('*') && host.len() > 1 && !host.starts_with("*.")
}

pub fn partial_wildcard(host: &str) -> String {
    format!("the wildcard in {host:?} must be the whole first label, as in *.example.com")
}
