//! Applications that run as the sidecar's user.
//!
//! # IST0144 InvalidApplicationUID
//! ## What it does
//! Reports pods whose application runs as user 1337.
//! ## Why is this bad?
//! Traffic of user 1337 is the sidecar's own and is never redirected into it. The application would bypass the mesh, its policies and mTLS.
//! ## Example
//! ```yaml
//! spec:
//!   template:
//!     spec:
//!       securityContext:
//!         runAsUser: 1337
//! ```
//! ## Use instead
//! Any other user:
//! ```yaml
//!       securityContext:
//!         runAsUser: 1000
//! ```

use super::{Rule, Set};
use crate::analysis::check::Check;
use crate::analysis::codes::IST0144;
use crate::analysis::injected::{in_mesh, is_control_plane};
use crate::analysis::kind::Kind;
use crate::analysis::view::View;
use crate::analysis::workloads::Workloads;

pub static RULE: Rule = Rule {
    name: "applicationUID.Analyzer",
    description: "Applications do not run as the sidecar's user",
    inputs: &[Kind::Pod, Kind::Deployment],
    more: &[
        Kind::Namespace,
        Kind::StatefulSet,
        Kind::DaemonSet,
        Kind::ReplicaSet,
        Kind::Job,
        Kind::CronJob,
        Kind::Rollout,
    ],
    codes: &[&IST0144],
    check,
    set: Set::Reference,
};

const SIDECAR_USER: i64 = 1337;
/// Containers that may run so; the reference knows the first two.
const OF_ISTIO: &[&str] = &["istio-proxy", "istio-operator", "istio-init", "istio-validation"];

fn check(check: &mut Check<'_, '_>) {
    let snapshot = check.snapshot;
    let reference = check.reference();
    let of_istio = if reference { &OF_ISTIO[..2] } else { OF_ISTIO };
    let kinds = RULE.inputs.iter().chain(if reference { &[] } else { RULE.more });
    for kind in kinds {
        for workload in Workloads::of(snapshot, *kind) {
            let Some(resource) = snapshot.resource(workload.resource) else { continue };
            let labels = if reference { resource.labels() } else { workload.metadata.key("labels") };
            if is_control_plane(labels) || (!reference && !in_mesh(snapshot, &workload)) {
                continue;
            }
            let user = |context: View<'_>| context.key("runAsUser").int() == Some(SIDECAR_USER);
            let of_pod = workload.spec.key("securityContext");
            if user(of_pod) {
                check.report(&IST0144, &resource, place(reference, of_pod), Vec::new());
            }
            let init = workload.init_containers().filter(|_| !reference);
            for container in workload.containers().chain(init) {
                let context = container.key("securityContext");
                if user(context) && !of_istio.contains(&container.key("name").str()) {
                    check.report(&IST0144, &resource, place(reference, context), Vec::new());
                }
            }
        }
    }
}

/// The field, where it does not make two findings of one text.
fn place(reference: bool, context: View<'_>) -> View<'_> {
    if reference { View::NONE } else { context.key("runAsUser") }
}
