//! `waypoint generate`: the object, printed.

use crate::cli::{Context, Exit, Failure, Outcome};
use crate::install::waypoint::Waypoint;

/// Print the Gateway of a waypoint
#[derive(clap::Args, Debug)]
pub struct Generate {
    /// Traffic that goes through it: service, workload, all or none
    #[arg(long = "for", default_value = "")]
    traffic: String,
    /// Control plane revision that runs it
    #[arg(long, short = 'r', default_value = "")]
    revision: String,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Generate {
    pub fn run(self, name: &str, context: &Context) -> Outcome {
        let namespace = context.globals.namespace.as_str();
        let waypoint = Waypoint { name, namespace, traffic: &self.traffic, revision: &self.revision };
        let gateway = waypoint.gateway().map_err(|error| Failure::new(format!("no waypoint can be made: {error}")))?;
        crate::ui::print(&crate::yaml::to_string(&gateway))?;
        Ok(Exit::OK)
    }
}
