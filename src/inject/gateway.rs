//! The objects a control plane makes of a Gateway API `Gateway`: which template, with which data, and what happens after it.

use serde_json::{Map, Value, json};

use super::config::InjectValues;
use super::data::{GoStruct, MessageObject, Root, int64};
use super::decide::Selector;
use super::merge::{self, MergeError};
use super::mesh::{MeshConfig, ProxyConfig};
use super::template::{TemplateError, Templates};
use super::types::Struct;
use super::types::decode::normalized;
use super::types::gateway::{DISRUPTION_BUDGET, GATEWAY_SPEC, PLAIN, SERVICE, SERVICE_ACCOUNT, SERVICE_PORT};
use super::types::meta::OBJECT_META;
use super::workload::type_of;
use crate::api::mesh::config::MESH_CONFIG;
use crate::api::mesh::proxy::PROXY_CONFIG;
use crate::gotemplate::{self, List, Map as GoMap};

const GATEWAY_NAME: &str = "gateway.networking.k8s.io/gateway-name";
const MANAGED: &str = "gateway.istio.io/managed";
const CONTROLLER_VERSION: &str = "gateway.istio.io/controller-version";
const DATAPLANE_MODE: &str = "istio.io/dataplane-mode";
const NETWORK: &str = "topology.istio.io/network";
/// The version of the controller this is; objects of a newer one are left alone.
const VERSION: i64 = 5;

/// A GatewayClass that comes with the control plane.
#[derive(Debug)]
pub struct Class {
    pub name: &'static str,
    pub controller: &'static str,
    pub template: &'static str,
    service_type: &'static str,
    /// Objects are called `GATEWAY-CLASS` instead of `GATEWAY`.
    suffixed: bool,
    label: &'static str,
    /// Known only with ambient mode (or the agentgateway feature) on.
    optional: bool,
}

pub static CLASSES: &[Class] = &[
    Class {
        name: "istio",
        controller: "istio.io/gateway-controller",
        template: "kube-gateway",
        service_type: "LoadBalancer",
        suffixed: true,
        label: "istio.io-gateway-controller",
        optional: false,
    },
    Class {
        name: "istio-waypoint",
        controller: "istio.io/mesh-controller",
        template: "waypoint",
        service_type: "ClusterIP",
        suffixed: false,
        label: "istio.io-mesh-controller",
        optional: true,
    },
    Class {
        name: "istio-east-west",
        controller: "istio.io/eastwest-controller",
        template: "waypoint",
        service_type: "LoadBalancer",
        suffixed: false,
        label: "istio.io-eastwest-controller",
        optional: true,
    },
    Class {
        name: "istio-agentgateway",
        controller: "istio.io/agentgateway-controller",
        template: "agentgateway",
        service_type: "LoadBalancer",
        suffixed: false,
        label: "istio.io-gateway-controller",
        optional: true,
    },
];

/// What the controller knows besides the Gateway itself.
#[derive(Clone, Debug)]
pub struct Controller<'c> {
    pub templates: &'c Templates,
    pub values: &'c InjectValues,
    pub mesh: &'c MeshConfig,
    pub revision: &'c str,
    pub cluster: &'c str,
    /// Major and minor version as one number: 1.28 is 128.
    pub kube_version: i64,
    /// Ambient mode, and with it waypoints, east-west gateways and agentgateway.
    pub ambient: bool,
    /// The Gateway's own labels and annotations reach its objects when it has no `infrastructure` ones.
    pub copies_labels: bool,
    pub classes: &'c [Value],
    pub config_maps: &'c [Value],
    pub proxy_configs: &'c [Value],
    /// The Deployment that exists already, if any.
    pub existing: Option<&'c Value>,
}

/// Why the objects of a Gateway cannot be made.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GatewayError {
    #[error("there is no template {0:?}")]
    NoTemplate(&'static str),
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error("the template's output is not YAML: {0}")]
    Yaml(String),
    #[error("ConfigMap {0} of parametersRef is missing")]
    NoParameters(String),
    #[error("unsupported overlay {0:?}")]
    Overlay(String),
    #[error("overlay {name:?}: {cause}")]
    Merge { name: String, cause: MergeError },
    #[error("illegal metadata change in the overlay {0:?}: only labels and annotations may be set")]
    Metadata(String),
    #[error("the template made a {0}, which is not allowed")]
    Kind(String),
}

