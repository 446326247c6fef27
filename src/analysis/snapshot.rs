//! The mesh as the rules see it: every object, indexed, with its place in the source.
//!
//! Built once from parsed chunks and never changed. Objects are borrowed from the documents; indexes that only some rules need
//! are made on first use.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::finding::{Place, ResourceId};
use super::hosts::HostIndex;
use super::input::{self, Chunk, Contents, Problem, ProblemClass, Provenance, Source};
use super::kind::{KINDS, Kind, Origin};
use super::mesh_config::MeshConfig;
use super::rules::Rule;
use super::view::View;
use super::workloads::{WorkloadIndex, Workloads};
use crate::yaml::Position;

/// Whose verdicts are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// istioctl's, its known mistakes included.
    Reference,
    /// Ours.
    Ours,
}

/// What the analysis is told besides the objects.
#[derive(Clone, Debug)]
pub struct Settings {
    pub profile: Profile,
    /// Namespace of objects that name none.
    pub default_namespace: String,
    pub istio_namespace: String,
    /// Read the kinds from files that istioctl reads from clusters only.
    pub runtime_kinds_from_files: bool,
    /// The input is the whole mesh: what is not in it does not exist.
    pub complete: bool,
    /// Seconds since 1970, for certificates.
    pub now: i64,
    /// Kinds that a live cluster listed without error.
    pub listed: Vec<Kind>,
    /// Release for which deprecated fields are judged, such as 1.31.
    pub target_version: Option<(u32, u32)>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            profile: Profile::Ours,
            default_namespace: "default".into(),
            istio_namespace: "istio-system".into(),
            runtime_kinds_from_files: true,
            complete: false,
            now: 0,
            listed: Vec::new(),
            target_version: None,
        }
    }
}

/// One object.
#[derive(Clone, Copy)]
pub struct Resource<'a> {
    pub id: ResourceId,
    pub kind: Kind,
    pub namespace: &'a str,
    pub name: &'a str,
    pub root: View<'a>,
    /// Index of the cluster it was read from; files belong to the local one, 0.
    pub cluster: u16,
    chunk: u32,
}

impl<'a> Resource<'a> {
    pub fn spec(&self) -> View<'a> {
        self.root.key("spec")
    }

    pub fn status(&self) -> View<'a> {
        self.root.key("status")
    }

    pub fn metadata(&self) -> View<'a> {
        self.root.key("metadata")
    }

    pub fn labels(&self) -> View<'a> {
        self.metadata().key("labels")
    }

    pub fn annotations(&self) -> View<'a> {
        self.metadata().key("annotations")
    }

    pub fn label(&self, key: &str) -> &'a str {
        self.labels().key(key).str()
    }

    pub fn annotation(&self, key: &str) -> &'a str {
        self.annotations().key(key).str()
    }

    /// `namespace/name`, or the name alone without a namespace.
    pub fn full_name(&self) -> String {
        if self.namespace.is_empty() { self.name.to_string() } else { format!("{}/{}", self.namespace, self.name) }
    }

    /// `Kind namespace/name`.
    pub fn origin(&self) -> String {
        format!("{} {}", self.kind.name(), self.full_name())
    }
}

/// Contents of these namespaces are never analyzed.
pub const IGNORED_NAMESPACES: &[&str] = &["kube-system", "kube-public", "kube-node-lease", "local-path-storage"];

/// The mesh.
pub struct Snapshot<'a> {
    pub settings: &'a Settings,
    pub mesh_config: MeshConfig<'a>,
    pub mesh_networks: View<'a>,
    /// Names of the clusters, the local one first.
    pub clusters: Vec<String>,
    /// Documents that could not be read or were passed over.
    pub problems: Vec<Problem>,
    /// Documents of kinds that no rule knows.
    pub foreign: usize,
    pub documents: usize,
    sources: &'a [Source],
    chunks: &'a [Chunk<'a>],
    resources: Vec<Resource<'a>>,
    by_kind: Vec<Vec<ResourceId>>,
    by_name: HashMap<(Kind, &'a str, &'a str), ResourceId>,
    /// Namespaces that some object is in, with the ignored ones that have a Namespace object.
    known_namespaces: Vec<&'a str>,
    hosts: OnceLock<HostIndex<'a>>,
    workloads: OnceLock<WorkloadIndex<'a>>,
    pods: OnceLock<WorkloadIndex<'a>>,
    /// Which kinds the input holds in which namespaces.
    evidence: OnceLock<HashSet<(Kind, &'a str)>>,
    /// Where the lines of each source begin, made when the first place in it is told.
    lines: Vec<OnceLock<Vec<u32>>>,
}

