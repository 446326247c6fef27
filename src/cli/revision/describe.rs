//! `revision describe`: everything there is of one revision.

use serde_json::json;

use super::{check_format, joined, look};
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::block_on;
use crate::install::canary::mesh::Mesh;
use crate::install::revisions::Revision;
use crate::ui::tabwriter::TabWriter;

/// Describe a control plane revision: istiods, tags, webhooks, namespaces, pods, proxies
#[derive(clap::Args, Debug)]
pub struct Describe {
    /// Format: table, json or yaml
    #[arg(long, short = 'o', default_value = "table")]
    output: String,
    /// Name of the revision, or of a tag
    #[arg(value_name = "REVISION")]
    words: Vec<String>,
}

impl Describe {
    pub fn run(self, context: &Context) -> Outcome {
        let [name] = self.words.as_slice() else {
            return Err(Failure::usage(format!("revision describe takes one revision, got {}", self.words.len())));
        };
        check_format(&self.output)?;
        let (revisions, mesh) = block_on(look(context))??;
        let named = |revision: &&Revision| revision.revision == *name || revision.tags.contains(name);
        let Some(revision) = revisions.iter().find(named) else {
            let known: Vec<&str> = revisions.iter().map(|revision| revision.revision.as_str()).collect();
            let failure = Failure::new(format!("there is no revision or tag \"{name}\""));
            return Err(match known.is_empty() {
                true => failure.hint("no control plane is installed"),
                false => failure.hint(format!("revisions: {}", known.join(", "))),
            });
        };
        let text = match self.output.as_str() {
            "json" => format!("{}\n", serde_json::to_string_pretty(revision)?),
            "yaml" => crate::yaml::to_string(&json!(revision)),
            _ => page(revision, &mesh),
        };
        crate::ui::print(&text)?;
        Ok(Exit::OK)
    }
}

fn page(revision: &Revision, mesh: &Mesh) -> String {
    let mut facts = TabWriter::new(2);
    let version = if revision.version.is_empty() { "-" } else { &revision.version };
    let proxies = match &revision.proxies {
        Some(proxies) => format!("{} connected", proxies.len()),
        None => "istiod does not tell".to_owned(),
    };
    facts.row(["Revision:", &revision.revision]);
    facts.row(["Default:", if revision.default { "yes" } else { "no" }]);
    facts.row(["Version:", version]);
    facts.row(["Control plane:", revision.health(mesh)]);
    facts.row(["Tags:", &joined(&revision.tags)]);
    facts.row(["Namespaces:", &joined(&revision.namespaces)]);
    facts.row(["Injected pods:", &revision.pods.len().to_string()]);
    facts.row(["Proxies:", &proxies]);
    let mut text = facts.finish();
    if !revision.istiods.is_empty() {
        let mut table = TabWriter::new(2);
        table.row(["ISTIOD", "READY", "RESTARTS"]);
        for istiod in &revision.istiods {
            table.row([istiod.pod.as_str(), if istiod.ready { "yes" } else { "no" }, &istiod.restarts.to_string()]);
        }
        text.push_str(&format!("\n{}", table.finish()));
    }
    if !revision.webhooks.is_empty() {
        let mut table = TabWriter::new(2);
        table.row(["WEBHOOK", "TAG", "ACTIVE"]);
        for webhook in &revision.webhooks {
            let tag = if webhook.tag.is_empty() { "-" } else { &webhook.tag };
            table.row([webhook.name.as_str(), tag, if webhook.active { "yes" } else { "no" }]);
        }
        text.push_str(&format!("\n{}", table.finish()));
    }
    if !revision.pods.is_empty() {
        text.push_str("\nINJECTED PODS\n");
        for pod in &revision.pods {
            text.push_str(&format!("{pod}\n"));
        }
    }
    text
}
