//! `proxy-config eds`.

use serde_json::value::RawValue;

use super::listener::port;
use super::source::{Format, Output, Source, lists, tables};
use crate::cli::values::parse_int;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::envoy::canonical;
use crate::envoy::dump::endpoint::Assignment;
use crate::envoy::dump::{DumpError, Endpoints, section};
use crate::inspect::eds::{Filter, prune, selected, table};
use crate::ui::tabwriter::TabWriter;

/// Show the endpoints that the control plane sent
#[derive(clap::Args, Debug)]
pub struct Eds {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    format: Output,
    /// Only endpoints with this IP:PORT
    #[arg(long, default_value = "", hide_default_value = true)]
    address: String,
    /// Only endpoints with this port
    #[arg(long, default_value = "0", value_parser = parse_int, hide_default_value = true)]
    port: i64,
    /// Only endpoints of this cluster
    #[arg(long, default_value = "", hide_default_value = true)]
    cluster: String,
    /// Only endpoints of this health: healthy, unhealthy, draining, timeout, degraded, unknown
    #[arg(long, default_value = "", hide_default_value = true)]
    status: String,
}

/// What to ask the admin interface for.
const QUERY: &str = "config_dump?include_eds=true";

const ASSIGNMENT: &str = "envoy.config.endpoint.v3.ClusterLoadAssignment";

impl Eds {
    pub fn run(self, context: &Context) -> Outcome {
        self.source.check(context, "eds")?;
        let dumps = self.source.fetch(context, QUERY)?;
        let filter =
            Filter { address: self.address, port: port(self.port), cluster: self.cluster, status: self.status };
        let shown = match Format::parse(&self.format.output)? {
            Format::Short => tables(&dumps, |text| short(text, &filter, false))?,
            format => lists(&dumps, format, |text| {
                let raws: Vec<&RawValue> = assignments(text)?;
                let (views, raws): (Vec<Assignment>, Vec<&RawValue>) = canonical::viewed(raws)?.into_iter().unzip();
                let shown = selected(&views, &filter);
                let kept: Vec<&RawValue> = shown.iter().filter_map(|(place, _)| raws.get(*place).copied()).collect();
                let mut resources = canonical::resources(&kept, ASSIGNMENT)?;
                for (value, (_, view)) in resources.values.iter_mut().zip(&shown) {
                    prune(value, view, &filter);
                }
                Ok(resources)
            })?,
        };
        crate::ui::print(&shown)?;
        Ok(Exit::OK)
    }
}

/// The table.
pub fn short(text: &[u8], filter: &Filter, named: bool) -> Result<TabWriter, Failure> {
    let views: Vec<Assignment> = assignments(text)?;
    Ok(table(&selected(&views, filter), filter, named))
}

/// A dump that was taken without endpoints has none: no error.
fn assignments<'a, R: serde::Deserialize<'a>>(text: &'a [u8]) -> Result<Vec<R>, DumpError> {
    match section::<Endpoints<R>>(text) {
        Ok(section) => Ok(section.into_resources()),
        Err(DumpError::Missing(_)) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
