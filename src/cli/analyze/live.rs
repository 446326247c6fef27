//! Reading a live cluster, or several: only the kinds that the chosen rules look at, page by page, within a time limit.
//!
//! What may not be listed is said once, and the rules that need it are skipped.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use base64::Engine as _;
use serde_json::Value;
use tokio::task::LocalSet;

use super::super::{Context, Failure};
use crate::analysis::input::{Provenance, Source};
use crate::analysis::kind::{Kind, Origin};
use crate::analysis::snapshot::IGNORED_NAMESPACES;
use crate::cluster::{self, Cluster, Error, Resource, Selection};
use crate::yaml;

/// What to read.
pub(super) struct Request<'r> {
    pub kinds: Vec<Kind>,
    pub revision: &'r str,
    pub remote_contexts: &'r [String],
    pub istio_namespace: &'r str,
    /// Fall back to this namespace for kinds that may not be listed everywhere.
    pub namespace: Option<&'r str>,
    pub deadline: Duration,
    /// Read full objects of remote clusters' secrets too, as the reference does without being asked.
    pub discover_remotes: bool,
}

/// What was read.
pub(super) struct Live {
    pub sources: Vec<Source>,
    /// Kinds of which everything was listed.
    pub listed: Vec<Kind>,
    /// Kinds that could not be listed, and why.
    pub refused: BTreeMap<Kind, String>,
    pub mesh_config: String,
    pub mesh_networks: String,
    /// The namespace of the context.
    pub namespace: String,
    pub notes: Vec<String>,
}

/// Why nothing could be read.
pub(super) enum Trouble {
    /// The namespace that was asked for does not exist.
    NoNamespace(String),
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Trouble {
    fn from(error: E) -> Self {
        Trouble::Failed(error.into())
    }
}

/// Reads the cluster of the context and the others of the mesh.
pub(super) fn read(context: &Context, request: &Request<'_>) -> Result<Live, Trouble> {
    let work = async {
        match tokio::time::timeout(request.deadline, LocalSet::new().run_until(read_all(context, request))).await {
            Ok(result) => result,
            Err(_) => {
                let failure = Failure::new(format!("the cluster was not read within {:?}", request.deadline));
                Err(Trouble::Failed(
                    failure.hint("give it longer with --timeout, or look at files alone with --use-kube=false"),
                ))
            }
        }
    };
    cluster::block_on(work).map_err(Failure::from)?
}

async fn read_all(context: &Context, request: &Request<'_>) -> Result<Live, Trouble> {
    let mut target = context.target()?;
    target.namespace.clear();
    let local = Rc::new(Cluster::connect(&target).await.map_err(Failure::from)?);
    let namespace = match context.globals.namespace.as_str() {
        "" => local.namespace().to_string(),
        given => given.to_string(),
    };
    check_namespace(&local, &namespace).await?;
    let mut live = Live {
        sources: Vec::new(),
        listed: Vec::new(),
        refused: BTreeMap::new(),
        mesh_config: String::new(),
        mesh_networks: String::new(),
        namespace,
        notes: Vec::new(),
    };
    live.mesh(&local, request).await;
    let local_id = if target.context.is_empty() { "default".to_string() } else { target.context.clone() };
    let remotes = remotes(&local, &target, request, &mut live.notes).await?;
    for (kind, outcome) in list_kinds(&local, request, request.kinds.clone()).await {
        match outcome {
            Ok(text) => {
                live.listed.push(kind);
                live.add(text, &local_id, true);
            }
            Err(Partial { text, reason }) => {
                live.add(text, &local_id, true);
                live.refused.insert(kind, reason);
            }
        }
    }
    for (id, remote) in remotes {
        let kinds = request
            .kinds
            .iter()
            .copied()
            .filter(|kind| kind.row().origin == Origin::RuntimeOnly || kind.is_istio())
            .collect();
        for (kind, outcome) in list_kinds(&remote, request, kinds).await {
            match outcome {
                Ok(text) => live.add(text, &id, false),
                Err(Partial { text, reason }) => {
                    live.add(text, &id, false);
                    live.notes.push(format!("cluster {id}: {} not read: {reason}", kind.name()));
                }
            }
        }
    }
    Ok(live)
}

async fn check_namespace(local: &Cluster, name: &str) -> Result<(), Trouble> {
    let Some(namespaces) = Resource::known("", "Namespace") else { return Ok(()) };
    match local.get(&namespaces, None, name).await {
        Ok(Some(_)) => Ok(()),
        Ok(None) => Err(Trouble::NoNamespace(name.to_string())),
        // Who may not look at namespaces may still look at what is in one.
        Err(error) if error.is_forbidden() => Ok(()),
        Err(error) => Err(Trouble::Failed(Failure::from(error).hint("look at files alone with --use-kube=false"))),
    }
}

impl Live {
    fn add(&mut self, text: String, id: &str, local: bool) {
        let provenance = Provenance::Cluster { id: id.to_string(), local };
        self.sources.push(Source { name: String::new(), text, provenance });
    }

