//! Which control plane a command means when no revision is named.

use super::{Cluster, Error, Resource};
use crate::ui::log;

/// The webhook that says which revision is the default.
const DEFAULT_TAG_WEBHOOK: &str = "istio-revision-tag-default";

impl Cluster {
    /// The revision that is meant: the one given, else the one the default tag points to, else `default`.
    ///
    /// One bounded request. A cluster that refuses to show its webhooks counts as having no default tag.
    pub async fn default_revision(&self, given: &str) -> String {
        if !given.is_empty() {
            return given.to_owned();
        }
        match self.default_tag_revision().await {
            Ok(Some(revision)) => revision,
            Ok(None) => "default".to_owned(),
            // Whoever is asked next fails for the same reason, and tells it.
            Err(error) if error.is_unreachable() => "default".to_owned(),
            Err(error) => {
                log::warn(&format!(
                    "cannot tell the default revision ({error}); assuming \"default\", --revision names another"
                ));
                "default".to_owned()
            }
        }
    }

    /// As [`Cluster::default_revision`], with the unnamed revision as an empty text.
    pub async fn control_plane_revision(&self, given: &str) -> String {
        let revision = self.default_revision(given).await;
        if revision == "default" { String::new() } else { revision }
    }

    async fn default_tag_revision(&self) -> Result<Option<String>, Error> {
        let Some(webhooks) = Resource::known("admissionregistration.k8s.io", "MutatingWebhookConfiguration") else {
            return Ok(None);
        };
        let webhook = self.get(&webhooks, None, DEFAULT_TAG_WEBHOOK).await?;
        Ok(webhook.and_then(|webhook| webhook["metadata"]["labels"]["istio.io/rev"].as_str().map(str::to_owned)))
    }
}
