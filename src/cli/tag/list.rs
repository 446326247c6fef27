//! `tag list`: revisions, their tags, and the namespaces that use them.

use serde_json::json;

use crate::cli::{Compat, Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, block_on};
use crate::install::revisions::live;
use crate::install::revisions::tags::{Tag, tags};
use crate::ui::tabwriter::TabWriter;

/// List revision tags
#[derive(clap::Args, Debug)]
pub struct List {
    /// Format: table, json or yaml
    #[arg(long, short = 'o', default_value = "table")]
    output: String,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl List {
    pub fn run(self, context: &Context) -> Outcome {
        if !self.words.is_empty() {
            return Err(Failure::new(format!("tag list takes no arguments, got {}", self.words.join(" "))));
        }
        let strict = context.compat == Compat::Strict;
        let known = ["table", "json", "yaml"].contains(&self.output.as_str());
        if !known && !strict {
            return Err(self.unknown_format());
        }
        let rows = block_on(async {
            let cluster = Cluster::connect(&context.target()?).await?;
            let failed = |error| Failure::of_cluster("tags cannot be read", &error);
            let planes = live::control_planes(&cluster, &context.globals.istio_namespace).await.map_err(failed)?;
            let namespaces = live::namespaces(&cluster, "istio.io/rev").await.map_err(failed)?;
            Ok::<_, Failure>(tags(&planes, &namespaces))
        })??;
        if rows.is_empty() && (strict || self.output == "table") {
            crate::ui::print("No Istio revision tags found.\n")?;
            return Ok(Exit::OK);
        }
        if !known {
            return Err(self.unknown_format());
        }
        crate::ui::print(&self.render(&rows)?)?;
        Ok(Exit::OK)
    }

    fn unknown_format(&self) -> Failure {
        Failure::new(format!("unknown format: {}", self.output)).hint("formats are table, json and yaml")
    }

    fn render(&self, rows: &[Tag]) -> Result<String, Failure> {
        Ok(match self.output.as_str() {
            "json" => format!("{}\n", tab_indented(&json!(rows))?),
            "yaml" => format!("{}\n", crate::yaml::to_string(&json!(rows))),
            _ => {
                let mut table = TabWriter::new(1);
                table.row(["TAG", "REVISION", "NAMESPACES"]);
                for row in rows {
                    table.row([row.tag.as_str(), row.revision.as_str(), &row.namespaces.join(",")]);
                }
                table.finish()
            }
        })
    }
}

/// JSON with one tab a level, as the reference prints tags.
fn tab_indented(value: &serde_json::Value) -> Result<String, Failure> {
    let mut text = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"\t");
    serde::Serialize::serialize(value, &mut serde_json::Serializer::with_formatter(&mut text, formatter))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
