//! `proxy-config endpoint`.

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::listener::port;
use super::source::{Source, lists, pattern, tables};
use crate::cli::output::{Format, Output};
use crate::cli::values::parse_int;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::envoy::canonical::{self, Resources};
use crate::envoy::dump::endpoint::{ClusterStatus, ClusterStatuses};
use crate::envoy::dump::{DumpError, Endpoints, Listeners, place, sections};
use crate::inspect::endpoints::{Filter, Host, Hosts, table, write};
use crate::inspect::wide;
use crate::ui::log;

/// Show the endpoints of an Envoy with their health
#[derive(clap::Args, Debug)]
pub struct Endpoint {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    format: Output,
    /// Only endpoints with this address
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
    /// More columns: why a host is not used, locality, priority, weight, counters
    #[arg(long)]
    wide: bool,
}

/// What to ask the admin interface for.
const QUERY: &str = "clusters?format=json";

const CLUSTER_STATUS: &str = "envoy.admin.v3.ClusterStatus";

impl Endpoint {
    pub fn run(self, context: &Context) -> Outcome {
        self.source.check(context, "endpoints")?;
        let filter = Filter {
            address: pattern(context.compat, "address", &self.address)?,
            port: port(self.port),
            cluster: pattern(context.compat, "cluster", &self.cluster)?,
            status: pattern(context.compat, "status", &self.status)?,
        };
        let format = self.format.format()?;
        self.source.show(context, QUERY, |dumps, out| match format {
            Format::Short if self.wide => tables(dumps, out, |text| {
                let viewed: Vec<(ClusterStatus, &RawValue)> = canonical::viewed(text, statuses(text)?)?;
                note_config_dump(text, &viewed);
                let raws: Vec<&RawValue> = viewed.iter().map(|(_, raw)| *raw).collect();
                let values = Resources::new(text, raws, CLUSTER_STATUS).by_older_rules().read()?.values;
                let hosts = viewed.iter().map(|(view, _)| Host::all(view));
                Ok(wide::endpoints::table(&hosts.zip(values).collect::<Vec<_>>(), &filter))
            }),
            Format::Short => {
                if let [only] = dumps {
                    return Ok(write(out, &self.hosts(&only.text, &filter)?, &filter)?);
                }
                tables(dumps, out, |text| Ok(table(&self.hosts(text, &filter)?, &filter)))
            }
            format => lists(dumps, format, out, |text| {
                let viewed: Vec<(ClusterStatus, &RawValue)> = canonical::viewed(text, statuses(text)?)?;
                note_config_dump(text, &viewed);
                let shown = viewed.iter().filter(|(view, _)| filter.admits_cluster(view));
                let raws: Vec<&RawValue> = shown.map(|(_, raw)| *raw).collect();
                Ok(Resources::new(text, raws, CLUSTER_STATUS).by_older_rules())
            }),
        })?;
        Ok(Exit::OK)
    }

    /// The hosts of each cluster; should there be none of the cluster that was asked for, why.
    fn hosts<'a>(&self, text: &'a [u8], filter: &Filter) -> Result<Vec<Hosts<'a>>, Failure> {
        let clusters = hosts(text)?;
        if self.cluster.is_empty() || clusters.is_empty() || clusters.iter().any(|hosts| hosts.any(filter)) {
            return Ok(clusters);
        }
        let named: Vec<ClusterStatus> = statuses(text)?;
        let mut named = named.iter().filter(|status| filter.cluster.is_nearly(&status.name)).peekable();
        if named.peek().is_none() {
            log::warn(&format!("there is no cluster {}; `proxy-config cluster` lists them", self.cluster));
        } else if named.all(|status| status.host_statuses.is_empty()) {
            log::warn(&format!("cluster {} exists, and has no endpoints", self.cluster));
        }
        Ok(clusters)
    }
}

/// `null` and objects without clusters are no error here.
fn statuses<'a, R: serde::Deserialize<'a>>(text: &'a [u8]) -> Result<Vec<R>, DumpError> {
    let text = place::as_text(text).map_err(DumpError::Unreadable)?;
    if text.trim_ascii_start().starts_with('[') {
        return Err(DumpError::Unreadable("expected an object, found a list".to_owned()));
    }
    let answer: Option<ClusterStatuses<R>> =
        serde_json::from_str(text).map_err(|error| DumpError::Unreadable(place::of_text(&error)))?;
    Ok(answer.map(|answer| answer.cluster_statuses.0).unwrap_or_default())
}

/// The hosts of each cluster.
fn hosts(text: &[u8]) -> Result<Vec<Hosts<'_>>, Failure> {
    let clusters: Vec<Hosts> = statuses(text)?;
    if let Some(name) = clusters.iter().find_map(Hosts::unknown_status) {
        return Err(DumpError::Unreadable(format!("unknown value {name:?} of the health status")).into());
    }
    note_config_dump(text, &clusters);
    Ok(clusters)
}

/// A config dump has no clusters here, and looks as if there were no endpoints.
fn note_config_dump<C>(text: &[u8], clusters: &[C]) {
    if clusters.is_empty() && is_config_dump(text) {
        log::warn("this is a config dump, not the answer to /clusters; `proxy-config eds` shows its endpoints");
    }
}

/// Whether the text is a config dump, which is easily taken for the answer to `/clusters`.
fn is_config_dump(text: &[u8]) -> bool {
    sections::<Endpoints<IgnoredAny>>(text).is_ok_and(|found| !found.is_empty())
        || sections::<Listeners<IgnoredAny>>(text).is_ok_and(|found| !found.is_empty())
}
