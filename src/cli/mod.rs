//! The command line: one file per command at the command's path. No logic that another command needs lives here.
//!
//! `main` takes the words, [`normalize`] gives them pflag's meaning, clap fills the structs, `run` does the work.

// Enums of commands hold one value for a whole run; boxing their flags would only cost readers.
#![allow(clippy::large_enum_variant)]

mod admin;
mod analyze;
mod authz;
mod backup;
mod bug_report;
mod central;
mod chart;
mod collateral;
mod commands;
mod completion;
mod create_remote_secret;
mod dashboard;
mod experimental;
mod explain;
mod failure;
mod globals;
mod inject;
mod install;
mod kube_inject;
mod kube_uninject;
mod manifest;
pub mod normalize;
mod operator;
mod options;
mod output;
mod profile;
mod proxy_config;
mod proxy_status;
mod remote_clusters;
mod restore;
mod revision;
mod settings;
mod suggest;
mod tag;
mod uninstall;
mod upgrade;
mod validate;
pub mod values;
mod values_explain;
mod verify_install;
mod version;
mod waypoint;
mod ztunnel_config;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, FromArgMatches};

use commands::{COMMANDS, Entry};
pub use failure::{Exit, Failure};
pub use globals::{Compat, Context, Globals, Program};
use normalize::Request;
use settings::Settings;

use crate::ui;

/// What a command gives back: its exit code, or why it failed.
pub type Outcome = Result<Exit, Failure>;

/// The root of the tree: the flags that every command takes, and no command yet.
fn root() -> clap::Command {
    let root = clap::Command::new("bowline")
        .about("Install, upgrade, check and inspect an Istio service mesh")
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .args_override_self(true)
        .subcommand_required(true)
        .arg_required_else_help(true);
    Globals::augment_args(root)
}

/// Groups that the reference can run by themselves: a word that is none of their commands is an error there too.
const RUNNABLE_GROUPS: [&str; 6] =
    ["admin", "dashboard", "tag", "waypoint", "experimental describe", "experimental injector"];

/// The whole tree, for whoever makes something else from it than a parse.
pub fn command() -> clap::Command {
    root().subcommands(COMMANDS.iter().map(Entry::declared))
}

/// The part of the tree that these words need: the command they name, else the names of all commands.
fn tree_for(words: &[String]) -> clap::Command {
    let names = root().subcommands(COMMANDS.iter().map(Entry::named));
    match normalize::first_command(&names, words) {
        // Help and completion look at all commands.
        Some("help") => command(),
        Some(name) => root().subcommands(Entry::find(name).map(Entry::declared)),
        None => names,
    }
}

/// The tree as help and reference show it, every command complete.
fn documented(name: &'static str) -> clap::Command {
    let mut tree = without_empty_defaults(command()).name(name).bin_name(name);
    tree.build();
    tree
}

/// Help says which value a flag has when it is not given; that it has none need not be said.
fn without_empty_defaults(command: clap::Command) -> clap::Command {
    let empty = |arg: &clap::Arg| arg.get_default_values().first().is_some_and(|value| value.is_empty());
    command
        .mut_args(|arg| if empty(&arg) { arg.hide_default_value(true) } else { arg })
        .mut_subcommands(without_empty_defaults)
}

/// The reference of the command line, as `docs/cli.md` holds it.
pub fn reference() -> String {
    collateral::markdown(&documented("bowline"))
}

/// Runs the program with these words (the first is the program's name) and gives its exit code.
pub fn main(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let words: Vec<OsString> = words.into_iter().collect();
    let program = Program::from_name(words.first());
    if std::env::var_os("COMPLETE").is_some() {
        completion::answer_shell(program);
    }
    match run(program, &words) {
        Ok(exit) => ExitCode::from(exit.0),
        Err(failure) => {
            let _ = std::io::stderr().lock().write_all(failure.render().as_bytes());
            ExitCode::from(failure.exit.0)
        }
    }
}

fn run(program: Program, words: &[OsString]) -> Outcome {
    let settings = Settings::load()?;
    let mut words: Vec<String> = words.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    if words.first().is_some_and(|word| word.starts_with("__complete")) {
        words.insert(1, "--".to_owned());
    }
    if settings.prefer_experimental() {
        prefer_experimental(&mut words);
    }
    let tree = tree_for(&words);
    let call = Call { program, words: &words };
    let request = normalize::normalize(&tree, &words, &settings).map_err(|mistake| flag_failure(program, mistake))?;
    let canonical = match request {
        Request::Run { words, .. } => words,
        Request::Help { path } => return help(program, &path),
        Request::UnknownTopic { words } => {
            let text = format!("Unknown help topic [{}]\n{}", words.join(" "), help_text(program, &[]));
            std::io::stderr().lock().write_all(text.as_bytes())?;
            return Ok(Exit::OK);
        }
        Request::UnknownSubcommand { path, word } => return unknown_subcommand(&call, &tree, &path, &word),
    };
    let mut matches = tree.try_get_matches_from(canonical).map_err(|error| clap_failure(&error))?;
    let globals = Globals::from_arg_matches_mut(&mut matches).map_err(|error| clap_failure(&error))?;
    let context = Context::new(program, globals, settings)?;
    match matches.remove_subcommand().and_then(|(name, matches)| Some((Entry::find(&name)?, matches))) {
        Some((entry, mut matches)) => (entry.run)(&mut matches, &context),
        None => help(program, &[]),
    }
}

/// What is known of a run before its flags have been read.
struct Call<'w> {
    program: Program,
    words: &'w [String],
}

