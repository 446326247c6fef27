//! `experimental envoy-stats`.

use http::Method;

use crate::cli::proxy_config::source::{check_port, silent};
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Server,
    Clusters,
}

/// Where an answer comes from.
#[derive(Clone, Copy)]
enum Page {
    Fixed(&'static str),
    /// The pod names it, as it does for Prometheus.
    OfPod,
}

/// Pages by what is shown, and its format.
const PAGES: [(Kind, &str, Page); 8] = [
    (Kind::Server, "short", Page::Fixed("stats")),
    (Kind::Server, "json", Page::Fixed("stats?format=json")),
    (Kind::Server, "yaml", Page::Fixed("stats?format=json")),
    (Kind::Server, "prom", Page::Fixed("stats/prometheus")),
    (Kind::Server, "prom-merged", Page::OfPod),
    (Kind::Clusters, "short", Page::Fixed("clusters")),
    (Kind::Clusters, "json", Page::Fixed("clusters?format=json")),
    (Kind::Clusters, "yaml", Page::Fixed("clusters?format=json")),
];

fn metrics_path(pod: &serde_json::Value) -> String {
    let path = pod["metadata"]["annotations"]["prometheus.io/path"].as_str().unwrap_or("/metrics");
    path.trim_start_matches('/').to_owned()
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
        let page = self.page()?;
        let target = context.target()?;
        let shown = block_on(async {
            let cluster = Cluster::connect(&target).await?;
            let mut shown = String::new();
            for pod in self.pods(&cluster).await? {
                let path = match page {
                    Page::Fixed(path) => path.to_owned(),
                    Page::OfPod => metrics_path(&cluster.pod(&pod).await?),
                };
                let answer = cluster.admin(Method::GET, &pod, port, &path).await;
                let body = answer.map_err(|error| silent(&pod, error))?;
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
            return Err(Failure::new(format!(
                "no pods match {:?} in namespace {:?}",
                self.selector,
                cluster.namespace()
            )));
        }
        Ok(pods.iter().map(PodName::of).collect())
    }

    /// The page of the admin interface that is asked for.
    fn page(&self) -> Result<Page, Failure> {
        let kind = match self.kind.as_str() {
            "" | "server" => Kind::Server,
            "cluster" | "clusters" => Kind::Clusters,
            other => return Err(Failure::new(format!("unknown stats type {other}")).hint("one of server, clusters")),
        };
        let found = PAGES.iter().find(|(of, format, _)| *of == kind && *format == self.output);
        found.map(|(.., page)| *page).ok_or_else(|| {
            let formats: Vec<&str> =
                PAGES.iter().filter(|(of, ..)| *of == kind).map(|(_, format, _)| *format).collect();
            Failure::new(format!("output format {:?} not supported", self.output))
                .hint(format!("one of {}", formats.join(", ")))
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
