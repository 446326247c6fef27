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
use clap::{CommandFactory, FromArgMatches, Parser};

pub use failure::{Exit, Failure};
pub use globals::{Compat, Context, Globals, Program};
use normalize::Request;
use settings::Settings;

/// What a command gives back: its exit code, or why it failed.
pub type Outcome = Result<Exit, Failure>;

/// Install, upgrade, check and inspect an Istio service mesh.
#[derive(Parser, Debug)]
#[command(name = "bowline", disable_version_flag = true, disable_help_subcommand = true, args_override_self = true)]
struct Root {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    command: Command,
}

/// Every top-level command. A new one is one file, one line here and one line in `run`.
#[derive(clap::Subcommand, Debug)]
enum Command {
    #[command(subcommand, arg(shared("selector", 'l')), visible_alias = "istiod")]
    Admin(admin::Command),
    Analyze(analyze::Analyze),
    Authz(authz::Authz),
    Backup(backup::Backup),
    BugReport(bug_report::BugReport),
    #[command(subcommand)]
    Chart(chart::Command),
    #[command(hide = true)]
    Collateral(collateral::Collateral),
    #[command(name = "__complete", hide = true)]
    Complete(completion::Complete),
    #[command(name = "__completeNoDesc", hide = true)]
    CompleteNoDesc(completion::Complete),
    #[command(subcommand)]
    Completion(completion::Command),
    CreateRemoteSecret(create_remote_secret::CreateRemoteSecret),
    #[command(visible_aliases = ["dash", "d"])]
    Dashboard(dashboard::Dashboard),
    #[command(subcommand, visible_aliases = ["x", "exp"])]
    Experimental(experimental::Command),
    Explain(explain::Explain),
    /// Help about any command
    Help(completion::Help),
    Inject(inject::Inject),
    #[command(alias = "apply")]
    Install(install::Install),
    KubeInject(kube_inject::KubeInject),
    KubeUninject(kube_uninject::KubeUninject),
    Manifest(manifest::Manifest),
    Options(options::Options),
    Profile(profile::Profile),
    #[command(
        subcommand,
        arg(shared("output", 'o')),
        arg(shared_long("proxy_admin_port", "proxy-admin-port")),
        visible_alias = "pc"
    )]
    ProxyConfig(proxy_config::Command),
    #[command(visible_alias = "ps")]
    ProxyStatus(proxy_status::ProxyStatus),
    RemoteClusters(remote_clusters::RemoteClusters),
    Restore(restore::Restore),
    #[command(subcommand)]
    Revision(revision::Command),
    #[command(subcommand)]
    Tag(tag::Command),
    Uninstall(uninstall::Uninstall),
    Upgrade(upgrade::Upgrade),
    #[command(visible_alias = "v")]
    Validate(validate::Validate),
    #[command(subcommand)]
    Values(values_explain::Command),
    VerifyInstall(verify_install::VerifyInstall),
    Version(version::Version),
    Waypoint(waypoint::Waypoint),
    #[command(subcommand, visible_alias = "zc")]
    ZtunnelConfig(ztunnel_config::Command),
}

/// A flag that a group takes before the subcommand's name too. The subcommand's own flag of that name gets the value.
fn shared(name: &'static str, short: char) -> clap::Arg {
    clap::Arg::new(name).long(name).short(short).global(true).hide(true)
}

/// As [`shared`], for a flag without a shorthand.
fn shared_long(id: &'static str, name: &'static str) -> clap::Arg {
    clap::Arg::new(id).long(name).global(true).hide(true)
}

impl Command {
    fn run(self, context: &Context) -> Outcome {
        match self {
            Command::Admin(command) => command.run(context),
            Command::Analyze(command) => command.run(context),
            Command::Authz(command) => command.run(context),
            Command::Backup(command) => command.run(context),
            Command::BugReport(command) => command.run(context),
            Command::Chart(command) => command.run(context),
            Command::Collateral(command) => command.run(context),
            Command::Complete(command) => command.run(context, completion::Descriptions::Shown),
            Command::CompleteNoDesc(command) => command.run(context, completion::Descriptions::Hidden),
            Command::Completion(command) => command.run(context),
            Command::CreateRemoteSecret(command) => command.run(context),
            Command::Dashboard(command) => command.run(context),
            Command::Experimental(command) => command.run(context),
            Command::Explain(command) => command.run(context),
            Command::Help(_) => help(context.program, &[]),
            Command::Inject(command) => command.run(context),
            Command::Install(command) => command.run(context),
            Command::KubeInject(command) => command.run(context),
            Command::KubeUninject(command) => command.run(context),
            Command::Manifest(command) => command.run(context),
            Command::Options(command) => command.run(context),
            Command::Profile(command) => command.run(context),
            Command::ProxyConfig(command) => command.run(context),
            Command::ProxyStatus(command) => command.run(context),
            Command::RemoteClusters(command) => command.run(context),
            Command::Restore(command) => command.run(context),
            Command::Revision(command) => command.run(context),
            Command::Tag(command) => command.run(context),
            Command::Uninstall(command) => command.run(context),
            Command::Upgrade(command) => command.run(context),
            Command::Validate(command) => command.run(context),
            Command::Values(command) => command.run(context),
            Command::VerifyInstall(command) => command.run(context),
            Command::Version(command) => command.run(context),
            Command::Waypoint(command) => command.run(context),
            Command::ZtunnelConfig(command) => command.run(context),
        }
    }
}

