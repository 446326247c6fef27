//! `x check-inject`: which injection webhooks would take a pod, and by which label.

use crate::cli::output::{Format, Output};
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, Resource, Selection, block_on};
use crate::inject::check::{Verdict, verdicts};
use crate::install::revisions::labels::{Labels, labels_of};
use crate::ui;

/// Tell which injection webhooks would take a pod, and by which label
#[derive(clap::Args, Debug)]
pub struct CheckInject {
    /// Pod or workload: `[TYPE/]NAME[.NAMESPACE]`
    #[arg(value_name = "POD")]
    words: Vec<String>,
    /// Labels of a pod that need not exist, such as app=web,version=v1
    #[arg(long, short = 'l', default_value = "")]
    labels: String,
    #[command(flatten)]
    format: Output,
}

impl CheckInject {
    pub fn run(self, context: &Context) -> Outcome {
        if self.words.len() > 1 || (self.words.is_empty() && self.labels.is_empty()) {
            return Err(Failure::new("check-inject takes one workload or --labels")
                .hint("usage: check-inject [TYPE/]NAME[.NAMESPACE], or check-inject -n NAMESPACE -l KEY=VALUE,..."));
        }
        let format = self.format.format()?;
        let target = context.target()?;
        let found = block_on(async {
            let cluster = Cluster::connect(&target).await?;
            let (namespace, labels) = match self.words.first() {
                Some(word) => self.pod(&cluster, word).await?,
                None => (cluster.namespace().to_string(), self.given_labels()?),
            };
            let space = cluster
                .get(&kind("", "Namespace")?, None, &namespace)
                .await?
                .ok_or_else(|| Failure::new(format!("namespaces \"{namespace}\" not found")))?;
            let webhooks = kind("admissionregistration.k8s.io", "MutatingWebhookConfiguration")?;
            let webhooks = cluster.list(&webhooks, &Selection::default()).await?;
            Ok::<_, Failure>(verdicts(&webhooks, &labels_of(&space), &labels))
        })??;
        if found.iter().filter(|verdict| verdict.injected).count() > 1 && format != Format::Short {
            ui::tell("Warning: multiple webhooks will inject, which can lead to errors");
        }
        ui::print(&format.write(&found, |found| render(found))?)?;
        Ok(Exit::OK)
    }

    fn given_labels(&self) -> Result<Labels, Failure> {
        self.labels
            .split(',')
            .map(|pair| {
                let pair = pair.trim();
                let (key, value) = pair.split_once('=').ok_or_else(|| {
                    Failure::new(format!("bad label {pair:?} in --labels")).hint("labels look like app=web,version=v1")
                })?;
                Ok((key.to_string(), value.to_string()))
            })
            .collect()
    }

    async fn pod(&self, cluster: &Cluster, word: &str) -> Result<(String, Labels), Failure> {
        let pod = super::super::inject::pod::find(cluster, word).await?;
        let namespace = crate::cluster::object_namespace(&pod).unwrap_or(cluster.namespace());
        Ok((namespace.to_string(), labels_of(&pod)))
    }
}

fn kind(group: &str, name: &str) -> Result<Resource, Failure> {
    Resource::known(group, name).ok_or_else(|| Failure::new(format!("kind {name} is not known")))
}

fn render(verdicts: &[Verdict]) -> String {
    if verdicts.is_empty() {
        return "ERROR: no Istio injection hooks present.\n".to_string();
    }
    let colour = ui::colour();
    let width = |cell: fn(&Verdict) -> &str, title: &str| {
        verdicts.iter().map(|verdict| cell(verdict).chars().count()).max().unwrap_or(0).max(title.len()) + 2
    };
    let name = width(|verdict| &verdict.webhook, "WEBHOOK");
    let revision = width(|verdict| &verdict.revision, "REVISION");
    let mut text = format!("{:name$}{:revision$}INJECTED  REASON\n", "WEBHOOK", "REVISION");
    for verdict in verdicts {
        let mark = match (verdict.injected, colour) {
            (true, true) => "\u{1b}[32m✔\u{1b}[0m",
            (false, true) => "\u{1b}[31m✘\u{1b}[0m",
            (true, false) => "✔",
            (false, false) => "✘",
        };
        text.push_str(&format!(
            "{:name$}{:revision$}{mark}         {}\n",
            verdict.webhook, verdict.revision, verdict.reason
        ));
    }
    if verdicts.iter().filter(|verdict| verdict.injected).count() > 1 {
        text.push_str("ERROR: multiple webhooks will inject, which can lead to errors\n");
    }
    text
}
