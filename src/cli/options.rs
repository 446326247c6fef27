//! `options`: the logging flags that every command takes but no help page lists.

use std::io::Write as _;

use super::{Context, Exit, Outcome};

/// List the logging flags that every command takes
#[derive(clap::Args, Debug)]
pub struct Options {
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Options {
    pub fn run(self, _context: &Context) -> Outcome {
        let mut text = String::from("These flags can be given to every command:\n\n");
        for arg in super::command().get_arguments().filter(|arg| arg.get_long().is_some_and(|n| n.starts_with("log_")))
        {
            let name = arg.get_long().unwrap_or_default();
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            text.push_str(&format!("  --{name:<22} {help}\n"));
        }
        std::io::stderr().lock().write_all(text.as_bytes())?;
        Ok(Exit::OK)
    }
}
