//! `tag set` and `tag generate`: the objects of a tag, checked against the cluster, then applied or printed.

use serde_json::Value;

use crate::cli::{Compat, Context, Exit, Failure, Outcome};
use crate::cluster::{Apply, Cluster, block_on, name_of};
use crate::install::revisions::injectors::{self, overlaps};
use crate::install::revisions::tag_objects::{self, DEFAULT_VALIDATOR, Wanted};
use crate::install::revisions::{labels, live};
use crate::ui;
use crate::yaml;

/// The field manager of tags, the reference's, so that both tools can move them.
const FIELD_MANAGER: &str = "istio-ci";

/// Create or move a revision tag
#[derive(clap::Args, Debug)]
pub struct Set {
    #[command(flatten)]
    flags: Flags,
}

/// Print the objects of a revision tag
#[derive(clap::Args, Debug)]
pub struct Generate {
    #[command(flatten)]
    flags: Flags,
}

#[derive(clap::Args, Debug)]
struct Flags {
    /// Inject into namespaces that have no injection label (for the tag `default`)
    #[arg(long)]
    auto_inject_namespaces: bool,
    /// Folder with other charts
    #[arg(long, short = 'd', default_value = "")]
    manifests: String,
    /// Move the tag if it exists
    #[arg(long)]
    overwrite: bool,
    /// Revision that the tag points to
    #[arg(long, short = 'r', default_value = "")]
    revision: String,
    /// Do not ask
    #[arg(long, short = 'y')]
    skip_confirmation: bool,
    /// Name of the webhook configuration, instead of istio-revision-tag-TAG
    #[arg(long, default_value = "")]
    webhook_name: String,
    /// Name of the tag
    #[arg(value_name = "TAG")]
    words: Vec<String>,
}

impl Set {
    pub fn run(self, context: &Context) -> Outcome {
        block_on(self.flags.run(context, Goal::Apply))?
    }
}

