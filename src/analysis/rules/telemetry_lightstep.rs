//! Tracing by a provider that has a successor. Raises IST0002, which `deprecation.rs` explains.

use std::collections::HashSet;

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::IST0002;
use crate::analysis::kind::Kind;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "telemetry.LightstepAnalyzer",
    description: "Tracing does not use the Lightstep provider",
    inputs: &[Kind::Telemetry, Kind::MeshConfig],
    more: &[],
    codes: &[&IST0002],
    check,
    set: Set::Reference,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let providers = snapshot.mesh_config.extension_providers().filter(|provider| provider.get("lightstep").is_set());
    let names: HashSet<&str> = providers.map(|provider| provider.get("name").str()).collect();
    if names.is_empty() {
        return;
    }
    for telemetry in snapshot.all(Kind::Telemetry) {
        for provider in telemetry.spec().get("tracing").items().flat_map(|tracing| tracing.get("providers").items()) {
            if names.contains(provider.get("name").str()) {
                let at = if check.reference() { View::NONE } else { provider.get("name") };
                let detail = "the lightstep tracing provider, use opentelemetry in its place";
                check.report(&IST0002, &telemetry, at, params! { detail: detail });
            }
        }
    }
}
