//! Where a command's dumps come from, and how the objects in them are printed.

use futures_util::future::join_all;
use http::Method;
use serde::de::IgnoredAny;
use serde_json::Value as Tree;

use crate::cli::output::Format;
use crate::cli::proxy_config::source::{Text, check_port, parted, read, yaml};
use crate::cli::values::parse_int;
use crate::cli::{Compat, Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, Error, PodName, block_on};
use crate::envoy::dump::{Listeners, sections};
use crate::envoy::text;
use crate::envoy::value::Value;
use crate::inspect::ztunnel::Dump;
use crate::ui::log;
use crate::ui::tabwriter::TabWriter;

/// The ztunnel or file of a command, and its format.
#[derive(clap::Args, Debug)]
pub struct Source {
    /// A ztunnel pod, or a pod on the node of one: `[TYPE/]NAME[.NAMESPACE]`
    #[arg(value_name = "POD")]
    pub words: Vec<String>,
    /// Read a saved config dump instead; `-` is standard input
    #[arg(long, short = 'f', default_value = "")]
    pub file: String,
    /// The ztunnel of this node
    #[arg(long, default_value = "")]
    pub node: String,
    /// Port of ztunnel's admin interface
    #[arg(long, default_value = "15000", value_parser = parse_int)]
    pub proxy_admin_port: i64,
    /// Format: short, json or yaml
    #[arg(long, short = 'o', default_value = "short")]
    pub output: String,
}

/// Which ztunnels are asked when none is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    /// What is shown is the same on every node.
    Any,
    /// What is shown belongs to a node.
    Every,
}

/// A dump, the node it is from (empty for a file), and the one workload on the node that was asked for.
pub struct Part {
    pub node: String,
    pub workload: Option<PodName>,
    pub text: Text,
}

/// A ztunnel, and the workload on its node that was named instead of it.
pub struct Ztunnel {
    pub pod: PodName,
    pub node: String,
    pub workload: Option<PodName>,
}

impl Source {
    /// Checks that at most one of pod, node and file is given, and that the port exists.
    pub fn check(&self) -> Result<u16, Failure> {
        let port = check_port(self.proxy_admin_port)?;
        let given = [!self.words.is_empty(), !self.file.is_empty(), !self.node.is_empty()];
        if given.iter().filter(|given| **given).count() > 1 || self.words.len() > 1 {
            return Err(Failure::new("a pod, --node or --file, not more than one of them"));
        }
        Ok(port)
    }

    /// Prints what `view` makes of the dumps. Where several nodes are asked, those that do not answer are told at the
    /// end: they hide none of the others.
    pub fn show(
        &self,
        context: &Context,
        default: Default,
        view: impl Fn(&[Part], Format) -> Result<String, Failure>,
    ) -> Outcome {
        let port = self.check()?;
        let format = Format::parse(&self.output)?;
        let (parts, silent) = self.fetch(context, default, port)?;
        if !parts.is_empty() {
            crate::ui::print(&view(&parts, format)?)?;
        }
        if silent.is_empty() { Ok(Exit::OK) } else { Err(Failure::new(silent.join("\n"))) }
    }

    /// Fetches the dumps, those of several nodes at once, and tells which ztunnels did not answer.
    fn fetch(&self, context: &Context, default: Default, port: u16) -> Result<(Vec<Part>, Vec<String>), Failure> {
        if !self.file.is_empty() {
            let part = Part { node: String::new(), workload: None, text: read(&self.file)? };
            return Ok((vec![part], Vec::new()));
        }
        let target = context.target()?;
        block_on(async {
            let cluster = Cluster::connect(&target).await?;
            let ztunnels = self.ztunnels(context, &cluster).await?;
            if self.words.is_empty() && self.node.is_empty() {
                match default {
                    Default::Any => return Ok(first_answer(&cluster, ztunnels, port).await),
                    Default::Every if context.compat == Compat::Strict && ztunnels.len() != 1 => {
                        return Err(Failure::new("which ztunnel? Give a pod or --node"));
                    }
                    Default::Every => {}
                }
            }
            Ok(parted(join_all(ztunnels.into_iter().map(|ztunnel| ask(&cluster, ztunnel, port))).await))
        })?
    }

    /// The ztunnels that are meant: of the pod or node that was named, else all of them.
    pub async fn ztunnels(&self, context: &Context, cluster: &Cluster) -> Result<Vec<Ztunnel>, Failure> {
        let Some(word) = self.words.first() else { return on_node(context, cluster, &self.node).await };
        let pod = cluster.pod_by_word(word).await?;
        let object = cluster.pod(&pod).await?;
        let node = object["spec"]["nodeName"].as_str().unwrap_or_default().to_owned();
        if object["metadata"]["labels"]["app"] == "ztunnel" {
            return Ok(vec![Ztunnel { pod, node, workload: None }]);
        }
        if node.is_empty() {
            return Err(Failure::new(format!("pod {pod} is not scheduled to a node")));
        }
        let mut ztunnels = on_node(context, cluster, &node).await?;
        ztunnels.iter_mut().for_each(|ztunnel| ztunnel.workload = Some(pod.clone()));
        Ok(ztunnels)
    }
}

