//! `proxy-config diff`.

use super::source::{Text, ask_word, check_port, read};
use crate::cli::values::parse_int;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::inspect::dump_diff::{Options, compare};

/// Tell what differs between two Envoys, by cause
#[derive(clap::Args, Debug)]
pub struct Diff {
    /// Two sides: pods or workloads `[TYPE/]NAME[.NAMESPACE]`, saved dumps by path, or `-` for standard input
    #[arg(value_name = "SIDE")]
    words: Vec<String>,
    /// A saved config dump as a side, repeatable
    #[arg(long, short = 'f')]
    file: Vec<String>,
    /// Kinds to compare: clusters, listeners, routes, endpoints, secrets
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// The proxies' own addresses count, too
    #[arg(long)]
    all: bool,
    /// End with 1 if something differs
    #[arg(long)]
    exit_code: bool,
    /// Format: short, json or yaml
    #[arg(long, short = 'o', default_value = "short")]
    output: String,
    /// Port of Envoy's admin interface
    #[arg(long, default_value = "15000", value_parser = parse_int)]
    proxy_admin_port: i64,
}

impl Diff {
    pub fn run(self, context: &Context) -> Outcome {
        let port = check_port(self.proxy_admin_port)?;
        let mut sides: Vec<Text> = Vec::new();
        for file in &self.file {
            sides.push(read(file)?);
        }
        for word in &self.words {
            sides.push(side(context, word, port)?);
        }
        let [a, b] = sides.as_slice() else {
            return Err(Failure::new("diff takes two sides: pods, paths of saved dumps, or --file")
                .hint(format!("{} given", sides.len())));
        };
        let report = compare(a, b, &Options { only: self.only, all: self.all })?;
        let shown = match self.output.as_str() {
            "short" => report.text(),
            "json" => format!("{}\n", serde_json::to_string_pretty(&report)?),
            "yaml" => crate::yaml::to_string(&serde_json::to_value(&report)?),
            other => return Err(Failure::new(format!("output format {other:?} not supported"))),
        };
        crate::ui::print(&shown)?;
        Ok(if self.exit_code && !report.changes.is_empty() { Exit::ERROR } else { Exit::OK })
    }
}

/// A path that exists is a dump, everything else a pod.
fn side(context: &Context, word: &str, port: u16) -> Result<Text, Failure> {
    if word == "-" || std::path::Path::new(word).is_file() {
        return read(word);
    }
    ask_word(context, word, port, "config_dump?include_eds=true").map(Text::Owned)
}
