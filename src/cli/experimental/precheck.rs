//! `experimental precheck`: whether an installation or upgrade is safe here.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::analysis::codes::Level;
use crate::analysis::finding::{Finding, PRECHECK};
use crate::analysis::input::{self, Provenance, Source};
use crate::analysis::precheck::{self, Facts, Minor};
use crate::analysis::report::{Format, Report};
use crate::analysis::rules::Rule;
use crate::analysis::view::View;
use crate::analysis::{self, Given, Profile, Settings, Snapshot};
use crate::cli::install::OLDEST_KUBERNETES;
use crate::cli::version::ISTIO_VERSION;
use crate::cli::{Compat, Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, Error, Resource, Selection, block_on};
use crate::ui;

/// Check whether it is safe to install or upgrade Istio here
#[derive(clap::Args, Debug)]
pub struct Precheck {
    /// Release to upgrade from, such as 1.28: tells which changes of behaviour concern this mesh
    #[arg(long, short = 'f', default_value = "")]
    from_version: String,
    /// Form of the report: log, json or yaml
    #[arg(long, short = 'o', default_value = "log")]
    output: String,
    /// Level from which findings are shown: info, warning or error
    #[arg(long, default_value = "Warning")]
    output_threshold: String,
    /// Revision that the new control plane will have
    #[arg(long, short = 'r', default_value = "")]
    revision: String,
    /// Leave out what only matters for a new control plane
    #[arg(long)]
    skip_controlplane: bool,
    #[arg(hide = true)]
    words: Vec<String>,
}

/// What the flags come to.
struct Plan<'p> {
    strict: bool,
    from: Option<Minor>,
    format: Format,
    threshold: Level,
    settings: &'p Settings,
}

/// What was found.
struct Found<'s, 'a> {
    snapshot: &'s Snapshot<'a>,
    findings: Vec<Finding>,
}

impl Precheck {
    pub fn run(self, context: &Context) -> Outcome {
        let strict = context.compat == Compat::Strict;
        let threshold = Level::parse(&self.output_threshold).ok_or_else(|| {
            Failure::usage(format!(
                "invalid argument \"{}\" for \"--output-threshold\" flag: expected info, warning or error",
                self.output_threshold
            ))
        })?;
        let format = match self.output.as_str() {
            "log" => Format::Log,
            "json" => Format::Json,
            "yaml" => Format::Yaml,
            other => {
                return Err(Failure::new(format!(
                    "invalid format, expected one of [log json yaml] but got \"{other}\""
                )));
            }
        };
        let from = match self.from_version.as_str() {
            "" => None,
            text => Some(precheck::parse_release(text, !strict).map_err(Failure::new)?),
        };
        let settings = Settings {
            profile: if context.compat == Compat::Off { Profile::Ours } else { Profile::Reference },
            istio_namespace: context.globals.istio_namespace.clone(),
            ..Settings::default()
        };
        let plan = Plan { strict: context.compat != Compat::Off, from, format, threshold, settings: &settings };
        // The reference asks nothing of the cluster then; we still look at the mesh that is there.
        if self.skip_controlplane && from.is_none() && plan.strict {
            return self.judge(context, &plan, Facts::default(), Vec::new());
        }
        let (facts, findings) = block_on(self.read(context, &plan))??;
        self.judge(context, &plan, facts, findings)
    }

    /// Asks the cluster: what only it can tell, as findings, and the objects that the other checks look at.
    async fn read(&self, context: &Context, plan: &Plan<'_>) -> Result<(Facts, Vec<Finding>), Failure> {
        let cluster = Cluster::connect(&context.target()?).await?;
        let mut findings = Vec::new();
        if !self.skip_controlplane {
            let version = cluster
                .version()
                .await
                .map_err(|error| Failure::new(format!("the version of Kubernetes cannot be read: {error}")))?;
            findings.extend(precheck::kubernetes(&version, OLDEST_KUBERNETES));
            findings.extend(permissions(&cluster, &context.globals.istio_namespace).await);
        }
        let facts = facts(&cluster, context, &self.revision).await?;
        if plan.strict
            && let Some((kind, reason)) = facts.unread.iter().next()
        {
            ui::tell(format_args!("Warning: {kind} objects are not checked: {reason}"));
        }
        Ok((facts, findings))
    }

