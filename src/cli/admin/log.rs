//! `admin log`: the log scopes of istiod, over its ControlZ port.

use http::Method;
use serde_json::{Value, json};

use crate::cli::output::Format;
use crate::cli::proxy_config::source::check_port;
use crate::cli::values::parse_int;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, PodName, block_on};
use crate::ui::tabwriter::TabWriter;

/// Show or set the log levels of istiod
#[derive(clap::Args, Debug)]
pub struct Log {
    /// A pod of istiod
    #[arg(value_name = "POD")]
    words: Vec<String>,
    /// Labels of istiod's pods
    #[arg(long, short = 'l', default_value = "app=istiod")]
    selector: String,
    /// Control plane revision
    #[arg(long, short = 'r', default_value = "")]
    revision: String,
    /// New levels: `SCOPE:LEVEL,…` (none, error, warn, info, debug)
    #[arg(long, default_value = "")]
    level: String,
    /// New levels from which on a stack trace is logged: `SCOPE:LEVEL,…`
    #[arg(long, default_value = "")]
    stack_trace_level: String,
    /// Back to `info` and no stack traces
    #[arg(long)]
    reset: bool,
    /// Back to `info`
    #[arg(long)]
    log_reset: bool,
    /// Back to no stack traces
    #[arg(long)]
    stack_trace_reset: bool,
    /// Port of ControlZ
    #[arg(long = "ctrlz_port", default_value = "9876", value_parser = parse_int)]
    ctrlz_port: i64,
    /// Format: short, json or yaml
    #[arg(long, short = 'o', default_value = "short")]
    output: String,
}

const LEVELS: [&str; 5] = ["none", "error", "warn", "info", "debug"];

impl Log {
    pub fn run(self, context: &Context) -> Outcome {
        let port = check_port(self.ctrlz_port)?;
        let format = Format::parse(&self.output)?;
        let resets = [self.reset, self.log_reset, self.stack_trace_reset];
        if resets.iter().filter(|reset| **reset).count() > 1 {
            return Err(Failure::new("--reset, --log-reset and --stack-trace-reset cannot be combined"));
        }
        let mut changes = pairs(&self.level, "output_level")?;
        changes.extend(pairs(&self.stack_trace_level, "stack_trace_level")?);
        let target = context.target()?;
        let shown = block_on(async {
            let cluster = Cluster::connect(&target).await?;
            let pod = self.pod(context, &cluster).await?;
            let control = Control { cluster: &cluster, pod, port };
            if resets.contains(&true) {
                for scope in control.scopes().await? {
                    let name = scope["name"].as_str().unwrap_or_default();
                    let kept = |key: &str| scope[key].clone();
                    let level = if self.stack_trace_reset { kept("output_level") } else { json!("info") };
                    let traces = if self.log_reset { kept("stack_trace_level") } else { json!("none") };
                    control
                        .set(name, &json!({"name": name, "output_level": level, "stack_trace_level": traces}))
                        .await?;
                }
                return Ok(String::new());
            }
            if !changes.is_empty() {
                for (scope, field, level) in &changes {
                    control.set(scope, &json!({"name": scope, (*field): level})).await?;
                }
                return Ok(String::new());
            }
            show(control.scopes().await?, format)
        })??;
        crate::ui::print(&shown)?;
        Ok(Exit::OK)
    }

    async fn pod(&self, context: &Context, cluster: &Cluster) -> Result<PodName, Failure> {
        let namespace = context.globals.istio_namespace.clone();
        if let Some(name) = self.words.first() {
            return Ok(PodName { name: name.clone(), namespace });
        }
        let revision = cluster.default_revision(&self.revision).await;
        let labels = format!("{},istio.io/rev={revision}", self.selector);
        let mut pods = cluster.pods_by_selector(&namespace, &labels).await?;
        pods.retain(|pod| pod["status"]["phase"] == "Running");
        pods.first().map(PodName::of).ok_or_else(|| {
            Failure::new(format!("no pods found with selector {labels}")).hint(format!(
                "looked for running pods in namespace {namespace}; --istioNamespace and --revision look elsewhere"
            ))
        })
    }
}

fn show(mut scopes: Vec<Value>, format: Format) -> Result<String, Failure> {
    let text = |scope: &Value, key: &str| scope[key].as_str().unwrap_or_default().to_owned();
    scopes.sort_by_key(|scope| text(scope, "name"));
    let rows: Vec<Value> = scopes
        .iter()
        .map(|scope| {
            json!({
                "scope_name": scope["name"],
                "log_level": scope["output_level"],
                "stack_trace_level": scope["stack_trace_level"],
                "description": scope["description"],
            })
        })
        .collect();
    format.write(&rows, |_| {
        let mut table = TabWriter::new(3);
        table.push("ACTIVE SCOPE\tDESCRIPTION\tLOG LEVEL\tSTACK TRACE LEVEL\n");
        for scope in &scopes {
            table.row(["name", "description", "output_level", "stack_trace_level"].map(|key| text(scope, key)));
        }
        table.finish()
    })
}

/// `SCOPE:LEVEL` pairs of a list.
fn pairs(text: &str, field: &'static str) -> Result<Vec<(String, &'static str, String)>, Failure> {
    let mut pairs = Vec::new();
    for item in text.split(',').filter(|item| !item.is_empty()) {
        match item.split_once(':') {
            Some((scope, level)) if !scope.is_empty() && LEVELS.contains(&level) => {
                pairs.push((scope.to_owned(), field, level.to_owned()));
            }
            _ => {
                return Err(Failure::new(format!("{item} is not SCOPE:LEVEL"))
                    .hint(format!("LEVEL is one of {}", LEVELS.join(", "))));
            }
        }
    }
    Ok(pairs)
}

/// The ControlZ port of one istiod.
struct Control<'c> {
    cluster: &'c Cluster,
    pod: PodName,
    port: u16,
}

impl Control<'_> {
    async fn scopes(&self) -> Result<Vec<Value>, Failure> {
        let (status, body) = self.send(Method::GET, "/scopej/", Vec::new()).await?;
        if status != 200 {
            return Err(Failure::new(format!("{}: no log scopes, istiod answered with status {status}", self.pod)));
        }
        Ok(serde_json::from_slice(&body)?)
    }

    async fn set(&self, scope: &str, change: &Value) -> Result<(), Failure> {
        let (status, _) = self.send(Method::PUT, &format!("/scopej/{scope}"), serde_json::to_vec(change)?).await?;
        if status == 202 {
            return Ok(());
        }
        Err(Failure::new(format!("scope {scope} was not changed: istiod answered with status {status}")))
    }

    async fn send(&self, method: Method, path: &str, body: Vec<u8>) -> Result<(u16, Vec<u8>), Failure> {
        let PodName { name, namespace } = &self.pod;
        let limit = self.cluster.request_timeout();
        let reply = self.cluster.pod_http_with(method, namespace, name, self.port, path, body, limit).await?;
        Ok((reply.status, reply.body))
    }
}
