//! `experimental internal-debug`: istiod's debug pages over xDS.

use serde_json::Value;

use crate::cli::central::CentralFlags;
use crate::cli::output::{Format, Output};
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
    format: Output,
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
        let format = self.format.format()?;
        let central = self.central.central(context)?;
        let target = context.target()?;
        let shown = block_on(async {
            let cluster = Cluster::connect(&target).await?;
            let replies = central.ask(&cluster, DEBUG, std::slice::from_ref(&page)).await?;
            if self.all {
                return Ok(written(&of_all(&replies), format));
            }
            let body = of_first(&replies)?;
            if body.contains("You must provide a proxyID in the query string") {
                return Err(Failure::new("this page is about one proxy, and none is named")
                    .hint(format!("for example `internal-debug '{page}?proxyID=POD.NAMESPACE'`")));
            }
            if body.contains("404 page not found") {
                if format != Format::Short {
                    return Err(Failure::new(format!("istiod has no page {page:?}"))
                        .hint("`internal-debug --list` lists those it has"));
                }
                let list = central.ask(&cluster, DEBUG, &["list".to_owned()]).await?;
                let head = "error: according to below command list, please check all supported internal debug commands";
                return Ok(format!("{head}\n{}", shown(&of_first(&list)?, Format::Short)));
            }
            Ok(shown(&body, format))
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

fn of_all(replies: &[Reply]) -> Value {
    let mut pages = serde_json::Map::new();
    for reply in replies {
        match body(reply) {
            Ok(body) => {
                let name =
                    reply.answer.as_ref().ok().and_then(|answer| answer.value().ok()).map(|value| istiod_name(&value));
                let page = serde_json::from_str(&body).unwrap_or(Value::String(body));
                pages.insert(name.unwrap_or_else(|| reply.istiod.clone()), page);
            }
            Err(reason) => log::warn(&reason),
        }
    }
    pages.sort_keys();
    Value::Object(pages)
}

fn body(reply: &Reply) -> Result<String, String> {
    let answer = reply.answer.as_ref().map_err(Clone::clone)?;
    let bodies = answer.resources.iter().map(|(_, content)| String::from_utf8_lossy(content).into_owned());
    Ok(bodies.collect::<Vec<_>>().join("\n"))
}

/// JSON indented by two blanks, or as YAML; a page that is no JSON is a text, shown as it is where no format was asked for.
fn shown(body: &str, format: Format) -> String {
    match (serde_json::from_str::<Value>(body), format) {
        (Ok(tree), format) => written(&tree, format),
        (Err(_), Format::Short) => format!("{}\n", body.trim_end_matches('\n')),
        (Err(_), format) => written(&Value::from(body), format),
    }
}

fn written(tree: &Value, format: Format) -> String {
    match format {
        Format::Yaml => crate::yaml::to_string(tree),
        Format::Short | Format::Json => format!("{tree:#}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_come_in_every_format() {
        let page = r#"[{"proxy":"a.b","synced":true}]"#;
        let json = "[\n  {\n    \"proxy\": \"a.b\",\n    \"synced\": true\n  }\n]\n";
        assert_eq!([Format::Short, Format::Json].map(|format| shown(page, format)), [json, json]);
        assert_eq!(shown(page, Format::Yaml), "- proxy: a.b\n  synced: true\n");
        let text = [Format::Short, Format::Json, Format::Yaml].map(|format| shown("no such page\n\n", format));
        assert_eq!(text, ["no such page\n", "\"no such page\\n\\n\"\n", "|+\n  no such page\n\n"]);
    }
}
