//! `tag remove`: deletes a tag's webhooks and Services, never the revision behind it.

use crate::cli::{Compat, Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, Propagation, Resource, Selection, block_on, name_of, object_namespace};
use crate::install::revisions::injectors::is_deactivated;
use crate::install::revisions::{live, tags};

/// Remove a revision tag
#[derive(clap::Args, Debug)]
pub struct Remove {
    /// Do not ask
    #[arg(long, short = 'y')]
    skip_confirmation: bool,
    /// Name of the tag
    #[arg(value_name = "TAG")]
    words: Vec<String>,
}

impl Remove {
    pub fn run(self, context: &Context) -> Outcome {
        let [tag] = self.words.as_slice() else {
            return Err(Failure::new(match self.words.len() {
                0 => "must provide a tag for removal",
                _ => "must provide a single tag for removal",
            }));
        };
        block_on(remove(tag, self.skip_confirmation, context))?
    }
}

async fn remove(tag: &str, sure: bool, context: &Context) -> Outcome {
    let cluster = Cluster::connect(&context.target()?).await?;
    let selector = format!("istio.io/tag={tag}");
    let services = live::services(&cluster, &context.globals.istio_namespace, &selector).await?;
    let mut doomed = live::webhooks(&cluster, &selector).await?;
    doomed.extend(services);
    let is_default = tag == "default" && context.compat != Compat::Strict;
    if is_default {
        // The validator came with the tag.
        let validators = live::kind("admissionregistration.k8s.io", "ValidatingWebhookConfiguration")?;
        let labels = Selection { labels: &selector, ..Selection::default() };
        doomed.extend(cluster.list(&validators, &labels).await?);
    }
    if doomed.is_empty() {
        return Err(Failure::new(format!(
            "cannot remove tag \"{tag}\": cannot find MutatingWebhookConfiguration or Service for tag"
        ))
        .hint("`tag list` shows the tags there are"));
    }
    if !sure {
        let namespaces = live::namespaces(&cluster, &format!("istio.io/rev={tag}")).await?;
        let mut users = tags::users(tag, &namespaces);
        if is_default {
            let namespaces = live::namespaces(&cluster, "istio-injection=enabled").await?;
            users.extend(namespaces.iter().map(|namespace| name_of(namespace).to_owned()));
        }
        if !users.is_empty() {
            let question = format!(
                "Caution, found {} namespace(s) still injected by tag \"{tag}\": {}\nProceed with operation? [y/N]",
                users.len(),
                users.join(" ")
            );
            if !crate::ui::prompt::confirm(&question)? {
                crate::ui::print("Aborting operation.\n")?;
                return Ok(Exit::OK);
            }
        }
    }
    // Webhooks come first in the list: a Service without its webhook is called by nobody.
    for object in &doomed {
        let resource: Resource = cluster.resource_of(object).await?;
        cluster
            .delete(&resource, object_namespace(object), name_of(object), Propagation::Background, None)
            .await
            .map_err(|error| Failure::new(format!("{} {}: {error}", resource.kind, name_of(object))))?;
    }
    crate::ui::print(&format!("Revision tag {tag} removed\n"))?;
    if is_default {
        let plain = live::webhooks(&cluster, "istio.io/rev=default,!istio.io/tag").await?;
        if plain.iter().any(is_deactivated) {
            crate::ui::tell(
                "Note: the revision default does not inject by itself while its webhook rests; \
                 `tag set default --revision default` lets it again.",
            );
        }
    }
    Ok(Exit::OK)
}