    fn judge(&self, context: &Context, plan: &Plan<'_>, facts: Facts, mut findings: Vec<Finding>) -> Outcome {
        let source = Source {
            name: String::new(),
            text: if self.skip_controlplane { String::new() } else { listed(&facts, &context.globals.namespace) },
            provenance: Provenance::Cluster { id: "default".to_owned(), local: true },
        };
        let sources = [source];
        let chunks = input::parse(&sources, false);
        let null = crate::yaml::parse_document("")?;
        let root = View::new(null.root());
        let given = Given {
            sources: &sources,
            chunks: &chunks,
            settings: plan.settings,
            mesh_config: root,
            mesh_networks: root,
        };
        let rules: Vec<&Rule> = Rule::find("annotations.AlphaAnalyzer").into_iter().collect();
        let snapshot = Snapshot::build(given, &rules);
        if !self.skip_controlplane {
            findings.extend(precheck::gateway_api(facts.all("CustomResourceDefinition")));
            findings.extend(
                analysis::run(&snapshot, &rules).findings.into_iter().map(|one| Finding { rule: PRECHECK, ..one }),
            );
        }
        if let Some(from) = plan.from {
            findings.extend(precheck::changes(&facts, from, plan.strict));
        }
        if !plan.strict {
            let target = precheck::parse_release(ISTIO_VERSION, true).map_err(Failure::new)?;
            findings.extend(precheck::skew(&facts, target, !self.revision.is_empty()));
            findings.extend(precheck::webhooks(&facts));
            findings.extend(precheck::conflicts(&facts));
        }
        let findings = analysis::in_order(&snapshot, findings);
        report(context, plan, &Found { snapshot: &snapshot, findings })
    }
}

fn report(context: &Context, plan: &Plan<'_>, found: &Found<'_, '_>) -> Outcome {
    let visible: Vec<&Finding> = found.findings.iter().filter(|finding| finding.level >= plan.threshold).collect();
    let unsafe_here = found.findings.iter().any(|finding| finding.level >= Level::Warning);
    if visible.is_empty() && (plan.strict || !unsafe_here) {
        ui::tell(format_args!(
            "\u{2714} Nothing was found that speaks against installing or upgrading Istio {ISTIO_VERSION}."
        ));
        ui::tell(format_args!("  To get started, run `{} install`.", context.program.name()));
    }
    // Machines get a document whatever was found; the reference prints none.
    if !visible.is_empty() || (!plan.strict && plan.format.is_machine()) {
        let color = ui::colour();
        let report = Report { snapshot: found.snapshot, findings: &visible, color };
        ui::print(&report.render(plan.format))?;
    }
    if !unsafe_here {
        return Ok(Exit::OK);
    }
    let mut failure = Failure::new("the cluster is not ready for Istio as it is: see the findings")
        .hint(format!("`{} explain CODE` tells about causes and remedies", context.program.name()));
    if visible.is_empty() && !plan.strict {
        failure = failure.hint("they are below --output-threshold; --output-threshold=Warning shows them");
    }
    Err(failure)
}

/// Which of the things that an installation creates we may not create.
async fn permissions(cluster: &Cluster, istio_namespace: &str) -> Vec<Finding> {
    let asked = precheck::CREATED.iter().filter_map(|(group, kind, in_namespace)| {
        let resource = Resource::known(group, kind)?;
        let namespace = in_namespace.then_some(istio_namespace);
        Some(async move {
            let answer = match cluster.may("create", &resource, namespace).await {
                Ok(answer) => answer,
                Err(error) => Err(error.to_string()),
            };
            answer.err().map(|reason| precheck::permission(&resource.plural, &reason))
        })
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// Reads every kind at once. One that does not exist here has no objects; one that may not be read is noted.
async fn facts(cluster: &Cluster, context: &Context, revision: &str) -> Result<Facts, Error> {
    let istio_namespace = context.globals.istio_namespace.as_str();
    let mut facts = Facts { istio_namespace: istio_namespace.to_owned(), ..Facts::default() };
    let lists = precheck::KINDS.iter().filter_map(|(group, kind)| {
        let resource = Resource::known(group, kind)?;
        Some(async move { (*kind, cluster.list(&resource, &Selection::default()).await) })
    });
    for (kind, answer) in join_all(lists).await {
        match answer {
            Ok(objects) => {
                facts.objects.insert(kind, objects);
            }
            Err(error) if error.is_not_found() => {}
            Err(error) if error.is_unreachable() => return Err(error),
            Err(error) => {
                facts.unread.insert(kind, error.to_string());
            }
        }
    }
    let name = if revision.is_empty() { "istio".to_owned() } else { format!("istio-{revision}") };
    if let Some(maps) = Resource::known("", "ConfigMap")
        && let Ok(Some(map)) = cluster.get(&maps, Some(istio_namespace), &name).await
    {
        let text = map["data"]["mesh"].as_str().unwrap_or_default();
        facts.mesh_config = crate::yaml::from_str(text).unwrap_or_default();
    }
    Ok(facts)
}

/// The objects whose annotations are judged, of one namespace or of all, as one List.
fn listed(facts: &Facts, namespace: &str) -> String {
    let kinds = ["Namespace", "Service", "Pod", "Deployment"];
    let here = |object: &&Value| {
        let home = object["metadata"]["namespace"].as_str().or_else(|| object["metadata"]["name"].as_str());
        namespace.is_empty() || home == Some(namespace)
    };
    let items: Vec<&Value> = kinds.iter().flat_map(|kind| facts.all(kind)).filter(here).collect();
    json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}
