//! One pod through the whole of injection: checks, template data, templates, merge, the user's wishes, finishing.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Map, Value, json};

use super::annotations::{self, InvalidAnnotations, Unreadable};
use super::config::{InjectConfig, InjectValues};
use super::customise::{self, Previous, UnreadableOverrides};
use super::data::{GoStruct, MessageObject, Root, int64, owner_fields};
use super::decide::{Decision, Policy, Reason, Rules, decide};
use super::finish::{self, Finish};
use super::mesh::{MeshConfig, ProxyConfig};
use super::mould::{self, STAND_INS};
use super::overlay::{self, Added, OverlayError, has_container, has_directives, move_to_init, overlaid};
use super::template::TemplateError;
use super::types::decode::DecodeError;
use super::types::meta::OBJECT_META;
use super::types::pod::POD_SPEC;
use super::workload::Owner;
use crate::api::mesh::config::MESH_CONFIG;
use crate::api::mesh::proxy::PROXY_CONFIG;
use crate::gotemplate::{self, Blind, Condition, Watch};

const OPENSHIFT_UIDS: &str = "openshift.io/sa.scc.uid-range";

/// Why a pod could not be injected. The texts are those a control plane gives.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InjectError {
    #[error("could not parse proxy config: {}", .0.reason)]
    ProxyConfig(Unreadable),
    #[error("failed to run injection template: {0}")]
    Annotations(#[from] InvalidAnnotations),
    #[error("failed to run injection template: {0}")]
    Overrides(#[from] UnreadableOverrides),
    #[error("failed to parse values.yaml; check Istiod logs for errors")]
    NoValues,
    #[error("failed to run injection template: requested template \"{name}\" not found; have {have}")]
    UnknownTemplate { name: String, have: String },
    #[error("failed to run injection template: {0}")]
    Template(#[from] TemplateError),
    #[error("failed to run injection template: failed applying injection overlay: {0}")]
    Overlay(OverlayError),
    #[error(
        "failed to run injection template: failed parsing generated injected YAML (check Istio sidecar injector configuration): {0}"
    )]
    Generated(OverlayError),
    #[error("re-injection of the pod's own container: {0}")]
    Customisation(OverlayError),
    #[error("{0}")]
    Decode(#[from] DecodeError),
}

/// Everything that is the same for every pod.
#[derive(Clone, Debug)]
pub struct Injector {
    pub config: InjectConfig,
    pub mesh: MeshConfig,
    /// `None` when no values could be loaded at all.
    pub values: Option<InjectValues>,
    /// Empty for the default revision of `kube-inject`.
    pub revision: String,
    pub native_sidecars: bool,
    pub compliance_policy: String,
    /// Follow the cluster's injector (policy, selectors, default templates …), which the reference's `kube-inject` does not.
    pub honours_config: bool,
}

/// Used in place of the configuration's rules when those are not honoured.
static PLAIN_RULES: Rules = Rules { policy: Policy::Enabled, never: Vec::new(), always: Vec::new() };

impl Injector {
    /// Which of the pods are injected.
    pub fn rules(&self) -> &Rules {
        if self.honours_config { &self.config.rules } else { &PLAIN_RULES }
    }
}

/// One pod and what is known about it.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// A decoded pod: `metadata` and `spec`, and whatever else it has.
    pub pod: Value,
    pub owner: Owner,
    /// From the webhook's URL; these win over the values.
    pub environment: BTreeMap<String, String>,
    /// Annotations of the pod's namespace, which hold OpenShift's user ranges.
    pub namespace_annotations: Option<Map<String, Value>>,
    /// `ProxyConfig` resources that apply, for the webhook.
    pub proxy_configs: ProxyConfigs,
    pub caller: Caller,
}

/// Who asks: the two treat a pod's own proxy configuration differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Caller {
    #[default]
    KubeInject,
    Webhook,
}

/// `ProxyConfig` resources by how they reach a pod, lowest first: root namespace, pod's namespace, matching selector.
#[derive(Clone, Debug, Default)]
pub struct ProxyConfigs {
    pub root: Vec<Value>,
    pub namespace: Vec<Value>,
    pub workload: Option<Value>,
}

/// What became of a pod.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Injected { pod: Value, decision: Decision, templates: Vec<String> },
    Skipped(Decision),
}

/// One thread's view of an [`Injector`]: template values are not shared between threads.
pub struct Worker<'i> {
    injector: &'i Injector,
    values: RefCell<SharedValues>,
    mesh: gotemplate::Value,
    proxy: gotemplate::Value,
    base: ProxyConfig,
}

/// The values as templates see them, made once for all pods; anew after a template has changed them.
#[derive(Default)]
struct SharedValues {
    tree: Option<gotemplate::Value>,
    watch: Watch,
}

