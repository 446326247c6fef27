//! The end of an upgrade: tags move to the new revision, the old one goes; and the whole way back.

use serde_json::Value;

use super::pin::owner_labels;
use super::{Driver, Error, Event, Patience};
use crate::cluster::Propagation;
use crate::install::canary::gates::{self, Verdict};
use crate::install::canary::mesh::Mesh;
use crate::install::canary::moves;
use crate::install::canary::record::{self, Upgrade};
use crate::install::canary::state::{State, derive, title};
use crate::install::deploy::owned::{self, COMPONENT, NOT_PRUNED, OWNER_NAMESPACE, Owned};
use crate::install::deploy::progress::{self, Progress};
use crate::install::deploy::scene::other_owner;
use crate::install::deploy::{prune, record as install_record};
use crate::install::revisions::injectors::{REVISION, deactivate, is_deactivated};
use crate::install::revisions::labels::Labels;
use crate::install::revisions::live::kind;

impl Driver<'_> {
    /// Moves every tag to the new revision, the default last, then gives namespaces their own labels again.
    pub async fn promote(&self, upgrade: &mut Upgrade) -> Result<(), Error> {
        let mesh = self.look().await?;
        match derive(Some(upgrade), &mesh) {
            State::Moved | State::Promoted => {}
            State::Running if upgrade.waves.is_empty() => {}
            other => {
                return Err(Error::NotYet(format!(
                    "the upgrade to {} is at \"{other}\"; all waves must have moved first",
                    upgrade.to
                )));
            }
        }
        (self.tell)(Event::Step { what: format!("Promoting {}", upgrade.to) });
        self.judge("promote", vec![gates::control_plane(&mesh, &upgrade.to), gates::certificates(&mesh, &upgrade.to)])?;
        let tags: Vec<String> =
            mesh.tags().iter().filter(|(_, to)| *to == upgrade.from).map(|(tag, _)| (*tag).to_owned()).collect();
        for tag in &tags {
            self.point(tag, &upgrade.to).await?;
        }
        let mesh = self.look().await?;
        for name in upgrade.waves.iter().flatten() {
            let Some(namespace) = mesh.namespace(name) else { continue };
            if moves::upgrade_of(namespace) != Some(upgrade.id.as_str()) {
                continue;
            }
            let before = upgrade.before(namespace);
            let home = before.as_deref().filter(|before| resolves_to(&mesh, namespace, before, &upgrade.to));
            match home {
                Some(before) => {
                    self.patch(namespace, &moves::back(before)).await?;
                }
                // Its label named the old revision itself: it keeps the new name.
                None => self.unmark(namespace).await?,
            }
        }
        self.mark(upgrade, "promoted").await
    }

    /// Points a tag to a revision, if everybody keeps an injector.
    async fn point(&self, tag: &str, revision: &str) -> Result<(), Error> {
        self.lease.renew(self.cluster).await?;
        let mesh = self.look().await?;
        let labels = mesh.tag_webhook(tag).map(owner_labels).unwrap_or_default();
        let objects = self.tag_objects(&mesh, tag, revision, &labels).await?;
        let mut resting = mesh.own_webhook("default").filter(|webhook| !is_deactivated(webhook)).cloned();
        if let Some(plain) = &mut resting {
            deactivate(plain);
        }
        let resting = resting.filter(|_| tag == "default");
        self.judge(&format!("tag {tag}"), self.injection_after(&mesh, &objects, resting.as_ref()))?;
        self.apply_tag(&mesh, tag, &objects).await?;
        if tag == "default" {
            self.rest_plain(&mesh).await?;
        }
        (self.tell)(Event::Tagged { tag: tag.to_owned(), revision: revision.to_owned() });
        Ok(())
    }

    /// Everything back on the old revision: tags first, then waves, the newest first. The new istiod stays.
    pub async fn rollback(&self, upgrade: &mut Upgrade) -> Result<(), Error> {
        let mesh = self.look().await?;
        if mesh.istiod(&upgrade.from).is_none() {
            return Err(Error::NoWayBack(upgrade.from.clone()));
        }
        (self.tell)(Event::Step { what: format!("Going back to {}", upgrade.from) });
        let mut tags = upgrade.tags.clone();
        tags.sort_by_key(|tag| (tag != "default", tag.clone()));
        for tag in &tags {
            if mesh.tags().iter().any(|(known, to)| known == tag && *to == upgrade.to) {
                self.point(tag, &upgrade.from).await?;
            }
        }
        if upgrade.times.remove("promoted").is_some() {
            self.save(upgrade).await?;
        }
        for at in (0..upgrade.waves.len()).rev() {
            self.back(upgrade, at).await?;
        }
        Ok(())
    }

    /// Removes the old revision, once nothing refers to it.
    pub async fn remove_old(&self, upgrade: &mut Upgrade) -> Result<(), Error> {
        let mesh = self.look().await?;
        if !matches!(derive(Some(upgrade), &mesh), State::Promoted | State::Removed) {
            return Err(Error::NotYet(format!("tags or namespaces still use {}", upgrade.from)));
        }
        self.judge("removal", vec![gates::control_plane(&mesh, &upgrade.to)])?;
        self.remove_revision(&mesh, &upgrade.from).await?;
        for namespace in mesh.namespaces.iter().filter(|ns| moves::upgrade_of(ns) == Some(upgrade.id.as_str())) {
            self.unmark(namespace).await?;
        }
        record::delete(self.cluster, self.istio_namespace).await?;
        Ok(())
    }

    /// Takes back everything, the new istiod included.
    pub async fn abort(&self, upgrade: &mut Upgrade) -> Result<(), Error> {
        self.rollback(upgrade).await?;
        let mesh = self.look().await?;
        self.remove_revision(&mesh, &upgrade.to).await?;
        self.unpin(upgrade).await?;
        record::delete(self.cluster, self.istio_namespace).await?;
        Ok(())
    }

    /// Removes what belongs to one revision alone: webhooks first, so that nobody asks an istiod that is going.
    async fn remove_revision(&self, mesh: &Mesh, revision: &str) -> Result<(), Error> {
        let references = gates::references(mesh, revision);
        let verdict = match references.is_empty() {
            true => Verdict::pass("references", format!("nothing uses {revision}")),
            false => Verdict::fail("references", format!("{revision} is still used by {}", some_of(&references))),
        };
        self.judge("removal", vec![verdict])?;
        if let Some(other) = mesh.istiod(revision).and_then(other_owner) {
            return Err(Error::NotYet(format!("{} belongs to {}; remove it there", other.object, other.who)));
        }
        (self.tell)(Event::Step { what: format!("Removing {revision}") });
        let selector = format!("{REVISION}={revision},{COMPONENT}=Pilot,{OWNER_NAMESPACE}={}", self.istio_namespace);
        let mut doomed = owned::select(self.cluster, &owned::kinds(false), &selector).await?;
        doomed.retain(|owned| owned.label(NOT_PRUNED) != Some("true"));
        doomed.sort_by_key(|owned| !is_webhook(owned));
        let errors = prune::remove(self.cluster, &doomed, &Telling(self.tell), Owned::title).await;
        if !errors.is_empty() {
            return Err(Error::Gates { step: format!("removing {revision}"), reasons: errors });
        }
        let name = install_record::name(revision);
        let maps = kind("", "ConfigMap")?;
        self.cluster.delete(&maps, Some(self.istio_namespace), &name, Propagation::Background, None).await?;
        let foreign = mesh.istiod(revision).is_some() && doomed.is_empty();
        if foreign {
            return Err(Error::NotYet(format!(
                "istiod of {revision} carries no labels of an installer; remove it with the tool that installed it"
            )));
        }
        self.until_gone(revision).await
    }

    /// Waits until istiod of a revision has stopped: it goes after its pods.
    async fn until_gone(&self, revision: &str) -> Result<(), Error> {
        let mut patience = Patience::new(self.wave_timeout);
        loop {
            let Some(istiod) = self.look().await?.istiod(revision).map(title) else { return Ok(()) };
            if !patience.pause().await {
                return Err(Error::NotYet(format!("{istiod} is still being deleted")));
            }
            self.lease.renew(self.cluster).await?;
        }
    }
}

