//! `ztunnel-config service`.

use super::source::{Default, Source, lists, tables};
use crate::cli::output::Format;
use crate::cli::{Context, Outcome};
use crate::inspect::ztunnel::tables::{selected_services, services};

/// Show the services that a ztunnel knows
#[derive(clap::Args, Debug)]
pub struct Service {
    #[command(flatten)]
    source: Source,
    /// Only services of this namespace
    #[arg(long, default_value = "")]
    service_namespace: String,
}

impl Service {
    pub fn run(self, context: &Context) -> Outcome {
        self.source.show(context, Default::Any, |dumps, format| match format {
            Format::Short => tables(dumps, |dump, _| services(dump, &self.service_namespace)),
            format => lists(dumps, format, |dump, _| Some(selected_services(dump, &self.service_namespace))),
        })
    }
}
