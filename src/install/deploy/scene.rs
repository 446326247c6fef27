//! What a run finds in the cluster before it starts, and the guards that follow from it.

use serde_json::{Value, json};

use super::{Owner, Part};
use crate::cluster::{Cluster, Error, name_of, object_namespace};
use crate::install::revisions::injectors::{self, REVISION, TAG, overlaps};
use crate::install::revisions::labels::label;
use crate::install::revisions::live::{self, version_of};

/// Components of which a mesh has one, whatever its revisions.
const SHARED: [&str; 4] = ["IngressGateways", "EgressGateways", "Cni", "Ztunnel"];

/// The state of the cluster that guards look at.
#[derive(Debug, Default)]
pub struct Scene {
    /// Every MutatingWebhookConfiguration with a revision.
    pub webhooks: Vec<Value>,
    /// Revisions that have an istiod Deployment in the Istio namespace, each with the release it runs.
    pub revisions: Vec<(String, String)>,
}

/// Reads it.
pub async fn look(cluster: &Cluster, namespace: &str) -> Result<Scene, Error> {
    let istiods = live::istiods(cluster, namespace).await?;
    let mut revisions: Vec<(String, String)> = istiods
        .iter()
        .map(|istiod| (label(istiod, REVISION).unwrap_or("default").to_owned(), version_of(istiod).to_owned()))
        .collect();
    revisions.sort();
    revisions.dedup_by(|a, b| a.0 == b.0);
    Ok(Scene { webhooks: live::webhooks(cluster, REVISION).await?, revisions })
}

impl Scene {
    /// Control planes other than the owner's.
    pub fn other_revisions(&self, owner: &Owner) -> Vec<&str> {
        let names = self.revisions.iter().map(|(revision, _)| revision.as_str());
        names.filter(|revision| *revision != owner.revision_label()).collect()
    }

    /// The release that the owner's istiod runs now; none when there is none.
    pub fn installed(&self, owner: &Owner) -> Option<&str> {
        let own = self.revisions.iter().find(|(revision, _)| revision == owner.revision_label());
        own.map(|(_, release)| release.as_str())
    }

    /// The revision that the default tag points to.
    pub fn default_tag(&self) -> Option<&str> {
        let is_default = |webhook: &&Value| label(webhook, TAG) == Some("default");
        self.webhooks.iter().find(is_default).and_then(|webhook| label(webhook, REVISION))
    }

    /// Whether this run has to make or move the default tag.
    ///
    /// The reference lets a revisioned install take the default over from an installation without a tag object; here
    /// only the first control plane of a cluster becomes the default by itself.
    pub fn needs_default_tag(&self, owner: &Owner, strict: bool) -> bool {
        if owner.revision.is_empty() {
            return true;
        }
        self.default_tag().is_none() && (strict || self.other_revisions(owner).is_empty())
    }

    /// The unnamed revision's webhook, once it has handed its work to the default tag, is rendered as it lies: waking it
    /// for the length of a run would give pods two injectors and make every run a change.
    pub fn keep_asleep(&self, parts: &mut [Part]) {
        if self.default_tag().is_none() {
            return;
        }
        let asleep: Vec<&str> =
            self.webhooks.iter().filter(|webhook| injectors::is_deactivated(webhook)).map(name_of).collect();
        for object in parts.iter_mut().flat_map(|part| &mut part.objects) {
            if object["kind"] == "MutatingWebhookConfiguration" && asleep.contains(&name_of(object)) {
                injectors::deactivate(object);
            }
        }
    }

    /// What all control planes share stays marked with the revision that had it: a canary that is given up again must not
    /// take it along.
    pub fn keep_shared_owner(&self, owner: &Owner, parts: &mut [Part]) {
        let others = self.other_revisions(owner);
        let default = self.default_tag().filter(|revision| others.contains(revision));
        let Some(revision) = default.or_else(|| others.first().copied()).filter(|_| !owner.revision.is_empty()) else {
            return;
        };
        for part in parts.iter_mut().filter(|part| part.name == "Base") {
            part.objects.iter_mut().for_each(|object| super::stamp(object, &[(REVISION, revision)]));
        }
    }

