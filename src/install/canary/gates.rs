//! The questions that must be answered before a step is taken: functions from what was read to a verdict.

use serde::Serialize;
use serde_json::Value;

use super::matrix::{self, Matrix};
use super::mesh::{Mesh, injected_by, is_ready, restarts, revision_of, version_of};
use super::record::Upgrade;
use super::state::{is_available, is_elsewhere, is_restartable, title};
use crate::cluster::{name_of, object_namespace};
use crate::install::deploy::readiness;
use crate::install::revisions::injectors::{REVISION, TAG};
use crate::install::revisions::labels::label;

/// Minor versions that a canary may jump at once; limits are facts of the project's support policy.
const SKEW: (i64, i64) = (0, 2);

/// What a gate says about one subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    pub gate: &'static str,
    pub passed: bool,
    /// Not asked, and why; it does not stop a step.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
    pub text: String,
}

impl Verdict {
    /// A gate that is open.
    pub fn pass(gate: &'static str, text: impl Into<String>) -> Self {
        Verdict { gate, passed: true, unknown: false, text: text.into() }
    }

    /// A gate that is closed.
    pub fn fail(gate: &'static str, text: impl Into<String>) -> Self {
        Verdict { gate, passed: false, unknown: false, text: text.into() }
    }

    /// A gate that was not asked.
    pub fn unknown(gate: &'static str, text: impl Into<String>) -> Self {
        Verdict { gate, passed: true, unknown: true, text: text.into() }
    }
}

/// Whether istiod of a revision is wholly there and has been steady.
pub fn control_plane(mesh: &Mesh, revision: &str) -> Verdict {
    const GATE: &str = "control plane";
    let Some(istiod) = mesh.istiod(revision) else {
        return Verdict::fail(GATE, format!("revision {revision} has no istiod"));
    };
    if let readiness::State::Waiting(reason) = readiness::state(istiod, &[]) {
        return Verdict::fail(GATE, format!("{}: {reason}", title(istiod)));
    }
    let again: i64 = mesh.istiod_pods(revision).iter().map(|pod| restarts(pod)).sum();
    if again > 0 {
        return Verdict::fail(GATE, format!("{}: its containers were restarted {again} times", title(istiod)));
    }
    Verdict::pass(GATE, format!("{} is available", title(istiod)))
}

/// Whether the step between two versions is one that the project supports.
pub fn skew(from: &str, to: &str) -> Verdict {
    const GATE: &str = "version skew";
    let (Some(old), Some(new)) = (minor(from), minor(to)) else {
        return Verdict::unknown(GATE, format!("cannot compare versions {from:?} and {to:?}"));
    };
    let step = new.1 - old.1;
    if old.0 == new.0 && (SKEW.0..=SKEW.1).contains(&step) {
        return Verdict::pass(GATE, format!("{from} to {to}"));
    }
    let why = if step < 0 { "is a downgrade" } else { "skips more than one minor version" };
    Verdict::fail(GATE, format!("{from} to {to} {why}"))
}

