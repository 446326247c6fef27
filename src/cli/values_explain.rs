//! `values`: what the values of an installation mean.
//!
//! (`values.rs` beside it is about values of flags.)

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Context, Exit, Failure, Outcome};
use crate::install::render::explain::{Explanation, explain};
use crate::ui;

/// Explain the values of an installation
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    Explain(Explain),
}

/// Tell a value's type, its default in every profile, and the objects it changes
///
/// PATH is a value (`pilot.autoscaleMin`) or a field of the spec (`meshConfig.accessLogFile`,
/// `components.pilot.k8s.replicaCount`). What it changes is found by rendering with another value.
#[derive(clap::Args, Debug)]
pub struct Explain {
    /// Format: json or text
    #[arg(long, short = 'o', default_value = "text")]
    output: String,
    #[arg(value_name = "PATH")]
    words: Vec<String>,
}

impl Command {
    pub fn run(self, _context: &Context) -> Outcome {
        let Command::Explain(Explain { output, words }) = self;
        let [path] = words.as_slice() else {
            return Err(
                Failure::usage("explain takes one path").hint("for instance: values explain pilot.autoscaleMin")
            );
        };
        let found = explain(path).map_err(|error| {
            Failure::from(error).hint(
                "`chart values` prints every value of a chart; what the schema lacks goes to spec.unvalidatedValues",
            )
        })?;
        let text = match output.as_str() {
            "text" => text(&found),
            "json" => format!("{}\n", serde_json::to_string_pretty(&tree(&found))?),
            other => return Err(Failure::usage(format!("unknown output format: {other}")).hint("formats: text, json")),
        };
        ui::print(&text)?;
        Ok(Exit::OK)
    }
}

/// Places shown for one object; more are counted.
const SHOWN: usize = 4;

fn text(found: &Explanation) -> String {
    let mut out = format!("spec.{}\n", found.path);
    if !found.doc.is_empty() {
        let _ = writeln!(out, "  {}", found.doc);
    }
    let _ = writeln!(out, "\nTakes:    {}", found.takes);
    if found.fields.is_empty() {
        let show = |value: &Option<Value>| value.as_ref().map_or_else(|| "not set".to_owned(), Value::to_string);
        let _ = writeln!(out, "Default:  {}", show(&found.default));
        for (profile, value) in &found.profiles {
            let _ = writeln!(out, "          {} in profile {profile}", show(value));
        }
    } else {
        // What a whole map holds fills a screen and says little; its fields are the way on.
        let _ = writeln!(out, "Fields:   {}", wrapped(&found.fields));
        let profiles: Vec<&str> = found.profiles.iter().map(|(name, _)| name.as_str()).collect();
        if !profiles.is_empty() {
            let _ = writeln!(out, "Set by:   {}", wrapped(&profiles));
        }
    }
    match &found.tried {
        None => out.push_str("\nName a field in it to see which objects it changes.\n"),
        Some(tried) if found.touched.is_empty() => {
            let _ = writeln!(
                out,
                "\nChanges nothing alone (tried {tried}): it needs another value too, or only a running istiod reads it."
            );
        }
        Some(tried) => {
            let _ = writeln!(out, "\nChanges, when set to {tried} with every component on:");
            for touched in &found.touched {
                let places: Vec<String> = touched.paths.iter().take(SHOWN).map(ToString::to_string).collect();
                let more = touched.paths.len().saturating_sub(SHOWN);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                let what =
                    if places.is_empty() { touched.how.to_owned() } else { format!("{}{more}", places.join(", ")) };
                let _ = writeln!(out, "  {}: {what}", touched.object);
            }
        }
    }
    out
}

/// Words with commas, in lines of at most 80 columns below the column where values stand.
fn wrapped(words: &[&str]) -> String {
    const INDENT: usize = 10;
    let (mut text, mut column) = (String::new(), INDENT);
    for (at, word) in words.iter().enumerate() {
        let comma = if at + 1 < words.len() { "," } else { "" };
        let width = word.chars().count() + comma.len();
        if at > 0 && column + 1 + width > 80 {
            text.push_str(&format!("\n{:INDENT$}", ""));
            column = INDENT;
        } else if at > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        text.push_str(comma);
        column += width;
    }
    text
}

fn tree(found: &Explanation) -> Value {
    let touched = found.touched.iter().map(|touched| {
        let paths: Vec<String> = touched.paths.iter().map(ToString::to_string).collect();
        json!({"object": touched.object, "how": touched.how, "paths": paths})
    });
    let profiles: serde_json::Map<String, Value> =
        found.profiles.iter().map(|(name, value)| (name.clone(), value.clone().unwrap_or(Value::Null))).collect();
    json!({
        "path": format!("spec.{}", found.path),
        "takes": found.takes,
        "doc": found.doc,
        "fields": found.fields,
        "default": found.default,
        "profiles": profiles,
        "tried": found.tried,
        "touched": touched.collect::<Vec<_>>(),
    })
}
