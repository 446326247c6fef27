//! Objects that an earlier run made and this one no longer has.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Owner;
use super::apply::title_of;
use super::progress::{Event, Progress};
use crate::cluster::{Cluster, Error, Propagation, name_of, object_namespace};
use crate::install::injectors::REVISION;
use crate::install::owned::{self, COMPONENT, MANAGED, NOT_PRUNED, OWNER, OWNER_NAMESPACE, Owned, PRUNED_KINDS};

/// Finds what the owner's labels mark and `kept` lacks.
///
/// The client's version is not part of the question: what a new version dropped must go although an older one made it.
/// Never found: objects marked as not pruned, CRDs, other revisions' objects, tags that users made (they carry no
/// component label).
///
/// Also gives why kinds could not be looked through.
pub async fn candidates(cluster: &Cluster, owner: &Owner, kept: &[&Value]) -> Result<(Vec<Owned>, Vec<Error>), Error> {
    let (mut marked, refused) = owned::select_allowed(cluster, &PRUNED_KINDS, &selector(owner)).await?;
    if owner.name.is_empty() {
        // Without a name the selector cannot tell installations of one namespace apart; those with a name are others'.
        marked.retain(|owned| matches!(owned.label(OWNER), None | Some("" | "unknown")));
    }
    Ok((dropped(marked, kept), refused))
}

fn selector(owner: &Owner) -> String {
    let mut parts = vec![
        format!("{MANAGED}=Reconcile"),
        format!("{OWNER_NAMESPACE}={}", owner.namespace),
        format!("{REVISION}={}", owner.revision_label()),
        COMPONENT.to_owned(),
    ];
    if !owner.name.is_empty() {
        parts.push(format!("{OWNER}={}", owner.name));
    }
    parts.join(",")
}

fn dropped(marked: Vec<Owned>, kept: &[&Value]) -> Vec<Owned> {
    let place = |object: &Value| {
        let kind = object["kind"].as_str().unwrap_or_default().to_owned();
        (kind, object_namespace(object).unwrap_or_default().to_owned(), name_of(object).to_owned())
    };
    let kept: BTreeSet<_> = kept.iter().map(|object| place(object)).collect();
    marked
        .into_iter()
        .filter(|owned| owned.label(NOT_PRUNED) != Some("true") && !kept.contains(&place(&owned.object)))
        .collect()
}

/// Removes objects one after the other, each only if it still is the very object that was found.
///
/// Gives the errors; one failure does not stop the rest. `named` is how a removed object is told.
pub async fn remove(
    cluster: &Cluster,
    doomed: &[Owned],
    progress: &dyn Progress,
    named: fn(&Owned) -> String,
) -> Vec<String> {
    let mut failed = Vec::new();
    for owned in doomed {
        let uid = owned.uid().filter(|uid| !uid.is_empty());
        match cluster.delete(&owned.resource, owned.namespace(), owned.name(), Propagation::Foreground, uid).await {
            Ok(_) => progress.tell(Event::Removed { object: named(owned) }),
            Err(error) => failed.push(format!("{}: {error}", title_of(&owned.object))),
        }
    }
    failed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Resource;
    use serde_json::json;

    #[test]
    fn what_is_rendered_or_marked_as_kept_stays() {
        let object = |name: &str, labels: Value| Owned {
            resource: Resource::known("", "ConfigMap").expect("in the table"),
            object: json!({"kind": "ConfigMap", "metadata": {"name": name, "namespace": "ns", "labels": labels}}),
        };
        let marked =
            vec![object("rendered", json!({})), object("kept", json!({NOT_PRUNED: "true"})), object("old", json!({}))];
        let rendered = json!({"kind": "ConfigMap", "metadata": {"name": "rendered", "namespace": "ns"}});
        let names: Vec<String> = dropped(marked, &[&rendered]).iter().map(|owned| owned.name().to_owned()).collect();
        assert_eq!(names, ["old"]);
    }

    #[test]
    fn the_question_leaves_the_version_out() {
        let owner = Owner {
            name: String::new(),
            namespace: "istio-system".into(),
            revision: "canary".into(),
            version: "1.30.3".into(),
        };
        assert_eq!(
            selector(&owner),
            "operator.istio.io/managed=Reconcile,install.operator.istio.io/owning-resource-namespace=istio-system,\
             istio.io/rev=canary,operator.istio.io/component"
        );
    }
}
