//! `chart list`: what is in the binary.

use std::fmt::Write as _;

use crate::chart::CATALOGUE;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::yaml;

/// List the built-in charts
#[derive(clap::Args, Debug)]
pub struct List {
    /// Output format: table, json or yaml
    #[arg(long, short, default_value = "table")]
    output: String,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl List {
    pub fn run(self, _context: &Context) -> Outcome {
        if let Some(word) = self.words.first() {
            return Err(Failure::usage(format!("chart list takes no arguments, got {word:?}")));
        }
        let mut rows = Vec::new();
        for entry in CATALOGUE {
            let metadata = entry.load()?.metadata;
            rows.push(serde_json::json!({
                "name": entry.name,
                "version": metadata.version,
                "appVersion": metadata.app_version,
                "folder": entry.folder,
                "purpose": entry.purpose,
            }));
        }
        let text = match self.output.as_str() {
            "table" => table(&rows),
            "json" => format!("{}\n", serde_json::to_string_pretty(&rows)?),
            "yaml" => yaml::to_string(&rows.into()),
            other => return Err(Failure::usage(format!("unknown output format {other:?}: use table, json or yaml"))),
        };
        crate::ui::print(&text)?;
        Ok(Exit::OK)
    }
}

fn table(rows: &[yaml::Value]) -> String {
    let cell = |row: &yaml::Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let mut text = format!("{:<15}{:<10}{:<32}PURPOSE\n", "NAME", "VERSION", "FOLDER");
    for row in rows {
        let _ = writeln!(
            text,
            "{:<15}{:<10}{:<32}{}",
            cell(row, "name"),
            cell(row, "version"),
            cell(row, "folder"),
            cell(row, "purpose")
        );
    }
    text
}
