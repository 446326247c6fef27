//! Where a command's injection settings come from: files, an IstioOperator, a cluster, or what this binary was built with.

use std::io::{self, Read as _};

use serde_json::Value;

use crate::cli::{Compat, Context, Failure};
use crate::cluster::{Cluster, Resource, Selection, block_on};
use crate::inject::config::{InjectConfig, InjectValues};
use crate::inject::engine::Injector;
use crate::inject::installed::{Installed, installed};
use crate::inject::mesh::{MeshConfig, NO_PROTO};
use crate::inject::misfit;
use crate::install::spec::Wish;
use crate::install::spec::input::InputFile;
use crate::ui::log;
use crate::yaml;

const MESH_CONFIG_MAP: &str = "istio";
const INJECT_CONFIG_MAP: &str = "istio-sidecar-injector";
/// The first Kubernetes release whose kubelet runs native sidecars without doubt.
const NATIVE_SINCE: (u32, u32) = (1, 33);

/// The settings of a control plane, each from a file or a cluster.
#[derive(clap::Args, Debug)]
pub struct Source {
    /// Injection configuration: the `config` of an injector ConfigMap, or a bare template
    #[arg(long = "injectConfigFile", default_value = "")]
    inject_config_file: String,
    /// Templates to add to the built-in ones, or to put in their place, by name
    #[arg(long = "injectTemplates", default_value = "")]
    inject_templates: String,
    /// Mesh configuration
    #[arg(long = "meshConfigFile", default_value = "")]
    mesh_config_file: String,
    /// Template values: the `values` of an injector ConfigMap
    #[arg(long = "valuesFile", default_value = "")]
    values_file: String,
    /// IstioOperator whose values and mesh configuration win over the other files
    #[arg(long = "operatorFileName", default_value = "")]
    operator_file_name: String,
    /// ConfigMap of the cluster with the mesh configuration
    #[arg(long = "meshConfigMapName", default_value = MESH_CONFIG_MAP)]
    mesh_config_map_name: String,
    /// ConfigMap of the cluster with the injection configuration
    #[arg(long = "injectConfigMapName", default_value = INJECT_CONFIG_MAP, hide = true)]
    inject_config_map_name: String,
    /// Revision of the control plane
    #[arg(long, short = 'r', default_value = "")]
    revision: String,
    /// Whether the proxy is a native sidecar; by default as ENABLE_NATIVE_SIDECARS or the cluster's nodes say
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    native_sidecars: Option<bool>,
}

/// What a cluster's control plane has been configured with.
#[derive(Default)]
struct FromCluster {
    mesh: Option<Value>,
    config: Option<InjectConfig>,
    values: Option<InjectValues>,
    native: Option<bool>,
}

impl Source {
    /// The revision; empty for the default one.
    pub fn revision(&self) -> &str {
        if self.revision == "default" { "" } else { &self.revision }
    }

