//! `proxy-config listener`.

use serde_json::value::RawValue;

use super::source::{Source, lists, note_none, note_troubles, pattern, tables};
use crate::cli::output::{Format, Output};
use crate::cli::values::parse_int;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::envoy::canonical::{self, Resources};
use crate::envoy::dump::{Listeners, listener, section};
use crate::inspect::listeners::{Filter, Summary, sort, summary, table};
use crate::inspect::{waypoint, wide};
use crate::ui::tabwriter::TabWriter;

/// Show the listeners of an Envoy: what it accepts, and where that goes
#[derive(clap::Args, Debug)]
pub struct Listener {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    format: Output,
    /// Only listeners with this address
    #[arg(long, default_value = "")]
    address: String,
    /// Only listeners with this port
    #[arg(long, default_value = "0", value_parser = parse_int, hide_default_value = true)]
    port: i64,
    /// Only listeners of this type: HTTP, TCP, HTTP+TCP or UNKNOWN
    #[arg(long = "type", default_value = "")]
    kind: String,
    /// A row for each filter chain; with `false` one for each listener
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    verbose: bool,
    /// More columns: name, chain, filters, TLS, source; chains in their own order
    #[arg(long)]
    wide: bool,
    /// The chains of a waypoint with the conditions of its matchers
    #[arg(long, hide = true)]
    waypoint: bool,
}

/// What notes call the resources.
const LISTENERS: &str = "listeners";

/// What to ask the admin interface for.
const QUERY: &str = "config_dump?mask=dynamic_listeners,static_listeners";

impl Listener {
    pub fn run(self, context: &Context) -> Outcome {
        self.source.check(context, "listener")?;
        let filter = Filter {
            address: pattern(context.compat, "address", &self.address)?,
            port: port(self.port),
            kind: pattern(context.compat, "type", &self.kind)?,
        };
        let format = if self.waypoint { Format::Short } else { self.format.format()? };
        self.source.show(context, QUERY, |dumps, out| match format {
            _ if self.waypoint => tables(dumps, out, |text| {
                let mut listeners = section::<Listeners<listener::Listener>>(text).map_err(missing)?.into_resources();
                Ok(waypoint::table(&mut listeners))
            }),
            Format::Short if self.wide => tables(dumps, out, |text| {
                let raws = section::<Listeners<&RawValue>>(text).map_err(missing)?.into_resources();
                let viewed: Vec<(listener::Listener, &RawValue)> = canonical::viewed(text, not_empty(raws)?)?;
                let (views, raws): (Vec<_>, Vec<_>) = viewed.into_iter().unzip();
                let values = Resources::new(text, raws, canonical::LISTENER).read()?.values;
                Ok(wide::listeners::table(views.into_iter().zip(values).collect(), &filter))
            }),
            Format::Short => {
                tables(dumps, out, |text| short(section(text).map_err(missing)?, &filter, self.verbose, false))
            }
            format => lists(dumps, format, out, |text| {
                let raws = section::<Listeners<&RawValue>>(text).map_err(missing)?.into_resources();
                let viewed: Vec<(Summary, &RawValue)> = canonical::viewed(text, not_empty(raws)?)?;
                let shown = viewed.iter().filter(|(view, _)| filter.admits(view));
                let raws: Vec<&RawValue> = shown.map(|(_, raw)| *raw).collect();
                note_none(raws.len(), viewed.len(), LISTENERS);
                Ok(Resources::new(text, raws, canonical::LISTENER))
            }),
        })?;
        Ok(Exit::OK)
    }
}

/// The table.
pub fn short(section: Listeners<Summary>, filter: &Filter, verbose: bool, named: bool) -> Result<TabWriter, Failure> {
    note_troubles(&section.troubles());
    let mut listeners = not_empty(section.into_resources())?;
    let all = listeners.len();
    listeners.retain(|listener| filter.admits(listener));
    if !named {
        note_none(listeners.len(), all, LISTENERS);
    }
    sort(&mut listeners);
    Ok(if verbose { table(&listeners, named) } else { summary(&listeners, named) })
}

/// A port as the reference takes it: the low 32 bits of a number.
pub fn port(number: i64) -> u32 {
    number as u32
}

pub fn missing(error: crate::envoy::dump::DumpError) -> Failure {
    match error {
        crate::envoy::dump::DumpError::Missing(_) => Failure::new(format!("listener dump: {error}")),
        other => other.into(),
    }
}

fn not_empty<R>(listeners: Vec<R>) -> Result<Vec<R>, Failure> {
    if listeners.is_empty() { Err(Failure::new("no listeners found")) } else { Ok(listeners) }
}