fn minor(version: &str) -> Option<(i64, i64)> {
    let mut parts = version.split(['.', '-']);
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

/// Versions of two revisions; the new one's as planned while it is not there.
pub fn skew_of(mesh: &Mesh, from: &str, to: &str, planned: &str) -> Verdict {
    let version = |revision: &str| mesh.istiod(revision).map(version_of);
    skew(version(from).unwrap_or_default(), version(to).unwrap_or(planned))
}

/// Whether the workloads of a wave are well, and stay within reach while they restart.
pub fn workloads(upgrade: &Upgrade, affected: &[&Value]) -> Vec<Verdict> {
    const GATE: &str = "workload";
    let mut verdicts = Vec::new();
    for workload in affected.iter().filter(|workload| is_restartable(workload)) {
        let namespace = object_namespace(workload).unwrap_or_default();
        if let readiness::State::Waiting(reason) = readiness::state(workload, &[]) {
            verdicts.push(Verdict::fail(GATE, format!("{} is not ready before its move: {reason}", title(workload))));
        } else if let Some(why) = downtime(workload).filter(|_| !upgrade.allows_downtime(namespace, name_of(workload)))
        {
            let name = format!("{namespace}/{}", name_of(workload));
            verdicts.push(Verdict::fail(
                GATE,
                format!("{}: {why}; accept that with --allow-downtime {name}", title(workload)),
            ));
        }
    }
    if verdicts.is_empty() {
        verdicts.push(Verdict::pass(GATE, format!("{} workloads ready", affected.len())));
    }
    verdicts
}

/// Why a restart leaves a workload without a ready pod; none if it does not.
fn downtime(workload: &Value) -> Option<String> {
    let replicas = workload["spec"]["replicas"].as_i64().unwrap_or(1);
    match workload["kind"].as_str() {
        Some("Deployment") if replicas > 0 => {
            let strategy = &workload["spec"]["strategy"];
            if strategy["type"] == "Recreate" {
                return Some("strategy Recreate stops every pod before a new one starts".to_owned());
            }
            let away = share(&strategy["rollingUpdate"]["maxUnavailable"], replicas);
            (away >= replicas).then(|| format!("a restart may stop all {replicas} pods at once (maxUnavailable)"))
        }
        Some("StatefulSet") if replicas == 1 => Some("its only pod stops before the new one starts".to_owned()),
        _ => None,
    }
}

/// `maxUnavailable` in pods: a number, or a share rounded down; a quarter by default.
fn share(value: &Value, replicas: i64) -> i64 {
    let percent = |text: &str| text.trim_end_matches('%').parse::<i64>().ok();
    match value {
        Value::Number(number) => number.as_i64().unwrap_or(0),
        Value::String(text) => percent(text).unwrap_or(0) * replicas / 100,
        _ => replicas / 4,
    }
}

/// Whether a step leaves every kind of pod with as many injectors as before.
pub fn injection(before: &Matrix, after: &Matrix) -> Vec<Verdict> {
    const GATE: &str = "injection";
    let broken = matrix::broken(before, after);
    match broken.is_empty() {
        true => vec![Verdict::pass(GATE, format!("each kind of pod keeps its injector ({} looked at)", after.len()))],
        false => broken.into_iter().map(|line| Verdict::fail(GATE, line)).collect(),
    }
}

/// Whether the pods of a workload that moved are well. Nothing to say while it is on its way: that is waited for.
pub fn moved(upgrade: &Upgrade, workload: &Value, pods: &[&Value]) -> Option<String> {
    let title = title(workload);
    if let Some(pod) = pods.iter().find(|pod| is_elsewhere(pod, &upgrade.to)) {
        return Some(format!("{title}: pod {} is not on {} yet", name_of(pod), upgrade.to));
    }
    if let Some(pod) = pods.iter().find(|pod| injected_by(pod).is_some() && restarts(pod) > 0) {
        return Some(format!("{title}: containers of pod {} were restarted {} times", name_of(pod), restarts(pod)));
    }
    if let Some(pod) = pods.iter().find(|pod| !is_ready(pod)) {
        return Some(format!("{title}: pod {} is not ready", name_of(pod)));
    }
    match readiness::state(workload, &[]) {
        readiness::State::Waiting(reason) => Some(format!("{title}: {reason}")),
        readiness::State::Ready => None,
    }
}

/// Whether the proxies of the moved pods are connected to the new istiod, as far as it says so.
pub fn connected(upgrade: &Upgrade, pods: &[&Value], proxies: &Result<Vec<String>, String>) -> Verdict {
    const GATE: &str = "proxy sync";
    let proxies = match proxies {
        Ok(proxies) => proxies,
        Err(reason) => return Verdict::unknown(GATE, format!("istiod of {} does not tell: {reason}", upgrade.to)),
    };
    let id = |pod: &&&Value| format!("{}.{}", name_of(pod), object_namespace(pod).unwrap_or_default());
    let missing: Vec<String> = pods.iter().filter(|pod| !proxies.contains(&id(pod))).map(|pod| id(&pod)).collect();
    match missing.as_slice() {
        [] => Verdict::pass(GATE, format!("{} proxies are connected to {}", pods.len(), upgrade.to)),
        missing => Verdict::fail(GATE, format!("not connected to {}: {}", upgrade.to, missing.join(", "))),
    }
}

/// Everything that still names or uses a revision.
pub fn references(mesh: &Mesh, revision: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (tag, points_to) in mesh.tags() {
        if points_to == revision {
            found.push(format!("tag {tag}"));
        }
    }
    for name in mesh.members(revision) {
        found.push(format!("namespace {name}"));
    }
    for namespace in &mesh.namespaces {
        let named = label(namespace, REVISION) == Some(revision);
        if named && mesh.tag_webhook(revision).is_none() && !mesh.members(revision).contains(&name_of(namespace)) {
            found.push(format!("namespace {}", name_of(namespace)));
        }
    }
    for pod in mesh.pods.iter().filter(|pod| injected_by(pod).as_deref() == Some(revision)) {
        found.push(format!("pod {}/{}", object_namespace(pod).unwrap_or_default(), name_of(pod)));
    }
    for workload in &mesh.workloads {
        let template = &workload["spec"]["template"];
        let is_gateway = label(template, "app") != Some("istiod") && label(template, REVISION) == Some(revision);
        if is_gateway {
            found.push(format!("{} (label of its pod template)", title(workload)));
        }
    }
    found
}

/// Webhooks of a tag or revision without a certificate: the API server could not call them.
pub fn certificates(mesh: &Mesh, revision: &str) -> Verdict {
    const GATE: &str = "certificate";
    let of_revision = mesh.webhooks.iter().filter(|webhook| revision_of(webhook) == revision);
    let bare: Vec<&str> = of_revision
        .filter(|webhook| {
            let mut entries = webhook["webhooks"].as_array().into_iter().flatten();
            entries.any(|entry| entry["clientConfig"]["caBundle"].as_str().unwrap_or_default().is_empty())
        })
        .map(|webhook| label(webhook, TAG).unwrap_or_else(|| name_of(webhook)))
        .collect();
    match bare.as_slice() {
        [] => Verdict::pass(GATE, format!("the webhooks of {revision} carry a certificate")),
        names => Verdict::unknown(
            GATE,
            format!("no certificate in webhooks of {revision} yet ({}); istiod fills it in", names.join(", ")),
        ),
    }
}

/// Workloads of these that have injected pods, or that this upgrade has restarted.
pub fn affected<'m>(upgrade: &Upgrade, workloads: &[&'m Value], pods: &[Value]) -> Vec<&'m Value> {
    let ours = |workload: &&&Value| {
        let mark = workload["metadata"]["annotations"][super::RESTARTED].as_str().unwrap_or_default();
        let restarted = mark.split_once('/').is_some_and(|(id, _)| id == upgrade.id);
        restarted || super::mesh::pods_of(workload, pods).iter().any(|pod| injected_by(pod).is_some())
    };
    workloads.iter().filter(ours).copied().collect()
}

