//! Making an installation the default one: the tag `default` points to it, and the plain webhook of the unnamed revision,
//! which did that work until then, rests.

use serde_json::Value;

use super::text_at;
use crate::cli::Failure;
use crate::cli::tag::deactivate_plain;
use crate::cluster::{Cluster, name_of, object_namespace};
use crate::install::deploy::apply::Run;
use crate::install::deploy::owned::NOT_PRUNED;
use crate::install::deploy::ownership::is_settled;
use crate::install::deploy::{FIELD_MANAGER, Owner, Part};
use crate::install::revisions::injectors::{self, REVISION, TAG};
use crate::install::revisions::labels::label;
use crate::install::revisions::live::{self, kind};
use crate::install::revisions::tag_objects::{self, Wanted};
use crate::install::spec::Operator;
use crate::ui;

/// Who becomes the default.
pub struct Heir<'h> {
    pub operator: &'h Operator,
    pub owner: &'h Owner,
    pub parts: &'h [Part],
    /// The revision that the default tag pointed to before.
    pub predecessor: Option<&'h str>,
    /// Follow the reference to the letter: write everything, and the plain webhook as a whole.
    pub strict: bool,
}

/// Points the tag. Gives whether anything was written.
///
/// In this order a pod is never left without an injector: two that answer for a moment inject once.
pub async fn point(cluster: &Cluster, run: &Run<'_>, heir: &Heir<'_>) -> Result<bool, Failure> {
    let failed = |error: String| Failure::new(format!("failed deploying webhooks: {error}"));
    let Heir { operator, owner, .. } = heir;
    let webhooks = live::webhooks(cluster, REVISION).await?;
    let own =
        |webhook: &&Value| label(webhook, REVISION) == Some(owner.revision_label()) && label(webhook, TAG).is_none();
    // A control plane without an injector of its own (a remote cluster) has nothing to point to.
    let Some(canonical) = webhooks.iter().find(own) else { return Ok(false) };
    if heir.predecessor.is_some_and(|revision| revision != "default") && owner.revision.is_empty() {
        ui::print(
            "Default injection and validation move to the default revision; until now another revision had them.\n",
        )?;
    }
    let validators = kind("admissionregistration.k8s.io", "ValidatingWebhookConfiguration")?;
    let validator = cluster.get(&validators, None, tag_objects::DEFAULT_VALIDATOR).await?;
    let mut labels = owner.labels();
    labels.push((NOT_PRUNED, "true"));
    let settings = &operator.document["spec"]["values"]["sidecarInjectorWebhook"];
    let wanted = Wanted {
        tag: "default",
        revision: owner.revision_label(),
        istio_namespace: &owner.namespace,
        auto_inject: settings["enableNamespacesByDefault"].as_bool().unwrap_or(false),
        webhook_name: "",
        manifests: text_at(&operator.document, &["spec", "installPackagePath"]),
        labels: &labels,
        of_user: false,
    };
    let mut wrote = false;
    for object in &tag_objects::objects(&wanted, canonical, validator.as_ref())? {
        if heir.strict || !is_there(cluster, object, &webhooks, validator.as_ref()).await? {
            run.apply(object).await.map_err(failed)?;
            wrote = true;
        }
    }
    if let Some(asleep) = plain_asleep(heir, &webhooks) {
        run.apply(&asleep).await.map_err(failed)?;
        return Ok(true);
    }
    Ok(deactivate_plain(cluster, &webhooks).await? || wrote)
}

/// The plain webhook of this very installation as it rests, if it is awake: applied like every other object of it, so
/// that the next run finds it as it would write it.
fn plain_asleep(heir: &Heir<'_>, webhooks: &[Value]) -> Option<Value> {
    let plain = |webhook: &&Value| label(webhook, REVISION) == Some("default") && label(webhook, TAG).is_none();
    let live = webhooks.iter().find(plain).filter(|webhook| !heir.strict && !injectors::is_deactivated(webhook))?;
    let mut objects = heir.parts.iter().flat_map(|part| &part.objects);
    let rendered = objects.find(|object| object["kind"] == live["kind"] && name_of(object) == name_of(live))?;
    let mut asleep = rendered.clone();
    injectors::deactivate(&mut asleep);
    Some(asleep)
}

/// Whether an object of the tag is there as it would be written.
async fn is_there(
    cluster: &Cluster,
    object: &Value,
    webhooks: &[Value],
    validator: Option<&Value>,
) -> Result<bool, Failure> {
    let same = |live: &&Value| live["kind"] == object["kind"] && name_of(live) == name_of(object);
    if let Some(live) = webhooks.iter().chain(validator).find(same) {
        return Ok(is_settled(live, object, FIELD_MANAGER));
    }
    if object["kind"] != "Service" {
        return Ok(false);
    }
    let live = cluster.get(&kind("", "Service")?, object_namespace(object), name_of(object)).await?;
    Ok(live.is_some_and(|live| is_settled(&live, object, FIELD_MANAGER)))
}
