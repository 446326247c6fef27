//! Every object follows the rules of its kind.
//!
//! # IST0106 SchemaValidationError
//! ## What it does
//! Checks each Istio object by the rules of its kind: required fields, forms of values, fields that exclude each other, and, in our
//! profile, fields that do not exist.
//! ## Why is this bad?
//! The API server or istiod refuses the object; an unknown field is dropped in silence.
//! ## Example
//! ```yaml
//! http:
//! - route:
//!   - destination: {host: reviews}
//!     wieght: 10
//! ```
//! ## Use instead
//! ```yaml
//! http:
//! - route:
//!   - destination: {host: reviews}
//!     weight: 10
//! ```
//!
//! # IST0130 VirtualServiceUnreachableRule
//! ## What it does
//! Reports routes that no request reaches because earlier ones take all of theirs.
//! ## Why is this bad?
//! The route looks as if it did something.
//! ## Example
//! ```yaml
//! http:
//! - route: [{destination: {host: a}}]      # takes everything
//! - match: [{uri: {prefix: /b}}]
//!   route: [{destination: {host: b}}]
//! ```
//! ## Use instead
//! The route without a match last.
//!
//! # IST0131 VirtualServiceIneffectiveMatch
//! ## What it does
//! Reports matches that an earlier match makes useless.
//! ## Why is this bad?
//! Requests that it was written for take the earlier route.
//! ## Example
//! ```yaml
//! http:
//! - match: [{uri: {prefix: /api}}]
//!   route: [{destination: {host: a}}]
//! - match: [{uri: {prefix: /api/v2}}]
//!   route: [{destination: {host: b}}]
//! ```
//! ## Use instead
//! The narrower match first.
//!
//! # IST0133 SchemaWarning
//! ## What it does
//! Reports what is allowed but probably not meant, or works otherwise than it looks.
//! ## Why is this bad?
//! It depends: a deprecated field, a setting without effect, an interface without promises.
//! ## Example
//! ```yaml
//! kind: AuthorizationPolicy
//! spec:
//!   action: DENY
//!   rules:
//!   - to: [{operation: {methods: [GET]}}]   # on TCP ports this denies everything
//! ```
//! ## Use instead
//! What the finding proposes; here, `ports` beside `methods`.

use super::{Rule, Set};
use crate::analysis::check::Check;
use crate::analysis::kind::Kind;
use crate::analysis::shadowing;

macro_rules! schema_rules {
    ($($rule:ident $kind:ident $name:literal;)*) => {$(
        pub static $rule: Rule = Rule {
            name: concat!("schema.ValidationAnalyzer.", $name),
            description: concat!("Objects of kind ", $name, " follow the rules of the kind"),
            inputs: &[Kind::$kind],
            more: &[],
            check: |check| validate(check, Kind::$kind),
            set: Set::Reference,
        };
    )*};
}

schema_rules! {
    AUTHORIZATION_POLICY AuthorizationPolicy "AuthorizationPolicy";
    DESTINATION_RULE DestinationRule "DestinationRule";
    ENVOY_FILTER EnvoyFilter "EnvoyFilter";
    GATEWAY Gateway "Gateway";
    PEER_AUTHENTICATION PeerAuthentication "PeerAuthentication";
    PROXY_CONFIG ProxyConfig "ProxyConfig";
    REQUEST_AUTHENTICATION RequestAuthentication "RequestAuthentication";
    SERVICE_ENTRY ServiceEntry "ServiceEntry";
    SIDECAR Sidecar "Sidecar";
    TELEMETRY Telemetry "Telemetry";
    TRAFFIC_EXTENSION TrafficExtension "TrafficExtension";
    VIRTUAL_SERVICE VirtualService "VirtualService";
    WASM_PLUGIN WasmPlugin "WasmPlugin";
    WORKLOAD_ENTRY WorkloadEntry "WorkloadEntry";
    WORKLOAD_GROUP WorkloadGroup "WorkloadGroup";
    MESH_NETWORKS MeshNetworks "MeshNetworks";
    MESH_CONFIG MeshConfig "MeshConfig";
}

fn validate(check: &mut Check<'_, '_>, kind: Kind) {
    let snapshot = check.snapshot;
    for resource in snapshot.all(kind) {
        if kind == Kind::VirtualService {
            shadowing::check(check, &resource);
        }
    }
}
