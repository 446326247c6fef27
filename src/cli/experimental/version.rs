//! `experimental version`: as `version`, asked over xDS instead of debug pages.

use crate::cli::central::CentralFlags;
use crate::cli::version::{BuildInfo, Mesh, print_rest};
use crate::cli::{Compat, Context, Failure, Outcome};
use crate::cluster::{Cluster, block_on};
use crate::envoy::value::Value;
use crate::inspect::proxy_status;
use crate::inspect::versions::{ControlPlane, Proxy};
use crate::ui::{self, log};

const SYNCZ: &str = "istio.io/debug/syncz";

/// Show the versions of the client, the control plane and the data plane, asked over xDS
#[derive(clap::Args, Debug)]
pub struct Version {
    /// Format: json or yaml; lines of text when absent
    #[arg(long, short = 'o', default_value = "")]
    output: String,
    /// Ask the control plane too
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    remote: bool,
    /// Version numbers only
    #[arg(long, short = 's', default_value_t = true, action = clap::ArgAction::Set)]
    short: bool,
    #[command(flatten)]
    central: CentralFlags,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Version {
    pub fn run(self, context: &Context) -> Outcome {
        if let Some(word) = self.words.first() {
            let line = format!("{} experimental version", context.program.name());
            return Err(Failure::usage(format!("unknown command \"{word}\" for \"{line}\"")));
        }
        if !matches!(self.output.as_str(), "" | "json" | "yaml") {
            return Err(Failure::new("--output must be 'yaml' or 'json'"));
        }
        self.central.check()?;
        let client = BuildInfo::of_client();
        client.print_line(&self.output, self.short)?;
        let mesh = if self.remote { self.mesh(context).map(Some) } else { Ok(None) };
        let mesh = mesh.unwrap_or_else(|failure| {
            // The reference says nothing about it.
            if context.compat != Compat::Strict {
                ui::tell(format_args!("The control plane was not asked: {}", failure.message));
            }
            None
        });
        print_rest(&client, &self.output, mesh.as_ref())
    }

    fn mesh(&self, context: &Context) -> Result<Mesh, Failure> {
        let central = self.central.central(context)?;
        let target = context.target()?;
        let replies = block_on(async {
            let cluster = Cluster::connect(&target).await?;
            Ok::<_, Failure>(central.ask(&cluster, SYNCZ, &[]).await?)
        })??;
        let (mut mesh, mut failed): (Mesh, Vec<String>) = Default::default();
        for reply in replies {
            match reply.answer.and_then(|answer| answer.value().map_err(|error| error.to_string())) {
                Ok(response) => {
                    let identifier = response.at(&["controlPlane", "identifier"]).and_then(Value::as_str);
                    mesh.0
                        .extend(identifier.and_then(|text| ControlPlane::of_identifier(text, &self.central.revision)));
                    mesh.1.extend(proxy_status::proxies(&response).into_iter().map(|proxy| Proxy {
                        id: proxy.id,
                        version: proxy.version,
                        kind: String::new(),
                    }));
                }
                Err(reason) => failed.push(reason),
            }
        }
        if mesh.0.is_empty() && !failed.is_empty() {
            return Err(Failure::new(failed.join("\n")));
        }
        failed.iter().for_each(|reason| log::warn(reason));
        Ok(mesh)
    }
}
