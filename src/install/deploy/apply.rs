//! Applying parts in waves: a part starts when the one it waits for is ready, independent parts run side by side.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::Value;
use tokio::sync::watch;

use super::progress::{Event, Pending, Progress};
use super::readiness::{self, State};
use super::{FIELD_MANAGER, Part, waves};
use crate::cluster::{Apply, Cluster, Error, Selection, name_of, object_namespace};
use crate::install::deploy::owned::COMPONENT;
use crate::install::revisions::labels::label;
use crate::install::revisions::live::kind;

/// The first pause between two looks at objects that are not ready, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(2));

/// How a part ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Ready,
    Failed(String),
    /// Not tried: the named part failed or was not tried itself.
    Skipped(&'static str),
}

/// What a run does.
pub struct Run<'r> {
    cluster: &'r Cluster,
    progress: &'r dyn Progress,
    /// One deadline for the whole run.
    deadline: Instant,
    /// Objects that are there as they should be, by title.
    settled: BTreeSet<String>,
    /// How many objects of each part that was begun are done with, and whether the part is ready.
    begun: RefCell<BTreeMap<&'static str, (usize, bool)>>,
}

impl<'r> Run<'r> {
    pub fn new(cluster: &'r Cluster, progress: &'r dyn Progress, deadline: Instant) -> Self {
        Run { cluster, progress, deadline, settled: BTreeSet::new(), begun: RefCell::default() }
    }

    /// When the run has to be over.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Leaves these objects alone: the plan has found them as they should be.
    #[must_use]
    pub fn sparing(mut self, settled: BTreeSet<String>) -> Self {
        self.settled = settled;
        self
    }

    /// How far a run is that is broken off now, in one line.
    pub fn so_far(&self, parts: &[Part]) -> String {
        let begun = self.begun.borrow();
        let [mut ready, mut open, mut waiting] = [const { Vec::new() }; 3];
        for part in parts {
            match begun.get(part.name) {
                Some((_, true)) => ready.push(part.title.to_owned()),
                Some((done, false)) => open.push(format!("{} ({done} of {} objects)", part.title, part.objects.len())),
                None => waiting.push(part.title.to_owned()),
            }
        }
        let told = [("ready", ready), ("under way", open), ("not started", waiting)];
        let told = told.into_iter().filter(|(_, titles)| !titles.is_empty());
        told.map(|(what, titles)| format!("{what}: {}", titles.join(", "))).collect::<Vec<_>>().join("; ")
    }

    /// Applies every part; the result of each by name, in the order given.
    pub async fn parts(&self, parts: &[Part]) -> Vec<(&'static str, Outcome)> {
        let states: BTreeMap<&str, watch::Sender<Option<Outcome>>> =
            parts.iter().map(|part| (part.name, watch::channel(None).0)).collect();
        let runs = parts.iter().map(|part| {
            let before = waves::dependency(part.name, |name| states.contains_key(name));
            let gate = before.and_then(|name| Some((name, states.get(name)?.subscribe())));
            let done = states.get(part.name);
            async move {
                let outcome = self.after(gate, part).await;
                if let Some(done) = done {
                    // Nobody may be waiting for this part; that is no error.
                    let _ = done.send(Some(outcome.clone()));
                }
                (part.name, outcome)
            }
        });
        join_all(runs).await
    }

    /// One look at every object: those that are not ready.
    pub async fn pending(&self, parts: &[Part]) -> Vec<Pending> {
        let awaited = parts.iter().flat_map(|part| &part.objects).filter(|object| readiness::is_awaited(object));
        let looks = awaited.map(|object| async move {
            match self.state(object).await {
                State::Ready => None,
                State::Waiting(reason) => Some(Pending { object: title_of(object), reason }),
            }
        });
        join_all(looks).await.into_iter().flatten().collect()
    }

