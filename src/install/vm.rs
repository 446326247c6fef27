//! What a virtual machine needs to join the mesh: from a WorkloadGroup and the mesh's settings to the files for its agent.
//!
//! Pure: the caller brings what has to be read from the cluster and writes the files.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::yaml;

/// Ports of the agent that must never be captured.
const RESERVED_PORTS: &str = "22,15090,15021";
/// The agent's own status port unless the mesh says otherwise.
const STATUS_PORT: u64 = 15020;

/// What the flags say.
#[derive(Debug, Default)]
pub struct Options<'a> {
    pub cluster_id: &'a str,
    pub autoregister: bool,
    pub capture_dns: bool,
    pub internal_ip: &'a str,
    pub external_ip: &'a str,
    /// Empty for the unnamed revision.
    pub revision: &'a str,
    pub istio_namespace: &'a str,
}

/// A WorkloadGroup with its defaults filled in.
#[derive(Debug)]
pub struct Group {
    object: Value,
}

/// What went wrong with the mesh configuration or the group's own proxy configuration.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct Error {
    place: String,
    reason: String,
}

/// The text files for the machine, and labels that the template overrides.
#[derive(Debug)]
pub struct Files {
    pub mesh: String,
    pub environment: String,
    pub overridden: BTreeMap<String, String>,
}

impl Group {
    /// Takes a WorkloadGroup; absent metadata, template and service account get their defaults.
    pub fn new(mut object: Value) -> Self {
        for path in [&["spec"][..], &["spec", "metadata"], &["spec", "template"]] {
            let place = path.iter().fold(&mut object, |place, key| &mut place[*key]);
            if !place.is_object() {
                *place = json!({});
            }
        }
        if object["spec"]["template"]["serviceAccount"].as_str().unwrap_or_default().is_empty() {
            object["spec"]["template"]["serviceAccount"] = "default".into();
        }
        Group { object }
    }

    pub fn name(&self) -> &str {
        self.object["metadata"]["name"].as_str().unwrap_or_default()
    }

    pub fn namespace(&self) -> &str {
        self.object["metadata"]["namespace"].as_str().unwrap_or_default()
    }

    pub fn service_account(&self) -> &str {
        self.template()["serviceAccount"].as_str().unwrap_or_default()
    }

    fn template(&self) -> &Value {
        &self.object["spec"]["template"]
    }

    /// Port numbers by name.
    fn ports(&self) -> BTreeMap<&str, u64> {
        let ports = self.template()["ports"].as_object().into_iter().flatten();
        ports.map(|(name, port)| (name.as_str(), port.as_u64().unwrap_or(0))).collect()
    }

