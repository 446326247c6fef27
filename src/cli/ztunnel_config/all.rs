//! `ztunnel-config all`.

use super::certificate;
use super::source::{Default, Source};
use crate::cli::proxy_config::source::Format;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::inspect::ztunnel::{Dump, ZtunnelError, connections, tables};

/// Show everything a ztunnel knows, section by section
#[derive(clap::Args, Debug)]
pub struct All {
    #[command(flatten)]
    source: Source,
    /// A heading above each section
    #[arg(long)]
    with_headers: bool,
}

impl All {
    pub fn run(self, context: &Context) -> Outcome {
        for part in self.source.fetch(context, Default::Any)? {
            self.show(&part.text)?;
        }
        Ok(Exit::OK)
    }

    fn show(&self, text: &[u8]) -> Result<(), Failure> {
        let dump = Dump::parse(text)?;
        let unreadable = |reason: &dyn std::fmt::Display| ZtunnelError::Unreadable(reason.to_string());
        match self.source.format()? {
            Format::Short => {
                let sections = [
                    ("WORKLOAD", tables::workloads(&dump, &tables::WorkloadFilter::default())),
                    ("SERVICE", tables::services(&dump, "")),
                    ("POLICY", tables::policies(&dump, "")),
                    ("SECRET", certificate::short(&dump)),
                    ("CONNECTIONS", connections::table(&dump, &connections::Filter::default())),
                ];
                for (title, table) in sections {
                    let heading =
                        if self.with_headers { format!("------ {title} INFO ------\n\n") } else { String::new() };
                    crate::ui::print(&format!("\n{heading}{}", table.finish()))?;
                }
            }
            Format::Json => {
                let verbatim = std::str::from_utf8(text).map_err(|error| unreadable(&error))?;
                crate::ui::print(verbatim)?;
                crate::ui::print("\n")?;
            }
            Format::Yaml => {
                let tree: crate::yaml::Value = serde_json::from_slice(text).map_err(|error| unreadable(&error))?;
                crate::ui::print(&format!("{}\n", crate::yaml::to_string(&tree)))?;
            }
        }
        Ok(())
    }
}