impl Call<'_> {
    /// Whether the reference's contract holds, as far as the words and the environment say.
    fn is_strict(&self) -> bool {
        let given = self.words.iter().rev().find_map(|word| match word.strip_prefix("--compat") {
            Some("") => Some("strict".to_owned()),
            Some(mode) => mode.strip_prefix('=').map(str::to_owned),
            None => None,
        });
        let given = given.or_else(|| std::env::var("BOWLINE_COMPAT").ok()).filter(|mode| !mode.is_empty());
        given.map_or(self.program == Program::Istioctl, |mode| mode == "strict")
    }
}

/// `version` and `proxy-status` mean their experimental variants; `legacy` brings the stable ones back.
fn prefer_experimental(words: &mut Vec<String>) {
    match words.first().map(String::as_str) {
        Some("version" | "proxy-status" | "ps") => words.insert(0, "experimental".to_owned()),
        Some("legacy") => {
            words.remove(0);
        }
        _ => {}
    }
}

fn help(program: Program, path: &[String]) -> Outcome {
    ui::print(&help_text(program, path))?;
    Ok(Exit::OK)
}

fn help_text(program: Program, path: &[String]) -> String {
    let tree = documented(program.name());
    let node = path.iter().try_fold(&tree, |node, name| normalize::subcommand(node, name)).unwrap_or(&tree);
    let ignores = path.first().is_some_and(|first| NAMESPACE_IN_THE_SPEC.contains(&first.as_str()));
    let silent = |arg: &clap::Arg| ignores && ["namespace", "istio_namespace"].contains(&arg.get_id().as_str());
    node.clone().mut_args(|arg| if silent(&arg) { arg.hide(true) } else { arg }).render_help().to_string()
}

/// Commands that take the namespace flags, as all do, and find every namespace in the IstioOperator: their help passes the flags over.
const NAMESPACE_IN_THE_SPEC: [&str; 2] = ["install", "manifest"];

/// A word that is no command. Strictly, a group that cannot run by itself prints its help and is content.
fn unknown_subcommand(call: &Call, tree: &clap::Command, path: &[String], word: &str) -> Outcome {
    let program = call.program;
    let instead = suggest::replacement(path, word).map(|instead| format!("that command is gone; instead: {instead}"));
    let node = path.iter().try_fold(tree, |node, name| normalize::subcommand(node, name)).unwrap_or(tree);
    let names = node.get_subcommands().filter(|sub| !sub.is_hide_set()).map(clap::Command::get_name);
    if path.is_empty() {
        let near = suggest::nearest(word, names);
        let mut text = format!("unknown command \"{word}\" for \"{}\"\n", program.name());
        if !near.is_empty() {
            text.push_str(&format!("\nDid you mean this?\n\t{}\n", near.join("\n\t")));
        }
        text.push_str(&format!("\nRun '{} --help' for usage.", program.name()));
        return Err(Failure::usage(text).hints(instead));
    }
    let group = path.join(" ");
    let runnable = RUNNABLE_GROUPS.contains(&group.as_str());
    if call.is_strict() && !runnable {
        if let Some(instead) = instead {
            ui::log::warn(&format!("{group} {word}: {instead}"));
        }
        return help(program, path);
    }
    let failure = match group.as_str() {
        "dashboard" => Failure::new(format!("unknown dashboard \"{word}\"")),
        "experimental describe" => Failure::new(format!("unknown resource type \"{word}\"")),
        _ if runnable => Failure::new(format!("unknown subcommand \"{word}\"")),
        _ => Failure::usage(format!("unknown command \"{word}\" for \"{} {group}\"", program.name())),
    };
    let near = suggest::close(word, names).map(|near| format!("did you mean {near}?"));
    Err(failure.hints(near).hint(format!("`{} {group} --help` lists its commands", program.name())).hints(instead))
}

/// A mistake in the flags, with the flag that may be meant.
fn flag_failure(program: Program, mistake: normalize::Mistake) -> Failure {
    let near = mistake.near.map(|near| format!("did you mean {near}?"));
    let line: Vec<&str> = std::iter::once(program.name()).chain(mistake.path.iter().map(String::as_str)).collect();
    let help = mistake.error.is_unknown().then(|| format!("`{} --help` lists the flags", line.join(" ")));
    Failure::usage(mistake.error.to_string()).hints(near).hints(help)
}

/// A value that a flag does not take, in pflag's words; clap sees only canonical words, so little else can fail there.
fn clap_failure(error: &clap::Error) -> Failure {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    };
    match (text(ContextKind::InvalidArg), text(ContextKind::InvalidValue)) {
        (Some(arg), Some(value)) => {
            let flag = arg.split([' ', '=']).next().unwrap_or_default();
            let flag = match command_short(flag.trim_start_matches('-')) {
                Some(short) => format!("-{short}, {flag}"),
                None => flag.to_owned(),
            };
            let reason = std::error::Error::source(error).map_or_else(|| expected(error), ToString::to_string);
            Failure::usage(format!("invalid argument \"{value}\" for \"{flag}\" flag: {reason}"))
        }
        _ => Failure::usage(error.render().to_string().trim_start_matches("error: ").to_owned()),
    }
}

fn expected(error: &clap::Error) -> String {
    match error.get(ContextKind::ValidValue) {
        Some(ContextValue::Strings(values)) => format!("expected one of {}", values.join(", ")),
        _ => "not a value of this flag".to_owned(),
    }
}

/// The shorthand of a flag, looked up in the whole tree: the words in an error do not name the command.
fn command_short(long: &str) -> Option<char> {
    fn search(command: &clap::Command, long: &str) -> Option<char> {
        command
            .get_arguments()
            .find(|arg| arg.get_long() == Some(long))
            .and_then(clap::Arg::get_short)
            .or_else(|| command.get_subcommands().find_map(|sub| search(sub, long)))
    }
    search(&command(), long)
}
