//! `manifest`: the objects of an installation, without a cluster.

mod diff;
mod generate;
mod translate;

pub use diff::lines;

use super::{Context, Outcome};

/// Render, translate and compare installations
#[derive(clap::Args, Debug)]
pub struct Manifest {
    /// Change nothing; these commands never do
    #[arg(long, global = true)]
    dry_run: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    Diff(diff::Diff),
    Generate(generate::Generate),
    #[command(alias = "apply")]
    Install(super::install::Install),
    Translate(translate::Translate),
}

impl Manifest {
    pub fn run(self, context: &Context) -> Outcome {
        match self.command {
            Command::Diff(command) => command.run(context),
            Command::Generate(command) => command.run(context),
            Command::Install(command) => command.run(context),
            Command::Translate(command) => command.run(context),
        }
    }
}
