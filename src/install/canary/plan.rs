//! Which revision is left, who moves, and in which order.

use std::collections::BTreeMap;

use serde_json::Value;

use super::mesh::{Mesh, injected_by, pods_of};
use super::moves::labels_before;
use super::record::Upgrade;
use super::state::{is_restartable, title};
use crate::cluster::{name_of, object_namespace};
use crate::install::deploy::owned::COMPONENT;
use crate::install::revisions::labels::label;

/// Stands for every namespace that no wave names.
pub const REST: &str = "*";

/// What the user asked for.
#[derive(Clone, Debug, Default)]
pub struct Wanted<'w> {
    pub id: &'w str,
    pub to: &'w str,
    /// Empty: found out.
    pub from: &'w str,
    /// Empty: each namespace by itself, the smallest first.
    pub waves: Vec<Vec<String>>,
    pub soak_seconds: u64,
    pub allow_downtime: Vec<String>,
}

/// Why there is no plan.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("no istiod is installed in the mesh")]
    NoRevision,
    #[error("several revisions are installed ({0}) and none of them is the default")]
    WhichOne(String),
    #[error("revision \"{0}\" has no istiod; installed: {1}")]
    NoSuchRevision(String, String),
    #[error("revision \"{0}\" is the one to leave")]
    SameRevision(String),
    #[error("\"{0}\" is a tag; a new revision needs a name of its own")]
    IsTag(String),
    #[error("namespace \"{0}\" is not injected by revision \"{1}\"")]
    NoMember(String, String),
    #[error("namespace \"{0}\" is in two waves")]
    Twice(String),
}

/// The plan of an upgrade.
pub fn plan(wanted: &Wanted, mesh: &Mesh) -> Result<Upgrade, Error> {
    let from = old_revision(wanted, mesh)?;
    if wanted.to == from {
        return Err(Error::SameRevision(from.to_owned()));
    }
    if mesh.tag_webhook(wanted.to).is_some() {
        return Err(Error::IsTag(wanted.to.to_owned()));
    }
    let members = mesh.members(from);
    let waves = waves(wanted, mesh, from, &members)?;
    let before: BTreeMap<String, Value> =
        waves.iter().flatten().filter_map(|name| Some((name.clone(), labels_before(mesh.namespace(name)?)))).collect();
    Ok(Upgrade {
        id: wanted.id.to_owned(),
        from: from.to_owned(),
        to: wanted.to.to_owned(),
        waves,
        soak_seconds: wanted.soak_seconds,
        allow_downtime: wanted.allow_downtime.clone(),
        before,
        tags: mesh.tags().iter().filter(|(_, to)| *to == from).map(|(tag, _)| (*tag).to_owned()).collect(),
        ..Upgrade::default()
    })
}

fn old_revision<'m>(wanted: &Wanted<'m>, mesh: &'m Mesh) -> Result<&'m str, Error> {
    let others: Vec<&str> = mesh.revisions().into_iter().filter(|revision| *revision != wanted.to).collect();
    if !wanted.from.is_empty() {
        let known = others.iter().find(|revision| **revision == wanted.from);
        let same = wanted.from == wanted.to;
        return match known {
            Some(revision) => Ok(revision),
            None if same => Err(Error::SameRevision(wanted.from.to_owned())),
            None => Err(Error::NoSuchRevision(wanted.from.to_owned(), mesh.revisions().join(", "))),
        };
    }
    let default = mesh.tags().iter().find(|(tag, _)| *tag == "default").map(|(_, revision)| *revision);
    match (others.as_slice(), default.filter(|revision| others.contains(revision))) {
        (_, Some(default)) => Ok(default),
        ([one], None) => Ok(one),
        ([], None) if mesh.revisions().is_empty() => Err(Error::NoRevision),
        ([], None) => Err(Error::SameRevision(wanted.to.to_owned())),
        (many, None) => match many.iter().find(|revision| **revision == "default") {
            Some(unnamed) => Ok(unnamed),
            None => Err(Error::WhichOne(many.join(", "))),
        },
    }
}

fn waves(wanted: &Wanted, mesh: &Mesh, from: &str, members: &[&str]) -> Result<Vec<Vec<String>>, Error> {
    if wanted.waves.is_empty() {
        let size = |name: &str| mesh.pods_in(name).filter(|pod| injected_by(pod).is_some()).count();
        let mut names = members.to_vec();
        names.sort_by_key(|name| (size(name), *name));
        return Ok(names.into_iter().map(|name| vec![name.to_owned()]).collect());
    }
    let named: Vec<&String> = wanted.waves.iter().flatten().collect();
    for (at, name) in named.iter().enumerate() {
        if named.iter().take(at).any(|earlier| earlier == name) {
            return Err(Error::Twice((*name).clone()));
        }
        if name.as_str() != REST && !members.contains(&name.as_str()) {
            return Err(Error::NoMember((*name).clone(), from.to_owned()));
        }
    }
    let rest = || members.iter().filter(|member| !named.iter().any(|name| name == *member)).map(|m| (*m).to_owned());
    let filled = wanted.waves.iter().map(|wave| {
        let names = wave.iter().flat_map(|name| match name.as_str() {
            REST => rest().collect(),
            _ => vec![name.clone()],
        });
        names.collect::<Vec<String>>()
    });
    Ok(filled.filter(|wave| !wave.is_empty()).collect())
}

