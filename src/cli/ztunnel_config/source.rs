//! Where a command's dump comes from, and how its objects are printed.

use crate::cli::proxy_config::source::{Format, Text, check_port, read, yaml};
use crate::cli::values::parse_int;
use crate::cli::{Context, Failure};
use crate::envoy::text;
use crate::envoy::value::Value;

/// The ztunnel or file of a command, and its format.
#[derive(clap::Args, Debug)]
pub struct Source {
    /// A ztunnel pod, or a pod on the node of one: `[TYPE/]NAME[.NAMESPACE]`
    #[arg(value_name = "POD")]
    words: Vec<String>,
    /// Read a saved config dump instead; `-` is standard input
    #[arg(long, short = 'f', default_value = "", hide_default_value = true)]
    file: String,
    /// The ztunnel of this node
    #[arg(long, default_value = "", hide_default_value = true)]
    node: String,
    /// Port of ztunnel's admin interface
    #[arg(long, default_value = "15000", value_parser = parse_int)]
    proxy_admin_port: i64,
    /// Format: short, json or yaml
    #[arg(long, short = 'o', default_value = "short")]
    pub output: String,
}

impl Source {
    /// Fetches the dump.
    pub fn fetch(&self, _context: &Context) -> Result<Text, Failure> {
        check_port(self.proxy_admin_port)?;
        let given = [!self.words.is_empty(), !self.file.is_empty(), !self.node.is_empty()];
        if given.iter().filter(|given| **given).count() > 1 {
            return Err(Failure::new("at most one of --file, --node, or pod name must be passed"));
        }
        read(&self.file)
    }

    pub fn format(&self) -> Result<Format, Failure> {
        Format::parse(&self.output)
    }
}

/// Objects as JSON or YAML.
pub fn list(values: Vec<&Value>, format: Format) -> String {
    let list = Value::List(values.into_iter().cloned().collect());
    match format {
        Format::Yaml => yaml(&list),
        _ => format!("{}\n", text::plain(&list)),
    }
}
