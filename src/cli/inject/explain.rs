//! `inject explain`: why a pod is or is not injected, and what would change that.

use std::path::Path;

use serde_json::{Value, json};

use super::pod;
use super::source::{Source, read};
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, Resource, Selection, block_on};
use crate::inject::documents;
use crate::inject::engine::Injector;
use crate::inject::explain::{Explanation, Scene, explain};
use crate::inject::types::decode;
use crate::inject::types::pod::POD;
use crate::inject::workload;
use crate::install::revisions::labels::{Labels, labels_of};
use crate::yaml;

/// Explain which rule injects a pod or does not, and which label would change that
///
/// With a file, its Namespaces and MutatingWebhookConfigurations are taken into account, and its pods are explained.
/// With the name of a pod or workload, the cluster is asked.
#[derive(clap::Args, Debug)]
pub struct Explain {
    /// Manifest, or `[TYPE/]NAME[.NAMESPACE]` of a pod in the cluster; `-` is standard input
    #[arg(value_name = "POD|FILE")]
    words: Vec<String>,
    /// Format: text, json or yaml
    #[arg(long, short = 'o', default_value = "text")]
    output: String,
    #[command(flatten)]
    source: Source,
}

impl Explain {
    pub fn run(self, context: &Context) -> Outcome {
        if !["text", "json", "yaml"].contains(&self.output.as_str()) {
            return Err(
                Failure::usage(format!("unknown format: {}", self.output)).hint("formats are text, json and yaml")
            );
        }
        let [word] = self.words.as_slice() else {
            return Err(Failure::usage("inject explain needs one file or one pod"));
        };
        let mut injector = self.source.injector(context)?;
        injector.honours_config = true;
        let values_from = self.source.describe(context);
        let found = if word == "-" || Path::new(word).is_file() {
            self.of_file(word, context, &injector, values_from)?
        } else {
            self.of_cluster(word, context, &injector, values_from)?
        };
        let text = match self.output.as_str() {
            "json" => format!("{:#}\n", json!(found)),
            "yaml" => yaml::to_string(&json!(found)),
            _ => found.iter().map(render).collect::<Vec<_>>().join("\n"),
        };
        crate::ui::print(&text)?;
        Ok(Exit::OK)
    }

    fn of_file(
        &self,
        path: &str,
        context: &Context,
        injector: &Injector,
        values_from: &str,
    ) -> Result<Vec<Explanation>, Failure> {
        let text = read(path)?;
        let (pods, others) = documents::pods(&text).map_err(|error| {
            Failure::new(format!("{path}:{}: document {}: {} {}", error.line, error.number, error.object, error.cause))
        })?;
        if pods.is_empty() {
            return Err(Failure::new(format!("{path}: there is no pod in it")));
        }
        let of_kind = |kind: &str| -> Vec<Value> {
            others.iter().filter(|object| object.get("kind").and_then(Value::as_str) == Some(kind)).cloned().collect()
        };
        let (spaces, webhooks) = (of_kind("Namespace"), of_kind("MutatingWebhookConfiguration"));
        Ok(pods
            .into_iter()
            .map(|found| {
                let namespace = match (found.namespace.as_str(), context.globals.namespace.as_str()) {
                    ("", "") => "default".to_string(),
                    ("", given) => given.to_string(),
                    (own, _) => own.to_string(),
                };
                let space = spaces.iter().find(|space| crate::cluster::name_of(space) == namespace);
                let scene = Scene {
                    object: found.label,
                    pod: found.pod,
                    owner: found.owner,
                    namespace_labels: space.map(labels_of),
                    namespace,
                    webhooks: &webhooks,
                    values_from,
                };
                explain(&scene, injector)
            })
            .collect())
    }

    fn of_cluster(
        &self,
        word: &str,
        context: &Context,
        injector: &Injector,
        values_from: &str,
    ) -> Result<Vec<Explanation>, Failure> {
        let target = context.target()?;
        let (pod, space, webhooks) = block_on(async {
            let cluster = Cluster::connect(&target).await?;
            let pod = pod::find(&cluster, word).await?;
            let namespace = crate::cluster::object_namespace(&pod).unwrap_or_default().to_string();
            let known = |group: &str, kind: &str| {
                Resource::known(group, kind).ok_or_else(|| Failure::new(format!("kind {kind} is not known")))
            };
            let space = cluster.get(&known("", "Namespace")?, None, &namespace).await?;
            let webhooks = known("admissionregistration.k8s.io", "MutatingWebhookConfiguration")?;
            Ok::<_, Failure>((pod, space, cluster.list(&webhooks, &Selection::default()).await?))
        })??;
        let label = documents::label_of(&pod);
        let namespace = crate::cluster::object_namespace(&pod).unwrap_or_default().to_string();
        let pod = decode::normalized(pod, &POD).map_err(|error| Failure::new(format!("{label}: {error}")))?;
        let labels: Option<Labels> = space.as_ref().map(labels_of);
        let scene = Scene {
            object: label,
            owner: workload::owner_of_pod(pod.get("metadata").unwrap_or(&Value::Null)),
            pod,
            namespace,
            namespace_labels: labels,
            webhooks: &webhooks,
            values_from,
        };
        Ok(vec![explain(&scene, injector)])
    }
}

fn render(explanation: &Explanation) -> String {
    let verdict = if explanation.injected { "is injected" } else { "is not injected" };
    let mut text = format!("{} {verdict}: {}\n", explanation.object, explanation.reason);
    for step in &explanation.steps {
        let mark = if step.passed { '✔' } else { '✘' };
        text.push_str(&format!("  {mark} {}: {}\n", step.rule, step.why));
    }
    if let Some(added) = &explanation.result {
        text.push_str(&format!(
            "  templates: {} ({})\n  values:    {}\n  image:     {}\n  revision:  {}\n",
            added.templates.join(", "),
            added.templates_from,
            added.values_from,
            added.image,
            added.revision,
        ));
        let kind = if added.native_sidecar { "native sidecar" } else { "sidecar" };
        let parts: Vec<&str> = added.init_containers.iter().chain(&added.containers).map(String::as_str).collect();
        text.push_str(&format!("  adds:      {} ({kind})\n", parts.join(", ")));
    }
    for change in &explanation.changes {
        let becomes = if change.injected { "injected" } else { "not injected" };
        text.push_str(&format!("  with {}: {becomes}, because {}\n", change.change, change.reason));
    }
    for warning in &explanation.warnings {
        text.push_str(&format!("  note: {warning}\n"));
    }
    text
}
