//! `proxy-config ecds`.

use super::source::{Source, note_unknown, singles, tables};
use crate::cli::output::{Format, Output};
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::envoy::canonical::{self, Canonical};
use crate::envoy::dump::{self, DumpError, Kind as _, Tree, sections};
use crate::envoy::text;
use crate::envoy::value::Value;
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
        self.source.check(context, "ecds")?;
        let format = self.format.format()?;
        self.source.show(context, QUERY, |dumps, out| match (format, dumps) {
            (Format::Short, dumps) => tables(dumps, out, |text| {
                let section = read(text)?;
                Ok(table(section.values.first().unwrap_or(&Value::Null)))
            }),
            (Format::Json, [only]) => {
                let section = read(&only.text)?;
                note_unknown(&section.unknown);
                for value in &section.values {
                    writeln!(out, "{}", text::plain(value))?;
                }
                Ok(())
            }
            (format, dumps) => singles(dumps, format, out, read),
        })?;
        Ok(Exit::OK)
    }
}

/// All extension configurations of a dump as one message.
fn read(text: &[u8]) -> Result<Canonical<'_>, Failure> {
    let found: Vec<Tree<dump::Ecds>> = sections(text)?;
    if found.is_empty() {
        let missing = DumpError::Missing(dump::Ecds::TYPE);
        return Err(Failure::from(missing).hint("nothing in this proxy uses extension configurations"));
    }
    let mut all = Canonical::default();
    for tree in found {
        let section = canonical::section(tree.into(), dump::Ecds::TYPE)?;
        all.values.extend(section.values);
        all.unknown.extend(section.unknown);
    }
    let joined = joined(all.values);
    check(&joined)?;
    Ok(Canonical { values: vec![joined], unknown: all.unknown })
}
