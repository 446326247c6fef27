//! `ztunnel-config all`.

use super::certificate;
use super::source::{Default, Source};
use crate::cli::output::Format;
use crate::cli::{Context, Failure, Outcome};
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
        self.source.show(context, Default::Any, |dumps, format| {
            dumps.iter().map(|part| self.shown(&part.text, format)).collect()
        })
    }

    fn shown(&self, text: &[u8], format: Format) -> Result<String, Failure> {
        let dump = Dump::parse(text)?;
        let unreadable = |reason: &dyn std::fmt::Display| ZtunnelError::Unreadable(reason.to_string());
        Ok(match format {
            Format::Short => {
                let sections = [
                    ("WORKLOAD", tables::workloads(&dump, &tables::WorkloadFilter::default())),
                    ("SERVICE", tables::services(&dump, "")),
                    ("POLICY", tables::policies(&dump, "")),
                    ("SECRET", certificate::short(&dump)),
                    ("CONNECTIONS", connections::table(&dump, &connections::Filter::default())),
                ];
                let heading =
                    |title| if self.with_headers { format!("------ {title} INFO ------\n\n") } else { String::new() };
                sections.map(|(title, table)| format!("\n{}{}", heading(title), table.finish())).concat()
            }
            Format::Json => {
                let verbatim = std::str::from_utf8(text).map_err(|error| unreadable(&error))?;
                format!("{verbatim}\n")
            }
            Format::Yaml => {
                let tree: crate::yaml::Value = serde_json::from_slice(text).map_err(|error| unreadable(&error))?;
                format!("{}\n", crate::yaml::to_string(&tree))
            }
        })
    }
}