/// Whether a workload is settled on a revision after the way back: ready, and no pod of the other one left.
pub fn is_back(upgrade: &Upgrade, workload: &Value, pods: &[&Value]) -> bool {
    is_available(workload) && !pods.iter().any(|pod| injected_by(pod).as_deref() == Some(upgrade.to.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::canary::mesh::tests::{deployment, pod, two_revisions};
    use serde_json::json;

    fn upgrade() -> Upgrade {
        Upgrade { id: "1".into(), from: "old".into(), to: "new".into(), ..Upgrade::default() }
    }

    #[test]
    fn versions_may_not_go_back_nor_jump_too_far() {
        assert!(skew("1.29.4", "1.30.3").passed && skew("1.28.0", "1.30.3").passed && skew("1.30.3", "1.30.3").passed);
        assert!(!skew("1.27.9", "1.30.3").passed);
        assert!(!skew("1.31.0", "1.30.3").passed);
        assert!(skew("latest", "1.30.3").unknown);
    }

    #[test]
    fn a_restart_that_stops_everything_needs_a_word() {
        let mut recreate = deployment("shop", "web");
        recreate["spec"]["strategy"] = json!({"type": "Recreate"});
        let verdicts = workloads(&upgrade(), &[&recreate]);
        assert!(!verdicts[0].passed, "{verdicts:?}");
        let allowed = Upgrade { allow_downtime: vec!["shop/web".into()], ..upgrade() };
        assert!(workloads(&allowed, &[&recreate])[0].passed);
        assert_eq!(downtime(&deployment("shop", "web")), None, "a single replica gets a second one first");
        assert_eq!((share(&json!("50%"), 3), share(&json!(2), 3), share(&Value::Null, 8)), (1, 2, 2));
    }

    #[test]
    fn a_control_plane_must_be_steady() {
        let mut mesh = two_revisions();
        assert!(control_plane(&mesh, "new").passed);
        assert!(!control_plane(&mesh, "other").passed);
        mesh.pods.push(json!({
            "metadata": {
                "name": "istiod-new-1", "namespace": "istio-system", "ownerReferences": [{"kind": "ReplicaSet"}],
                "labels": {"app": "istiod", REVISION: "new"},
            },
            "status": {"containerStatuses": [{"restartCount": 2}]},
        }));
        assert!(!control_plane(&mesh, "new").passed);
    }

    #[test]
    fn what_still_uses_a_revision_is_listed() {
        let mut mesh = two_revisions();
        mesh.pods.push(pod("by-tag", "web", "old"));
        assert_eq!(references(&mesh, "old"), ["tag prod", "namespace by-name", "namespace by-tag", "pod by-tag/web-1"]);
        assert_eq!(references(&mesh, "new"), Vec::<String>::new());
    }

    #[test]
    fn a_moved_workload_must_be_well() {
        let web = deployment("shop", "web");
        let (old, new) = (pod("shop", "web", "old"), pod("shop", "web", "new"));
        assert_eq!(
            moved(&upgrade(), &web, &[&old]).as_deref(),
            Some("Deployment/shop/web: pod web-1 is not on new yet")
        );
        assert_eq!(moved(&upgrade(), &web, &[&new]), None);
        assert!(connected(&upgrade(), &[&new], &Err("no answer".into())).unknown);
        assert!(!connected(&upgrade(), &[&new], &Ok(vec![])).passed);
        assert!(connected(&upgrade(), &[&new], &Ok(vec!["web-1.shop".into()])).passed);
    }
}
