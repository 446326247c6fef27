//! `ztunnel-config`: what a ztunnel knows, from a node or a saved dump.

mod all;
mod certificate;
mod connections;
mod log;
mod policy;
mod service;
mod source;
mod workload;

use super::{Context, Outcome};

/// Show the configuration that a ztunnel holds
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    All(all::All),
    #[command(visible_aliases = ["certificates", "certs", "cert"])]
    Certificate(certificate::Certificate),
    #[command(visible_alias = "cons")]
    Connections(connections::Connections),
    #[command(visible_alias = "o")]
    Log(log::Log),
    #[command(visible_aliases = ["policies", "p", "pol"])]
    Policy(policy::Policy),
    #[command(visible_aliases = ["services", "s", "svc"])]
    Service(service::Service),
    #[command(visible_aliases = ["w", "workloads"])]
    Workload(workload::Workload),
}

impl Command {
    pub fn run(self, context: &Context) -> Outcome {
        match self {
            Command::All(command) => command.run(context),
            Command::Certificate(command) => command.run(context),
            Command::Connections(command) => command.run(context),
            Command::Log(command) => command.run(context),
            Command::Policy(command) => command.run(context),
            Command::Service(command) => command.run(context),
            Command::Workload(command) => command.run(context),
        }
    }
}
