//! Running the charts of an installation: components become objects, with settings and overlays applied.

pub mod compare;
pub mod component;
pub mod explain;
pub mod object;
pub mod order;
pub mod overlay;
pub mod patch;
pub mod strategic;
pub mod translate;

use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::thread;

use crate::chart::{self, Capabilities, Chart, KubeVersion, Release, embedded};
use crate::install::spec::Operator;
use crate::install::spec::origin::Sources;
use crate::install::spec::package::Package;
use crate::install::spec::path::Path;
use crate::yaml;
use component::Component;
use object::{Identity, Object};

/// The release name that every chart of an installation sees.
const RELEASE: &str = "istio";

/// The objects of one component, in the order they are applied.
#[derive(Clone, Debug)]
pub struct Part {
    pub component: Component,
    pub objects: Vec<Object>,
}

/// A rendered installation.
#[derive(Clone, Debug, Default)]
pub struct Rendered {
    pub parts: Vec<Part>,
    /// What the user should know: notes of the charts, and settings that changed nothing.
    pub warnings: Vec<String>,
}

/// Why there are no objects.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("component {component}: {source}")]
    Chart { component: String, source: chart::Error },
    #[error("{0}")]
    Overlay(String),
    #[error("{place}{path}: unknown {kind} {name}; there are {known}")]
    Layer { place: String, path: Path, kind: &'static str, name: String, known: String },
}

/// Whether `k8s` settings and overlays are applied to what the charts render.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    Settings,
    ChartsOnly,
}

impl Operator {
    /// Renders every enabled component that `wanted` picks.
    ///
    /// # Errors
    /// When a chart cannot be loaded, refuses its values, or renders no YAML.
    pub fn render(&self, finish: Finish, wanted: impl Fn(&Component) -> bool) -> Result<Rendered, Error> {
        let components: Vec<Component> = self.components().into_iter().filter(wanted).collect();
        if self.package == Package::Embedded && !components.is_empty() {
            self.demand_layers()?;
        }
        let parts = in_parallel(components, |component| self.render_component(component, finish));
        let mut rendered = Rendered::default();
        for part in parts {
            let (part, warnings): (Part, Vec<String>) = part?;
            rendered.parts.push(part);
            for warning in warnings {
                if !rendered.warnings.contains(&warning) {
                    rendered.warnings.push(warning);
                }
            }
        }
        Ok(rendered)
    }

    /// The charts refuse names of layers they do not have; we can say where the name came from and which there are.
    fn demand_layers(&self) -> Result<(), Error> {
        const LAYERS: [(&str, &str, &[&str]); 3] = [
            ("profile of the charts", "", &["values", "profile"]),
            ("compatibility version", "compatibility-version-", &["values", "compatibilityVersion"]),
            ("platform", "platform-", &["values", "global", "platform"]),
        ];
        let names = |prefix: &str| {
            let files = embedded::paths()
                .filter_map(|path| path.strip_prefix("charts/base/files/profile-")?.strip_suffix(".yaml"));
            let of_kind = |name: &&str| {
                !prefix.is_empty() || !LAYERS.iter().any(|(_, other, _)| !other.is_empty() && name.starts_with(other))
            };
            files.filter(of_kind).filter_map(|name| name.strip_prefix(prefix)).collect::<Vec<_>>()
        };
        for (kind, prefix, keys) in LAYERS {
            let Some(name) = self.spec(keys).and_then(serde_json::Value::as_str).filter(|name| !name.is_empty()) else {
                continue;
            };
            let known = names(prefix);
            if known.contains(&name) {
                continue;
            }
            let path = Path::keys(&["spec"].iter().chain(keys).copied().collect::<Vec<_>>());
            let place = self.sources.place(&path).map_or(String::new(), |place| format!("{place}: "));
            return Err(Error::Layer { place, path, kind, name: name.to_owned(), known: known.join(", ") });
        }
        Ok(())
    }

    fn render_component(&self, component: Component, finish: Finish) -> Result<(Part, Vec<String>), Error> {
        let (mut objects, mut warnings) = self.chart_objects(&component)?;
        if finish == Finish::Settings {
            let path = component.path().child("k8s");
            for unused in patch::apply(&component, &mut objects, self.strict) {
                let path = path.child(unused.setting);
                warnings.push(no_effect(&self.sources, &path, &unused.reason));
            }
            let overlays = component.k8s().and_then(|k8s| k8s.get("overlays")).and_then(|overlays| overlays.as_array());
            for skipped in overlay::apply(overlays.map_or(&[], Vec::as_slice), &mut objects, self.strict) {
                let path = path.child("overlays").item(skipped.overlay);
                let path = match skipped.patch {
                    Some(patch) => path.child("patches").item(patch),
                    None => path,
                };
                let text = no_effect(&self.sources, &path, &skipped.reason);
                if skipped.fatal {
                    return Err(Error::Overlay(text));
                }
                warnings.push(text);
            }
        }
        Ok((Part { component, objects }, warnings))
    }

