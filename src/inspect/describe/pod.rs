//! The pod itself: ports, readiness, whether it is in the mesh.

use serde::Serialize;
use serde_json::Value;

use super::{ObjectName, list_at, text_at};

const PROXY: &str = "istio-proxy";

/// A pod.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pod {
    #[serde(flatten)]
    pub name: ObjectName,
    /// The revision of its injector; empty without.
    pub revision: String,
    pub phase: String,
    /// Whether it has a proxy of Istio.
    pub has_proxy: bool,
    pub ports: Vec<ContainerPort>,
    pub warnings: Vec<Warning>,
    pub suggestions: Vec<Suggestion>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ContainerPort {
    pub container: String,
    pub port: i64,
    pub protocol: String,
}

/// What is wrong with a pod.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Warning {
    /// A container runs as the user whose traffic is not redirected.
    ReservedUser {
        container: String,
    },
    /// So does the whole pod.
    ReservedPodUser,
    NotReady(NotReady),
    NotInMesh,
}

/// A container that is not ready.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NotReady {
    pub container: String,
    /// Whether it is an init container.
    pub init: bool,
}

/// What would be better.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Suggestion {
    /// A label that telemetry takes the name or revision of the service from.
    AddLabel { telemetry: &'static str, one_of: [&'static str; 3] },
}

/// One of the pods behind a service.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ServicePod {
    #[serde(flatten)]
    pub name: ObjectName,
    pub phase: String,
    pub has_proxy: bool,
    pub not_ready: Vec<NotReady>,
}

impl Pod {
    /// Reads a pod; with `ignore_unmeshed` nothing is said of its part in the mesh.
    pub fn of(pod: &Value, ignore_unmeshed: bool) -> Self {
        let mut read = Pod {
            name: ObjectName::of(pod),
            revision: revision(pod),
            phase: text_at(pod, "/status/phase").to_owned(),
            has_proxy: has_proxy(pod),
            ports: ports(pod),
            warnings: reserved_users(pod).collect(),
            suggestions: Vec::new(),
        };
        if !read.runs() {
            return read;
        }
        read.warnings.extend(not_ready(pod).map(Warning::NotReady));
        if ignore_unmeshed {
            return read;
        }
        if !read.has_proxy {
            read.warnings.push(Warning::NotInMesh);
            return read;
        }
        if is_reserved(&pod["spec"]) {
            read.warnings.push(Warning::ReservedPodUser);
        }
        let missing = |names: &[&str]| names.iter().all(|label| pod["metadata"]["labels"][*label].is_null());
        let needed = TELEMETRY_LABELS.iter().filter(|(_, names)| missing(names));
        read.suggestions.extend(needed.map(|&(telemetry, one_of)| Suggestion::AddLabel { telemetry, one_of }));
        read
    }

    pub fn runs(&self) -> bool {
        self.phase == RUNNING
    }
}

const RUNNING: &str = "Running";

/// What telemetry takes from which labels.
const TELEMETRY_LABELS: [(&str, [&str; 3]); 2] = [
    ("name", ["service.istio.io/canonical-name", "app.kubernetes.io/name", "app"]),
    ("revision", ["service.istio.io/canonical-revision", "app.kubernetes.io/version", "version"]),
];

impl ServicePod {
    pub fn of(pod: &Value) -> Self {
        ServicePod {
            name: ObjectName::of(pod),
            phase: text_at(pod, "/status/phase").to_owned(),
            has_proxy: has_proxy(pod),
            not_ready: not_ready(pod).collect(),
        }
    }

    pub fn runs(&self) -> bool {
        self.phase == RUNNING
    }

    /// Whether there is a proxy to ask.
    pub fn is_usable(&self) -> bool {
        self.runs() && self.has_proxy
    }
}

fn has_proxy(pod: &Value) -> bool {
    ["/spec/containers", "/spec/initContainers"]
        .iter()
        .any(|field| list_at(pod, field).iter().any(|one| one["name"] == PROXY))
}

fn is_reserved(object: &Value) -> bool {
    object.pointer("/securityContext/runAsUser").and_then(Value::as_i64) == Some(1337)
}

fn reserved_users(pod: &Value) -> impl Iterator<Item = Warning> {
    let own = |container: &&Value| !matches!(text_at(container, "/name"), PROXY | "istio-operator");
    let reserved = list_at(pod, "/spec/containers").iter().filter(own).filter(|container| is_reserved(container));
    reserved.map(|container| Warning::ReservedUser { container: text_at(container, "/name").to_owned() })
}

fn not_ready(pod: &Value) -> impl Iterator<Item = NotReady> {
    [("/status/initContainerStatuses", true), ("/status/containerStatuses", false)].into_iter().flat_map(
        move |(field, init)| {
            let statuses = list_at(pod, field).iter().filter(|status| status["ready"] == false);
            statuses.map(move |status| NotReady { container: text_at(status, "/name").to_owned(), init })
        },
    )
}

/// By label or annotation, else as injection recorded it.
fn revision(pod: &Value) -> String {
    for place in ["labels", "annotations"] {
        if let Some(revision) = pod["metadata"][place]["istio.io/rev"].as_str() {
            return revision.to_owned();
        }
    }
    let status = pod["metadata"]["annotations"]["sidecar.istio.io/status"].as_str().unwrap_or_default();
    let status: Value = serde_json::from_str(status).unwrap_or_default();
    status["revision"].as_str().unwrap_or_default().to_owned()
}

fn ports(pod: &Value) -> Vec<ContainerPort> {
    let mut found = Vec::new();
    for container in ["/spec/containers", "/spec/initContainers"].iter().flat_map(|field| list_at(pod, field)) {
        found.extend(list_at(container, "/ports").iter().map(|port| ContainerPort {
            container: text_at(container, "/name").to_owned(),
            port: port["containerPort"].as_i64().unwrap_or_default(),
            protocol: match text_at(port, "/protocol") {
                "" => "TCP".to_owned(),
                protocol => protocol.to_owned(),
            },
        }));
    }
    found
}
