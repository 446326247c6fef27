//! `ztunnel-config connections`.

use super::source::{Default, Part, Source, lists, tables};
use super::workload::namespace_of;
use crate::cli::output::Format;
use crate::cli::{Context, Outcome};
use crate::inspect::ztunnel::connections::{Filter, selected, table};
use crate::ui::log;

/// Show the open connections through a ztunnel
#[derive(clap::Args, Debug)]
pub struct Connections {
    #[command(flatten)]
    source: Source,
    /// Only connections of this direction: inbound or outbound
    #[arg(long, default_value = "")]
    direction: String,
    /// Addresses as they are instead of the names they have
    #[arg(long)]
    raw: bool,
    /// Only workloads of this namespace
    #[arg(long, default_value = "")]
    workload_namespace: String,
}

impl Connections {
    pub fn run(self, context: &Context) -> Outcome {
        if !["", "inbound", "outbound"].contains(&self.direction.as_str()) {
            log::warn(&format!("--direction {} is neither inbound nor outbound: both are shown", self.direction));
        }
        let filter = |part: &Part| Filter {
            direction: self.direction.clone(),
            namespace: namespace_of(part, &self.workload_namespace),
            name: part.workload.as_ref().map(|pod| pod.name.clone()).unwrap_or_default(),
            raw: self.raw,
        };
        self.source.show(context, Default::Every, |dumps, format| match format {
            Format::Short => tables(dumps, |dump, part| table(dump, &filter(part))),
            format => lists(dumps, format, |dump, part| Some(selected(dump, &filter(part)))),
        })
    }
}
