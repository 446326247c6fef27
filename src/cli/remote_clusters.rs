//! `remote-clusters`: the clusters each istiod watches.

use serde_json::Value;

use super::{Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, block_on};
use crate::ui::{self, tabwriter::TabWriter};
use crate::xds::debug;

/// List the clusters that each istiod watches
#[derive(clap::Args, Debug)]
pub struct RemoteClusters {
    /// Control plane revision
    #[arg(long, short = 'r', default_value = "")]
    revision: String,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl RemoteClusters {
    pub fn run(self, context: &Context) -> Outcome {
        block_on(async {
            let cluster = Cluster::connect(&context.target()?).await?;
            let revision = cluster.default_revision(&self.revision).await;
            let pods = debug::istiod_pods(&cluster, &context.globals.istio_namespace, &revision).await?;
            if pods.is_empty() {
                return Err(Failure::new("no running istiod was found").hint(format!(
                    "looked for revision {revision} in namespace {}; --revision and --istioNamespace change that",
                    context.globals.istio_namespace
                )));
            }
            let limit = cluster.request_timeout();
            let mut table = TabWriter::new(5);
            table.row(["NAME", "SECRET", "STATUS", "ISTIOD"]);
            let mut silent = Vec::new();
            for answer in debug::ask(&cluster, &pods, "/debug/clusterz", limit).await {
                match answer.json() {
                    Ok(page) => {
                        page.as_array().into_iter().flatten().for_each(|row| table.row(cells(row, &answer.pod)))
                    }
                    Err(reason) => silent.push(reason),
                }
            }
            if silent.len() == pods.len() {
                return Err(Failure::new(silent.join("\n  ")));
            }
            for reason in silent {
                ui::tell(format_args!("Warning: {reason}"));
            }
            ui::print(&table.finish())?;
            Ok(Exit::OK)
        })?
    }
}

fn cells<'a>(row: &'a Value, pod: &'a str) -> [&'a str; 4] {
    let text = |key: &str| row[key].as_str().unwrap_or_default();
    [text("id"), text("secretName"), text("syncStatus"), pod]
}
