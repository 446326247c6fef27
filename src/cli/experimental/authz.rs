//! `experimental authz`: who may call what.

use serde_json::value::RawValue;

use crate::cli::output::{Format, Output};
use crate::cli::proxy_config::source::{Text, ask_word, check_port, read};
use crate::cli::values::parse_int;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::envoy::canonical::{LISTENER, Resources};
use crate::envoy::dump::{DumpError, Listeners, section};
use crate::inspect::authz::Authorization;
use crate::ui::log;

/// Look into authorization
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    Check(Check),
}

impl Command {
    pub fn run(self, context: &Context) -> Outcome {
        match self {
            Command::Check(check) => check.run(context),
        }
    }
}

/// List the authorization policies that a proxy enforces
#[derive(clap::Args, Debug)]
pub struct Check {
    /// Pod or workload: `[TYPE/]NAME[.NAMESPACE]`
    #[arg(value_name = "POD")]
    words: Vec<String>,
    /// Read a saved config dump instead; `-` is standard input
    #[arg(long, short = 'f', default_value = "")]
    file: String,
    /// Port of Envoy's admin interface
    #[arg(long, default_value = "15000", value_parser = parse_int)]
    proxy_admin_port: i64,
    #[command(flatten)]
    format: Output,
}

impl Check {
    fn run(self, context: &Context) -> Outcome {
        check_port(self.proxy_admin_port)?;
        if self.words.len() > 1 {
            return Err(Failure::new("authz check takes one pod, NAME[.NAMESPACE]"));
        }
        if self.words.is_empty() && self.file.is_empty() {
            return Err(Failure::new("authz check needs a pod, or a dump with --file"));
        }
        let format = self.format.format()?;
        let text = self.fetch(context)?;
        let listeners = section::<Listeners<&RawValue>>(&text).map_err(|error| match error {
            DumpError::Missing(_) => Failure::new(format!("the dump has no dynamic listeners: {error}")),
            DumpError::Unreadable(reason) => {
                Failure::new(format!("the config dump{} cannot be read: {reason}", self.origin()))
            }
        })?;
        let mut listeners = Resources::new(&text, listeners.into_dynamic(), LISTENER).read()?.values;
        if listeners.is_empty() && format == Format::Short {
            return Ok(Exit::OK);
        }
        listeners.sort_by(|a, b| a.text(&["name"]).cmp(b.text(&["name"])));
        let found = Authorization::of(&listeners);
        for unknown in found.unknown_keys.iter().filter(|unknown| !unknown.dry_run) {
            log::warn(&format!("no AuthorizationPolicy made the RBAC policy {:?}", unknown.key));
        }
        crate::ui::print(&format.write(&found, Authorization::table)?)?;
        Ok(Exit::OK)
    }

    fn fetch(&self, context: &Context) -> Result<Text, Failure> {
        if let Some(word) = self.words.first() {
            return ask_word(context, word, check_port(self.proxy_admin_port)?, "config_dump").map(Text::Owned);
        }
        read(&self.file)
            .map_err(|failure| Failure::new(format!("there is no config dump{}: {}", self.origin(), failure.message)))
    }

    fn origin(&self) -> String {
        if self.file.is_empty() { String::new() } else { format!(" from file {}", self.file) }
    }
}
