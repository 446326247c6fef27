//! Which objects an installation owns: the labels it puts on them and the kinds it may have made.

use serde_json::Value;

use crate::cluster::{Cluster, Error, Resource, Selection, name_of, object_namespace};
use crate::install::revisions::labels::label;
use crate::install::revisions::live::kind;

pub const COMPONENT: &str = "operator.istio.io/component";
pub const MANAGED: &str = "operator.istio.io/managed";
pub const VERSION: &str = "operator.istio.io/version";
pub const OWNER: &str = "install.operator.istio.io/owning-resource";
pub const OWNER_NAMESPACE: &str = "install.operator.istio.io/owning-resource-namespace";
/// On objects that must outlive the installation that made them.
pub const NOT_PRUNED: &str = "install.operator.istio.io/owning-resource-not-pruned";

/// Group and kind of everything an installation may leave, in the order in which it is taken away.
pub const PRUNED_KINDS: [(&str, &str); 16] = [
    ("apps", "Deployment"),
    ("apps", "DaemonSet"),
    ("", "Service"),
    ("", "ConfigMap"),
    ("", "Pod"),
    ("", "Secret"),
    ("", "ServiceAccount"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
    ("rbac.authorization.k8s.io", "Role"),
    ("policy", "PodDisruptionBudget"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("networking.istio.io", "EnvoyFilter"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
];

/// What an installation may leave besides; the reference takes it away never, or with a purge only.
const FORGOTTEN_KINDS: [(&str, &str); 5] = [
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("", "ResourceQuota"),
    ("k8s.cni.cncf.io", "NetworkAttachmentDefinition"),
];

/// The kinds to look through for what an installation has left; with `strict` those that the reference looks at.
pub fn kinds(strict: bool) -> Vec<(&'static str, &'static str)> {
    let more = if strict { &[] } else { &FORGOTTEN_KINDS[..] };
    PRUNED_KINDS.iter().chain(more).copied().collect()
}

/// What only a purge takes away.
pub const PURGED_KINDS: [(&str, &str); 2] =
    [("apiextensions.k8s.io", "CustomResourceDefinition"), ("k8s.cni.cncf.io", "NetworkAttachmentDefinition")];

/// An object in a cluster, with the place it is served at.
#[derive(Clone, Debug)]
pub struct Owned {
    pub resource: Resource,
    pub object: Value,
}

impl Owned {
    pub fn name(&self) -> &str {
        name_of(&self.object)
    }

    pub fn namespace(&self) -> Option<&str> {
        object_namespace(&self.object)
    }

    pub fn label(&self, key: &str) -> Option<&str> {
        label(&self.object, key)
    }

    pub fn uid(&self) -> Option<&str> {
        self.object["metadata"]["uid"].as_str()
    }

    /// `Kind/namespace/name`.
    pub fn title(&self) -> String {
        super::apply::title_of(&self.object)
    }

    /// Whether it goes by itself: it is on its way out already, or a pod that goes with its owner.
    pub fn is_going(&self) -> bool {
        let pod_of_owner = self.resource.kind == "Pod" && !self.object["metadata"]["ownerReferences"].is_null();
        pod_of_owner || self.is_deleted()
    }

    /// Whether somebody has deleted it, and it is still there.
    pub fn is_deleted(&self) -> bool {
        !self.object["metadata"]["deletionTimestamp"].is_null()
    }

    /// As the reference names objects it removes: `apps/v1, Kind=Deployment/istiod.istio-system`.
    pub fn reference_name(&self) -> String {
        let Resource { group, version, kind, .. } = &self.resource;
        format!("{group}/{version}, Kind={kind}/{}.{}", self.name(), self.namespace().unwrap_or_default())
    }
}

/// The kind that a CustomResourceDefinition defines, by its stored version.
pub fn defined_by(definition: &Value) -> Resource {
    let spec = &definition["spec"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let versions = spec["versions"].as_array().into_iter().flatten();
    let stored = versions.into_iter().find(|version| version["storage"] == true);
    Resource {
        group: text(&spec["group"]),
        version: stored.map(|version| text(&version["name"])).unwrap_or_default(),
        kind: text(&spec["names"]["kind"]),
        plural: text(&spec["names"]["plural"]),
        namespaced: spec["scope"] == "Namespaced",
    }
}

/// Reads the objects of these kinds that a label selector picks. A kind the server lacks has none.
pub async fn select(cluster: &Cluster, kinds: &[(&str, &str)], labels: &str) -> Result<Vec<Owned>, Error> {
    let (found, refused) = select_allowed(cluster, kinds, labels).await?;
    refused.into_iter().next().map_or(Ok(found), Err)
}

/// As [`select`], of those kinds that we may list; the others' refusals.
pub async fn select_allowed(
    cluster: &Cluster,
    kinds: &[(&str, &str)],
    labels: &str,
) -> Result<(Vec<Owned>, Vec<Error>), Error> {
    let lists = kinds.iter().map(|(group, name)| async move {
        let resource = kind(group, name)?;
        match cluster.list(&resource, &Selection { labels, ..Selection::default() }).await {
            Ok(objects) => Ok((resource, objects)),
            Err(error) if error.is_not_found() => Ok((resource, Vec::new())),
            Err(error) => Err(error),
        }
    });
    let (mut found, mut refused) = (Vec::new(), Vec::new());
    for list in futures_util::future::join_all(lists).await {
        let (resource, objects) = match list {
            Err(error) if error.is_forbidden() => {
                refused.push(error);
                continue;
            }
            list => list?,
        };
        found.extend(objects.into_iter().map(|object| Owned { resource: resource.clone(), object }));
    }
    Ok((found, refused))
}
