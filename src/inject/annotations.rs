//! The checks on a pod's annotations that run before any template does.

use std::fmt;

use serde_json::{Map, Value};

use super::cidr;
use super::mesh::ProxyConfig;
use super::misfit;
use super::types::quantity::{self, QuantityError};

pub const STATUS: &str = "sidecar.istio.io/status";
pub const OVERRIDES: &str = "proxy.istio.io/overrides";
pub const TEMPLATES: &str = "inject.istio.io/templates";
pub const PROXY_CONFIG: &str = "proxy.istio.io/config";
pub const INTERCEPTION_MODE: &str = "sidecar.istio.io/interceptionMode";
pub const NATIVE_SIDECAR: &str = "sidecar.istio.io/nativeSidecar";
pub const STATUS_PORT: &str = "status.sidecar.istio.io/port";
pub const REWRITE_PROBES: &str = "sidecar.istio.io/rewriteAppHTTPProbers";
pub const PROXY_IMAGE_TYPE: &str = "sidecar.istio.io/proxyImageType";
pub const MERGE_METRICS: &str = "prometheus.istio.io/merge-metrics";
pub const NETWORK_LABEL: &str = "topology.istio.io/network";

/// All annotations of a pod that cannot be used, by name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct InvalidAnnotations {
    pub faults: Vec<InvalidAnnotation>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidAnnotation {
    pub name: String,
    pub value: String,
    pub reason: String,
}

impl fmt::Display for InvalidAnnotations {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.faults.len();
        write!(out, "{count} error{} occurred:", if count == 1 { "" } else { "s" })?;
        for fault in &self.faults {
            write!(out, "\n\t* invalid value '{}' for annotation '{}': {}", fault.value, fault.name, fault.reason)?;
        }
        Ok(())
    }
}

type Check = fn(&str) -> Result<(), String>;

/// Every annotation that is checked, with its check. `proxy.istio.io/config` needs the mesh and is checked apart.
static CHECKS: &[(&str, Check)] = &[
    ("istio.io/reroute-virtual-interfaces", interfaces),
    (MERGE_METRICS, boolean),
    ("readiness.status.sidecar.istio.io/failureThreshold", uint32),
    ("readiness.status.sidecar.istio.io/initialDelaySeconds", uint32),
    ("readiness.status.sidecar.istio.io/periodSeconds", uint32),
    (INTERCEPTION_MODE, interception_mode),
    ("sidecar.istio.io/proxyCPU", resource),
    ("sidecar.istio.io/proxyCPULimit", resource),
    ("sidecar.istio.io/proxyMemory", resource),
    ("sidecar.istio.io/proxyMemoryLimit", resource),
    (STATUS_PORT, status_port),
    ("traffic.sidecar.istio.io/excludeInboundPorts", |value| ports(value, "excludeInboundPorts", false)),
    ("traffic.sidecar.istio.io/excludeInterfaces", interfaces),
    ("traffic.sidecar.istio.io/excludeOutboundIPRanges", |value| ip_ranges(value, "excludeIPRanges", false)),
    ("traffic.sidecar.istio.io/excludeOutboundPorts", |value| ports(value, "excludeOutboundPorts", false)),
    ("traffic.sidecar.istio.io/includeInboundPorts", |value| ports(value, "includeInboundPorts", true)),
    ("traffic.sidecar.istio.io/includeOutboundIPRanges", |value| ip_ranges(value, "includeIPRanges", true)),
    ("traffic.sidecar.istio.io/kubevirtInterfaces", interfaces),
];

/// Checks a pod's annotations; `base` is the proxy configuration its own one would be laid over.
pub fn validate(annotations: &Map<String, Value>, base: &ProxyConfig) -> Result<(), InvalidAnnotations> {
    let mut faults: Vec<InvalidAnnotation> = Vec::new();
    let mut check = |name: &str, outcome: Result<(), String>, value: &str| {
        if let Err(reason) = outcome {
            faults.push(InvalidAnnotation { name: name.to_string(), value: value.to_string(), reason });
        }
    };
    for (name, value) in annotations {
        let value = value.as_str().unwrap_or_default();
        if name == PROXY_CONFIG {
            check(name, proxy_config(value, base).map(drop), value);
        } else if let Ok(at) = CHECKS.binary_search_by_key(&name.as_str(), |(name, _)| name)
            && let Some((_, test)) = CHECKS.get(at)
        {
            check(name, test(value), value);
        }
    }
    faults.sort_by(|a, b| a.name.cmp(&b.name));
    if faults.is_empty() { Ok(()) } else { Err(InvalidAnnotations { faults }) }
}

/// A proxy configuration of a pod that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub reason: String,
    /// The same in the words of the reference.
    pub reference: String,
}

/// The proxy configuration of a pod whose annotation is `text`.
pub fn proxy_config(text: &str, base: &ProxyConfig) -> Result<ProxyConfig, String> {
    let merged =
        merged_proxy_config(text, base).map_err(|error| format!("could not parse proxy config: {}", error.reason))?;
    merged.validate().map_err(|error| error.to_string())?;
    Ok(merged)
}

