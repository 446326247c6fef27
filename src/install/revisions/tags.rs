//! Revision tags: which there are, what they point to, who uses them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::injectors::REVISION;
use super::labels::label;
use super::live::ControlPlanes;

/// A tag, or a revision without one.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Tag {
    /// Empty for a revision without a tag.
    pub tag: String,
    pub revision: String,
    /// Namespaces whose label names the tag.
    pub namespaces: Vec<String>,
}

/// Every tag by revision and name; a revision without a tag has a row with an empty one.
pub fn tags(planes: &ControlPlanes, namespaces: &[Value]) -> Vec<Tag> {
    let mut by_revision: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (revision, tag) in planes.pairs() {
        by_revision.entry(revision).or_default().insert(tag);
    }
    let mut rows = Vec::new();
    for (revision, mut tags) in by_revision {
        if tags.len() > 1 {
            tags.remove("");
        }
        for tag in tags {
            rows.push(Tag { tag: tag.to_owned(), revision: revision.to_owned(), namespaces: users(tag, namespaces) });
        }
    }
    rows
}

/// The names of the namespaces whose label names this tag or revision; the empty one is named by nobody.
pub fn users(name: &str, namespaces: &[Value]) -> Vec<String> {
    let named = |namespace: &&Value| !name.is_empty() && label(namespace, REVISION) == Some(name);
    namespaces.iter().filter(named).map(|namespace| crate::cluster::name_of(namespace).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_revision_shows_its_tags_or_itself() {
        let object = |labels: Value| json!({"metadata": {"labels": labels}});
        let planes = ControlPlanes {
            webhooks: vec![
                object(json!({"istio.io/rev": "canary"})),
                object(json!({"istio.io/rev": "canary", "istio.io/tag": "prod"})),
                object(json!({"istio.io/rev": "default"})),
            ],
            services: vec![object(json!({"istio.io/rev": "canary", "istio.io/tag": "edge"})), object(json!({}))],
        };
        let namespaces = [json!({"metadata": {"name": "shop", "labels": {"istio.io/rev": "prod"}}})];
        let row = |tag: &str, revision: &str, namespaces: &[&str]| Tag {
            tag: tag.into(),
            revision: revision.into(),
            namespaces: namespaces.iter().map(|name| (*name).to_owned()).collect(),
        };
        assert_eq!(
            tags(&planes, &namespaces),
            [row("edge", "canary", &[]), row("prod", "canary", &["shop"]), row("", "default", &[])]
        );
    }
}
