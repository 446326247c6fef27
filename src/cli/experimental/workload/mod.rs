//! `experimental workload`: workloads outside Kubernetes.

mod entry;
mod group;

use crate::cli::{Context, Outcome};

/// Workloads outside Kubernetes, such as virtual machines
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    #[command(subcommand)]
    Entry(entry::Command),
    #[command(subcommand)]
    Group(group::Command),
}

impl Command {
    pub fn run(self, context: &Context) -> Outcome {
        match self {
            Command::Entry(command) => command.run(context),
            Command::Group(command) => command.run(context),
        }
    }
}
