//! The rules of the house, held against its sources: floors, purity, file sizes, opening lines, documented dependencies.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, from the top floor down; a room uses only rooms of its own floor or below.
const FLOORS: [&[&str]; 4] = [
    &["cli"],
    &["install", "analysis", "inject", "inspect"],
    &["validation", "api", "envoy", "chart", "cluster", "xds"],
    &["gotemplate", "re2", "yaml", "ui"],
];

/// Rooms that touch the world outside the process: its files, sockets, clock and terminal.
const EDGES: [&str; 4] = ["cli", "cluster", "xds", "ui"];

/// The files elsewhere that may, too, and why.
const OUTSIDE: &[(&str, &str)] = &[
    ("main.rs", "hands over the words of the command line"),
    ("chart/load.rs", "reads charts from folders and archives"),
    ("install/spec/package.rs", "reads profiles from the folder of --manifests"),
    ("install/deploy/", "does to a cluster what the plan says"),
    ("install/canary/driver/", "moves workloads wave by wave, with pauses"),
    ("gotemplate/sprig/places.rs", "the template functions `env` and `expandenv`"),
    ("gotemplate/sprig/dates.rs", "the template function `now`"),
    ("gotemplate/sprig/certificates.rs", "certificates are valid from now on"),
    ("inject/functions.rs", "the template function `env` of injection templates"),
    (
        "analysis/rules/gateway_certificate.rs",
        "a switch of the control plane that the reference reads from the environment",
    ),
];

/// What reaches outside.
const REACHING: [&str; 11] = [
    "std::env::var",
    "std::fs",
    "use std::{fs",
    "std::net::Tcp",
    "std::process",
    "stdin()",
    "SystemTime::now",
    "Timestamp::now",
    "Zoned::now",
    "tokio::net",
    "tokio::time",
];

/// Longest file that is still read at one sitting, tests not counted.
const LONGEST_FILE: usize = 500;

/// A source file below `src/`.
struct Source {
    /// Its path from `src/`, with `/`.
    path: String,
    text: String,
}

impl Source {
    fn room(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }

    fn is_test(&self) -> bool {
        self.text.starts_with("#![cfg(test)]") || TEST_FILES.iter().any(|end| self.path.ends_with(end))
    }

    /// Its lines of code with their numbers, without comments and without the tests at its end.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let own = self.text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let lines = own.lines().enumerate().map(|(at, line)| (at + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// Files that hold tests alone; their parents declare them under `#[cfg(test)]`.
const TEST_FILES: [&str; 3] = ["tests.rs", "helper_corpus.rs", "laws.rs"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut files = Vec::new();
    rust_files(&root().join("src"), &mut files);
    files.sort();
    let sources = files.into_iter().map(|file| Source {
        path: file.strip_prefix(root().join("src")).unwrap().to_str().unwrap().replace('\\', "/"),
        text: fs::read_to_string(&file).unwrap(),
    });
    sources.collect()
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

#[test]
fn every_room_stands_on_a_floor() {
    let rooms: BTreeSet<String> =
        sources().iter().filter(|source| source.path.contains('/')).map(|source| source.room().to_owned()).collect();
    let known: BTreeSet<String> = FLOORS.concat().into_iter().map(str::to_owned).collect();
    assert_eq!(rooms, known);
}

#[test]
fn rooms_use_only_rooms_of_their_floor_or_below() {
    let mut wrong = Vec::new();
    for source in sources() {
        let Some(own) = floor(source.room()) else { continue };
        let code: String = source.code().map(|(_, line)| format!("{line}\n")).collect();
        let above = |room: &&str| floor(room).is_none_or(|other| other < own);
        wrong.extend(
            rooms_named(&code).into_iter().filter(above).map(|room| format!("src/{} uses {room}", source.path)),
        );
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// The rooms that code names, as `crate::room::…` or within `crate::{…}`.
fn rooms_named(code: &str) -> Vec<&str> {
    let mut rooms = Vec::new();
    for path in code.split("crate::").skip(1) {
        let Some(list) = path.strip_prefix('{') else {
            rooms.extend(path.split(|c: char| !c.is_alphanumeric() && c != '_').next());
            continue;
        };
        let mut depth = 1;
        let mut start = 0;
        for (at, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 || (depth == 1 && c == ',') {
                let room = list[start..at].trim().split([':', ' ']).next();
                rooms.extend(room.filter(|room| !room.is_empty()));
                start = at + 1;
            }
            if depth == 0 {
                break;
            }
        }
    }
    rooms
}

#[test]
fn rooms_are_found_however_they_are_named() {
    let code =
        "use crate::{gotemplate, api::{self, Kind},\n yaml as y,};\nlet a = crate::ui::print(crate::chart::x());";
    assert_eq!(rooms_named(code), ["gotemplate", "api", "yaml", "ui", "chart"]);
}

#[test]
fn the_core_reaches_nothing_outside() {
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for source in sources().iter().filter(|source| !EDGES.contains(&source.room()) && !source.is_test()) {
        let allowed = OUTSIDE.iter().find(|(path, _)| source.path.starts_with(path)).map(|(path, _)| *path);
        for (number, line) in source.code().filter(|(_, line)| REACHING.iter().any(|word| line.contains(word))) {
            match allowed {
                Some(path) => drop(used.insert(path)),
                None => wrong.push(format!("src/{}:{number}: {}", source.path, line.trim())),
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    let idle: Vec<_> = OUTSIDE.iter().filter(|(path, _)| !used.contains(path)).collect();
    assert!(idle.is_empty(), "these need no exception any more: {idle:?}");
}

#[test]
fn files_open_with_what_they_are_for_and_are_read_at_one_sitting() {
    let mut wrong = Vec::new();
    for source in sources() {
        if !source.text.starts_with("//! ") {
            wrong.push(format!("src/{}: says not what it is for", source.path));
        }
        let lines = source.code().count();
        if lines > LONGEST_FILE && !source.is_test() {
            wrong.push(format!("src/{}: {lines} lines", source.path));
        }
        let drawer =
            |name: &str| ["util", "common", "misc", "helper"].iter().any(|word| name.trim_end_matches('s') == *word);
        if source.path.trim_end_matches(".rs").split('/').any(drawer) {
            wrong.push(format!("src/{}: a drawer", source.path));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let page = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let table = page.split("## Dependencies").nth(1).expect("a section on dependencies");
    let mut named = BTreeSet::new();
    for row in table.lines().filter(|line| line.starts_with("| ")) {
        let names = row.trim_start_matches("| ").split(" | ").next().unwrap_or_default();
        named.extend(names.split(", ").map(|name| name.trim_matches('`').to_owned()));
    }
    let mut section = "";
    let mut missing = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if matches!(section, "[dependencies]" | "[dev-dependencies]")
            && let Some((name, _)) = line.split_once(" = ")
            && !named.contains(name)
        {
            missing.push(name.to_owned());
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}
