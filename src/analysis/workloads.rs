//! What runs in the mesh: pods, and the pods that templates will make, indexed by label.

use std::collections::HashMap;

use super::finding::ResourceId;
use super::kind::Kind;
use super::snapshot::Snapshot;
use super::view::View;

/// A pod, a template of pods, or a workload outside the cluster.
#[derive(Clone, Copy)]
pub struct Workload<'a> {
    /// The object that findings go to.
    pub resource: ResourceId,
    pub kind: Kind,
    pub namespace: &'a str,
    pub name: &'a str,
    /// Metadata of the pod or of the template.
    pub metadata: View<'a>,
    /// Spec of the pod or of the template.
    pub spec: View<'a>,
    /// Labels besides those of the metadata (`spec.labels` of a WorkloadEntry).
    more_labels: View<'a>,
}

impl<'a> Workload<'a> {
    pub fn label(&self, key: &str) -> Option<&'a str> {
        self.more_labels.key(key).text().or_else(|| self.metadata.key("labels").key(key).text())
    }

    pub fn labels(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let both = self.metadata.key("labels").entries().chain(self.more_labels.entries());
        both.filter_map(|(key, value)| Some((key, value.text()?)))
    }

    pub fn annotation(&self, key: &str) -> Option<&'a str> {
        self.metadata.key("annotations").key(key).text()
    }

    pub fn containers(&self) -> impl Iterator<Item = View<'a>> {
        self.spec.key("containers").items()
    }

    pub fn init_containers(&self) -> impl Iterator<Item = View<'a>> {
        self.spec.key("initContainers").items()
    }

    /// `NAMESPACE/NAME`.
    pub fn full_name(&self) -> String {
        if self.namespace.is_empty() { self.name.to_string() } else { format!("{}/{}", self.namespace, self.name) }
    }

    /// Every key of the selector has the selector's value; an empty selector selects everything.
    pub fn matches(&self, selector: View<'_>) -> bool {
        selector.entries().all(|(key, value)| self.label(key) == Some(value.str()))
    }

    /// A pod that ran to its end.
    pub fn is_finished(&self, snapshot: &Snapshot<'_>) -> bool {
        let status = snapshot.resource(self.resource).map_or(View::NONE, |resource| resource.status());
        self.kind == Kind::Pod && matches!(status.key("phase").str(), "Succeeded" | "Failed")
    }
}

/// Finds workloads in the objects of a snapshot.
pub struct Workloads;

impl Workloads {
    /// The pods that run.
    pub fn pods<'a>(snapshot: &Snapshot<'a>) -> Vec<Workload<'a>> {
        Workloads::of(snapshot, Kind::Pod)
    }

    /// The pods or templates of one kind.
    pub fn of<'a>(snapshot: &Snapshot<'a>, kind: Kind) -> Vec<Workload<'a>> {
        let Some((_, path)) = TEMPLATES.iter().find(|(template, _)| *template == kind) else {
            return snapshot.all(kind).map(|pod| in_metadata(&pod, pod.metadata(), pod.spec(), View::NONE)).collect();
        };
        let template = |owner: &super::snapshot::Resource<'a>| owner.root.at(path);
        snapshot
            .all(kind)
            .map(|owner| {
                in_metadata(&owner, template(&owner).key("metadata"), template(&owner).key("spec"), View::NONE)
            })
            .collect()
    }

    /// The pods that run, those that templates will make, and workloads outside Kubernetes.
    pub fn all<'a>(snapshot: &Snapshot<'a>) -> Vec<Workload<'a>> {
        let mut all: Vec<_> = Workloads::pods(snapshot).into_iter().filter(|pod| !pod.is_finished(snapshot)).collect();
        all.retain(|pod| !snapshot.resource(pod.resource).is_some_and(|resource| snapshot.is_invented(&resource)));
        for (kind, path) in TEMPLATES {
            for owner in snapshot.all(*kind) {
                let template = owner.root.at(path);
                all.push(in_metadata(&owner, template.key("metadata"), template.key("spec"), View::NONE));
            }
        }
        for entry in snapshot.all(Kind::WorkloadEntry) {
            all.push(in_metadata(&entry, entry.metadata(), View::NONE, entry.spec().get("labels")));
        }
        for group in snapshot.all(Kind::WorkloadGroup) {
            let template = group.spec().get("template").get("labels");
            all.push(in_metadata(&group, group.spec().get("metadata"), View::NONE, template));
        }
        all
    }
}

