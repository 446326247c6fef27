//! `remote-clusters`: the clusters each istiod watches.

use serde::Serialize;
use serde_json::Value;

use super::output::Output;
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
    #[command(flatten)]
    format: Output,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl RemoteClusters {
    pub fn run(self, context: &Context) -> Outcome {
        let format = self.format.format()?;
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
            let (mut found, mut silent) = (Vec::new(), Vec::new());
            for answer in debug::ask(&cluster, &pods, "/debug/clusterz", limit).await {
                match answer.json() {
                    Ok(page) => found
                        .extend(page.as_array().into_iter().flatten().map(|row| RemoteCluster::of(row, &answer.pod))),
                    Err(reason) => silent.push(reason),
                }
            }
            if silent.len() == pods.len() {
                return Err(Failure::new(silent.join("\n  ")));
            }
            for reason in silent {
                ui::tell(format_args!("Warning: {reason}"));
            }
            ui::print(&format.write(&found, |found| table(found))?)?;
            Ok(Exit::OK)
        })?
    }
}

/// A cluster as one istiod sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct RemoteCluster {
    name: String,
    /// The secret that its kubeconfig comes from, as `NAMESPACE/NAME`; empty for istiod's own cluster.
    secret: String,
    status: String,
    istiod: String,
}

impl RemoteCluster {
    fn of(row: &Value, istiod: &str) -> Self {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        RemoteCluster {
            name: text("id"),
            secret: text("secretName"),
            status: text("syncStatus"),
            istiod: istiod.to_owned(),
        }
    }
}

fn table(clusters: &[RemoteCluster]) -> String {
    let mut table = TabWriter::new(5);
    table.row(["NAME", "SECRET", "STATUS", "ISTIOD"]);
    for one in clusters {
        table.row([&one.name, &one.secret, &one.status, &one.istiod]);
    }
    table.finish()
}