    /// Whether all settings come from the command line, as a person who inspects the result wants to know.
    pub fn describe(&self, context: &Context) -> &'static str {
        if self.asks_cluster(context) {
            "the cluster's control plane"
        } else if self.inject_config_file.is_empty()
            && self.values_file.is_empty()
            && self.operator_file_name.is_empty()
        {
            "a default installation"
        } else {
            "files"
        }
    }

    /// What is wrong when there is nothing to read a mesh configuration from.
    pub fn names_mesh(&self) -> Result<(), &'static str> {
        match [&self.mesh_config_file, &self.mesh_config_map_name, &self.operator_file_name] {
            given if given.iter().all(|name| name.is_empty()) => {
                Err("--meshConfigFile or --meshConfigMapName or --operatorFileName must be set")
            }
            _ => Ok(()),
        }
    }

    /// Reads everything that was named, and the rest from the cluster or the built-in installation.
    pub fn injector(&self, context: &Context) -> Result<Injector, Failure> {
        check([self.names_mesh()])?;
        let cluster = if self.asks_cluster(context) { self.cluster_settings(context)? } else { FromCluster::default() };
        let needs_installation = !self.operator_file_name.is_empty()
            || (self.mesh_config_file.is_empty() && cluster.mesh.is_none())
            || (self.values_file.is_empty() && cluster.values.is_none());
        let installation = if needs_installation { Some(self.installation(context)?) } else { None };
        let from_operator = !self.operator_file_name.is_empty();
        let mut config = match (self.inject_config_file.as_str(), cluster.config) {
            ("", Some(config)) => config,
            ("", None) => match installation.as_ref().and_then(|installed| installed.config.clone()) {
                Some(config) => config,
                None => InjectConfig::builtin()?,
            },
            (path, _) => InjectConfig::parse(&read(path)?).map_err(|error| {
                Failure::new(format!("2 errors occurred:\n\t* {error}\n\t* loading --injectConfigFile\n\n"))
            })?,
        };
        if !self.inject_templates.is_empty() {
            let path = &self.inject_templates;
            config.add_templates(&read_yaml(path)?).map_err(|error| Failure::new(format!("{path}: {error}")))?;
        }
        let mesh = match (&installation, self.mesh_config_file.as_str(), cluster.mesh) {
            (Some(installed), _, _) if from_operator => installed.mesh.clone(),
            (_, path, _) if !path.is_empty() => mesh_file(path, context.compat)?,
            (_, _, Some(mesh)) => MeshConfig::over_defaults(&mesh)?,
            (Some(installed), _, _) => installed.mesh.clone(),
            (None, _, None) => MeshConfig::default(),
        };
        let values = match (&installation, self.values_file.as_str(), cluster.values) {
            (Some(installed), _, _) if from_operator => installed.values.clone(),
            (_, path, _) if !path.is_empty() => InjectValues::parse(&read(path)?)?,
            (_, _, Some(values)) => values,
            (Some(installed), _, _) => installed.values.clone(),
            (None, _, None) => InjectValues::default(),
        };
        let native = self.native_sidecars.or_else(native_by_environment).or(cluster.native).unwrap_or(false);
        Ok(Injector {
            config,
            mesh,
            values: Some(values),
            revision: self.revision().to_string(),
            native_sidecars: native,
            compliance_policy: std::env::var("COMPLIANCE_POLICY").unwrap_or_default(),
            honours_config: context.compat != Compat::Strict,
        })
    }

    fn installation(&self, context: &Context) -> Result<Installed, Failure> {
        let mut wish = Wish::default();
        if !self.operator_file_name.is_empty() {
            wish.files.push(InputFile { name: self.operator_file_name.clone(), text: read(&self.operator_file_name)? });
        }
        let with_config = !wish.files.is_empty() && self.inject_config_file.is_empty();
        Ok(installed(&wish, &context.globals.istio_namespace, self.revision(), with_config)?)
    }

    /// A cluster is asked only when the command line points at one, and something is missing that it has.
    fn asks_cluster(&self, context: &Context) -> bool {
        let complete =
            !self.operator_file_name.is_empty() || (!self.mesh_config_file.is_empty() && !self.values_file.is_empty());
        let named = !context.globals.kubeconfig.is_empty()
            || !context.globals.context.is_empty()
            || self.mesh_config_map_name != MESH_CONFIG_MAP
            || self.inject_config_map_name != INJECT_CONFIG_MAP
            || context.compat == Compat::Strict;
        named && !complete
    }

    fn cluster_settings(&self, context: &Context) -> Result<FromCluster, Failure> {
        let namespace = context.globals.istio_namespace.as_str();
        let suffixed = |name: &str, default: &str| match self.revision() {
            "" => name.to_string(),
            revision if name == default => format!("{name}-{revision}"),
            _ => name.to_string(),
        };
        let mesh_name = suffixed(&self.mesh_config_map_name, MESH_CONFIG_MAP);
        let inject_name = suffixed(&self.inject_config_map_name, INJECT_CONFIG_MAP);
        let target = context.target()?;
        let (mesh, inject, native) = block_on(async {
            let cluster = Cluster::connect(&target).await?;
            let mesh = match self.mesh_config_file.as_str() {
                "" => Some(config_map(&cluster, namespace, &mesh_name, "--meshConfigFile").await?),
                _ => None,
            };
            let inject = match (self.inject_config_file.as_str(), self.values_file.as_str()) {
                ("", _) | (_, "") => Some(config_map(&cluster, namespace, &inject_name, "--injectConfigFile").await?),
                _ => None,
            };
            let native = nodes_are_native(&cluster).await;
            Ok::<_, Failure>((mesh, inject, native))
        })??;
        let text = |map: &Option<Value>, key: &str| map.as_ref()?.get("data")?.get(key)?.as_str().map(str::to_string);
        let mesh = match mesh {
            Some(_) => {
                let text = text(&mesh, "mesh").ok_or_else(|| Failure::new("missing configuration map key \"mesh\""))?;
                Some(yaml::from_str(&text).map_err(|error| Failure::new(format!("ConfigMap {mesh_name}: {error}")))?)
            }
            None => None,
        };
        let config = match text(&inject, "config").filter(|_| self.inject_config_file.is_empty()) {
            Some(text) => Some(InjectConfig::parse(&text)?),
            None => None,
        };
        let values = match text(&inject, "values").filter(|_| self.values_file.is_empty()) {
            Some(text) => Some(InjectValues::parse(&text)?),
            None => None,
        };
        Ok(FromCluster { mesh, config, values, native })
    }
}

