//! Keeping the default where it is: a default tag for the old revision, before a new one is installed.

use serde_json::Value;

use super::{Driver, Error, Event, MANAGER};
use crate::cluster::{Apply, Propagation, name_of};
use crate::install::canary::gates;
use crate::install::canary::matrix::{labels_by_namespace, matrix};
use crate::install::canary::mesh::Mesh;
use crate::install::canary::record::{Pin, Upgrade};
use crate::install::revisions::injectors::{REVISION, TAG, deactivate, is_deactivated};
use crate::install::revisions::labels::label;
use crate::install::revisions::live::kind;
use crate::install::revisions::tag_objects::{self, DEFAULT_VALIDATOR, Wanted};

/// The field manager of tags, so that `tag set` of either tool can move them later.
const TAG_MANAGER: &str = "istio-ci";
const ADMISSION: &str = "admissionregistration.k8s.io";

impl Driver<'_> {
    /// Gives the old revision the default tag, if its plain webhook does that work now.
    ///
    /// The tag comes first and the plain webhook rests afterwards: two injectors for a moment inject once, none for a
    /// moment leaves pods without a proxy.
    pub async fn pin(&self, upgrade: &mut Upgrade) -> Result<(), Error> {
        let mesh = self.look().await?;
        let plain = mesh.own_webhook("default").filter(|_| upgrade.from == "default");
        let awake = plain.filter(|webhook| !is_deactivated(webhook));
        if upgrade.pin.is_none() && (mesh.tag_webhook("default").is_some() || awake.is_none()) {
            return Ok(());
        }
        let Some(plain) = awake else { return Ok(()) };
        (self.tell)(Event::Step { what: format!("Keeping the default on {}", upgrade.from) });
        let objects = self.tag_objects(&mesh, "default", &upgrade.from, &[]).await?;
        let mut resting = plain.clone();
        deactivate(&mut resting);
        self.judge("pin", self.injection_after(&mesh, &objects, Some(&resting)))?;
        if upgrade.pin.is_none() {
            let validator = self.validator().await?;
            upgrade.pin = Some(Pin {
                webhook: name_of(plain).to_owned(),
                selectors: selectors(plain),
                had_validator: validator.is_some(),
            });
            upgrade.tags = vec!["default".to_owned()];
            self.save(upgrade).await?;
        }
        self.apply_tag(&mesh, "default", &objects).await?;
        self.cluster.change(&kind(ADMISSION, "MutatingWebhookConfiguration")?, plain, MANAGER, deactivate).await?;
        (self.tell)(Event::Tagged { tag: "default".to_owned(), revision: upgrade.from.clone() });
        Ok(())
    }

    /// Takes back what [`Driver::pin`] did: the plain webhook wakes first, then the tag goes.
    pub async fn unpin(&self, upgrade: &Upgrade) -> Result<(), Error> {
        let Some(pin) = &upgrade.pin else { return Ok(()) };
        let mesh = self.look().await?;
        let webhooks = kind(ADMISSION, "MutatingWebhookConfiguration")?;
        if let Some(plain) = self.cluster.get(&webhooks, None, &pin.webhook).await? {
            self.cluster.change(&webhooks, &plain, MANAGER, |webhook| wake(webhook, &pin.selectors)).await?;
        }
        if let Some(tag) = mesh.tag_webhook("default").filter(|tag| label(tag, REVISION) == Some(&upgrade.from)) {
            self.cluster.delete(&webhooks, None, name_of(tag), Propagation::Background, None).await?;
            let service = "istiod-revision-tag-default";
            let services = kind("", "Service")?;
            self.cluster.delete(&services, Some(self.istio_namespace), service, Propagation::Background, None).await?;
            if !pin.had_validator {
                let validators = kind(ADMISSION, "ValidatingWebhookConfiguration")?;
                self.cluster.delete(&validators, None, DEFAULT_VALIDATOR, Propagation::Background, None).await?;
            }
            (self.tell)(Event::Removed { object: "tag default, which this upgrade had made".to_owned() });
        }
        Ok(())
    }

    /// The objects of a tag that points to a revision. `labels` go on top: those of whoever owns the tag now.
    pub(super) async fn tag_objects(
        &self,
        mesh: &Mesh,
        tag: &str,
        revision: &str,
        labels: &[(&str, &str)],
    ) -> Result<Vec<Value>, Error> {
        let canonical = mesh.own_webhook(revision).ok_or_else(|| Error::NoWebhook(revision.to_owned()))?;
        let validator = if tag == "default" { self.validator().await? } else { None };
        let live_name = mesh.tag_webhook(tag).map(name_of).unwrap_or_default();
        let wanted = Wanted {
            tag,
            revision,
            istio_namespace: self.istio_namespace,
            auto_inject: mesh.tag_webhook(tag).is_some_and(injects_unlabelled),
            webhook_name: live_name,
            manifests: "",
            labels,
            of_user: true,
        };
        Ok(tag_objects::objects(&wanted, canonical, validator.as_ref())?)
    }

    /// Applies a tag's objects as their present manager, so that fields it no longer has go away.
    pub(super) async fn apply_tag(&self, mesh: &Mesh, tag: &str, objects: &[Value]) -> Result<(), Error> {
        let live = mesh.tag_webhook(tag);
        let managers = live.and_then(|live| live["metadata"]["managedFields"].as_array()).into_iter().flatten();
        let installer = managers.into_iter().any(|entry| entry["manager"] == crate::install::deploy::FIELD_MANAGER);
        let field_manager = if installer { crate::install::deploy::FIELD_MANAGER } else { TAG_MANAGER };
        for dry_run in [true, false] {
            for object in objects {
                let resource = self.cluster.resource_of(object).await?;
                self.cluster.apply(&resource, object, &Apply { field_manager, force: true, dry_run }).await?;
            }
        }
        Ok(())
    }

    /// Whether everybody has as many injectors once these webhooks are written.
    pub(super) fn injection_after(
        &self,
        mesh: &Mesh,
        objects: &[Value],
        resting: Option<&Value>,
    ) -> Vec<gates::Verdict> {
        let written = objects.iter().chain(resting).filter(|object| {
            object["kind"] == "MutatingWebhookConfiguration"
                || label(object, REVISION).is_some() && object["webhooks"].is_array()
        });
        let mut after = mesh.webhooks.clone();
        for object in written.filter(|object| object["kind"] != "ValidatingWebhookConfiguration") {
            after.retain(|known| name_of(known) != name_of(object));
            after.push(object.clone());
        }
        let namespaces = labels_by_namespace(&mesh.namespaces);
        let shapes = mesh.pod_shapes();
        gates::injection(&matrix(&mesh.webhooks, &namespaces, &shapes), &matrix(&after, &namespaces, &shapes))
    }

    async fn validator(&self) -> Result<Option<Value>, Error> {
        let validators = kind(ADMISSION, "ValidatingWebhookConfiguration")?;
        Ok(self.cluster.get(&validators, None, DEFAULT_VALIDATOR).await?)
    }

    /// Puts the plain webhook of the unnamed revision to rest, if it is awake beside the default tag.
    pub(super) async fn rest_plain(&self, mesh: &Mesh) -> Result<(), Error> {
        let plain = mesh.own_webhook("default").filter(|webhook| !is_deactivated(webhook));
        if let Some(plain) = plain {
            self.cluster.change(&kind(ADMISSION, "MutatingWebhookConfiguration")?, plain, MANAGER, deactivate).await?;
        }
        Ok(())
    }
}

