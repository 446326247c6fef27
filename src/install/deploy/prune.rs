//! Objects that an earlier run made and this one no longer has.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::Value;

use super::Owner;
use super::apply::title_of;
use super::progress::{Event, Pending, Progress};
use crate::cluster::{Cluster, Error, Propagation, Selection, name_of, object_namespace};
use crate::install::deploy::owned::{self, COMPONENT, MANAGED, NOT_PRUNED, OWNER, OWNER_NAMESPACE, Owned};
use crate::install::revisions::injectors::REVISION;
use crate::install::revisions::live::kind;

/// Finds what the owner's labels mark and `kept` lacks.
///
/// The client's version is not part of the question: what a new version dropped must go although an older one made it.
/// Never found: objects marked as not pruned, CRDs, other revisions' objects, tags that users made (they carry no
/// component label).
///
/// Also gives why kinds could not be looked through.
pub async fn candidates(
    cluster: &Cluster,
    owner: &Owner,
    kinds: &[(&str, &str)],
    kept: &[&Value],
) -> Result<(Vec<Owned>, Vec<Error>), Error> {
    let (mut marked, refused) = owned::select_allowed(cluster, kinds, &selector(owner)).await?;
    if owner.name.is_empty() {
        // Without a name the selector cannot tell installations of one namespace apart; those with a name are others'.
        marked.retain(|owned| matches!(owned.label(OWNER), None | Some("" | "unknown")));
    }
    Ok((dropped(marked, kept), refused))
}

/// The label selector of what an owner has made, whatever its version.
pub fn selector(owner: &Owner) -> String {
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

/// The first pause between two looks at objects that are being deleted, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));

/// How long it is waited before anything is told.
const QUIET: Duration = Duration::from_secs(1);

/// Of how many objects that take their time it is found out what exactly holds them.
const LOOKED_INTO: usize = 3;

/// What the finalizers that Kubernetes itself sets wait for.
const FINALIZERS: [(&str, &str); 4] = [
    ("foregroundDeletion", "what it owns is still being deleted"),
    ("customresourcecleanup.apiextensions.k8s.io", "its objects are still being deleted"),
    ("kubernetes.io/pvc-protection", "pods still use it"),
    ("service.kubernetes.io/load-balancer-cleanup", "its load balancer is still being removed"),
];

/// Waits until objects that were removed are gone: they stay as long as something holds them, such as pods that take
/// their time to stop. `labels` is the selector they were found by.
///
/// Gives those that are still there at the deadline, with what holds them.
pub async fn until_gone(
    cluster: &Cluster,
    removed: &[Owned],
    labels: &str,
    deadline: Instant,
    progress: &dyn Progress,
) -> Result<Vec<Pending>, Error> {
    let mut left: Vec<(&Owned, Value)> = removed.iter().map(|owned| (owned, Value::Null)).collect();
    let (start, mut pause) = (Instant::now(), PAUSES.0);
    loop {
        left = match still_there(cluster, &left, labels).await {
            // A server that does not answer for a while has not lost anything.
            Err(error) if error.is_unreachable() && Instant::now() < deadline => {
                tokio::time::sleep(pause).await;
                continue;
            }
            there => there?,
        };
        let mut pending = Vec::new();
        for (at, (owned, live)) in left.iter().enumerate() {
            let closer = if pause == PAUSES.1 && at < LOOKED_INTO { holder(cluster, owned).await } else { None };
            let reason = closer.unwrap_or_else(|| reason_to_stay(live));
            pending.push(Pending { object: title_of(&owned.object), reason });
        }
        // What goes within the first moments is no news.
        if start.elapsed() > QUIET {
            progress.tell(Event::Going { objects: pending.clone() });
        }
        if pending.is_empty() || Instant::now() + pause > deadline {
            return Ok(pending);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// Those of the objects that the cluster still has, with their metadata as it is now. One request for each kind.
async fn still_there<'o>(
    cluster: &Cluster,
    objects: &[(&'o Owned, Value)],
    labels: &str,
) -> Result<Vec<(&'o Owned, Value)>, Error> {
    let mut kinds = Vec::new();
    for (owned, _) in objects {
        if !kinds.contains(&&owned.resource) {
            kinds.push(&owned.resource);
        }
    }
    let lists = kinds.into_iter().map(|resource| async move {
        match cluster.list(resource, &Selection { labels, metadata_only: true, ..Selection::default() }).await {
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            list => list,
        }
    });
    let mut live = Vec::new();
    for list in join_all(lists).await {
        live.extend(list?);
    }
    let of_uid = |uid: &str| live.iter().find(|object| object["metadata"]["uid"] == uid);
    Ok(objects.iter().filter_map(|(owned, _)| Some((*owned, of_uid(owned.uid()?)?.clone()))).collect())
}

/// What keeps an object that goes after others: pods of a workload, objects of a kind. None when nothing is found.
async fn holder(cluster: &Cluster, owned: &Owned) -> Option<String> {
    let object = &owned.object;
    let pairs = object["spec"]["selector"]["matchLabels"].as_object().into_iter().flatten();
    let labels: Vec<String> = pairs.filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?))).collect();
    let (resource, labels, namespace) = match owned.resource.kind.as_str() {
        "CustomResourceDefinition" => (owned::defined_by(object), String::new(), None),
        "Deployment" | "DaemonSet" if !labels.is_empty() => {
            (kind("", "Pod").ok()?, labels.join(","), owned.namespace())
        }
        _ => return None,
    };
    let selection = Selection { namespace, labels: &labels, metadata_only: true, ..Selection::default() };
    let mut holders = cluster.list(&resource, &selection).await.ok()?;
    holders.iter_mut().for_each(|holder| holder["kind"] = resource.kind.as_str().into());
    let stuck = |holder: &&Value| reason_to_stay(holder).starts_with(HELD);
    match (holders.iter().find(stuck), holders.len()) {
        (Some(stuck), _) => Some(format!("{} is {}", title_of(stuck), reason_to_stay(stuck))),
        (None, 0) => None,
        (None, count) => Some(format!("{count} {} still being deleted", resource.plural)),
    }
}

/// How the reason begins that no controller of Kubernetes will take away.
const HELD: &str = "held by ";

/// Why an object that was deleted is still there, by its finalizers.
pub fn reason_to_stay(object: &Value) -> String {
    let finalizers = object["metadata"]["finalizers"].as_array().into_iter().flatten().filter_map(Value::as_str);
    // Somebody else's comes first: what Kubernetes waits for passes by itself.
    let (known, foreign): (Vec<&str>, Vec<&str>) =
        finalizers.partition(|name| FINALIZERS.iter().any(|(known, _)| known == name));
    match foreign.as_slice() {
        [] => {
            let reason = FINALIZERS.iter().find(|(name, _)| known.contains(name));
            reason.map(|(_, reason)| (*reason).to_owned()).unwrap_or_default()
        }
        [one] => format!("{HELD}the finalizer {one}"),
        many => format!("{HELD}the finalizers {}", many.join(", ")),
    }
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
    fn what_holds_a_deleted_object_is_told_and_strangers_are_named() {
        let with = |finalizers: &[&str]| reason_to_stay(&json!({"metadata": {"finalizers": finalizers}}));
        assert_eq!(with(&[]), "");
        assert_eq!(with(&["foregroundDeletion"]), "what it owns is still being deleted");
        assert_eq!(with(&["foregroundDeletion", "x.example/keep"]), "held by the finalizer x.example/keep");
        assert_eq!(with(&["a", "b"]), "held by the finalizers a, b");
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
