//! Asking the cluster: so many questions at a time, each with a deadline, each answer cleaned and written as it comes.

use std::time::{Duration, Instant};

use futures_util::StreamExt as _;
use futures_util::stream::iter;
use http::Method;
use indicatif::{ProgressBar, ProgressStyle};
use regex::Regex;
use serde_json::{Value, json};

use super::archive::Archive;
use crate::cli::Failure;
use crate::cluster::{Cluster, LogPart, PodName, Resource, Selection, name_of};
use crate::inspect::bug_report::lines::{self, Tally};
use crate::inspect::bug_report::plan::{Item, Question};
use crate::inspect::bug_report::redact;
use crate::inspect::bug_report::settings::Window;
use crate::inspect::bug_report::workloads::Container;
use crate::xds::debug;

/// One question takes no longer.
const LONGEST: Duration = Duration::from_secs(120);
const CORES: &[&str] = &["find", "/var/lib/istio", "-name", "core.*"];

/// How to ask.
pub struct Asking<'a> {
    pub cluster: &'a Cluster,
    /// When the whole collection must be over.
    pub until: Instant,
    pub at_once: usize,
    pub admin_port: u16,
    pub window: Window,
    pub tail: i64,
    pub show_secrets: bool,
    pub critical: Vec<Regex>,
    pub ignored: Vec<Regex>,
    /// istiod pods, for their monitoring ports.
    pub pods: &'a [Value],
}

/// What became of the questions.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Paths that are missing, and why.
    pub failed: Vec<(String, String)>,
    /// Logs with bad lines.
    pub logs: Vec<(String, Tally)>,
}

impl Gathered {
    /// The logs to look at first.
    pub fn importance(&mut self) -> String {
        self.logs.retain(|(_, tally)| tally.weight() > 0);
        self.logs.sort_by(|(a, left), (b, right)| right.weight().cmp(&left.weight()).then_with(|| a.cmp(b)));
        let line = |(path, tally): &(String, Tally)| {
            format!("{path}: {} fatal, {} errors, {} warnings\n", tally.fatal, tally.error, tally.warn)
        };
        self.logs.iter().map(line).collect()
    }
}

