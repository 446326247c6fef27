//! One run of install or upgrade: look, plan, ask, apply, prune, point the default tag, record.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::default_tag::{self, Heir};
use super::prepare::Prepared;
use super::{lock, preview, text_at};
use crate::cli::{Compat, Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, Version};
use crate::install::deploy::apply::{self, Run};
use crate::install::deploy::owned::Owned;
use crate::install::deploy::plan::{self, Action, Judge};
use crate::install::deploy::progress::{Event, Pending, Progress, Silent};
use crate::install::deploy::record::{self, Facts, Stage};
use crate::install::deploy::scene;
use crate::install::deploy::{FIELD_MANAGER, Part, prune};
use crate::install::revisions::live::kind;
use crate::install::spec::{Operator, TAG as ISTIO_VERSION, Wish};
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
    /// Mind how far releases are apart.
    pub upgrade: bool,
}

impl Job {
    pub async fn run(mut self, context: &Context, progress: &dyn Progress) -> Outcome {
        let strict = context.compat == Compat::Strict;
        let cluster = Cluster::connect(&context.target()?).await?;
        let asked = "check minimum supported Kubernetes version: error getting Kubernetes version";
        let version = cluster.version().await.map_err(|error| Failure::of_cluster(asked, &error))?;
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

    /// The preview.
    fn show(&self, prepared: &Prepared) -> Result<(), Failure> {
        let plan = &prepared.plan;
        if self.json {
            let text = serde_json::to_string_pretty(plan)?;
            ui::print(&format!("{text}\n"))?;
            return Ok(());
        }
        let quiet = self.skip_confirmation && !self.dry_run && !self.diff;
        if !plan.steps.is_empty() && !quiet {
            ui::tell(preview::text(plan, self.diff));
        }
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

    /// Writes what was planned. Nothing is locked and recorded where nothing is to be done.
    async fn execute(&self, cluster: &Cluster, prepared: &Prepared, progress: &dyn Progress, strict: bool) -> Outcome {
        let deadline = Instant::now() + self.timeout;
        make_namespaces(cluster, prepared, strict, deadline).await?;
        let run = Run::new(cluster, progress, deadline).sparing(prepared.plan.settled());
        if strict || prepared.is_done() {
            return self.apply(&run, cluster, prepared, progress, strict).await;
        }
        let Prepared { owner, parts, .. } = prepared;
        let work = self.apply(&run, cluster, prepared, progress, strict);
        lock::locked(cluster, &owner.namespace, &record::name(&owner.revision), || run.so_far(parts), work).await
    }

    async fn apply(
        &self,
        run: &Run<'_>,
        cluster: &Cluster,
        prepared: &Prepared,
        progress: &dyn Progress,
        strict: bool,
    ) -> Outcome {
        let Prepared { operator, owner, parts, .. } = prepared;
        let facts = Facts {
            owner,
            input: &self.input,
            spec: &operator.document,
            digest: &prepared.digest,
            inventory: &prepared.inventory,
            time: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            user: std::env::var("USER").unwrap_or_default(),
        };
        let mut changed = !prepared.is_done();
        let mut recorded = !strict && changed;
        if recorded {
            recorded = match record::write(cluster, &facts, Stage::Applying).await {
                // The record is a help, never a condition.
                Err(error) if error.is_forbidden() => {
                    ui::tell(format!("Note: this run leaves no record of what is installed: {error}"));
                    false
                }
                written => written.map(|()| true)?,
            };
        }
        let outcomes = run.parts(parts).await;
        let failed: Vec<String> = outcomes
            .iter()
            .filter_map(|(_, outcome)| match outcome {
                apply::Outcome::Failed(reason) => Some(reason.clone()),
                _ => None,
            })
            .collect();
        if !failed.is_empty() {
            // Why it failed matters more than that it could not be recorded, which often has the same cause.
            if recorded && let Err(error) = record::write(cluster, &facts, Stage::Failed).await {
                crate::ui::log::debug(&format!("the failure is not recorded: {error}"));
            }
            let text = match failed.as_slice() {
                [one] => one.clone(),
                many => format!("{} errors occurred:\n\t* {}", many.len(), many.join("\n\t* ")),
            };
            return Err(Failure::new(format!("not everything was installed: {text}"))
                .hint("nothing was removed; correct the cause and run the same command again"));
        }
        progress.tell(Event::Pruning);
        let named = if strict { Owned::reference_name } else { Owned::title };
        let errors = prune::remove(cluster, &prepared.doomed, progress, named).await;
        if !errors.is_empty() {
            return Err(Failure::new(format!("not everything was removed: {}", errors.join("; "))));
        }
        if !strict && !prepared.doomed.is_empty() {
            let selector = prune::selector(owner);
            let left = prune::until_gone(cluster, &prepared.doomed, &selector, run.deadline(), progress).await?;
            if !left.is_empty() {
                return Err(still_going(&left));
            }
        }
        if prepared.needs_default_tag {
            let heir = Heir { operator, owner, parts, predecessor: prepared.scene.default_tag(), strict };
            changed |= default_tag::point(cluster, run, &heir).await?;
        }
        // The default tag may have been all there was to do.
        if recorded || !strict && changed && prepared.is_done() {
            record::write(cluster, &facts, Stage::Applied).await?;
        }
        if self.verify {
            verify(cluster, parts).await?;
        }
        let what = if strict || changed { "" } else { ": everything is as it should be" };
        progress.tell(Event::Done { what: format!("Installation complete{what}") });
        ambient_line(operator);
        Ok(Exit::OK)
    }
}

/// The failure that tells what is still there although it was removed.
pub fn still_going(left: &[Pending]) -> Failure {
    let lines: Vec<String> = left.iter().map(|pending| format!("\n  {pending}")).collect();
    Failure::new(format!("{} of the removed objects are still there:{}", left.len(), lines.concat()))
        .hint("they go as soon as nothing holds them; the same command waits for them again")
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

/// Creates the namespaces that objects will live in and that are missing. One that is being deleted is waited for, since
/// it takes everything along that is written into it.
async fn make_namespaces(
    cluster: &Cluster,
    prepared: &Prepared,
    strict: bool,
    deadline: Instant,
) -> Result<(), Failure> {
    let Prepared { operator, owner, parts, .. } = prepared;
    let network = text_at(&operator.document, &["spec", "values", "global", "network"]);
    let others = scene::namespaces_of(parts).into_iter().filter(|name| !strict && *name != owner.namespace);
    let wanted = std::iter::once((owner.namespace.as_str(), network)).chain(others.map(|name| (name, "")));
    let namespaces = kind("", "Namespace")?;
    for (name, network) in wanted {
        let mut told = false;
        let missing = loop {
            let Some(live) = cluster.get(&namespaces, None, name).await? else { break true };
            if strict || live["metadata"]["deletionTimestamp"].is_null() {
                break false;
            }
            if Instant::now() > deadline {
                return Err(Failure::new(format!("namespace {name} is still being deleted"))
                    .hint(format!("`kubectl get namespace {name} -o yaml` tells in its conditions what holds it up")));
            }
            if !std::mem::replace(&mut told, true) {
                ui::tell(format!("- Waiting for namespace {name}, which is being deleted"));
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        };
        if !missing {
            continue;
        }
        match cluster.create(&namespaces, &scene::namespace_object(name, network), FIELD_MANAGER).await {
            Ok(_) => {}
            Err(error) if error.is_already_exists() => {}
            Err(error) => return Err(Failure::new(format!("namespace {name}: {error}"))),
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
    let run = Run::new(cluster, &Silent, Instant::now());
    let pending = run.pending(parts).await;
    if !pending.is_empty() {
        let names: Vec<String> =
            pending.iter().map(|pending| format!("{} ({})", pending.object, pending.reason)).collect();
        return Err(Failure::new(format!("not ready: {}", names.join(", "))));
    }
    ui::tell(format_args!("✔ {} objects verified", plan.steps.len()));
    Ok(())
}

fn ambient_line(operator: &Operator) {
    if text_at(&operator.document, &["spec", "profile"]) == "ambient" {
        ui::tell("The ambient profile has been installed successfully: workloads join the mesh without sidecars.");
    }
}