impl Generate {
    pub fn run(self, context: &Context) -> Outcome {
        block_on(self.flags.run(context, Goal::Print))?
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Goal {
    Apply,
    Print,
}

/// What the cluster holds that a new tag meets.
struct Scene {
    canonical: Value,
    /// Every injection webhook of the cluster.
    webhooks: Vec<Value>,
    /// The live default validator.
    validator: Option<Value>,
}

impl Flags {
    async fn run(self, context: &Context, goal: Goal) -> Outcome {
        let tag = match self.words.as_slice() {
            [] => return Err(Failure::new("must provide a tag for modification")),
            [tag] => tag.as_str(),
            _ => return Err(Failure::new("must provide a single tag for creation")),
        };
        if self.revision.is_empty() {
            return Err(Failure::new("required flag(s) \"revision\" not set"));
        }
        let cluster = Cluster::connect(&context.target()?).await?;
        let istio_namespace = context.globals.istio_namespace.as_str();
        let scene = self.look(&cluster, tag, istio_namespace, goal).await?;
        let wanted = Wanted {
            tag,
            revision: &self.revision,
            istio_namespace,
            auto_inject: self.auto_inject_namespaces,
            webhook_name: &self.webhook_name,
            manifests: &self.manifests,
            labels: &[],
            of_user: true,
        };
        let objects = tag_objects::objects(&wanted, &scene.canonical, scene.validator.as_ref())?;
        let conflicts = conflicts(&objects[0], &scene.webhooks, tag, context.compat);
        if !conflicts.is_empty() && !self.skip_confirmation {
            ui::tell("The tag conflicts with webhooks that are there (--skip-confirmation goes on):");
            for conflict in &conflicts {
                ui::tell(conflict);
            }
            if goal == Goal::Apply && !crate::ui::prompt::confirm("Apply anyways? [y/N]")? {
                return Ok(Exit::OK);
            }
        }
        if goal == Goal::Print {
            let documents: Vec<String> =
                objects.iter().map(|object| yaml::to_string(&tag_objects::as_printed(object))).collect();
            ui::print(&documents.join("\n---\n"))?;
            return Ok(Exit::OK);
        }
        apply(&cluster, &objects, tag, &scene.webhooks).await?;
        ui::print(&format!(
            "Revision tag \"{tag}\" created, referencing control plane revision \"{}\". To enable injection using this\n\
             revision tag, use 'kubectl label namespace <NAMESPACE> istio.io/rev={tag}'\n",
            self.revision
        ))?;
        Ok(Exit::OK)
    }

    /// Reads what is there and refuses what cannot be.
    async fn look(&self, cluster: &Cluster, tag: &str, istio_namespace: &str, goal: Goal) -> Result<Scene, Failure> {
        let revision = self.revision.as_str();
        let planes = live::control_planes(cluster, istio_namespace).await?;
        let all = planes.webhooks.iter().chain(&planes.services);
        let pairs: Vec<(&str, &str)> = planes.pairs().collect();
        let taken = pairs.contains(&(tag, ""));
        if goal == Goal::Apply && taken && !self.overwrite && tag != "default" {
            return Err(Failure::new(format!(
                "cannot create revision tag \"{tag}\": found existing control plane revision with same name"
            )));
        }
        let own = |objects: &[Value], app: Option<&str>| {
            let is = |object: &&Value| {
                labels::label(object, injectors::REVISION) == Some(revision)
                    && labels::label(object, injectors::TAG).is_none()
                    && app.is_none_or(|app| labels::label(object, "app") == Some(app))
            };
            objects.iter().filter(is).cloned().collect::<Vec<Value>>()
        };
        let (webhooks, services) = (own(&planes.webhooks, None), own(&planes.services, Some("istiod")));
        if services.len() > 1 {
            return Err(Failure::new(format!(
                "cannot modify tag: found multiple canonical services with revision \"{revision}\" in namespace \"{istio_namespace}\""
            )));
        }
        if webhooks.len() > 1 {
            return Err(Failure::new(format!(
                "cannot modify tag: found multiple canonical webhooks or services with revision \"{revision}\""
            )));
        }
        let Some(canonical) = webhooks.into_iter().next() else {
            let known: Vec<&str> =
                pairs.iter().filter(|(_, tag)| tag.is_empty()).map(|(revision, _)| *revision).collect();
            let what = if services.is_empty() {
                "MutatingWebhookConfiguration or Service"
            } else {
                "MutatingWebhookConfiguration"
            };
            let failure = Failure::new(format!("cannot modify tag: cannot find {what} with revision \"{revision}\""));
            return Err(match known.is_empty() {
                true => failure.hint(format!("no revision is installed in {istio_namespace}")),
                false => failure.hint(format!("installed revisions: {}", known.join(", "))),
            });
        };
        if !self.overwrite && all.clone().any(|object| labels::label(object, injectors::TAG) == Some(tag)) {
            return Err(Failure::new(format!("revision tag \"{tag}\" already exists, and --overwrite is false")));
        }
        let validator = if tag == "default" {
            let kind = cluster.resource("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration").await?;
            cluster.get(&kind, None, DEFAULT_VALIDATOR).await?
        } else {
            None
        };
        Ok(Scene { canonical, webhooks: planes.webhooks, validator })
    }
}

/// Label sets that the tag's webhook and another one would both answer for, told one a line.
///
/// The reference looks only at webhooks of the tag's own revision; so a tag named like another revision slips through.
fn conflicts(webhook: &Value, others: &[Value], tag: &str, compat: Compat) -> Vec<String> {
    let name = name_of(webhook);
    let revision = labels::label(webhook, injectors::REVISION);
    let mut scene: Vec<Value> = others
        .iter()
        .filter(|other| name_of(other) != name && labels::label(other, injectors::TAG) != Some(tag))
        .filter(|other| compat != Compat::Strict || labels::label(other, injectors::REVISION) == revision)
        // The unnamed revision hands its work to the default tag.
        .filter(|other| {
            let unnamed = labels::label(other, injectors::REVISION) == Some("default");
            !(tag == "default" && unnamed && labels::label(other, injectors::TAG).is_none())
        })
        .cloned()
        .collect();
    scene.push(webhook.clone());
    let prefix = format!("{name}/");
    let mut lines = Vec::new();
    for overlap in overlaps(&scene) {
        for entry in overlap.entries.iter().filter(|entry| entry.starts_with(&prefix)) {
            let rest: Vec<&str> = overlap.entries.iter().filter(|other| *other != entry).map(String::as_str).collect();
            lines.push(format!(
                "Error [IST0139] (MutatingWebhookConfiguration {name}) Webhook overlaps with others: {}. \
                 This may cause injection to occur twice.",
                rest.join(", ")
            ));
        }
    }
    lines.sort();
    lines.dedup();
    lines
}

/// Applies the tag; for `default`, then puts the plain webhook of the unnamed revision to rest.
///
/// In this order a pod is never left without an injector: two that answer for a moment inject once.
async fn apply(cluster: &Cluster, objects: &[Value], tag: &str, webhooks: &[Value]) -> Result<(), Failure> {
    let how = Apply { field_manager: FIELD_MANAGER, force: true, dry_run: false };
    // A first pass writes nothing: the server refuses the whole tag rather than half of it.
    for dry_run in [true, false] {
        for object in objects {
            let resource = cluster.resource_of(object).await?;
            cluster
                .apply(&resource, object, &Apply { dry_run, ..how })
                .await
                .map_err(|error| Failure::new(format!("the tag was not written: {error}")))?;
        }
    }
    if tag == "default" {
        deactivate_plain(cluster, webhooks).await?;
    }
    Ok(())
}

/// Tells the unnamed revision's own webhook to match nothing, if it is there and awake. Gives whether it was.
pub async fn deactivate_plain(cluster: &Cluster, webhooks: &[Value]) -> Result<bool, Failure> {
    let plain: Vec<&Value> = webhooks
        .iter()
        .filter(|w| {
            labels::label(w, injectors::REVISION) == Some("default") && labels::label(w, injectors::TAG).is_none()
        })
        .collect();
    match plain.as_slice() {
        [] => Ok(false),
        [webhook] if injectors::is_deactivated(webhook) => Ok(false),
        [webhook] => {
            let resource = cluster.resource_of(webhook).await?;
            cluster.change(&resource, webhook, FIELD_MANAGER, injectors::deactivate).await?;
            Ok(true)
        }
        _ => Err(Failure::new("expected a single webhook for default revision")),
    }
}
