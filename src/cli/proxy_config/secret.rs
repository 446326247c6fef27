//! `proxy-config secret`.

use super::source::{Format, Output, Source, singles, tables};
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::envoy::canonical::{self, Canonical};
use crate::envoy::dump::{self, Kind as _, Tree, section};
use crate::envoy::value::Value;
use crate::inspect::secrets::table;
use crate::ui::tabwriter::TabWriter;

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
        self.source.check(context, "secret")?;
        let dumps = self.source.fetch(context, QUERY)?;
        let shown = match Format::parse(&self.format.output)? {
            Format::Short => tables(&dumps, |text| short(text, false))?,
            format => singles(&dumps, format, |text| {
                let unsupported = |failure: Failure| format!("sidecar doesn't support secrets: {}", failure.message);
                read(text).map_err(|failure| Failure::new(unsupported(failure)))
            })?,
        };
        crate::ui::print(&shown)?;
        Ok(Exit::OK)
    }
}

/// The table.
pub fn short(text: &[u8], named: bool) -> Result<TabWriter, Failure> {
    let section = read(text)?;
    let now = jiff::Timestamp::now().as_second();
    Ok(table(section.values.first().unwrap_or(&Value::Null), now, named)?)
}

/// The canonical secrets section.
pub fn read(text: &[u8]) -> Result<Canonical<'_>, Failure> {
    let tree: Tree<dump::Secrets> = section(text)?;
    Ok(canonical::section(tree.into(), dump::Secrets::TYPE)?)
}
