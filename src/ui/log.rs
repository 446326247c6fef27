//! What the program says about its own work, apart from its result: warnings, and with `--log_output_level` more.
//!
//! Lines go to stderr as `TIME<TAB>LEVEL<TAB>SCOPE<TAB>TEXT`, or to the targets of `--log_target`; as JSON objects with
//! `--log_as_json`. Nothing here ever reaches stdout unless a target says so.

use std::fs::OpenOptions;
use std::io::Write;
use std::sync::OnceLock;

/// How important a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    None,
    Fatal,
    Error,
    Warn,
    Info,
    Debug,
}

impl Level {
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "none" => Level::None,
            "fatal" => Level::Fatal,
            "error" => Level::Error,
            "warn" => Level::Warn,
            "info" => Level::Info,
            "debug" => Level::Debug,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Level::None => "none",
            Level::Fatal => "fatal",
            Level::Error => "error",
            Level::Warn => "warn",
            Level::Info => "info",
            Level::Debug => "debug",
        }
    }
}

/// What the logging flags ask for.
#[derive(Debug)]
pub struct Config {
    pub level: Level,
    pub json: bool,
    /// `stdout`, `stderr` or a file's path.
    pub targets: Vec<String>,
}

static CONFIG: OnceLock<Config> = OnceLock::new();

/// Sets how lines are written; the first call counts.
pub fn configure(config: Config) {
    let _ = CONFIG.set(config);
}

/// Something the user should know although the work goes on.
pub fn warn(text: &str) {
    write(Level::Warn, text);
}

/// A step of the work.
pub fn info(text: &str) {
    write(Level::Info, text);
}

/// A detail for whoever looks for a fault, such as one request to a server.
pub fn debug(text: &str) {
    write(Level::Debug, text);
}

/// Whether lines of this level are written, for callers whose text is costly to make.
pub fn enabled(level: Level) -> bool {
    level <= CONFIG.get().map_or(Level::Warn, |config| config.level)
}

fn write(level: Level, text: &str) {
    if !enabled(level) {
        return;
    }
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
    let line = if CONFIG.get().is_some_and(|config| config.json) {
        format!("{}\n", serde_json::json!({"level": level.name(), "time": now, "scope": "default", "msg": text}))
    } else {
        format!("{now}\t{}\tdefault\t{text}\n", level.name())
    };
    let targets = CONFIG.get().map_or(&[][..], |config| config.targets.as_slice());
    if targets.is_empty() {
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }
    for target in targets {
        // A log line that cannot be written must not stop the work; unwritable files are refused at the start.
        let _ = match target.as_str() {
            "stdout" => std::io::stdout().lock().write_all(line.as_bytes()),
            "stderr" => std::io::stderr().lock().write_all(line.as_bytes()),
            path => {
                OpenOptions::new().create(true).append(true).open(path).and_then(|mut f| f.write_all(line.as_bytes()))
            }
        };
    }
}