/// What is applied for one Gateway.
#[derive(Debug)]
pub struct Managed {
    /// The annotation that claims the Gateway.
    pub claim: Value,
    pub objects: Result<Vec<Value>, GatewayError>,
}

impl Controller<'_> {
    /// The objects of `gateway`; `None` when this controller leaves it alone.
    pub fn render(&self, gateway: &Value) -> Option<Managed> {
        let class_name = text_at(gateway, &["spec", "gatewayClassName"]);
        let class = self.class(class_name)?;
        if !addresses_are_ours(gateway) || !version_is_ours(gateway) {
            return None;
        }
        let metadata = gateway.get("metadata").unwrap_or(&Value::Null);
        let claim = json!({
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": {"annotations": {CONTROLLER_VERSION: VERSION.to_string()}},
        });
        let default_name = match class.suffixed {
            true => format!("{}-{class_name}", text_at(metadata, &["name"])),
            false => text_at(metadata, &["name"]).to_string(),
        };
        Some(Managed { claim, objects: self.objects(gateway, metadata, class, class_name, &default_name) })
    }

    fn class(&self, name: &str) -> Option<&'static Class> {
        let own = CLASSES.iter().find(|class| class.name == name);
        let class = own.or_else(|| {
            let user = self.classes.iter().find(|class| text_at(class, &["metadata", "name"]) == name)?;
            CLASSES.iter().find(|class| class.controller == text_at(user, &["spec", "controllerName"]))
        })?;
        (self.ambient || !class.optional).then_some(class)
    }

    fn objects(
        &self,
        gateway: &Value,
        metadata: &Value,
        class: &'static Class,
        class_name: &str,
        default_name: &str,
    ) -> Result<Vec<Value>, GatewayError> {
        let annotation = |name: &str| metadata.get("annotations").and_then(|map| map.get(name)).and_then(Value::as_str);
        let name = annotation("gateway.istio.io/name-override").unwrap_or(default_name);
        let account = annotation("gateway.istio.io/service-account").unwrap_or(default_name);
        let input = self.template_input(gateway, metadata, class, class_name, name, account);
        let rendered = self.templates.render(class.template, input).ok_or(GatewayError::NoTemplate(class.template))?;
        let mut objects = Vec::new();
        for document in crate::yaml::parse_stream(&rendered?) {
            let document = document.map_err(|error| GatewayError::Yaml(error.to_string()))?;
            objects.push(document.to_value());
        }
        let overlays = self.overlays(gateway, metadata, class_name)?;
        let mut applied = Vec::with_capacity(objects.len());
        for object in objects {
            if let Some(mut object) = with_overlay(object, &overlays)? {
                set_label(&mut object, MANAGED, &class.controller.replace('/', "-"));
                self.keep_selector(&mut object);
                applied.push(object);
            }
        }
        Ok(applied)
    }

    /// What the template of a class sees of a Gateway.
    fn template_input(
        &self,
        gateway: &Value,
        metadata: &Value,
        class: &'static Class,
        class_name: &str,
        name: &str,
        account: &str,
    ) -> gotemplate::Value {
        let own = |map: &str| metadata.get(map).and_then(Value::as_object).cloned().unwrap_or_default();
        let (labels, annotations) = (own("labels"), own("annotations"));
        let infra_labels = self.labels_handed_down(gateway, class_name, &labels);
        let infra_annotations = self.infrastructure(gateway, "annotations", &annotations);
        let proxy = self.proxy_config(metadata);
        let service_type =
            annotations.get("networking.istio.io/service-type").and_then(Value::as_str).unwrap_or(class.service_type);
        let meta = normalized(metadata.clone(), &OBJECT_META).unwrap_or_default();
        let spec = normalized(gateway.get("spec").cloned().unwrap_or_default(), &GATEWAY_SPEC).unwrap_or_default();
        let ports: Vec<gotemplate::Value> = service_ports(gateway)
            .into_iter()
            .map(|port| gotemplate::Value::object(GoStruct::new(&SERVICE_PORT, port)))
            .collect();
        let words = |text: &str| gotemplate::Value::from(text);
        gotemplate::Value::object(Root {
            type_name: "gateway.TemplateInput",
            fields: vec![
                ("Name", words(text_at(metadata, &["name"]))),
                ("Namespace", words(text_at(metadata, &["namespace"]))),
                ("UID", words(text_at(metadata, &["uid"]))),
                ("ObjectMeta", gotemplate::Value::object(GoStruct::new(&OBJECT_META, meta))),
                ("Spec", gotemplate::Value::object(GoStruct::new(&GATEWAY_SPEC, spec))),
                ("Labels", text_map(&labels)),
                ("Annotations", text_map(&annotations)),
                ("GatewayClass", words(class_name)),
                ("DeploymentName", words(name)),
                ("ServiceAccount", words(account)),
                ("Ports", List::typed(ports, "[]v1.ServicePort").into()),
                ("ServiceType", words(service_type)),
                ("ClusterID", words(self.cluster)),
                ("KubeVersion", gotemplate::Value::Int(self.kube_version)),
                ("Revision", words(self.revision)),
                ("NativeSidecars", false.into()),
                ("ProxyUID", int64(1337)),
                ("ProxyGID", int64(1337)),
                ("CompliancePolicy", words("")),
                ("InfrastructureLabels", text_map(&infra_labels)),
                ("InfrastructureAnnotations", text_map(&infra_annotations)),
                ("GatewayNameLabel", words(GATEWAY_NAME)),
                ("IsEastWestGateway", (class.name == "istio-east-west").into()),
                ("ControllerLabel", words(class.label)),
                ("ProxyImage", self.values.proxy_image(proxy.image_type(), None).into()),
                (
                    "AgentgatewayImage",
                    self.values
                        .image(
                            "agentgateway",
                            proxy.image_type(),
                            annotations.get("gateway.istio.io/agentgatewayImage").and_then(Value::as_str),
                        )
                        .into(),
                ),
                ("ProxyConfig", gotemplate::Value::object(MessageObject::new(&PROXY_CONFIG, proxy.message))),
                ("MeshConfig", gotemplate::Value::object(MessageObject::new(&MESH_CONFIG, self.mesh.message.clone()))),
                ("Values", gotemplate::Value::from_json(&self.values.tree)),
            ],
        })
    }

    /// The labels that the Gateway hands down to its objects, with those that its part in the mesh asks for.
    fn labels_handed_down(&self, gateway: &Value, class_name: &str, own: &Map<String, Value>) -> Map<String, Value> {
        let mut labels = self.infrastructure(gateway, "labels", own);
        let is_mesh = class_name.contains("waypoint") || class_name.contains("east-west");
        if !is_mesh && self.ambient && !own.contains_key(DATAPLANE_MODE) {
            labels.entry(DATAPLANE_MODE).or_insert_with(|| json!("none"));
        }
        let network = self.values.text(&["global", "network"]);
        if is_mesh && !network.is_empty() && !own.contains_key(NETWORK) {
            labels.insert(NETWORK.to_string(), json!(network));
        }
        labels
    }

    /// The labels or annotations that the Gateway hands down to its objects.
    fn infrastructure(&self, gateway: &Value, which: &str, own: &Map<String, Value>) -> Map<String, Value> {
        let given = gateway.get("spec").and_then(|spec| spec.get("infrastructure")?.get(which)?.as_object());
        match given {
            Some(given) => given
                .iter()
                .filter(|(key, _)| !key.starts_with("gateway.networking.k8s.io/"))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
            None if self.copies_labels => own.clone(),
            None => Map::new(),
        }
    }

    fn proxy_config(&self, metadata: &Value) -> ProxyConfig {
        let mut proxy = self.mesh.proxy_config();
        let labels = json!({GATEWAY_NAME: text_at(metadata, &["name"])});
        let labels = labels.as_object().cloned().unwrap_or_default();
        for resource in self.proxy_configs {
            let matches = match resource.get("spec").and_then(|spec| spec.get("selector")) {
                Some(selector) => Selector::parse(selector).is_ok_and(|selector| selector.matches(&labels)),
                None => true,
            };
            let here = text_at(resource, &["metadata", "namespace"]);
            if matches && (here == text_at(metadata, &["namespace"]) || here == self.mesh.root_namespace()) {
                super::engine::apply_resource(&mut proxy, resource);
            }
        }
        proxy
    }

    /// Patches by kind, from the class's defaults and then from the Gateway's own parameters.
    fn overlays(&self, gateway: &Value, metadata: &Value, class: &str) -> Result<Vec<(String, Value)>, GatewayError> {
        let mut sources: Vec<&Value> = Vec::new();
        let root = self.mesh.root_namespace();
        let defaults = self.config_maps.iter().filter(|map| {
            let label =
                map.get("metadata").and_then(|meta| meta.get("labels")?.get("gateway.istio.io/defaults-for-class"));
            label.and_then(Value::as_str) == Some(class) && text_at(map, &["metadata", "namespace"]) == root
        });
        sources.extend(defaults.min_by_key(|map| text_at(map, &["metadata", "creationTimestamp"])));
        if let Some(reference) = gateway.get("spec").and_then(|spec| spec.get("infrastructure")?.get("parametersRef"))
            && text_at(reference, &["kind"]) == "ConfigMap"
        {
            let (namespace, name) = (text_at(metadata, &["namespace"]), text_at(reference, &["name"]));
            let found = self.config_maps.iter().find(|map| {
                let meta = map.get("metadata").unwrap_or(map);
                text_at(meta, &["name"]) == name && text_at(meta, &["namespace"]) == namespace
            });
            sources.push(found.ok_or_else(|| GatewayError::NoParameters(format!("{namespace}/{name}")))?);
        }
        let mut overlays = Vec::new();
        for (key, text) in sources.into_iter().filter_map(|map| map.get("data")?.as_object()).flatten() {
            if !OVERLAYS.iter().any(|(name, _)| name == key) {
                return Err(GatewayError::Overlay(key.clone()));
            }
            let patch = crate::yaml::from_str(text.as_str().unwrap_or_default())
                .map_err(|error| GatewayError::Yaml(error.to_string()))?;
            overlays.push((key.clone(), patch));
        }
        Ok(overlays)
    }

    /// A Deployment's selector cannot change; one from before the label was renamed keeps it, and its pods with it.
    fn keep_selector(&self, object: &mut Value) {
        const OLD: &str = "istio.io/gateway-name";
        let Some(existing) = self.existing.filter(|_| text_at(object, &["kind"]) == "Deployment") else { return };
        let selector = existing.get("selector").or_else(|| existing.get("spec")?.get("selector")?.get("matchLabels"));
        let Some(selector) = selector.and_then(Value::as_object).filter(|labels| labels.contains_key(OLD)) else {
            return;
        };
        let Some(spec) = object.get_mut("spec").and_then(Value::as_object_mut) else { return };
        spec.insert("selector".to_string(), json!({"matchLabels": selector}));
        let pod = spec.get_mut("template").and_then(|template| template.get_mut("metadata")?.get_mut("labels"));
        if let (Some(Value::Object(labels)), Some(value)) = (pod, selector.get(OLD)) {
            labels.insert(OLD.to_string(), value.clone());
        }
    }
}

