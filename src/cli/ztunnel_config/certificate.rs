//! `ztunnel-config certificate`.

use super::source::{Source, list};
use crate::cli::proxy_config::source::Format;
use crate::cli::{Context, Exit, Outcome};
use crate::inspect::ztunnel::{Dump, certificates};
use crate::ui::log;

/// Show the certificates that a ztunnel holds for the workloads of its node
#[derive(clap::Args, Debug)]
pub struct Certificate {
    #[command(flatten)]
    source: Source,
}

impl Certificate {
    pub fn run(self, context: &Context) -> Outcome {
        let text = self.source.fetch(context)?;
        let dump = Dump::parse(&text)?;
        crate::ui::print(&match (self.source.format()?, &dump.certificates) {
            (Format::Short, _) => short(&dump),
            (_, None) => "null\n".to_owned(),
            (format, Some(certificates)) => list(certificates.iter().collect(), format),
        })?;
        Ok(Exit::OK)
    }
}

/// The table; what in it cannot be read is told apart.
pub fn short(dump: &Dump) -> String {
    let now = jiff::Timestamp::now().as_second();
    let (table, unreadable) = certificates::table(dump.certificates.as_deref().unwrap_or_default(), now);
    for time in unreadable {
        log::warn(&format!("a certificate's time {time:?} is no RFC 3339 time, so it does not count as valid"));
    }
    table
}