    /// The mesh configuration in force: that of the revision, else the common one.
    async fn mesh(&mut self, local: &Cluster, request: &Request<'_>) {
        let Some(maps) = Resource::known("", "ConfigMap") else { return };
        let revisioned = format!("istio-{}", request.revision);
        let names = if request.revision == "default" { vec!["istio"] } else { vec![revisioned.as_str(), "istio"] };
        for name in names {
            match local.get(&maps, Some(request.istio_namespace), name).await {
                Ok(Some(map)) => {
                    let entry = |key: &str| map["data"][key].as_str().unwrap_or_default().to_string();
                    (self.mesh_config, self.mesh_networks) = (entry("mesh"), entry("meshNetworks"));
                    return;
                }
                Ok(None) => {}
                Err(error) => {
                    self.notes.push(format!("the mesh configuration cannot be read, the defaults are taken: {error}"));
                    return;
                }
            }
        }
    }
}

/// Other clusters of the mesh: the contexts named, or those that istiod has secrets for.
async fn remotes(
    local: &Cluster,
    target: &cluster::Target,
    request: &Request<'_>,
    notes: &mut Vec<String>,
) -> Result<Vec<(String, Rc<Cluster>)>, Trouble> {
    let mut found = Vec::new();
    for context in request.remote_contexts {
        let target = cluster::Target { context: context.clone(), ..target.clone() };
        found.push((context.clone(), Rc::new(Cluster::connect(&target).await.map_err(Failure::from)?)));
    }
    if !found.is_empty() || !request.discover_remotes {
        return Ok(found);
    }
    let Some(secrets) = Resource::known("", "Secret") else { return Ok(found) };
    let selection = Selection {
        namespace: Some(request.istio_namespace),
        labels: "istio/multiCluster=true",
        ..Selection::default()
    };
    let secrets = match local.list(&secrets, &selection).await {
        Ok(secrets) => secrets,
        Err(error) => {
            notes.push(format!("other clusters of the mesh are not looked for: {error}"));
            return Ok(found);
        }
    };
    for secret in secrets {
        for (id, encoded) in secret["data"].as_object().into_iter().flatten() {
            let bytes = base64::engine::general_purpose::STANDARD
                .decode(encoded.as_str().unwrap_or_default())
                .unwrap_or_default();
            match Cluster::connect_by(&String::from_utf8_lossy(&bytes), target.request_timeout).await {
                Ok(remote) => found.push((id.clone(), Rc::new(remote))),
                Err(error) => notes.push(format!("cluster {id} is not read: {error}")),
            }
        }
    }
    Ok(found)
}

/// What could be had of a kind that may not be listed as a whole.
struct Partial {
    text: String,
    reason: String,
}

/// Lists the kinds side by side. Gives the objects of each as documents.
async fn list_kinds(
    cluster: &Rc<Cluster>,
    request: &Request<'_>,
    kinds: Vec<Kind>,
) -> Vec<(Kind, Result<String, Partial>)> {
    let mut tasks = Vec::new();
    for kind in kinds.into_iter().filter(|kind| kind.row().origin != Origin::Synthetic) {
        let (cluster, revision) = (Rc::clone(cluster), request.revision.to_string());
        let (namespace, home) = (request.namespace.map(String::from), request.istio_namespace.to_string());
        let task = tokio::task::spawn_local(async move {
            let outcome = list(&cluster, kind, if kind == Kind::ConfigMap { Some(home.as_str()) } else { None }).await;
            match (outcome, namespace) {
                (Ok(objects), _) => Ok(documents(kind, objects, &revision)),
                // No such kind on the server: there are none.
                (Err(error), _) if error.is_not_found() => Ok(String::new()),
                (Err(error), Some(namespace)) if error.is_forbidden() && kind.row().namespaced => {
                    let objects = list(&cluster, kind, Some(&namespace)).await.unwrap_or_default();
                    Err(Partial { text: documents(kind, objects, &revision), reason: error.to_string() })
                }
                (Err(error), _) => Err(Partial { text: String::new(), reason: error.to_string() }),
            }
        });
        tasks.push((kind, task));
    }
    let mut all = Vec::new();
    for (kind, task) in tasks {
        let outcome =
            task.await.unwrap_or_else(|error| Err(Partial { text: String::new(), reason: error.to_string() }));
        all.push((kind, outcome));
    }
    all
}

async fn list(cluster: &Cluster, kind: Kind, namespace: Option<&str>) -> Result<Vec<Value>, Error> {
    let row = kind.row();
    let resource = match Resource::known(row.group, row.name) {
        Some(known) => known,
        None => served(cluster, kind).await?,
    };
    let fields = field_selector(kind);
    // Of these, labels and annotations say everything a rule wants to know.
    let metadata_only = matches!(kind, Kind::Node | Kind::Namespace | Kind::CustomResourceDefinition);
    let selection = Selection { namespace, labels: "", fields: &fields, metadata_only };
    cluster.list(&resource, &selection).await
}

/// Versions to look for of kinds that are not in the client's table.
const VERSIONS: &[(Kind, &[&str])] = &[
    (Kind::Rollout, &["v1alpha1"]),
    (Kind::SealedSecret, &["v1alpha1"]),
    (Kind::ExternalSecret, &["v1", "v1beta1"]),
    (Kind::TlsRoute, &["v1", "v1alpha3", "v1alpha2"]),
    (Kind::TcpRoute, &["v1", "v1alpha2"]),
    (Kind::ReferenceGrant, &["v1", "v1beta1"]),
];

/// Where the server has a kind.
async fn served(cluster: &Cluster, kind: Kind) -> Result<Resource, Error> {
    let row = kind.row();
    let versions = VERSIONS.iter().find(|(known, _)| *known == kind).map_or(&["v1"][..], |(_, versions)| versions);
    let mut answer = Err(Error::NoSuchKind { kind: row.name.to_string() });
    for version in versions {
        answer = cluster.resource(&format!("{}/{version}", row.group), row.name).await;
        if !answer.as_ref().is_err_and(Error::is_not_found) {
            break;
        }
    }
    answer
}

/// What the server leaves out for us.
fn field_selector(kind: Kind) -> String {
    let without =
        |field: &str| IGNORED_NAMESPACES.iter().map(|name| format!("{field}!={name}")).collect::<Vec<_>>().join(",");
    match kind {
        Kind::Pod | Kind::Service => without("metadata.namespace"),
        Kind::Secret => "type!=helm.sh/release.v1,type!=kubernetes.io/service-account-token".to_string(),
        _ => String::new(),
    }
}

/// The objects as YAML documents, those of other revisions left out.
fn documents(kind: Kind, objects: Vec<Value>, revision: &str) -> String {
    let mut text = String::new();
    for mut object in objects.into_iter().filter(|object| is_wanted(kind, object, revision)) {
        if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.shift_remove("managedFields");
        }
        text.push_str("---\n");
        text.push_str(&yaml::to_string(&object));
    }
    text
}

fn is_wanted(kind: Kind, object: &Value, revision: &str) -> bool {
    let metadata = &object["metadata"];
    if kind == Kind::ConfigMap {
        let leader = metadata["annotations"].get("control-plane.alpha.kubernetes.io/leader").is_some();
        if leader || !metadata["name"].as_str().unwrap_or_default().starts_with("istio") {
            return false;
        }
    }
    kind.row().origin == Origin::RuntimeOnly
        || metadata["labels"].get("istio.io/rev").is_none_or(|label| label.as_str() == Some(revision))
}