/// The overlay keys and the kinds they patch.
const OVERLAYS: &[(&str, &str)] = &[
    ("deployment", "Deployment"),
    ("horizontalPodAutoscaler", "HorizontalPodAutoscaler"),
    ("podDisruptionBudget", "PodDisruptionBudget"),
    ("service", "Service"),
    ("serviceAccount", "ServiceAccount"),
];

fn with_overlay(mut object: Value, overlays: &[(String, Value)]) -> Result<Option<Value>, GatewayError> {
    let kind = text_at(&object, &["kind"]).to_string();
    let Some((key, _)) = OVERLAYS.iter().find(|(_, known)| *known == kind) else {
        return if kind == "DaemonSet" { Ok(Some(object)) } else { Err(GatewayError::Kind(kind)) };
    };
    let mut patches = overlays.iter().filter(|(name, _)| name == key).peekable();
    if patches.peek().is_none() && matches!(kind.as_str(), "HorizontalPodAutoscaler" | "PodDisruptionBudget") {
        return Ok(None);
    }
    for (name, patch) in patches {
        let fixed = fixed_metadata(&object);
        object = merge::strategic(object, patch.clone(), schema_of(&kind))
            .map_err(|cause| GatewayError::Merge { name: name.clone(), cause })?;
        if fixed_metadata(&object) != fixed {
            return Err(GatewayError::Metadata(name.clone()));
        }
    }
    Ok(Some(object))
}

