//! What a chart makes: files, the objects in them, warnings.

use std::ops::Range;

use rayon::prelude::*;

use super::{Error, Style};
use crate::yaml;

/// Everything one chart rendered.
#[derive(Debug, Default)]
pub struct Rendered {
    /// Sorted by path; CRD files of the `crds` folder last. Blank files are left out.
    pub files: Vec<RenderedFile>,
    /// The text of the root chart's `NOTES.txt`.
    pub notes: String,
    /// What notes warn of, with the prefix `WARNING: `.
    pub warnings: Vec<String>,
}

/// One rendered file.
#[derive(Debug)]
pub struct RenderedFile {
    /// With the chart's name first: `base/templates/crds.yaml`.
    pub path: String,
    pub text: String,
    /// The documents that have a kind.
    pub objects: Vec<yaml::Value>,
    /// Out of a `crds` folder: never templated, installed before all else by Helm.
    pub is_crd: bool,
}

/// What one chart rendered, before anything is read.
#[derive(Debug, Default)]
pub struct Texts {
    /// As in [`Rendered`], but files without an object are among them.
    pub files: Vec<TextFile>,
    pub notes: String,
    pub warnings: Vec<String>,
}

/// The text of one rendered file.
#[derive(Debug)]
pub struct TextFile {
    pub path: String,
    pub text: String,
    pub is_crd: bool,
}

impl TextFile {
    /// The trimmed texts between lines that start with `---`; blank ones are left out.
    pub fn documents(&self) -> Vec<&str> {
        documents(&self.text)
    }

    /// Where [`TextFile::documents`] are in the text.
    pub fn document_ranges(&self) -> Vec<Range<usize>> {
        document_ranges(&self.text)
    }
}

impl Rendered {
    /// Every object, in the order of the installer: by path, then as in the file.
    pub fn objects(&self) -> impl Iterator<Item = &yaml::Value> {
        self.files.iter().flat_map(|file| &file.objects)
    }

    /// As [`Rendered::objects`], for keeps.
    pub fn into_objects(self) -> Vec<yaml::Value> {
        self.files.into_iter().flat_map(|file| file.objects).collect()
    }

    /// Every object, with the path of its file, in Helm's order of installation: what is in `crds` folders, then by kind.
    pub fn in_install_order(&self) -> Vec<(&str, &yaml::Value)> {
        let mut objects: Vec<(bool, &str, &yaml::Value)> = Vec::new();
        for file in &self.files {
            objects.extend(file.objects.iter().map(|object| (!file.is_crd, file.path.as_str(), object)));
        }
        objects.sort_by_key(|(templated, _, object)| {
            (*templated, if *templated { install_rank(object) } else { (0, "") })
        });
        objects.into_iter().map(|(_, path, object)| (path, object)).collect()
    }
}

/// Kinds in the order in which Helm installs them. Kinds that aren't here come last, by name.
const INSTALL_ORDER: &[&str] = &[
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
];

/// The sort is stable: objects of one kind stay in the order of their files.
fn install_rank(object: &yaml::Value) -> (usize, &str) {
    let kind = object.get("kind").and_then(yaml::Value::as_str).unwrap_or_default();
    match INSTALL_ORDER.iter().position(|known| *known == kind) {
        Some(rank) => (rank, ""),
        None => (INSTALL_ORDER.len(), kind),
    }
}

/// Splits files into documents and reads them, on all cores.
pub(super) fn read(files: Vec<TextFile>, style: Style) -> Result<Vec<RenderedFile>, Error> {
    let read_one = |TextFile { path, text, is_crd }: TextFile| -> Result<RenderedFile, Error> {
        let parts = documents(&text);
        let read = |part: &&str| match read_document(part, style) {
            Ok(object) => Ok(object),
            Err(source) => Err(Error::Output { file: path.clone(), source: Box::new(source) }),
        };
        let objects: Vec<yaml::Value> = if text.len() > PARALLEL_FROM {
            parts.par_iter().map(read).collect::<Result<_, _>>()?
        } else {
            parts.iter().map(read).collect::<Result<_, _>>()?
        };
        let objects = objects.into_iter().filter(has_kind).collect();
        Ok(RenderedFile { path, text, objects, is_crd })
    };
    let large: usize = files.iter().map(|file| file.text.len()).sum();
    if large > PARALLEL_FROM {
        files.into_par_iter().map(read_one).collect()
    } else {
        files.into_iter().map(read_one).collect()
    }
}

/// The installer reads documents without their last line end, which a block text at the end then lacks, too.
fn read_document(part: &str, style: Style) -> Result<yaml::Value, yaml::Error> {
    let ends_in_block = style == Style::Helm && part.lines().next_back().is_some_and(|line| line.starts_with(' '));
    if ends_in_block { yaml::from_str(&format!("{part}\n")) } else { yaml::from_str(part) }
}

/// Below this, starting threads costs more than it saves.
const PARALLEL_FROM: usize = 64 * 1024;

fn has_kind(object: &yaml::Value) -> bool {
    object.get("kind").and_then(yaml::Value::as_str).is_some_and(|kind| !kind.is_empty())
}

fn documents(text: &str) -> Vec<&str> {
    document_ranges(text).into_iter().map(|range| &text[range]).collect()
}

fn document_ranges(text: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with("---") {
            parts.push(start..at);
            start = at + line.len();
        }
        at += line.len();
    }
    parts.push(start..at);
    let trimmed = |range: Range<usize>| {
        let part = &text[range.clone()];
        let start = range.start + (part.len() - part.trim_start().len());
        start..start + part.trim().len()
    };
    parts.into_iter().map(trimmed).filter(|range| !range.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_split_at_lines_of_dashes() {
        assert_eq!(documents("---\na: 1\n---\n\n--- # note\nb: |\n  x --- y\n"), ["a: 1", "b: |\n  x --- y"]);
        assert_eq!(documents("\n\n"), [""; 0]);
    }

    #[test]
    fn install_order_is_by_kind_and_else_as_written() {
        let object = |kind: &str, name: &str| serde_json::json!({"kind": kind, "metadata": {"name": name}});
        let file =
            |path: &str, is_crd, objects| RenderedFile { path: path.into(), text: String::new(), objects, is_crd };
        let rendered = Rendered {
            files: vec![
                file("a", false, vec![object("Gateway", "g"), object("Service", "s2"), object("Service", "s1")]),
                file("b", false, vec![object("ServiceAccount", "a"), object("EnvoyFilter", "e")]),
                file("c", true, vec![object("CustomResourceDefinition", "c")]),
            ],
            ..Rendered::default()
        };
        let names: Vec<_> =
            rendered.in_install_order().iter().map(|(_, o)| o["metadata"]["name"].as_str().unwrap_or("")).collect();
        assert_eq!(names, ["c", "a", "s2", "s1", "e", "g"]);
    }
}
