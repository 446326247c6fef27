//! Moving the namespaces of a wave, and moving them back.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::{Driver, Error, Event, Patience, now};
use crate::install::canary::gates::{self, affected};
use crate::install::canary::matrix::{labels_by_namespace, matrix};
use crate::install::canary::mesh::{Mesh, injected_by, pods_of, users};
use crate::install::canary::record::Upgrade;
use crate::install::canary::state::{
    Wave, is_available, is_elsewhere, is_restartable, is_restarted, title, wave_state,
};
use crate::install::canary::{UPGRADE, moves};
use crate::install::deploy::progress::Pending;
use crate::install::revisions::labels::{Labels, labels_of};
use crate::xds::debug;

/// Workloads that restart at the same time.
const AT_ONCE: usize = 10;
/// How long an istiod may take to tell which proxies it serves.
const ANSWER: Duration = Duration::from_secs(5);

/// Workloads and pods of some namespaces.
struct Users {
    workloads: Vec<Value>,
    pods: Vec<Value>,
}

impl Driver<'_> {
    /// Moves a wave: gates, labels, restarts, and the watch until all is well and stays so.
    pub async fn wave(&self, upgrade: &mut Upgrade, at: usize) -> Result<(), Error> {
        let step = format!("wave {}", at + 1);
        let names = upgrade.waves.get(at).cloned().unwrap_or_default();
        let what = format!("Wave {} of {}: {}", at + 1, upgrade.waves.len(), names.join(", "));
        (self.tell)(Event::Step { what });
        let mesh = self.look().await?;
        self.before_wave(upgrade, &mesh, &names, &step)?;
        for name in &names {
            let Some(namespace) = mesh.namespace(name) else { continue };
            let moved = mesh.revision_for(&labels_of(namespace)) == Some(upgrade.to.as_str());
            let marked = moves::upgrade_of(namespace) == Some(upgrade.id.as_str());
            if moved && marked {
                continue;
            }
            let before = upgrade.before.get(name).cloned().unwrap_or_else(|| moves::labels_before(namespace));
            self.patch(namespace, &moves::forward(&upgrade.id, &before, &upgrade.to)).await?;
            (self.tell)(Event::Relabelled { namespace: name.clone(), revision: upgrade.to.clone() });
        }
        self.restart_and_watch(upgrade, &names, &step).await?;
        self.mark(upgrade, &step).await?;
        self.soak(upgrade, &names, &step).await
    }

    /// The gates before anything of a wave is written. Workloads that are on their way already are not asked again.
    fn before_wave(&self, upgrade: &Upgrade, mesh: &Mesh, names: &[String], step: &str) -> Result<(), Error> {
        let mut verdicts = vec![gates::control_plane(mesh, &upgrade.to)];
        let mut before: BTreeMap<String, Labels> = labels_by_namespace(&mesh.namespaces);
        before.retain(|name, _| names.contains(name));
        let mut after = before.clone();
        for name in names {
            let Some(namespace) = mesh.namespace(name) else { continue };
            let own: Vec<&Value> = mesh.workloads_in(name).collect();
            let mut concerned = affected(upgrade, &own, &mesh.pods);
            concerned.retain(|workload| !is_restarted(workload, &upgrade.id, &upgrade.to));
            verdicts.extend(gates::workloads(upgrade, &concerned));
            let labels = moves::labels_before(namespace);
            after.insert(name.clone(), moves::patched(namespace, &moves::forward(&upgrade.id, &labels, &upgrade.to)));
        }
        let shapes = mesh.pod_shapes();
        verdicts.extend(gates::injection(
            &matrix(&mesh.webhooks, &before, &shapes),
            &matrix(&mesh.webhooks, &after, &shapes),
        ));
        self.judge(step, verdicts)
    }

    async fn restart_and_watch(&self, upgrade: &Upgrade, names: &[String], step: &str) -> Result<(), Error> {
        let mut patience = Patience::new(self.wave_timeout);
        let mut told = Vec::new();
        loop {
            self.lease.renew(self.cluster).await?;
            let users = self.users(names).await?;
            let mut pending = Vec::new();
            let mut under_way = 0;
            let mut to_restart = Vec::new();
            for workload in users.affected(upgrade) {
                let pods = pods_of(workload, &users.pods);
                if is_restarted(workload, &upgrade.id, &upgrade.to) {
                    if let Some(reason) = gates::moved(upgrade, workload, &pods) {
                        under_way += 1;
                        pending.push(Pending { object: title(workload), reason });
                    }
                } else if pods.iter().any(|pod| is_elsewhere(pod, &upgrade.to)) {
                    to_restart.push(workload);
                }
            }
            if pending.is_empty() && to_restart.is_empty() {
                return self.sync(upgrade, &users, step, &mut patience).await;
            }
            for workload in to_restart.iter().take(AT_ONCE.saturating_sub(under_way)) {
                self.patch(workload, &moves::restart(&upgrade.id, &upgrade.to, &now())).await?;
                (self.tell)(Event::Restarted { workload: title(workload) });
            }
            if told != pending {
                told.clone_from(&pending);
                (self.tell)(Event::Waiting { objects: pending.clone() });
            }
            if !patience.pause().await {
                let mut reasons: Vec<String> = pending.into_iter().map(|pending| pending.reason).collect();
                reasons
                    .extend(to_restart.iter().map(|workload| format!("{} was not restarted in time", title(workload))));
                return Err(Error::Gates { step: step.to_owned(), reasons });
            }
        }
    }

    /// Whether the proxies of the wave have reached the new istiod, as far as it tells.
    async fn sync(&self, upgrade: &Upgrade, users: &Users, step: &str, patience: &mut Patience) -> Result<(), Error> {
        let pods: Vec<&Value> = users.pods.iter().filter(|pod| injected_by(pod).is_some()).collect();
        if pods.is_empty() {
            return Ok(());
        }
        loop {
            let istiods = debug::istiod_pods(self.cluster, self.istio_namespace, &upgrade.to).await?;
            let proxies = debug::connected_proxies(self.cluster, &istiods, ANSWER).await;
            let verdict = gates::connected(upgrade, &pods, &proxies);
            if verdict.passed || !patience.pause().await {
                return self.judge(step, vec![verdict]);
            }
            self.lease.renew(self.cluster).await?;
        }
    }

    /// Watches a wave that has moved for as long as the plan says.
    async fn soak(&self, upgrade: &Upgrade, names: &[String], step: &str) -> Result<(), Error> {
        let since: Option<jiff::Timestamp> = upgrade.times.get(step).and_then(|time| time.parse().ok());
        let Some(since) = since.filter(|_| upgrade.soak_seconds > 0) else { return Ok(()) };
        let limit = Duration::from_secs(upgrade.soak_seconds);
        (self.tell)(Event::Step { what: format!("Watching {step} for {}s", upgrade.soak_seconds) });
        while Duration::try_from(jiff::Timestamp::now().duration_since(since)).unwrap_or_default() < limit {
            self.lease.renew(self.cluster).await?;
            let users = self.users(names).await?;
            let reasons: Vec<String> = users
                .affected(upgrade)
                .into_iter()
                .filter_map(|workload| gates::moved(upgrade, workload, &pods_of(workload, &users.pods)))
                .collect();
            if !reasons.is_empty() {
                return Err(Error::Gates { step: format!("{step}, after its move"), reasons });
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        Ok(())
    }

    /// Gives a wave its labels back and restarts what runs on the new revision. Gives whether there was anything to do.
    pub async fn back(&self, upgrade: &mut Upgrade, at: usize) -> Result<bool, Error> {
        let step = format!("wave {} back", at + 1);
        let names = upgrade.waves.get(at).cloned().unwrap_or_default();
        let mesh = self.look().await?;
        if mesh.istiod(&upgrade.from).is_none() {
            return Err(Error::NoWayBack(upgrade.from.clone()));
        }
        let mut touched = wave_state(upgrade, &mesh, &names) != Wave::Untouched;
        for name in &names {
            let Some(namespace) = mesh.namespace(name) else { continue };
            if moves::upgrade_of(namespace) != Some(upgrade.id.as_str()) {
                continue;
            }
            let Some(before) = upgrade.before(namespace) else { continue };
            self.patch(namespace, &moves::back(&before)).await?;
            touched = true;
            (self.tell)(Event::Relabelled { namespace: name.clone(), revision: upgrade.from.clone() });
        }
        self.restart_back(upgrade, &names, &step).await?;
        if upgrade.times.remove(&format!("wave {}", at + 1)).is_some() {
            self.save(upgrade).await?;
        }
        Ok(touched)
    }

    async fn restart_back(&self, upgrade: &Upgrade, names: &[String], step: &str) -> Result<(), Error> {
        let mut patience = Patience::new(self.wave_timeout);
        let mut told = Vec::new();
        loop {
            self.lease.renew(self.cluster).await?;
            let users = self.users(names).await?;
            let mut pending = Vec::new();
            for workload in users.affected(upgrade) {
                let pods = pods_of(workload, &users.pods);
                if gates::is_back(upgrade, workload, &pods) {
                    continue;
                }
                let on_new = pods.iter().any(|pod| injected_by(pod).as_ref() == Some(&upgrade.to));
                let stuck = is_restarted(workload, &upgrade.id, &upgrade.to) && !is_available(workload);
                let started = is_restarted(workload, &upgrade.id, &upgrade.from);
                if !started && (on_new || stuck) {
                    self.patch(workload, &moves::restart(&upgrade.id, &upgrade.from, &now())).await?;
                    (self.tell)(Event::Restarted { workload: title(workload) });
                } else if !started {
                    continue; // it was like this before the move
                }
                let reason = format!("{} is not back on {} yet", title(workload), upgrade.from);
                pending.push(Pending { object: title(workload), reason });
            }
            if pending.is_empty() {
                return Ok(());
            }
            if told != pending {
                told.clone_from(&pending);
                (self.tell)(Event::Waiting { objects: pending.clone() });
            }
            if !patience.pause().await {
                let reasons = pending.into_iter().map(|pending| pending.reason).collect();
                return Err(Error::Gates { step: step.to_owned(), reasons });
            }
        }
    }

    /// Takes the marks off namespaces whose upgrade is over; their labels stay.
    pub(super) async fn unmark(&self, namespace: &Value) -> Result<(), Error> {
        let marks = serde_json::json!({"metadata": {"annotations": {UPGRADE: null, super::super::BEFORE: null}}});
        self.patch(namespace, &marks).await?;
        Ok(())
    }

    async fn users(&self, names: &[String]) -> Result<Users, Error> {
        let mut found = Users { workloads: Vec::new(), pods: Vec::new() };
        for name in names {
            let (workloads, pods) = users(self.cluster, Some(name)).await?;
            found.workloads.extend(workloads);
            found.pods.extend(pods);
        }
        Ok(found)
    }
}

impl Users {
    /// Workloads that have to move with their namespace.
    fn affected(&self, upgrade: &Upgrade) -> Vec<&Value> {
        let all: Vec<&Value> = self.workloads.iter().filter(|workload| is_restartable(workload)).collect();
        affected(upgrade, &all, &self.pods)
    }
}