/// The dump of a ztunnel, or why there is none.
async fn ask(cluster: &Cluster, ztunnel: Ztunnel, port: u16) -> Result<Part, String> {
    let Ztunnel { pod, node, workload } = ztunnel;
    match cluster.admin(Method::GET, &pod, port, "config_dump").await {
        Ok(body) => Ok(Part { node, workload, text: Text::Owned(body) }),
        Err(error) if node.is_empty() => Err(format!("ztunnel {pod} does not answer: {error}")),
        Err(error) => Err(format!("ztunnel {pod} on node {node} does not answer: {error}")),
    }
}

/// The dump of the first ztunnel that answers, as all know the same; only where none does, why.
async fn first_answer(cluster: &Cluster, ztunnels: Vec<Ztunnel>, port: u16) -> (Vec<Part>, Vec<String>) {
    let mut silent = Vec::new();
    for ztunnel in ztunnels {
        match ask(cluster, ztunnel, port).await {
            Ok(part) => {
                silent.iter().for_each(|reason: &String| log::warn(reason));
                return (vec![part], Vec::new());
            }
            Err(reason) => silent.push(reason),
        }
    }
    (Vec::new(), silent)
}

/// The running ztunnels, of one node unless it is empty.
async fn on_node(context: &Context, cluster: &Cluster, node: &str) -> Result<Vec<Ztunnel>, Failure> {
    let globals = &context.globals;
    let namespace = if globals.namespace.is_empty() { &globals.istio_namespace } else { &globals.namespace };
    let word = format!("daemonset/ztunnel.{namespace}");
    let mut found = Vec::new();
    let pods = cluster.pods_by_word(&word).await.map_err(|error| match error {
        Error::Word { .. } => Failure::new(format!("there is no ztunnel in namespace {namespace}"))
            .hint("is ambient mode installed? --namespace looks elsewhere"),
        other => other.into(),
    })?;
    for pod in pods {
        // A pod that is gone by now fails when it is asked, and hides none of the others.
        let object: Tree = cluster.pod(&pod).await.unwrap_or_default();
        let its_node = object["spec"]["nodeName"].as_str().unwrap_or_default().to_owned();
        if node.is_empty() || its_node == node {
            found.push(Ztunnel { pod, node: its_node, workload: None });
        }
    }
    if found.is_empty() {
        let place = if node.is_empty() { String::new() } else { format!(" on node {node}") };
        return Err(Failure::new(format!("there is no ztunnel in namespace {namespace}{place}")));
    }
    Ok(found)
}

/// Reads a dump. One of an Envoy is easily taken for it, and has nothing to show.
fn read_dump(part: &Part) -> Result<Dump<'_>, Failure> {
    let dump = Dump::parse(&part.text)?;
    if dump.is_empty() && sections::<Listeners<IgnoredAny>>(&part.text).is_ok_and(|found| !found.is_empty()) {
        log::warn("this is a config dump of an Envoy, not of a ztunnel; `proxy-config` reads it");
    }
    Ok(dump)
}

/// The table of each dump; several stand in one table with a first column NODE.
pub fn tables(parts: &[Part], view: impl Fn(&Dump, &Part) -> TabWriter) -> Result<String, Failure> {
    let mut tables = Vec::with_capacity(parts.len());
    for part in parts {
        tables.push((part.node.clone(), view(&read_dump(part)?, part)));
    }
    if let [(_, only)] = tables.as_slice() {
        return Ok(only.finish());
    }
    Ok(TabWriter::joined("NODE", tables).map(|table| table.finish()).unwrap_or_default())
}

/// The objects of each dump as JSON or YAML: a list; of several nodes an object of lists. No list at all is `null`.
pub fn lists(
    parts: &[Part],
    format: Format,
    view: impl for<'d, 'a> Fn(&'d Dump<'a>, &Part) -> Option<Vec<&'d Value<'a>>>,
) -> Result<String, Failure> {
    let mut lists = Vec::with_capacity(parts.len());
    for part in parts {
        let dump = read_dump(part)?;
        let list = view(&dump, part).map(|values| Value::List(values.into_iter().cloned().collect()));
        lists.push((part.node.clone().into(), list.unwrap_or(Value::Null).into_owned()));
    }
    let value = match lists.len() {
        1 => lists.pop().map_or(Value::Null, |(_, only)| only),
        _ => Value::Object(lists),
    };
    Ok(match format {
        Format::Yaml => yaml(&value),
        _ => format!("{}\n", text::plain(&value)),
    })
}