async fn config_map(cluster: &Cluster, namespace: &str, name: &str, flag: &str) -> Result<Value, Failure> {
    let failed = |reason: String| {
        Failure::new(format!(
            "could not read valid configmap \"{name}\" from namespace \"{namespace}\": {reason} - Use {flag} or re-run \
             with `-i <istioSystemNamespace>` and ensure valid MeshConfig exists"
        ))
    };
    let resource = Resource::known("", "ConfigMap").ok_or_else(|| failed("unknown kind".to_string()))?;
    match cluster.get(&resource, Some(namespace), name).await {
        Ok(Some(map)) => Ok(map),
        Ok(None) => Err(failed(format!("configmaps \"{name}\" not found"))),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// Whether every node's kubelet runs native sidecars. `None` when the nodes cannot be read.
async fn nodes_are_native(cluster: &Cluster) -> Option<bool> {
    let nodes = cluster.list(&Resource::known("", "Node")?, &Selection::default()).await.ok()?;
    let version = |node: &Value| {
        let text = node.get("status")?.get("nodeInfo")?.get("kubeletVersion")?.as_str()?;
        let mut numbers = text.trim_start_matches('v').split('.');
        Some((numbers.next()?.parse::<u32>().ok()?, numbers.next()?.parse::<u32>().ok()?))
    };
    Some(nodes.iter().all(|node| version(node).is_some_and(|version| version >= NATIVE_SINCE)))
}

/// `ENABLE_NATIVE_SIDECARS`; `None` when the nodes are to decide.
fn native_by_environment() -> Option<bool> {
    match std::env::var("ENABLE_NATIVE_SIDECARS").unwrap_or_default().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        "auto" | "" => None,
        other => {
            log::warn(&format!(
                "ENABLE_NATIVE_SIDECARS={other}: expected true, false or auto; native sidecars are off"
            ));
            Some(false)
        }
    }
}

/// All flags that are wrong, in one list.
pub fn check(flags: impl IntoIterator<Item = Result<(), &'static str>>) -> Result<(), Failure> {
    let faults: Vec<String> = flags.into_iter().filter_map(Result::err).map(|fault| format!("\n\t* {fault}")).collect();
    match faults.len() {
        0 => Ok(()),
        count => {
            let plural = if count == 1 { "" } else { "s" };
            Err(Failure::new(format!("{count} error{plural} occurred:{}\n\n", faults.concat())))
        }
    }
}

fn mesh_file(path: &str, compat: Compat) -> Result<MeshConfig, Failure> {
    let failed = |own: String, reference: String| match compat {
        Compat::Strict => Failure::new(reference),
        _ => Failure::new(format!("{path}: {own}")),
    };
    let given = yaml::from_str(&read(path)?)
        .map_err(|error| failed(error.to_string(), format!("{NO_PROTO}{}", misfit::in_yaml(&error))))?;
    MeshConfig::over_defaults(&given).map_err(|error| failed(error.to_string(), error.reference()))
}

/// The text of a file; `-` is standard input.
pub fn read(path: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    if path == "-" {
        std::io::stdin().lock().read_to_end(&mut bytes)?;
    } else {
        bytes = std::fs::read(path).map_err(|error| no_file(path, &error))?;
    }
    String::from_utf8(bytes).map_err(|_| Failure::new(format!("{path}: the file is not UTF-8 text")))
}

/// What Go says of a file that cannot be opened or read.
pub fn no_file(path: &str, error: &io::Error) -> Failure {
    let (doing, reason) = match error.kind() {
        io::ErrorKind::NotFound => ("open", "no such file or directory".to_string()),
        io::ErrorKind::PermissionDenied => ("open", "permission denied".to_string()),
        io::ErrorKind::IsADirectory => ("read", "is a directory".to_string()),
        _ => ("open", error.to_string()),
    };
    Failure::new(format!("{doing} {path}: {reason}"))
}

pub fn read_yaml(path: &str) -> Result<Value, Failure> {
    yaml::from_str(&read(path)?).map_err(|error| Failure::new(format!("{path}: {error}")))
}
