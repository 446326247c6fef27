//! The state of an upgrade, derived from what the cluster shows.

use std::fmt;

use serde_json::Value;

use super::mesh::{Mesh, injected_by, pods_of};
use super::record::Upgrade;
use super::{RESTARTED, moves};
use crate::cluster::{name_of, object_namespace};
use crate::install::deploy::readiness;
use crate::install::revisions::labels::labels_of;

/// How far an upgrade is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// None is under way.
    Idle,
    /// Written down; nothing else was changed.
    Planned,
    /// The default tag exists, so that the new revision cannot take the default by being installed.
    Pinned,
    /// The new istiod is available and nobody uses it.
    Running,
    /// Some waves have moved; the next may be half way.
    Moving { done: usize, of: usize, open: bool },
    /// All waves have moved; tags still point to the old revision.
    Moved,
    /// No tag points to the old revision.
    Promoted,
    /// The old istiod is gone.
    Removed,
}

/// How far a wave is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wave {
    Untouched,
    /// Labels moved, pods not all yet.
    Open,
    Done,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            State::Idle => f.write_str("idle"),
            State::Planned => f.write_str("planned"),
            State::Pinned => f.write_str("pinned"),
            State::Running => f.write_str("running"),
            State::Moving { done, of, open: true } => write!(f, "moving wave {} of {of}", done + 1),
            State::Moving { done, of, open: false } => write!(f, "{done} of {of} waves moved"),
            State::Moved => f.write_str("moved"),
            State::Promoted => f.write_str("promoted"),
            State::Removed => f.write_str("old revision removed"),
        }
    }
}

/// The state of an upgrade in a mesh.
pub fn derive(upgrade: Option<&Upgrade>, mesh: &Mesh) -> State {
    let Some(upgrade) = upgrade else { return State::Idle };
    if mesh.istiod(&upgrade.from).is_none() {
        return State::Removed;
    }
    let points_to_old = mesh.tags().iter().any(|(_, revision)| *revision == upgrade.from);
    let promotion = upgrade.times.contains_key("promoted") || !upgrade.tags.is_empty();
    let waves: Vec<Wave> = upgrade.waves.iter().map(|wave| wave_state(upgrade, mesh, wave)).collect();
    let done = waves.iter().take_while(|wave| **wave == Wave::Done).count();
    if done == waves.len() && mesh.istiod(&upgrade.to).is_some() {
        if promotion && !points_to_old {
            return State::Promoted;
        }
        if !waves.is_empty() {
            return State::Moved;
        }
    }
    if waves.iter().any(|wave| *wave != Wave::Untouched) {
        let open = waves.get(done).is_some_and(|wave| *wave == Wave::Open);
        return State::Moving { done, of: waves.len(), open };
    }
    if mesh.istiod(&upgrade.to).is_some_and(is_available) {
        return State::Running;
    }
    if upgrade.pin.is_some() || mesh.tag_webhook("default").is_some() { State::Pinned } else { State::Planned }
}

/// How far the namespaces of a wave are. A namespace that is gone has nothing left to move.
pub fn wave_state(upgrade: &Upgrade, mesh: &Mesh, wave: &[String]) -> Wave {
    let present: Vec<&Value> = wave.iter().filter_map(|name| mesh.namespace(name)).collect();
    let moved = |namespace: &&Value| mesh.revision_for(&labels_of(namespace)) == Some(upgrade.to.as_str());
    let count = present.iter().filter(|namespace| moved(namespace)).count();
    if count == 0 && !present.is_empty() {
        return Wave::Untouched;
    }
    let waits = present.iter().any(|namespace| {
        let workloads: Vec<&Value> = mesh.workloads_in(name_of(namespace)).collect();
        !unmoved(upgrade, &workloads, &mesh.pods).is_empty()
    });
    if count == present.len() && !waits { Wave::Done } else { Wave::Open }
}

