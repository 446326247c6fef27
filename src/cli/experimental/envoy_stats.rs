//! `experimental envoy-stats`.

use http::Method;

use crate::cli::proxy_config::source::check_port;
use crate::cli::values::parse_int;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, PodName, block_on};

/// Show the statistics of an Envoy
#[derive(clap::Args, Debug)]
pub struct EnvoyStats {
    /// Pod or workload: `[TYPE/]NAME[.NAMESPACE]`; of a workload all pods
    #[arg(value_name = "POD")]
    words: Vec<String>,
    /// All pods with these labels instead
    #[arg(long, short = 'l', default_value = "")]
    selector: String,
    /// What to show: server or clusters
    #[arg(long = "type", short = 't', default_value = "server")]
    kind: String,
    /// Format: short, json, yaml, prom or prom-merged
    #[arg(long, short = 'o', default_value = "short")]
    output: String,
    /// Port of Envoy's admin interface
    #[arg(long, default_value = "15000", value_parser = parse_int)]
    proxy_admin_port: i64,
}

impl EnvoyStats {
    pub fn run(self, context: &Context) -> Outcome {
        if self.words.is_empty() && self.selector.is_empty() {
            return Err(Failure::new("envoy-stats needs a pod or --selector"));
        }
        if !self.words.is_empty() && !self.selector.is_empty() {
            return Err(Failure::new("a pod or --selector, not both"));
        }
        let port = check_port(self.proxy_admin_port)?;
        let target = context.target()?;
        let shown = block_on(async {
            let cluster = Cluster::connect(&target).await?;
            let mut shown = String::new();
            for pod in self.pods(&cluster).await? {
                let path = self.path(&cluster, &pod).await?;
                let answer = cluster.admin(Method::GET, &pod, port, &path).await;
                let body = answer.map_err(|error| Failure::new(format!("{pod}: {error}")))?;
                shown.push_str(&format!("\nThe result of pod {}:\n\n{}\n", pod.name, self.format(&body)?));
            }
            Ok::<_, Failure>(shown)
        })??;
        crate::ui::print(&shown)?;
        Ok(Exit::OK)
    }

    async fn pods(&self, cluster: &Cluster) -> Result<Vec<PodName>, Failure> {
        if self.selector.is_empty() {
            return Ok(cluster.pods_by_word(self.words.first().map(String::as_str).unwrap_or_default()).await?);
        }
        let pods = cluster.pods_by_selector(cluster.namespace(), &self.selector).await?;
        if pods.is_empty() {
            return Err(Failure::new("no pods found"));
        }
        Ok(pods.iter().map(PodName::of).collect())
    }

    async fn path(&self, cluster: &Cluster, pod: &PodName) -> Result<String, Failure> {
        let unsupported = || Failure::new(format!("output format {:?} not supported", self.output));
        let clusters = match self.kind.as_str() {
            "" | "server" => false,
            "cluster" | "clusters" => true,
            other => return Err(Failure::new(format!("unknown stats type {other}"))),
        };
        Ok(match (self.output.as_str(), clusters) {
            ("short", false) => "stats".to_owned(),
            ("json" | "yaml", false) => "stats?format=json".to_owned(),
            ("prom", false) => "stats/prometheus".to_owned(),
            ("prom-merged", false) => {
                let object = cluster.pod(pod).await?;
                let path = object["metadata"]["annotations"]["prometheus.io/path"].as_str().unwrap_or("/metrics");
                path.trim_start_matches('/').to_owned()
            }
            ("short", true) => "clusters".to_owned(),
            ("json" | "yaml", true) => "clusters?format=json".to_owned(),
            _ => return Err(unsupported()),
        })
    }

    fn format(&self, body: &[u8]) -> Result<String, Failure> {
        let text = String::from_utf8_lossy(body);
        match self.output.as_str() {
            "json" => {
                let tree: serde_json::Value = serde_json::from_slice(body)?;
                let mut out = Vec::new();
                let indent = serde_json::ser::PrettyFormatter::with_indent(b"    ");
                let mut writer = serde_json::Serializer::with_formatter(&mut out, indent);
                serde::Serialize::serialize(&tree, &mut writer)?;
                Ok(String::from_utf8_lossy(&out).into_owned())
            }
            "yaml" => {
                let tree: serde_json::Value = serde_json::from_slice(body)?;
                Ok(crate::yaml::to_string(&tree))
            }
            _ => Ok(text.into_owned()),
        }
    }
}
