//! `admin`: a running istiod.

mod log;

use super::{Context, Outcome};

/// Manage a running control plane
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    #[command(visible_alias = "l")]
    Log(log::Log),
}

impl Command {
    pub fn run(self, context: &Context) -> Outcome {
        match self {
            Command::Log(command) => command.run(context),
        }
    }
}
