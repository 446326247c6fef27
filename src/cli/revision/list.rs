//! `revision list`: one line a revision.

use serde_json::json;

use super::{check_format, joined, look};
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::block_on;
use crate::install::canary::mesh::Mesh;
use crate::install::revisions::Revision;
use crate::ui::tabwriter::TabWriter;

/// List control plane revisions
#[derive(clap::Args, Debug)]
pub struct List {
    /// Format: table, json or yaml
    #[arg(long, short = 'o', default_value = "table")]
    output: String,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl List {
    pub fn run(self, context: &Context) -> Outcome {
        if !self.words.is_empty() {
            return Err(Failure::usage(format!("revision list takes no arguments, got {}", self.words.join(" "))));
        }
        check_format(&self.output)?;
        let (revisions, mesh) = block_on(look(context))??;
        let text = match self.output.as_str() {
            "json" => format!("{}\n", serde_json::to_string_pretty(&revisions)?),
            "yaml" => crate::yaml::to_string(&json!(revisions)),
            _ if revisions.is_empty() => "No control plane revision found.\n".to_owned(),
            _ => table(&revisions, &mesh),
        };
        crate::ui::print(&text)?;
        Ok(Exit::OK)
    }
}

fn table(revisions: &[Revision], mesh: &Mesh) -> String {
    let mut table = TabWriter::new(2);
    table.row(["REVISION", "TAGS", "VERSION", "ISTIOD", "NAMESPACES", "PODS", "PROXIES"]);
    for revision in revisions {
        let name = if revision.default { format!("{}*", revision.revision) } else { revision.revision.clone() };
        let version = if revision.version.is_empty() { "-" } else { &revision.version };
        table.row([
            name.as_str(),
            &joined(&revision.tags),
            version,
            revision.health(mesh),
            &joined(&revision.namespaces),
            &revision.pods.len().to_string(),
            &revision.proxies.as_ref().map_or("-".to_owned(), |proxies| proxies.len().to_string()),
        ]);
    }
    format!("{}* is the default\n", table.finish())
}
