//! `manifest diff`: compares two manifests, or two folders of them, object by object.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::values::csv_values;
use super::super::{Context, Exit, Failure, Outcome};
use crate::install::render::compare::{Change, Difference, differences, key, matches};
use crate::install::render::object::Object;
use crate::ui::{self, diff};
use crate::yaml;

/// Compare two manifests object by object
///
/// Exits 0 when they are the same and 1 when they differ.
#[derive(clap::Args, Debug)]
pub struct Diff {
    /// Compare folders: every .yaml file below them
    #[arg(long, short = 'r')]
    directory: bool,
    /// Compare only these objects, as `Kind:namespace:name` with `*`; repeatable
    #[arg(long)]
    select: Vec<String>,
    /// Leave out these objects, as `Kind:namespace:name` with `*`; repeatable
    #[arg(long)]
    ignore: Vec<String>,
    /// Take an object of the first manifest for one of another name, as `Kind:ns:old->Kind:ns:new`; repeatable
    #[arg(long)]
    rename: Vec<String>,
    /// Name the objects that are the same, too
    #[arg(long, short = 'v')]
    verbose: bool,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Diff {
    pub fn run(self, _context: &Context) -> Outcome {
        let [old, new] = self.words.as_slice() else {
            return Err(Failure::new("diff takes two manifests")
                .hint("compare a file with standard input: `manifest diff old.yaml -`"));
        };
        let (old_name, new_name) = (old.as_str(), new.as_str());
        let (mut old, new) = (self.objects(old_name)?, self.objects(new_name)?);
        for rename in csv_values(&self.rename).map_err(Failure::usage)? {
            rename_objects(&mut old, &rename)?;
        }
        let select = csv_values(&self.select).map_err(Failure::usage)?;
        let ignore = csv_values(&self.ignore).map_err(Failure::usage)?;
        let wanted = |object: &Object| {
            let key = key(object);
            let in_any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, &key));
            (select.is_empty() || in_any(&select)) && !in_any(&ignore)
        };
        let old: Vec<Object> = old.into_iter().filter(wanted).collect();
        let new: Vec<Object> = new.into_iter().filter(wanted).collect();
        let found = differences(&old, &new);
        let colour = ui::colour();
        let mut out = String::new();
        for (key, difference) in &found {
            out.push_str(&describe(key, difference, old_name, new_name, colour));
        }
        if self.verbose {
            for object in old.iter().map(key).filter(|key| !found.iter().any(|(other, _)| other == key)) {
                out.push_str(&format!("Object {object} is the same\n"));
            }
        }
        if found.is_empty() {
            out.push_str("Manifests are identical\n");
        }
        ui::print(&out)?;
        Ok(if found.is_empty() { Exit::OK } else { Exit::ERROR })
    }

    fn objects(&self, name: &str) -> Result<Vec<Object>, Failure> {
        let mut paths = vec![PathBuf::from(name)];
        if self.directory {
            paths = yaml_files(Path::new(name)).map_err(|error| Failure::new(format!("read {name}: {error}")))?;
        }
        let mut objects = Vec::new();
        for path in paths {
            let shown = path.display();
            let text = match name {
                "-" => std::io::read_to_string(std::io::stdin()),
                _ => fs::read_to_string(&path),
            };
            let text = text.map_err(|error| Failure::new(format!("open {shown}: {error}")))?;
            for document in yaml::parse_stream(&text) {
                let document = document
                    .map_err(|error| Failure::new(format!("{shown}:{}: {}", error.line.unwrap_or(1), error.message)))?;
                objects.extend(Object::from_tree(document.to_value()));
            }
        }
        Ok(objects)
    }
}

fn yaml_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(yaml_files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn rename_objects(objects: &mut [Object], rename: &str) -> Result<(), Failure> {
    let (from, to) =
        rename.split_once("->").ok_or_else(|| Failure::usage(format!("--rename {rename:?}: write OLD->NEW")))?;
    for object in objects.iter_mut().filter(|object| matches(from, &key(object))) {
        let mut parts = to.splitn(3, ':');
        for part in [&mut object.identity.kind, &mut object.identity.namespace, &mut object.identity.name] {
            if let Some(new) = parts.next().filter(|new| !new.is_empty() && *new != "*") {
                *part = new.to_owned();
            }
        }
    }
    Ok(())
}

fn describe(key: &str, difference: &Difference, old: &str, new: &str, colour: bool) -> String {
    match difference {
        Difference::OnlyInOld => format!("Object {key} is missing in B: {new}\n"),
        Difference::OnlyInNew => format!("Object {key} is missing in A: {old}\n"),
        Difference::Changed(changes) => format!("Object {key} has diffs:\n\n{}\n", diff::tree(&lines(changes), colour)),
    }
}

/// Changes as lines to print.
pub fn lines(changes: &[(crate::install::spec::path::Path, Change)]) -> Vec<diff::Line<'_>> {
    changes
        .iter()
        .map(|(path, change)| {
            let (old, new) = match change {
                Change::Added(new) => (None, Some(new)),
                Change::Removed(old) => (Some(old), None),
                Change::Replaced(old, new) => (Some(old), Some(new)),
            };
            diff::Line { path: path.0.iter().map(|step| step.as_str()).collect(), old, new }
        })
        .collect()
}
