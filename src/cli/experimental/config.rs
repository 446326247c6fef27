//! `experimental config`: the defaults that hold when a flag is not given.

use crate::cli::settings::{KEYS, Origin};
use crate::cli::{Context, Exit, Failure, Outcome};

/// Defaults of the client, and where they come from
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    /// List the effective defaults and where each comes from
    List(List),
}

impl Command {
    pub fn run(self, context: &Context) -> Outcome {
        match self {
            Command::List(list) => list.run(context),
        }
    }
}

#[derive(clap::Args, Debug)]
pub struct List {
    #[arg(hide = true)]
    words: Vec<String>,
}

impl List {
    fn run(self, context: &Context) -> Outcome {
        if !self.words.is_empty() {
            return Err(Failure::new(format!("accepts 0 arg(s), received {}", self.words.len())));
        }
        let mut rows = vec![["FLAG".to_owned(), "VALUE".to_owned(), "FROM".to_owned()]];
        for key in KEYS {
            let (value, origin) = context.settings.effective(key);
            let from = match origin {
                Origin::BuiltIn => "default".to_owned(),
                Origin::File(path) => path,
                Origin::Environment(variable) => format!("${variable}"),
            };
            rows.push([key.to_owned(), value, from]);
        }
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0) + 5;
        let (flag, value) = (width(0), width(1));
        let text: String = rows.iter().map(|row| format!("{:flag$}{:value$}{}\n", row[0], row[1], row[2])).collect();
        crate::ui::print(&text)?;
        Ok(Exit::OK)
    }
}
