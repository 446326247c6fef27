//! `proxy-config all`.

use std::io::Write;

use super::cluster::ClusterFilter;
use super::source::{Source, pattern};
use super::{bootstrap, cluster, eds, listener, route, secret};
use crate::cli::output::{Format, Output};
use crate::cli::values::parse_int;
use crate::cli::{Compat, Context, Exit, Failure, Outcome};
use crate::envoy::dump::{DumpError, Endpoints, Sections, place};
use crate::inspect::{eds as eds_view, listeners};
use crate::ui::tabwriter::TabWriter;
use crate::yaml;

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

/// Why the tables end before the last.
enum End {
    /// The dump cannot be read, so nothing of it is shown.
    Unreadable(Failure),
    /// A section is missing; the ones before it are shown.
    Missing(Failure),
}

impl From<Failure> for End {
    fn from(failure: Failure) -> Self {
        End::Missing(failure)
    }
}

impl From<DumpError> for End {
    fn from(error: DumpError) -> Self {
        match error {
            DumpError::Unreadable(_) => End::Unreadable(error.into()),
            DumpError::Missing(_) => End::Missing(error.into()),
        }
    }
}

impl All {
    pub fn run(self, context: &Context) -> Outcome {
        self.source.check(context, "all")?;
        let format = self.format.format()?;
        self.source.show(context, QUERY, |dumps, out| {
            for dump in dumps {
                if dumps.len() > 1 {
                    writeln!(out, "{}:", dump.label())?;
                }
                self.write(out, &dump.text, format, context.compat)?;
            }
            Ok(())
        })?;
        Ok(Exit::OK)
    }

    fn write(&self, out: &mut dyn Write, text: &[u8], format: Format, compat: Compat) -> Result<(), Failure> {
        match format {
            Format::Short => self.write_tables(out, text, compat)?,
            Format::Json => {
                out.write_all(text)?;
                out.write_all(b"\n")?;
            }
            Format::Yaml => {
                let text = place::as_text(text).map_err(DumpError::Unreadable)?;
                yaml::from_json(text, |part| Ok::<_, Failure>(out.write_all(part.as_bytes())?)).map_err(|error| {
                    match error {
                        yaml::Unconverted::Json(error) => DumpError::Unreadable(place::of_text(&error)).into(),
                        yaml::Unconverted::Write(failure) => failure,
                    }
                })?;
                writeln!(out)?;
            }
        }
        Ok(())
    }

    /// One section after another; the first that is missing ends it.
    fn write_tables(&self, out: &mut dyn Write, text: &[u8], compat: Compat) -> Result<(), Failure> {
        let dump = Sections::of(text)?;
        let mut tables = Vec::new();
        let end = self.tables(&dump, compat, &mut tables);
        // By far the most of a dump: they are read when of all the rest only the tables are held.
        let endpoints = endpoints(&dump)?;
        if let Err(End::Unreadable(failure)) = end {
            return Err(failure);
        }
        for (title, table) in tables {
            self.heading(out, title)?;
            table.write_to(out)?;
        }
        if let Err(End::Missing(failure) | End::Unreadable(failure)) = end {
            return Err(failure);
        }
        self.heading(out, "ENDPOINTS")?;
        let filter = eds_view::Filter {
            address: pattern(compat, "address", &self.address)?,
            port: listener::port(self.port),
            ..Default::default()
        };
        Ok(eds::short(out, &endpoints, &filter, "endpoint/")?)
    }

    /// All tables but that of the endpoints.
    fn tables(&self, dump: &Sections, compat: Compat, tables: &mut Vec<(&'static str, TabWriter)>) -> Result<(), End> {
        let port = listener::port(self.port);
        let mut keep = |title, table: TabWriter| tables.push((title, table.fitted()));
        keep("BOOTSTRAP", bootstrap::short(dump.read()?)?);
        keep("CLUSTER", cluster::short(dump.read()?, &self.clusters.with_port(compat, self.port)?, true)?);

        let address = pattern(compat, "address", &self.address)?;
        let filter = listeners::Filter { address, port, kind: pattern(compat, "type", &self.kind)? };
        let section = match dump.read() {
            Err(error @ DumpError::Missing(_)) => return Err(listener::missing(error).into()),
            section => section?,
        };
        keep("LISTENER", listener::short(section, &filter, self.verbose, true)?);
        keep("ROUTE", route::short(dump.read()?, &pattern(compat, "name", &self.name)?, self.verbose, true)?);
        keep("SECRET", secret::short(dump.read()?, true)?);
        Ok(())
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

/// The endpoints of a dump; none where it was taken without.
fn endpoints<'a>(dump: &Sections<'a>) -> Result<Vec<eds_view::Summary<'a>>, DumpError> {
    dump.read().map(Endpoints::into_resources).or_else(DumpError::or_nothing)
}
