//! The list of top-level commands. A new one is one file and one line here.
//!
//! A line names a command without declaring its flags: a run declares those of the one command it needs, since declaring all of
//! them takes longer than most commands do.

use clap::{ArgMatches, Args, FromArgMatches, Subcommand};

use super::{Context, Failure, Outcome, clap_failure};
use super::{
    admin, analyze, authz, backup, bug_report, chart, collateral, completion, create_remote_secret, dashboard,
    experimental, explain, inject, install, kube_inject, kube_uninject, manifest, options, profile, proxy_config,
    proxy_status, remote_clusters, restore, revision, tag, uninstall, upgrade, validate, values_explain,
    verify_install, version, waypoint, ztunnel_config,
};

/// A command below the root.
pub struct Entry {
    pub name: &'static str,
    /// Adds other names, and flags that the name of a group may be followed by.
    name_more: fn(clap::Command) -> clap::Command,
    declare: fn(clap::Command) -> clap::Command,
    pub run: fn(&mut ArgMatches, &Context) -> Outcome,
}

impl Entry {
    /// The command by its names only: enough to find it in a line and to list it.
    pub fn named(&self) -> clap::Command {
        (self.name_more)(clap::Command::new(self.name))
    }

    /// The command with its flags and subcommands.
    pub fn declared(&self) -> clap::Command {
        (self.name_more)((self.declare)(clap::Command::new(self.name)))
    }

    /// The entry of that name.
    pub fn find(name: &str) -> Option<&'static Entry> {
        COMMANDS.iter().find(|entry| entry.name == name)
    }
}

macro_rules! entry {
    ($name:literal, $type:ty) => {
        entry!($name, $type, |command| command)
    };
    ($name:literal, $type:ty, $more:expr) => {
        Entry { name: $name, name_more: $more, declare: <$type as Args>::augment_args, run: run!($type) }
    };
}

macro_rules! group {
    ($name:literal, $type:ty) => {
        group!($name, $type, |command| command)
    };
    ($name:literal, $type:ty, $more:expr) => {
        Entry { name: $name, name_more: $more, declare: |command| group_of::<$type>(command), run: run!($type) }
    };
}

macro_rules! run {
    ($type:ty) => {
        |matches, context| read::<$type>(matches)?.run(context)
    };
}

fn group_of<T: Subcommand>(command: clap::Command) -> clap::Command {
    T::augment_subcommands(command).subcommand_required(true).arg_required_else_help(true)
}

fn read<T: FromArgMatches>(matches: &mut ArgMatches) -> Result<T, Failure> {
    T::from_arg_matches_mut(matches).map_err(|error| clap_failure(&error))
}

/// Every top-level command, in the order of help.
pub const COMMANDS: &[Entry] = &[
    group!("admin", admin::Command, |command| command.visible_alias("istiod").arg(shared("selector", 'l'))),
    entry!("analyze", analyze::Analyze),
    entry!("authz", authz::Authz),
    entry!("backup", backup::Backup),
    entry!("bug-report", bug_report::BugReport),
    group!("chart", chart::Command),
    entry!("collateral", collateral::Collateral, |command| command.hide(true)),
    entry!("__complete", completion::Complete, |command| command.hide(true)),
    entry!("__completeNoDesc", completion::CompleteNoDesc, |command| command.hide(true)),
    group!("completion", completion::Command),
    entry!("create-remote-secret", create_remote_secret::CreateRemoteSecret),
    entry!("dashboard", dashboard::Dashboard, |command| command.visible_aliases(["dash", "d"])),
    group!("experimental", experimental::Command, |command| command.visible_aliases(["x", "exp"])),
    entry!("explain", explain::Explain),
    entry!("help", completion::Help),
    entry!("inject", inject::Inject),
    entry!("install", install::Install, |command| command.alias("apply")),
    entry!("kube-inject", kube_inject::KubeInject),
    entry!("kube-uninject", kube_uninject::KubeUninject),
    entry!("manifest", manifest::Manifest),
    entry!("options", options::Options),
    entry!("profile", profile::Profile),
    group!("proxy-config", proxy_config::Command, |command| {
        let port = clap::Arg::new("proxy_admin_port").long("proxy-admin-port").global(true).hide(true);
        command.visible_alias("pc").arg(shared("output", 'o')).arg(port)
    }),
    entry!("proxy-status", proxy_status::ProxyStatus, |command| command.visible_alias("ps")),
    entry!("remote-clusters", remote_clusters::RemoteClusters),
    entry!("restore", restore::Restore),
    group!("revision", revision::Command),
    group!("tag", tag::Command),
    entry!("uninstall", uninstall::Uninstall),
    entry!("upgrade", upgrade::Upgrade),
    entry!("validate", validate::Validate, |command| command.visible_alias("v")),
    group!("values", values_explain::Command),
    entry!("verify-install", verify_install::VerifyInstall),
    entry!("version", version::Version),
    entry!("waypoint", waypoint::Waypoint),
    group!("ztunnel-config", ztunnel_config::Command, |command| command.visible_alias("zc")),
];

/// A flag that a group takes before the subcommand's name too. The subcommand's own flag of that name gets the value.
fn shared(name: &'static str, short: char) -> clap::Arg {
    clap::Arg::new(name).long(name).short(short).global(true).hide(true)
}
