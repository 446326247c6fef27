//! What a cluster holds of control planes, tags and the namespaces that use them.

use serde_json::Value;

use super::injectors::{REVISION, TAG};
use super::labels::label;
use crate::cluster::{Cluster, Error, Resource, Selection};

/// The objects that say which revisions and tags there are.
#[derive(Debug, Default)]
pub struct ControlPlanes {
    /// MutatingWebhookConfigurations with a revision.
    pub webhooks: Vec<Value>,
    /// Services of the Istio namespace with a revision.
    pub services: Vec<Value>,
}

/// A kind of the table, which every cluster has.
pub fn kind(group: &str, kind: &str) -> Result<Resource, Error> {
    Resource::known(group, kind).ok_or_else(|| Error::NoSuchKind { kind: kind.to_owned() })
}

/// Reads the revisioned webhooks and Services.
pub async fn control_planes(cluster: &Cluster, istio_namespace: &str) -> Result<ControlPlanes, Error> {
    Ok(ControlPlanes {
        webhooks: webhooks(cluster, REVISION).await?,
        services: services(cluster, istio_namespace, REVISION).await?,
    })
}

/// The MutatingWebhookConfigurations that a label selector picks.
pub async fn webhooks(cluster: &Cluster, labels: &str) -> Result<Vec<Value>, Error> {
    let resource = kind("admissionregistration.k8s.io", "MutatingWebhookConfiguration")?;
    cluster.list(&resource, &Selection { labels, ..Selection::default() }).await
}

/// The Services of a namespace that a label selector picks.
pub async fn services(cluster: &Cluster, namespace: &str, labels: &str) -> Result<Vec<Value>, Error> {
    let selection = Selection { namespace: Some(namespace), labels, ..Selection::default() };
    cluster.list(&kind("", "Service")?, &selection).await
}

/// The namespaces that a label selector picks, sorted by name.
pub async fn namespaces(cluster: &Cluster, labels: &str) -> Result<Vec<Value>, Error> {
    let mut found = cluster.list(&kind("", "Namespace")?, &Selection { labels, ..Selection::default() }).await?;
    found.sort_by(|a, b| crate::cluster::name_of(a).cmp(crate::cluster::name_of(b)));
    Ok(found)
}

impl ControlPlanes {
    /// (revision, tag) of every object; the tag is empty for a revision's own objects.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.webhooks
            .iter()
            .chain(&self.services)
            .filter_map(|object| Some((label(object, REVISION)?, label(object, TAG).unwrap_or_default())))
    }
}
