//! `proxy-config cluster`.

use serde_json::value::RawValue;

use super::source::{Format, Output, Source, lists, tables};
use crate::cli::values::parse_int;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::envoy::dump::{Clusters, cluster, section};
use crate::envoy::{canonical, json};
use crate::inspect::clusters::{Filter, Pattern, selected, table};
use crate::ui::tabwriter::TabWriter;

/// Show the clusters of an Envoy: the services it can send to
#[derive(clap::Args, Debug)]
pub struct Cluster {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    format: Output,
    #[command(flatten)]
    filter: ClusterFilter,
    /// Only this port
    #[arg(long, default_value = "0", value_parser = parse_int, hide_default_value = true)]
    port: i64,
}

/// The flags that choose clusters.
#[derive(clap::Args, Debug)]
pub struct ClusterFilter {
    /// Only clusters whose name has this part, or matches a regular expression given as `/…/`
    #[arg(long, default_value = "", hide_default_value = true)]
    fqdn: String,
    /// Only clusters of this direction: inbound or outbound
    #[arg(long, default_value = "", hide_default_value = true)]
    direction: String,
    /// Only clusters of this subset
    #[arg(long, default_value = "", hide_default_value = true)]
    subset: String,
}

impl ClusterFilter {
    pub fn with_port(&self, port: i64) -> Result<Filter, Failure> {
        let fqdn =
            Pattern::parse(&self.fqdn).map_err(|error| Failure::new(format!("--fqdn {}: {error}", self.fqdn)))?;
        Ok(Filter { fqdn, port, subset: self.subset.clone(), direction: self.direction.clone() })
    }
}

/// What to ask the admin interface for.
const QUERY: &str = "config_dump?mask=dynamic_active_clusters,dynamic_warming_clusters,static_clusters";

#[derive(serde::Deserialize)]
struct Name<'a> {
    #[serde(default, borrow)]
    name: json::Text<'a>,
}

impl Cluster {
    pub fn run(self, context: &Context) -> Outcome {
        self.source.check(context, "cluster")?;
        let dumps = self.source.fetch(context, QUERY)?;
        let filter = self.filter.with_port(self.port)?;
        crate::ui::print(&match Format::parse(&self.format.output)? {
            Format::Short => tables(&dumps, |text| short(text, &filter, false))?,
            format => lists(&dumps, format, |text| {
                let raws = section::<Clusters<&RawValue>>(text)?.into_resources();
                let named: Vec<(Name, &RawValue)> = canonical::viewed(not_empty(raws)?)?;
                let shown = selected(named, |(view, _)| &view.name, &filter);
                let raws: Vec<&RawValue> = shown.into_iter().map(|(_, raw)| raw).collect();
                Ok(canonical::resources(&raws, canonical::CLUSTER)?)
            })?,
        })?;
        Ok(Exit::OK)
    }
}

/// The table.
pub fn short(text: &[u8], filter: &Filter, named: bool) -> Result<TabWriter, Failure> {
    let clusters = section::<Clusters<cluster::Cluster>>(text)?.into_resources();
    Ok(table(&selected(not_empty(clusters)?, |cluster| &cluster.name, filter), named))
}

fn not_empty<R>(clusters: Vec<R>) -> Result<Vec<R>, Failure> {
    if clusters.is_empty() { Err(Failure::new("no clusters found")) } else { Ok(clusters) }
}