impl Asking<'_> {
    /// Asks everything and writes the answers.
    pub async fn containers(
        &self,
        items: &[Item<'_>],
        archive: &mut Archive,
        told: &mut Gathered,
    ) -> Result<(), Failure> {
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}");
        let bar =
            ProgressBar::new(items.len() as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        let questions = items.iter().map(|item| async move { (item, self.answer(item).await) });
        let mut answers = iter(questions).buffer_unordered(self.at_once);
        while let Some((item, answer)) = answers.next().await {
            bar.set_message(item.path.clone());
            bar.inc(1);
            match answer {
                Ok(files) => {
                    for (path, content) in files {
                        self.write(archive, told, &path, &content, &item.question)?;
                    }
                }
                Err(reason) => told.failed.push((item.path.clone(), reason)),
            }
        }
        bar.finish_and_clear();
        Ok(())
    }

    fn write(
        &self,
        archive: &mut Archive,
        told: &mut Gathered,
        path: &str,
        content: &[u8],
        question: &Question,
    ) -> Result<(), Failure> {
        if self.show_secrets && *question == Question::Cores {
            archive.add(path, content)?;
            return Ok(());
        }
        let mut text = String::from_utf8_lossy(content).into_owned();
        if *question == Question::Log {
            text = lines::within(&text, self.window);
            told.logs.push((path.to_owned(), lines::tally(&text, &self.critical, &self.ignored)));
        }
        let clean = if self.show_secrets { text.into() } else { redact::text(&text) };
        archive.add(path, clean.as_bytes())?;
        Ok(())
    }

    fn limit(&self) -> Result<Duration, String> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            Err("the time for the whole report was over (--timeout)".to_owned())
        } else {
            Ok(left.min(LONGEST))
        }
    }

    async fn answer(&self, item: &Item<'_>) -> Result<Vec<(String, Vec<u8>)>, String> {
        let limit = self.limit()?;
        let one = |content: Vec<u8>| vec![(item.path.clone(), content)];
        match tokio::time::timeout(limit, self.ask(item, limit)).await {
            Ok(Ok(Answer::One(content))) => Ok(one(content)),
            Ok(Ok(Answer::Files(files))) => Ok(files),
            Ok(Err(reason)) => Err(reason),
            Err(_) => Err(format!("no answer within {limit:?}")),
        }
    }

    async fn ask(&self, item: &Item<'_>, limit: Duration) -> Result<Answer, String> {
        let Container { namespace, pod, name, restarted, .. } = item.container;
        let text = |error: &dyn std::fmt::Display| error.to_string();
        match &item.question {
            Question::Log => {
                let part = LogPart {
                    lines: (self.tail > 0).then_some(self.tail),
                    seconds: self.seconds(),
                    of_previous_run: false,
                };
                let mut log =
                    self.cluster.log(namespace, pod, name, part, limit).await.map_err(|error| text(&error))?;
                if *restarted {
                    let before = LogPart { of_previous_run: true, ..part };
                    if let Ok(earlier) = self.cluster.log(namespace, pod, name, before, limit).await {
                        log.push_str(&format!("\n----- before the last restart -----\n{earlier}"));
                    }
                }
                Ok(Answer::One(log.into_bytes()))
            }
            Question::Istiod(page) => {
                let port = self.pods.iter().find(|one| name_of(one) == pod).map_or(15014, debug::monitoring_port);
                let reply = self.cluster.pod_http(Method::GET, namespace, pod, port, page, limit).await;
                match reply.map_err(|error| text(&error))? {
                    reply if reply.status == 200 => Ok(Answer::One(reply.body)),
                    reply => Err(format!("status {}", reply.status)),
                }
            }
            Question::Admin(page) => {
                let at = PodName { name: pod.clone(), namespace: namespace.clone() };
                let body = self.cluster.admin(Method::GET, &at, self.admin_port, page).await;
                body.map(Answer::One).map_err(|error| text(&error))
            }
            Question::Exec(words) => {
                let output = self.cluster.exec(namespace, pod, name, words, limit).await;
                output.map(|output| Answer::One(output.stdout)).map_err(|error| text(&error))
            }
            Question::Cores => self.cores(item, limit).await,
        }
    }

    /// Core dumps hold a process's memory, keys included: without leave only their names are taken.
    async fn cores(&self, item: &Item<'_>, limit: Duration) -> Result<Answer, String> {
        let Container { namespace, pod, name, .. } = item.container;
        let found = self.cluster.exec(namespace, pod, name, CORES, limit).await.map_err(|error| error.to_string())?;
        if !self.show_secrets {
            return Ok(Answer::One(found.stdout));
        }
        let mut files = Vec::new();
        for (number, path) in String::from_utf8_lossy(&found.stdout).lines().enumerate() {
            let dump = self.cluster.exec(namespace, pod, name, &["cat", path], limit).await;
            files.push((format!("{}/{number}.core", item.path), dump.map_err(|error| error.to_string())?.stdout));
        }
        Ok(Answer::Files(files))
    }

    /// How old the oldest wanted line is.
    fn seconds(&self) -> Option<i64> {
        let start = self.window.start?;
        Some((jiff::Timestamp::now().as_second() - start.as_second()).max(1))
    }

    /// The objects of the cluster, cleaned, one file for each group of kinds.
    pub async fn objects(
        &self,
        istio_namespace: &str,
        archive: &mut Archive,
        told: &mut Gathered,
    ) -> Result<(), Failure> {
        let mut dumps: Vec<(&str, Vec<Resource>, Option<&str>)> = Vec::new();
        for (path, kinds, own) in DUMPS {
            let known = kinds.iter().filter_map(|(group, kind)| Resource::known(group, kind)).collect();
            dumps.push((path, known, own.then_some(istio_namespace)));
        }
        dumps.push(("cluster/crs", self.custom_resources(told).await, None));
        for (path, resources, namespace) in dumps {
            let lists = resources.iter().map(|resource| async move {
                let selection = Selection { namespace, ..Selection::default() };
                let limit = self.limit()?;
                match tokio::time::timeout(limit, self.cluster.list(resource, &selection)).await {
                    Ok(Err(error)) if error.is_not_found() => Ok(Vec::new()),
                    Ok(listed) => listed.map_err(|error| format!("{}: {error}", resource.plural)),
                    Err(_) => Err(format!("{}: no answer within {limit:?}", resource.plural)),
                }
            });
            let mut items = Vec::new();
            let mut answers = iter(lists).buffered(self.at_once);
            while let Some(answer) = answers.next().await {
                match answer {
                    Ok(listed) => items.extend(listed),
                    Err(reason) => told.failed.push((path.to_owned(), reason)),
                }
            }
            let text = match path {
                "cluster/secrets" if !self.show_secrets => names(&items),
                _ => {
                    if !self.show_secrets {
                        items.iter_mut().for_each(redact::object);
                    }
                    crate::yaml::to_string(&json!({"apiVersion": "v1", "kind": "List", "items": items}))
                }
            };
            archive.add(path, text.as_bytes())?;
        }
        Ok(())
    }

    /// Every kind that a CRD defines, at its storage version.
    async fn custom_resources(&self, told: &mut Gathered) -> Vec<Resource> {
        let Some(definitions) = Resource::known("apiextensions.k8s.io", "CustomResourceDefinition") else {
            return Vec::new();
        };
        match self.cluster.list(&definitions, &Selection::default()).await {
            Ok(found) => found.iter().filter_map(defined).collect(),
            Err(error) => {
                told.failed.push(("cluster/crs".to_owned(), error.to_string()));
                Vec::new()
            }
        }
    }
}

