//! The install record: a ConfigMap that says what was installed, from what, when, by whom.
//!
//! A cache of facts, never a condition: a run without it works, and says so where that matters.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{OWN_MANAGER, Owner, Part};
use crate::cluster::{Apply, Cluster, Error, Propagation, Selection, name_of, object_namespace};
use crate::install::revisions::live::kind;
use crate::yaml;

const LABEL: &str = "bowline.dev/record";
/// Keys whose values are replaced by their digest.
const SECRET_WORDS: [&str; 5] = ["password", "token", "secretkey", "privatekey", "apikey"];

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Written before the first change, so that a run that was killed leaves a trace.
    Applying,
    Applied,
    Failed,
    Uninstalling,
}

impl Stage {
    pub fn name(self) -> &'static str {
        match self {
            Stage::Applying => "applying",
            Stage::Applied => "applied",
            Stage::Failed => "failed",
            Stage::Uninstalling => "uninstalling",
        }
    }
}

/// What a record is made from.
#[derive(Clone, Debug)]
pub struct Facts<'f> {
    pub owner: &'f Owner,
    /// What the user gave, as one IstioOperator document.
    pub input: &'f Value,
    /// The merged IstioOperator.
    pub spec: &'f Value,
    /// [`digest`] and [`inventory`] of what is applied.
    pub digest: &'f str,
    pub inventory: &'f str,
    /// The moment, RFC 3339.
    pub time: String,
    /// Who ran it, as the local system says.
    pub user: String,
}

/// The name of an installation's record.
pub fn name(revision: &str) -> String {
    match revision {
        "" | "default" => "bowline-install".to_owned(),
        revision => format!("bowline-install-{revision}"),
    }
}

/// The record as an object.
pub fn object(facts: &Facts, stage: Stage) -> Value {
    let status = json!({
        "state": stage.name(),
        "version": facts.owner.version,
        "client": env!("CARGO_PKG_VERSION"),
        "revision": facts.owner.revision_label(),
        "time": facts.time,
        "user": facts.user,
        "digest": facts.digest,
    });
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": name(&facts.owner.revision),
            "namespace": facts.owner.namespace,
            "labels": {LABEL: "install", "app.kubernetes.io/managed-by": "bowline"},
        },
        "data": {
            "status.json": status.to_string(),
            "input.yaml": yaml::to_string(&redacted(facts.input)),
            "spec.yaml": yaml::to_string(&redacted(facts.spec)),
            "inventory": facts.inventory,
        },
    })
}

/// One line an object: component, apiVersion, kind, namespace (`-` for none), name, digest.
pub fn inventory(parts: &[Part]) -> String {
    let mut text = String::new();
    for part in parts {
        for object in &part.objects {
            let field = |key: &str| object[key].as_str().unwrap_or_default();
            let namespace = object_namespace(object).unwrap_or("-");
            let line =
                [part.name, field("apiVersion"), field("kind"), namespace, name_of(object), &short_digest(object)];
            text.push_str(&line.join(" "));
            text.push('\n');
        }
    }
    text
}

/// The digest of a rendered set.
pub fn digest(parts: &[Part]) -> String {
    let mut hash = Sha256::new();
    for object in parts.iter().flat_map(|part| &part.objects) {
        hash.update(object.to_string().as_bytes());
    }
    hex(&hash.finalize())
}

fn short_digest(object: &Value) -> String {
    hex(&Sha256::digest(object.to_string().as_bytes())).chars().take(16).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A tree in which values under keys that look like secrets are replaced by their digest.
pub fn redacted(tree: &Value) -> Value {
    match tree {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| {
                let lower = key.to_lowercase();
                let secret = SECRET_WORDS.iter().any(|word| lower.contains(word));
                let value = match value {
                    Value::String(text) if secret && !text.is_empty() => {
                        Value::String(format!("sha256:{}", hex(&Sha256::digest(text.as_bytes()))))
                    }
                    other => redacted(other),
                };
                (key.clone(), value)
            })
            .collect(),
        Value::Array(items) => items.iter().map(redacted).collect(),
        other => other.clone(),
    }
}

/// A record that was found.
#[derive(Clone, Debug)]
pub struct Record {
    pub revision: String,
    /// `applying`, `applied`, `failed`, `uninstalling`.
    pub state: String,
    pub version: String,
    pub time: String,
    pub user: String,
    pub digest: String,
    /// What the user gave; null when it cannot be read.
    pub input: Value,
    /// The merged IstioOperator; null when it cannot be read.
    pub spec: Value,
    /// Lines of the inventory.
    pub inventory: Vec<String>,
}