/// Groups that the reference can run by themselves: a word that is none of their commands is an error there too.
const RUNNABLE_GROUPS: [&str; 6] =
    ["admin", "dashboard", "tag", "waypoint", "experimental describe", "experimental injector"];

/// The whole tree, for whoever makes something else from it than a parse.
pub fn command() -> clap::Command {
    Root::command()
}

/// The reference of the command line, as `docs/cli.md` holds it.
pub fn reference() -> String {
    let mut tree = command();
    tree.build();
    collateral::markdown(&tree)
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
    let tree = command();
    let request = normalize::normalize(&tree, &words, &settings).map_err(|error| Failure::usage(error.to_string()))?;
    let canonical = match request {
        Request::Run { words, .. } => words,
        Request::Help { path } => return help(program, &path),
        Request::UnknownTopic { words } => {
            let text = format!("Unknown help topic [{}]\n{}", words.join(" "), help_text(program, &[]));
            std::io::stderr().lock().write_all(text.as_bytes())?;
            return Ok(Exit::OK);
        }
        Request::UnknownSubcommand { path, word } => return unknown_subcommand(program, &tree, &path, &word),
    };
    let mut matches = tree.try_get_matches_from(canonical).map_err(|error| clap_failure(&error))?;
    let root = Root::from_arg_matches_mut(&mut matches).map_err(|error| clap_failure(&error))?;
    let context = Context::new(program, root.globals, settings)?;
    root.command.run(&context)
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
    crate::ui::print(&help_text(program, path))?;
    Ok(Exit::OK)
}

fn help_text(program: Program, path: &[String]) -> String {
    let mut tree = command().name(program.name()).bin_name(program.name());
    tree.build();
    let node = path.iter().try_fold(&tree, |node, name| normalize::subcommand(node, name)).unwrap_or(&tree);
    node.clone().render_help().to_string()
}

fn unknown_subcommand(program: Program, tree: &clap::Command, path: &[String], word: &str) -> Outcome {
    let instead = suggest::replacement(path, word);
    if path.is_empty() {
        let names = tree.get_subcommands().filter(|sub| !sub.is_hide_set()).map(clap::Command::get_name);
        let near = suggest::nearest(word, names);
        let mut text = format!("unknown command \"{word}\" for \"{}\"\n", program.name());
        if !near.is_empty() {
            text.push_str(&format!("\nDid you mean this?\n\t{}\n", near.join("\n\t")));
        }
        text.push_str(&format!("\nRun '{} --help' for usage.", program.name()));
        return Err(with_replacement(Failure::usage(text), instead));
    }
    let group = path.join(" ");
    if RUNNABLE_GROUPS.contains(&group.as_str()) {
        let what = match group.as_str() {
            "dashboard" => "dashboard",
            "experimental describe" => "resource type",
            _ => "subcommand",
        };
        return Err(with_replacement(Failure::new(format!("unknown {what} \"{word}\"")), instead));
    }
    if program == Program::Istioctl && instead.is_none() {
        return help(program, path);
    }
    let node = path.iter().try_fold(tree, |node, name| normalize::subcommand(node, name));
    let names = node.into_iter().flat_map(clap::Command::get_subcommands).filter(|sub| !sub.is_hide_set());
    let near = suggest::nearest(word, names.map(clap::Command::get_name));
    let mut failure = Failure::usage(format!("unknown command \"{word}\" for \"{} {group}\"", program.name()));
    if !near.is_empty() {
        failure = failure.hint(format!("did you mean {}?", near.join(" or ")));
    }
    Err(with_replacement(failure.hint(format!("`{} {group} --help` lists its commands", program.name())), instead))
}

fn with_replacement(failure: Failure, instead: Option<&str>) -> Failure {
    match instead {
        Some(instead) => failure.hint(format!("that command is gone; instead: {instead}")),
        None => failure,
    }
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