/// The labels by which an installer knows a tag as its own.
pub(super) fn owner_labels(tag: &Value) -> Vec<(&str, &str)> {
    let labels = tag["metadata"]["labels"].as_object().into_iter().flatten();
    labels
        .filter(|(key, _)| key.contains("operator.istio.io/") && key.as_str() != TAG)
        .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
        .collect()
}

/// Whether a tag's webhook also takes namespaces without any injection label.
fn injects_unlabelled(webhook: &Value) -> bool {
    let mut entries = webhook["webhooks"].as_array().into_iter().flatten();
    entries.any(|entry| entry["name"].as_str().is_some_and(|name| name.starts_with("auto.")))
}

fn selectors(webhook: &Value) -> Vec<(String, Value, Value)> {
    let entries = webhook["webhooks"].as_array().into_iter().flatten();
    entries
        .map(|entry| {
            let name = entry["name"].as_str().unwrap_or_default().to_owned();
            (name, entry["namespaceSelector"].clone(), entry["objectSelector"].clone())
        })
        .collect()
}

fn wake(webhook: &mut Value, selectors: &[(String, Value, Value)]) {
    for entry in webhook["webhooks"].as_array_mut().into_iter().flatten() {
        let known = selectors.iter().find(|(name, ..)| entry["name"] == name.as_str());
        if let Some((_, namespaces, objects)) = known {
            entry["namespaceSelector"] = namespaces.clone();
            entry["objectSelector"] = objects.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_webhook_wakes_as_it_fell_asleep() {
        let plain = json!({"webhooks": [{"name": "a", "namespaceSelector": {"matchLabels": {"x": "y"}}, "objectSelector": {}}]});
        let mut resting = plain.clone();
        deactivate(&mut resting);
        assert!(is_deactivated(&resting));
        wake(&mut resting, &selectors(&plain));
        assert_eq!(resting, plain);
    }
}
