//! `Chart.yaml`: who the chart is, and which charts it needs.

use std::any::Any;

use serde::Deserialize;
use serde_json::json;

use crate::gotemplate::{List, Map, Object, Value};
use crate::yaml;

/// The fields of `Chart.yaml`, under the names of the file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    pub api_version: String,
    pub name: String,
    pub version: String,
    pub app_version: String,
    pub description: String,
    pub home: String,
    pub icon: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub kube_version: String,
    pub condition: String,
    pub tags: String,
    pub deprecated: bool,
    pub keywords: Vec<String>,
    pub sources: Vec<String>,
    pub maintainers: Vec<Maintainer>,
    pub annotations: std::collections::BTreeMap<String, String>,
    pub dependencies: Vec<Dependency>,
}

/// Who looks after a chart.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Maintainer {
    pub name: String,
    pub email: String,
    pub url: String,
}

/// A chart that this one needs.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Dependency {
    pub name: String,
    pub version: String,
    pub repository: String,
    pub alias: String,
    /// Paths of values, separated by commas; the first that is a boolean decides.
    pub condition: String,
    pub tags: Vec<String>,
    pub import_values: Vec<yaml::Value>,
}

impl Dependency {
    /// The name its values stand under.
    pub fn local_name(&self) -> &str {
        if self.alias.is_empty() { &self.name } else { &self.alias }
    }
}

impl Metadata {
    /// Reads `Chart.yaml`. Numbers where text is expected (`version: 1.0`) are taken as text, as Go takes them.
    pub(super) fn read(mut tree: yaml::Value) -> Result<Self, serde_json::Error> {
        if let Some(fields) = tree.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
            for value in fields.values_mut() {
                if value.is_number() {
                    *value = value.to_string().into();
                }
            }
            if let Some(annotations) = fields.get_mut("annotations").and_then(|value| value.as_object_mut()) {
                for value in annotations.values_mut().filter(|value| !value.is_string()) {
                    *value = value.to_string().into();
                }
            }
        }
        serde_json::from_value(tree)
    }
}

/// The entries that say something.
fn filled<const N: usize>(entries: [(&str, yaml::Value); N]) -> yaml::Value {
    let says_something = |value: &yaml::Value| match value {
        yaml::Value::String(text) => !text.is_empty(),
        yaml::Value::Array(items) => !items.is_empty(),
        yaml::Value::Object(entries) => !entries.is_empty(),
        other => *other != json!(false),
    };
    let entries = entries.into_iter().filter(|(_, value)| says_something(value));
    yaml::Value::Object(entries.map(|(key, value)| (key.to_owned(), value)).collect())
}

/// `.Chart` as templates see it: the metadata under Go's names.
pub(super) struct ChartObject {
    pub metadata: Metadata,
    pub is_root: bool,
}

impl Object for ChartObject {
    fn type_name(&self) -> &str {
        "struct { chart.Metadata; IsRoot bool }"
    }

