//! One run of install or upgrade: look, plan, ask, apply, prune, point the default tag, record.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::default_tag::{self, Heir};
use super::{lock, preview, text_at};
use crate::cli::operator;
use crate::cli::{Compat, Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, Version};
use crate::install::deploy::apply::{self, Run, title_of};
use crate::install::deploy::owned::{self, Owned};
use crate::install::deploy::plan::{self, Action, Judge, Plan};
use crate::install::deploy::progress::{Event, Pending, Progress, Silent};
use crate::install::deploy::record::{self, Facts, Record, Stage};
use crate::install::deploy::scene::{self, Scene};
use crate::install::deploy::uninstall::webhooks_first;
use crate::install::deploy::{FIELD_MANAGER, Owner, Part, neighbours, prune, skew};
use crate::install::render::compare::{Change, changes};
use crate::install::render::object::Object;
use crate::install::render::{Finish, Rendered};
use crate::install::revisions::live::{kind, proxy_releases};
use crate::install::spec::flatten::assignments;
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

/// Everything that is known before the first write.
struct Prepared {
    operator: Operator,
    owner: Owner,
    parts: Vec<Part>,
    scene: Scene,
    plan: Plan,
    doomed: Vec<Owned>,
    needs_default_tag: bool,
    /// Of the rendered set, for the record.
    digest: String,
    inventory: String,
    /// What the last run left.
    last: Option<Record>,
}

impl Prepared {
    /// Whether the cluster and the record already say what this run would make them say.
    fn is_done(&self) -> bool {
        self.doomed.is_empty()
            && self.plan.steps.iter().all(|step| step.settled)
            && self.last.as_ref().is_some_and(|last| last.state == Stage::Applied.name() && last.digest == self.digest)
    }

    /// A run that did not come to its end is worth knowing of, above all when it had other settings.
    fn tell_of_last(&self) {
        let Some(last) = self.last.as_ref().filter(|last| last.state != Stage::Applied.name()) else { return };
        let who = if last.user.is_empty() { String::new() } else { format!(" by {}", last.user) };
        let settings = if last.digest == self.digest { "the same" } else { "other" };
        ui::tell(format!(
            "Note: the run of {}{who}, with {settings} settings, did not end ({}); this one goes on from there.",
            last.time, last.state
        ));
    }
}

impl Prepared {
    /// Settings that the last run was given and this one is not: they go back to what the profile says.
    fn tell_of_lost_settings(&self, input: &Value) {
        let Some(last) = self.last.as_ref().filter(|last| last.input["spec"].is_object()) else { return };
        let lost: Vec<String> = changes(&last.input["spec"], &input["spec"])
            .into_iter()
            .filter_map(|(path, change)| match change {
                Change::Removed(value) => Some(assignments(&value, &path)),
                _ => None,
            })
            .flatten()
            // What the value was may be nobody's business.
            .map(|line| line.split('=').next().unwrap_or_default().to_owned())
            .collect();
        if !lost.is_empty() {
            ui::tell(format!(
                "Note: the run of {} had settings that are not given now and are taken back: {}",
                last.time,
                lost.join(", ")
            ));
        }
    }
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

    /// Merges, renders, looks and compares. Writes nothing.
    async fn prepare(&self, cluster: &Cluster, strict: bool) -> Result<Prepared, Failure> {
        let generate =
            |failure: Failure| Failure { message: format!("generate config: {}", failure.message), ..failure };
        let operator = operator::operator(&self.wish, Some(self.force)).map_err(generate)?;
        let rendered = operator.render(Finish::Settings, |_| true).map_err(|e| generate(e.into()))?;
        operator::warn(strict, rendered.warnings.iter().cloned());
        let owner = owner_of(&operator);
        let mut parts = parts_of(&rendered);
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
        self.check_skew(cluster, &owner, &scene, strict).await?;
        if !strict {
            let has = |name: &str| parts.iter().any(|part| part.name == name);
            let mesh = neighbours::Mesh { cni: has("Cni"), ztunnel: has("Ztunnel") };
            operator::warn(strict, neighbours::look(cluster).await?.warnings(mesh));
        }
        for part in &mut parts {
            owner.stamp(part);
        }
        if !strict {
            scene.keep_shared_owner(&owner, &mut parts);
        }
        // As rendered: whether the plain webhook rests is no matter of what was installed.
        let (digest, inventory) = (record::digest(&parts), record::inventory(&parts));
        if !strict {
            scene.keep_asleep(&mut parts);
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
        let last = if strict { None } else { record::read(cluster, &owner.namespace, &owner.revision).await? };
        let mut prepared = Prepared {
            operator,
            owner,
            parts,
            scene,
            plan,
            doomed: Vec::new(),
            needs_default_tag: needs_default_tag && has_pilot,
            digest,
            inventory,
            last,
        };
        if !strict {
            self.guard(&mut prepared)?;
            prepared.tell_of_last();
            prepared.tell_of_lost_settings(&self.input);
        }
        let kept: Vec<&Value> = prepared.parts.iter().flat_map(|part| &part.objects).collect();
        let (doomed, refused) = prune::candidates(cluster, &prepared.owner, &owned::kinds(strict), &kept).await?;
        match refused.as_slice() {
            [] => {}
            [refusal, ..] if !self.dry_run => return Err(Failure::new(refusal.to_string())),
            [refusal, ..] => ui::tell(format!(
                "Note: {} kinds of objects may not be listed and were not searched for leftovers: {refusal}",
                refused.len()
            )),
        }
        prepared.doomed = doomed;
        if !strict {
            prepared.doomed.retain(|owned| !owned.is_going());
            webhooks_first(&mut prepared.doomed);
        }
        prepared.plan.steps.extend(plan::prune_steps(&prepared.doomed));
        Ok(prepared)
    }

    /// Tells how far this release is from those that run. An upgrade beyond the supported distance needs --force.
    async fn check_skew(&self, cluster: &Cluster, owner: &Owner, scene: &Scene, strict: bool) -> Result<(), Failure> {
        let careful = self.upgrade && !strict;
        // Proxies are many; only an upgrade looks at them.
        let proxies = if careful { proxy_releases(cluster).await? } else { Default::default() };
        let skew = skew::skew(ISTIO_VERSION, owner.revision_label(), scene.installed(owner), &proxies);
        for note in &skew.notes {
            ui::tell(format!("Warning: {note}"));
        }
        if strict || skew.problems.is_empty() {
            return Ok(());
        }
        if careful && !self.force && !self.dry_run {
            return Err(Failure::new(skew.problems.join("; "))
                .hint("go by the releases between, or move with `upgrade canary --revision NAME`, which may skip one")
                .hint("restart workloads whose proxies are too far from the control plane")
                .hint("--force goes on all the same"));
        }
        operator::warn(strict, skew.problems);
        Ok(())
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

/// What was rendered, one part for each kind of component: gateways of several names are one.
fn parts_of(rendered: &Rendered) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for part in &rendered.parts {
        let kind = part.component.kind;
        let objects = part.objects.iter().map(Object::tree);
        match parts.iter_mut().find(|known| known.name == kind.name) {
            Some(known) => known.objects.extend(objects),
            None => parts.push(Part { name: kind.name, title: kind.title, objects: objects.collect() }),
        }
    }
    parts
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
