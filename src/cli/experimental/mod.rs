//! `experimental`: commands whose shape may still change.

mod config;

use super::{Context, Outcome};

/// Commands whose shape may still change
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    #[command(subcommand)]
    Config(config::Command),
}

impl Command {
    pub fn run(self, context: &Context) -> Outcome {
        match self {
            Command::Config(command) => command.run(context),
        }
    }
}
