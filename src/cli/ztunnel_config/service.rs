//! `ztunnel-config service`.

use super::source::{Source, list};
use crate::cli::proxy_config::source::Format;
use crate::cli::{Context, Exit, Outcome};
use crate::inspect::ztunnel::Dump;
use crate::inspect::ztunnel::tables::{selected_services, services};

/// Show the services that a ztunnel knows
#[derive(clap::Args, Debug)]
pub struct Service {
    #[command(flatten)]
    source: Source,
    /// Only services of this namespace
    #[arg(long, default_value = "", hide_default_value = true)]
    service_namespace: String,
}

impl Service {
    pub fn run(self, context: &Context) -> Outcome {
        let text = self.source.fetch(context)?;
        let dump = Dump::parse(&text)?;
        crate::ui::print(&match self.source.format()? {
            Format::Short => services(&dump, &self.service_namespace),
            format => list(selected_services(&dump, &self.service_namespace), format),
        })?;
        Ok(Exit::OK)
    }
}
