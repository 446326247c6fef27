//! Kinds and their places in the API: a table of the ones Istio lives among, discovery for the rest.

use serde_json::Value;

use super::{Cluster, Error};

/// Where the objects of a kind are served.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Resource {
    /// Empty for the core group.
    pub group: String,
    pub version: String,
    pub kind: String,
    pub plural: String,
    pub namespaced: bool,
}

/// group, version, kind, plural, namespaced
type Row = (&'static str, &'static str, &'static str, &'static str, bool);

const KNOWN: &[Row] = &[
    ("", "v1", "ConfigMap", "configmaps", true),
    ("", "v1", "Endpoints", "endpoints", true),
    ("", "v1", "Event", "events", true),
    ("", "v1", "Namespace", "namespaces", false),
    ("", "v1", "Node", "nodes", false),
    ("", "v1", "Pod", "pods", true),
    ("", "v1", "ReplicationController", "replicationcontrollers", true),
    ("", "v1", "ResourceQuota", "resourcequotas", true),
    ("", "v1", "Secret", "secrets", true),
    ("", "v1", "Service", "services", true),
    ("", "v1", "ServiceAccount", "serviceaccounts", true),
    ("admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration", "mutatingwebhookconfigurations", false),
    ("admissionregistration.k8s.io", "v1", "ValidatingAdmissionPolicy", "validatingadmissionpolicies", false),
    (
        "admissionregistration.k8s.io",
        "v1",
        "ValidatingAdmissionPolicyBinding",
        "validatingadmissionpolicybindings",
        false,
    ),
    ("admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration", "validatingwebhookconfigurations", false),
    ("apiextensions.k8s.io", "v1", "CustomResourceDefinition", "customresourcedefinitions", false),
    ("apps", "v1", "DaemonSet", "daemonsets", true),
    ("apps", "v1", "Deployment", "deployments", true),
    ("apps", "v1", "ReplicaSet", "replicasets", true),
    ("apps", "v1", "StatefulSet", "statefulsets", true),
    ("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers", true),
    ("batch", "v1", "CronJob", "cronjobs", true),
    ("batch", "v1", "Job", "jobs", true),
    ("coordination.k8s.io", "v1", "Lease", "leases", true),
    ("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices", true),
    ("extensions.istio.io", "v1alpha1", "TrafficExtension", "trafficextensions", true),
    ("extensions.istio.io", "v1alpha1", "WasmPlugin", "wasmplugins", true),
    ("k8s.cni.cncf.io", "v1", "NetworkAttachmentDefinition", "network-attachment-definitions", true),
    ("networking.istio.io", "v1", "DestinationRule", "destinationrules", true),
    ("networking.istio.io", "v1alpha3", "EnvoyFilter", "envoyfilters", true),
    ("networking.istio.io", "v1", "Gateway", "gateways", true),
    ("networking.istio.io", "v1beta1", "ProxyConfig", "proxyconfigs", true),
    ("networking.istio.io", "v1", "ServiceEntry", "serviceentries", true),
    ("networking.istio.io", "v1", "Sidecar", "sidecars", true),
    ("networking.istio.io", "v1", "VirtualService", "virtualservices", true),
    ("networking.istio.io", "v1", "WorkloadEntry", "workloadentries", true),
    ("networking.istio.io", "v1", "WorkloadGroup", "workloadgroups", true),
    ("networking.k8s.io", "v1", "Ingress", "ingresses", true),
    ("networking.k8s.io", "v1", "IngressClass", "ingressclasses", false),
    ("networking.k8s.io", "v1", "NetworkPolicy", "networkpolicies", true),
    ("gateway.networking.k8s.io", "v1", "Gateway", "gateways", true),
    ("gateway.networking.k8s.io", "v1", "GatewayClass", "gatewayclasses", false),
    ("gateway.networking.k8s.io", "v1", "GRPCRoute", "grpcroutes", true),
    ("gateway.networking.k8s.io", "v1", "HTTPRoute", "httproutes", true),
    ("policy", "v1", "PodDisruptionBudget", "poddisruptionbudgets", true),
    ("rbac.authorization.k8s.io", "v1", "ClusterRole", "clusterroles", false),
    ("rbac.authorization.k8s.io", "v1", "ClusterRoleBinding", "clusterrolebindings", false),
    ("rbac.authorization.k8s.io", "v1", "Role", "roles", true),
    ("rbac.authorization.k8s.io", "v1", "RoleBinding", "rolebindings", true),
    ("security.istio.io", "v1", "AuthorizationPolicy", "authorizationpolicies", true),
    ("security.istio.io", "v1", "PeerAuthentication", "peerauthentications", true),
    ("security.istio.io", "v1", "RequestAuthentication", "requestauthentications", true),
    ("telemetry.istio.io", "v1", "Telemetry", "telemetries", true),
];

