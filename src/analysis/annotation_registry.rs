//! The annotations Istio reads or writes, with the kinds they belong on and the form of their values.

use std::net::IpAddr;

/// Allowed on every kind.
pub const ANY: &str = "Any";

/// How settled an annotation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maturity {
    Alpha,
    Beta,
    Stable,
}

/// An annotation, the kinds it belongs on and the form of its value.
pub struct Annotation {
    pub name: &'static str,
    pub kinds: &'static [&'static str],
    pub maturity: Maturity,
    pub deprecated: bool,
    pub value: Value,
}

/// The form of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    Anything,
    Bool,
    Uint32,
    Port,
    Ports,
    PortsOrStar,
    Cidrs,
    CidrsOrStar,
    Mode,
    Quantity,
    Interfaces,
    ProxyConfig,
}

use Maturity::{Alpha, Beta, Stable};

const POD: &[&str] = &["Pod"];
const SERVICE: &[&str] = &["Service"];
const GATEWAY: &[&str] = &["Gateway"];
const WORKLOAD_ENTRY: &[&str] = &["WorkloadEntry"];

const fn entry(name: &'static str, kinds: &'static [&'static str], maturity: Maturity, value: Value) -> Annotation {
    Annotation { name, kinds, maturity, deprecated: false, value }
}

const fn deprecated(
    name: &'static str,
    kinds: &'static [&'static str],
    maturity: Maturity,
    value: Value,
) -> Annotation {
    Annotation { name, kinds, maturity, deprecated: true, value }
}

