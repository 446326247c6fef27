//! What templates find in `.`: `.Files`, `.Capabilities` and the rest of Helm's context.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::metadata::ChartObject;
use super::{Bytes, Capabilities, Chart, KubeVersion, Release, glob};
use crate::gotemplate::{Fault, GENERIC_MAP, List, Map, MapType, Object, Value, show};

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
    let context: Map = entries.into_iter().collect();
    context.seen_as(&VALUES)
}

/// What a chart sees as `.Values`.
pub(super) fn of_values(values: Value) -> Value {
    match values {
        Value::Map(map) => map.seen_as(&VALUES).into(),
        other => other,
    }
}

/// `.Template`.
pub(super) fn of_template(path: &str, base: &str) -> Value {
    of_values(Value::map([("Name", path.into()), ("BasePath", base.into())]))
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
        api_versions: api_versions(&capabilities.api_versions),
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

/// `.Capabilities.APIVersions`.
fn api_versions(known: &[String]) -> Value {
    let items = known.iter().map(|version| version.as_str().into()).collect();
    List::with_methods(
        items,
        "chartutil.VersionSet",
        &[("Has", |versions, args| {
            let [wanted] = exactly("Has", args)?;
            Ok(versions.items().iter().any(|known| known.as_str() == wanted.as_str()).into())
        })],
    )
    .into()
}

/// Helm's type of `.` and of `.Values`.
static VALUES: MapType = MapType {
    name: "chartutil.Values",
    methods: &[
        ("AsMap", |values, args| {
            let [] = exactly("AsMap", args)?;
            Ok(values.seen_as(&GENERIC_MAP).into())
        }),
        ("YAML", |values, args| {
            let [] = exactly("YAML", args)?;
            Ok(crate::yaml::to_string(&Value::Map(values.clone()).to_json()?).into())
        }),
        ("Table", |values, args| {
            let [path] = exactly("Table", args)?;
            let Some(path) = path.as_str() else {
                return Err(Fault::new(format!("wrong type for value; expected string; got {}", path.type_name())));
            };
            let inner = path.split('.').try_fold(values.clone(), |map, name| match map.get(name) {
                Some(Value::Map(inner)) => Ok(inner),
                _ => Err(Fault::new(format!("{name:?} is not a table"))),
            })?;
            Ok(inner.seen_as(&VALUES).into())
        }),
    ],
};

/// The arguments of a method, if there are as many as it takes.
fn exactly<'a, const N: usize>(name: &str, args: &'a [Value]) -> Result<&'a [Value; N], Fault> {
    args.try_into().map_err(|_| Fault::new(format!("wrong number of args for {name}: want {N} got {}", args.len())))
}

static FILES: MapType = MapType { name: "engine.files", methods: &[] };

/// `.Files`, and what `.Files.Glob` gives.
struct Files(BTreeMap<String, Bytes>);

impl Files {
    /// Those that take a path or pattern.
    const METHODS: &[&str] = &["Get", "GetBytes", "Lines", "Glob"];

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
            method if Files::METHODS.contains(&method) => None,
            path => {
                Some(Value::Bytes(self.0.get(path).map_or_else(|| Arc::from(&[][..]), |bytes| Arc::from(&**bytes))))
            }
        }
    }

    fn call(&self, name: &str, args: &[Value]) -> Option<Result<Value, Fault>> {
        if !Files::METHODS.contains(&name) {
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
        Some(Map::typed(&FILES, entries.collect()))
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
