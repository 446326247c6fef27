//! What the control plane of an installation would inject with, worked out of its IstioOperator without a cluster.

use serde_json::{Map, Value};

use super::config::{ConfigError, InjectConfig, InjectValues, shown_values};
use super::mesh::{MeshConfig, MeshError};
use crate::chart::{self, Capabilities, Chart, Release};
use crate::install::spec::package::Package;
use crate::install::spec::{self, Wish};
use crate::yaml;

const CHART: &str = "charts/istio-control/istio-discovery";
/// The chart's files that the values and the mesh configuration depend on.
const NEEDED: [&str; 3] = ["templates/_", "templates/zz", "templates/configmap.yaml"];
/// How the file of the injector's ConfigMap ends, in our chart and in others.
const INJECTOR: &str = "injector-configmap.yaml";
/// Prints all values after the chart has laid its layers over each other.
const PRINT_VALUES: &str = "kind: Values\nvalues: {{ toJson .Values | quote }}\n";

/// Why an installation says nothing about its injector.
#[derive(Debug, thiserror::Error)]
pub enum InstalledError {
    #[error(transparent)]
    Operator(Box<spec::Error>),
    #[error(transparent)]
    Chart(Box<chart::Error>),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("mesh configuration: {0}")]
    Mesh(#[from] MeshError),
    #[error("the chart of istiod makes no {0}")]
    Missing(&'static str),
}

impl From<spec::Error> for InstalledError {
    fn from(error: spec::Error) -> Self {
        InstalledError::Operator(Box::new(error))
    }
}

impl From<chart::Error> for InstalledError {
    fn from(error: chart::Error) -> Self {
        InstalledError::Chart(Box::new(error))
    }
}

/// An installation's injection settings.
#[derive(Clone, Debug)]
pub struct Installed {
    pub values: InjectValues,
    pub mesh: MeshConfig,
    /// `None` when only the built-in settings were asked for.
    pub config: Option<InjectConfig>,
}

/// Works out what `wish` installs, in `namespace` and with `revision` where those are given.
///
/// With `with_config`, the injector's own settings (templates, policy, selectors) are rendered too.
pub fn installed(wish: &Wish, namespace: &str, revision: &str, with_config: bool) -> Result<Installed, InstalledError> {
    let operator = wish.merged()?;
    let components = operator.components();
    let istiod = components.iter().find(|component| component.kind.key == "pilot");
    let mut values = istiod
        .map(|component| component.values.clone())
        .unwrap_or_else(|| operator.spec(&["values"]).cloned().unwrap_or_default());
    if wish.files.is_empty() {
        set(&mut values, &["global", "istioNamespace"], namespace);
    }
    if !revision.is_empty() {
        set(&mut values, &["revision"], revision);
    }
    let mut chart = match &operator.package {
        Package::Embedded => Chart::embedded(CHART)?,
        Package::Folder(folder) => Chart::load_dir(&folder.join(CHART))?,
    };
    chart.templates.retain(|path, _| {
        NEEDED.iter().any(|prefix| path.starts_with(prefix)) || (with_config && path.ends_with(INJECTOR))
    });
    chart.templates.insert("templates/printed-values.yaml".to_string(), PRINT_VALUES.as_bytes().into());
    let home = if wish.files.is_empty() { namespace } else { operator.namespace() };
    let release = Release::installer("istiod", home);
    let rendered = chart.render(&release, &Capabilities::default(), &values)?;
    let named = |kind: &'static str, prefix: &str| {
        rendered.objects().find(|object| {
            let name = object.get("metadata").and_then(|metadata| metadata.get("name")?.as_str()).unwrap_or_default();
            object.get("kind").and_then(Value::as_str) == Some(kind) && name.starts_with(prefix)
        })
    };
    let data = |object: &Value, key: &str| object.get("data")?.get(key)?.as_str().map(str::to_string);
    let printed = named("Values", "").and_then(|object| object.get("values")?.as_str());
    let printed = printed.ok_or(InstalledError::Missing("values"))?;
    let all = serde_json::from_str(printed).map_err(|error| ConfigError::Values(error.to_string()))?;
    let values = InjectValues::of(shown_values(&all))?;
    let mesh = rendered
        .objects()
        .filter(|object| object.get("kind").and_then(Value::as_str) == Some("ConfigMap"))
        .find_map(|object| data(object, "mesh"));
    let mesh = match mesh {
        Some(text) => yaml::from_str(&text).map_err(|error| ConfigError::Yaml(error.to_string()))?,
        None => Value::Null,
    };
    let config = match named("ConfigMap", "istio-sidecar-injector").and_then(|object| data(object, "config")) {
        Some(text) => Some(InjectConfig::parse(&text)?),
        None => None,
    };
    Ok(Installed { values, mesh: MeshConfig::over_defaults(&mesh)?, config })
}

fn set(values: &mut Value, path: &[&str], text: &str) {
    let mut place = values;
    for key in path {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(map) = place else { return };
        place = map.entry((*key).to_string()).or_insert(Value::Null);
    }
    *place = Value::from(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_installation_has_complete_values_and_a_mesh() {
        let installed = installed(&Wish::default(), "istio-system", "", false).unwrap();
        assert_eq!(installed.values.proxy_image(None, None), format!("{}/proxyv2:{}", spec::HUB, spec::TAG));
        assert_eq!(installed.values.text(&["global", "proxy", "clusterDomain"]), "cluster.local");
        assert_eq!(installed.values.text(&["global", "istioNamespace"]), "istio-system");
        assert_eq!(installed.mesh.proxy_config().text("discoveryAddress"), "istiod.istio-system.svc:15012");
        assert_eq!(
            installed.values.tree.as_object().map(|tree| tree.keys().cloned().collect::<Vec<_>>()),
            Some(["global", "revision", "sidecarInjectorWebhook", "pilot", "gateways"].map(String::from).to_vec())
        );
    }

    #[test]
    fn a_revision_has_its_own_control_plane() {
        let installed = installed(&Wish::default(), "mesh", "canary", true).unwrap();
        assert_eq!(installed.mesh.proxy_config().text("discoveryAddress"), "istiod-canary.mesh.svc:15012");
        let config = installed.config.unwrap();
        assert_eq!(config.templates.names().collect::<Vec<_>>(), super::super::config::BUILTIN);
    }

    #[test]
    fn an_operators_own_templates_reach_the_injector() {
        let text = "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec:\n  values:\n    \
                    sidecarInjectorWebhook:\n      defaultTemplates: [mark]\n      templates: {mark: 'metadata: {}'}\n";
        let file = crate::install::spec::input::InputFile { name: "iop.yaml".into(), text: text.into() };
        let installed = installed(&Wish { files: vec![file], ..Wish::default() }, "istio-system", "", true).unwrap();
        let config = installed.config.unwrap();
        assert_eq!(config.default_templates, ["mark"]);
        assert!(config.templates.contains("mark") && config.templates.contains("sidecar"));
    }
}
