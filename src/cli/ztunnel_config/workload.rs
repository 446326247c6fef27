//! `ztunnel-config workload`.

use super::source::{Default, Part, Source, lists, tables};
use crate::cli::output::Format;
use crate::cli::{Context, Outcome};
use crate::inspect::ztunnel::tables::{WorkloadFilter, workloads};

/// Show the workloads that a ztunnel knows
#[derive(clap::Args, Debug)]
pub struct Workload {
    #[command(flatten)]
    source: Source,
    /// Only workloads with this IP
    #[arg(long, default_value = "")]
    address: String,
    /// Only workloads of this namespace
    #[arg(long, default_value = "")]
    workload_namespace: String,
    /// Only workloads on this node
    #[arg(long, default_value = "")]
    workload_node: String,
}

impl Workload {
    pub fn run(self, context: &Context) -> Outcome {
        let filter = |part: &Part| WorkloadFilter {
            address: self.address.clone(),
            namespace: namespace_of(part, &self.workload_namespace),
            node: self.workload_node.clone(),
            name: part.workload.as_ref().map(|pod| pod.name.clone()).unwrap_or_default(),
        };
        self.source.show(context, Default::Any, |dumps, format| match format {
            Format::Short => tables(dumps, |dump, part| workloads(dump, &filter(part))),
            format => lists(dumps, format, |dump, part| {
                let filter = filter(part);
                Some(dump.workloads.iter().filter(|workload| filter.admits(workload)).collect())
            }),
        })
    }
}

/// The namespace that is shown: of the workload that was named, else the one of the flag.
pub fn namespace_of(part: &Part, flag: &str) -> String {
    part.workload.as_ref().map_or(flag, |pod| &pod.namespace).to_owned()
}