enum Answer {
    One(Vec<u8>),
    Files(Vec<(String, Vec<u8>)>),
}

/// Group and kind.
type Kind = (&'static str, &'static str);

/// Files of the cluster dump: their kinds, and whether only those of the control plane's namespace are wanted.
const DUMPS: &[(&str, &[Kind], bool)] = &[
    (
        "cluster/k8s-resources",
        &[
            ("", "Pod"),
            ("", "Service"),
            ("", "ReplicationController"),
            ("apps", "DaemonSet"),
            ("apps", "Deployment"),
            ("apps", "ReplicaSet"),
            ("apps", "StatefulSet"),
            ("autoscaling", "HorizontalPodAutoscaler"),
            ("batch", "Job"),
            ("batch", "CronJob"),
            ("networking.k8s.io", "Ingress"),
            ("discovery.k8s.io", "EndpointSlice"),
            ("", "ConfigMap"),
            ("networking.k8s.io", "NetworkPolicy"),
        ],
        false,
    ),
    (
        "cluster/k8s-cluster-resources",
        &[
            ("", "Node"),
            ("", "Namespace"),
            ("apiextensions.k8s.io", "CustomResourceDefinition"),
            ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
            ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        ],
        false,
    ),
    ("cluster/nodes", &[("", "Node")], false),
    ("cluster/pods", &[("", "Pod")], true),
    ("cluster/events", &[("", "Event")], false),
    ("cluster/secrets", &[("", "Secret")], false),
];

fn defined(definition: &Value) -> Option<Resource> {
    let spec = &definition["spec"];
    let mut versions = spec["versions"].as_array()?.iter();
    let version = versions.find(|version| version["storage"] == true && version["served"] == true)?;
    Some(Resource {
        group: spec["group"].as_str()?.to_owned(),
        version: version["name"].as_str()?.to_owned(),
        kind: spec["names"]["kind"].as_str()?.to_owned(),
        plural: spec["names"]["plural"].as_str()?.to_owned(),
        namespaced: spec["scope"] == "Namespaced",
    })
}

/// Namespace, name and type of Secrets, and nothing of what they hold.
fn names(secrets: &[Value]) -> String {
    let mut table = crate::ui::tabwriter::TabWriter::new(3);
    table.row(["NAMESPACE", "NAME", "TYPE"]);
    for secret in secrets {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        table.row([text(&secret["metadata"]["namespace"]), text(&secret["metadata"]["name"]), text(&secret["type"])]);
    }
    table.finish()
}
