//! `experimental describe`: what Istio does to a pod or a service.

mod mesh;
mod pod;
mod service;

use serde::Serialize;

use crate::cli::output::{Format, Output};
use crate::cli::values::parse_int;
use crate::cli::{Context, Exit, Failure, Outcome};

/// Tell what Istio does to a pod or a service
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    #[command(visible_alias = "po")]
    Pod(pod::Pod),
    #[command(visible_alias = "svc")]
    Service(service::Service),
}

impl Command {
    pub fn run(self, context: &Context) -> Outcome {
        match self {
            Command::Pod(command) => command.run(context),
            Command::Service(command) => command.run(context),
        }
    }
}

/// What both have.
#[derive(clap::Args, Debug)]
struct Flags {
    /// Say nothing about pods that are not in the mesh
    #[arg(long = "ignoreUnmeshed")]
    ignore_unmeshed: bool,
    /// Port of Envoy's admin interface
    #[arg(long, default_value = "15000", value_parser = parse_int)]
    proxy_admin_port: i64,
    #[command(flatten)]
    format: Output,
}

/// Shows a description, and how finding it out ended. As text what was found before a failure is shown all the same;
/// half a document is none.
fn show<D: Serialize>(
    format: Format,
    described: &D,
    text: impl FnOnce(&D) -> String,
    end: Result<(), Failure>,
) -> Outcome {
    if format != Format::Short {
        end?;
        crate::ui::print(&format.write(described, text)?)?;
        return Ok(Exit::OK);
    }
    crate::ui::print(&text(described))?;
    end.map(|()| Exit::OK)
}
