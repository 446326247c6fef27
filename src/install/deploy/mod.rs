//! Bringing a cluster to a rendered set of objects: plan, apply in waves, wait, prune, record.
//!
//! Every write is a server-side apply that can be repeated, so a run that was killed is finished by the same run again.

pub mod apply;
pub mod lease;
pub mod neighbours;
pub mod owned;
pub mod ownership;
pub mod plan;
pub mod progress;
pub mod prune;
pub mod readiness;
pub mod record;
pub mod scene;
pub mod skew;
pub mod uninstall;
pub mod waves;

use serde_json::{Value, json};

use crate::install::revisions::injectors::REVISION;
use owned::{COMPONENT, MANAGED, OWNER, OWNER_NAMESPACE, VERSION};

/// The field manager of mesh objects: the reference's, so that both tools can take turns without conflicts.
pub const FIELD_MANAGER: &str = "istio-operator";
/// The field manager of what only this tool writes: its records and leases.
pub const OWN_MANAGER: &str = "bowline";

/// The objects of one component, in the order in which they are applied.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its name in labels: `Pilot`.
    pub name: &'static str,
    /// Its name for people: `Istiod`.
    pub title: &'static str,
    pub objects: Vec<Value>,
}

/// Who the objects belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owner {
    /// `metadata.name` of the IstioOperator; empty when it has none.
    pub name: String,
    /// `metadata.namespace` of the IstioOperator.
    pub namespace: String,
    /// Empty for the unnamed revision.
    pub revision: String,
    /// The version of this tool's charts.
    pub version: String,
}

impl Owner {
    /// The revision as labels spell it.
    pub fn revision_label(&self) -> &str {
        if self.revision.is_empty() { "default" } else { &self.revision }
    }

    /// The labels that every object of the installation carries, without the component.
    pub fn labels(&self) -> Vec<(&'static str, &str)> {
        let mut labels = vec![
            (MANAGED, "Reconcile"),
            (VERSION, self.version.as_str()),
            (OWNER_NAMESPACE, self.namespace.as_str()),
            (REVISION, self.revision_label()),
        ];
        if !self.name.is_empty() {
            labels.push((OWNER, self.name.as_str()));
        }
        labels
    }

    /// Puts the owner's labels on the objects of a part.
    pub fn stamp(&self, part: &mut Part) {
        for object in &mut part.objects {
            stamp(object, &self.labels());
            stamp(object, &[(COMPONENT, part.name)]);
        }
    }
}

/// Sets labels of an object. What has no metadata to hold them is left for the server to refuse.
pub(super) fn stamp(object: &mut Value, labels: &[(&str, &str)]) {
    let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    let all = metadata.entry("labels").or_insert_with(|| json!({}));
    if !all.is_object() {
        *all = json!({});
    }
    for (key, value) in labels {
        all[*key] = (*value).into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_object_says_whose_it_is() {
        let owner = Owner {
            name: "mesh".into(),
            namespace: "istio-system".into(),
            revision: String::new(),
            version: "1.30.3".into(),
        };
        let mut part = Part { name: "Base", title: "Istio core", objects: vec![json!({"metadata": {"name": "a"}})] };
        owner.stamp(&mut part);
        assert_eq!(
            part.objects[0]["metadata"]["labels"],
            json!({
                "operator.istio.io/managed": "Reconcile",
                "operator.istio.io/version": "1.30.3",
                "install.operator.istio.io/owning-resource-namespace": "istio-system",
                "istio.io/rev": "default",
                "install.operator.istio.io/owning-resource": "mesh",
                "operator.istio.io/component": "Base",
            })
        );
    }
}
