//! The command line: one file per command at the command's path. No logic that another command needs lives here.
//!
//! `main` takes the words, [`normalize`] gives them pflag's meaning, clap fills the structs, `run` does the work.

mod failure;
mod globals;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser};

pub use failure::{Exit, Failure};
pub use globals::{Compat, Context, Globals, Program};

/// What a command gives back: its exit code, or why it failed.
pub type Outcome = Result<Exit, Failure>;

/// Install, upgrade, check and inspect an Istio service mesh.
#[derive(Parser, Debug)]
#[command(name = "bowline", disable_version_flag = true, args_override_self = true)]
struct Root {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Option<Command>,
}

/// Every top-level command. A new one is one file and one line here.
#[derive(clap::Subcommand, Debug)]
enum Command {}

impl Command {
    fn run(self, _context: &Context) -> Outcome {
        match self {}
    }
}

/// Runs the program with these words (the first is the program's name) and gives its exit code.
pub fn main(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    match run(words.into_iter().collect()) {
        Ok(exit) => ExitCode::from(exit.0),
        Err(failure) => {
            let _ = std::io::stderr().lock().write_all(failure.render().as_bytes());
            ExitCode::from(failure.exit.0)
        }
    }
}

fn run(words: Vec<OsString>) -> Outcome {
    let program = Program::from_name(words.first());
    let matches = match Root::command().try_get_matches_from(words) {
        Ok(matches) => matches,
        Err(error) if !error.use_stderr() => {
            crate::ui::print(&error.to_string())?;
            return Ok(Exit::OK);
        }
        Err(error) => return Err(Failure::usage(error.to_string())),
    };
    let root = Root::from_arg_matches(&matches)?;
    let context = Context::new(program, root.globals)?;
    match root.command {
        Some(command) => command.run(&context),
        None => {
            crate::ui::print(&Root::command().render_help().to_string())?;
            Ok(Exit::OK)
        }
    }
}
