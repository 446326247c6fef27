//! What an uninstall takes away, and what still hangs on it.

use serde_json::Value;

use super::owned::{self, COMPONENT, OWNER, OWNER_NAMESPACE, Owned, PURGED_KINDS};
use crate::cluster::{Cluster, Error, Selection};
use crate::install::revisions::injectors::{INJECTION, REVISION, TAG};
use crate::install::revisions::labels::label;

/// The components that belong to one control plane; Base is shared and stays.
const REVISIONED_COMPONENTS: &str = "Pilot,IngressGateways,EgressGateways,Cni,Ztunnel";

/// What is to be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everything istioctl or bowline ever installed.
    Purge,
    /// One installation.
    Installation {
        /// As labels spell it.
        revision: String,
        /// `metadata.name` of its IstioOperator; empty when it has none.
        owner: String,
        /// `metadata.namespace` of its IstioOperator.
        owner_namespace: String,
    },
}

impl Scope {
    /// The label selector of what is removed.
    pub fn selector(&self) -> String {
        let Scope::Installation { revision, owner, owner_namespace } = self else { return COMPONENT.to_owned() };
        let mut parts = vec![format!("{REVISION}={revision}")];
        for (key, value) in [(OWNER, owner), (OWNER_NAMESPACE, owner_namespace)] {
            if !value.is_empty() {
                parts.push(format!("{key}={value}"));
            }
        }
        parts.push(format!("{COMPONENT} in ({REVISIONED_COMPONENTS})"));
        parts.join(",")
    }

    /// The revision as labels spell it; that of a purge is the unnamed one.
    pub fn revision(&self) -> &str {
        match self {
            Scope::Installation { revision, .. } => revision,
            Scope::Purge => "default",
        }
    }

    /// Group and kind of what may be removed, in order; with `strict` as the reference has it.
    pub fn kinds(&self, strict: bool) -> Vec<(&'static str, &'static str)> {
        let mut kinds = owned::kinds(strict);
        if *self == Scope::Purge {
            kinds.retain(|kind| !PURGED_KINDS.contains(kind));
            kinds.extend(PURGED_KINDS);
        }
        kinds
    }
}

/// What would be left hanging.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Dependents {
    /// Namespaces whose label asks for what is removed.
    pub namespaces: Vec<String>,
    /// Tags that point to what is removed and stay behind.
    pub tags: Vec<String>,
    /// Whether what is removed is the default injector and another revision stays.
    pub default_of_others: bool,
}

/// Finds what hangs on the objects to be removed.
///
/// `webhooks` are all revisioned webhooks of the cluster, `namespaces` all namespaces with an injection label.
pub fn dependents(doomed: &[Owned], webhooks: &[Value], namespaces: &[Value]) -> Dependents {
    let goes = |webhook: &Value| {
        doomed.iter().any(|owned| {
            owned.resource.kind == "MutatingWebhookConfiguration" && owned.name() == crate::cluster::name_of(webhook)
        })
    };
    let istiod = |owned: &&Owned| owned.resource.kind == "Deployment" && owned.label("app") == Some("istiod");
    let removed: Vec<&str> =
        doomed.iter().filter(istiod).map(|owned| owned.label(REVISION).unwrap_or("default")).collect();
    let points_to_removed =
        |webhook: &&Value| label(webhook, REVISION).is_some_and(|revision| removed.contains(&revision));
    let mut names: Vec<&str> = removed.clone();
    let mut found = Dependents::default();
    for webhook in webhooks.iter().filter(points_to_removed) {
        let Some(tag) = label(webhook, TAG) else { continue };
        names.push(tag);
        if !goes(webhook) {
            found.tags.push(tag.to_owned());
        }
        let others = webhooks.iter().any(|other| !points_to_removed(&other) && !goes(other));
        found.default_of_others |= tag == "default" && others;
    }
    let default_goes = names.contains(&"default");
    for namespace in namespaces {
        let by_revision = label(namespace, REVISION).is_some_and(|revision| names.contains(&revision));
        let by_default = label(namespace, INJECTION) == Some("enabled") && default_goes;
        if by_revision || by_default {
            found.namespaces.push(crate::cluster::name_of(namespace).to_owned());
        }
    }
    for names in [&mut found.namespaces, &mut found.tags] {
        names.sort();
        names.dedup();
    }
    found
}