/// Workloads that are not wholly on the new revision yet.
pub fn unmoved<'w>(upgrade: &Upgrade, workloads: &[&'w Value], pods: &[Value]) -> Vec<&'w Value> {
    let waits = |workload: &&&Value| {
        let restarted = is_restarted(workload, &upgrade.id, &upgrade.to);
        let elsewhere = pods_of(workload, pods).iter().any(|pod| is_elsewhere(pod, &upgrade.to));
        is_restartable(workload) && (elsewhere || restarted && !is_available(workload))
    };
    workloads.iter().filter(waits).copied().collect()
}

/// Whether a pod was injected by another revision than this one.
pub fn is_elsewhere(pod: &Value, revision: &str) -> bool {
    injected_by(pod).is_some_and(|injector| injector != revision)
}

/// Whether a workload's pods follow when its template changes.
pub fn is_restartable(workload: &Value) -> bool {
    workload["spec"]["updateStrategy"]["type"] != "OnDelete"
}

/// Whether a workload was restarted for a revision by this upgrade.
pub fn is_restarted(workload: &Value, id: &str, revision: &str) -> bool {
    workload["metadata"]["annotations"][RESTARTED] == moves::restart_mark(id, revision).as_str()
}

/// Whether all replicas of the newest template are ready.
pub fn is_available(workload: &Value) -> bool {
    readiness::state(workload, &[]) == readiness::State::Ready
}

/// `Kind/namespace/name`.
pub fn title(workload: &Value) -> String {
    let kind = workload["kind"].as_str().unwrap_or_default();
    format!("{kind}/{}/{}", object_namespace(workload).unwrap_or_default(), name_of(workload))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::canary::mesh::tests::{deployment, pod, two_revisions};
    use crate::install::revisions::injectors::REVISION;

    fn upgrade() -> Upgrade {
        Upgrade {
            id: "1".into(),
            from: "old".into(),
            to: "new".into(),
            waves: vec![vec!["by-name".into()], vec!["by-tag".into()]],
            tags: vec!["prod".into()],
            ..Upgrade::default()
        }
    }

    #[test]
    fn every_state_is_seen_in_the_cluster_alone() {
        let upgrade = upgrade();
        let mut mesh = two_revisions();
        assert_eq!(derive(None, &mesh), State::Idle);
        assert_eq!(derive(Some(&upgrade), &mesh), State::Running);
        let mut without = mesh.clone();
        without.istiods.truncate(1);
        assert_eq!(derive(Some(&upgrade), &without), State::Planned);

        mesh.workloads.push(deployment("by-name", "web"));
        mesh.pods.push(pod("by-name", "web", "old"));
        mesh.namespaces[0]["metadata"]["labels"][REVISION] = "new".into();
        assert_eq!(derive(Some(&upgrade), &mesh), State::Moving { done: 0, of: 2, open: true });
        mesh.pods[0] = pod("by-name", "web", "new");
        assert_eq!(derive(Some(&upgrade), &mesh), State::Moving { done: 1, of: 2, open: false });
        mesh.namespaces[1]["metadata"]["labels"][REVISION] = "new".into();
        assert_eq!(derive(Some(&upgrade), &mesh), State::Moved);
        mesh.webhooks[1]["metadata"]["labels"][REVISION] = "new".into();
        assert_eq!(derive(Some(&upgrade), &mesh), State::Promoted);
        mesh.istiods.remove(0);
        assert_eq!(derive(Some(&upgrade), &mesh), State::Removed);
    }

    #[test]
    fn a_restarted_workload_without_pods_keeps_the_wave_open() {
        let mut mesh = two_revisions();
        mesh.namespaces[0]["metadata"]["labels"][REVISION] = "new".into();
        let mut web = deployment("by-name", "web");
        web["metadata"]["annotations"][RESTARTED] = "1/new".into();
        web["status"]["readyReplicas"] = 0.into();
        mesh.workloads.push(web);
        assert_eq!(wave_state(&upgrade(), &mesh, &["by-name".into()]), Wave::Open);
    }
}