impl SharedValues {
    fn tree(&mut self, values: &InjectValues) -> gotemplate::Value {
        if self.watch.saw_change() {
            *self = SharedValues::default();
        }
        let SharedValues { tree, watch } = self;
        tree.get_or_insert_with(|| gotemplate::Value::from_json_watched(&values.tree, watch)).clone()
    }
}

impl<'i> Worker<'i> {
    pub fn new(injector: &'i Injector) -> Self {
        let base = injector.mesh.proxy_config();
        Worker {
            injector,
            values: RefCell::default(),
            mesh: message(&MESH_CONFIG, &injector.mesh.message),
            proxy: message(&PROXY_CONFIG, &base.message),
            base,
        }
    }

    /// Injects one pod, or says why not.
    pub fn inject(&self, request: &Request) -> Result<Outcome, InjectError> {
        self.injected(request, None)
    }

    /// Injects a pod with stand-ins: what comes out, and what is taken for granted of them. Nothing if it is not
    /// injected or not without a word, or if a template looked at a stand-in.
    pub fn inject_blind(&self, request: &Request) -> Option<(Value, Vec<Condition>)> {
        let seen = RefCell::new(Seen::default());
        match self.injected(request, Some(&seen)) {
            Ok(Outcome::Injected { pod, decision, .. }) if decision.warnings.is_empty() => {
                let Seen { looked, conditions } = seen.into_inner();
                (!looked).then_some((pod, conditions))
            }
            _ => None,
        }
    }

