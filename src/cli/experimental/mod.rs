//! `experimental`: commands whose shape may still change.

mod authz;
mod config;
mod workload;

use super::{Context, Outcome};

/// Commands whose shape may still change
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    #[command(subcommand)]
    Authz(authz::Command),
    #[command(subcommand)]
    Config(config::Command),
    #[command(subcommand)]
    Workload(workload::Command),
}

impl Command {
    pub fn run(self, context: &Context) -> Outcome {
        match self {
            Command::Authz(command) => command.run(context),
            Command::Config(command) => command.run(context),
            Command::Workload(command) => command.run(context),
        }
    }
}
