//! `proxy-config all`.

use super::cluster::ClusterFilter;
use super::source::{Format, Output, Source};
use super::{bootstrap, cluster, eds, listener, route, secret};
use crate::cli::values::parse_int;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::envoy::dump::DumpError;
use crate::inspect::{eds as eds_view, listeners};

/// Show everything an Envoy holds, section by section
#[derive(clap::Args, Debug)]
pub struct All {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    format: Output,
    #[command(flatten)]
    clusters: ClusterFilter,
    /// Only clusters, listeners and endpoints of this port
    #[arg(long, default_value = "0", value_parser = parse_int, hide_default_value = true)]
    port: i64,
    /// Only listeners and endpoints with this address
    #[arg(long, default_value = "", hide_default_value = true)]
    address: String,
    /// Only listeners of this type: HTTP, TCP, HTTP+TCP or UNKNOWN
    #[arg(long = "type", default_value = "", hide_default_value = true)]
    kind: String,
    /// Only the route configuration of this name
    #[arg(long, default_value = "", hide_default_value = true)]
    name: String,
    /// A row for each chain and route; with `false` one for each listener and route configuration
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    verbose: bool,
    /// A heading above each section
    #[arg(long)]
    with_headers: bool,
}

/// What to ask the admin interface for.
const QUERY: &str = "config_dump?include_eds=true";

/// Shows one section of the dump.
type Section<'s> = dyn Fn() -> Result<String, Failure> + 's;

impl All {
    pub fn run(self, context: &Context) -> Outcome {
        self.source.check(context, "all")?;
        let dumps = self.source.fetch(context, QUERY)?;
        let format = Format::parse(&self.format.output)?;
        for dump in &dumps {
            if dumps.len() > 1 {
                crate::ui::print(&format!("{}:\n", dump.pod))?;
            }
            self.show(&dump.text, format)?;
        }
        Ok(Exit::OK)
    }

    fn show(&self, text: &[u8], format: Format) -> Result<(), Failure> {
        match format {
            Format::Short => self.short(text)?,
            Format::Json => {
                let verbatim = std::str::from_utf8(text)
                    .map_err(|error| DumpError::Unreadable(format!("the text is not UTF-8: {error}")))?;
                crate::ui::print(verbatim)?;
                crate::ui::print("\n")?;
            }
            Format::Yaml => {
                let tree: crate::yaml::Value =
                    serde_json::from_slice(text).map_err(|error| DumpError::Unreadable(error.to_string()))?;
                crate::ui::print(&format!("{}\n", crate::yaml::to_string(&tree)))?;
            }
        }
        Ok(())
    }

    /// One section after another; the first that fails ends it.
    fn short(&self, text: &[u8]) -> Result<(), Failure> {
        let filter = self.clusters.with_port(self.port)?;
        let port = listener::port(self.port);
        let listeners = listeners::Filter { address: self.address.clone(), port, kind: self.kind.clone() };
        let endpoints = eds_view::Filter { address: self.address.clone(), port, ..Default::default() };
        let sections: [(&str, &Section); 6] = [
            ("BOOTSTRAP", &|| bootstrap::short(text)),
            ("CLUSTER", &|| Ok(cluster::short(text, &filter, true)?.finish())),
            ("LISTENER", &|| Ok(listener::short(text, &listeners, self.verbose, true)?.finish())),
            ("ROUTE", &|| Ok(route::short(text, &self.name, self.verbose, true)?.finish())),
            ("SECRET", &|| Ok(secret::short(text, true)?.finish())),
            ("ENDPOINTS", &|| Ok(eds::short(text, &endpoints, true)?.finish())),
        ];
        for (index, (title, show)) in sections.iter().enumerate() {
            if index > 0 {
                crate::ui::print("\n")?;
            }
            if self.with_headers {
                crate::ui::print(&format!("------ {title} INFO ------\n\n"))?;
            }
            crate::ui::print(&show()?)?;
        }
        Ok(())
    }
}
