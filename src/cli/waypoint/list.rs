//! `waypoint list`: what there is.

use serde::Serialize;
use serde_json::Value;

use super::{place, waypoints};
use crate::cli::output::{Format, Output};
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
    #[command(flatten)]
    format: Output,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl List {
    pub fn run(self, context: &Context) -> Outcome {
        let format = self.format.format()?;
        block_on(async {
            let cluster = Cluster::connect(&context.target()?).await?;
            let namespace = (!self.all_namespaces).then(|| cluster.namespace().to_owned());
            let (found, others) = waypoints(&cluster, namespace.as_deref()).await?;
            let listed: Vec<Waypoint> = found.iter().map(Waypoint::of).collect();
            if listed.is_empty() && format == Format::Short {
                if !others {
                    ui::print("No waypoints found.\n")?;
                    return Ok(Exit::OK);
                }
                // A script that knows istioctl expects the header when there are Gateways of other classes only.
                ui::tell("No waypoints found; other Gateways are there.");
            }
            ui::print(&format.write(&listed, |listed| table(listed, self.all_namespaces))?)?;
            Ok(Exit::OK)
        })?
    }
}

/// A waypoint, as its Gateway tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Waypoint {
    namespace: String,
    name: String,
    revision: String,
    traffic_type: String,
    /// `True`, `False` or `Unknown`.
    programmed: String,
}

impl Waypoint {
    fn of(gateway: &Value) -> Self {
        let label = |name: &str, absent| gateway["metadata"]["labels"][name].as_str().unwrap_or(absent).to_owned();
        let (namespace, name) = place(gateway);
        Waypoint {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            revision: label("istio.io/rev", "default"),
            traffic_type: label(TRAFFIC_LABEL, "none"),
            programmed: programmed(gateway).map_or("False", |(status, ..)| status).to_owned(),
        }
    }
}

fn table(waypoints: &[Waypoint], with_namespace: bool) -> String {
    let mut table = TabWriter::new(5);
    let header = ["NAMESPACE", "NAME", "REVISION", "TRAFFIC TYPE", "PROGRAMMED"];
    let skipped = usize::from(!with_namespace);
    table.row(header.into_iter().skip(skipped));
    for one in waypoints {
        let cells = [&one.namespace, &one.name, &one.revision, &one.traffic_type, &one.programmed];
        table.row(cells.into_iter().skip(skipped));
    }
    table.finish()
}
