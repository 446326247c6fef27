//! `tag`: stable names for revisions, so that namespaces need not change their label with each upgrade.

mod list;
mod remove;
mod set;

pub use set::deactivate_plain;

use super::{Context, Outcome};

/// Manage revision tags
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    Generate(set::Generate),
    #[command(alias = "show")]
    List(list::List),
    #[command(alias = "delete")]
    Remove(remove::Remove),
    Set(set::Set),
}

impl Command {
    pub fn run(self, context: &Context) -> Outcome {
        match self {
            Command::Generate(command) => command.run(context),
            Command::Set(command) => command.run(context),
            Command::List(command) => command.run(context),
            Command::Remove(command) => command.run(context),
        }
    }
}
