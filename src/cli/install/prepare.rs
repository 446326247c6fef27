//! What is found out before the first write: what is wanted, what is there, and what would change.

use std::collections::BTreeSet;

use serde_json::Value;

use super::run::Job;
use super::text_at;
use crate::cli::{Failure, operator};
use crate::cluster::Cluster;
use crate::install::deploy::apply::title_of;
use crate::install::deploy::owned::{self, Owned};
use crate::install::deploy::plan::{self, Judge, Plan};
use crate::install::deploy::record::{self, Record, Stage};
use crate::install::deploy::scene::{self, Scene};
use crate::install::deploy::uninstall::webhooks_first;
use crate::install::deploy::{Owner, Part, neighbours, prune, skew};
use crate::install::render::compare::{Change, changes};
use crate::install::render::object::Object;
use crate::install::render::{Finish, Rendered};
use crate::install::revisions::live::proxy_releases;
use crate::install::spec::flatten::assignments;
use crate::install::spec::{Operator, TAG as ISTIO_VERSION};
use crate::ui;

/// Everything that is known before the first write.
pub(super) struct Prepared {
    pub operator: Operator,
    pub owner: Owner,
    pub parts: Vec<Part>,
    pub scene: Scene,
    pub plan: Plan,
    pub doomed: Vec<Owned>,
    pub needs_default_tag: bool,
    /// Of the rendered set, for the record.
    pub digest: String,
    pub inventory: String,
    /// What the last run left.
    pub last: Option<Record>,
}

impl Prepared {
    /// Whether the cluster and the record already say what this run would make them say.
    pub fn is_done(&self) -> bool {
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
    /// Merges, renders, looks and compares. Writes nothing.
    pub(super) async fn prepare(&self, cluster: &Cluster, strict: bool) -> Result<Prepared, Failure> {
        let generate =
            |failure: Failure| Failure { message: format!("generate config: {}", failure.message), ..failure };
        let operator = operator::operator(&self.wish, Some(self.force)).map_err(generate)?;
        let rendered = operator.render(Finish::Settings, |_| true).map_err(|e| generate(e.into()))?;
        operator::warn(strict, rendered.warnings.iter().cloned());
        let owner = owner_of(&operator);
        let mut parts = parts_of(&rendered);
        let scene = scene::look(cluster, &owner.namespace).await?;
        if !strict {
            self.spare_shared(&owner, &scene, &mut parts);
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
        if has_pilot {
            self.check_conflicts(&scene.conflicts(&parts, needs_default_tag))?;
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
        self.find_leftovers(cluster, &mut prepared, strict).await?;
        Ok(prepared)
    }

    /// Leaves out what other control planes use as well.
    fn spare_shared(&self, owner: &Owner, scene: &Scene, parts: &mut Vec<Part>) {
        let spared = scene::spare_shared(owner, scene, &self.include, parts);
        if !spared.is_empty() {
            ui::tell(format_args!(
                "Note: {} left as they are: the mesh has other control planes ({}) that use them. --include NAME rewrites one.",
                spared.join(", "),
                scene.other_revisions(owner).join(", ")
            ));
        }
    }

    /// Two webhooks for the same pods inject them twice.
    fn check_conflicts(&self, conflicts: &[String]) -> Result<(), Failure> {
        if conflicts.is_empty() {
            return Ok(());
        }
        let text = format!("creating default tag would conflict:\n  {}", conflicts.join("\n  "));
        if !self.force {
            return Err(Failure::new(text)
                .hint("remove or move the other webhook (`tag list` shows tags), or go on with --force"));
        }
        ui::tell(format_args!("Warning: {text}"));
        Ok(())
    }

    /// Plans to remove what an earlier installation made and this one does not.
    async fn find_leftovers(&self, cluster: &Cluster, prepared: &mut Prepared, strict: bool) -> Result<(), Failure> {
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
        Ok(())
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
