//! `ztunnel-config policy`.

use super::source::{Default, Source, lists, tables};
use crate::cli::output::Format;
use crate::cli::{Context, Outcome};
use crate::inspect::ztunnel::tables::{policies, selected_policies};

/// Show the authorization policies that a ztunnel enforces
#[derive(clap::Args, Debug)]
pub struct Policy {
    #[command(flatten)]
    source: Source,
    /// Only policies of this namespace
    #[arg(long, default_value = "")]
    policy_namespace: String,
}

impl Policy {
    pub fn run(self, context: &Context) -> Outcome {
        self.source.show(context, Default::Any, |dumps, format| match format {
            Format::Short => tables(dumps, |dump, _| policies(dump, &self.policy_namespace)),
            format => lists(dumps, format, |dump, _| Some(selected_policies(dump, &self.policy_namespace))),
        })
    }
}
