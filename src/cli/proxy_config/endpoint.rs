//! `proxy-config endpoint`.

use serde_json::value::RawValue;

use super::listener::port;
use super::source::{Format, Output, Source, lists, tables};
use crate::cli::values::parse_int;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::envoy::canonical;
use crate::envoy::dump::DumpError;
use crate::envoy::dump::endpoint::{ClusterStatus, ClusterStatuses};
use crate::inspect::endpoints::{Filter, table, unknown_status};

/// Show the endpoints of an Envoy with their health
#[derive(clap::Args, Debug)]
pub struct Endpoint {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    format: Output,
    /// Only endpoints with this address
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
const QUERY: &str = "clusters?format=json";

const CLUSTER_STATUS: &str = "envoy.admin.v3.ClusterStatus";

impl Endpoint {
    pub fn run(self, context: &Context) -> Outcome {
        self.source.check(context, "endpoints")?;
        let dumps = self.source.fetch(context, QUERY)?;
        let filter =
            Filter { address: self.address, port: port(self.port), cluster: self.cluster, status: self.status };
        let shown = match Format::parse(&self.format.output)? {
            Format::Short => tables(&dumps, |text| {
                let clusters: Vec<ClusterStatus> = statuses(text)?;
                check_health(&clusters)?;
                Ok(table(&clusters, &filter))
            })?,
            format => lists(&dumps, format, |text| {
                let viewed: Vec<(ClusterStatus, &RawValue)> = canonical::viewed(statuses(text)?)?;
                let shown = viewed.iter().filter(|(view, _)| filter.admits_cluster(view));
                let raws: Vec<&RawValue> = shown.map(|(_, raw)| *raw).collect();
                Ok(canonical::resources(&raws, CLUSTER_STATUS)?)
            })?,
        };
        crate::ui::print(&shown)?;
        Ok(Exit::OK)
    }
}

/// `null` and objects without clusters are no error here.
fn statuses<'a, R: serde::Deserialize<'a>>(text: &'a [u8]) -> Result<Vec<R>, DumpError> {
    let unreadable = |error: &dyn std::fmt::Display| DumpError::Unreadable(error.to_string());
    if text.trim_ascii_start().starts_with(b"[") {
        return Err(unreadable(&"expected an object, found a list"));
    }
    let answer: Option<ClusterStatuses<R>> = serde_json::from_slice(text).map_err(|error| unreadable(&error))?;
    Ok(answer.map(|answer| answer.cluster_statuses.0).unwrap_or_default())
}

fn check_health(clusters: &[ClusterStatus]) -> Result<(), Failure> {
    match unknown_status(clusters) {
        None => Ok(()),
        Some(name) => Err(DumpError::Unreadable(format!("unknown value {name:?} of the health status")).into()),
    }
}
