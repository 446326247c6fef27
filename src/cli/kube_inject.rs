//! `kube-inject`: adds sidecars to the pods in manifests, before they reach a cluster.

use std::io::{Read as _, Write as _};
use std::path::Path;

use serde_json::{Value, json};

use super::{Compat, Context, Exit, Failure, Outcome};
use crate::inject::config::{InjectConfig, InjectValues};
use crate::inject::documents::{self, DocumentError, Written};
use crate::inject::engine::Injector;
use crate::inject::mesh::MeshConfig;
use crate::yaml;

/// Inject sidecars into the pods of a manifest
///
/// Without the files of a control plane, the built-in templates and the values of a default installation are used; no
/// cluster is asked. Documents without pods are passed through byte for byte.
#[derive(clap::Args, Debug)]
pub struct KubeInject {
    /// Manifest to read; `-` is standard input
    #[arg(long, short = 'f', default_value = "", hide_default_value = true)]
    filename: String,
    /// Where to write; standard output if absent
    #[arg(long, short = 'o', default_value = "", hide_default_value = true)]
    output: String,
    /// Injection configuration: the `config` of an injector ConfigMap, or a bare template
    #[arg(long = "injectConfigFile", default_value = "", hide_default_value = true)]
    inject_config_file: String,
    /// Templates to add to the built-in ones, or to put in their place, by name
    #[arg(long = "injectTemplates", default_value = "", hide_default_value = true)]
    inject_templates: String,
    /// Mesh configuration
    #[arg(long = "meshConfigFile", default_value = "", hide_default_value = true)]
    mesh_config_file: String,
    /// Template values: the `values` of an injector ConfigMap
    #[arg(long = "valuesFile", default_value = "", hide_default_value = true)]
    values_file: String,
    /// IstioOperator whose values and mesh configuration win over the other files
    #[arg(long = "operatorFileName", default_value = "", hide_default_value = true)]
    operator_file_name: String,
    /// ConfigMap with the mesh configuration
    #[arg(long = "meshConfigMapName", default_value = "istio")]
    mesh_config_map_name: String,
    /// ConfigMap with the injection configuration
    #[arg(long = "injectConfigMapName", default_value = "istio-sidecar-injector", hide = true)]
    inject_config_map_name: String,
    /// MutatingWebhookConfiguration of the injector
    #[arg(long = "webhookConfig", default_value = "istio-sidecar-injector")]
    webhook_config: String,
    /// Revision of the control plane
    #[arg(long, short = 'r', default_value = "", hide_default_value = true)]
    revision: String,
    /// Make the proxy a native sidecar: true or false; by default as ENABLE_NATIVE_SIDECARS says
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    native_sidecars: Option<bool>,
    /// Print only what injection adds
    #[arg(long)]
    diff: bool,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl KubeInject {
    pub fn run(self, context: &Context) -> Outcome {
        if self.filename.is_empty() {
            return Err(Failure::new("1 error occurred:\n\t* filename not specified (see --filename or -f)\n\n"));
        }
        let text = read(&self.filename)?;
        let injector = self.injector(context)?;
        let strict = context.compat == Compat::Strict;
        let results = documents::inject(&text, &injector);
        if !strict && let Some(error) = results.iter().find_map(|result| result.as_ref().err()) {
            return Err(self.failure(error));
        }
        let mut out = String::with_capacity(text.len() * 8);
        let mut warnings = Vec::new();
        let mut failure = None;
        for result in results {
            match result {
                Ok(written) => {
                    out.push_str(&written.text);
                    out.push_str("---\n");
                    warnings.push(written);
                }
                Err(error) => {
                    failure = Some(Failure::new(error.cause.to_string()));
                    break;
                }
            }
        }
        if self.output.is_empty() {
            super::super::ui::print(&out)?;
        } else {
            std::fs::write(&self.output, &out).map_err(|error| Failure::new(format!("{}: {error}", self.output)))?;
        }
        if let Some(failure) = failure {
            return Err(failure);
        }
        report(&warnings, strict)?;
        Ok(Exit::OK)
    }

    /// Names the file, the document and the object.
    fn failure(&self, error: &DocumentError) -> Failure {
        let file = if self.filename == "-" { "standard input" } else { &self.filename };
        let line = match &*error.cause {
            documents::Cause::Yaml(cause) => error.line + cause.line.unwrap_or(1) - 1,
            _ => error.line,
        };
        let object = if error.object.is_empty() { String::new() } else { format!(" {}:", error.object) };
        Failure::new(format!("{file}:{line}: document {}:{object} {}", error.number, error.cause))
    }

    fn revision(&self) -> &str {
        if self.revision == "default" { "" } else { &self.revision }
    }

    fn injector(&self, context: &Context) -> Result<Injector, Failure> {
        let mut config = match self.inject_config_file.as_str() {
            "" => InjectConfig::builtin()?,
            path => InjectConfig::parse(&read(path)?).map_err(|error| {
                Failure::new(format!("2 errors occurred:\n\t* {error}\n\t* loading --injectConfigFile\n\n"))
            })?,
        };
        if !self.inject_templates.is_empty() {
            let given = yaml::from_str(&read(&self.inject_templates)?)
                .map_err(|error| Failure::new(format!("{}: {error}", self.inject_templates)))?;
            config
                .add_templates(&given)
                .map_err(|error| Failure::new(format!("{}: {error}", self.inject_templates)))?;
        }
        let mesh = match self.mesh_config_file.as_str() {
            "" => MeshConfig::over_defaults(&self.installed_mesh(context))?,
            path => {
                let given = yaml::from_str(&read(path)?).map_err(|error| Failure::new(format!("{path}: {error}")))?;
                MeshConfig::over_defaults(&given).map_err(|error| Failure::new(format!("{path}: {error}")))?
            }
        };
        let values = match self.values_file.as_str() {
            "" => InjectValues::default(),
            path => InjectValues::parse(&read(path)?)?,
        };
        Ok(Injector {
            config,
            mesh,
            values: Some(values),
            revision: self.revision().to_string(),
            native_sidecars: self.native_sidecars.unwrap_or_else(native_by_environment),
            compliance_policy: std::env::var("COMPLIANCE_POLICY").unwrap_or_default(),
            honours_config: context.compat != Compat::Strict,
        })
    }

    /// What the mesh ConfigMap of a default installation says.
    fn installed_mesh(&self, context: &Context) -> Value {
        let namespace = &context.globals.istio_namespace;
        let suffix = if self.revision().is_empty() { String::new() } else { format!("-{}", self.revision()) };
        json!({
            "defaultConfig": {"discoveryAddress": format!("istiod{suffix}.{namespace}.svc:15012")},
            "defaultProviders": {"metrics": ["prometheus"]},
            "enablePrometheusMerge": true,
            "rootNamespace": namespace,
            "trustDomain": "cluster.local",
        })
    }
}

/// `ENABLE_NATIVE_SIDECARS`: without a cluster to look at, `auto` means off.
fn native_by_environment() -> bool {
    match std::env::var("ENABLE_NATIVE_SIDECARS").unwrap_or_default().as_str() {
        "true" => true,
        "false" | "auto" | "" => false,
        other => {
            eprintln!("warning: ENABLE_NATIVE_SIDECARS={other}: expected true, false or auto; native sidecars are off");
            false
        }
    }
}

fn report(written: &[Written], strict: bool) -> std::io::Result<()> {
    let mut err = std::io::stderr().lock();
    let skipped: Vec<&String> = written.iter().flat_map(|written| &written.skipped).collect();
    if !skipped.is_empty() {
        writeln!(err)?;
    }
    for text in skipped {
        writeln!(err, "{text}")?;
    }
    if !strict {
        for note in written.iter().flat_map(|written| &written.notes) {
            writeln!(err, "warning: {note}")?;
        }
    }
    Ok(())
}

fn read(path: &str) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    if path == "-" {
        std::io::stdin().lock().read_to_end(&mut bytes)?;
    } else {
        bytes = std::fs::read(Path::new(path)).map_err(|error| Failure::new(format!("open {path}: {error}")))?;
    }
    String::from_utf8(bytes).map_err(|_| Failure::new(format!("{path}: the file is not UTF-8 text")))
}
