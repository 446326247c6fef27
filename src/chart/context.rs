//! What templates find in `.`: `.Files`, `.Capabilities` and the rest of Helm's context.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::metadata::ChartObject;
use super::{Bytes, Capabilities, Chart, KubeVersion, Release, glob};
use crate::gotemplate::{Fault, List, Map, MapKind, Object, Value, show};

/// The context of one chart; all files of the chart share it, and see what earlier ones changed.
pub(super) fn of_chart(chart: &Chart, values: Value, release: &Map, capabilities: &Value, is_root: bool) -> Map {
    let entries = [
        ("Chart", Value::object(ChartObject { metadata: chart.metadata.clone(), is_root })),
        (
            "Files",
            Value::object(Files(chart.files.iter().map(|(path, bytes)| (path.clone(), bytes.clone())).collect())),
        ),
        ("Release", Value::Map(release.clone())),
        ("Capabilities", capabilities.clone()),
        ("Values", values),
        ("Subcharts", Value::Map(Map::new())),
    ];
    entries.into_iter().collect()
}

pub(super) fn of_release(release: &Release) -> Map {
    let entries = [
        ("Name", Value::str(release.name.as_str())),
        ("Namespace", Value::str(release.namespace.as_str())),
        ("IsInstall", release.is_install.into()),
        ("IsUpgrade", release.is_upgrade.into()),
        ("Revision", Value::Int(release.revision)),
        ("Service", "Helm".into()),
    ];
    entries.into_iter().collect()
}

pub(super) fn of_capabilities(capabilities: &Capabilities) -> Value {
    Value::object(CapabilitiesObject {
        kube_version: Value::object(KubeVersionObject(capabilities.kube_version.clone())),
        api_versions: Value::object(ApiVersions(capabilities.api_versions.clone())),
    })
}

struct CapabilitiesObject {
    kube_version: Value,
    api_versions: Value,
}

/// The version of Helm that charts are told they are rendered by.
const HELM_VERSION: &str = "v3.21";

impl Object for CapabilitiesObject {
    fn type_name(&self) -> &str {
        "*chartutil.Capabilities"
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "KubeVersion" => Some(self.kube_version.clone()),
            "APIVersions" => Some(self.api_versions.clone()),
            "HelmVersion" => Some(Value::map([
                ("Version", Value::str(HELM_VERSION)),
                ("GitCommit", Value::str("")),
                ("GitTreeState", Value::str("")),
                ("GoVersion", Value::str("")),
            ])),
            _ => None,
        }
    }

    fn print(&self) -> String {
        format!("&{{{} {}}}", show(&self.kube_version), show(&self.api_versions))
    }

    fn to_json(&self) -> serde_json::Value {
        serde_json::json!({
            "KubeVersion": self.kube_version.to_json().unwrap_or_default(),
            "APIVersions": self.api_versions.to_json().unwrap_or_default(),
        })
    }

    fn kind(&self) -> &'static str {
        "ptr"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct KubeVersionObject(KubeVersion);