impl Record {
    fn read(object: &Value) -> Self {
        let text = |key: &str| object["data"][key].as_str().unwrap_or_default();
        let status: Value = serde_json::from_str(text("status.json")).unwrap_or_default();
        let field = |key: &str| status[key].as_str().unwrap_or_default().to_owned();
        Record {
            revision: field("revision"),
            state: field("state"),
            version: field("version"),
            time: field("time"),
            user: field("user"),
            digest: field("digest"),
            input: yaml::from_str(text("input.yaml")).unwrap_or_default(),
            spec: yaml::from_str(text("spec.yaml")).unwrap_or_default(),
            inventory: text("inventory").lines().map(str::to_owned).collect(),
        }
    }
}

/// Writes the record.
pub async fn write(cluster: &Cluster, facts: &Facts<'_>, stage: Stage) -> Result<(), Error> {
    let how = Apply { field_manager: OWN_MANAGER, force: true, dry_run: false };
    cluster.apply(&kind("", "ConfigMap")?, &object(facts, stage), &how).await?;
    Ok(())
}

/// Sets how far the work on a revision is, if there is a record of it. A record that changes meanwhile is left to whoever
/// changes it.
pub async fn mark(cluster: &Cluster, namespace: &str, revision: &str, stage: Stage) -> Result<(), Error> {
    let maps = kind("", "ConfigMap")?;
    let Some(live) = cluster.get(&maps, Some(namespace), &name(revision)).await? else { return Ok(()) };
    let text = live["data"]["status.json"].as_str().unwrap_or_default();
    let Ok(Value::Object(mut status)) = serde_json::from_str(text) else { return Ok(()) };
    status.insert("state".to_owned(), stage.name().into());
    let patch = json!({"data": {"status.json": Value::Object(status).to_string()}});
    match cluster.merge_patch(&maps, Some(namespace), &name(revision), &patch, OWN_MANAGER).await {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

/// Deletes the record of a revision, if it is there.
pub async fn delete(cluster: &Cluster, namespace: &str, revision: &str) -> Result<(), Error> {
    cluster.delete(&kind("", "ConfigMap")?, Some(namespace), &name(revision), Propagation::Background, None).await?;
    Ok(())
}

/// The record of one revision.
pub async fn read(cluster: &Cluster, namespace: &str, revision: &str) -> Result<Option<Record>, Error> {
    let found = cluster.get(&kind("", "ConfigMap")?, Some(namespace), &name(revision)).await?;
    Ok(found.as_ref().map(Record::read))
}

/// Every record of a namespace.
pub async fn records(cluster: &Cluster, namespace: &str) -> Result<Vec<Record>, Error> {
    let labels = format!("{LABEL}=install");
    let selection = Selection { namespace: Some(namespace), labels: &labels, ..Selection::default() };
    Ok(cluster.list(&kind("", "ConfigMap")?, &selection).await?.iter().map(Record::read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_tells_what_was_installed_and_keeps_secrets_out() {
        let owner = Owner {
            name: String::new(),
            namespace: "istio-system".into(),
            revision: "canary".into(),
            version: "1.30.3".into(),
        };
        let parts = [Part {
            name: "Pilot",
            title: "Istiod",
            objects: vec![
                json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "istiod", "namespace": "istio-system"}}),
            ],
        }];
        let input = json!({"spec": {"values": {"global": {"adminPassword": "hunter2"}}}});
        let (digest, inventory) = (digest(&parts), inventory(&parts));
        let facts = Facts {
            owner: &owner,
            input: &input,
            spec: &input,
            digest: &digest,
            inventory: &inventory,
            time: "T".into(),
            user: "me".into(),
        };
        let object = object(&facts, Stage::Applied);
        assert_eq!(object["metadata"]["name"], "bowline-install-canary");
        assert!(!object.to_string().contains("hunter2"));
        let record = Record::read(&object);
        assert_eq!(
            (record.state.as_str(), record.revision.as_str(), record.user.as_str()),
            ("applied", "canary", "me")
        );
        assert_eq!(record.inventory.len(), 1);
        assert!(record.inventory[0].starts_with("Pilot v1 Service istio-system istiod "), "{:?}", record.inventory);
    }
}
