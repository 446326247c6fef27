//! `revision`: the control planes of a mesh and who uses them.

mod describe;
mod list;

use std::time::Duration;

use super::{Context, Failure, Outcome};
use crate::cluster::Cluster;
use crate::install::canary::mesh::{self, Mesh};
use crate::install::revisions::{Revision, revisions};
use crate::xds::debug;

/// How long an istiod may take to tell which proxies it serves.
const ANSWER: Duration = Duration::from_secs(5);
const FORMATS: [&str; 3] = ["table", "json", "yaml"];

/// Show control plane revisions and who uses them
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    Describe(describe::Describe),
    List(list::List),
}

impl Command {
    pub fn run(self, context: &Context) -> Outcome {
        match self {
            Command::Describe(command) => command.run(context),
            Command::List(command) => command.run(context),
        }
    }
}

/// Every revision, with the proxies that its istiod names where it answers.
async fn look(context: &Context) -> Result<(Vec<Revision>, Mesh), Failure> {
    let cluster = Cluster::connect(&context.target()?).await?;
    let istio_namespace = context.globals.istio_namespace.as_str();
    let mesh = mesh::look(&cluster, istio_namespace).await?;
    let mut found = revisions(&mesh);
    for revision in found.iter_mut().filter(|revision| revision.istiods.iter().any(|istiod| istiod.ready)) {
        let istiods = debug::istiod_pods(&cluster, istio_namespace, &revision.revision).await?;
        revision.proxies = debug::connected_proxies(&cluster, &istiods, ANSWER).await.ok();
    }
    Ok((found, mesh))
}

fn check_format(output: &str) -> Result<(), Failure> {
    if FORMATS.contains(&output) {
        return Ok(());
    }
    Err(Failure::usage(format!("unknown format: {output}")).hint("formats are table, json and yaml"))
}

/// A list in one cell.
fn joined(names: &[String]) -> String {
    if names.is_empty() { "-".to_owned() } else { names.join(",") }
}
