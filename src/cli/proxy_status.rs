//! `proxy-status`: whether proxies have what istiod sent them.

use futures_util::future::join_all;
use serde_json::Value as Tree;

use super::central::CentralFlags;
use super::proxy_config::source::{WATCH_INTERVAL, ask, check_port, read, yaml};
use super::values::parse_int;
use super::{Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, PodName, Resource, Selection, Target, block_on, name_of};
use crate::envoy::value::Value;
use crate::envoy::{binary, text};
use crate::inspect::proxy_status::{Proxy, age, attention, detail, in_namespace, proxies, summary};
use crate::inspect::sync_diff;
use crate::ui::{self, log};
use crate::xds::ads::Answer;

/// Show whether proxies have what istiod sent them; of one proxy, what differs
#[derive(clap::Args, Debug)]
pub struct ProxyStatus {
    /// One proxy: `[TYPE/]NAME[.NAMESPACE]`
    #[arg(value_name = "POD")]
    words: Vec<String>,
    /// Compare with this saved config dump instead of the proxy's own
    #[arg(long, default_value = "")]
    file: String,
    /// Port of Envoy's admin interface
    #[arg(long, default_value = "15000", value_parser = parse_int)]
    proxy_admin_port: i64,
    /// Format: table, json or yaml
    #[arg(long, short = 'o', default_value = "table")]
    output: String,
    /// 1 shows the state of every type
    #[arg(long, short = 'v', default_value = "0", value_parser = parse_int)]
    verbosity: i64,
    /// End with 1 if a proxy needs attention
    #[arg(long)]
    check: bool,
    /// Ask the control planes of these clusters, named by their contexts
    #[arg(long, value_delimiter = ',')]
    contexts: Vec<String>,
    /// Show again whenever it has changed, until interrupted
    #[arg(long)]
    watch: bool,
    #[command(flatten)]
    central: CentralFlags,
}

const CONFIG_DUMP: &str = "istio.io/debug/config_dump";
const SYNCZ: &str = "istio.io/debug/syncz";
/// In the answer of an istiod that does not serve the proxy.
const NOT_CONNECTED: &[u8] = b"Proxy not connected to this Pilot instance";

impl ProxyStatus {
    pub fn run(self, context: &Context) -> Outcome {
        let port = check_port(self.proxy_admin_port)?;
        if !["table", "json", "yaml"].contains(&self.output.as_str()) {
            return Err(
                Failure::new(format!("output format {:?} not supported", self.output)).hint("one of table, json, yaml")
            );
        }
        let target = context.target()?;
        block_on(async {
            if let Some(word) = self.words.first() {
                let cluster = Cluster::connect(&target).await?;
                return self.one(context, &cluster, word, port).await;
            }
            let mut clusters = Vec::new();
            match self.contexts.as_slice() {
                [] => clusters.push(Cluster::connect(&target).await?),
                names => {
                    for name in names {
                        clusters.push(Cluster::connect(&Target { context: name.clone(), ..target.clone() }).await?);
                    }
                }
            }
            let mut last = String::new();
            loop {
                let exit = self.mesh(context, &clusters, &mut last).await?;
                if !self.watch {
                    return Ok(exit);
                }
                tokio::time::sleep(WATCH_INTERVAL).await;
            }
        })?
    }

