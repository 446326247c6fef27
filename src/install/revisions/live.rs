//! What a cluster holds of control planes, tags and the namespaces that use them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::injectors::{REVISION, TAG};
use super::labels::label;
use crate::cluster::{Cluster, Error, Resource, Selection};

/// A label that pods with a proxy carry.
const MESHED: &str = "service.istio.io/canonical-name";

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

/// The Deployments of istiod in a namespace.
pub async fn istiods(cluster: &Cluster, istio_namespace: &str) -> Result<Vec<Value>, Error> {
    let selection = Selection { namespace: Some(istio_namespace), labels: "app=istiod", ..Selection::default() };
    cluster.list(&kind("apps", "Deployment")?, &selection).await
}

/// The releases of the proxies that run, each with how many there are.
pub async fn proxy_releases(cluster: &Cluster) -> Result<BTreeMap<String, usize>, Error> {
    let meshed = Selection { labels: MESHED, fields: "status.phase=Running", ..Selection::default() };
    let mut found = BTreeMap::new();
    let count = |found: &mut BTreeMap<String, usize>, pod: Value| {
        let release = image_tag(&pod["spec"], "istio-proxy");
        if !release.is_empty() {
            *found.entry(release.to_owned()).or_default() += 1;
        }
    };
    cluster.fold(&kind("", "Pod")?, &meshed, &mut found, count).await?;
    Ok(found)
}

/// The tag of istiod's image, of its Deployment; empty when it has none.
pub fn version_of(istiod: &Value) -> &str {
    image_tag(&istiod["spec"]["template"]["spec"], "discovery")
}

/// The tag of a container's image in a pod spec; empty when it has none.
pub fn image_tag<'v>(pod_spec: &'v Value, container: &str) -> &'v str {
    let lists = ["containers", "initContainers"];
    let mut containers = lists.iter().flat_map(|key| pod_spec[*key].as_array().into_iter().flatten());
    let image = containers.find(|c| c["name"] == container).and_then(|c| c["image"].as_str()).unwrap_or_default();
    let image = image.split('@').next().unwrap_or(image);
    image.rsplit('/').next().and_then(|last| last.split_once(':')).map_or("", |(_, tag)| tag)
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
