//! What there is of each control plane revision, and who uses it.

pub mod injectors;
pub mod labels;
pub mod live;
pub mod tag_objects;
pub mod tags;

use serde::Serialize;

use crate::cluster::{name_of, object_namespace};
use crate::install::canary::mesh::{Mesh, injected_by, restarts, revision_of, version_of};
use crate::install::canary::state::is_available;
use injectors::{TAG, is_deactivated};
use labels::label;

/// One revision.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Revision {
    pub revision: String,
    /// Whether the default tag points to it, or it is the default without a tag.
    pub default: bool,
    /// Empty when no istiod of it runs in the cluster.
    pub version: String,
    pub istiods: Vec<Istiod>,
    pub tags: Vec<String>,
    pub webhooks: Vec<Webhook>,
    /// Namespaces whose new pods it injects.
    pub namespaces: Vec<String>,
    /// Pods that it did inject, `NAMESPACE/NAME`.
    pub pods: Vec<String>,
    /// Proxies that are connected to it; none when its istiod did not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxies: Option<Vec<String>>,
}

/// A pod of istiod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Istiod {
    pub pod: String,
    pub ready: bool,
    pub restarts: i64,
}

/// An injection webhook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Webhook {
    pub name: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tag: String,
    /// Whether it answers for anybody.
    pub active: bool,
}

/// Every revision that has an istiod or a webhook, by name.
pub fn revisions(mesh: &Mesh) -> Vec<Revision> {
    let mut names: Vec<&str> = mesh.revisions();
    names.extend(mesh.webhooks.iter().map(revision_of));
    names.sort_unstable();
    names.dedup();
    names.into_iter().map(|name| revision(mesh, name)).collect()
}

fn revision(mesh: &Mesh, name: &str) -> Revision {
    let owned = |text: &str| text.to_owned();
    let default_tag = mesh.tags().into_iter().find(|(tag, _)| *tag == "default").map(|(_, revision)| revision);
    let webhooks = mesh.webhooks.iter().filter(|webhook| revision_of(webhook) == name);
    let istiods = mesh.istiod_pods(name).into_iter().map(|pod| Istiod {
        pod: name_of(pod).to_owned(),
        ready: crate::install::canary::mesh::is_ready(pod),
        restarts: restarts(pod),
    });
    let injected = mesh.pods.iter().filter(|pod| injected_by(pod).as_deref() == Some(name));
    Revision {
        revision: name.to_owned(),
        default: default_tag.unwrap_or("default") == name,
        version: mesh.istiod(name).map(version_of).unwrap_or_default().to_owned(),
        istiods: istiods.collect(),
        tags: mesh.tags().into_iter().filter(|(_, to)| *to == name).map(|(tag, _)| tag.to_owned()).collect(),
        webhooks: webhooks
            .map(|webhook| Webhook {
                name: name_of(webhook).to_owned(),
                tag: label(webhook, TAG).unwrap_or_default().to_owned(),
                active: !is_deactivated(webhook),
            })
            .collect(),
        namespaces: mesh.members(name).into_iter().map(owned).collect(),
        pods: injected.map(|pod| format!("{}/{}", object_namespace(pod).unwrap_or_default(), name_of(pod))).collect(),
        proxies: None,
    }
}

impl Revision {
    /// `available`, or why not.
    pub fn health(&self, mesh: &Mesh) -> &'static str {
        match mesh.istiod(&self.revision) {
            Some(istiod) if is_available(istiod) => "available",
            Some(_) => "not ready",
            None => "not in this cluster",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::canary::mesh::tests::{pod, two_revisions};

    #[test]
    fn a_revision_shows_who_uses_it() {
        let mut mesh = two_revisions();
        mesh.pods.push(pod("by-tag", "web", "old"));
        let found = revisions(&mesh);
        let webhook = |name: &str, tag: &str| Webhook { name: name.into(), tag: tag.into(), active: true };
        assert_eq!(
            found,
            [
                Revision {
                    revision: "new".into(),
                    version: "1.30.3".into(),
                    webhooks: vec![webhook("new", "")],
                    ..Revision::default()
                },
                Revision {
                    revision: "old".into(),
                    version: "1.30.3".into(),
                    tags: vec!["prod".into()],
                    webhooks: vec![webhook("old", ""), webhook("tag", "prod")],
                    namespaces: vec!["by-name".into(), "by-tag".into()],
                    pods: vec!["by-tag/web-1".into()],
                    ..Revision::default()
                },
            ]
        );
        assert_eq!(found[0].health(&mesh), "available");
    }
}
