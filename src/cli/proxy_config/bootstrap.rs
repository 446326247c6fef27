//! `proxy-config bootstrap`.

use super::source::{Source, singles};
use crate::cli::output::Format;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::envoy::canonical::{self, Canonical};
use crate::envoy::dump::{self, Kind as _, Tree, section};
use crate::envoy::value::Value;
use crate::inspect::bootstrap::versions;
use crate::ui::tabwriter::TabWriter;

/// Show what an Envoy was started with
#[derive(clap::Args, Debug)]
pub struct Bootstrap {
    #[command(flatten)]
    source: Source,
    /// Format: json, yaml, or short for the versions
    #[arg(long, short = 'o', default_value = "json")]
    output: String,
}

/// What to ask the admin interface for.
const QUERY: &str = "config_dump?mask=bootstrap";

impl Bootstrap {
    pub fn run(self, context: &Context) -> Outcome {
        self.source.check(context, "bootstrap")?;
        let format = Format::parse(&self.output)?;
        self.source.show(context, QUERY, |dumps, out| match format {
            Format::Short => {
                for dump in dumps {
                    if dumps.len() > 1 {
                        writeln!(out, "{}:", dump.label())?;
                    }
                    short(section(&dump.text)?)?.write_to(out)?;
                }
                Ok(())
            }
            format => singles(dumps, format, out, read),
        })?;
        Ok(Exit::OK)
    }
}

/// The lines of versions.
pub fn short(section: Tree<dump::Bootstrap>) -> Result<TabWriter, Failure> {
    let section = canonical::section(section.into(), dump::Bootstrap::TYPE)?;
    Ok(versions(section.values.first().unwrap_or(&Value::Null)))
}

fn read(text: &[u8]) -> Result<Canonical<'_>, Failure> {
    let tree: Tree<dump::Bootstrap> = section(text)?;
    Ok(canonical::section(tree.into(), dump::Bootstrap::TYPE)?)
}
