//! `proxy-config`: what an Envoy has been told, from a pod, a saved dump or standard input.

mod all;
mod bootstrap;
mod cluster;
mod diff;
mod ecds;
mod eds;
mod endpoint;
mod explain;
mod listener;
mod log;
mod rootca_compare;
mod route;
mod secret;
pub mod source;

use super::{Context, Outcome};

/// Show the configuration that an Envoy holds
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    #[command(visible_alias = "a")]
    All(all::All),
    #[command(visible_alias = "b")]
    Bootstrap(bootstrap::Bootstrap),
    #[command(visible_aliases = ["clusters", "c"])]
    Cluster(cluster::Cluster),
    Diff(diff::Diff),
    #[command(visible_alias = "ec")]
    Ecds(ecds::Ecds),
    #[command(hide = true)]
    Eds(eds::Eds),
    #[command(visible_aliases = ["endpoints", "ep"])]
    Endpoint(endpoint::Endpoint),
    Explain(explain::Explain),
    #[command(visible_aliases = ["listeners", "l"])]
    Listener(listener::Listener),
    #[command(visible_alias = "o")]
    Log(log::Log),
    #[command(visible_alias = "rc")]
    RootcaCompare(rootca_compare::RootcaCompare),
    #[command(visible_aliases = ["routes", "r"])]
    Route(route::Route),
    #[command(visible_aliases = ["secrets", "s"])]
    Secret(secret::Secret),
}

impl Command {
    pub fn run(self, context: &Context) -> Outcome {
        match self {
            Command::All(command) => command.run(context),
            Command::Bootstrap(command) => command.run(context),
            Command::Cluster(command) => command.run(context),
            Command::Diff(command) => command.run(context),
            Command::Ecds(command) => command.run(context),
            Command::Eds(command) => command.run(context),
            Command::Endpoint(command) => command.run(context),
            Command::Explain(command) => command.run(context),
            Command::Listener(command) => command.run(context),
            Command::Log(command) => command.run(context),
            Command::RootcaCompare(command) => command.run(context),
            Command::Route(command) => command.run(context),
            Command::Secret(command) => command.run(context),
        }
    }
}
