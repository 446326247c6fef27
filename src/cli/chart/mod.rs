//! `chart`: the mesh's Helm charts for people who install with Helm or a GitOps tool.

mod export;
mod list;
mod template;
mod values;

use std::path::Path;

use super::{Context, Failure, Outcome};
use crate::chart::{CATALOGUE, Chart, Entry};

/// The mesh's Helm charts: show, render, write to files
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    Export(export::Export),
    List(list::List),
    Template(template::Template),
    Values(values::Values),
}

impl Command {
    pub fn run(self, context: &Context) -> Outcome {
        match self {
            Command::Export(command) => command.run(context),
            Command::List(command) => command.run(context),
            Command::Template(command) => command.run(context),
            Command::Values(command) => command.run(context),
        }
    }
}

/// The one chart that the words name: one of ours, or a path to a folder or an archive.
fn named(words: &[String]) -> Result<Chart, Failure> {
    let names = || CATALOGUE.iter().map(|entry| entry.name).collect::<Vec<_>>().join(", ");
    let [name] = words else {
        return Err(Failure::usage(format!("expected one chart, got {}", words.len()))
            .hint(format!("a chart is a path or one of: {}", names())));
    };
    if let Some(entry) = Entry::find(name) {
        return Ok(entry.load()?);
    }
    if Path::new(name).exists() || name.contains(['/', '\\']) || name.ends_with(".tgz") {
        return Ok(Chart::load(Path::new(name))?);
    }
    Err(Failure::new(format!("no chart {name:?}")).hint(format!("a chart is a path or one of: {}", names())))
}
