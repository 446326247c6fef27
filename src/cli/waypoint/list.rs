//! `waypoint list`: what there is.

use serde_json::Value;

use super::{place, waypoints};
use crate::cli::{Context, Exit, Outcome};
use crate::cluster::{Cluster, block_on};
use crate::install::waypoint::{TRAFFIC_LABEL, programmed};
use crate::ui::{self, tabwriter::TabWriter};

/// List waypoints
#[derive(clap::Args, Debug)]
pub struct List {
    /// Of every namespace
    #[arg(long, short = 'A')]
    all_namespaces: bool,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl List {
    pub fn run(self, context: &Context) -> Outcome {
        block_on(async {
            let cluster = Cluster::connect(&context.target()?).await?;
            let namespace = (!self.all_namespaces).then(|| cluster.namespace().to_owned());
            let (found, others) = waypoints(&cluster, namespace.as_deref()).await?;
            if found.is_empty() && !others {
                ui::print("No waypoints found.\n")?;
                return Ok(Exit::OK);
            }
            if found.is_empty() {
                // A script that knows istioctl expects the header when there are Gateways of other classes only.
                ui::tell("No waypoints found; other Gateways are there.");
            }
            let mut table = TabWriter::new(5);
            let header = ["NAMESPACE", "NAME", "REVISION", "TRAFFIC TYPE", "PROGRAMMED"];
            let skipped = usize::from(!self.all_namespaces);
            table.row(header.into_iter().skip(skipped));
            for gateway in &found {
                table.row(cells(gateway).into_iter().skip(skipped));
            }
            ui::print(&table.finish())?;
            Ok(Exit::OK)
        })?
    }
}

fn cells(gateway: &Value) -> [&str; 5] {
    let label = |name: &str, absent| gateway["metadata"]["labels"][name].as_str().unwrap_or(absent);
    let (namespace, name) = place(gateway);
    let ready = programmed(gateway).map_or("False", |(status, ..)| status);
    [namespace, name, label("istio.io/rev", "default"), label(TRAFFIC_LABEL, "none"), ready]
}
