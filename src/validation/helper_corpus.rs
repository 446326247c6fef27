//! The reference's single checks, row by row. Skipped when the corpus is not there.

use serde_json::Value;

use super::authorization_policy::{check_condition_values, check_path, check_trust_domains, check_wildcards};
use super::mesh::{self, Defaults};
use super::{Report, Severity, Verdict, amounts, headers, hosts, labels, locality, ports};
use crate::api::mesh::config::MESH_CONFIG;
use crate::api::mesh::networks::MESH_NETWORKS;
use crate::api::mesh::providers as types;
use crate::api::mesh::proxy::PROXY_CONFIG;
use crate::api::scalar;
use crate::api::schema::Message;
use crate::api::view::View;
use crate::yaml;

const MESSAGES: &[&Message] = &[
    &types::ZIPKIN_TRACING_PROVIDER,
    &types::LIGHTSTEP_TRACING_PROVIDER,
    &types::DATADOG_TRACING_PROVIDER,
    &types::OPEN_CENSUS_AGENT_TRACING_PROVIDER,
    &types::ENVOY_OPEN_TELEMETRY_LOG_PROVIDER,
    &types::ENVOY_HTTP_GRPC_V3_LOG_PROVIDER,
    &types::ENVOY_TCP_GRPC_V3_LOG_PROVIDER,
    &types::OPEN_TELEMETRY_TRACING_PROVIDER,
    &MESH_CONFIG,
    &MESH_NETWORKS,
    &PROXY_CONFIG,
];

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(text).collect()
}

fn duration(value: &Value) -> Option<i64> {
    value["value"].as_str().map(|text| scalar::duration(text).unwrap())
}

fn counted(verdict: Verdict) -> (usize, usize) {
    (usize::from(verdict.is_err()), 0)
}

/// Errors and warnings of checks over a message.
fn over(value: &Value, checks: impl for<'d> FnOnce(&mut Report<'d>, View<'d>)) -> (usize, usize) {
    let name = text(&value["type"]);
    let message = MESSAGES.iter().find(|message| message.name.rsplit('.').next() == Some(name)).unwrap();
    let json = value["value"].to_string();
    let document = yaml::parse_document(&json).unwrap();
    let root = document.root();
    let mut report = Report::new(root, true);
    checks(&mut report, View::new(message, Some(root), root, false));
    let problems = report.finish();
    let count = |severity| problems.iter().filter(|problem| problem.severity == severity).count();
    (count(Severity::Error), count(Severity::Warning))
}

fn run(check: &str, args: &[Value]) -> (usize, usize) {
    let first = args.first().unwrap();
    let found = |answer: bool| (usize::from(!answer), 0);
    match check {
        "validateTagKey" => counted(labels::key(text(first))),
        "CheckWildcardValues" => {
            let list = texts(&args[1]);
            found(list.iter().all(|value| !value.is_empty()) && check_wildcards(list.into_iter()).is_none())
        }
        "CheckTrustDomainValues" => {
            let list = || texts(&args[1]).into_iter();
            found(
                list().all(|value| !value.is_empty())
                    && check_wildcards(list()).is_none()
                    && check_trust_domains(list()).is_none(),
            )
        }
        "ValidateAttribute" => counted(check_condition_values(text(first), &texts(&args[1]))),
        "CheckValidPathTemplate" => found(texts(&args[1]).into_iter().all(|path| check_path(path).is_ok())),
        "IsValidLiteral" => found(super::authorization_policy::is_literal(text(first))),
        "ContainsPathTemplate" => found(super::authorization_policy::has_template(text(first))),
        "validateExtensionProviderService" => {
            let provider = serde_json::json!({"type": "ZipkinTracingProvider", "value": {"service": first, "port": 1}});
            over(&provider, mesh::providers)
        }
        name if name.to_ascii_lowercase().starts_with("validateextensionprovider") => over(first, mesh::providers),
        "ValidateFQDN" => counted(hosts::fqdn(text(first))),
        "ValidatePort" => counted(ports::port(first.as_i64().unwrap())),
        "ValidateControlPlaneAuthPolicy" => {
            let number = i32::try_from(first.as_i64().unwrap()).unwrap();
            let name = crate::api::mesh::proxy::AUTHENTICATION_POLICY.name_of(number).unwrap_or_default();
            counted(mesh::control_plane_auth_policy(name))
        }
        "ValidateProxyAddress" => counted(mesh::address(text(first))),
        "ValidateDuration" => counted(match duration(first) {
            Some(nanos) => amounts::duration(nanos),
            None => return (1, 0),
        }),
        "ValidateDrainDuration" => counted(mesh::drain_duration(duration(first))),
        "ValidateMeshConfigProxyConfig" => over(first, |report, view| mesh::proxy_config(report, view, Defaults::None)),
        "ValidateWildcardDomain" => counted(hosts::wildcard_domain(text(first))),
        "ValidateWildcardDomainForVirtualServiceBoundToGateway" => {
            counted(hosts::gateway_domain(first.as_bool().unwrap(), text(&args[1])))
        }
        "ValidateTrustDomain" => counted(mesh::trust_domain(text(first))),
        "ValidateConnectTimeout" => counted(mesh::connect_timeout(duration(first))),
        "ValidateProtocolDetectionTimeout" => counted(mesh::detection_timeout(duration(first).unwrap())),
        "ValidateMeshConfig" => over(first, |report, view| mesh::mesh_config(report, view, Defaults::None)),
        "validateLocalities" => counted(locality::localities(&texts(first))),
        "ValidateIPAddress" => counted(hosts::ip(text(first))),
        "ValidateIPSubnet" => counted(hosts::subnet(text(first))),
        "validateServiceSettings" => over(first, mesh::service_settings),
        "ValidateMeshNetworks" => over(first, mesh::mesh_networks),
        "IsDNS1123Label" => found(hosts::is_label(text(first))),
        "ValidateStrictHTTPHeaderName" => counted(headers::strict_name(text(first))),
        "ValidateHTTPHeaderNameOrJwtClaimRoute" => counted(headers::match_name(text(first))),
        "validateHTTPStatus" => counted(amounts::http_status(first.as_i64().unwrap())),
        "ValidatePortName" => counted(ports::name(text(first))),
        "ValidateHTTPHeaderValue" => counted(headers::value(text(first))),
        other => panic!("no check for {other}"),
    }
}

#[test]
fn helpers_judge_as_the_reference() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = std::env::var_os("BOWLINE_SHARED").map_or_else(|| root.join("../shared"), std::path::PathBuf::from);
    let places = [shared, root.join("../../shared")];
    let Some(corpus) =
        places.iter().find_map(|place| std::fs::read_to_string(place.join("goldens/validation/helpers.yaml")).ok())
    else {
        println!("skipped: the corpus of helper checks is not here (set BOWLINE_SHARED to its folder)");
        return;
    };
    let rows = yaml::from_str(&corpus).unwrap();
    let mut wrong = Vec::new();
    let rows = rows.as_array().unwrap();
    for row in rows {
        let (errors, warnings) = run(text(&row["check"]), row["args"].as_array().unwrap());
        let expected = match row.get("result") {
            Some(answer) => (usize::from(!answer.as_bool().unwrap()), 0),
            None => {
                let count = |key: &str| usize::try_from(row[key].as_u64().unwrap_or(0)).unwrap();
                (count("errors"), count("warnings"))
            }
        };
        if (errors, warnings) != expected {
            wrong.push(format!("{row}: got {errors} errors, {warnings} warnings"));
        }
    }
    println!("helpers: {} of {} right", rows.len() - wrong.len(), rows.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