    fn chart_objects(&self, component: &Component) -> Result<(Vec<Object>, Vec<String>), Error> {
        let failed = |source| Error::Chart { component: component.label().to_owned(), source };
        let chart = self.chart(component).map_err(failed)?;
        let capabilities = match &self.server_version {
            Some(version) => Capabilities::new(KubeVersion::verbatim(version)),
            None => Capabilities::default(),
        };
        let release = Release::installer(RELEASE, &component.namespace);
        let texts = chart.render_texts(&release, &capabilities, &component.values).map_err(failed)?;
        let own = self.package == Package::Embedded;
        let mut objects = Vec::new();
        for file in texts.files {
            let ranges = file.document_ranges();
            let text = Arc::new(file.text);
            for range in ranges {
                if own && let Some(definition) = definition(&text, range.clone()) {
                    objects.push(definition);
                    continue;
                }
                let unreadable =
                    |error| failed(chart::Error::Output { file: file.path.clone(), source: Box::new(error) });
                let tree = yaml::from_str(text.get(range).unwrap_or_default()).map_err(unreadable)?;
                objects.extend(Object::from_tree(tree));
            }
        }
        Ok((objects, texts.warnings))
    }

    fn chart(&self, component: &Component) -> Result<Chart, chart::Error> {
        match &self.package {
            Package::Embedded => Chart::embedded(&format!("charts/{}", component.kind.chart)),
            Package::Folder(folder) => Chart::load_dir(&folder.join("charts").join(component.kind.chart)),
        }
    }
}

/// Does the work of every item, on as many threads as there are cores; results in the order of the items.
///
/// Not on the pool of rayon: charts are rendered on a thread with a deep stack, for which a worker of the pool would wait idly,
/// and which itself waits for workers.
fn in_parallel<T: Send, R: Send>(items: Vec<T>, work: impl Fn(T) -> R + Sync) -> Vec<R> {
    let count = items.len();
    let threads = thread::available_parallelism().map_or(1, usize::from).min(count);
    if threads < 2 {
        return items.into_iter().map(work).collect();
    }
    let queue = Mutex::new(items.into_iter().enumerate());
    let results = Mutex::new(Vec::with_capacity(count));
    // A thread that panicked is reported by the scope; its locks are then of no interest.
    let next = || queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next();
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((index, item)) = next() {
                    let result = work(item);
                    results.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((index, result));
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

fn no_effect(sources: &Sources, path: &Path, reason: &str) -> String {
    let place = sources.place(path).map_or(String::new(), |place| format!("{place}: "));
    format!("{place}{path} has no effect: {reason}")
}

/// A CustomResourceDefinition of our own chart, without reading its schema: our file is written as the printer would write it, but
/// for the order of the labels, which the chart sets. A test holds this true.
fn definition(file: &Arc<String>, range: Range<usize>) -> Option<Object> {
    const HEAD: &str = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n";
    let rest = file.get(range.clone())?.strip_prefix(HEAD)?;
    let spec = rest.find("\nspec:\n")? + 1;
    let metadata = yaml::from_str(rest.get(..spec)?).ok()?;
    let name = metadata.get("metadata")?.get("name")?.as_str()?.to_owned();
    let identity = Identity {
        api_version: "apiextensions.k8s.io/v1".to_owned(),
        kind: "CustomResourceDefinition".to_owned(),
        namespace: String::new(),
        name,
    };
    let mut head = HEAD.to_owned();
    yaml::to_string_into(&metadata, &mut head);
    let rest = range.start + HEAD.len() + spec..range.end;
    Some(Object::from_printed(identity, head, Arc::clone(file), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::spec::Wish;

    #[test]
    fn definitions_are_printed_as_if_they_had_been_read() {
        let operator = Wish::default().merged().unwrap();
        let rendered = operator.render(Finish::Settings, |component| component.kind.key == "base").unwrap();
        let definitions: Vec<&Object> = rendered.parts[0]
            .objects
            .iter()
            .filter(|object| object.identity.kind == "CustomResourceDefinition")
            .collect();
        assert_eq!(definitions.len(), 15);
        for definition in definitions {
            let mut printed = String::new();
            definition.print(&mut printed);
            let differs = yaml::to_string(&definition.tree()) != printed;
            assert!(!differs, "{}: the file of definitions is not as the printer writes it", definition.identity.name);
        }
    }
}