    pub fn injector(&self) -> &'i Injector {
        self.injector
    }

    fn injected(&self, request: &Request, seen: Option<&RefCell<Seen>>) -> Result<Outcome, InjectError> {
        let metadata = request.pod.get("metadata").unwrap_or(&Value::Null);
        let spec = request.pod.get("spec").unwrap_or(&Value::Null);
        let decision = decide(metadata, spec, self.injector.rules());
        let none = Map::new();
        let own = metadata.get("annotations").and_then(Value::as_object).unwrap_or(&none);
        // `kube-inject` takes a pod's proxy configuration into the mesh's before it decides, so a bad one stops it first.
        if request.caller == Caller::KubeInject
            && decision.reason != Reason::HostNetwork
            && let Some(text) = own.get(annotations::PROXY_CONFIG).and_then(Value::as_str)
        {
            annotations::merged_proxy_config(text, &self.base).map_err(InjectError::ProxyConfig)?;
        }
        if !decision.inject {
            return Ok(Outcome::Skipped(decision));
        }
        annotations::validate(own, &self.base)?;
        let values = self.injector.values.as_ref().ok_or(InjectError::NoValues)?;
        let proxy = self.effective_proxy(request, own)?;
        let mesh_proxy = match request.caller {
            Caller::KubeInject => &*proxy,
            Caller::Webhook => &self.base,
        };
        let environment = self.environment(request, values, metadata);
        let previous = Previous::of(&request.pod)?;
        let mut original = Cow::Borrowed(&request.pod);
        if request.namespace_annotations.as_ref().is_some_and(|entries| entries.contains_key(OPENSHIFT_UIDS)) {
            customise::forget_default_user(original.to_mut());
        }
        let stripped = customise::stripped(&original, &previous, mesh_proxy.status_port());
        let templates = self.templates_for(own)?;
        let data = self.data(request, values, own, &stripped, &proxy, mesh_proxy);
        let native = match own.get(annotations::NATIVE_SIDECAR).and_then(Value::as_str) {
            Some("true") => true,
            Some("false") => false,
            _ => self.injector.native_sidecars,
        };
        let (added, merged) = self.run(&templates, &data, &original, native, seen)?;
        let merged =
            customise::reapply(merged, &added, &original, &previous, &proxy).map_err(InjectError::Customisation)?;
        let pod = finish::finish(
            merged,
            &Finish {
                added: &added,
                prometheus_merge: self.injector.mesh.prometheus_merge(),
                status_port: mesh_proxy.status_port(),
                hold: proxy.holds_application() || values.flag(&["global", "proxy", "holdApplicationUntilProxyStarts"]),
                rewrite_probes: values.flag(&["sidecarInjectorWebhook", "rewriteAppHTTPProbe"]),
                environment: &environment,
                revision: &self.injector.revision,
                injected_annotations: self
                    .injector
                    .honours_config
                    .then_some(&self.injector.config.injected_annotations),
            },
        );
        Ok(Outcome::Injected { pod, decision, templates })
    }

    /// The proxy configuration of this pod, lowest layer first.
    fn effective_proxy(
        &self,
        request: &Request,
        own: &Map<String, Value>,
    ) -> Result<Cow<'_, ProxyConfig>, InjectError> {
        let configs = &request.proxy_configs;
        if configs.root.is_empty()
            && configs.namespace.is_empty()
            && configs.workload.is_none()
            && !own.contains_key(annotations::PROXY_CONFIG)
        {
            return Ok(Cow::Borrowed(&self.base));
        }
        let mut proxy = self.base.clone();
        for resource in configs.root.iter().chain(&configs.namespace) {
            apply_resource(&mut proxy, resource);
        }
        if let Some(text) = own.get(annotations::PROXY_CONFIG).and_then(Value::as_str) {
            let given = crate::yaml::from_str(text).unwrap_or_default();
            proxy.merge(&given).map_err(|error| {
                InjectError::Annotations(InvalidAnnotations {
                    faults: vec![annotations::InvalidAnnotation {
                        name: annotations::PROXY_CONFIG.to_string(),
                        value: text.to_string(),
                        reason: error.to_string(),
                    }],
                })
            })?;
        }
        if let Some(resource) = &configs.workload {
            apply_resource(&mut proxy, resource);
        }
        Ok(Cow::Owned(proxy))
    }

    /// The variables set on the proxy whatever the templates say: cluster and network.
    fn environment(&self, request: &Request, values: &InjectValues, metadata: &Value) -> BTreeMap<String, String> {
        let mut environment = BTreeMap::new();
        let label = metadata.get("labels").and_then(|labels| labels.get(annotations::NETWORK_LABEL));
        for (name, value) in [
            ("ISTIO_META_CLUSTER_ID", values.text(&["global", "multiCluster", "clusterName"])),
            ("ISTIO_META_NETWORK", values.text(&["global", "network"])),
        ] {
            environment.insert(name.to_string(), value.to_string());
        }
        let given = &request.environment;
        environment.extend(given.iter().map(|(name, value)| (name.clone(), value.clone())));
        if let Some(network) = label.and_then(Value::as_str) {
            // An empty label takes back what the values say, but not what the URL does.
            let url = given.get("ISTIO_META_NETWORK").map_or("", String::as_str);
            let network = if network.is_empty() { url } else { network };
            environment.insert("ISTIO_META_NETWORK".to_string(), network.to_string());
        }
        environment.retain(|_, value| !value.is_empty());
        environment
    }

    fn templates_for(&self, own: &Map<String, Value>) -> Result<Vec<String>, InjectError> {
        let config = &self.injector.config;
        let wanted: Vec<String> = match own.get(annotations::TEMPLATES).and_then(Value::as_str) {
            Some(list) => list.split(',').map(|name| name.trim().to_string()).collect(),
            None if self.injector.honours_config => config.default_templates.clone(),
            None => vec!["sidecar".to_string()],
        };
        let mut names = Vec::with_capacity(wanted.len());
        for name in wanted {
            match config.aliases.get(&name).filter(|_| self.injector.honours_config) {
                Some(members) => names.extend(members.iter().cloned()),
                None => names.push(name),
            }
        }
        match names.iter().find(|name| !config.templates.contains(name)) {
            Some(name) => Err(InjectError::UnknownTemplate {
                name: name.clone(),
                have: config.templates.names().collect::<Vec<_>>().join(", "),
            }),
            None => Ok(names),
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn data(
        &self,
        request: &Request,
        values: &InjectValues,
        own: &Map<String, Value>,
        stripped: &Value,
        proxy: &ProxyConfig,
        mesh_proxy: &ProxyConfig,
    ) -> gotemplate::Value {
        let injector = self.injector;
        let (uid, gid) = request.namespace_annotations.as_ref().map_or((1337, 1337), openshift_users);
        let part = |name: &str| stripped.get(name).cloned().unwrap_or_else(|| json!({}));
        let own_type = own.get(annotations::PROXY_IMAGE_TYPE).and_then(Value::as_str);
        let [type_meta, deployment_meta] = owner_fields(&request.owner);
        let mode = if injector.mesh.inbound_is_localhost() { "localhost" } else { "passthrough" };
        let mesh = if *mesh_proxy == self.base {
            self.mesh.clone()
        } else {
            message(&MESH_CONFIG, &injector.mesh.clone().with_proxy_config(mesh_proxy).message)
        };
        let proxy_value = if *proxy == self.base { self.proxy.clone() } else { message(&PROXY_CONFIG, &proxy.message) };
        gotemplate::Value::Object(Rc::new(Root {
            type_name: "*inject.SidecarTemplateData",
            fields: vec![
                type_meta,
                deployment_meta,
                ("ObjectMeta", gotemplate::Value::object(GoStruct::new(&OBJECT_META, part("metadata")))),
                ("Spec", gotemplate::Value::object(GoStruct::new(&POD_SPEC, part("spec")))),
                ("ProxyConfig", proxy_value),
                ("MeshConfig", mesh),
                ("Values", self.values.borrow_mut().tree(values)),
                ("Revision", injector.revision.as_str().into()),
                ("NativeSidecars", injector.native_sidecars.into()),
                ("ProxyImage", values.proxy_image(proxy.image_type(), own_type).into()),
                ("ProxyUID", int64(uid)),
                ("ProxyGID", int64(gid)),
                ("InboundTrafficPolicyMode", mode.into()),
                ("CompliancePolicy", injector.compliance_policy.as_str().into()),
            ],
        }))
    }

    /// Runs the templates one after the other, each over the same data: what they add, and the pod with it. `seen` notes
    /// what they see of stand-ins.
    fn run(
        &self,
        templates: &[String],
        data: &gotemplate::Value,
        original: &Value,
        native: bool,
        seen: Option<&RefCell<Seen>>,
    ) -> Result<(Added, Value), InjectError> {
        let mut template_pod = json!({});
        let mut merged = original.clone();
        for name in templates {
            let Some(text) = self.render(name, data, seen) else { continue };
            let text = text?;
            let Some(overlay) = overlay::read(&text)? else { continue };
            // An only template without directives makes a pod of just its own; what is wrong with it shows in the merge.
            if templates.len() == 1 && !has_directives(&text) {
                return overlay::alone(merged, overlay, &text, native);
            }
            template_pod = overlaid(template_pod, overlay.clone()).map_err(InjectError::Overlay)?;
            if native && has_container(&template_pod, "initContainers", "istio-proxy") {
                move_to_init(&mut merged);
            }
            merged = overlaid(merged, overlay).map_err(InjectError::Generated)?;
        }
        Ok((Added::of(&template_pod), merged))
    }

    fn render(
        &self,
        name: &str,
        data: &gotemplate::Value,
        seen: Option<&RefCell<Seen>>,
    ) -> Option<Result<String, TemplateError>> {
        let templates = &self.injector.config.templates;
        let Some(seen) = seen else { return templates.render(name, data.clone()) };
        let rendered = templates.render_blind(name, data.clone(), STAND_INS)?;
        let mut seen = seen.borrow_mut();
        Some(rendered.map(|rendered| match rendered {
            Some(Blind { text, conditions }) => {
                seen.looked |= has_directives(&text) || !mould::reads_as_text(&text);
                seen.conditions.extend(conditions);
                text
            }
            None => {
                seen.looked = true;
                String::new()
            }
        }))
    }
}

/// What templates saw of stand-ins.
#[derive(Default)]
struct Seen {
    looked: bool,
    conditions: Vec<Condition>,
}

fn message(of: &'static crate::api::schema::Message, fields: &Map<String, Value>) -> gotemplate::Value {
    gotemplate::Value::object(MessageObject::new(of, fields.clone()))
}

/// A `ProxyConfig` resource gives concurrency, environment and image.
pub(super) fn apply_resource(proxy: &mut ProxyConfig, resource: &Value) {
    let spec = resource.get("spec").unwrap_or(resource);
    if let Some(variables) = spec.get("environmentVariables").and_then(Value::as_object) {
        proxy.add_metadata(variables);
    }
    let mut given = Map::new();
    for field in ["concurrency", "image"] {
        if let Some(value) = spec.get(field).filter(|value| !value.is_null()) {
            given.insert(field.to_string(), value.clone());
        }
    }
    // Resources were accepted by the API server, so they fit; one that does not changes nothing.
    let _ = proxy.merge(&Value::Object(given));
}

/// User and group that OpenShift allots to a namespace; 1337 where it says nothing.
fn openshift_users(annotations: &Map<String, Value>) -> (i64, i64) {
    let text = |key: &str| annotations.get(key).and_then(Value::as_str);
    let uid = text(OPENSHIFT_UIDS).and_then(block_end);
    let gid = text("openshift.io/sa.scc.supplemental-groups")
        .or_else(|| text(OPENSHIFT_UIDS))
        .and_then(|groups| block_end(groups.split(',').next().unwrap_or_default()));
    (uid.unwrap_or(1337), gid.unwrap_or(1337))
}

/// The last number of `start/size` or `start-end`.
fn block_end(block: &str) -> Option<i64> {
    if let Some((start, size)) = block.split_once('/') {
        return start.trim().parse::<i64>().ok()?.checked_add(size.trim().parse::<i64>().ok()?)?.checked_sub(1);
    }
    block.split_once('-')?.1.trim().parse().ok()
}