impl Object for KubeVersionObject {
    fn type_name(&self) -> &str {
        "chartutil.KubeVersion"
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "Version" | "GitVersion" | "String" => Some(self.0.version.as_str().into()),
            "Major" => Some(self.0.major.as_str().into()),
            "Minor" => Some(self.0.minor.as_str().into()),
            _ => None,
        }
    }

    fn print(&self) -> String {
        self.0.version.clone()
    }

    fn to_json(&self) -> serde_json::Value {
        serde_json::json!({"Version": self.0.version, "Major": self.0.major, "Minor": self.0.minor})
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

struct ApiVersions(Vec<String>);

impl Object for ApiVersions {
    fn type_name(&self) -> &str {
        "chartutil.VersionSet"
    }

    fn field(&self, _name: &str) -> Option<Value> {
        None
    }

    fn call(&self, name: &str, args: &[Value]) -> Option<Result<Value, Fault>> {
        (name == "Has").then(|| match args {
            [Value::Str(wanted)] => Ok(self.0.iter().any(|known| **known == **wanted).into()),
            _ => Err(Fault::new(format!("wrong number of args for Has: want 1 got {}", args.len()))),
        })
    }

    fn print(&self) -> String {
        format!("[{}]", self.0.join(" "))
    }

    fn to_json(&self) -> serde_json::Value {
        self.0.as_slice().into()
    }

    fn kind(&self) -> &'static str {
        "slice"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// `.Files`, and what `.Files.Glob` gives.
struct Files(BTreeMap<String, Bytes>);

impl Files {
    fn text(bytes: &[u8]) -> Value {
        match std::str::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(_) => String::from_utf8_lossy(bytes).into_owned().into(),
        }
    }

    fn matching(&self, pattern: &str) -> Files {
        let found = self.0.iter().filter(|(path, _)| glob::matches(pattern, path));
        Files(found.map(|(path, bytes)| (path.clone(), bytes.clone())).collect())
    }

    /// Contents by base name, as YAML for the `data` of a ConfigMap or Secret.
    fn as_yaml(&self, content: impl Fn(&[u8]) -> String) -> Value {
        let data: serde_json::Map<String, serde_json::Value> = self
            .0
            .iter()
            .map(|(path, bytes)| (path.rsplit('/').next().unwrap_or(path).to_owned(), content(bytes).into()))
            .collect();
        crate::yaml::to_string(&data.into()).trim_end_matches('\n').into()
    }
}

impl Object for Files {
    fn type_name(&self) -> &str {
        "engine.files"
    }

    fn field(&self, name: &str) -> Option<Value> {
        match name {
            "AsConfig" => Some(self.as_yaml(|bytes| String::from_utf8_lossy(bytes).into_owned())),
            "AsSecrets" => Some(self.as_yaml(|bytes| {
                use base64::Engine as _;
                base64::engine::general_purpose::STANDARD.encode(bytes)
            })),
            path => self.0.get(path).map(|bytes| Value::Bytes(Arc::from(&**bytes))),
        }
    }

    fn call(&self, name: &str, args: &[Value]) -> Option<Result<Value, Fault>> {
        if !matches!(name, "Get" | "GetBytes" | "Lines" | "Glob") {
            return None;
        }
        let [Value::Str(path)] = args else {
            let message = match args {
                [other] => format!("wrong type for value; expected string; got {}", other.type_name()),
                _ => format!("wrong number of args for {name}: want 1 got {}", args.len()),
            };
            return Some(Err(Fault::new(message)));
        };
        let bytes = self.0.get(&**path).map_or(&[][..], |bytes| bytes);
        Some(Ok(match name {
            "Get" => Files::text(bytes),
            "GetBytes" => Value::Bytes(Arc::from(bytes)),
            "Lines" if bytes.is_empty() => List::strings(Vec::<&str>::new()).into(),
            "Lines" => {
                let text = String::from_utf8_lossy(bytes);
                List::strings(text.strip_suffix('\n').unwrap_or(&text).split('\n')).into()
            }
            _ => Value::object(self.matching(path)),
        }))
    }

    fn entries(&self) -> Option<Map> {
        let entries = self.0.iter().map(|(path, bytes)| (Arc::from(path.as_str()), Value::Bytes(Arc::from(&**bytes))));
        Some(Map::of_kind(MapKind::Named("engine.files"), entries.collect()))
    }

    fn print(&self) -> String {
        show(&self.entries().map_or(Value::Nil, Value::Map))
    }

    fn to_json(&self) -> serde_json::Value {
        self.entries().map(Value::Map).and_then(|map| map.to_json().ok()).unwrap_or_default()
    }

    fn truth(&self) -> bool {
        !self.0.is_empty()
    }

    fn kind(&self) -> &'static str {
        "map"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