fn schema_of(kind: &str) -> &'static Struct {
    match kind {
        "Service" => &SERVICE,
        "ServiceAccount" => &SERVICE_ACCOUNT,
        "PodDisruptionBudget" => &DISRUPTION_BUDGET,
        other => type_of(other).unwrap_or(&PLAIN),
    }
}

/// Everything in the metadata that an overlay must not touch.
fn fixed_metadata(object: &Value) -> Value {
    let mut metadata = object.get("metadata").cloned().unwrap_or_default();
    if let Some(fields) = metadata.as_object_mut() {
        fields.shift_remove("labels");
        fields.shift_remove("annotations");
    }
    metadata
}

fn set_label(object: &mut Value, name: &str, value: &str) {
    let metadata = object.get_mut("metadata").and_then(Value::as_object_mut);
    if let Some(Value::Object(labels)) = metadata.map(|metadata| metadata.entry("labels").or_insert_with(|| json!({})))
    {
        labels.insert(name.to_string(), Value::from(value));
    }
}

/// At most one address, and that an IP.
fn addresses_are_ours(gateway: &Value) -> bool {
    let addresses = gateway.get("spec").and_then(|spec| spec.get("addresses")?.as_array());
    match addresses.map(Vec::as_slice).unwrap_or_default() {
        [] => true,
        [only] => matches!(only.get("type").and_then(Value::as_str), None | Some("IPAddress")),
        _ => false,
    }
}

