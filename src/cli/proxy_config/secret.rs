//! `proxy-config secret`.

use super::source::{Source, singles, tables};
use crate::cli::output::{Format, Output};
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::envoy::canonical::{self, Canonical};
use crate::envoy::certificate::Certificate;
use crate::envoy::dump::{self, Kind as _, Tree, section};
use crate::envoy::value::Value;
use crate::inspect::secrets::table;
use crate::inspect::wide;
use crate::ui::tabwriter::TabWriter;

/// Show the certificates and roots that an Envoy holds
#[derive(clap::Args, Debug)]
pub struct Secret {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    format: Output,
    /// Every certificate of every secret, with what it is for and how long it lasts
    #[arg(long)]
    wide: bool,
    /// Only certificates that end within this time, such as 30d or 12h; ends with 1 if there are any
    #[arg(long, default_value = "")]
    expiring: String,
}

/// What to ask the admin interface for.
pub const QUERY: &str = "config_dump?mask=dynamic_active_secrets,dynamic_warming_secrets";

const WIDE_QUERY: &str = "config_dump?mask=dynamic_active_secrets,dynamic_warming_secrets,static_secrets";

impl Secret {
    pub fn run(self, context: &Context) -> Outcome {
        self.source.check(context, "secret")?;
        let within = match self.expiring.as_str() {
            "" => None,
            text => Some(
                seconds(text)
                    .ok_or_else(|| Failure::new(format!("--expiring {text}: not a time such as 30d or 12h")))?,
            ),
        };
        let found = std::cell::Cell::new(0);
        let query = if self.wide || within.is_some() { WIDE_QUERY } else { QUERY };
        let format = self.format.format()?;
        self.source.show(context, query, |dumps, out| match format {
            Format::Short if self.wide || within.is_some() => tables(dumps, out, |text| {
                let (shown, count) = wide_table(text, within)?;
                found.set(found.get() + count);
                Ok(shown)
            }),
            Format::Short => tables(dumps, out, |text| short(section(text)?, false)),
            format => singles(dumps, format, out, |text| {
                let unsupported = |failure: Failure| format!("sidecar doesn't support secrets: {}", failure.message);
                read(text).map_err(|failure| Failure::new(unsupported(failure)))
            }),
        })?;
        Ok(if found.get() > 0 { Exit::ERROR } else { Exit::OK })
    }
}

/// What counts as soon where no time is given.
const SOON: i64 = 24 * 60 * 60;

/// The certificates one by one, and how many of them end within the time that is asked for.
fn wide_table(text: &[u8], within: Option<i64>) -> Result<(TabWriter, usize), Failure> {
    let section = read(text)?;
    let mut rows = wide::secrets::rows(section.values.first().unwrap_or(&Value::Null));
    let now = jiff::Timestamp::now().as_second();
    if let Some(within) = within {
        let ends = |certificate: &Certificate| certificate.not_after - now < within;
        rows.retain(|row| row.certificate.as_ref().is_ok_and(ends));
    }
    let count = if within.is_some() { rows.len() } else { 0 };
    let colour = crate::ui::colour();
    let highlight = |cell: &str| if colour { format!("\u{1b}[31m{cell}\u{1b}[0m") } else { cell.to_owned() };
    Ok((wide::secrets::table(&rows, now, within.unwrap_or(SOON), highlight), count))
}

/// A length of time such as `30d`, `12h`, `5m` or `10s` in seconds.
fn seconds(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let factor = match unit {
        "d" => 24 * 60 * 60,
        "h" => 60 * 60,
        "m" => 60,
        "s" => 1,
        _ => return None,
    };
    number.parse::<i64>().ok().filter(|number| *number >= 0)?.checked_mul(factor)
}

/// The table.
pub fn short(section: Tree<dump::Secrets>, named: bool) -> Result<TabWriter, Failure> {
    let section = canonical::section(section.into(), dump::Secrets::TYPE)?;
    let now = jiff::Timestamp::now().as_second();
    Ok(table(section.values.first().unwrap_or(&Value::Null), now, named)?)
}

/// The canonical secrets section.
pub fn read(text: &[u8]) -> Result<Canonical<'_>, Failure> {
    let tree: Tree<dump::Secrets> = section(text)?;
    Ok(canonical::section(tree.into(), dump::Secrets::TYPE)?)
}
