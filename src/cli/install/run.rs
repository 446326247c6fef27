//! One run of install or upgrade: look, plan, ask, apply, prune, point the default tag, record.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::text_at;
use crate::cli::operator;
use crate::cli::tag::deactivate_plain;
use crate::cli::{Compat, Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, Version, name_of};
use crate::install::deploy::apply::{self, Run, title_of};
use crate::install::deploy::plan::{self, Action, Effect, Judge, Plan};
use crate::install::deploy::progress::{Event, Progress, Silent};
use crate::install::deploy::record::{self, Facts, Stage};
use crate::install::deploy::scene::{self, Scene};
use crate::install::deploy::{FIELD_MANAGER, Owner, Part, prune};
use crate::install::injectors::{REVISION, TAG};
use crate::install::labels::label;
use crate::install::live::{self, kind};
use crate::install::owned::{NOT_PRUNED, Owned};
use crate::install::render::Finish;
use crate::install::spec::{Operator, TAG as ISTIO_VERSION, Wish};
use crate::install::tag_objects::{self, Wanted};
use crate::ui;

/// The oldest minor version of Kubernetes 1 that this release of Istio runs on.
pub const OLDEST_KUBERNETES: u32 = 32;

/// Which command is run; the work is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    Install,
    Upgrade,
}

/// What the flags ask for.
pub struct Job {
    pub wish: Wish,
    /// What the user gave, as one IstioOperator.
    pub input: Value,
    pub dry_run: bool,
    pub diff: bool,
    pub force: bool,
    pub include: Vec<String>,
    pub json: bool,
    pub timeout: Duration,
    pub skip_confirmation: bool,
    pub take_over: bool,
    pub verify: bool,
}

/// Everything that is known before the first write.
struct Prepared {
    operator: Operator,
    owner: Owner,
    parts: Vec<Part>,
    scene: Scene,
    plan: Plan,
    doomed: Vec<Owned>,
    needs_default_tag: bool,
}

impl Job {
    pub async fn run(mut self, context: &Context, progress: &dyn Progress) -> Outcome {
        let strict = context.compat == Compat::Strict;
        let cluster = Cluster::connect(&context.target()?).await?;
        let version = cluster.version().await.map_err(|error| {
            let failure = Failure::new(format!(
                "check minimum supported Kubernetes version: error getting Kubernetes version: {error}"
            ));
            if error.is_unreachable() {
                failure.hint("is the cluster running, and is this the right context?")
            } else {
                failure
            }
        })?;
        warn_about_age(&version)?;
        self.wish.server_version = Some(version.git_version.clone());
        let prepared = self.prepare(&cluster, strict).await?;
        self.show(&prepared)?;
        if self.dry_run {
            return self.end_of_dry_run(&prepared, progress);
        }
        if !self.skip_confirmation && !self.confirmed(&prepared)? {
            ui::tell("Cancelled.");
            return Err(Failure::silent(Exit::ERROR));
        }
        self.execute(&cluster, &prepared, progress, strict).await
    }

