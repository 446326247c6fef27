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
use crate::analysis::check::{Check, params};
use crate::analysis::codes::{Code, IST0106, IST0130, IST0131, IST0133};
use crate::analysis::finding::Place;
use crate::analysis::kind::Kind;
use crate::analysis::shadowing;
use crate::analysis::snapshot::Resource;
use crate::validation::{self, Options, Problem, Severity};
use crate::yaml::Value;

/// Codes of every kind.
const PLAIN: &[&Code] = &[&IST0106, &IST0133];
/// Codes of VirtualServices.
const ROUTES: &[&Code] = &[&IST0106, &IST0130, &IST0131, &IST0133];

macro_rules! schema_rules {
    ($($rule:ident $kind:ident $name:literal;)*) => {$(
        pub static $rule: Rule = Rule {
            name: concat!("schema.ValidationAnalyzer.", $name),
            description: concat!("Objects of kind ", $name, " follow the rules of the kind"),
            inputs: &[Kind::$kind],
            more: &[],
            codes: if matches!(Kind::$kind, Kind::VirtualService) { ROUTES } else { PLAIN },
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
    if matches!(kind, Kind::MeshConfig | Kind::MeshNetworks) {
        mesh_wide(check, kind);
        return;
    }
    let mut cautioned = false;
    for resource in snapshot.all(kind) {
        let Some(root) = resource.root.node() else { continue };
        if kind == Kind::VirtualService {
            shadowing::check(check, &resource);
        }
        let reference = check.reference();
        let options = Options {
            namespace: resource.namespace,
            istio_namespace: &snapshot.settings.istio_namespace,
            compat: reference,
        };
        let problems =
            if reference { validation::validate_spec(root, options) } else { validation::validate(root, options) };
        for problem in problems {
            if OWN_RULES.contains(&problem.code) || (!reference && problem.code == TCP_WITHOUT_ADDRESSES) {
                continue;
            }
            // That EnvoyFilters are to be used with care need not be said for each of them.
            if !reference && problem.code == CAUTION && std::mem::replace(&mut cautioned, true) {
                continue;
            }
            let place = if reference { None } else { snapshot.place_of(&resource, problem.span) };
            tell(check, &resource, &problem, place);
        }
    }
}

/// The mesh configuration and networks are given beside the objects; an object without content stands for each.
fn mesh_wide(check: &mut Check<'_, '_>, kind: Kind) {
    let snapshot = check.snapshot;
    let (written, validate): (_, fn(&Value, bool) -> Vec<Problem>) = match kind {
        Kind::MeshConfig => (snapshot.mesh_config.written(), validation::mesh::validate_mesh_config),
        _ => (snapshot.mesh_networks, validation::mesh::validate_mesh_networks),
    };
    let Some(resource) = snapshot.all(kind).next().filter(|_| written.is_map()) else { return };
    for problem in validate(&written.to_value(), check.reference()) {
        tell(check, &resource, &problem, None);
    }
}

/// Reported by [`shadowing`], under codes of their own.
const OWN_RULES: &[&str] = &["vs-rule-unreachable", "vs-match-ineffective"];
/// What IST0134 tells with more knowledge.
const TCP_WITHOUT_ADDRESSES: &str = "se-tcp-addresses";
const CAUTION: &str = "ef-caution";

fn tell<'a>(check: &mut Check<'_, 'a>, resource: &Resource<'a>, problem: &Problem, place: Option<Place>) {
    let code = match problem.severity {
        Severity::Error => &IST0106,
        Severity::Warning => &IST0133,
        Severity::Notice => return,
    };
    let reference = check.reference();
    // Without the path, so that two problems of one text count once, as they do in the reference.
    let bare = reference || problem.path.is_empty();
    let text = if bare { problem.message.clone() } else { format!("{}: {}", problem.path, problem.message) };
    let report = check.report_place(code, resource, place, params! { err: text });
    if !problem.hint.is_empty() {
        report.hint(problem.hint.clone());
    }
}
