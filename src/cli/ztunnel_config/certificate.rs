//! `ztunnel-config certificate`.

use super::source::{Default, Source, lists, tables};
use crate::cli::output::Format;
use crate::cli::{Context, Outcome};
use crate::inspect::ztunnel::{Dump, certificates};
use crate::ui::log;
use crate::ui::tabwriter::TabWriter;

/// Show the certificates that a ztunnel holds for the workloads of its node
#[derive(clap::Args, Debug)]
pub struct Certificate {
    #[command(flatten)]
    source: Source,
}

impl Certificate {
    pub fn run(self, context: &Context) -> Outcome {
        self.source.show(context, Default::Every, |dumps, format| match format {
            Format::Short => tables(dumps, |dump, _| short(dump)),
            format => lists(dumps, format, |dump, _| Some(dump.certificates.as_ref()?.iter().collect())),
        })
    }
}

/// The table; what in it cannot be read is told apart.
pub fn short(dump: &Dump) -> TabWriter {
    let now = jiff::Timestamp::now().as_second();
    let (table, unreadable) = certificates::table(dump.certificates.as_deref().unwrap_or_default(), now);
    for time in unreadable {
        log::warn(&format!("a certificate's time {time:?} is no RFC 3339 time, so it does not count as valid"));
    }
    table
}
