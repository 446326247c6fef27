//! What an upgrade keeps in the cluster: its plan, the labels before, the times. In ConfigMap `bowline-upgrade`, so that
//! any machine can go on; what namespaces themselves say is enough for the way back when it is lost.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::mesh::Mesh;
use super::moves;
use crate::cluster::{Apply, Cluster, Error, Propagation, name_of};
use crate::install::deploy::OWN_MANAGER;
use crate::install::revisions::injectors::REVISION;
use crate::install::revisions::labels::{Labels, label};
use crate::install::revisions::live::kind;

/// The name of the record and of the lease.
pub const NAME: &str = "bowline-upgrade";

/// One upgrade from a revision to another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Upgrade {
    pub id: String,
    pub from: String,
    pub to: String,
    /// Namespaces that move together, in order.
    pub waves: Vec<Vec<String>>,
    /// How long a wave is watched before the next one.
    pub soak_seconds: u64,
    /// Workloads (`NAMESPACE/NAME`) that may be without a ready pod for a while.
    pub allow_downtime: Vec<String>,
    /// Injection labels of each namespace before its move.
    pub before: BTreeMap<String, Value>,
    /// Tags that pointed to the old revision.
    pub tags: Vec<String>,
    /// What was done to keep the default where it was.
    pub pin: Option<Pin>,
    /// When a step was done, RFC 3339.
    pub times: BTreeMap<String, String>,
}

/// The default tag that an upgrade made, and what it put to rest for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pin {
    /// The plain webhook.
    pub webhook: String,
    /// Its entries' selectors: name, namespace selector, object selector.
    pub selectors: Vec<(String, Value, Value)>,
    /// Whether there was a default validator already.
    pub had_validator: bool,
}

impl Upgrade {
    /// The record as an object.
    pub fn object(&self, istio_namespace: &str) -> Value {
        json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": NAME,
                "namespace": istio_namespace,
                "labels": {"bowline.dev/record": "upgrade", "app.kubernetes.io/managed-by": "bowline"},
            },
            "data": {"upgrade.json": json!(self).to_string()},
        })
    }

    /// Reads the object; none when it is not one of ours or was spoiled.
    pub fn read(object: &Value) -> Option<Self> {
        serde_json::from_str(object["data"]["upgrade.json"].as_str()?).ok()
    }

    /// What can be told without the record: namespaces that carry the marks of an upgrade, each a wave of its own.
    pub fn recovered(mesh: &Mesh) -> Option<Self> {
        let marked = |namespace: &&Value| moves::upgrade_of(namespace).is_some();
        let first = mesh.namespaces.iter().find(marked)?;
        let id = moves::upgrade_of(first)?;
        let mut upgrade = Upgrade {
            id: id.to_owned(),
            to: label(first, REVISION).unwrap_or_default().to_owned(),
            ..Upgrade::default()
        };
        for namespace in mesh.namespaces.iter().filter(|namespace| moves::upgrade_of(namespace) == Some(id)) {
            let Some(before) = moves::recorded_before(namespace) else { continue };
            let labels: Labels = before
                .as_object()
                .into_iter()
                .flatten()
                .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
                .collect();
            if let Some(from) = mesh.revision_for(&labels) {
                from.clone_into(&mut upgrade.from);
            }
            upgrade.waves.push(vec![name_of(namespace).to_owned()]);
            upgrade.before.insert(name_of(namespace).to_owned(), before);
        }
        Some(upgrade)
    }

    /// The labels a namespace goes back to: its own mark, else the record.
    pub fn before<'u>(&'u self, namespace: &Value) -> Option<std::borrow::Cow<'u, Value>> {
        moves::recorded_before(namespace)
            .map(std::borrow::Cow::Owned)
            .or_else(|| self.before.get(name_of(namespace)).map(std::borrow::Cow::Borrowed))
    }

    pub fn allows_downtime(&self, namespace: &str, name: &str) -> bool {
        self.allow_downtime.iter().any(|allowed| allowed == name || *allowed == format!("{namespace}/{name}"))
    }
}

/// Reads the record of the upgrade that is under way.
pub async fn read(cluster: &Cluster, istio_namespace: &str) -> Result<Option<Upgrade>, Error> {
    let object = cluster.get(&kind("", "ConfigMap")?, Some(istio_namespace), NAME).await?;
    Ok(object.as_ref().and_then(Upgrade::read))
}

/// Writes the record.
pub async fn write(cluster: &Cluster, istio_namespace: &str, upgrade: &Upgrade) -> Result<(), Error> {
    let how = Apply { field_manager: OWN_MANAGER, force: true, dry_run: false };
    cluster.apply(&kind("", "ConfigMap")?, &upgrade.object(istio_namespace), &how).await?;
    Ok(())
}

/// Forgets the upgrade.
pub async fn delete(cluster: &Cluster, istio_namespace: &str) -> Result<(), Error> {
    cluster.delete(&kind("", "ConfigMap")?, Some(istio_namespace), NAME, Propagation::Background, None).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::canary::mesh::tests::{namespace, two_revisions};

    #[test]
    fn a_record_survives_the_cluster() {
        let upgrade = Upgrade {
            id: "1".into(),
            from: "old".into(),
            to: "new".into(),
            waves: vec![vec!["a".into()]],
            pin: Some(Pin { webhook: "w".into(), ..Pin::default() }),
            ..Upgrade::default()
        };
        assert_eq!(Upgrade::read(&upgrade.object("istio-system")), Some(upgrade));
        assert_eq!(Upgrade::read(&json!({"data": {"upgrade.json": "{"}})), None);
    }

    #[test]
    fn without_the_record_the_namespaces_tell_the_way_back() {
        let mut mesh = two_revisions();
        let before = json!({REVISION: "prod", "istio-injection": null});
        let mut moved = namespace("shop", json!({REVISION: "new"}));
        moved["metadata"]["annotations"] = moves::forward("7", &before, "new")["metadata"]["annotations"].clone();
        mesh.namespaces.push(moved);
        let upgrade = Upgrade::recovered(&mesh).expect("recovered");
        assert_eq!((upgrade.id.as_str(), upgrade.from.as_str(), upgrade.to.as_str()), ("7", "old", "new"));
        assert_eq!(upgrade.waves, [["shop"]]);
        assert_eq!(upgrade.before["shop"], before);
    }
}
