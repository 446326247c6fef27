//! What an injector is configured with: the `config` and `values` keys of its ConfigMap, read tolerantly and precisely.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::decide::{Policy, Rules};
use super::misfit;
use super::template::{TemplateError, Templates};
use crate::install::spec::schema::VALUES;

/// The templates compiled into this binary, by name.
pub const BUILTIN: &[&str] =
    &["agentgateway", "gateway", "grpc-agent", "grpc-simple", "kube-gateway", "sidecar", "waypoint"];
const FOLDER: &str = "charts/istio-control/istio-discovery/files/injection";

/// A configuration that cannot be read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConfigError {
    #[error("could not parse configuration values: {0}")]
    Values(String),
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error("{key} is not {wanted}")]
    Shape { key: &'static str, wanted: &'static str },
    #[error("{0}")]
    Yaml(String),
}

/// The `config` key: which templates exist, which are used, and which pods are meant.
#[derive(Clone, Debug)]
pub struct InjectConfig {
    pub templates: Templates,
    pub default_templates: Vec<String>,
    pub aliases: BTreeMap<String, Vec<String>>,
    pub injected_annotations: BTreeMap<String, String>,
    pub rules: Rules,
}

impl InjectConfig {
    /// The built-in templates with the policy of a default installation.
    pub fn builtin() -> Result<Self, ConfigError> {
        let mut texts = BTreeMap::new();
        for name in BUILTIN {
            let bytes = crate::chart::embedded::file(&format!("{FOLDER}/{name}.yaml")).unwrap_or_default();
            texts.insert((*name).to_string(), String::from_utf8_lossy(&bytes).into_owned());
        }
        Ok(InjectConfig::of_templates(Templates::parse(texts)?))
    }

    fn of_templates(templates: Templates) -> Self {
        InjectConfig {
            templates,
            default_templates: vec!["sidecar".to_string()],
            aliases: BTreeMap::new(),
            injected_annotations: BTreeMap::new(),
            rules: Rules::default(),
        }
    }

    /// The text of a `config` key or of a file like it. What has no `templates` is itself the template `sidecar`.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let given = crate::yaml::from_str(text).ok();
        let has_templates = given
            .as_ref()
            .and_then(|given| given.get("templates"))
            .and_then(Value::as_object)
            .filter(|map| !map.is_empty());
        let (Some(given), Some(_)) = (&given, has_templates) else {
            let texts = BTreeMap::from([("sidecar".to_string(), text.to_string())]);
            return Ok(InjectConfig::of_templates(Templates::parse(texts)?));
        };
        let mut config = InjectConfig::of_templates(Templates::parse(texts_of(given, "templates")?)?);
        config.take_settings(given)?;
        Ok(config)
    }

    /// Adds or replaces templates by name: those below `customTemplates` and `templates` of the given file.
    pub fn add_templates(&mut self, given: &Value) -> Result<(), ConfigError> {
        for key in ["templates", "customTemplates"] {
            for (name, text) in texts_of(given, key)? {
                self.templates.insert(name, text)?;
            }
        }
        Ok(())
    }

    fn take_settings(&mut self, given: &Value) -> Result<(), ConfigError> {
        if let Some(policy) = given.get("policy").and_then(Value::as_str) {
            self.rules.policy = Policy::parse(policy);
        }
        let defaults = names(given.get("defaultTemplates"));
        if !defaults.is_empty() {
            self.default_templates = defaults;
        }
        for (alias, templates) in given.get("aliases").and_then(Value::as_object).into_iter().flatten() {
            self.aliases.insert(alias.clone(), names(Some(templates)));
        }
        let selectors = |key: &str| given.get(key).and_then(Value::as_array).cloned();
        if let Some(never) = selectors("neverInjectSelector") {
            self.rules.never = never;
        }
        if let Some(always) = selectors("alwaysInjectSelector") {
            self.rules.always = always;
        }
        self.injected_annotations.extend(annotations_of(given)?);
        Ok(())
    }
}