static REGISTRY: &[Annotation] = &[
    deprecated("alpha.istio.io/canonical-serviceaccounts", SERVICE, Alpha, Value::Anything),
    deprecated("alpha.istio.io/kubernetes-serviceaccounts", SERVICE, Alpha, Value::Anything),
    entry("ambient.istio.io/bypass-inbound-capture", POD, Alpha, Value::Anything),
    entry("ambient.istio.io/dns-capture", POD, Alpha, Value::Anything),
    entry("ambient.istio.io/redirection", POD, Beta, Value::Anything),
    entry("ambient.istio.io/waypoint-inbound-binding", &["GatewayClass", "Gateway"], Alpha, Value::Anything),
    entry("galley.istio.io/analyze-suppress", &[ANY], Alpha, Value::Anything),
    entry("gateway.istio.io/controller-version", &[ANY], Alpha, Value::Anything),
    entry("gateway.istio.io/name-override", GATEWAY, Alpha, Value::Anything),
    entry("gateway.istio.io/service-account", GATEWAY, Alpha, Value::Anything),
    entry("inject.istio.io/templates", POD, Alpha, Value::Anything),
    entry("istio.io/autoRegistrationGroup", WORKLOAD_ENTRY, Alpha, Value::Anything),
    entry("istio.io/connectedAt", WORKLOAD_ENTRY, Alpha, Value::Anything),
    entry("istio.io/disconnectedAt", WORKLOAD_ENTRY, Alpha, Value::Anything),
    entry("istio.io/dry-run", &["AuthorizationPolicy"], Alpha, Value::Anything),
    entry("istio.io/reroute-virtual-interfaces", POD, Alpha, Value::Interfaces),
    entry("istio.io/rev", POD, Alpha, Value::Anything),
    entry("istio.io/workloadController", WORKLOAD_ENTRY, Alpha, Value::Anything),
    entry("kubernetes.io/ingress.class", &["Ingress"], Stable, Value::Anything),
    entry("networking.istio.io/exportTo", SERVICE, Alpha, Value::Anything),
    entry("networking.istio.io/service-type", GATEWAY, Alpha, Value::Anything),
    entry(
        "networking.istio.io/traffic-distribution",
        &["Namespace", "Service", "ServiceEntry"],
        Alpha,
        Value::Anything,
    ),
    entry("prometheus.istio.io/merge-metrics", POD, Alpha, Value::Bool),
    entry("proxy.istio.io/config", POD, Beta, Value::ProxyConfig),
    entry("proxy.istio.io/overrides", POD, Alpha, Value::Anything),
    entry("readiness.status.sidecar.istio.io/applicationPorts", POD, Alpha, Value::Anything),
    entry("readiness.status.sidecar.istio.io/failureThreshold", POD, Alpha, Value::Uint32),
    entry("readiness.status.sidecar.istio.io/initialDelaySeconds", POD, Alpha, Value::Uint32),
    entry("readiness.status.sidecar.istio.io/periodSeconds", POD, Alpha, Value::Uint32),
    entry("sidecar.istio.io/agentLogLevel", POD, Alpha, Value::Anything),
    entry("sidecar.istio.io/bootstrapOverride", POD, Alpha, Value::Anything),
    entry("sidecar.istio.io/componentLogLevel", POD, Alpha, Value::Anything),
    deprecated("sidecar.istio.io/discoveryAddress", POD, Alpha, Value::Anything),
    deprecated("sidecar.istio.io/extraStatTags", POD, Alpha, Value::Anything),
    deprecated("sidecar.istio.io/inject", POD, Beta, Value::Anything),
    entry("sidecar.istio.io/interceptionMode", POD, Alpha, Value::Mode),
    entry("sidecar.istio.io/logLevel", POD, Alpha, Value::Anything),
    entry("sidecar.istio.io/nativeSidecar", POD, Alpha, Value::Anything),
    entry("sidecar.istio.io/proxyCPU", POD, Alpha, Value::Quantity),
    entry("sidecar.istio.io/proxyCPULimit", POD, Alpha, Value::Quantity),
    entry("sidecar.istio.io/proxyImage", POD, Alpha, Value::Anything),
    entry("sidecar.istio.io/proxyImageType", POD, Alpha, Value::Anything),
    entry("sidecar.istio.io/proxyMemory", POD, Alpha, Value::Quantity),
    entry("sidecar.istio.io/proxyMemoryLimit", POD, Alpha, Value::Quantity),
    entry("sidecar.istio.io/rewriteAppHTTPProbers", POD, Alpha, Value::Anything),
    deprecated("sidecar.istio.io/statsCompression", POD, Alpha, Value::Anything),
    entry("sidecar.istio.io/statsEvictionInterval", POD, Alpha, Value::Anything),
    entry("sidecar.istio.io/statsFlushInterval", POD, Alpha, Value::Anything),
    entry("sidecar.istio.io/statsHistogramBins", POD, Alpha, Value::Anything),
    entry("sidecar.istio.io/statsHistogramBuckets", POD, Alpha, Value::Anything),
    deprecated("sidecar.istio.io/statsInclusionPrefixes", POD, Alpha, Value::Anything),
    deprecated("sidecar.istio.io/statsInclusionRegexps", POD, Alpha, Value::Anything),
    deprecated("sidecar.istio.io/statsInclusionSuffixes", POD, Alpha, Value::Anything),
    entry("sidecar.istio.io/status", POD, Alpha, Value::Anything),
    entry("sidecar.istio.io/userVolume", POD, Alpha, Value::Anything),
    entry("sidecar.istio.io/userVolumeMount", POD, Alpha, Value::Anything),
    entry("status.sidecar.istio.io/port", POD, Alpha, Value::Port),
    entry("topology.istio.io/controlPlaneClusters", &["Namespace"], Alpha, Value::Anything),
    entry("traffic.istio.io/nodeSelector", SERVICE, Stable, Value::Anything),
    entry("traffic.sidecar.istio.io/excludeInboundPorts", POD, Alpha, Value::Ports),
    entry("traffic.sidecar.istio.io/excludeInterfaces", POD, Alpha, Value::Interfaces),
    entry("traffic.sidecar.istio.io/excludeOutboundIPRanges", POD, Alpha, Value::Cidrs),
    entry("traffic.sidecar.istio.io/excludeOutboundPorts", POD, Alpha, Value::Ports),
    entry("traffic.sidecar.istio.io/includeInboundPorts", POD, Alpha, Value::PortsOrStar),
    entry("traffic.sidecar.istio.io/includeOutboundIPRanges", POD, Alpha, Value::CidrsOrStar),
    entry("traffic.sidecar.istio.io/includeOutboundPorts", POD, Alpha, Value::Anything),
    deprecated("traffic.sidecar.istio.io/kubevirtInterfaces", POD, Alpha, Value::Interfaces),
];

/// The annotation of this name.
pub fn find(name: &str) -> Option<&'static Annotation> {
    REGISTRY.iter().find(|annotation| annotation.name == name)
}

/// The names of all.
pub fn names() -> impl Iterator<Item = &'static str> {
    REGISTRY.iter().map(|annotation| annotation.name)
}

