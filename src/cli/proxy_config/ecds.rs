//! `proxy-config ecds`.

use super::source::{Format, Output, Source, note_unknown, yaml};
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::envoy::dump::{self, DumpError, Kind as _, Tree, sections};
use crate::envoy::{canonical, text};
use crate::inspect::ecds::{check, joined, table};

/// Show the extension configurations that the control plane sends apart from their filters
#[derive(clap::Args, Debug)]
pub struct Ecds {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    format: Output,
}

/// What to ask the admin interface for.
const QUERY: &str = "config_dump?include_eds=true";

impl Ecds {
    pub fn run(self, context: &Context) -> Outcome {
        self.source.check("ecds")?;
        let dump = self.source.fetch(context, QUERY)?;
        let format = Format::parse(&self.format.output)?;
        let found: Vec<Tree<dump::Ecds>> = sections(&dump)?;
        if found.is_empty() {
            let missing = DumpError::Missing(dump::Ecds::TYPE);
            return Err(Failure::from(missing).hint("nothing in this proxy uses extension configurations"));
        }
        let mut values = Vec::new();
        for tree in found {
            let section = canonical::section(tree.into(), dump::Ecds::TYPE)?;
            note_unknown(&section.unknown);
            values.extend(section.values);
        }
        let all = joined(values);
        check(&all)?;
        let shown = match format {
            Format::Short => table(&all),
            Format::Json => format!("{}\n", text::plain(&all)),
            Format::Yaml => yaml(&all),
        };
        crate::ui::print(&shown)?;
        Ok(Exit::OK)
    }
}
