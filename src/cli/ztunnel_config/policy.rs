//! `ztunnel-config policy`.

use super::source::{Source, list};
use crate::cli::proxy_config::source::Format;
use crate::cli::{Context, Exit, Outcome};
use crate::inspect::ztunnel::Dump;
use crate::inspect::ztunnel::tables::{policies, selected_policies};

/// Show the authorization policies that a ztunnel enforces
#[derive(clap::Args, Debug)]
pub struct Policy {
    #[command(flatten)]
    source: Source,
    /// Only policies of this namespace
    #[arg(long, default_value = "", hide_default_value = true)]
    policy_namespace: String,
}

impl Policy {
    pub fn run(self, context: &Context) -> Outcome {
        let text = self.source.fetch(context)?;
        let dump = Dump::parse(&text)?;
        crate::ui::print(&match self.source.format()? {
            Format::Short => policies(&dump, &self.policy_namespace),
            format => list(selected_policies(&dump, &self.policy_namespace), format),
        })?;
        Ok(Exit::OK)
    }
}
