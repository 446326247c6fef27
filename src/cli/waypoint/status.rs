//! `waypoint status`: how far each one is.

use std::time::Instant;

use serde_json::Value;

use super::{PAUSE, place, waypoints};
use crate::cli::values::GoDuration;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, block_on};
use crate::install::waypoint::programmed;
use crate::ui::{self, tabwriter::TabWriter};

/// Show whether waypoints are ready
#[derive(clap::Args, Debug)]
pub struct Status {
    /// Of every namespace
    #[arg(long, short = 'A')]
    all_namespaces: bool,
    /// Wait until each is ready
    #[arg(long, short = 'w', default_value_t = true, action = clap::ArgAction::Set)]
    wait: bool,
    /// How long to wait
    #[arg(long, default_value = "1m30s", value_parser = str::parse::<GoDuration>)]
    waypoint_timeout: GoDuration,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Status {
    pub fn run(self, context: &Context) -> Outcome {
        if !self.words.is_empty() {
            return Err(Failure::new(format!("unknown subcommand \"{}\"", self.words[0])));
        }
        block_on(self.show(context))?
    }

    async fn show(self, context: &Context) -> Outcome {
        let cluster = Cluster::connect(&context.target()?).await?;
        let namespace = (!self.all_namespaces).then(|| cluster.namespace().to_owned());
        let deadline = Instant::now() + self.waypoint_timeout.to_std();
        loop {
            let (found, _) = waypoints(&cluster, namespace.as_deref()).await?;
            if found.is_empty() {
                ui::print("No waypoints found.\n")?;
                return Ok(Exit::OK);
            }
            let waiting = found.iter().find(|gateway| !is_ready(gateway));
            let Some(waiting) = waiting.filter(|_| self.wait) else {
                ui::print(&self.table(&found))?;
                return Ok(Exit::OK);
            };
            if Instant::now() + PAUSE > deadline {
                let (namespace, name) = place(waiting);
                ui::tell(self.table(&found));
                return Err(Failure::new(format!("waypoint {namespace}/{name} told no status in time")));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    fn table(&self, found: &[Value]) -> String {
        let mut table = TabWriter::new(5);
        let skipped = usize::from(!self.all_namespaces);
        table.row(["NAMESPACE", "NAME", "STATUS", "TYPE", "REASON", "MESSAGE"].into_iter().skip(skipped));
        for gateway in found {
            let (namespace, name) = place(gateway);
            let (status, reason, message) =
                programmed(gateway).unwrap_or(("Unknown", "Pending", "no controller has looked at it yet"));
            table.row([namespace, name, status, "Programmed", reason, message].into_iter().skip(skipped));
        }
        table.finish()
    }
}

fn is_ready(gateway: &Value) -> bool {
    programmed(gateway).is_some_and(|(status, ..)| status == "True")
}