/// The same, with settings that make no sense.
pub fn merged_proxy_config(text: &str, base: &ProxyConfig) -> Result<ProxyConfig, Unreadable> {
    let given = crate::yaml::from_str(text)
        .map_err(|error| Unreadable { reason: error.to_string(), reference: misfit::in_yaml(&error) })?;
    let mut merged = base.clone();
    merged
        .merge(&given)
        .map_err(|error| Unreadable { reason: error.to_string(), reference: error.reference.clone() })?;
    Ok(merged)
}

fn interception_mode(value: &str) -> Result<(), String> {
    match value {
        "REDIRECT" | "TPROXY" | "NONE" => Ok(()),
        other => Err(format!("interceptionMode invalid, use REDIRECT,TPROXY,NONE: {other}")),
    }
}

fn status_port(value: &str) -> Result<(), String> {
    port(value).map_err(|reason| format!("excludeInboundPorts invalid: {reason}"))
}

fn port(value: &str) -> Result<(), String> {
    unsigned(value.trim(), u64::from(u16::MAX)).map_err(|reason| format!("failed parsing port '{value}': {reason}"))
}

fn ports(value: &str, name: &str, wildcard: bool) -> Result<(), String> {
    if value.is_empty() || (wildcard && value == "*") {
        return Ok(());
    }
    value.split(',').try_for_each(|item| {
        port(item).map_err(|reason| format!("{name} invalid: failed parsing port '{item}': {reason}"))
    })
}

fn uint32(value: &str) -> Result<(), String> {
    unsigned(value, u64::from(u32::MAX))
}

/// Go's `ParseUint` in base 10, with its words.
fn unsigned(text: &str, most: u64) -> Result<(), String> {
    let wrong = |reason: &str| format!("strconv.ParseUint: parsing {text:?}: {reason}");
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong("invalid syntax"));
    }
    match text.parse::<u64>() {
        Ok(number) if number <= most => Ok(()),
        _ => Err(wrong("value out of range")),
    }
}

fn boolean(value: &str) -> Result<(), String> {
    match parse_bool(value) {
        Some(_) => Ok(()),
        None => Err(format!("strconv.ParseBool: parsing {value:?}: invalid syntax")),
    }
}

/// Go's `ParseBool`.
pub fn parse_bool(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

fn ip_ranges(value: &str, name: &str, wildcard: bool) -> Result<(), String> {
    if value.is_empty() || (wildcard && value == "*") {
        return Ok(());
    }
    value.split(',').try_for_each(|item| {
        cidr::check(item).map_err(|reason| {
            format!("{name} invalid: failed parsing cidr '{item}': netip.ParsePrefix({item:?}): {reason}")
        })
    })
}

fn interfaces(value: &str) -> Result<(), String> {
    if value.is_empty() {
        return Ok(());
    }
    value.split(',').map(str::trim).try_for_each(|name| {
        let mut letters = name.chars();
        if name.is_empty() {
            return Err("interface name cannot be empty".to_string());
        }
        if name.len() > 15 {
            return Err(format!("interface name {name:?} too long (max 15 chars)"));
        }
        let starts = letters.next().is_some_and(|first| first.is_ascii_alphabetic());
        if !starts || !letters.all(|letter| letter.is_ascii_alphanumeric() || "_.-".contains(letter)) {
            return Err(format!("interface name {name:?} contains invalid characters"));
        }
        Ok(())
    })
}

fn resource(value: &str) -> Result<(), String> {
    if value.chars().any(char::is_control) {
        return Err("control characters are not allowed".to_string());
    }
    // In JSON a quantity may stand between spaces, but not here.
    let quantity =
        if value.trim() == value { quantity::canonical(value).map(drop) } else { Err(QuantityError::Format) };
    quantity.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::inject::mesh::MeshConfig;

    #[test]
    fn the_table_is_sorted_for_its_search() {
        assert!(CHECKS.is_sorted_by_key(|(name, _)| name));
    }

    #[test]
    fn every_bad_annotation_is_told_in_order_of_name() {
        let annotations = json!({
            "traffic.sidecar.istio.io/excludeOutboundPorts": "1,,2",
            "status.sidecar.istio.io/port": "70000",
            "traffic.sidecar.istio.io/includeOutboundIPRanges": "10.0.0.0",
            "sidecar.istio.io/proxyCPU": "100m",
        });
        let faults = validate(annotations.as_object().unwrap(), &MeshConfig::default().proxy_config());
        let want = concat!(
            "3 errors occurred:",
            "\n\t* invalid value '70000' for annotation 'status.sidecar.istio.io/port': ",
            "excludeInboundPorts invalid: failed parsing port '70000': strconv.ParseUint: parsing \"70000\": value out of range",
            "\n\t* invalid value '1,,2' for annotation 'traffic.sidecar.istio.io/excludeOutboundPorts': ",
            "excludeOutboundPorts invalid: failed parsing port '': failed parsing port '': strconv.ParseUint: parsing \"\": invalid syntax",
            "\n\t* invalid value '10.0.0.0' for annotation 'traffic.sidecar.istio.io/includeOutboundIPRanges': ",
            "includeIPRanges invalid: failed parsing cidr '10.0.0.0': netip.ParsePrefix(\"10.0.0.0\"): no '/'",
        );
        assert_eq!(faults.map_err(|error| error.to_string()), Err(want.to_string()));
    }
}