/// Kinds that hold a template of pods, and where.
pub const TEMPLATES: &[(Kind, &[&str])] = &[
    (Kind::Deployment, &["spec", "template"]),
    (Kind::StatefulSet, &["spec", "template"]),
    (Kind::DaemonSet, &["spec", "template"]),
    (Kind::ReplicaSet, &["spec", "template"]),
    (Kind::Job, &["spec", "template"]),
    (Kind::CronJob, &["spec", "jobTemplate", "spec", "template"]),
    (Kind::Rollout, &["spec", "template"]),
];

fn in_metadata<'a>(
    owner: &super::snapshot::Resource<'a>,
    metadata: View<'a>,
    spec: View<'a>,
    more_labels: View<'a>,
) -> Workload<'a> {
    Workload {
        resource: owner.id,
        kind: owner.kind,
        namespace: owner.namespace,
        name: owner.name,
        metadata,
        spec,
        more_labels,
    }
}

/// Workloads by label and by namespace.
pub struct WorkloadIndex<'a> {
    list: Vec<Workload<'a>>,
    by_label: HashMap<(&'a str, &'a str), Vec<u32>>,
    by_namespace: HashMap<&'a str, Vec<u32>>,
}

impl<'a> WorkloadIndex<'a> {
    pub fn new(list: Vec<Workload<'a>>) -> Self {
        let mut by_label: HashMap<_, Vec<u32>> = HashMap::with_capacity(list.len());
        let mut by_namespace: HashMap<_, Vec<u32>> = HashMap::new();
        for (number, workload) in list.iter().enumerate() {
            by_namespace.entry(workload.namespace).or_default().push(number as u32);
            for label in workload.labels() {
                by_label.entry(label).or_default().push(number as u32);
            }
        }
        WorkloadIndex { list, by_label, by_namespace }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Workload<'a>> {
        self.list.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Workloads of a namespace.
    pub fn inside(&self, namespace: &str) -> impl Iterator<Item = &Workload<'a>> {
        self.by_namespace
            .get(namespace)
            .map_or(&[][..], Vec::as_slice)
            .iter()
            .filter_map(|number| self.list.get(*number as usize))
    }

    pub fn has_in(&self, namespace: &str) -> bool {
        self.by_namespace.contains_key(namespace)
    }

    /// Workloads that a selector picks, in one namespace or in all. An empty selector picks everything.
    pub fn select<'s>(
        &'s self,
        selector: View<'s>,
        namespace: Option<&'s str>,
    ) -> impl Iterator<Item = &'s Workload<'a>> + 's {
        static NOBODY: &[u32] = &[];
        let mut candidates: Option<&[u32]> =
            namespace.map(|name| self.by_namespace.get(name).map_or(NOBODY, Vec::as_slice));
        for (key, value) in selector.entries() {
            let having = self.by_label.get(&(key, value.str())).map_or(NOBODY, Vec::as_slice);
            if candidates.is_none_or(|best| having.len() < best.len()) {
                candidates = Some(having);
            }
        }
        let everything = if candidates.is_none() { 0..self.list.len() as u32 } else { 0..0 };
        let chosen = candidates.unwrap_or(NOBODY).iter().copied().chain(everything);
        chosen.filter_map(|number| self.list.get(number as usize)).filter(move |workload| {
            namespace.is_none_or(|name| workload.namespace == name) && workload.matches(selector)
        })
    }
}
