//! `uninstall`: takes an installation away, after saying what hangs on it.

use std::cell::Cell;
use std::time::{Duration, Instant};

use super::install::{Reporter, locked, owner_of, still_going};
use super::operator::{OperatorFlags, read_files};
use super::{Compat, Context, Exit, Failure, Outcome};
use crate::cluster::{Cluster, block_on};
use crate::install::deploy::owned::{self, Owned};
use crate::install::deploy::progress::{Event, Progress};
use crate::install::deploy::record::Stage;
use crate::install::deploy::uninstall::{Dependents, Scope, dependents, gateways, lost_with, summary, webhooks_first};
use crate::install::deploy::{prune, record, scene};
use crate::install::revisions::injectors::REVISION;
use crate::install::revisions::labels::label;
use crate::install::revisions::live;
use crate::ui;
use crate::xds::debug;

/// How long removed objects may take to be gone, as long as an installation may take by default.
const GONE_WITHIN: Duration = Duration::from_secs(300);

/// Remove an installation from a cluster
#[derive(clap::Args, Debug)]
pub struct Uninstall {
    /// Say what would be removed, remove nothing
    #[arg(long)]
    dry_run: bool,
    /// File with the IstioOperator that was installed
    #[arg(long, short = 'f', default_value = "")]
    filename: String,
    /// Go on although namespaces still depend on what is removed
    #[arg(long)]
    force: bool,
    /// Folder with `profiles` and `charts` to use instead of the built-in ones
    #[arg(long, short = 'd', default_value = "")]
    manifests: String,
    /// How progress is told: auto, plain or json
    #[arg(long, default_value = "auto")]
    progress: String,
    /// Remove everything of Istio, CRDs included
    #[arg(long)]
    purge: bool,
    /// Control plane revision to remove
    #[arg(long, short = 'r', default_value = "")]
    revision: String,
    /// Set a field of the IstioOperator's spec
    #[arg(long, short = 's')]
    set: Vec<String>,
    /// Do not ask
    #[arg(long, short = 'y')]
    skip_confirmation: bool,
    /// List what is removed
    #[arg(long, short = 'v')]
    verbose: bool,
    #[arg(hide = true)]
    words: Vec<String>,
}

/// What was found before anything is removed.
struct Found {
    doomed: Vec<Owned>,
    dependents: Dependents,
    /// Proxies that the removed control planes serve; none when nobody could tell.
    proxies: Option<Vec<String>>,
    asked_for_proxies: bool,
    /// How many objects of users go with their CRDs, by kind.
    lost: Vec<(String, usize)>,
}

impl Uninstall {
    pub fn run(self, context: &Context) -> Outcome {
        if !self.words.is_empty() {
            return Err(Failure::new(format!("{} uninstall does not take arguments", context.program.name())));
        }
        let set_revision = self.set.iter().any(|set| set.trim_start().starts_with("revision="));
        if self.revision.is_empty() && !set_revision && self.filename.is_empty() && !self.purge {
            return Err(Failure::new(
                "at least one of the --revision (or --set revision=<revision>), --filename or --purge flags must be set",
            ));
        }
        block_on(self.uninstall(context))?
    }

    async fn uninstall(self, context: &Context) -> Outcome {
        let strict = context.compat == Compat::Strict;
        let counting = Counting { reporter: Reporter::new(&self.progress)?, removed: Cell::new(0) };
        let cluster = Cluster::connect(&context.target()?).await?;
        if strict && !self.revision.is_empty() {
            must_exist(&cluster, &self.revision).await?;
        }
        let scope = self.scope(context)?;
        let mut found = self.look(&cluster, &scope, context).await?;
        // Those that an earlier run removed are waited for, too.
        let mut going = Vec::new();
        if !strict {
            (going, found.doomed) = std::mem::take(&mut found.doomed).into_iter().partition(Owned::is_going);
            going.retain(Owned::is_deleted);
            webhooks_first(&mut found.doomed);
            found.lost = lost_with(&cluster, &found.doomed).await?;
            if found.doomed.is_empty() {
                self.must_be_gone(&cluster, &scope, context).await?;
            }
        }
        if !strict && !self.force && !self.dry_run && scope != Scope::Purge && found.dependents.default_of_others {
            return Err(Failure::new("the default tag points to what would be removed, and other control planes stay")
                .hint("point it elsewhere first: `tag set default --revision NAME --overwrite`")
                .hint("or go on with --force; namespaces that use the default are then injected by nobody"));
        }
        let message = self.message(&found, &scope);
        let must_ask = scope == Scope::Purge
            || (found.asked_for_proxies && found.proxies.as_ref().is_none_or(|proxies| !proxies.is_empty()))
            || !gateways(&found.doomed).is_empty()
            || (!strict && found.dependents != Dependents::default());
        if self.skip_confirmation || self.dry_run || !must_ask {
            ui::print(&format!("{message}\n"))?;
        } else if !crate::ui::prompt::confirm(&format!("{message}Proceed? (y/N)"))? {
            ui::tell("Cancelled.");
            return Err(Failure::silent(Exit::ERROR));
        }
        if strict || self.dry_run {
            return self.remove(&cluster, &scope, &found.doomed, going, context, &counting).await;
        }
        let istio_namespace = context.globals.istio_namespace.as_str();
        let so_far = || format!("{} of {} objects were removed", counting.removed.get(), found.doomed.len());
        let work = self.remove(&cluster, &scope, &found.doomed, going, context, &counting);
        locked(&cluster, istio_namespace, &record::name(scope.revision()), so_far, work).await
    }