impl Value {
    /// Why a text is not of this form.
    pub fn check(self, text: &str) -> Result<(), String> {
        match self {
            Value::Anything => Ok(()),
            Value::Bool => {
                one_of(text, &["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"])
            }
            Value::Uint32 => number(text, u32::MAX.into()),
            Value::Port => number(text.trim(), u16::MAX.into()),
            Value::Mode => one_of(text, &["REDIRECT", "TPROXY", "NONE"]),
            Value::PortsOrStar | Value::CidrsOrStar if text == "*" => Ok(()),
            Value::Ports | Value::PortsOrStar => each(text, |part| number(part.trim(), u16::MAX.into())),
            Value::Cidrs | Value::CidrsOrStar => each(text, cidr),
            Value::Interfaces => each(text, interface),
            Value::Quantity => quantity(text),
            Value::ProxyConfig => proxy_config(text),
        }
    }
}

fn one_of(text: &str, allowed: &[&str]) -> Result<(), String> {
    if allowed.contains(&text) { Ok(()) } else { Err(format!("\"{text}\" is none of {}", allowed.join(", "))) }
}

fn each(text: &str, check: impl Fn(&str) -> Result<(), String>) -> Result<(), String> {
    if text.is_empty() { Ok(()) } else { text.split(',').try_for_each(check) }
}

fn number(text: &str, max: u64) -> Result<(), String> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<u64>() {
        Ok(number) if digits && number <= max => Ok(()),
        _ => Err(format!("\"{text}\" is not a number from 0 to {max}")),
    }
}

fn cidr(text: &str) -> Result<(), String> {
    let wrong = || format!("\"{text}\" is not an address range such as 10.0.0.0/8");
    let (address, bits) = text.split_once('/').ok_or_else(wrong)?;
    let address: IpAddr = address.parse().map_err(|_| wrong())?;
    let max = if address.is_ipv4() { 32 } else { 128 };
    number(bits, max).map_err(|_| wrong())
}

fn interface(text: &str) -> Result<(), String> {
    let fine = !text.is_empty()
        && text.len() < 16
        && !matches!(text, "." | "..")
        && !text.contains(|c: char| c == '/' || c == ':' || c.is_whitespace());
    if fine { Ok(()) } else { Err(format!("\"{text}\" is not the name of a network interface")) }
}

/// A Kubernetes quantity: a decimal number with an SI, binary or exponent suffix.
fn quantity(text: &str) -> Result<(), String> {
    let wrong = || format!("\"{text}\" is not a quantity such as 100m or 128Mi");
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (digits, suffix) = unsigned.split_at(end);
    if !digits.bytes().any(|b| b.is_ascii_digit()) || digits.matches('.').count() > 1 {
        return Err(wrong());
    }
    let exponent = suffix
        .strip_prefix(['e', 'E'])
        .is_some_and(|rest| rest.is_empty() && suffix == "E" || rest.parse::<i32>().is_ok());
    let known = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].contains(&suffix);
    if known || exponent { Ok(()) } else { Err(wrong()) }
}

fn proxy_config(text: &str) -> Result<(), String> {
    crate::validation::mesh::refused_proxy_config(text).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_judged_by_their_form() {
        let good = [
            (Value::Bool, "T"),
            (Value::Uint32, "4294967295"),
            (Value::Port, " 80 "),
            (Value::Ports, ""),
            (Value::Ports, "80, 81"),
            (Value::PortsOrStar, "*"),
            (Value::Cidrs, "10.0.0.0/8,::/0"),
            (Value::CidrsOrStar, "*"),
            (Value::Mode, "TPROXY"),
            (Value::Quantity, "1.5Gi"),
            (Value::Quantity, "1e3"),
            (Value::Interfaces, "eth0,net1"),
            (Value::ProxyConfig, ""),
            (Value::ProxyConfig, "concurrency: 2\ntracing: {zipkin: {address: \"zipkin:9411\"}}"),
        ];
        for (form, text) in good {
            assert_eq!(form.check(text), Ok(()), "{form:?} {text}");
        }
        let bad = [
            (Value::Bool, "yes"),
            (Value::Uint32, "4294967296"),
            (Value::Uint32, "-1"),
            (Value::Port, "65536"),
            (Value::Ports, "*"),
            (Value::Ports, "80,"),
            (Value::Cidrs, "10.0.0.0"),
            (Value::Cidrs, "10.0.0.0/33"),
            (Value::Mode, "tproxy"),
            (Value::Quantity, "1GB"),
            (Value::Interfaces, "a/b"),
            (Value::ProxyConfig, "- a"),
            (Value::ProxyConfig, "concurency: 2"),
            (Value::ProxyConfig, "statusPort: 70000"),
            (Value::ProxyConfig, "discoveryAddress: istiod"),
        ];
        for (form, text) in bad {
            assert!(form.check(text).is_err(), "{form:?} {text}");
        }
    }
}
