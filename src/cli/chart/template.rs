//! `chart template`: the objects of one chart, as `helm template` would print them.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};

use super::named;
use crate::chart::set::{self, SetError, Typing};
use crate::chart::{self, Capabilities, DEFAULT_KUBE_VERSION, KubeVersion, Release, Rendered, Style};
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::yaml;

/// Render a chart and print its objects
#[derive(clap::Args, Debug)]
pub struct Template {
    /// Name of the release
    #[arg(long, default_value = "istio")]
    release: String,
    /// Version of the cluster; with a leading v taken as it is, suffix included
    #[arg(long, default_value = DEFAULT_KUBE_VERSION)]
    kube_version: String,
    /// API versions that the cluster has besides the usual ones
    #[arg(long, value_name = "GROUP/VERSION")]
    api_versions: Vec<String>,
    /// Render for an upgrade instead of an installation
    #[arg(long)]
    is_upgrade: bool,
    /// File of values, - for standard input; later files win
    #[arg(long = "values", short = 'f', value_name = "FILE")]
    values: Vec<String>,
    /// Set values: path=value, several separated by commas
    #[arg(long, value_name = "PATH=VALUE")]
    set: Vec<String>,
    /// Set values that are text whatever they look like
    #[arg(long, value_name = "PATH=TEXT")]
    set_string: Vec<String>,
    /// Set a value from JSON
    #[arg(long, value_name = "PATH=JSON")]
    set_json: Vec<String>,
    /// Set a value to the content of a file
    #[arg(long, value_name = "PATH=FILE")]
    set_file: Vec<String>,
    /// Leave out the custom resource definitions of the chart's crds folder
    #[arg(long)]
    skip_crds: bool,
    /// A built-in chart, or the path of one
    #[arg(value_name = "CHART")]
    charts: Vec<String>,
}

/// The namespace of the mesh, for those who name none.
const DEFAULT_NAMESPACE: &str = "istio-system";

impl Template {
    pub fn run(self, context: &Context) -> Outcome {
        let chart = named(&self.charts)?;
        let values = self.values()?;
        let namespace = &context.globals.namespace;
        let namespace = if namespace.is_empty() { DEFAULT_NAMESPACE } else { namespace };
        let release = Release::helm(&self.release, namespace, self.is_upgrade);
        let mut capabilities = Capabilities::new(if self.kube_version.starts_with('v') {
            KubeVersion::verbatim(&self.kube_version)
        } else {
            KubeVersion::parsed(&self.kube_version)?
        });
        capabilities.api_versions.extend(self.api_versions);
        let mut rendered = chart.render_as(Style::Helm, &release, &capabilities, &values)?;
        if self.skip_crds {
            rendered.files.retain(|file| !file.is_crd);
        }
        for warning in &rendered.warnings {
            writeln!(std::io::stderr(), "{warning}")?;
        }
        crate::ui::print(&printed(&rendered))?;
        Ok(Exit::OK)
    }

    /// Files first, then JSON, plain, text and file settings: each over the ones before.
    fn values(&self) -> Result<yaml::Value, Failure> {
        let mut values = yaml::Value::Object(serde_json::Map::new());
        for file in &self.values {
            values = chart::merge(&read_values(file)?, &values);
        }
        let failed = |flag: &str, text: &str, error: SetError| Failure::usage(format!("--{flag} {text}: {error}"));
        for text in &self.set_json {
            set::apply_json(&mut values, text).map_err(|error| failed("set-json", text, error))?;
        }
        for text in &self.set {
            set::apply(&mut values, text, Typing::Inferred).map_err(|error| failed("set", text, error))?;
        }
        for text in &self.set_string {
            set::apply(&mut values, text, Typing::Text).map_err(|error| failed("set-string", text, error))?;
        }
        for text in &self.set_file {
            set::apply_file(&mut values, text, |file| {
                fs::read_to_string(file).map_err(|error| Failure::new(format!("cannot read {file}: {error}")))
            })?;
        }
        Ok(values)
    }
}

fn read_values(file: &str) -> Result<yaml::Value, Failure> {
    let unreadable =
        |error: std::io::Error| Failure::new(format!("cannot read {file}: {error}")).with_exit(Exit::UNREADABLE);
    let mut text = String::new();
    if file == "-" {
        std::io::stdin().read_to_string(&mut text).map_err(unreadable)?;
    } else {
        text = fs::read_to_string(file).map_err(unreadable)?;
    }
    match yaml::from_str(&text) {
        Ok(yaml::Value::Null) => Ok(yaml::Value::Object(serde_json::Map::new())),
        Ok(map @ yaml::Value::Object(_)) => Ok(map),
        Ok(_) => Err(Failure::new(format!("{file}: values are a map")).with_exit(Exit::UNREADABLE)),
        Err(error) => Err(Failure::new(format!("{file}: {error}")).with_exit(Exit::UNREADABLE)),
    }
}

/// The objects in Helm's order, each under the name of its file.
fn printed(rendered: &Rendered) -> String {
    let mut text = String::new();
    for (path, object) in rendered.in_install_order() {
        let _ = write!(text, "---\n# Source: {path}\n{}", yaml::to_string(object));
    }
    text
}