/// What a snapshot is built from.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    pub sources: &'a [Source],
    pub chunks: &'a [Chunk<'a>],
    pub settings: &'a Settings,
    pub mesh_config: View<'a>,
    pub mesh_networks: View<'a>,
}

impl<'a> Snapshot<'a> {
    /// Builds the snapshot of what these rules look at. In our profile everything is read from files, as evidence of what there is.
    pub fn build(given: Given<'a>, rules: &[&Rule]) -> Self {
        let Given { sources, chunks, settings, mesh_config, mesh_networks } = given;
        let reference = settings.profile == Profile::Reference;
        let kinds = super::kinds(rules, settings.profile);
        let wanted = |kind: Kind, source: u32| {
            let live = sources
                .get(source as usize)
                .is_some_and(|source| matches!(source.provenance, Provenance::Cluster { .. }));
            let readable = live || settings.runtime_kinds_from_files || kind.row().origin != Origin::RuntimeOnly;
            !reference || (readable && kinds.contains(&kind))
        };
        let decodes = |kind: Kind, root: View<'_>| if reference { super::decoding::check(kind, root) } else { Ok(()) };
        let reading = input::Reading { reference, wanted: &wanted, decodes: &decodes };
        let Contents { objects, problems, documents, foreign } = input::contents(chunks, reading);
        let root_namespace = if reference { "istio-system" } else { settings.istio_namespace.as_str() };
        let mesh_config = MeshConfig::new(mesh_config, root_namespace);
        let mut snapshot = Snapshot {
            settings,
            mesh_config,
            mesh_networks,
            clusters: cluster_names(sources),
            problems,
            foreign,
            documents,
            sources,
            chunks,
            resources: Vec::with_capacity(objects.len()),
            by_kind: KINDS.iter().map(|_| Vec::new()).collect(),
            by_name: HashMap::with_capacity(objects.len()),
            known_namespaces: Vec::new(),
            hosts: OnceLock::new(),
            workloads: OnceLock::new(),
            pods: OnceLock::new(),
            evidence: OnceLock::new(),
            lines: sources.iter().map(|_| OnceLock::new()).collect(),
        };
        let mut slots: HashMap<(Kind, &'a str, &'a str, u16), (ResourceId, u8)> = HashMap::with_capacity(objects.len());
        for rank in 0..4 {
            for object in &objects {
                if snapshot.rank(object.chunk) == rank {
                    snapshot.insert(object, rank, &mut slots);
                }
            }
        }
        for resource in &snapshot.resources {
            snapshot.by_kind[resource.kind as usize].push(resource.id);
            snapshot.by_name.entry((resource.kind, resource.namespace, resource.name)).or_insert(resource.id);
        }
        snapshot.known_namespaces.extend(snapshot.resources.iter().map(|r| r.namespace));
        snapshot.known_namespaces.sort_unstable();
        snapshot.known_namespaces.dedup();
        snapshot
    }

    /// 0 files, 1 the local cluster, 2 other clusters, 3 what the tool made.
    fn rank(&self, chunk: u32) -> u8 {
        match self.source_of_chunk(chunk).map(|source| &source.provenance) {
            Some(Provenance::File) | None => 0,
            Some(Provenance::Cluster { local: true, .. }) => 1,
            Some(Provenance::Cluster { .. }) => 2,
            Some(Provenance::Builtin) => 3,
        }
    }

    fn insert(
        &mut self,
        object: &input::Object<'a>,
        rank: u8,
        slots: &mut HashMap<(Kind, &'a str, &'a str, u16), (ResourceId, u8)>,
    ) {
        let metadata = object.root.key("metadata");
        let name = metadata.key("name").str();
        let row = object.kind.row();
        let namespace = match metadata.key("namespace").str() {
            _ if !row.namespaced => "",
            "" => self.settings.default_namespace.as_str(),
            written => written,
        };
        let home = if object.kind == Kind::Namespace { name } else { namespace };
        if IGNORED_NAMESPACES.contains(&home) {
            if object.kind == Kind::Namespace && self.settings.profile == Profile::Ours {
                self.known_namespaces.push(name);
            }
            return;
        }
        let cluster = match self.source_of_chunk(object.chunk).map(|source| &source.provenance) {
            Some(Provenance::Cluster { id, local: false }) if row.origin == Origin::RuntimeOnly => {
                self.clusters.iter().position(|known| known == id).unwrap_or(0) as u16
            }
            _ => 0,
        };
        let id = self.resources.len() as ResourceId;
        let resource =
            Resource { id, kind: object.kind, namespace, name, root: object.root, cluster, chunk: object.chunk };
        match slots.get(&(object.kind, namespace, name, cluster)).copied() {
            Some((_, first)) if first < rank => {}
            Some((earlier, _)) => {
                if self.same_text(earlier, &resource) {
                    return;
                }
                if rank == 0 {
                    self.note_duplicate(earlier, &resource);
                }
                if let Some(slot) = self.resources.get_mut(earlier as usize) {
                    *slot = Resource { id: earlier, ..resource };
                }
            }
            None => {
                slots.insert((object.kind, namespace, name, cluster), (id, rank));
                self.resources.push(resource);
            }
        }
    }

