//! `ztunnel-config connections`.

use super::source::{Source, list};
use crate::cli::proxy_config::source::Format;
use crate::cli::{Context, Exit, Outcome};
use crate::inspect::ztunnel::Dump;
use crate::inspect::ztunnel::connections::{Filter, selected, table};

/// Show the open connections through a ztunnel
#[derive(clap::Args, Debug)]
pub struct Connections {
    #[command(flatten)]
    source: Source,
    /// Only connections of this direction: inbound or outbound
    #[arg(long, default_value = "", hide_default_value = true)]
    direction: String,
    /// Addresses as they are instead of the names they have
    #[arg(long)]
    raw: bool,
    /// Only workloads of this namespace
    #[arg(long, default_value = "", hide_default_value = true)]
    workload_namespace: String,
}

impl Connections {
    pub fn run(self, context: &Context) -> Outcome {
        let text = self.source.fetch(context)?;
        let dump = Dump::parse(&text)?;
        let filter = Filter {
            direction: self.direction,
            namespace: self.workload_namespace,
            name: String::new(),
            raw: self.raw,
        };
        crate::ui::print(&match self.source.format()? {
            Format::Short => table(&dump, &filter),
            format => list(selected(&dump, &filter), format),
        })?;
        Ok(Exit::OK)
    }
}
