//! The flags every command takes, and the context they make.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use super::Failure;
use super::settings::Settings;
use super::values::{GoDuration, parse_int};
use crate::cluster::Target;
use crate::ui::log;

/// The name the program was called by, which sets its contract (see `docs/architecture.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    Bowline,
    Istioctl,
}

impl Program {
    /// `istioctl` (also in a folder, with `.exe` or a version, as in `istioctl-1.30.3`) answers as the reference, any other name as
    /// bowline.
    pub fn from_name(word: Option<&OsString>) -> Self {
        let stem = word.and_then(|w| Path::new(w).file_stem()).and_then(|s| s.to_str());
        let is_reference = |stem: &str| stem == "istioctl" || stem.starts_with("istioctl-");
        if stem.is_some_and(is_reference) { Program::Istioctl } else { Program::Bowline }
    }

    pub fn name(self) -> &'static str {
        match self {
            Program::Bowline => "bowline",
            Program::Istioctl => "istioctl",
        }
    }
}

/// How closely verdicts and exit codes follow istioctl 1.30.3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Compat {
    /// What the reference gets plainly wrong is right.
    #[default]
    Off,
    /// The reference's rules, over everything that was given.
    Rules,
    /// The reference's command line to the letter.
    Strict,
}

#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Global options")]
pub struct Globals {
    /// Kubernetes configuration file
    #[arg(long, short = 'c', global = true, default_value = "")]
    pub kubeconfig: String,
    /// Kubernetes configuration context
    #[arg(long, global = true, default_value = "")]
    pub context: String,
    /// Namespace of the workload or configuration
    #[arg(long, short = 'n', global = true, default_value = "")]
    pub namespace: String,
    /// Namespace of the control plane
    #[arg(long = "istioNamespace", short = 'i', global = true, default_value = "istio-system")]
    pub istio_namespace: String,
    /// User to impersonate
    #[arg(long = "as", global = true, default_value = "")]
    pub as_user: String,
    /// UID to impersonate
    #[arg(long, global = true, default_value = "")]
    pub as_uid: String,
    /// Group to impersonate, repeatable
    #[arg(long, global = true)]
    pub as_group: Vec<String>,
    /// Time limit of one request to the API server, such as 15s
    #[arg(long, global = true, default_value = "15s")]
    pub kubeclient_timeout: String,
    /// Detail of the client's own log, 0 to 10; from 6 on every request is logged
    #[arg(long, global = true, default_value = "0", value_parser = parse_int, hide_default_value = true)]
    pub vklog: i64,
    /// Lowest level to log, for all scopes or as SCOPE:LEVEL,… (none, fatal, error, warn, info, debug)
    #[arg(long = "log_output_level", global = true, hide = true, default_value = "")]
    pub log_output_level: String,
    /// Levels that carry a stack trace; read for its syntax, since log lines here never carry one
    #[arg(long = "log_stacktrace_level", global = true, hide = true, default_value = "default:none")]
    pub log_stacktrace_level: String,
    /// Scopes that name their caller; read for its syntax, since log lines here never do
    #[arg(long = "log_caller", global = true, hide = true, default_value = "")]
    pub log_caller: String,
    /// Where log lines go: stdout, stderr or a file; repeatable (default stderr)
    #[arg(long = "log_target", global = true, hide = true)]
    pub log_target: Vec<String>,
    /// Write log lines as JSON
    #[arg(long = "log_as_json", global = true, hide = true)]
    pub log_as_json: bool,
    /// Follow istioctl: `strict` its command line, `rules` its rules over everything given, `off` neither
    #[arg(long, global = true, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "strict")]
    pub compat: Option<Compat>,
}

impl Globals {
    fn log_config(&self) -> Result<log::Config, Failure> {
        let mut level = log::Level::Warn;
        for part in self.log_output_level.split(',').filter(|part| !part.is_empty()) {
            // Lines carry one scope, so the most talkative level of all scopes is the one that counts.
            let read = log_level(part, "output")?;
            level = if part.contains(':') { level.max(read) } else { read };
        }
        for part in self.log_stacktrace_level.split(',').filter(|part| !part.is_empty()) {
            log_level(part, "stack trace")?;
        }
        if self.vklog >= 6 {
            level = log::Level::Debug;
        }
        for target in self.log_target.iter().filter(|target| !matches!(target.as_str(), "stdout" | "stderr")) {
            std::fs::OpenOptions::new()
                .create(true)
                .append(true)
                .open(target)
                .map_err(|error| Failure::new(format!("cannot write log target {target}: {error}")))?;
        }
        Ok(log::Config { level, json: self.log_as_json, targets: self.log_target.clone() })
    }
}

/// The level in `LEVEL` or `SCOPE:LEVEL`.
fn log_level(text: &str, kind: &str) -> Result<log::Level, Failure> {
    let name = text.rsplit_once(':').map_or(text, |(_, level)| level);
    log::Level::from_name(name).ok_or_else(|| Failure::new(format!("invalid {kind} level '{text}'")))
}

/// What every command is run with.
#[derive(Debug)]
pub struct Context {
    pub program: Program,
    pub compat: Compat,
    pub globals: Globals,
    /// Defaults from outside the command line; flags have received theirs already.
    pub settings: Settings,
}

impl Context {
    pub fn new(program: Program, globals: Globals, settings: Settings) -> Result<Self, Failure> {
        log::configure(globals.log_config()?);
        let compat = match globals.compat {
            Some(compat) => compat,
            None => compat_from_environment()?.unwrap_or(match program {
                Program::Istioctl => Compat::Strict,
                Program::Bowline => Compat::Off,
            }),
        };
        Ok(Context { program, compat, globals, settings })
    }

    /// The cluster the flags mean.
    pub fn target(&self) -> Result<Target, Failure> {
        let globals = &self.globals;
        Ok(Target {
            kubeconfig: globals.kubeconfig.clone(),
            context: globals.context.clone(),
            namespace: globals.namespace.clone(),
            as_user: globals.as_user.clone(),
            as_uid: globals.as_uid.clone(),
            as_groups: globals.as_group.clone(),
            request_timeout: self.request_timeout()?,
        })
    }

    /// The time limit of one request to the API server; `""` means 15 seconds.
    pub fn request_timeout(&self) -> Result<Duration, Failure> {
        let text = match self.globals.kubeclient_timeout.as_str() {
            "" => "15s",
            text => text,
        };
        text.parse::<GoDuration>()
            .map(GoDuration::to_std)
            .map_err(|reason| Failure::new(format!("error parsing kubeclient-timeout: {reason}")))
    }
}

fn compat_from_environment() -> Result<Option<Compat>, Failure> {
    match std::env::var("BOWLINE_COMPAT") {
        Ok(text) if !text.is_empty() => <Compat as clap::ValueEnum>::from_str(&text, false)
            .map(Some)
            .map_err(|_| Failure::usage(format!("BOWLINE_COMPAT={text}: expected strict, rules or off"))),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_sets_the_contract() {
        let of = |word: &str| Program::from_name(Some(&word.into()));
        for word in ["istioctl", "/usr/local/bin/istioctl", "istioctl.exe", "istioctl-1.30.3"] {
            assert_eq!(of(word), Program::Istioctl, "{word}");
        }
        for word in ["bowline", "istioctlx", "my-istioctl"] {
            assert_eq!(of(word), Program::Bowline, "{word}");
        }
    }
}
