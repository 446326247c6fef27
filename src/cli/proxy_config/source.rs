//! Where a command's dump comes from, and how its resources are printed.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::ops::Deref;

use crate::cli::values::parse_int;
use crate::cli::{Context, Failure};
use crate::envoy::canonical::Canonical;
use crate::envoy::text;
use crate::envoy::value::Value;
use crate::ui::log;

/// The pod or file of a command, and its format.
#[derive(clap::Args, Debug)]
pub struct Source {
    /// Pod or workload: `[TYPE/]NAME[.NAMESPACE]`
    #[arg(value_name = "POD")]
    pub words: Vec<String>,
    /// Read a saved answer of the admin interface instead; `-` is standard input
    #[arg(long, short = 'f', default_value = "", hide_default_value = true)]
    pub file: String,
    /// Port of Envoy's admin interface
    #[arg(long, default_value = "15000", value_parser = parse_int)]
    pub proxy_admin_port: i64,
}

/// The format of a command whose default is a table.
#[derive(clap::Args, Debug)]
pub struct Output {
    /// Format: short, json or yaml
    #[arg(long, short = 'o', default_value = "short")]
    pub output: String,
}

/// How the result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Short,
    Json,
    Yaml,
}

impl Format {
    /// Reads `-o`.
    pub fn parse(name: &str) -> Result<Self, Failure> {
        match name {
            "short" => Ok(Format::Short),
            "json" => Ok(Format::Json),
            "yaml" => Ok(Format::Yaml),
            other => {
                Err(Failure::new(format!("output format {other:?} not supported")).hint("one of short, json, yaml"))
            }
        }
    }
}

/// The text of a dump.
pub enum Text {
    Mapped(memmap2::Mmap),
    Owned(Vec<u8>),
}

impl Deref for Text {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Text::Mapped(map) => map,
            Text::Owned(bytes) => bytes,
        }
    }
}

impl Source {
    /// Checks that there is exactly one of pod and file, and that the port exists. `command` is what the complaint calls it.
    pub fn check(&self, command: &str) -> Result<(), Failure> {
        check_port(self.proxy_admin_port)?;
        if (self.words.len() == 1) == self.file.is_empty() && self.words.len() <= 1 {
            return Ok(());
        }
        let given = match (self.words.len(), self.file.is_empty()) {
            (0, _) => "neither was given",
            (_, false) => "both were given",
            _ => "give one pod only",
        };
        Err(Failure::new(format!("{command} requires pod name or --file parameter")).hint(given))
    }

    /// Fetches the dump: `path` is what to ask a pod's admin interface for.
    pub fn fetch(&self, _context: &Context, _path: &str) -> Result<Text, Failure> {
        read(&self.file)
    }
}

/// Checks a port that was given as a flag.
pub fn check_port(port: i64) -> Result<u16, Failure> {
    u16::try_from(port)
        .ok()
        .filter(|port| *port > 0)
        .ok_or_else(|| Failure::new(format!("port number {port} must be in the range 1..65535")))
}

/// The text of a file; `-` is standard input.
pub fn read(path: &str) -> Result<Text, Failure> {
    if path == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(Text::Owned(bytes));
    }
    let fail = |error: std::io::Error| Failure::new(format!("open {path}: {}", reason(&error)));
    let file = std::fs::File::open(path).map_err(fail)?;
    let about = file.metadata().map_err(fail)?;
    if about.is_file() && about.len() > 0 {
        return map(&file).map(Text::Mapped).map_err(fail);
    }
    let mut bytes = Vec::new();
    { file }.read_to_end(&mut bytes).map_err(fail)?;
    Ok(Text::Owned(bytes))
}

/// Maps a file into memory, so that a dump of a hundred megabytes is not copied before a byte of it is looked at.
#[allow(unsafe_code)]
fn map(file: &std::fs::File) -> std::io::Result<memmap2::Mmap> {
    // SAFETY: the map is read-only and private to this process. If another program shortens the file meanwhile, the
    // kernel ends this program; it never sees memory that is not its own.
    unsafe { memmap2::Mmap::map(file) }
}

/// The reason of an error as the system words it in lower case, without Rust's number.
fn reason(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

/// A list of resources as JSON or YAML.
pub fn list(canonical: &Canonical, format: Format) -> String {
    note_unknown(&canonical.unknown);
    match format {
        Format::Yaml => yaml(&Value::List(canonical.values.clone())),
        _ => format!("{}\n", text::list(&canonical.values)),
    }
}

/// A single message as JSON (with the white space of the reference) or YAML.
pub fn single(value: &Value, format: Format) -> String {
    match format {
        Format::Yaml => yaml(value),
        _ => format!("{}\n", text::single(value)),
    }
}

/// YAML, and the empty line that the reference ends it with.
pub fn yaml(value: &Value) -> String {
    format!("{}\n", crate::yaml::to_string(&value.to_tree()))
}

/// Says what the output leaves out because this program does not know it.
pub fn note_unknown(unknown: &BTreeSet<String>) {
    const SHOWN: usize = 10;
    for name in unknown.iter().take(SHOWN) {
        log::warn(&format!("left out what is newer than this program: {name}"));
    }
    if unknown.len() > SHOWN {
        log::warn(&format!("and {} more", unknown.len() - SHOWN));
    }
}
