//! Reading what the arguments name: files, directories with everything in them, standard input.

use std::io::Read as _;
use std::path::Path;

use super::super::Failure;
use crate::analysis::input::Source;

/// Extensions of files that are read.
const EXTENSIONS: [&str; 3] = ["json", "yaml", "yml"];

/// Reads everything the arguments name. Gives the sources, and lines about files that were passed over.
pub(super) fn collect(
    paths: &[String],
    strict: bool,
    excluded: impl Fn(&str) -> bool,
) -> Result<(Vec<Source>, Vec<String>), Failure> {
    let mut names = Vec::new();
    let mut skipped = Vec::new();
    for path in paths {
        if path == "-" {
            names.push(path.clone());
            continue;
        }
        // Nothing is read before every argument has been found.
        let metadata =
            std::fs::metadata(path).map_err(|error| Failure::new(format!("stat {path}: {}", reason(&error))))?;
        let linked = strict && std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
        if metadata.is_dir() && !linked {
            walk(path, &mut names, &mut skipped)?;
        } else {
            accept(path.clone(), &mut names, &mut skipped);
        }
    }
    names.retain(|name| !excluded(name));
    let sources = names.iter().map(|name| read(name)).collect::<Result<Vec<_>, _>>()?;
    Ok((sources, skipped))
}

/// What the summary calls the sources: as given or found.
pub(super) fn names(paths: &[String], sources: &[Source]) -> Vec<String> {
    if paths.is_empty() { Vec::new() } else { sources.iter().map(|source| source.name.clone()).collect() }
}

fn reason(error: &std::io::Error) -> String {
    if error.kind() == std::io::ErrorKind::NotFound { "no such file or directory".into() } else { error.to_string() }
}

fn accept(path: String, names: &mut Vec<String>, skipped: &mut Vec<String>) {
    let extension = Path::new(&path).extension().and_then(|extension| extension.to_str());
    if extension.is_some_and(|extension| EXTENSIONS.contains(&extension)) {
        names.push(path);
    } else {
        skipped.push(format!("Skipped {path}: its extension is none of .json, .yaml, .yml"));
    }
}

/// Goes through a directory in the order of names. Links to directories are not followed.
fn walk(directory: &str, names: &mut Vec<String>, skipped: &mut Vec<String>) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::new(format!("{directory}: {}", reason(&error)));
    let mut entries = std::fs::read_dir(directory).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let path = joined(directory, &entry.file_name().to_string_lossy());
        if entry.file_type().map_err(failed)?.is_dir() {
            walk(&path, names, skipped)?;
        } else {
            accept(path, names, skipped);
        }
    }
    Ok(())
}

/// A path below a directory, in its shortest form: `./a//b/../c` and `d` give `a/c/d`.
fn joined(directory: &str, name: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let rooted = directory.starts_with('/');
    for part in directory.split('/').chain([name]) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    format!("{}{}", if rooted { "/" } else { "" }, parts.join("/"))
}

fn read(name: &str) -> Result<Source, Failure> {
    let bytes = if name == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes)?;
        bytes
    } else {
        std::fs::read(name).map_err(|error| Failure::new(format!("open {name}: {}", reason(&error))))?
    };
    // A wrong byte makes the document unreadable, not the run.
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).replace('\u{fffd}', "\u{1}"));
    Ok(Source::file(name, text))
}

/// Whether some configuration says which cluster to talk to.
pub(super) fn has_cluster(kubeconfig: &str) -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if !kubeconfig.is_empty() || set("KUBERNETES_SERVICE_HOST").is_some() {
        return true;
    }
    match set("KUBECONFIG") {
        Some(list) => std::env::split_paths(&list).any(|path| path.exists()),
        None => set("HOME").is_some_and(|home| Path::new(&home).join(".kube/config").exists()),
    }
}

/// Replaces a file's text in one step.
pub(super) fn replace(path: &str, text: &str) -> Result<(), Failure> {
    let target = std::fs::canonicalize(path)?;
    let temporary = target.with_extension("bowline-tmp");
    let failed = |error: std::io::Error| Failure::new(format!("{path}: {}", reason(&error)));
    std::fs::write(&temporary, text).map_err(failed)?;
    if let Ok(metadata) = std::fs::metadata(&target) {
        let _ = std::fs::set_permissions(&temporary, metadata.permissions());
    }
    std::fs::rename(&temporary, &target).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn paths_below_a_directory_are_short() {
        let table = [
            (".", "f"),
            ("./a//b/../c/", "a/c/f"),
            ("..", "../f"),
            ("../..", "../../f"),
            ("/", "/f"),
            ("/../a", "/a/f"),
            ("a", "a/f"),
        ];
        for (directory, expected) in table {
            assert_eq!(joined(directory, "f"), expected, "{directory}");
        }
    }
}