    /// Where nothing is found to be removed: whether that is so because it is gone, or because it is not ours or never was.
    async fn must_be_gone(&self, cluster: &Cluster, scope: &Scope, context: &Context) -> Result<(), Failure> {
        let istio_namespace = context.globals.istio_namespace.as_str();
        let revision = scope.revision();
        let istiods = live::istiods(cluster, istio_namespace).await?;
        let wanted = |istiod: &&serde_json::Value| {
            let stays = istiod["metadata"]["deletionTimestamp"].is_null();
            stays && (*scope == Scope::Purge || label(istiod, REVISION).unwrap_or("default") == revision)
        };
        if let Some(istiod) = istiods.iter().find(wanted) {
            let failure = Failure::new(match scene::other_owner(istiod) {
                Some(other) => format!("{} belongs to {}", other.object, other.who),
                None => format!("istiod of revision {revision} was not installed by this program or istioctl"),
            });
            return Err(failure.hint("remove it with the tool that installed it, such as `helm uninstall`"));
        }
        let named = !self.revision.is_empty() || self.set.iter().any(|set| set.trim_start().starts_with("revision="));
        let recorded = record::read(cluster, istio_namespace, revision).await?.is_some();
        if named && !recorded { must_exist(cluster, revision).await } else { Ok(()) }
    }

    /// What the flags and the file mean. A revision that a file or `--set` names narrows as much as the flag, whatever the
    /// program is called; the reference ignores it and removes every control plane of the namespace.
    fn scope(&self, context: &Context) -> Result<Scope, Failure> {
        if self.purge {
            if !self.revision.is_empty() || !self.filename.is_empty() {
                ui::print("--purge removes everything; --revision and --filename are ignored\n")?;
            }
            return Ok(Scope::Purge);
        }
        let files =
            if self.filename.is_empty() { Vec::new() } else { read_files(std::slice::from_ref(&self.filename))? };
        let operator = OperatorFlags::from_parts(&self.set, &self.manifests, &self.revision)
            .wish_with(files, context)?
            .merged()?;
        let owner = owner_of(&operator);
        let named = [self.revision.as_str(), owner.revision.as_str()].into_iter().find(|name| !name.is_empty());
        // A file without a revision is the unnamed one.
        let revision = named.unwrap_or("default").to_owned();
        Ok(Scope::Installation { revision, owner: owner.name, owner_namespace: owner.namespace })
    }

    async fn look(&self, cluster: &Cluster, scope: &Scope, context: &Context) -> Result<Found, Failure> {
        let doomed = owned::select(cluster, &scope.kinds(context.compat == Compat::Strict), &scope.selector()).await?;
        let webhooks = live::webhooks(cluster, REVISION).await?;
        let mut namespaces = live::namespaces(cluster, REVISION).await?;
        namespaces.extend(live::namespaces(cluster, "istio-injection=enabled").await?);
        let dependents = dependents(&doomed, &webhooks, &namespaces);
        let istio_namespace = context.globals.istio_namespace.as_str();
        let asked_for_proxies = !self.revision.is_empty() && !self.purge;
        let proxies = if asked_for_proxies {
            let pods = debug::istiod_pods(cluster, istio_namespace, &self.revision).await?;
            debug::connected_proxies(cluster, &pods, cluster.request_timeout()).await.ok()
        } else {
            None
        };
        // A proxy that is removed with its control plane is not left behind by it.
        let going: Vec<String> = gateways(&doomed).into_iter().map(str::to_owned).collect();
        let proxies = proxies.map(|proxies| {
            proxies
                .into_iter()
                .filter(|proxy| !going.iter().any(|name| proxy.starts_with(&format!("{name}-"))))
                .collect()
        });
        Ok(Found { doomed, dependents, proxies, asked_for_proxies, lost: Vec::new() })
    }