/// Puts webhooks before everything else: one that still asks when its istiod is gone refuses the pods it asks for.
pub fn webhooks_first(doomed: &mut [Owned]) {
    doomed.sort_by_key(|owned| owned.resource.group != "admissionregistration.k8s.io");
}

/// How many objects go with the CRDs that are removed, by kind.
pub async fn lost_with(cluster: &Cluster, doomed: &[Owned]) -> Result<Vec<(String, usize)>, Error> {
    let mut lost = Vec::new();
    for definition in doomed.iter().filter(|owned| owned.resource.kind == "CustomResourceDefinition") {
        let resource = owned::defined_by(&definition.object);
        let mut count = 0;
        let all = Selection { metadata_only: true, ..Selection::default() };
        match cluster.fold(&resource, &all, &mut count, |count, _| *count += 1).await {
            Ok(()) if count > 0 => lost.push((resource.kind, count)),
            Ok(()) => {}
            // A CRD that never came up has no objects.
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
    }
    Ok(lost)
}

/// Kinds and names in one line each, for the list before the question.
pub fn summary(doomed: &[Owned]) -> Vec<(String, Vec<String>)> {
    let mut kinds: Vec<(String, Vec<String>)> = Vec::new();
    for owned in doomed {
        match kinds.iter_mut().find(|(kind, _)| *kind == owned.resource.kind) {
            Some((_, names)) => names.push(owned.name().to_owned()),
            None => kinds.push((owned.resource.kind.clone(), vec![owned.name().to_owned()])),
        }
    }
    kinds
}

/// The Deployments that are gateways, which carry traffic until the moment they go.
pub fn gateways(doomed: &[Owned]) -> Vec<&str> {
    let is_gateway = |owned: &&Owned| owned.resource.kind == "Deployment" && owned.name().contains("gateway");
    doomed.iter().filter(is_gateway).map(Owned::name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Resource;
    use crate::install::revisions::injectors::tests::revisioned;
    use serde_json::json;

    #[test]
    fn an_uninstall_is_narrowed_by_everything_that_is_known() {
        let scope = Scope::Installation {
            revision: "canary".into(),
            owner: "mesh".into(),
            owner_namespace: "istio-system".into(),
        };
        assert_eq!(
            scope.selector(),
            "istio.io/rev=canary,install.operator.istio.io/owning-resource=mesh,\
             install.operator.istio.io/owning-resource-namespace=istio-system,\
             operator.istio.io/component in (Pilot,IngressGateways,EgressGateways,Cni,Ztunnel)"
        );
        assert_eq!(Scope::Purge.selector(), "operator.istio.io/component");
    }

    #[test]
    fn namespaces_and_tags_that_hang_on_a_revision_are_found() {
        let istiod = Owned {
            resource: Resource::known("apps", "Deployment").expect("in the table"),
            object: json!({"metadata": {"name": "istiod-canary", "labels": {"app": "istiod", "istio.io/rev": "canary"}}}),
        };
        let mut tag = revisioned("istio-revision-tag-default", "canary", "default");
        tag["metadata"]["labels"][TAG] = "default".into();
        let webhooks = [revisioned("a", "canary", "canary"), tag, revisioned("b", "old", "old")];
        let namespace =
            |name: &str, key: &str, value: &str| json!({"metadata": {"name": name, "labels": {key: value}}});
        let namespaces = [
            namespace("by-revision", REVISION, "canary"),
            namespace("by-default", INJECTION, "enabled"),
            namespace("elsewhere", REVISION, "old"),
        ];
        assert_eq!(
            dependents(&[istiod], &webhooks, &namespaces),
            Dependents {
                namespaces: vec!["by-default".into(), "by-revision".into()],
                tags: vec!["default".into()],
                default_of_others: true,
            }
        );
    }
}