    /// Label sets for which two injectors would answer once the parts are applied; only those with one of ours.
    pub fn conflicts(&self, parts: &[Part], needs_default_tag: bool) -> Vec<String> {
        let rendered: Vec<&Value> = parts
            .iter()
            .flat_map(|part| &part.objects)
            .filter(|object| object["kind"] == "MutatingWebhookConfiguration")
            .collect();
        let ours: Vec<&str> = rendered.iter().map(|webhook| name_of(webhook)).collect();
        let mut scene: Vec<Value> =
            self.webhooks.iter().filter(|webhook| !ours.contains(&name_of(webhook))).cloned().collect();
        scene.extend(rendered.into_iter().cloned());
        if needs_default_tag {
            // The unnamed revision's own webhook hands its work to the tag, and the tag is about to be written anew.
            scene.retain(|webhook| {
                let unnamed = label(webhook, REVISION) == Some("default") && label(webhook, TAG).is_none();
                !unnamed && label(webhook, TAG) != Some("default")
            });
        }
        let mut lines: Vec<String> = overlaps(&scene)
            .into_iter()
            .filter(|overlap| {
                overlap.entries.iter().any(|entry| ours.iter().any(|name| entry.starts_with(&format!("{name}/"))))
            })
            .map(|overlap| overlap.entries.join(" and "))
            .collect();
        lines.sort();
        lines.dedup();
        lines
    }
}

/// Takes the shared components out of a revisioned install beside other control planes: rewriting them would move
/// production traffic first. Gives what was taken out.
pub fn spare_shared(owner: &Owner, scene: &Scene, include: &[String], parts: &mut Vec<Part>) -> Vec<&'static str> {
    if owner.revision.is_empty() || scene.other_revisions(owner).is_empty() {
        return Vec::new();
    }
    let wanted = |part: &Part| {
        include.iter().any(|name| name.eq_ignore_ascii_case(part.name) || name.eq_ignore_ascii_case(part.title))
    };
    let spared: Vec<&'static str> =
        parts.iter().filter(|part| SHARED.contains(&part.name) && !wanted(part)).map(|part| part.title).collect();
    parts.retain(|part| !SHARED.contains(&part.name) || wanted(part));
    spared
}

/// A controller or tool that manages a live object and would undo what we write, or be broken by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherOwner {
    /// `Helm release istiod`, `Argo CD`, …
    pub who: String,
    /// `Deployment/istio-system/istiod`.
    pub object: String,
}

/// Who else manages a live object, by the marks that such tools leave.
pub fn other_owner(live: &Value) -> Option<OtherOwner> {
    let annotation = |key: &str| live["metadata"]["annotations"][key].as_str();
    let owners = live["metadata"]["ownerReferences"].as_array().into_iter().flatten();
    let sail = owners
        .into_iter()
        .any(|owner| owner["apiVersion"].as_str().is_some_and(|version| version.starts_with("sailoperator.io/")));
    let who = if let Some(release) = annotation("meta.helm.sh/release-name") {
        format!("Helm release {release}")
    } else if let Some(application) = annotation("argocd.argoproj.io/tracking-id") {
        format!("Argo CD application {}", application.split(':').next().unwrap_or(application))
    } else if let Some(release) = label(live, "helm.toolkit.fluxcd.io/name") {
        format!("Flux Helm release {release}")
    } else if let Some(name) = label(live, "kustomize.toolkit.fluxcd.io/name") {
        format!("Flux kustomization {name}")
    } else if sail {
        "the Sail operator".to_owned()
    } else {
        return None;
    };
    Some(OtherOwner { who, object: super::apply::title_of(live) })
}