    fn field(&self, name: &str) -> Option<Value> {
        let metadata = &self.metadata;
        let text = |text: &String| Value::str(text.as_str());
        Some(match name {
            "Name" => text(&metadata.name),
            "Version" => text(&metadata.version),
            "AppVersion" => text(&metadata.app_version),
            "APIVersion" => text(&metadata.api_version),
            "Description" => text(&metadata.description),
            "Home" => text(&metadata.home),
            "Icon" => text(&metadata.icon),
            "Type" => text(&metadata.kind),
            "KubeVersion" => text(&metadata.kube_version),
            "Condition" => text(&metadata.condition),
            "Tags" => text(&metadata.tags),
            "Deprecated" => metadata.deprecated.into(),
            "IsRoot" => self.is_root.into(),
            "Keywords" => List::strings(metadata.keywords.iter().map(String::as_str)).into(),
            "Sources" => List::strings(metadata.sources.iter().map(String::as_str)).into(),
            "Annotations" => {
                Map::text(metadata.annotations.iter().map(|(key, value)| (key.as_str(), value.as_str()))).into()
            }
            "Maintainers" => Value::list(
                metadata
                    .maintainers
                    .iter()
                    .map(|who| {
                        Map::text([
                            ("Name", who.name.as_str()),
                            ("Email", who.email.as_str()),
                            ("URL", who.url.as_str()),
                        ])
                        .into()
                    })
                    .collect(),
            ),
            "Dependencies" => Value::list(
                metadata
                    .dependencies
                    .iter()
                    .map(|needed| {
                        Map::text([
                            ("Name", needed.name.as_str()),
                            ("Version", needed.version.as_str()),
                            ("Repository", needed.repository.as_str()),
                            ("Condition", needed.condition.as_str()),
                            ("Alias", needed.alias.as_str()),
                        ])
                        .into()
                    })
                    .collect(),
            ),
            _ => return None,
        })
    }

    fn print(&self) -> String {
        let metadata = &self.metadata;
        // Go prints pointers as addresses, which mean nothing here.
        let pointers = |count: usize| format!("[{}]", vec!["0x0"; count].join(" "));
        let words = |words: &[String]| format!("[{}]", words.join(" "));
        let annotations: Vec<String> =
            metadata.annotations.iter().map(|(key, value)| format!("{key}:{value}")).collect();
        let fields = [
            metadata.name.clone(),
            metadata.home.clone(),
            words(&metadata.sources),
            metadata.version.clone(),
            metadata.description.clone(),
            words(&metadata.keywords),
            pointers(metadata.maintainers.len()),
            metadata.icon.clone(),
            metadata.api_version.clone(),
            metadata.condition.clone(),
            metadata.tags.clone(),
            metadata.app_version.clone(),
            metadata.deprecated.to_string(),
            format!("map[{}]", annotations.join(" ")),
            metadata.kube_version.clone(),
            pointers(metadata.dependencies.len()),
            metadata.kind.clone(),
        ];
        format!("{{{{{}}} {}}}", fields.join(" "), self.is_root)
    }

    fn to_json(&self) -> serde_json::Value {
        let Metadata { name, home, sources, version, description, keywords, icon, .. } = &self.metadata;
        let maintainers = self
            .metadata
            .maintainers
            .iter()
            .map(|who| filled([("name", json!(who.name)), ("email", json!(who.email)), ("url", json!(who.url))]));
        let mut dependencies = Vec::new();
        for needed in &self.metadata.dependencies {
            let mut entry = filled([
                ("name", json!(needed.name)),
                ("version", json!(needed.version)),
                ("repository", json!(needed.repository)),
                ("condition", json!(needed.condition)),
                ("tags", json!(needed.tags)),
                ("import-values", json!(needed.import_values)),
                ("alias", json!(needed.alias)),
            ]);
            // Go writes this one also when it is empty.
            entry["repository"] = json!(needed.repository);
            dependencies.push(entry);
        }
        let mut chart = filled([
            ("name", json!(name)),
            ("home", json!(home)),
            ("sources", json!(sources)),
            ("version", json!(version)),
            ("description", json!(description)),
            ("keywords", json!(keywords)),
            ("maintainers", maintainers.collect()),
            ("icon", json!(icon)),
            ("apiVersion", json!(self.metadata.api_version)),
            ("condition", json!(self.metadata.condition)),
            ("tags", json!(self.metadata.tags)),
            ("appVersion", json!(self.metadata.app_version)),
            ("deprecated", json!(self.metadata.deprecated)),
            ("annotations", json!(self.metadata.annotations)),
            ("kubeVersion", json!(self.metadata.kube_version)),
            ("dependencies", dependencies.into()),
            ("type", json!(self.metadata.kind)),
        ]);
        chart["IsRoot"] = self.is_root.into();
        chart
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