    /// Merges, renders, looks and compares. Writes nothing.
    async fn prepare(&self, cluster: &Cluster, strict: bool) -> Result<Prepared, Failure> {
        let generate =
            |failure: Failure| Failure { message: format!("generate config: {}", failure.message), ..failure };
        let operator = operator::operator(&self.wish, self.force).map_err(generate)?;
        let rendered = operator.render(Finish::Settings, |_| true).map_err(|e| generate(e.into()))?;
        operator::warn(strict, rendered.warnings.iter().cloned());
        let owner = owner_of(&operator);
        let mut parts: Vec<Part> = Vec::new();
        for part in &rendered.parts {
            let objects = part.objects.iter().map(crate::install::object::Object::tree);
            match parts.iter_mut().find(|known| known.name == part.component.kind.name) {
                Some(known) => known.objects.extend(objects),
                None => parts.push(Part {
                    name: part.component.kind.name,
                    title: part.component.kind.title,
                    objects: objects.collect(),
                }),
            }
        }
        let scene = scene::look(cluster, &owner.namespace).await?;
        if !strict {
            let spared = scene::spare_shared(&owner, &scene, &self.include, &mut parts);
            if !spared.is_empty() {
                ui::tell(format_args!(
                    "Note: {} left as they are: the mesh has other control planes ({}) that use them. --include NAME rewrites one.",
                    spared.join(", "),
                    scene.other_revisions(&owner).join(", ")
                ));
            }
        }
        for part in &mut parts {
            owner.stamp(part);
        }
        if !strict {
            scene.keep_asleep(&mut parts);
            scene.keep_shared_owner(&owner, &mut parts);
        }
        let needs_default_tag = !operator_manages_webhooks(&operator) && scene.needs_default_tag(&owner, strict);
        let has_pilot = parts.iter().any(|part| part.name == "Pilot");
        let conflicts = if has_pilot { scene.conflicts(&parts, needs_default_tag) } else { Vec::new() };
        if !conflicts.is_empty() {
            let text = format!("creating default tag would conflict:\n  {}", conflicts.join("\n  "));
            if !self.force {
                return Err(Failure::new(text)
                    .hint("remove or move the other webhook (`tag list` shows tags), or go on with --force"));
            }
            ui::tell(format_args!("Warning: {text}"));
        }
        // Whoever wants to see the fields, or is asked, gets the server's own answer; a plain dry run only reads.
        let judge = if self.diff || self.json || !(self.dry_run || self.skip_confirmation) {
            Judge::Server
        } else {
            Judge::Reader
        };
        let plan = if strict { Plan::default() } else { plan::plan(cluster, &parts, judge).await? };
        let mut prepared = Prepared {
            operator,
            owner,
            parts,
            scene,
            plan,
            doomed: Vec::new(),
            needs_default_tag: needs_default_tag && has_pilot,
        };
        if !strict {
            self.guard(&mut prepared)?;
        }
        let kept: Vec<&Value> = prepared.parts.iter().flat_map(|part| &part.objects).collect();
        prepared.doomed = prune::candidates(cluster, &prepared.owner, &kept).await?;
        prepared.plan.steps.extend(plan::prune_steps(&prepared.doomed));
        Ok(prepared)
    }

    /// Refuses to fight other tools, and keeps shared objects that are newer than ours.
    fn guard(&self, prepared: &mut Prepared) -> Result<(), Failure> {
        let mut others = BTreeSet::new();
        let mut newer = Vec::new();
        let rendered: Vec<&Value> = prepared.parts.iter().flat_map(|part| &part.objects).collect();
        for (step, object) in prepared.plan.steps.iter().zip(&rendered) {
            let Some(live) = &step.before else { continue };
            if let Some(other) = scene::other_owner(live) {
                others.insert(format!("{} (such as {})", other.who, other.object));
            }
            if step.component == "Base" && scene::is_newer(live, object) {
                newer.push(step.object.clone());
            }
        }
        if !others.is_empty() && !self.take_over {
            let who: Vec<String> = others.into_iter().take(5).collect();
            return Err(Failure::new(format!("objects of this installation are managed by {}", who.join(", ")))
                .hint("change them there; or add --take-over, and stop the other tool from applying them again"));
        }
        if !newer.is_empty() {
            ui::tell(format_args!(
                "Note: {} newer than this program's are kept as they are: {}",
                newer.len(),
                newer.join(", ")
            ));
            let keep = |part: &mut Part| part.objects.retain(|object| !newer.contains(&title_of(object)));
            prepared.parts.iter_mut().filter(|part| part.name == "Base").for_each(keep);
            prepared.plan.steps.retain(|step| !newer.contains(&step.object));
        }
        Ok(())
    }

    /// The preview.
    fn show(&self, prepared: &Prepared) -> Result<(), Failure> {
        let plan = &prepared.plan;
        if self.json {
            let text = serde_json::to_string_pretty(plan)?;
            ui::print(&format!("{text}\n"))?;
            return Ok(());
        }
        let quiet = self.skip_confirmation && !self.dry_run && !self.diff;
        if plan.steps.is_empty() || quiet {
            return Ok(());
        }
        let mut text = String::new();
        for step in plan.steps.iter().filter(|step| step.action != Action::Unchanged) {
            let sign = match step.action {
                Action::Create => '+',
                Action::Prune => '-',
                _ => '~',
            };
            text.push_str(&format!("{sign} {}{}\n", step.object, note_of(step)));
            if self.diff {
                text.push_str(&fields(step));
            }
        }
        text.push_str(&format!(
            "{} to create, {} to change, {} unchanged, {} to remove\n",
            plan.count(Action::Create),
            plan.count(Action::Change),
            plan.count(Action::Unchanged),
            plan.count(Action::Prune)
        ));
        ui::tell(text);
        Ok(())
    }

    fn end_of_dry_run(&self, prepared: &Prepared, progress: &dyn Progress) -> Outcome {
        if !self.json {
            progress.tell(Event::Done { what: "Dry run complete: nothing was written".to_owned() });
            ambient_line(&prepared.operator);
        }
        Ok(Exit::OK)
    }

