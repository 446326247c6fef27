//! `experimental metrics`: request rates and latencies of workloads, asked of Prometheus.

use std::time::Duration;

use http::Method;
use serde::Serialize;
use serde_json::Value;

use crate::cli::output::Output;
use crate::cli::values::GoDuration;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, PodName, block_on};
use crate::ui::tabwriter::TabWriter;

/// Show request rates and latencies of workloads
#[derive(clap::Args, Debug)]
pub struct Metrics {
    /// Workloads: `NAME[.NAMESPACE]`
    #[arg(value_name = "WORKLOAD")]
    words: Vec<String>,
    /// How far back the rates look
    #[arg(long, short = 'd', default_value = "1m0s")]
    duration: String,
    #[command(flatten)]
    format: Output,
}

/// What a workload is asked, as far as there are samples.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rates {
    workload: String,
    namespace: String,
    window_seconds: f64,
    requests_per_second: Option<f64>,
    errors_per_second: Option<f64>,
    latency_milliseconds: Latency,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Latency {
    p50: Option<f64>,
    p90: Option<f64>,
    p99: Option<f64>,
}

const PROMETHEUS: &str = "app.kubernetes.io/name=prometheus";
const PORT: u16 = 9090;
const LIMIT: Duration = Duration::from_secs(30);

impl Metrics {
    pub fn run(self, context: &Context) -> Outcome {
        if self.words.is_empty() {
            return Err(Failure::new("metrics needs the name of a workload"));
        }
        let duration: GoDuration = self.duration.parse().map_err(|reason| {
            Failure::usage(format!("invalid argument {:?} for \"-d, --duration\" flag: {reason}", self.duration))
        })?;
        let format = self.format.format()?;
        let target = context.target()?;
        let rates = block_on(async {
            let cluster = Cluster::connect(&target).await?;
            let namespace = context.globals.istio_namespace.as_str();
            let pods = cluster.pods_by_selector(namespace, PROMETHEUS).await?;
            let pod = pods.first().map(PodName::of).ok_or_else(|| {
                Failure::new("no pod of Prometheus was found")
                    .hint(format!("looked for {PROMETHEUS} in namespace {namespace}; --istioNamespace names another"))
            })?;
            let mut all = Vec::new();
            for word in &self.words {
                all.push(rates(&cluster, &pod, word, duration).await?);
            }
            Ok::<_, Failure>(all)
        })??;
        crate::ui::print(&format.write(&rates, |rates| table(rates))?)?;
        Ok(Exit::OK)
    }
}

fn table(rates: &[Rates]) -> String {
    let heading = ["TOTAL RPS", "ERROR RPS", "P50 LATENCY", "P90 LATENCY", "P99 LATENCY"].map(str::to_owned);
    let mut shown = line("WORKLOAD", &heading);
    let rate = |value: Option<f64>| format!("{:.3}", value.unwrap_or(0.0));
    let milliseconds = |value: Option<f64>| match value {
        Some(value) if value.is_finite() && value >= 1.0 => format!("{}ms", value.trunc()),
        _ => "0s".to_owned(),
    };
    for one in rates {
        let Latency { p50, p90, p99 } = one.latency_milliseconds;
        let [p50, p90, p99] = [p50, p90, p99].map(milliseconds);
        let cells = [rate(one.requests_per_second), rate(one.errors_per_second), p50, p90, p99];
        shown.push_str(&line(&one.workload, &cells));
    }
    shown
}

/// Each line is laid out by itself.
fn line(workload: &str, cells: &[String; 5]) -> String {
    let mut table = TabWriter::new(2).minimum_width(13).right_aligned();
    table.push(&format!("{workload:>40}\t"));
    cells.iter().for_each(|cell| table.push(&format!("{cell}\t")));
    table.push("\n");
    table.finish()
}

async fn rates(cluster: &Cluster, pod: &PodName, word: &str, window: GoDuration) -> Result<Rates, Failure> {
    let mut parts = word.split('.');
    let (name, namespace) = (parts.next().unwrap_or_default(), parts.next().unwrap_or(cluster.namespace()));
    let labels = format!(
        "destination_workload=~\"{name}.*\", destination_workload_namespace=~\"{namespace}.*\",reporter=\"destination\""
    );
    let total = format!("sum(rate(istio_requests_total{{{labels}}}[{window}]))");
    let errors = format!("sum(rate(istio_requests_total{{{labels},response_code=~\"[45][0-9]{{2}}\"}}[{window}]))");
    let latency = |quantile: &str| {
        format!(
            "histogram_quantile({quantile}, sum(rate(istio_request_duration_milliseconds_bucket{{{labels}}}[{window}])) by (le))"
        )
    };
    let mut values = [None; 5];
    let queries = [total, errors, latency("0.500000"), latency("0.900000"), latency("0.990000")];
    for (value, query) in values.iter_mut().zip(&queries) {
        *value = sample(cluster, pod, query).await?;
    }
    let [requests_per_second, errors_per_second, p50, p90, p99] = values;
    Ok(Rates {
        workload: name.to_owned(),
        namespace: namespace.to_owned(),
        window_seconds: window.0 as f64 / 1e9,
        requests_per_second,
        errors_per_second,
        latency_milliseconds: Latency { p50, p90, p99 },
    })
}

/// The first sample of a query's answer, if there is one.
async fn sample(cluster: &Cluster, pod: &PodName, query: &str) -> Result<Option<f64>, Failure> {
    let path = format!("/api/v1/query?query={}", percent_encoded(query));
    let reply = cluster.pod_http(Method::GET, &pod.namespace, &pod.name, PORT, &path, LIMIT).await?;
    let answer: Value = serde_json::from_slice(&reply.body)?;
    if answer["status"] != "success" {
        let reason = answer["error"].as_str().unwrap_or("no success");
        return Err(Failure::new(format!("Prometheus refused {query}: {reason}")));
    }
    let text = answer["data"]["result"][0]["value"][1].as_str();
    Ok(text.and_then(|text| text.parse().ok()))
}

fn percent_encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(byte.into());
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
