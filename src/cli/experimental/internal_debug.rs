//! `experimental internal-debug`: istiod's debug pages over xDS.

use crate::cli::central::CentralFlags;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, block_on};
use crate::inspect::proxy_status::istiod_name;
use crate::ui::log;
use crate::xds::control_planes::Reply;

/// Show a debug page of istiod
#[derive(clap::Args, Debug)]
pub struct InternalDebug {
    /// The page, such as `syncz` or `edsz?proxyID=POD.NAMESPACE`
    #[arg(value_name = "TYPE")]
    words: Vec<String>,
    /// List the pages there are
    #[arg(long, short = 'L')]
    list: bool,
    /// Of every istiod, by its name
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    central: CentralFlags,
}

const DEBUG: &str = "istio.io/debug";
const NOT_CONNECTED: &str = "Proxy not connected to this Pilot instance. It may be connected to another instance.";

impl InternalDebug {
    pub fn run(self, context: &Context) -> Outcome {
        let page = match (self.words.first(), self.list) {
            (_, true) => "list".to_owned(),
            (Some(page), false) => page.clone(),
            (None, false) => {
                let text = "debug type is required, you can specify --list flag to list supported debug types";
                return Err(Failure::usage(text));
            }
        };
        let central = self.central.central(context)?;
        let target = context.target()?;
        let shown = block_on(async {
            let cluster = Cluster::connect(&target).await?;
            let replies = central.ask(&cluster, DEBUG, std::slice::from_ref(&page)).await?;
            if self.all {
                return of_all(&replies);
            }
            let body = of_first(&replies)?;
            if body.contains("You must provide a proxyID in the query string") {
                return Err(Failure::new("this page is about one proxy, and none is named")
                    .hint(format!("for example `internal-debug '{page}?proxyID=POD.NAMESPACE'`")));
            }
            if body.contains("404 page not found") {
                let list = central.ask(&cluster, DEBUG, &["list".to_owned()]).await?;
                let head = "error: according to below command list, please check all supported internal debug commands";
                return Ok(format!("{head}\n{}", shown(&of_first(&list)?)));
            }
            Ok(shown(&body))
        })??;
        crate::ui::print(&shown)?;
        Ok(Exit::OK)
    }
}

/// The answer of the first istiod that has one: of a proxy, of the one that serves it.
fn of_first(replies: &[Reply]) -> Result<String, Failure> {
    let mut unserved = None;
    let mut failed = Vec::new();
    for reply in replies {
        match body(reply) {
            Ok(body) if body.contains(NOT_CONNECTED) => unserved = Some(body),
            Ok(body) => return Ok(body),
            Err(reason) => failed.push(reason),
        }
    }
    unserved.ok_or_else(|| Failure::new(failed.join("\n")))
}

fn of_all(replies: &[Reply]) -> Result<String, Failure> {
    let mut pages = serde_json::Map::new();
    for reply in replies {
        match body(reply) {
            Ok(body) => {
                let name =
                    reply.answer.as_ref().ok().and_then(|answer| answer.value().ok()).map(|value| istiod_name(&value));
                let page = serde_json::from_str(&body).unwrap_or(serde_json::Value::String(body));
                pages.insert(name.unwrap_or_else(|| reply.istiod.clone()), page);
            }
            Err(reason) => log::warn(&reason),
        }
    }
    pages.sort_keys();
    Ok(format!("{}\n", serde_json::to_string_pretty(&pages)?))
}

fn body(reply: &Reply) -> Result<String, String> {
    let answer = reply.answer.as_ref().map_err(Clone::clone)?;
    let bodies = answer.resources.iter().map(|(_, content)| String::from_utf8_lossy(content).into_owned());
    Ok(bodies.collect::<Vec<_>>().join("\n"))
}

/// JSON indented by two blanks, anything else as it is; a line end behind it.
fn shown(body: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(body) {
        Ok(tree) => format!("{}\n", serde_json::to_string_pretty(&tree).unwrap_or_else(|_| body.to_owned())),
        Err(_) => format!("{}\n", body.trim_end_matches('\n')),
    }
}
