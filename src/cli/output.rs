//! `-o short|json|yaml`: the format of a command whose default is text.

use serde::Serialize;

use super::Failure;

/// The flag.
#[derive(clap::Args, Debug)]
pub struct Output {
    /// Format: short, json or yaml
    #[arg(long, short = 'o', default_value = "short")]
    pub output: String,
}

impl Output {
    pub fn format(&self) -> Result<Format, Failure> {
        Format::parse(&self.output)
    }
}

/// How the result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Short,
    Json,
    Yaml,
}

impl Format {
    /// Reads `-o`.
    pub fn parse(name: &str) -> Result<Self, Failure> {
        match name {
            "short" => Ok(Format::Short),
            "json" => Ok(Format::Json),
            "yaml" => Ok(Format::Yaml),
            other => {
                let failure = Failure::new(format!("output format {other:?} not supported"));
                let columns =
                    (other == "wide").then(|| "more columns come with --wide, where a command has it".to_owned());
                Err(failure.hint("one of short, json, yaml").hints(columns))
            }
        }
    }

    /// A result as a whole document, or as the text that `short` makes of it.
    pub fn write<R: Serialize>(self, result: &R, short: impl FnOnce(&R) -> String) -> Result<String, Failure> {
        Ok(match self {
            Format::Short => short(result),
            Format::Json => format!("{}\n", serde_json::to_string_pretty(result)?),
            Format::Yaml => crate::yaml::to_string(&serde_json::to_value(result)?),
        })
    }
}
