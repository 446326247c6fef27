//! `profile`: the configurations an installation can start from.

mod diff;
mod dump;
mod list;

use serde_json::Value;

use super::{Context, Failure, Outcome};
use crate::install::spec::Wish;
use crate::install::spec::input::InputFile;
use crate::install::spec::set::{Assignment, Typing};

/// List, print and compare installation profiles
#[derive(clap::Args, Debug)]
pub struct Profile {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    Diff(diff::Diff),
    Dump(dump::Dump),
    List(list::List),
}

impl Profile {
    pub fn run(self, context: &Context) -> Outcome {
        match self.command {
            Command::Diff(command) => command.run(context),
            Command::Dump(command) => command.run(context),
            Command::List(command) => command.run(context),
        }
    }
}

/// A profile, or files, merged with everything they rest on.
fn merged(profile: &str, files: Vec<InputFile>, manifests: &str) -> Result<Value, Failure> {
    let mut wish = Wish { files, ..Wish::default() };
    for (path, value) in [("profile", profile), ("installPackagePath", manifests)] {
        if !value.is_empty() {
            wish.sets.push(Assignment::parse(&format!("{path}={value}"), Typing::Text, false)?);
        }
    }
    let mut document = wish.document()?;
    if let Some(spec) = document.get_mut("spec").and_then(Value::as_object_mut) {
        spec.shift_remove("installPackagePath");
    }
    Ok(document)
}
