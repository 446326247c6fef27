//! `ztunnel-config workload`.

use super::source::{Source, list};
use crate::cli::proxy_config::source::Format;
use crate::cli::{Context, Exit, Outcome};
use crate::inspect::ztunnel::Dump;
use crate::inspect::ztunnel::tables::{WorkloadFilter, workloads};

/// Show the workloads that a ztunnel knows
#[derive(clap::Args, Debug)]
pub struct Workload {
    #[command(flatten)]
    source: Source,
    /// Only workloads with this IP
    #[arg(long, default_value = "", hide_default_value = true)]
    address: String,
    /// Only workloads of this namespace
    #[arg(long, default_value = "", hide_default_value = true)]
    workload_namespace: String,
    /// Only workloads on this node
    #[arg(long, default_value = "", hide_default_value = true)]
    workload_node: String,
}

impl Workload {
    pub fn run(self, context: &Context) -> Outcome {
        let text = self.source.fetch(context)?;
        let dump = Dump::parse(&text)?;
        let filter = WorkloadFilter {
            address: self.address,
            namespace: self.workload_namespace,
            node: self.workload_node,
            name: String::new(),
        };
        crate::ui::print(&match self.source.format()? {
            Format::Short => workloads(&dump, &filter),
            format => list(dump.workloads.iter().filter(|workload| filter.admits(workload)).collect(), format),
        })?;
        Ok(Exit::OK)
    }
}