fn annotations_of(given: &Value) -> Result<BTreeMap<String, String>, ConfigError> {
    match given.get("injectedAnnotations") {
        Some(Value::Object(entries)) => Ok(entries
            .iter()
            .map(|(key, value)| (key.clone(), value.as_str().map_or_else(|| value.to_string(), str::to_string)))
            .collect()),
        None | Some(Value::Null) => Ok(BTreeMap::new()),
        Some(_) => Err(ConfigError::Shape { key: "injectedAnnotations", wanted: "a map of texts" }),
    }
}

fn texts_of(given: &Value, key: &'static str) -> Result<BTreeMap<String, String>, ConfigError> {
    let Some(templates) = given.get(key).filter(|templates| !templates.is_null()) else { return Ok(BTreeMap::new()) };
    let wrong = ConfigError::Shape { key, wanted: "a map of template texts" };
    let templates = templates.as_object().ok_or(wrong.clone())?;
    templates.iter().map(|(name, text)| Ok((name.clone(), text.as_str().ok_or(wrong.clone())?.to_string()))).collect()
}

fn names(list: Option<&Value>) -> Vec<String> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_string).collect()
}

/// The `values` key, and the few settings the engine itself reads out of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct InjectValues {
    /// Null when the text was empty.
    pub tree: Value,
}

impl InjectValues {
    /// Reads JSON or YAML text. Empty text and `null` are values without content.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let tree = crate::yaml::from_str(text).map_err(|error| ConfigError::Values(misfit::in_yaml(&error)))?;
        InjectValues::of(tree)
    }

    pub fn of(tree: Value) -> Result<Self, ConfigError> {
        match misfit::in_tree(&tree, VALUES) {
            Some(words) => Err(ConfigError::Values(words)),
            None => Ok(InjectValues { tree }),
        }
    }

    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(&self.tree, |tree, key| tree.get(*key))
    }

    pub fn text(&self, path: &[&str]) -> &str {
        self.at(path).and_then(Value::as_str).unwrap_or_default()
    }

    pub fn flag(&self, path: &[&str]) -> bool {
        self.at(path).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The image tag: text, or a number in its shortest form.
    fn tag(&self) -> String {
        match self.at(&["global", "tag"]) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    /// The image `name` (or what the values call the proxy) in the variant asked for.
    ///
    /// `mesh_type` is the mesh's image setting, `own_type` the pod's annotation; each replaces what is below it.
    pub fn image(&self, name: &str, mesh_type: Option<&str>, own_type: Option<&str>) -> String {
        let kind = own_type.or(mesh_type).unwrap_or_else(|| self.text(&["global", "variant"]));
        let mut tag = self.tag();
        if !kind.is_empty() {
            let bare =
                tag.strip_suffix("-distroless").or_else(|| tag.strip_suffix("-debug")).unwrap_or(&tag).to_string();
            tag = if kind == "default" { bare } else { format!("{bare}-{kind}") };
        }
        format!("{}/{name}:{tag}", self.text(&["global", "hub"]))
    }

    pub fn proxy_image(&self, mesh_type: Option<&str>, own_type: Option<&str>) -> String {
        let name = Some(self.text(&["global", "proxy", "image"])).filter(|name| !name.is_empty()).unwrap_or("proxyv2");
        self.image(name, mesh_type, own_type)
    }
}

/// The part of the istiod chart's values that its injector ConfigMap shows to templates.
pub fn shown_values(chart_values: &Value) -> Value {
    let mut shown = Map::new();
    for key in ["global", "revision", "sidecarInjectorWebhook"] {
        if let Some(value) = chart_values.get(key) {
            shown.insert(key.to_string(), value.clone());
        }
    }
    let gateways = chart_values.get("gateways").unwrap_or(&Value::Null);
    for (key, from, kept) in
        [("pilot", chart_values, ["cni", "env"]), ("gateways", gateways, ["securityContext", "seccompProfile"])]
    {
        let entries = kept.iter().filter_map(|name| Some(((*name).to_string(), from.get(*name)?.clone())));
        shown.insert(key.to_string(), Value::Object(entries.collect()));
    }
    Value::Object(shown)
}