    /// The proxies of all clusters; printed unless it is what was printed `last`.
    async fn mesh(&self, context: &Context, clusters: &[Cluster], last: &mut String) -> Outcome {
        let central = self.central.central(context)?;
        let mut responses: Vec<Value> = Vec::new();
        let mut failed = Vec::new();
        for replies in join_all(clusters.iter().map(|cluster| central.ask(cluster, SYNCZ, &[]))).await {
            let replies = match replies {
                Ok(replies) => replies,
                Err(error) if clusters.len() > 1 => {
                    failed.push(error.to_string());
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            for reply in replies {
                match reply.answer.and_then(|answer| answer.value().map_err(|error| error.to_string())) {
                    Ok(response) => responses.push(in_namespace(response, &context.globals.namespace)),
                    Err(reason) => failed.push(reason),
                }
            }
        }
        if responses.is_empty() {
            return Err(Failure::new(failed.join("\n")));
        }
        failed.iter().for_each(|reason| log::warn(reason));
        let seen: Vec<Proxy> = responses.iter().flat_map(proxies).collect();
        let now = jiff::Timestamp::now().as_second();
        let shown: String = match (self.output.as_str(), self.verbosity) {
            ("table", ..=0) => summary(seen.clone()),
            ("table", _) => detail(seen.clone(), now),
            ("json", _) => responses.iter().map(|value| text::single(value) + "\n").collect(),
            _ => responses.iter().map(yaml).collect(),
        };
        if *last == shown {
            return Ok(Exit::OK);
        }
        ui::print(&shown)?;
        *last = shown;
        let mut lines = attention(&seen, now);
        for cluster in clusters {
            lines.extend(not_connected(context, cluster, &seen, now).await);
        }
        if lines.is_empty() {
            return Ok(Exit::OK);
        }
        ui::tell(format_args!("{} of {} proxies need attention", lines.len(), seen.len()));
        lines.iter().for_each(|line| ui::tell(format_args!("  {line}")));
        Ok(if self.check { Exit::ERROR } else { Exit::OK })
    }

    async fn one(&self, context: &Context, cluster: &Cluster, word: &str, port: u16) -> Outcome {
        let pod = cluster.pod_by_word(word).await?;
        if is_ztunnel(cluster, &pod).await {
            ui::print(&format!("Sync diff is not available for ztunnel pod {pod}\n"))?;
            return Ok(Exit::OK);
        }
        let envoy = if self.file.is_empty() {
            ask(cluster, &pod, port, "config_dump").await?
        } else {
            let text = read(&self.file);
            text.map_err(|failure| Failure::new(format!("the proxy does not answer: {}", failure.message)))?.to_vec()
        };
        let central = self.central.central(context)?;
        let replies = central.ask(cluster, CONFIG_DUMP, &[pod.to_string()]).await?;
        let mut failed = Vec::new();
        let mut found = None;
        for reply in replies {
            match reply.answer {
                Ok(answer) if serves(&answer) => found = found.or(Some(answer)),
                Ok(_) => failed.push(format!("{} does not serve {pod}", reply.istiod)),
                Err(reason) => failed.push(reason),
            }
        }
        let Some(answer) = found else {
            let failure = Failure::new("no istiod has a configuration for this proxy");
            return Err(failed.into_iter().fold(failure, Failure::hint));
        };
        let istiod = dump_of(&answer)?;
        let (report, error) = sync_diff::report(istiod.as_bytes(), &envoy, &jiff::tz::TimeZone::system());
        ui::print(&report)?;
        match error {
            None => Ok(Exit::OK),
            Some(error) => Err(error.into()),
        }
    }
}

/// Whether the answer is a dump at all.
fn serves(answer: &Answer) -> bool {
    let only = answer.resources.first().map(|(_, content)| content.as_slice()).unwrap_or_default();
    !answer.resources.is_empty() && memchr::memmem::find(only, NOT_CONNECTED).is_none()
}

/// The sections that istiod sent, as the dump that Envoy would give.
fn dump_of(answer: &Answer) -> Result<String, Failure> {
    let mut sections = Vec::new();
    for (url, content) in &answer.resources {
        let section =
            binary::any(url, content).map_err(|error| Failure::new(format!("istiod's dump: {url}: {error}")))?;
        sections.push(text::compact(&section));
    }
    Ok(format!("{{\"configs\":[{}]}}", sections.join(",")))
}

async fn is_ztunnel(cluster: &Cluster, pod: &PodName) -> bool {
    let app =
        cluster.pod(pod).await.ok().and_then(|object| object["metadata"]["labels"]["app"].as_str().map(str::to_owned));
    app.map_or_else(|| pod.name.starts_with("ztunnel"), |app| app == "ztunnel")
}

/// Injected pods that run, but that no istiod serves.
async fn not_connected(context: &Context, cluster: &Cluster, seen: &[Proxy], now: i64) -> Vec<String> {
    let Some(kind) = Resource::known("", "Pod") else { return Vec::new() };
    let namespace = Some(context.globals.namespace.as_str()).filter(|namespace| !namespace.is_empty());
    let selection = Selection { namespace, fields: "status.phase=Running", ..Selection::default() };
    let Ok(pods) = cluster.list(&kind, &selection).await else { return Vec::new() };
    let missing = pods.iter().filter(|pod| {
        let injected = pod["metadata"]["annotations"]["sidecar.istio.io/status"].is_string();
        let id = PodName::of(pod).to_string();
        injected && !seen.iter().any(|proxy| proxy.id == id)
    });
    missing
        .map(|pod| format!("{}.{}  NOT CONNECTED{}", name_of(pod), PodName::of(pod).namespace, started(pod, now)))
        .collect()
}

fn started(pod: &Tree, now: i64) -> String {
    let time = pod["status"]["startTime"].as_str().and_then(crate::envoy::well_known::parse_timestamp);
    time.map(|(seconds, _)| format!(", started {} ago", age(now - seconds))).unwrap_or_default()
}