    fn confirmed(&self, prepared: &Prepared) -> Result<bool, Failure> {
        let profile = match text_at(&prepared.operator.document, &["spec", "profile"]) {
            "" => "default",
            profile => profile,
        };
        let question = format!(
            "This will install the Istio {ISTIO_VERSION} profile \"{profile}\" into the cluster. Proceed? (y/N)"
        );
        Ok(crate::ui::prompt::confirm(&question)?)
    }

    async fn execute(&self, cluster: &Cluster, prepared: &Prepared, progress: &dyn Progress, strict: bool) -> Outcome {
        let Prepared { operator, owner, parts, .. } = prepared;
        make_namespaces(cluster, prepared, strict).await?;
        let facts = Facts {
            owner,
            input: &self.input,
            spec: &operator.document,
            parts,
            time: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            user: std::env::var("USER").unwrap_or_default(),
        };
        if !strict {
            record::write(cluster, &facts, Stage::Applying).await?;
        }
        let run = Run { cluster, progress, deadline: Instant::now() + self.timeout, no_wait: false };
        let outcomes = run.parts(parts).await;
        let failed: Vec<String> = outcomes
            .iter()
            .filter_map(|(_, outcome)| match outcome {
                apply::Outcome::Failed(reason) => Some(reason.clone()),
                _ => None,
            })
            .collect();
        if !failed.is_empty() {
            if !strict {
                record::write(cluster, &facts, Stage::Failed).await?;
            }
            let text = match failed.as_slice() {
                [one] => one.clone(),
                many => format!("{} errors occurred:\n\t* {}", many.len(), many.join("\n\t* ")),
            };
            return Err(Failure::new(format!("not everything was installed: {text}"))
                .hint("nothing was removed; correct the cause and run the same command again"));
        }
        progress.tell(Event::Pruning);
        let errors = prune::remove(cluster, &prepared.doomed, progress).await;
        if !errors.is_empty() {
            return Err(Failure::new(format!("not everything was removed: {}", errors.join("; "))));
        }
        if prepared.needs_default_tag {
            self.point_default_tag(&run, prepared).await?;
        }
        if !strict {
            record::write(cluster, &facts, Stage::Applied).await?;
        }
        if self.verify {
            verify(cluster, parts).await?;
        }
        progress.tell(Event::Done { what: "Installation complete".to_owned() });
        ambient_line(operator);
        Ok(Exit::OK)
    }

    /// Makes this installation the default one.
    async fn point_default_tag(&self, run: &Run<'_>, prepared: &Prepared) -> Result<(), Failure> {
        let cluster = run.cluster;
        let owner = &prepared.owner;
        let failed = |error: String| Failure::new(format!("failed deploying webhooks: {error}"));
        let webhooks = live::webhooks(cluster, REVISION).await?;
        let own = |webhook: &&Value| {
            label(webhook, REVISION) == Some(owner.revision_label()) && label(webhook, TAG).is_none()
        };
        // A control plane without an injector of its own (a remote cluster) has nothing to point to.
        let Some(canonical) = webhooks.iter().find(own) else { return Ok(()) };
        if prepared.scene.default_tag().is_some_and(|revision| revision != "default") && owner.revision.is_empty() {
            ui::print(
                "Default injection and validation move to the default revision; until now another revision had them.\n",
            )?;
        }
        let validators = kind("admissionregistration.k8s.io", "ValidatingWebhookConfiguration")?;
        let validator = cluster.get(&validators, None, tag_objects::DEFAULT_VALIDATOR).await?;
        let mut labels = owner.labels();
        labels.push((NOT_PRUNED, "true"));
        let wanted = Wanted {
            tag: "default",
            revision: owner.revision_label(),
            istio_namespace: &owner.namespace,
            auto_inject:
                prepared.operator.document["spec"]["values"]["sidecarInjectorWebhook"]["enableNamespacesByDefault"]
                    .as_bool()
                    .unwrap_or(false),
            webhook_name: "",
            manifests: text_at(&prepared.operator.document, &["spec", "installPackagePath"]),
            labels: &labels,
            of_user: false,
        };
        let objects = tag_objects::objects(&wanted, canonical, validator.as_ref())?;
        for object in &objects {
            run.apply(object).await.map_err(failed)?;
        }
        deactivate_plain(cluster, &webhooks).await
    }
}