impl Resource {
    fn from_row(&(group, version, kind, plural, namespaced): &Row) -> Self {
        Resource { group: group.into(), version: version.into(), kind: kind.into(), plural: plural.into(), namespaced }
    }

    /// A kind of the table, by group and kind, at the version that Istio prefers.
    pub fn known(group: &str, kind: &str) -> Option<Self> {
        KNOWN.iter().find(|row| row.0 == group && row.2 == kind).map(Resource::from_row)
    }

    /// A kind of the table by the group/version that an object names; every served version of a kind has one plural.
    fn known_version(api_version: &str, kind: &str) -> Option<Self> {
        let (group, version) = split_version(api_version);
        let mut found = Resource::known(group, kind)?;
        version.clone_into(&mut found.version);
        Some(found)
    }

    /// `v1` or `apps/v1`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// The path of the collection, of all namespaces when none is given.
    pub fn collection(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        match namespace.filter(|namespace| self.namespaced && !namespace.is_empty()) {
            Some(namespace) => format!("{root}/namespaces/{namespace}/{}", self.plural),
            None => format!("{root}/{}", self.plural),
        }
    }

    /// The path of one object.
    pub fn path(&self, namespace: Option<&str>, name: &str) -> String {
        format!("{}/{name}", self.collection(namespace))
    }
}

/// `apps/v1` → (`apps`, `v1`); `v1` → (``, `v1`).
pub fn split_version(api_version: &str) -> (&str, &str) {
    api_version.split_once('/').unwrap_or(("", api_version))
}

impl Cluster {
    /// Where objects like this one are served: from the table, else by asking the server about its group.
    pub async fn resource_of(&self, object: &Value) -> Result<Resource, Error> {
        let text = |key: &str| object[key].as_str().unwrap_or_default();
        self.resource(text("apiVersion"), text("kind")).await
    }

    /// Where objects of this version and kind are served.
    pub async fn resource(&self, api_version: &str, kind: &str) -> Result<Resource, Error> {
        if let Some(known) = Resource::known_version(api_version, kind) {
            return Ok(known);
        }
        let (group, version) = split_version(api_version);
        let path = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
        let missing = || Error::NoSuchKind { kind: format!("{kind}.{version}.{group}") };
        let list = match self.get_path(&path).await {
            Ok(list) => list,
            Err(error) if error.is_not_found() => return Err(missing()),
            Err(error) => return Err(error),
        };
        served(&list, group, version)
            .into_iter()
            .map(|(resource, _)| resource)
            .find(|resource| resource.kind == kind)
            .ok_or_else(missing)
    }

    /// Finds a resource by the word a user types: kind, plural, singular or short name, alone or with `.group`.
    pub async fn resource_by_word(&self, word: &str) -> Result<Resource, Error> {
        let (name, group) = word.split_once('.').unwrap_or((word, ""));
        let lower = name.to_lowercase();
        let fits = |resource: &Resource| group.is_empty() || resource.group == group;
        let short = SHORT_NAMES.iter().find(|(short, _)| *short == lower).map(|(_, plural)| *plural);
        let from_table = KNOWN.iter().map(Resource::from_row).find(|resource| {
            fits(resource) && (resource.plural == short.unwrap_or(&lower) || resource.kind.to_lowercase() == lower)
        });
        if let Some(found) = from_table {
            return Ok(found);
        }
        for (group_name, version) in self.group_versions().await? {
            if !group.is_empty() && group != group_name {
                continue;
            }
            let path =
                if group_name.is_empty() { format!("/api/{version}") } else { format!("/apis/{group_name}/{version}") };
            let Ok(list) = self.get_path(&path).await else { continue };
            for (resource, names) in served(&list, &group_name, &version) {
                if names.contains(&lower) {
                    return Ok(resource);
                }
            }
        }
        Err(Error::NoSuchKind { kind: word.to_owned() })
    }

