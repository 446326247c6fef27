//! `proxy-config route`.

use serde_json::value::RawValue;

use super::source::{Source, lists, note_none, pattern, tables};
use crate::cli::output::{Format, Output};
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::envoy::canonical::{self, Resources};
use crate::envoy::dump::{Routes, section};
use crate::envoy::json;
use crate::inspect::pattern::Pattern;
use crate::inspect::routes::{Summary, selected, summary, table};
use crate::inspect::wide;
use crate::ui::tabwriter::TabWriter;

/// Show the routes of an Envoy: which request goes where
#[derive(clap::Args, Debug)]
pub struct Route {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    format: Output,
    /// Only the route configuration of this name
    #[arg(long, default_value = "")]
    name: String,
    /// A row for each route; with `false` one for each route configuration
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    verbose: bool,
    /// Only virtual hosts whose name or one of whose domains has this part; shows them as with `--wide`
    #[arg(long, default_value = "")]
    host: String,
    /// All domains and conditions, and where each route goes
    #[arg(long)]
    wide: bool,
}

/// What notes call the resources.
const ROUTES: &str = "route configurations";

/// What to ask the admin interface for.
const QUERY: &str = "config_dump?mask=dynamic_route_configs,static_route_configs";

#[derive(serde::Deserialize)]
struct Name<'a> {
    #[serde(default, borrow)]
    name: json::Text<'a>,
}

impl Route {
    pub fn run(self, context: &Context) -> Outcome {
        self.source.check(context, "route")?;
        let (name, host) = (pattern(context.compat, "name", &self.name)?, pattern(context.compat, "host", &self.host)?);
        let format = self.format.format()?;
        self.source.show(context, QUERY, |dumps, out| match format {
            Format::Short if self.wide || !self.host.is_empty() => tables(dumps, out, |text| {
                let raws = section::<Routes<&RawValue>>(text)?.into_resources();
                let values = Resources::new(text, not_empty(raws)?, canonical::ROUTE).read()?.values;
                Ok(wide::routes::table(values, &name, &host))
            }),
            Format::Short => tables(dumps, out, |text| short(section(text)?, &name, self.verbose, false)),
            format => lists(dumps, format, out, |text| {
                let raws = section::<Routes<&RawValue>>(text)?.into_resources();
                let named: Vec<(Name, &RawValue)> = canonical::viewed(text, not_empty(raws)?)?;
                let all = named.len();
                let shown = selected(named, |(view, _)| &view.name, &name);
                note_none(shown.len(), all, ROUTES);
                let raws: Vec<&RawValue> = shown.into_iter().map(|(_, raw)| raw).collect();
                Ok(Resources::new(text, raws, canonical::ROUTE))
            }),
        })?;
        Ok(Exit::OK)
    }
}

/// The table.
pub fn short(section: Routes<Summary>, name: &Pattern, verbose: bool, named: bool) -> Result<TabWriter, Failure> {
    let routes = not_empty(section.into_resources())?;
    let all = routes.len();
    let routes = selected(routes, |route| route.name(), name);
    if !named {
        note_none(routes.len(), all, ROUTES);
    }
    Ok(if verbose { table(&routes, named) } else { summary(&routes, named) })
}

fn not_empty<R>(routes: Vec<R>) -> Result<Vec<R>, Failure> {
    if routes.is_empty() { Err(Failure::new("no routes found")) } else { Ok(routes) }
}