/// Who the objects of a merged operator belong to.
pub fn owner_of(operator: &Operator) -> Owner {
    let document = &operator.document;
    let namespace = match text_at(document, &["metadata", "namespace"]) {
        "" => "istio-system",
        namespace => namespace,
    };
    Owner {
        name: text_at(document, &["metadata", "name"]).to_owned(),
        namespace: namespace.to_owned(),
        revision: match text_at(document, &["spec", "values", "revision"]) {
            "default" => String::new(),
            revision => revision.to_owned(),
        },
        version: ISTIO_VERSION.to_owned(),
    }
}

fn operator_manages_webhooks(operator: &Operator) -> bool {
    operator.document["spec"]["values"]["global"]["operatorManageWebhooks"].as_bool().unwrap_or(false)
}

fn warn_about_age(version: &Version) -> Result<(), Failure> {
    if version.major == 1 && version.minor < OLDEST_KUBERNETES {
        ui::print(&format!(
            "\nThe Kubernetes version {} is not supported by Istio {ISTIO_VERSION}. \
             The minimum supported Kubernetes version is 1.{OLDEST_KUBERNETES}.\n\
             The installation goes on, but expect trouble.\n\n",
            version.git_version
        ))?;
    }
    Ok(())
}

/// Creates the namespaces that objects will live in and that are missing.
async fn make_namespaces(cluster: &Cluster, prepared: &Prepared, strict: bool) -> Result<(), Failure> {
    let Prepared { operator, owner, parts, scene, .. } = prepared;
    let network = text_at(&operator.document, &["spec", "values", "global", "network"]);
    let namespaces = kind("", "Namespace")?;
    let mut missing = Vec::new();
    if !scene.namespace_exists {
        missing.push(scene::namespace_object(&owner.namespace, network));
    }
    if !strict {
        for name in scene::namespaces_of(parts).into_iter().filter(|name| *name != owner.namespace) {
            if cluster.get(&namespaces, None, name).await?.is_none() {
                missing.push(scene::namespace_object(name, ""));
            }
        }
    }
    for namespace in missing {
        match cluster.create(&namespaces, &namespace, FIELD_MANAGER).await {
            Ok(_) => {}
            Err(error) if error.is_already_exists() => {}
            Err(error) => return Err(Failure::new(format!("namespace {}: {error}", name_of(&namespace)))),
        }
    }
    Ok(())
}

/// Looks whether the cluster holds what was applied.
async fn verify(cluster: &Cluster, parts: &[Part]) -> Result<(), Failure> {
    let plan = plan::plan(cluster, parts, Judge::Server).await?;
    let changed: Vec<&str> =
        plan.steps.iter().filter(|step| step.action != Action::Unchanged).map(|step| step.object.as_str()).collect();
    if !changed.is_empty() {
        return Err(Failure::new(format!("the cluster does not hold what was installed: {}", changed.join(", "))));
    }
    let run = Run { cluster, progress: &Silent, deadline: Instant::now(), no_wait: false };
    let pending = run.pending(parts).await;
    if !pending.is_empty() {
        let names: Vec<String> =
            pending.iter().map(|pending| format!("{} ({})", pending.object, pending.reason)).collect();
        return Err(Failure::new(format!("not ready: {}", names.join(", "))));
    }
    ui::tell(format_args!("✔ {} objects verified", plan.steps.len()));
    Ok(())
}

fn note_of(step: &plan::Step) -> String {
    let effect = match step.effect {
        Effect::None => "",
        Effect::PodsRestart => "  pods restart",
        Effect::NodeWide => "  pods on every node restart",
        Effect::Traffic => "  carries traffic",
        Effect::Api => "  API",
    };
    let taken = match step.takes_over.as_slice() {
        [] => String::new(),
        managers => format!("  takes fields over from {}", managers.join(", ")),
    };
    format!("{effect}{taken}")
}

/// The changed lines of an object, indented.
fn fields(step: &plan::Step) -> String {
    let text = |side: &Option<Value>| side.as_ref().map(crate::yaml::to_string).unwrap_or_default();
    let (before, after) = (text(&step.before), text(&step.after));
    let diff = similar::TextDiff::from_lines(before.as_str(), after.as_str());
    let unified = diff.unified_diff().context_radius(2).to_string();
    unified.lines().map(|line| format!("    {line}\n")).collect()
}

fn ambient_line(operator: &Operator) {
    if text_at(&operator.document, &["spec", "profile"]) == "ambient" {
        ui::tell("The ambient profile has been installed successfully: workloads join the mesh without sidecars.");
    }
}