    /// Every kind of a group, each at the preferred version that has it; none for a group that the server lacks.
    pub async fn kinds_of(&self, group: &str) -> Result<Vec<Resource>, Error> {
        let versions = match self.get_path(&format!("/apis/{group}")).await {
            Ok(versions) => versions,
            Err(error) if error.is_not_found() => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let preferred = versions["preferredVersion"]["version"].as_str();
        let others = versions["versions"].as_array().into_iter().flatten().filter_map(|row| row["version"].as_str());
        let mut found: Vec<Resource> = Vec::new();
        for version in preferred.into_iter().chain(others.filter(|version| Some(*version) != preferred)) {
            let list = self.get_path(&format!("/apis/{group}/{version}")).await?;
            for (resource, _) in served(&list, group, version) {
                if found.iter().all(|known| known.kind != resource.kind) {
                    found.push(resource);
                }
            }
        }
        Ok(found)
    }

    /// The groups the server has, each at its preferred version; the core group first.
    pub async fn group_versions(&self) -> Result<Vec<(String, String)>, Error> {
        let groups = self.get_path("/apis").await?;
        let mut found = vec![(String::new(), "v1".to_owned())];
        for group in groups["groups"].as_array().into_iter().flatten() {
            if let (Some(name), Some(version)) = (group["name"].as_str(), group["preferredVersion"]["version"].as_str())
            {
                found.push((name.to_owned(), version.to_owned()));
            }
        }
        Ok(found)
    }
}

/// Short names of `kubectl` for the kinds of the table.
const SHORT_NAMES: &[(&str, &str)] = &[
    ("cm", "configmaps"),
    ("deploy", "deployments"),
    ("ds", "daemonsets"),
    ("gtw", "gateways"),
    ("no", "nodes"),
    ("ns", "namespaces"),
    ("po", "pods"),
    ("rc", "replicationcontrollers"),
    ("rs", "replicasets"),
    ("sa", "serviceaccounts"),
    ("sts", "statefulsets"),
    ("svc", "services"),
    ("vs", "virtualservices"),
];

/// The resources in an `APIResourceList`, each with every lower-case name it answers to. Subresources are left out.
fn served(list: &Value, group: &str, version: &str) -> Vec<(Resource, Vec<String>)> {
    let mut found = Vec::new();
    for row in list["resources"].as_array().into_iter().flatten() {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let plural = text("name");
        if plural.contains('/') {
            continue;
        }
        let mut names = vec![plural.clone(), text("singularName"), text("kind").to_lowercase()];
        names.extend(row["shortNames"].as_array().into_iter().flatten().filter_map(|n| n.as_str().map(str::to_owned)));
        let resource = Resource {
            group: group.to_owned(),
            version: version.to_owned(),
            kind: text("kind"),
            plural,
            namespaced: row["namespaced"].as_bool().unwrap_or(false),
        };
        found.push((resource, names));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_found_where_the_api_serves_them() {
        let deployment = Resource::known("apps", "Deployment").expect("in the table");
        assert_eq!(deployment.path(Some("ns"), "a"), "/apis/apps/v1/namespaces/ns/deployments/a");
        let role = Resource::known("rbac.authorization.k8s.io", "ClusterRole").expect("in the table");
        assert_eq!(role.path(Some("ignored"), "a"), "/apis/rbac.authorization.k8s.io/v1/clusterroles/a");
        let old = Resource::known_version("networking.istio.io/v1beta1", "Gateway").expect("in the table");
        assert_eq!(old.collection(None), "/apis/networking.istio.io/v1beta1/gateways");
    }
}