/// Whether a live shared object is newer than the one that would replace it, by the version labels of both.
pub fn is_newer(live: &Value, rendered: &Value) -> bool {
    let version = |object: &Value| {
        let keys = ["operator.istio.io/version", "app.kubernetes.io/version"];
        keys.iter().filter_map(|key| label(object, key)).find_map(numbers)
    };
    matches!((version(live), version(rendered)), (Some(live), Some(rendered)) if live > rendered)
}

/// `1.30.3` → [1, 30, 3]; what follows a dash is left out.
fn numbers(version: &str) -> Option<Vec<u64>> {
    version.split('-').next()?.split('.').map(|part| part.parse().ok()).collect()
}

/// The namespace object of an installation, with its network label when the mesh has one.
pub fn namespace_object(name: &str, network: &str) -> Value {
    let mut object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    if !network.is_empty() {
        object["metadata"]["labels"] = json!({"topology.istio.io/network": network});
    }
    object
}

/// Namespaces that the parts' objects live in, each once, in order.
pub fn namespaces_of(parts: &[Part]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for object in parts.iter().flat_map(|part| &part.objects) {
        if let Some(namespace) = object_namespace(object)
            && !names.contains(&namespace)
        {
            names.push(namespace);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::revisions::injectors::tests::revisioned;

    fn owner(revision: &str) -> Owner {
        Owner {
            name: String::new(),
            namespace: "istio-system".into(),
            revision: revision.into(),
            version: "1.30.3".into(),
        }
    }

    #[test]
    fn a_canary_does_not_take_the_default_from_an_installation_without_a_tag() {
        let scene = Scene { revisions: vec![("default".into(), "1.30.3".into())], ..Scene::default() };
        assert!(!scene.needs_default_tag(&owner("canary"), false));
        assert!(scene.needs_default_tag(&owner("canary"), true), "as the reference does");
        assert!(Scene::default().needs_default_tag(&owner("canary"), false), "the first one becomes the default");
        assert!(scene.needs_default_tag(&owner(""), false));
    }

    #[test]
    fn a_canary_leaves_gateways_and_node_agents_alone() {
        let scene = Scene { revisions: vec![("default".into(), "1.30.3".into())], ..Scene::default() };
        let part = |name: &'static str| Part { name, title: name, objects: Vec::new() };
        let mut parts = vec![part("Base"), part("Pilot"), part("Cni"), part("IngressGateways")];
        assert_eq!(spare_shared(&owner("canary"), &scene, &["cni".into()], &mut parts), ["IngressGateways"]);
        let left: Vec<&str> = parts.iter().map(|part| part.name).collect();
        assert_eq!(left, ["Base", "Pilot", "Cni"]);
    }

    #[test]
    fn another_revisions_webhook_for_the_same_label_is_a_conflict() {
        let scene = Scene { webhooks: vec![revisioned("other", "old", "canary")], ..Scene::default() };
        let mut webhook = revisioned("ours", "canary", "canary");
        webhook["kind"] = "MutatingWebhookConfiguration".into();
        let parts = [Part { name: "Pilot", title: "Istiod", objects: vec![webhook] }];
        let entry = "rev.namespace.sidecar-injector.istio.io";
        assert_eq!(scene.conflicts(&parts, false), [format!("other/{entry} and ours/{entry}")]);
    }

    #[test]
    fn newer_shared_objects_are_recognised() {
        let object = |version: &str| json!({"metadata": {"labels": {"app.kubernetes.io/version": version}}});
        assert!(is_newer(&object("1.31.0"), &object("1.30.3")));
        assert!(!is_newer(&object("1.9.0"), &object("1.30.3")));
        assert!(!is_newer(&json!({}), &object("1.30.3")));
    }

    #[test]
    fn tools_that_manage_an_object_are_told_apart() {
        let helm = json!({"kind": "Service", "metadata": {"name": "istiod", "annotations": {"meta.helm.sh/release-name": "istiod"}}});
        assert_eq!(other_owner(&helm).map(|owner| owner.who).as_deref(), Some("Helm release istiod"));
        assert_eq!(other_owner(&json!({"metadata": {"labels": {"app.kubernetes.io/managed-by": "Helm"}}})), None);
    }
}
