//! Helm charts: loading (embedded, folder, archive), values, rendering.
//!
//! A [`Chart`] is what was loaded, [`Chart::render`] makes [`Rendered`] files and objects of it. The two callers, Helm's command
//! line and Istio's installer, treat subcharts and output order differently; [`Style`] says whose rules apply.

mod catalogue;
mod context;
mod dependencies;
pub mod embedded;
mod error;
mod glob;
mod load;
mod metadata;
mod output;
mod render;
mod schema;
pub mod set;
mod values;

use std::borrow::Cow;
use std::collections::BTreeMap;

pub use catalogue::{CATALOGUE, Entry};
pub use error::Error;
pub use metadata::{Dependency, Metadata};
pub use output::{Rendered, RenderedFile, TextFile, Texts};
pub use values::{coalesce, merge};

use crate::yaml;

/// The bytes of one file of a chart; embedded ones are not copied.
pub type Bytes = Cow<'static, [u8]>;

/// A chart as it was loaded.
#[derive(Clone, Debug)]
pub struct Chart {
    pub metadata: Metadata,
    /// `values.yaml`; an empty map when there is none.
    pub values: yaml::Value,
    /// The text of `values.yaml`.
    pub values_text: Option<Bytes>,
    /// `values.schema.json`.
    pub schema: Option<Bytes>,
    /// The files below `templates/`, by path from the chart's root.
    pub templates: BTreeMap<String, Bytes>,
    /// All other files, those below `crds/` included.
    pub files: BTreeMap<String, Bytes>,
    /// The charts below `charts/`.
    pub subcharts: Vec<Chart>,
}

/// What a chart sees as `.Release`.
#[derive(Clone, Debug)]
pub struct Release {
    pub name: String,
    pub namespace: String,
    pub is_install: bool,
    pub is_upgrade: bool,
    pub revision: i64,
}

impl Release {
    /// As `helm template` has it: an install unless it is an upgrade.
    pub fn helm(name: &str, namespace: &str, is_upgrade: bool) -> Self {
        Release { name: name.into(), namespace: namespace.into(), is_install: !is_upgrade, is_upgrade, revision: 1 }
    }

    /// As Istio's installer has it: neither install nor upgrade.
    pub fn installer(name: &str, namespace: &str) -> Self {
        Release { name: name.into(), namespace: namespace.into(), is_install: false, is_upgrade: false, revision: 0 }
    }
}

/// What a chart sees as `.Capabilities`.
#[derive(Clone, Debug)]
pub struct Capabilities {
    pub kube_version: KubeVersion,
    /// Group/version and group/version/kind strings.
    pub api_versions: Vec<String>,
}

/// The version of the cluster that the chart is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeVersion {
    pub version: String,
    pub major: String,
    pub minor: String,
}

impl KubeVersion {
    /// The text as the cluster gave it, suffix included.
    pub fn verbatim(version: &str) -> Self {
        let numbers = version.trim_start_matches('v');
        let mut parts = numbers.split(['.', '-', '+']);
        let mut part = || parts.next().unwrap_or_default().to_owned();
        KubeVersion { version: version.into(), major: part(), minor: part() }
    }

    /// As Helm's `--kube-version` reads it: `1.33.1-gke.5` and `v1.33.1` are both `v1.33.1`.
    ///
    /// # Errors
    /// Text that is not a version.
    pub fn parsed(text: &str) -> Result<Self, Error> {
        let version = crate::gotemplate::semver::Version::parse(text)
            .ok_or_else(|| Error::KubeVersion { text: text.to_owned() })?;
        Ok(KubeVersion {
            version: format!("v{}.{}.{}", version.major, version.minor, version.patch),
            major: version.major.to_string(),
            minor: version.minor.to_string(),
        })
    }
}

/// The cluster version charts are rendered for when nobody says which.
pub const DEFAULT_KUBE_VERSION: &str = "v1.32.0";

impl Default for Capabilities {
    fn default() -> Self {
        Capabilities::new(KubeVersion::verbatim(DEFAULT_KUBE_VERSION))
    }
}