    /// What is said before the question.
    fn message(&self, found: &Found, scope: &Scope) -> String {
        let mut text = String::new();
        if *scope == Scope::Purge {
            text.push_str("All Istio resources will be pruned from the cluster\n");
        } else if found.doomed.is_empty() {
            text.push_str("No resources will be pruned from the cluster. Please double check the input configs\n");
        }
        if self.verbose && !found.doomed.is_empty() {
            let kinds: Vec<String> = summary(&found.doomed)
                .into_iter()
                .map(|(kind, names)| format!("{kind}: {}. ", names.join(", ")))
                .collect();
            text.push_str(&format!("The following resources will be pruned from the cluster: {}\n", kinds.concat()));
        }
        match &found.proxies {
            Some(proxies) if !proxies.is_empty() => {
                text.push_str(&format!(
                    "There are still {} proxies pointing to the control plane revision {}\n",
                    proxies.len(),
                    self.revision
                ));
                if proxies.len() <= 30 {
                    text.push_str(&format!("{}\n", proxies.join("\n")));
                }
                text.push_str("They keep their last configuration and certificates until they restart on another revision.\n");
            }
            None if found.asked_for_proxies => text.push_str(&format!(
                "Unable to find any proxies pointing to the {} control plane: nobody could be asked, or there is none.\n",
                self.revision
            )),
            _ => {}
        }
        let going = gateways(&found.doomed);
        if !going.is_empty() {
            text.push_str(&format!(
                "Traffic through these gateways ends when they are removed: {}\n",
                going.join(", ")
            ));
        }
        if !found.lost.is_empty() {
            let lost: Vec<String> = found.lost.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
            text.push_str(&format!("Deleted with their CRDs (`backup` saves them): {}\n", lost.join(", ")));
        }
        let Dependents { namespaces, tags, .. } = &found.dependents;
        if !namespaces.is_empty() {
            text.push_str(&format!("Namespaces that are injected by what is removed: {}\n", namespaces.join(", ")));
        }
        if !tags.is_empty() {
            text.push_str(&format!("Tags that will point to nothing: {}\n", tags.join(", ")));
        }
        text
    }

    /// Removes what was found, counts, and waits until it is gone.
    async fn remove(
        &self,
        cluster: &Cluster,
        scope: &Scope,
        doomed: &[Owned],
        mut going: Vec<Owned>,
        context: &Context,
        progress: &Counting,
    ) -> Outcome {
        let istio_namespace = context.globals.istio_namespace.as_str();
        if self.dry_run {
            let lines: Vec<String> = doomed
                .iter()
                .map(|owned| format!("Not pruning object {} because of dry run.\n", owned.reference_name()))
                .collect();
            ui::print(&lines.concat())?;
        } else {
            if context.compat != Compat::Strict && !doomed.is_empty() {
                record::mark(cluster, istio_namespace, scope.revision(), Stage::Uninstalling).await?;
            }
            let named = if context.compat == Compat::Strict { Owned::reference_name } else { Owned::title };
            let errors = prune::remove(cluster, doomed, progress, named).await;
            if !errors.is_empty() {
                return Err(Failure::new(format!("not everything of the revision was removed: {}", errors.join("; ")))
                    .hint("the rest was removed; run the same command again for what is left"));
            }
            if context.compat != Compat::Strict {
                going.extend(doomed.iter().cloned());
                let deadline = Instant::now() + GONE_WITHIN;
                let left = prune::until_gone(cluster, &going, &scope.selector(), deadline, progress).await?;
                if !left.is_empty() {
                    return Err(still_going(&left));
                }
            }
            remove_records(cluster, scope, istio_namespace).await?;
        }
        progress.tell(Event::Done { what: "Uninstall complete".to_owned() });
        Ok(Exit::OK)
    }
}

/// Tells as the reporter does, and counts what is gone.
struct Counting {
    reporter: Reporter,
    removed: Cell<usize>,
}

impl Progress for Counting {
    fn tell(&self, event: Event) {
        self.removed.set(self.removed.get() + usize::from(matches!(event, Event::Removed { .. })));
        self.reporter.tell(event);
    }
}

/// A revision that was named must be one that some webhook of the cluster has.
async fn must_exist(cluster: &Cluster, revision: &str) -> Result<(), Failure> {
    let asked = "could not list revisions: error while listing mutating webhooks";
    let webhooks = live::webhooks(cluster, "").await.map_err(|error| Failure::of_cluster(asked, &error))?;
    let revisions: Vec<&str> = webhooks.iter().map(|webhook| label(webhook, REVISION).unwrap_or("default")).collect();
    if revisions.contains(&revision) {
        return Ok(());
    }
    let mut known: Vec<&str> = webhooks.iter().filter_map(|webhook| label(webhook, REVISION)).collect();
    known.sort_unstable();
    known.dedup();
    let failure = Failure::new("could not find target revision");
    Err(if known.is_empty() { failure } else { failure.hint(format!("installed revisions: {}", known.join(", "))) })
}

/// Removes the records of what was removed; there may be none.
async fn remove_records(cluster: &Cluster, scope: &Scope, istio_namespace: &str) -> Result<(), Failure> {
    let wanted = match scope {
        Scope::Purge => None,
        Scope::Installation { revision, .. } => Some(revision),
    };
    for found in record::records(cluster, istio_namespace).await? {
        if wanted.is_none_or(|revision| *revision == found.revision) {
            record::delete(cluster, istio_namespace, &found.revision).await?;
        }
    }
    Ok(())
}