fn is_webhook(owned: &Owned) -> bool {
    owned.resource.group == "admissionregistration.k8s.io"
}

/// The first of a list, and how many more there are.
fn some_of(list: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<&str> = list.iter().take(SHOWN).map(String::as_str).collect();
    match list.len() {
        0..=SHOWN => shown.join(", "),
        more => format!("{} and {} more", shown.join(", "), more - SHOWN),
    }
}

/// Whether a namespace with these two labels in place of its own resolves to a revision.
fn resolves_to(mesh: &Mesh, namespace: &Value, before: &Value, revision: &str) -> bool {
    let labels: Labels = moves::patched(namespace, &moves::back(before));
    mesh.revision_for(&labels) == Some(revision)
}

/// Passes removals on.
struct Telling<'t>(&'t dyn Fn(Event));

impl Progress for Telling<'_> {
    fn tell(&self, event: progress::Event) {
        if let progress::Event::Removed { object } = event {
            (self.0)(Event::Removed { object });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::canary::mesh::tests::two_revisions;
    use serde_json::json;

    #[test]
    fn labels_go_home_only_when_home_is_the_new_revision() {
        let mut mesh = two_revisions();
        mesh.webhooks[1]["metadata"]["labels"][REVISION] = "new".into();
        let namespace = json!({"metadata": {"name": "shop", "labels": {REVISION: "new"}}});
        let by_tag = json!({REVISION: "prod", "istio-injection": null});
        let by_name = json!({REVISION: "old", "istio-injection": null});
        assert!(resolves_to(&mesh, &namespace, &by_tag, "new"));
        assert!(!resolves_to(&mesh, &namespace, &by_name, "new"));
    }

    #[test]
    fn long_lists_are_cut() {
        let list: Vec<String> = (1..=10).map(|n| n.to_string()).collect();
        assert_eq!(some_of(&list), "1, 2, 3, 4, 5, 6, 7, 8 and 2 more");
        assert_eq!(some_of(&list[..2]), "1, 2");
    }
}