/// What the upgrade does not move by itself, so that nobody finds out at the end.
pub fn by_hand(upgrade: &Upgrade, mesh: &Mesh) -> Vec<String> {
    let mut notes = Vec::new();
    let planned: Vec<&String> = upgrade.waves.iter().flatten().collect();
    for name in mesh.members(&upgrade.from) {
        if !planned.iter().any(|planned| *planned == name) {
            notes.push(format!("namespace {name} stays on {}: it is in no wave", upgrade.from));
        }
    }
    for workload in mesh.workloads.iter().filter(|workload| !is_restartable(workload)) {
        let injected = mesh.pods_of(workload).iter().any(|pod| injected_by(pod).as_ref() == Some(&upgrade.from));
        if injected {
            notes.push(format!("{}: its pods move when somebody deletes them (OnDelete)", title(workload)));
        }
    }
    for pod in mesh.pods.iter().filter(|pod| injected_by(pod).as_ref() == Some(&upgrade.from)) {
        let owns = |workload: &&Value| !pods_of(workload, std::slice::from_ref(pod)).is_empty();
        let owner = mesh.workloads.iter().find(owns);
        let namespace = object_namespace(pod).unwrap_or_default();
        let Some(workload) = owner else {
            let why = if pod["metadata"]["ownerReferences"].is_null() {
                "a bare pod"
            } else {
                "it belongs to a Job or another controller"
            };
            notes.push(format!("pod {namespace}/{}: {why}; recreate it after its namespace has moved", name_of(pod)));
            continue;
        };
        let moves =
            planned.iter().any(|planned| *planned == namespace) || mesh.members(&upgrade.from).contains(&namespace);
        let note =
            format!("{} is on {} by its own labels; {}", title(workload), upgrade.from, remedy(workload, upgrade));
        if !moves && !notes.contains(&note) {
            notes.push(note);
        }
    }
    let ambient = mesh.workloads.iter().any(|w| w["kind"] == "DaemonSet" && label(w, "app") == Some("ztunnel"));
    if ambient {
        notes
            .push("ztunnel and the CNI agent are shared by all revisions; upgrade them in place afterwards".to_owned());
    }
    notes
}

/// How a workload moves that chooses its revision by itself.
fn remedy(workload: &Value, upgrade: &Upgrade) -> String {
    match label(workload, COMPONENT) {
        Some(component @ ("IngressGateways" | "EgressGateways")) => {
            format!("`install --revision {} --include {component}` moves it", upgrade.to)
        }
        _ => "change those of its pod template".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::canary::mesh::tests::{pod, two_revisions};

    fn wanted<'w>(to: &'w str, waves: &[&[&str]]) -> Wanted<'w> {
        let waves = waves.iter().map(|wave| wave.iter().map(|name| (*name).to_owned()).collect()).collect();
        Wanted { id: "1", to, waves, ..Wanted::default() }
    }

    #[test]
    fn the_smallest_namespace_goes_first() {
        let mut mesh = two_revisions();
        mesh.pods.push(pod("by-name", "web", "old"));
        let upgrade = plan(&wanted("new", &[]), &mesh).expect("a plan");
        assert_eq!((upgrade.from.as_str(), upgrade.tags.as_slice()), ("old", ["prod".to_owned()].as_slice()));
        assert_eq!(upgrade.waves, [["by-tag"], ["by-name"]]);
        assert_eq!(upgrade.before["by-tag"], serde_json::json!({"istio-injection": null, "istio.io/rev": "prod"}));
    }

    #[test]
    fn waves_are_checked() {
        let mesh = two_revisions();
        let waves = |waves| plan(&wanted("new", waves), &mesh).map(|upgrade| upgrade.waves);
        assert_eq!(waves(&[&["by-tag"], &["*"]]), Ok(vec![vec!["by-tag".to_owned()], vec!["by-name".to_owned()]]));
        assert_eq!(waves(&[&["other"]]), Err(Error::NoMember("other".into(), "old".into())));
        assert_eq!(waves(&[&["by-tag"], &["by-tag"]]), Err(Error::Twice("by-tag".into())));
        assert_eq!(plan(&wanted("prod", &[]), &mesh).map(|_| ()), Err(Error::WhichOne("new, old".into())));
        let from = Wanted { from: "old", ..wanted("prod", &[]) };
        assert_eq!(plan(&from, &mesh).map(|_| ()), Err(Error::IsTag("prod".into())));
    }

    #[test]
    fn what_stays_behind_is_told() {
        let mut mesh = two_revisions();
        let mut bare = pod("by-tag", "tool", "old");
        bare["metadata"].as_object_mut().map(|metadata| metadata.remove("ownerReferences"));
        mesh.pods.push(bare);
        let upgrade = plan(&wanted("new", &[&["by-tag"]]), &mesh).expect("a plan");
        assert_eq!(
            by_hand(&upgrade, &mesh),
            [
                "namespace by-name stays on old: it is in no wave",
                "pod by-tag/tool-1: a bare pod; recreate it after its namespace has moved",
            ]
        );
    }
}