    async fn after(&self, gate: Option<(&'static str, watch::Receiver<Option<Outcome>>)>, part: &Part) -> Outcome {
        if let Some((name, mut gate)) = gate {
            let before = gate.wait_for(Option::is_some).await.map(|state| state.clone());
            if !matches!(before, Ok(Some(Outcome::Ready))) {
                self.progress.tell(Event::Skipped { component: part.name, title: part.title, because: name });
                return Outcome::Skipped(name);
            }
        }
        match self.part(part).await {
            Ok(()) => {
                self.begun.borrow_mut().insert(part.name, (part.objects.len(), true));
                self.progress.tell(Event::Ready { component: part.name, title: part.title });
                Outcome::Ready
            }
            Err(reason) => {
                self.progress.tell(Event::Failed { component: part.name, title: part.title, reason: reason.clone() });
                Outcome::Failed(reason)
            }
        }
    }

    /// Writes the objects of a part in their order, then waits for them.
    async fn part(&self, part: &Part) -> Result<(), String> {
        let (component, title) = (part.name, part.title);
        self.progress.tell(Event::Applying { component, title, objects: part.objects.len() });
        let changed = |object: &&Value| self.settled.is_empty() || !self.settled.contains(&title_of(object));
        self.begun.borrow_mut().insert(component, (0, false));
        for (at, object) in part.objects.iter().enumerate() {
            if changed(&object) {
                self.write(object, Some(part)).await?;
            }
            self.begun.borrow_mut().insert(component, (at + 1, false));
        }
        let mut pause = PAUSES.0;
        let mut waited: Vec<&Value> =
            part.objects.iter().filter(|object| readiness::is_awaited(object)).filter(changed).collect();
        loop {
            let states = self.states(&waited).await;
            let mut pending = Vec::new();
            waited.clear();
            for (object, state) in states {
                if let State::Waiting(reason) = state {
                    waited.push(object);
                    pending.push(Pending { object: title_of(object), reason });
                }
            }
            if waited.is_empty() {
                return Ok(());
            }
            if Instant::now() + pause > self.deadline {
                return Err(timed_out(&pending));
            }
            self.progress.tell(Event::Waiting { component, title, objects: pending });
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// Writes one object. Two things are worth another try: a kind whose CRD was established a moment ago and is not
    /// served yet, and an object that is still on its way out after an uninstall, which would take the new one with it.
    pub async fn apply(&self, object: &Value) -> Result<Value, String> {
        self.write(object, None).await
    }

    async fn write(&self, object: &Value, part: Option<&Part>) -> Result<Value, String> {
        let how = Apply { field_manager: FIELD_MANAGER, force: true, dry_run: false };
        let mut pause = PAUSES.0;
        loop {
            let result = match self.cluster.resource_of(object).await {
                Ok(resource) => self.cluster.apply(&resource, object, &how).await,
                Err(error) => Err(error),
            };
            let (again, error) = match result {
                Ok(applied) if applied["metadata"]["deletionTimestamp"].is_null() => return Ok(applied),
                Ok(_) => (true, "it is still being deleted".to_owned()),
                Err(error) => (matches!(error, Error::NoSuchKind { .. }) && pause < PAUSES.1, error.to_string()),
            };
            if !again || Instant::now() + pause > self.deadline {
                return Err(format!(
                    "failed to update resource with server-side apply for obj {}: {error}",
                    title_of(object)
                ));
            }
            if let Some(part) = part {
                let objects = vec![Pending { object: title_of(object), reason: error }];
                self.progress.tell(Event::Waiting { component: part.name, title: part.title, objects });
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES.1);
        }
    }

    /// The states of objects. Definitions, of which there are many in one part, are read with one request.
    async fn states<'o>(&self, objects: &[&'o Value]) -> Vec<(&'o Value, State)> {
        let (definitions, others): (Vec<&Value>, Vec<&Value>) =
            objects.iter().partition(|object| object["kind"] == "CustomResourceDefinition");
        let component = definitions.first().and_then(|first| label(first, COMPONENT));
        let read = match component.filter(|_| definitions.len() > 1) {
            Some(component) => {
                let labels = format!("{COMPONENT}={component}");
                let all = Selection { labels: &labels, ..Selection::default() };
                match kind("apiextensions.k8s.io", "CustomResourceDefinition") {
                    Ok(resource) => self.cluster.list(&resource, &all).await.unwrap_or_default(),
                    Err(_) => Vec::new(),
                }
            }
            None => Vec::new(),
        };
        // What the list does not tell is asked for by name.
        let known = |object: &Value| read.iter().find(|live| name_of(live) == name_of(object));
        let mut states: Vec<(&Value, State)> = Vec::new();
        let mut open = others;
        for definition in definitions {
            match known(definition) {
                Some(live) => states.push((definition, readiness::state(live, &[]))),
                None => open.push(definition),
            }
        }
        let looks = open.into_iter().map(|object| async move { (object, self.state(object).await) });
        states.extend(join_all(looks).await);
        states
    }

    /// The state of one object; an answer that does not come counts as "not yet".
    async fn state(&self, object: &Value) -> State {
        let live = async {
            let resource = self.cluster.resource_of(object).await?;
            self.cluster.get(&resource, object_namespace(object), name_of(object)).await
        };
        let live = match live.await {
            Ok(Some(live)) => live,
            Ok(None) => return State::Waiting("it is gone again; does another controller manage it?".to_owned()),
            Err(error) => return State::Waiting(error.to_string()),
        };
        let replica_sets = if live["kind"] == "Deployment" && live["status"]["observedGeneration"].is_null() {
            self.related(&live, "apps", "ReplicaSet").await
        } else {
            Vec::new()
        };
        match readiness::state(&live, &replica_sets) {
            State::Waiting(reason) if live["spec"]["selector"]["matchLabels"].is_object() => {
                let pods = self.related(&live, "", "Pod").await;
                let known = match readiness::reason_of_pods(&pods) {
                    None if pods.is_empty() => self.last_warning(&live).await,
                    known => known,
                };
                State::Waiting(known.unwrap_or(reason))
            }
            state => state,
        }
    }

    /// What a workload's controller complained of last, where no pod can tell.
    async fn last_warning(&self, workload: &Value) -> Option<String> {
        let fields = format!(
            "involvedObject.kind={},involvedObject.name={},type=Warning",
            workload["kind"].as_str()?,
            name_of(workload)
        );
        let selection = Selection { namespace: object_namespace(workload), fields: &fields, ..Selection::default() };
        let events = self.cluster.list(&kind("", "Event").ok()?, &selection).await.ok()?;
        let time = |event: &Value| event["lastTimestamp"].as_str().or(event["eventTime"].as_str()).map(str::to_owned);
        let last = events.iter().max_by_key(|event| time(event))?;
        last["message"].as_str().map(str::to_owned)
    }

    /// The objects of a kind that a workload's selector picks; none when they may not be read.
    async fn related(&self, workload: &Value, group: &str, name: &str) -> Vec<Value> {
        let pairs = workload["spec"]["selector"]["matchLabels"].as_object().into_iter().flatten();
        let labels: Vec<String> = pairs.filter_map(|(k, v)| Some(format!("{k}={}", v.as_str()?))).collect();
        let labels = labels.join(",");
        let selection = Selection { namespace: object_namespace(workload), labels: &labels, ..Selection::default() };
        match kind(group, name) {
            Ok(resource) => self.cluster.list(&resource, &selection).await.unwrap_or_default(),
            Err(_) => Vec::new(),
        }
    }
}

/// `Kind/namespace/name`, without the namespace for cluster-scoped objects.
pub fn title_of(object: &Value) -> String {
    let kind = object["kind"].as_str().unwrap_or_default();
    match object_namespace(object) {
        Some(namespace) => format!("{kind}/{namespace}/{}", name_of(object)),
        None => format!("{kind}/{}", name_of(object)),
    }
}

fn timed_out(pending: &[Pending]) -> String {
    let mut text = "failed to wait for resource: resources not ready at the deadline".to_owned();
    for object in pending {
        text.push_str(&format!("\n  {object}"));
    }
    text
}