fn version_is_ours(gateway: &Value) -> bool {
    let version = gateway.get("metadata").and_then(|metadata| metadata.get("annotations")?.get(CONTROLLER_VERSION));
    version.and_then(Value::as_str).is_none_or(|text| text.parse::<i64>().is_ok_and(|version| version <= VERSION))
}

/// The Service's ports: the status port, then one per listener port.
fn service_ports(gateway: &Value) -> Vec<Value> {
    let mut ports = vec![json!({"name": "status-port", "appProtocol": "tcp", "port": 15021})];
    let listeners = gateway.get("spec").and_then(|spec| spec.get("listeners")?.as_array());
    for (at, listener) in listeners.into_iter().flatten().enumerate() {
        let Some(number) = listener.get("port").and_then(Value::as_i64) else { continue };
        if ports.iter().any(|port| port.get("port").and_then(Value::as_i64) == Some(number)) {
            continue;
        }
        let protocol = text_at(listener, &["protocol"]).to_lowercase();
        let mut name = text_at(listener, &["name"]).replace('.', "-");
        if name.is_empty() {
            name = format!("{protocol}-{at}");
        }
        let name: String = name.chars().take(63).collect();
        ports.push(json!({"name": name, "appProtocol": protocol, "port": number}));
    }
    ports
}

fn text_map(map: &Map<String, Value>) -> gotemplate::Value {
    GoMap::text(map.iter().map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))).into()
}

fn text_at<'v>(value: &'v Value, path: &[&str]) -> &'v str {
    path.iter().try_fold(value, |value, key| value.get(*key)).and_then(Value::as_str).unwrap_or_default()
}
