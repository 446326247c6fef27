//! `experimental`: commands whose shape may still change.

mod authz;
mod check_inject;
mod config;
mod describe;
mod envoy_stats;
mod injector;
mod internal_debug;
mod metrics;
mod precheck;
mod version;
mod workload;

use super::{Context, Outcome};

/// Commands whose shape may still change
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    #[command(subcommand)]
    Authz(authz::Command),
    CheckInject(check_inject::CheckInject),
    #[command(subcommand)]
    Config(config::Command),
    #[command(subcommand, visible_alias = "des")]
    Describe(describe::Command),
    #[command(visible_alias = "es")]
    EnvoyStats(envoy_stats::EnvoyStats),
    InternalDebug(internal_debug::InternalDebug),
    #[command(visible_alias = "m")]
    Metrics(metrics::Metrics),
    Precheck(precheck::Precheck),
    #[command(visible_alias = "ps")]
    ProxyStatus(crate::cli::proxy_status::ProxyStatus),
    #[command(subcommand)]
    Injector(injector::Command),
    Version(version::Version),
    #[command(subcommand)]
    Workload(workload::Command),
}

impl Command {
    pub fn run(self, context: &Context) -> Outcome {
        match self {
            Command::Authz(command) => command.run(context),
            Command::CheckInject(command) => command.run(context),
            Command::Config(command) => command.run(context),
            Command::Describe(command) => command.run(context),
            Command::EnvoyStats(command) => command.run(context),
            Command::InternalDebug(command) => command.run(context),
            Command::Metrics(command) => command.run(context),
            Command::Precheck(command) => command.run(context),
            Command::ProxyStatus(command) => command.run(context),
            Command::Injector(command) => command.run(context),
            Command::Version(command) => command.run(context),
            Command::Workload(command) => command.run(context),
        }
    }
}
