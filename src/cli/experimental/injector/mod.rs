//! `x injector`: the sidecar injectors of a cluster.

mod list;

use crate::cli::{Context, Outcome};

/// List sidecar injectors and the namespaces they inject
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    List(list::List),
}

impl Command {
    pub fn run(self, context: &Context) -> Outcome {
        match self {
            Command::List(command) => command.run(context),
        }
    }
}
