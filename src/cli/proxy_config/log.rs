//! `proxy-config log`.

use http::Method;

use super::source::{check_port, silent};
use crate::cli::values::parse_int;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, PodName, Resource, block_on};
use crate::inspect::logging::{Change, changes, is_level};
use crate::ui::log;

/// Show or set the log levels of an Envoy
#[derive(clap::Args, Debug)]
pub struct Log {
    /// Pod or workload: `[TYPE/]NAME[.NAMESPACE]`; of a workload all pods
    #[arg(value_name = "POD")]
    words: Vec<String>,
    /// All pods with these labels instead
    #[arg(long, short = 'l', default_value = "")]
    selector: String,
    /// New levels: `LEVEL` for all loggers, or `LOGGER:LEVEL,…`
    #[arg(long, default_value = "")]
    level: String,
    /// Back to the level that injection sets
    #[arg(long, short = 'r')]
    reset: bool,
    /// Format: short is the only one
    #[arg(long, short = 'o', default_value = "short")]
    output: String,
    /// Port of Envoy's admin interface
    #[arg(long, default_value = "15000", value_parser = parse_int)]
    proxy_admin_port: i64,
}

impl Log {
    pub fn run(self, context: &Context) -> Outcome {
        if self.output != "short" {
            return Err(Failure::new("--output is not applicable for this command"));
        }
        if self.words.is_empty() && self.selector.is_empty() {
            return Err(Failure::new("log requires pod name or --selector"));
        }
        if self.reset && !self.level.is_empty() {
            return Err(Failure::new("--level cannot be combined with --reset"));
        }
        let port = check_port(self.proxy_admin_port)?;
        let target = context.target()?;
        let (shown, failed) = block_on(async {
            let cluster = Cluster::connect(&target).await?;
            self.apply(context, &cluster, port).await
        })??;
        crate::ui::print(&shown)?;
        if failed.is_empty() { Ok(Exit::OK) } else { Err(Failure::new(failed.join("\n"))) }
    }

    /// What the pods answered, and what went wrong with each.
    async fn apply(&self, context: &Context, cluster: &Cluster, port: u16) -> Result<(String, Vec<String>), Failure> {
        let pods = self.pods(cluster).await?;
        let ask = async |pod: &PodName, path: &str| {
            let answer = cluster.admin(Method::POST, pod, port, path).await;
            answer.map(|body| String::from_utf8_lossy(&body).into_owned())
        };
        let mut loggers = String::new();
        for pod in &pods {
            let answer = ask(pod, "logging").await;
            loggers = answer.map_err(|error| silent(pod, error))?;
        }
        let changes = if self.reset {
            vec![Change { logger: None, level: installed_level(context, cluster).await }]
        } else if self.level.is_empty() {
            Vec::new()
        } else {
            changes(&self.level, &loggers)?
        };
        let paths: Vec<String> = match changes.as_slice() {
            [] => vec!["logging".to_owned()],
            changes => changes.iter().map(Change::path).collect(),
        };
        let (mut shown, mut failed) = (String::new(), Vec::new());
        for pod in &pods {
            let mut last = String::new();
            for path in &paths {
                match ask(pod, path).await {
                    Ok(answer) => last = answer,
                    Err(error) => failed.push(format!("error configuring log level for {pod}: {error}")),
                }
            }
            shown.push_str(&format!("{pod}:\n{last}\n"));
        }
        Ok((shown, failed))
    }

    async fn pods(&self, cluster: &Cluster) -> Result<Vec<PodName>, Failure> {
        if self.selector.is_empty() {
            let word = self.words.first().map(String::as_str).unwrap_or_default();
            return Ok(cluster.pods_by_word(word).await?);
        }
        let pods = cluster.pods_by_selector(cluster.namespace(), &self.selector).await?;
        if pods.is_empty() {
            return Err(Failure::new(format!(
                "no pods match {:?} in namespace {:?}",
                self.selector,
                cluster.namespace()
            )));
        }
        Ok(pods.iter().map(PodName::of).collect())
    }
}

/// The level that injection gives proxies, read from the injector's values; `warning` where they do not tell.
async fn installed_level(context: &Context, cluster: &Cluster) -> String {
    const FALLBACK: &str = "warning";
    let configured = async {
        let kind = Resource::known("", "ConfigMap")?;
        let namespace = context.globals.istio_namespace.as_str();
        let map = cluster.get(&kind, Some(namespace), "istio-sidecar-injector").await.ok()??;
        let values: serde_json::Value = serde_json::from_str(map["data"]["values"].as_str()?).ok()?;
        let level = values["global"]["proxy"]["logLevel"].as_str()?.to_owned();
        is_level(&level).then_some(level)
    };
    configured.await.unwrap_or_else(|| {
        log::warn(&format!("the injector's configuration names no log level of proxies; using {FALLBACK}"));
        FALLBACK.to_owned()
    })
}