    /// The machine's labels, and those in which the template beats the metadata.
    fn labels(&self) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
        let read = |value: &Value| {
            let entries = value.as_object().into_iter().flatten();
            entries.map(|(k, v)| (k.clone(), text(v))).collect::<BTreeMap<_, _>>()
        };
        let (mut labels, overrides) =
            (read(&self.object["spec"]["metadata"]["labels"]), read(&self.template()["labels"]));
        labels.extend(overrides.clone());
        let first = |keys: &[&str], absent: &str| {
            keys.iter().find_map(|key| labels.get(*key)).cloned().unwrap_or_else(|| absent.to_owned())
        };
        let name = first(&["service.istio.io/canonical-name", "app.kubernetes.io/name", "app"], self.name());
        let revision =
            first(&["service.istio.io/canonical-revision", "app.kubernetes.io/version", "version"], "latest");
        labels.insert("service.istio.io/canonical-name".to_owned(), name);
        labels.insert("service.istio.io/canonical-revision".to_owned(), revision);
        (labels, overrides)
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The address of the control plane: `istiod[-REV].NS.svc`.
pub fn control_plane(options: &Options) -> String {
    let suffix = if options.revision.is_empty() { String::new() } else { format!("-{}", options.revision) };
    format!("istiod{suffix}.{}.svc", options.istio_namespace)
}

/// Makes the machine's files from the group and the text of the mesh configuration.
pub fn files(group: &Group, mesh: &str, options: &Options) -> Result<Files, Error> {
    let mesh = yaml::from_str(mesh)
        .map_err(|error| Error { place: "mesh configuration".to_owned(), reason: error.to_string() })?;
    let mut proxy = mesh["defaultConfig"].as_object().cloned().unwrap_or_default();
    if !options.revision.is_empty() && proxy.get("discoveryAddress").and_then(Value::as_str).unwrap_or("").is_empty() {
        proxy.insert("discoveryAddress".to_owned(), format!("{}:15012", control_plane(options)).into());
    }
    for (place, annotations) in [
        ("metadata.annotations", &group.object["metadata"]["annotations"]),
        ("spec.metadata.annotations", &group.object["spec"]["metadata"]["annotations"]),
    ] {
        if let Some(text) = annotations["proxy.istio.io/config"].as_str() {
            let over = yaml::from_str(text).map_err(|error| Error {
                place: format!("{place}: proxy.istio.io/config"),
                reason: error.to_string(),
            })?;
            overlay(&mut proxy, over);
        }
    }
    if let Some(probe) = group.object["spec"].get("probe") {
        proxy.insert("readinessProbe".to_owned(), probe.clone());
    }
    let (labels, overridden) = group.labels();
    let mut metadata = proxy.get("proxyMetadata").and_then(Value::as_object).cloned().unwrap_or_default();
    for (key, value) in identity(group, &labels, &mesh, &proxy, options) {
        metadata.insert(key.to_owned(), value.into());
    }
    proxy.insert("proxyMetadata".to_owned(), Value::Object(metadata.clone()));
    let environment = environment(group, &metadata, &proxy, options);
    Ok(Files { mesh: yaml::to_string(&json!({"defaultConfig": proxy})), environment, overridden })
}

/// Lays one proxy configuration over another: `proxyMetadata` key by key, other fields whole.
fn overlay(base: &mut Map<String, Value>, over: Value) {
    let Value::Object(over) = over else { return };
    for (key, value) in over {
        match (key.as_str(), base.get_mut(&key), value) {
            ("proxyMetadata", Some(Value::Object(known)), Value::Object(more)) => known.extend(more),
            (_, _, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// Who the machine is, as proxy metadata.
fn identity(
    group: &Group,
    labels: &BTreeMap<String, String>,
    mesh: &Value,
    proxy: &Map<String, Value>,
    options: &Options,
) -> Vec<(&'static str, String)> {
    let label = |key: &str| labels.get(key).cloned().unwrap_or_default();
    let mut found = vec![
        ("CANONICAL_SERVICE", label("service.istio.io/canonical-name")),
        ("CANONICAL_REVISION", label("service.istio.io/canonical-revision")),
        ("POD_NAMESPACE", group.namespace().to_owned()),
        ("SERVICE_ACCOUNT", group.service_account().to_owned()),
        ("TRUST_DOMAIN", mesh["trustDomain"].as_str().unwrap_or_default().to_owned()),
        ("ISTIO_META_CLUSTER_ID", options.cluster_id.to_owned()),
        ("ISTIO_META_MESH_ID", proxy.get("meshId").map(text).unwrap_or_default()),
        ("ISTIO_META_NETWORK", group.template()["network"].as_str().unwrap_or_default().to_owned()),
        ("ISTIO_META_WORKLOAD_NAME", group.name().to_owned()),
        ("ISTIO_METAJSON_LABELS", json!(labels).to_string()),
    ];
    let ports: Vec<Value> = group
        .ports()
        .into_iter()
        .map(|(name, port)| json!({"name": name, "containerPort": port, "protocol": ""}))
        .collect();
    if !ports.is_empty() {
        found.push(("ISTIO_META_POD_PORTS", Value::Array(ports).to_string()));
    }
    if options.capture_dns {
        found.push(("ISTIO_META_DNS_CAPTURE", "true".to_owned()));
    }
    if options.autoregister {
        found.push(("ISTIO_META_AUTO_REGISTER_GROUP", group.name().to_owned()));
    }
    found
}

/// `cluster.env`: shell assignments, sorted by name, always in single quotes.
fn environment(group: &Group, metadata: &Map<String, Value>, proxy: &Map<String, Value>, options: &Options) -> String {
    let mut variables: BTreeMap<String, String> = metadata.iter().map(|(k, v)| (k.clone(), text(v))).collect();
    let numbers: Vec<String> = group.ports().values().map(ToString::to_string).collect();
    let inbound = if numbers.is_empty() { "*".to_owned() } else { numbers.join(",") };
    let status = proxy.get("statusPort").and_then(Value::as_u64).filter(|port| *port != 0).unwrap_or(STATUS_PORT);
    let mut excluded = RESERVED_PORTS.to_owned();
    if !RESERVED_PORTS.split(',').any(|port| port == status.to_string()) {
        excluded.push_str(&format!(",{status}"));
    }
    let mut set = |key: &str, value: String| variables.insert(key.to_owned(), value);
    set("ISTIO_INBOUND_PORTS", inbound);
    set("ISTIO_NAMESPACE", group.namespace().to_owned());
    set("ISTIO_SERVICE", format!("{}.{}", group.name(), group.namespace()));
    set("ISTIO_SERVICE_CIDR", "*".to_owned());
    set("ISTIO_LOCAL_EXCLUDE_PORTS", excluded);
    set("SERVICE_ACCOUNT", group.service_account().to_owned());
    if !options.revision.is_empty() {
        set("CA_ADDR", format!("{}:15012", control_plane(options)));
    }
    if !options.internal_ip.is_empty() {
        set("ISTIO_SVC_IP", options.internal_ip.to_owned());
    } else if !options.external_ip.is_empty() {
        set("ISTIO_SVC_IP", options.external_ip.to_owned());
        set("REWRITE_PROBE_LEGACY_LOCALHOST_DESTINATION", "true".to_owned());
    }
    variables.iter().map(|(key, value)| format!("{key}='{}'\n", value.replace('\'', "'\"'\"'"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_without_a_usable_spec_gets_the_defaults() {
        let group = Group::new(json!({"metadata": {"name": "web"}, "spec": "none"}));
        assert_eq!(group.object["spec"], json!({"metadata": {}, "template": {"serviceAccount": "default"}}));
    }

    #[test]
    fn a_machine_gets_its_identity_ports_and_control_plane() {
        let group = Group::new(json!({
            "metadata": {"name": "vm", "namespace": "vms"},
            "spec": {
                "metadata": {"labels": {"app": "shop"}},
                "template": {"ports": {"http": 80}, "network": "n1", "labels": {"version": "v3"}},
            },
        }));
        let options = Options { cluster_id: "c", revision: "canary", istio_namespace: "mesh", ..Options::default() };
        let files = files(&group, "trustDomain: td\ndefaultConfig:\n  statusPort: 15090\n", &options).expect("valid");
        let variables: Vec<&str> = files.environment.lines().collect();
        assert_eq!(
            variables,
            [
                "CANONICAL_REVISION='v3'",
                "CANONICAL_SERVICE='shop'",
                "CA_ADDR='istiod-canary.mesh.svc:15012'",
                "ISTIO_INBOUND_PORTS='80'",
                "ISTIO_LOCAL_EXCLUDE_PORTS='22,15090,15021'",
                "ISTIO_METAJSON_LABELS='{\"app\":\"shop\",\"service.istio.io/canonical-name\":\"shop\",\
                 \"service.istio.io/canonical-revision\":\"v3\",\"version\":\"v3\"}'",
                "ISTIO_META_CLUSTER_ID='c'",
                "ISTIO_META_MESH_ID=''",
                "ISTIO_META_NETWORK='n1'",
                "ISTIO_META_POD_PORTS='[{\"name\":\"http\",\"containerPort\":80,\"protocol\":\"\"}]'",
                "ISTIO_META_WORKLOAD_NAME='vm'",
                "ISTIO_NAMESPACE='vms'",
                "ISTIO_SERVICE='vm.vms'",
                "ISTIO_SERVICE_CIDR='*'",
                "POD_NAMESPACE='vms'",
                "SERVICE_ACCOUNT='default'",
                "TRUST_DOMAIN='td'",
            ]
        );
        assert!(files.mesh.contains("discoveryAddress: istiod-canary.mesh.svc:15012"), "{}", files.mesh);
        assert_eq!(files.overridden, BTreeMap::from([("version".to_owned(), "v3".to_owned())]));
    }
}
