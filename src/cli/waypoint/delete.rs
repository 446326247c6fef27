//! `waypoint delete`: by name, by revision, or all of a namespace.

use super::{gateways, place, waypoints};
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, Propagation, block_on};

/// Delete waypoints
#[derive(clap::Args, Debug)]
pub struct Delete {
    /// Every waypoint of the namespace
    #[arg(long)]
    all: bool,
    /// Every waypoint of this control plane revision
    #[arg(long, short = 'r', default_value = "")]
    revision: String,
    /// Names of waypoints
    #[arg(value_name = "NAME")]
    words: Vec<String>,
}

impl Delete {
    pub fn run(self, context: &Context) -> Outcome {
        let several = self.all || !self.revision.is_empty();
        if several && !self.words.is_empty() {
            return Err(Failure::new("names are not taken with --all or --revision"));
        }
        if !several && self.words.is_empty() {
            return Err(Failure::new("which waypoints? Give names, --all or --revision"));
        }
        block_on(self.delete(context))?
    }

    async fn delete(self, context: &Context) -> Outcome {
        let cluster = Cluster::connect(&context.target()?).await?;
        let namespace = cluster.namespace().to_owned();
        let names = if self.words.is_empty() {
            let (found, _) = waypoints(&cluster, Some(&namespace)).await?;
            let of_revision = |gateway: &&serde_json::Value| {
                self.revision.is_empty()
                    || gateway["metadata"]["labels"]["istio.io/rev"].as_str().unwrap_or("default") == self.revision
            };
            found.iter().filter(of_revision).map(|gateway| place(gateway).1.to_owned()).collect()
        } else {
            self.words
        };
        let mut failed = Vec::new();
        for name in names {
            if cluster.get(&gateways(), Some(&namespace), &name).await?.is_none() {
                crate::ui::print(&format!("waypoint {namespace}/{name} not found\n"))?;
                continue;
            }
            match cluster.delete(&gateways(), Some(&namespace), &name, Propagation::Background, None).await {
                Ok(true) => crate::ui::print(&format!("waypoint {namespace}/{name} deleted\n"))?,
                Ok(false) => crate::ui::print(&format!("waypoint {namespace}/{name} not found\n"))?,
                Err(error) => failed.push(format!("waypoint {namespace}/{name}: {error}")),
            }
        }
        if failed.is_empty() { Ok(Exit::OK) } else { Err(Failure::new(failed.join("; "))) }
    }
}
