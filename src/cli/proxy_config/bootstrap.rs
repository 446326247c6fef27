//! `proxy-config bootstrap`.

use super::source::{Format, Source, singles};
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::envoy::canonical::{self, Canonical};
use crate::envoy::dump::{self, Kind as _, Tree, section};
use crate::inspect::bootstrap::versions;

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
        let dumps = self.source.fetch(context, QUERY)?;
        let shown = match Format::parse(&self.output)? {
            Format::Short => {
                let mut shown = String::new();
                for dump in &dumps {
                    if dumps.len() > 1 {
                        shown.push_str(&format!("{}:\n", dump.pod));
                    }
                    shown.push_str(&short(&dump.text)?);
                }
                shown
            }
            format => singles(&dumps, format, read)?,
        };
        crate::ui::print(&shown)?;
        Ok(Exit::OK)
    }
}

/// The lines of versions.
pub fn short(text: &[u8]) -> Result<String, Failure> {
    Ok(read(text)?.values.first().map(versions).unwrap_or_default())
}

fn read(text: &[u8]) -> Result<Canonical<'_>, Failure> {
    let tree: Tree<dump::Bootstrap> = section(text)?;
    Ok(canonical::section(tree.into(), dump::Bootstrap::TYPE)?)
}