/// The API versions every cluster is taken to have.
const API_VERSIONS: &[&str] = &[
    "v1",
    "admissionregistration.k8s.io/v1",
    "admissionregistration.k8s.io/v1alpha1",
    "admissionregistration.k8s.io/v1beta1",
    "apiextensions.k8s.io/v1",
    "apiextensions.k8s.io/v1beta1",
    "apps/v1",
    "apps/v1beta1",
    "apps/v1beta2",
    "authentication.k8s.io/v1",
    "authentication.k8s.io/v1alpha1",
    "authentication.k8s.io/v1beta1",
    "authorization.k8s.io/v1",
    "authorization.k8s.io/v1beta1",
    "autoscaling/v1",
    "autoscaling/v2",
    "autoscaling/v2beta1",
    "autoscaling/v2beta2",
    "batch/v1",
    "batch/v1beta1",
    "certificates.k8s.io/v1",
    "certificates.k8s.io/v1alpha1",
    "certificates.k8s.io/v1beta1",
    "coordination.k8s.io/v1",
    "coordination.k8s.io/v1alpha2",
    "coordination.k8s.io/v1beta1",
    "discovery.k8s.io/v1",
    "discovery.k8s.io/v1beta1",
    "events.k8s.io/v1",
    "events.k8s.io/v1beta1",
    "extensions/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1",
    "flowcontrol.apiserver.k8s.io/v1beta1",
    "flowcontrol.apiserver.k8s.io/v1beta2",
    "flowcontrol.apiserver.k8s.io/v1beta3",
    "internal.apiserver.k8s.io/v1alpha1",
    "networking.k8s.io/v1",
    "networking.k8s.io/v1beta1",
    "node.k8s.io/v1",
    "node.k8s.io/v1alpha1",
    "node.k8s.io/v1beta1",
    "policy/v1",
    "policy/v1beta1",
    "rbac.authorization.k8s.io/v1",
    "rbac.authorization.k8s.io/v1alpha1",
    "rbac.authorization.k8s.io/v1beta1",
    "resource.k8s.io/v1",
    "resource.k8s.io/v1alpha3",
    "resource.k8s.io/v1beta1",
    "resource.k8s.io/v1beta2",
    "scheduling.k8s.io/v1",
    "scheduling.k8s.io/v1alpha1",
    "scheduling.k8s.io/v1beta1",
    "storage.k8s.io/v1",
    "storage.k8s.io/v1alpha1",
    "storage.k8s.io/v1beta1",
    "storagemigration.k8s.io/v1alpha1",
];

impl Capabilities {
    /// A cluster of this version with the API versions every cluster has.
    pub fn new(kube_version: KubeVersion) -> Self {
        Capabilities { kube_version, api_versions: API_VERSIONS.iter().map(|name| (*name).to_owned()).collect() }
    }
}

/// Whose rules apply where Helm and Istio's installer differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Conditions, tags and imported values of subcharts count; CRDs come first.
    Helm,
    /// Every subchart is rendered; CRDs come last.
    #[default]
    Installer,
}

impl Chart {
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// Whether it only lends its definitions to other charts.
    pub fn is_library(&self) -> bool {
        self.metadata.kind == "library"
    }

    /// Renders by the rules of Istio's installer.
    ///
    /// # Errors
    /// See [`Chart::render_as`].
    pub fn render(
        &self,
        release: &Release,
        capabilities: &Capabilities,
        user_values: &yaml::Value,
    ) -> Result<Rendered, Error> {
        self.render_as(Style::Installer, release, capabilities, user_values)
    }

    /// The chart's values under what the user gave: what a template sees as `.Values`.
    ///
    /// # Errors
    /// A subchart whose values are no map.
    pub fn effective_values(&self, user_values: &yaml::Value) -> Result<yaml::Value, Error> {
        values::for_chart(self, user_values, &mut Vec::new())
    }
}

#[cfg(test)]
mod tests;
