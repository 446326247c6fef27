//! The flags every command takes, and the context they make.

use std::ffi::OsString;
use std::path::Path;

use super::Failure;

/// The name the program was called by, which sets its contract (see `docs/architecture.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    Bowline,
    Istioctl,
}

impl Program {
    /// `istioctl` (with or without a folder or `.exe`) answers as the reference, any other name as bowline.
    pub fn from_name(word: Option<&OsString>) -> Self {
        let stem = word.and_then(|w| Path::new(w).file_stem()).and_then(|s| s.to_str());
        if stem == Some("istioctl") { Program::Istioctl } else { Program::Bowline }
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
pub struct Globals {
    /// Kubernetes configuration file
    #[arg(long, short = 'c', global = true, default_value = "", hide_default_value = true)]
    pub kubeconfig: String,
    /// Kubernetes configuration context
    #[arg(long, global = true, default_value = "", hide_default_value = true)]
    pub context: String,
    /// Namespace of the workload or configuration
    #[arg(long, short = 'n', global = true, default_value = "", hide_default_value = true)]
    pub namespace: String,
    /// Namespace of the control plane
    #[arg(long = "istioNamespace", short = 'i', global = true, default_value = "istio-system")]
    pub istio_namespace: String,
    /// User to impersonate
    #[arg(long = "as", global = true, default_value = "", hide_default_value = true)]
    pub as_user: String,
    /// UID to impersonate
    #[arg(long, global = true, default_value = "", hide_default_value = true)]
    pub as_uid: String,
    /// Group to impersonate, repeatable
    #[arg(long, global = true)]
    pub as_group: Vec<String>,
    /// Time limit of one request to the API server, such as 15s
    #[arg(long, global = true, default_value = "15s")]
    pub kubeclient_timeout: String,
    /// Follow istioctl: `strict` its command line, `rules` its rules over everything given, `off` neither
    #[arg(long, global = true, value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "strict")]
    pub compat: Option<Compat>,
}

/// What every command is run with.
#[derive(Debug)]
pub struct Context {
    pub program: Program,
    pub compat: Compat,
    pub globals: Globals,
}

impl Context {
    pub fn new(program: Program, globals: Globals) -> Result<Self, Failure> {
        let compat = match globals.compat {
            Some(compat) => compat,
            None => compat_from_environment()?.unwrap_or(match program {
                Program::Istioctl => Compat::Strict,
                Program::Bowline => Compat::Off,
            }),
        };
        Ok(Context { program, compat, globals })
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
