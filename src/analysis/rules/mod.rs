//! The rules: one file each, and the one table that lists them.
//!
//! A rule is a check over the whole snapshot that raises one or more codes. The doc comment of its file explains each code it owns
//! under `# CODE Name`, in four sections; `explain`, the docs pages and SARIF print those.

mod ambient;
mod annotations;
mod annotations_alpha;
mod application_uid;
mod authorization_policies;
mod blocked_cidrs;
mod ca_certificates;
mod certificate_expiry;
mod conditions;
mod conflicting_gateways;
mod conflicting_mesh_hosts;
mod crd_version;
mod delegates;
mod deployment_services;
mod deprecation;
mod destination_host;
mod destination_rule;
mod destination_rules;
mod envoy_patch;
mod export_to;
mod external_control_plane;
mod gateway_api_routes;
mod gateway_api_selector;
mod gateway_certificate;
mod gateway_port;
mod gateway_secret;
mod image_auto;
mod injection;
mod injection_image;
mod jwt_claim_route;
mod mesh_networks;
mod multi_cluster_services;
mod mutual_tls;
mod peer_authentications;
mod port_name;
mod precheck;
mod schema_validation;
mod service_entries;
mod service_entry;
mod sidecar_scope;
mod sidecar_selector;
mod subset_pods;
mod target_ports;
mod target_version;
mod telemetry_default_selector;
mod telemetry_lightstep;
mod telemetry_provider;
mod telemetry_selector;
mod traffic_split;
mod virtual_service_gateway;
mod webhook;

use super::check::Check;
use super::codes::Code;
use super::kind::Kind;

/// A check over the whole snapshot.
pub struct Rule {
    /// The analyzer's name, as `--analyzer` takes it.
    pub name: &'static str,
    pub description: &'static str,
    /// Kinds it looks at. istioctl skips it when one of them is read from nowhere.
    pub inputs: &'static [Kind],
    /// Kinds it also looks at in our profile.
    pub more: &'static [Kind],
    /// Codes it raises.
    pub codes: &'static [&'static Code],
    pub check: fn(&mut Check<'_, '_>),
    pub set: Set,
}

/// When a rule runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    /// Always, in both profiles.
    Reference,
    /// In our profile.
    Ours,
    /// When asked for by name.
    OnRequest,
}

/// Every rule, in the order in which the reference registers them; ours last.
pub static RULES: &[&Rule] = &[
    &annotations::RULE,
    &blocked_cidrs::RULE,
    &authorization_policies::RULE,
    &conditions::RULE,
    &deployment_services::RULE,
    &application_uid::RULE,
    &ca_certificates::RULE,
    &subset_pods::RULE,
    &deprecation::RULE,
    &envoy_patch::RULE,
    &external_control_plane::RULE,
    &gateway_port::RULE,
    &gateway_certificate::RULE,
    &gateway_secret::RULE,
    &conflicting_gateways::RULE,
    &injection::RULE,
    &injection_image::RULE,
    &image_auto::RULE,
    &gateway_api_selector::RULE,
    &crd_version::RULE,
    &mesh_networks::RULE,
    &multi_cluster_services::RULE,
    &port_name::RULE,
    &sidecar_selector::RULE,
    &conflicting_mesh_hosts::RULE,
    &destination_host::RULE,
    &destination_rule::RULE,
    &virtual_service_gateway::RULE,
    &jwt_claim_route::RULE,
    &service_entry::RULE,
    &webhook::RULE,
    &telemetry_provider::RULE,
    &telemetry_selector::RULE,
    &telemetry_default_selector::RULE,
    &telemetry_lightstep::RULE,
    &schema_validation::AUTHORIZATION_POLICY,
    &schema_validation::DESTINATION_RULE,
    &schema_validation::ENVOY_FILTER,
    &schema_validation::GATEWAY,
    &schema_validation::PEER_AUTHENTICATION,
    &schema_validation::PROXY_CONFIG,
    &schema_validation::REQUEST_AUTHENTICATION,
    &schema_validation::SERVICE_ENTRY,
    &schema_validation::SIDECAR,
    &schema_validation::TELEMETRY,
    &schema_validation::TRAFFIC_EXTENSION,
    &schema_validation::VIRTUAL_SERVICE,
    &schema_validation::WASM_PLUGIN,
    &schema_validation::WORKLOAD_ENTRY,
    &schema_validation::WORKLOAD_GROUP,
    &schema_validation::MESH_NETWORKS,
    &schema_validation::MESH_CONFIG,
    &annotations_alpha::RULE,
    &mutual_tls::RULE,
    &peer_authentications::RULE,
    &export_to::RULE,
    &destination_rules::RULE,
    &ambient::RULE,
    &gateway_api_routes::RULE,
    &target_version::RULE,
    &certificate_expiry::RULE,
    &service_entries::RULE,
    &sidecar_scope::RULE,
    &traffic_split::RULE,
    &target_ports::RULE,
    &delegates::RULE,
];

impl Rule {
    /// Finds a rule by its exact name.
    pub fn find(name: &str) -> Option<&'static Rule> {
        RULES.iter().copied().find(|rule| rule.name == name)
    }

    pub fn raises(&self, code: &Code) -> bool {
        self.codes.iter().any(|raised| raised.id == code.id)
    }
}
