//! `proxy-config eds`.

use std::io::Write;

use serde_json::value::RawValue;

use super::listener::port;
use super::source::{Source, lists, pattern, tables};
use crate::cli::output::{Format, Output};
use crate::cli::values::parse_int;
use crate::cli::{Context, Exit, Outcome};
use crate::envoy::canonical::{self, Resources};
use crate::envoy::dump::{DumpError, Endpoints, section};
use crate::inspect::eds::{Filter, Summary, prune, selected, table, write};

/// Show the endpoints that the control plane sent
#[derive(clap::Args, Debug)]
pub struct Eds {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    format: Output,
    /// Only endpoints with this IP:PORT
    #[arg(long, default_value = "")]
    address: String,
    /// Only endpoints with this port
    #[arg(long, default_value = "0", value_parser = parse_int, hide_default_value = true)]
    port: i64,
    /// Only endpoints of this cluster
    #[arg(long, default_value = "")]
    cluster: String,
    /// Only endpoints of this health: healthy, unhealthy, draining, timeout, degraded, unknown
    #[arg(long, default_value = "")]
    status: String,
}

/// What to ask the admin interface for.
const QUERY: &str = "config_dump?include_eds=true";

const ASSIGNMENT: &str = "envoy.config.endpoint.v3.ClusterLoadAssignment";

impl Eds {
    pub fn run(self, context: &Context) -> Outcome {
        self.source.check(context, "eds")?;
        let filter = Filter {
            address: pattern(context.compat, "address", &self.address)?,
            port: port(self.port),
            cluster: pattern(context.compat, "cluster", &self.cluster)?,
            status: pattern(context.compat, "status", &self.status)?,
        };
        let format = self.format.format()?;
        self.source.show(context, QUERY, |dumps, out| match format {
            Format::Short => {
                if let [only] = dumps {
                    return Ok(short(out, &assignments(&only.text)?, &filter, "")?);
                }
                tables(dumps, out, |text| {
                    let views: Vec<Summary> = assignments(text)?;
                    Ok(table(&selected(&views, &filter), &filter))
                })
            }
            format => lists(dumps, format, out, |text| {
                let raws: Vec<&RawValue> = assignments(text)?;
                let (views, raws): (Vec<Summary>, Vec<&RawValue>) = canonical::viewed(text, raws)?.into_iter().unzip();
                let places: Vec<usize> = selected(&views, &filter).into_iter().map(|(place, _)| place).collect();
                let kept = places.iter().filter_map(|place| raws.get(*place).copied()).collect();
                let filter = filter.clone();
                Ok(Resources::new(text, kept, ASSIGNMENT).edited(move |index, value| {
                    if let Some(view) = places.get(index).and_then(|place| views.get(*place)) {
                        prune(value, view, &filter);
                    }
                }))
            }),
        })?;
        Ok(Exit::OK)
    }
}

/// Writes the table; `prefix` stands before each name.
pub fn short(out: &mut dyn Write, views: &[Summary], filter: &Filter, prefix: &str) -> std::io::Result<()> {
    write(out, &selected(views, filter), filter, prefix)
}

/// A dump that was taken without endpoints has none: no error.
pub fn assignments<'a, R: serde::Deserialize<'a>>(text: &'a [u8]) -> Result<Vec<R>, DumpError> {
    match section::<Endpoints<R>>(text) {
        Ok(section) => Ok(section.into_resources()),
        Err(DumpError::Missing(_)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
