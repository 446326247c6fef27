//! `waypoint`: the proxies that ambient workloads share.

mod apply;
mod delete;
mod generate;
mod list;
mod status;

use std::time::Duration;

use serde_json::Value;

use super::{Context, Outcome};
use crate::cluster::{Cluster, Error, Resource, Selection};
use crate::install::waypoint::is_waypoint;

/// Manage waypoint proxies
#[derive(clap::Args, Debug)]
pub struct Waypoint {
    /// Name of the waypoint
    #[arg(long, global = true, default_value = "waypoint")]
    name: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    Apply(apply::Apply),
    Delete(delete::Delete),
    Generate(generate::Generate),
    List(list::List),
    Status(status::Status),
}

impl Waypoint {
    pub fn run(self, context: &Context) -> Outcome {
        match self.command {
            Command::Apply(command) => command.run(&self.name, context),
            Command::Delete(command) => command.run(context),
            Command::Generate(command) => command.run(&self.name, context),
            Command::List(command) => command.run(context),
            Command::Status(command) => command.run(context),
        }
    }
}

/// The time between two looks at a waypoint that is not ready.
const PAUSE: Duration = Duration::from_secs(1);

/// The Gateway kind, of the Gateway API.
fn gateways() -> Resource {
    Resource {
        group: "gateway.networking.k8s.io".into(),
        version: "v1".into(),
        kind: "Gateway".into(),
        plural: "gateways".into(),
        namespaced: true,
    }
}

/// The Gateways of one namespace or all, by namespace and name, and whether there were any of another class.
async fn waypoints(cluster: &Cluster, namespace: Option<&str>) -> Result<(Vec<Value>, bool), Error> {
    let selection = Selection { namespace, ..Selection::default() };
    let mut found = match cluster.list(&gateways(), &selection).await {
        Err(error) if error.is_not_found() => Vec::new(),
        found => found?,
    };
    let all = found.len();
    found.retain(is_waypoint);
    found.sort_by(|a, b| place(a).cmp(&place(b)));
    let others = found.len() < all;
    Ok((found, others))
}

/// Namespace and name.
fn place(gateway: &Value) -> (&str, &str) {
    let text = |key: &str| gateway["metadata"][key].as_str().unwrap_or_default();
    (text("namespace"), text("name"))
}
