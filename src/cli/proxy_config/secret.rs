//! `proxy-config secret`.

use super::source::{Format, Output, Source, note_unknown, single};
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::envoy::canonical::{self, Canonical};
use crate::envoy::dump::{self, Kind as _, Tree, section};
use crate::inspect::secrets::table;

/// Show the certificates and roots that an Envoy holds
#[derive(clap::Args, Debug)]
pub struct Secret {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    format: Output,
}

/// What to ask the admin interface for.
pub const QUERY: &str = "config_dump?mask=dynamic_active_secrets,dynamic_warming_secrets";

impl Secret {
    pub fn run(self, context: &Context) -> Outcome {
        self.source.check("secret")?;
        let text = self.source.fetch(context, QUERY)?;
        let shown = match Format::parse(&self.format.output)? {
            Format::Short => short(&text, false)?,
            format => {
                let section = read(&text)
                    .map_err(|failure| Failure::new(format!("sidecar doesn't support secrets: {}", failure.message)))?;
                note_unknown(&section.unknown);
                section.values.first().map(|value| single(value, format)).unwrap_or_default()
            }
        };
        crate::ui::print(&shown)?;
        Ok(Exit::OK)
    }
}

/// The table.
pub fn short(text: &[u8], named: bool) -> Result<String, Failure> {
    let section = read(text)?;
    let now = jiff::Timestamp::now().as_second();
    Ok(section.values.first().map(|value| table(value, now, named)).transpose()?.unwrap_or_default())
}

/// The canonical secrets section.
pub fn read(text: &[u8]) -> Result<Canonical<'_>, Failure> {
    let tree: Tree<dump::Secrets> = section(text)?;
    Ok(canonical::section(tree.into(), dump::Secrets::TYPE)?)
}
