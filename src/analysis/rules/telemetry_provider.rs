//! Access logs that go nowhere.
//!
//! # IST0157 InvalidTelemetryProvider
//! ## What it does
//! Reports access logging without a provider, where the mesh has no default provider.
//! ## Why is this bad?
//! Nothing is logged, although the configuration says so.
//! ## Example
//! ```yaml
//! kind: Telemetry
//! spec:
//!   accessLogging:
//!   - filter: {expression: "response.code >= 400"}
//! ```
//! ## Use instead
//! ```yaml
//!   accessLogging:
//!   - providers: [{name: envoy}]
//!     filter: {expression: "response.code >= 400"}
//! ```

use super::{Rule, Set};
use crate::analysis::check::{Check, params};
use crate::analysis::codes::IST0157;
use crate::analysis::kind::Kind;
use crate::analysis::view::View;

pub static RULE: Rule = Rule {
    name: "telemetry.ProviderAnalyzer",
    description: "Access logs have a provider",
    inputs: &[Kind::Telemetry, Kind::MeshConfig],
    more: &[],
    codes: &[&IST0157],
    check,
    set: Set::Reference,
};

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    if snapshot.mesh_config.default_access_logging() {
        return;
    }
    for telemetry in snapshot.all(Kind::Telemetry) {
        for logging in telemetry.spec().get("accessLogging").items() {
            if !logging.get("disabled").bool() && logging.get("providers").is_empty() {
                let at = if check.reference() { View::NONE } else { logging };
                check.report(
                    &IST0157,
                    &telemetry,
                    at,
                    params! { name: telemetry.name, namespace: telemetry.namespace },
                );
            }
        }
    }
}
