//! `proxy-config all`.

use std::io::Write;

use serde::{Deserialize as _, Deserializer};

use super::cluster::ClusterFilter;
use super::source::{Format, Output, Source, pattern};
use super::{bootstrap, cluster, eds, listener, route, secret};
use crate::cli::values::parse_int;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::envoy::dump::{
    self, AnySection, Clusters, DumpError, Endpoints, Kind as _, Listeners, Routes, Tree, all_sections,
    cluster as cluster_view,
};
use crate::inspect::{eds as eds_view, listeners, routes};

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
    #[arg(long, default_value = "")]
    address: String,
    /// Only listeners of this type: HTTP, TCP, HTTP+TCP or UNKNOWN
    #[arg(long = "type", default_value = "")]
    kind: String,
    /// Only the route configuration of this name
    #[arg(long, default_value = "")]
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

/// A section of a dump as its table needs it.
enum Shown<'a> {
    Bootstrap(Tree<'a, dump::Bootstrap>),
    Clusters(Clusters<cluster_view::Cluster<'a>>),
    Listeners(Listeners<listeners::Summary>),
    Routes(Routes<routes::Summary<'a>>),
    Secrets(Tree<'a, dump::Secrets>),
    Endpoints(Endpoints<eds_view::Summary<'a>>),
}

impl<'a> AnySection<'a> for Shown<'a> {
    fn read<D: Deserializer<'a>>(message: &str, deserializer: D) -> Option<Result<Self, D::Error>> {
        Some(match message {
            dump::Bootstrap::TYPE => Tree::deserialize(deserializer).map(Shown::Bootstrap),
            Clusters::<()>::TYPE => Clusters::deserialize(deserializer).map(Shown::Clusters),
            Listeners::<()>::TYPE => Listeners::deserialize(deserializer).map(Shown::Listeners),
            Routes::<()>::TYPE => Routes::deserialize(deserializer).map(Shown::Routes),
            dump::Secrets::TYPE => Tree::deserialize(deserializer).map(Shown::Secrets),
            Endpoints::<()>::TYPE => Endpoints::deserialize(deserializer).map(Shown::Endpoints),
            _ => return None,
        })
    }
}

impl All {
    pub fn run(self, context: &Context) -> Outcome {
        self.source.check(context, "all")?;
        self.source.show(context, QUERY, |dumps, out| {
            let format = Format::parse(&self.format.output)?;
            for dump in dumps {
                if dumps.len() > 1 {
                    writeln!(out, "{}:", dump.label())?;
                }
                self.write(out, &dump.text, format)?;
            }
            Ok(())
        })?;
        Ok(Exit::OK)
    }

    fn write(&self, out: &mut dyn Write, text: &[u8], format: Format) -> Result<(), Failure> {
        match format {
            Format::Short => self.write_tables(out, text)?,
            Format::Json => {
                out.write_all(text)?;
                out.write_all(b"\n")?;
            }
            Format::Yaml => {
                let tree: crate::yaml::Value =
                    serde_json::from_slice(text).map_err(|error| DumpError::Unreadable(error.to_string()))?;
                writeln!(out, "{}", crate::yaml::to_string(&tree))?;
            }
        }
        Ok(())
    }

    /// One section after another, read in one pass; the first that is missing ends it.
    fn write_tables(&self, out: &mut dyn Write, text: &[u8]) -> Result<(), Failure> {
        let (mut bootstrap, mut clusters, mut listeners) = (None, None, None);
        let (mut routes, mut secrets, mut endpoints) = (None, None, None);
        for section in all_sections(text)? {
            match section {
                Shown::Bootstrap(section) => bootstrap = Some(section),
                Shown::Clusters(section) => clusters = Some(section),
                Shown::Listeners(section) => listeners = Some(section),
                Shown::Routes(section) => routes = Some(section),
                Shown::Secrets(section) => secrets = Some(section),
                Shown::Endpoints(section) => endpoints = Some(section),
            }
        }
        let missing = DumpError::Missing;
        let port = listener::port(self.port);
        let address = pattern("address", &self.address)?;

        self.heading(out, "BOOTSTRAP")?;
        let section = bootstrap.ok_or_else(|| missing(dump::Bootstrap::TYPE))?;
        out.write_all(bootstrap::short(section)?.as_bytes())?;

        self.heading(out, "CLUSTER")?;
        let section = clusters.ok_or_else(|| missing(Clusters::<()>::TYPE))?;
        cluster::short(section, &self.clusters.with_port(self.port)?, true)?.write_to(out)?;

        self.heading(out, "LISTENER")?;
        let section = listeners.ok_or_else(|| listener::missing(missing(Listeners::<()>::TYPE)))?;
        let filter = listeners::Filter { address: address.clone(), port, kind: pattern("type", &self.kind)? };
        listener::short(section, &filter, self.verbose, true)?.write_to(out)?;

        self.heading(out, "ROUTE")?;
        let section = routes.ok_or_else(|| missing(Routes::<()>::TYPE))?;
        route::short(section, &pattern("name", &self.name)?, self.verbose, true)?.write_to(out)?;

        self.heading(out, "SECRET")?;
        let section = secrets.ok_or_else(|| missing(dump::Secrets::TYPE))?;
        secret::short(section, true)?.write_to(out)?;

        self.heading(out, "ENDPOINTS")?;
        let filter = eds_view::Filter { address, port, ..Default::default() };
        let views = endpoints.map(Endpoints::into_resources).unwrap_or_default();
        Ok(eds::short(out, &views, &filter, "endpoint/")?)
    }

    /// An empty line between sections, and with `--with-headers` the name of the next.
    fn heading(&self, out: &mut dyn Write, title: &str) -> std::io::Result<()> {
        if title != "BOOTSTRAP" {
            writeln!(out)?;
        }
        if self.with_headers {
            write!(out, "------ {title} INFO ------\n\n")?;
        }
        Ok(())
    }
}
