//! `proxy-config cluster`.

use serde_json::value::RawValue;

use super::eds;
use super::source::{Source, lists, note_none, note_troubles, pattern, tables};
use crate::cli::output::{Format, Output};
use crate::cli::values::parse_int;
use crate::cli::{Compat, Context, Exit, Failure, Outcome};
use crate::envoy::canonical::{self, Resources};
use crate::envoy::dump::{Clusters, State, cluster, section};
use crate::envoy::json;
use crate::inspect::clusters::{Filter, selected, table};
use crate::inspect::eds::Summary;
use crate::inspect::wide::{self, clusters::Ready};
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
    /// More columns: usable endpoints, TLS, state, limits, outlier detection
    #[arg(long)]
    wide: bool,
}

/// The flags that choose clusters.
#[derive(clap::Args, Debug)]
pub struct ClusterFilter {
    /// Only clusters whose name has this part, or matches a regular expression given as `/…/`
    #[arg(long, default_value = "")]
    fqdn: String,
    /// Only clusters of this direction: inbound or outbound
    #[arg(long, default_value = "")]
    direction: String,
    /// Only clusters of this subset
    #[arg(long, default_value = "")]
    subset: String,
}

impl ClusterFilter {
    pub fn with_port(&self, compat: Compat, port: i64) -> Result<Filter, Failure> {
        Ok(Filter {
            fqdn: pattern(compat, "fqdn", &self.fqdn)?,
            port,
            subset: pattern(compat, "subset", &self.subset)?,
            direction: pattern(compat, "direction", &self.direction)?,
        })
    }
}

/// What notes call the resources.
const CLUSTERS: &str = "clusters";

/// What to ask the admin interface for.
const QUERY: &str = "config_dump?mask=dynamic_active_clusters,dynamic_warming_clusters,static_clusters";

/// With `--wide`: everything, as the endpoints are counted, too.
const WIDE_QUERY: &str = "config_dump?include_eds=true";

#[derive(serde::Deserialize)]
struct Name<'a> {
    #[serde(default, borrow)]
    name: json::Text<'a>,
}

impl Cluster {
    pub fn run(self, context: &Context) -> Outcome {
        self.source.check(context, "cluster")?;
        let filter = self.filter.with_port(context.compat, self.port)?;
        let query = if self.wide { WIDE_QUERY } else { QUERY };
        let format = self.format.format()?;
        self.source.show(context, query, |dumps, out| match format {
            Format::Short if self.wide => tables(dumps, out, |text| wide_table(text, &filter)),
            Format::Short => tables(dumps, out, |text| short(section(text)?, &filter, false)),
            format => lists(dumps, format, out, |text| {
                let raws = section::<Clusters<&RawValue>>(text)?.into_resources();
                let named: Vec<(Name, &RawValue)> = canonical::viewed(text, not_empty(raws)?)?;
                let all = named.len();
                let shown = selected(named, |(view, _)| &view.name, &filter);
                note_none(shown.len(), all, CLUSTERS);
                let raws: Vec<&RawValue> = shown.into_iter().map(|(_, raw)| raw).collect();
                Ok(Resources::new(text, raws, canonical::CLUSTER))
            }),
        })?;
        Ok(Exit::OK)
    }
}

/// The table with more columns; the endpoints are those of the same dump.
fn wide_table(text: &[u8], filter: &Filter) -> Result<TabWriter, Failure> {
    let (states, raws): (Vec<State>, Vec<&RawValue>) =
        not_empty(section::<Clusters<&RawValue>>(text)?.into_states())?.into_iter().unzip();
    let assignments: Vec<Summary> = eds::assignments(text)?;
    let values = Resources::new(text, raws, canonical::CLUSTER).read()?.values;
    Ok(wide::clusters::table(states.into_iter().zip(values).collect(), filter, &Ready::of(&assignments)))
}

/// The table.
pub fn short(section: Clusters<cluster::Cluster>, filter: &Filter, named: bool) -> Result<TabWriter, Failure> {
    note_troubles(&section.troubles(|cluster| &cluster.name));
    let clusters = not_empty(section.into_resources())?;
    let all = clusters.len();
    let shown = selected(clusters, |cluster| &cluster.name, filter);
    if !named {
        note_none(shown.len(), all, CLUSTERS);
    }
    Ok(table(&shown, named))
}

fn not_empty<R>(clusters: Vec<R>) -> Result<Vec<R>, Failure> {
    if clusters.is_empty() { Err(Failure::new("no clusters found")) } else { Ok(clusters) }
}