    fn same_text(&self, earlier: ResourceId, later: &Resource<'a>) -> bool {
        self.resource(earlier).is_some_and(|earlier| self.text_of(&earlier) == self.text_of(later))
    }

    fn note_duplicate(&mut self, earlier: ResourceId, later: &Resource<'a>) {
        if self.settings.profile == Profile::Reference {
            return;
        }
        let Some(first) = self.resource(earlier).and_then(|first| self.reference(&first, None)) else { return };
        let Some(chunk) = self.chunks.get(later.chunk as usize) else { return };
        let offset = later.root.span().map_or(chunk.first_line, |span| chunk.offset + span.start);
        self.problems.push(Problem {
            source: chunk.source,
            document: chunk.index,
            offset,
            class: ProblemClass::Duplicate,
            text: format!("{} is defined again and replaces the one at {first}", later.origin()),
        });
    }

    pub fn is_reference(&self) -> bool {
        self.settings.profile == Profile::Reference
    }

    pub fn len(&self) -> usize {
        self.resources.len()
    }

    pub fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// Every object, in the order of the input.
    pub fn resources(&self) -> &[Resource<'a>] {
        &self.resources
    }

    pub fn resource(&self, id: ResourceId) -> Option<Resource<'a>> {
        self.resources.get(id as usize).copied()
    }

    /// Every object of a kind, in the order of the input.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = Resource<'a>> + '_ {
        self.by_kind[kind as usize].iter().filter_map(|id| self.resource(*id))
    }

    /// How many objects of a kind there are.
    pub fn count(&self, kind: Kind) -> usize {
        self.by_kind[kind as usize].len()
    }

    /// Whether there is an object of a kind.
    pub fn has(&self, kind: Kind) -> bool {
        self.count(kind) > 0
    }

    /// The object of this kind and name.
    pub fn find(&self, kind: Kind, namespace: &str, name: &str) -> Option<Resource<'a>> {
        self.by_name.get(&(kind, namespace, name)).and_then(|id| self.resource(*id))
    }

    /// Whether a namespace is known to exist, by its object or by something in it.
    pub fn knows_namespace(&self, name: &str) -> bool {
        self.find(Kind::Namespace, "", name).is_some() || self.known_namespaces.binary_search(&name).is_ok()
    }

    /// The namespaces that exist, or that objects live in.
    pub fn known_namespaces(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.known_namespaces.iter().copied().chain(self.all(Kind::Namespace).map(|namespace| namespace.name))
    }

    /// Services and ServiceEntries by host.
    pub fn hosts(&self) -> &HostIndex<'a> {
        self.hosts.get_or_init(|| HostIndex::build(self))
    }

    /// Everything that runs or will run: pods and templates of pods. In the reference's profile the pods alone.
    pub fn workloads(&self) -> &WorkloadIndex<'a> {
        if self.is_reference() {
            return self.pods();
        }
        self.workloads.get_or_init(|| WorkloadIndex::new(Workloads::all(self)))
    }

    /// Pods alone.
    pub fn pods(&self) -> &WorkloadIndex<'a> {
        self.pods.get_or_init(|| WorkloadIndex::new(Workloads::pods(self)))
    }

    /// Whether the input holds all objects of one of these kinds, in a namespace or anywhere; see [`super::check::Check::closed`].
    pub fn is_closed(&self, kinds: &[Kind], namespace: Option<&str>) -> bool {
        if self.settings.complete || kinds.iter().any(|kind| self.settings.listed.contains(kind)) {
            return true;
        }
        let evidence = self.evidence.get_or_init(|| {
            let given = self.resources.iter().filter(|resource| !self.is_invented(resource));
            given.flat_map(|resource| [(resource.kind, resource.namespace), (resource.kind, "*")]).collect()
        });
        kinds.iter().any(|kind| evidence.contains(&(*kind, namespace.unwrap_or("*"))))
    }

    /// Made by the tool and not by the user.
    pub fn is_invented(&self, resource: &Resource<'_>) -> bool {
        self.source_of(resource).is_some_and(|source| source.provenance == Provenance::Builtin)
    }

    pub fn sources(&self) -> &'a [Source] {
        self.sources
    }

    fn source_of_chunk(&self, chunk: u32) -> Option<&'a Source> {
        self.chunks.get(chunk as usize).and_then(|chunk| self.sources.get(chunk.source as usize))
    }

    /// The source an object came from.
    pub fn source_of(&self, resource: &Resource<'_>) -> Option<&'a Source> {
        self.source_of_chunk(resource.chunk)
    }

    /// The source of a place.
    pub fn source_at(&self, place: Place) -> Option<&'a Source> {
        self.sources.get(place.source as usize)
    }

    /// The text of the object as written.
    pub fn text_of(&self, resource: &Resource<'_>) -> &'a str {
        let place = self.place(resource, resource.root);
        place
            .and_then(|place| {
                self.sources.get(place.source as usize)?.text.get(place.start as usize..place.end as usize)
            })
            .unwrap_or("")
    }

    /// The place of a node of an object; `None` for a node that is absent.
    pub fn place(&self, resource: &Resource<'_>, view: View<'_>) -> Option<Place> {
        self.place_of(resource, view.span()?)
    }

    /// The place of a span of the object's document.
    pub fn place_of(&self, resource: &Resource<'_>, span: crate::yaml::Span) -> Option<Place> {
        let chunk = self.chunks.get(resource.chunk as usize)?;
        Some(Place { source: chunk.source, start: chunk.offset + span.start, end: chunk.offset + span.end })
    }

    /// Where the object starts, the comment above it included.
    pub fn start(&self, resource: &Resource<'_>) -> Option<Place> {
        let chunk = self.chunks.get(resource.chunk as usize)?;
        let span = resource.root.span();
        let first = span.map_or(chunk.first_line, |span| chunk.offset + span.start);
        let start = if self.is_item(resource) { first } else { chunk.first_line };
        Some(Place { source: chunk.source, start, end: start })
    }

    fn is_item(&self, resource: &Resource<'_>) -> bool {
        let Some(chunk) = self.chunks.get(resource.chunk as usize) else { return false };
        let roots = chunk.documents.iter().filter_map(|document| document.as_ref().ok());
        !roots
            .map(|document| document.root().span().start)
            .any(|start| Some(start) == resource.root.span().map(|span| span.start))
    }

    /// `name:line` of a place, or of the object; the name alone for JSON; `None` for objects of a cluster.
    pub fn reference(&self, resource: &Resource<'_>, place: Option<Place>) -> Option<String> {
        let place = place.or_else(|| self.start(resource))?;
        let source = self.source_at(place)?;
        if matches!(source.provenance, Provenance::Cluster { .. }) || source.name.is_empty() {
            return None;
        }
        if source.is_json() {
            return Some(source.name.clone());
        }
        Some(format!("{}:{}", source.name, self.position(place.source, place.start).line))
    }

    /// Line and column of a byte of a source, both counted from 1.
    pub fn position(&self, source: u32, offset: u32) -> Position {
        let text = self.sources.get(source as usize).map_or("", |source| source.text.as_str());
        let Some(lines) = self.lines.get(source as usize) else { return Position { line: 1, column: 1 } };
        let starts = lines.get_or_init(|| {
            std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1)).collect()
        });
        let line = starts.partition_point(|start| *start <= offset).max(1);
        let start = starts.get(line - 1).copied().unwrap_or(0);
        let before = text.as_bytes().get(start as usize..offset as usize).unwrap_or_default();
        Position { line, column: 1 + before.iter().filter(|byte| **byte & 0xC0 != 0x80).count() }
    }
}

fn cluster_names(sources: &[Source]) -> Vec<String> {
    let mut names = vec![String::new()];
    for source in sources {
        if let Provenance::Cluster { id, local } = &source.provenance {
            if *local {
                names[0].clone_from(id);
            } else if !names.contains(id) {
                names.push(id.clone());
            }
        }
    }
    names
}
