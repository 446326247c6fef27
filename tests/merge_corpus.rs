//! The merged document of every recorded installation.

use std::path::{Path, PathBuf};
use std::{env, fs};

use bowline::install::spec::Wish;
use bowline::install::spec::input::InputFile;
use bowline::install::spec::set::{Assignment, Typing};
use bowline::yaml;

/// Recorded behaviour that is a defect, and that we do not copy.
const DEFECTS: [&str; 9] = [
    "gateway-set-index",
    "merge-leading-comment-doc",
    "merge-components-null",
    "merge-tag-types",
    "merge-tag-int",
    "set-path-slashes",
    "two-equals",
    "component-tag-number",
    "set-dotdot",
];

fn goldens() -> Option<PathBuf> {
    let shared = env::var_os("BOWLINE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let cases = shared.join("goldens/manifest/cases");
    if !cases.is_dir() {
        eprintln!("skipped: no recorded installations at {}", cases.display());
        return None;
    }
    Some(cases)
}

fn wish(case: &Path) -> Wish {
    let words: Vec<String> =
        fs::read_to_string(case.join("args.txt")).unwrap_or_default().lines().map(str::to_owned).collect();
    let mut wish = Wish::default();
    let (mut manifests, mut revision) = (None, None);
    let mut words = words.into_iter().filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        let (flag, attached) = match word.split_once('=') {
            Some((flag, value)) => (flag.to_owned(), Some(value.to_owned())),
            None if word.starts_with('-') && !word.starts_with("--") && word.len() > 2 => {
                let (flag, value) = word.split_at(2);
                (flag.to_owned(), Some(value.to_owned()))
            }
            None => (word, None),
        };
        let (flag, attached) = match flag.strip_prefix("-s").filter(|rest| !rest.is_empty() && !flag.starts_with("--"))
        {
            Some(rest) => ("-s".to_owned(), Some(format!("{rest}={}", attached.unwrap_or_default()))),
            None => (flag, attached),
        };
        let mut value = || attached.clone().or_else(|| words.next()).unwrap_or_default();
        match flag.as_str() {
            "-f" | "--filename" => {
                for name in value().split(',') {
                    let file = if name == "-" { "stdin.yaml" } else { name.trim() };
                    let text = fs::read_to_string(case.join(file)).expect(file);
                    wish.files.push(InputFile { name: name.to_owned(), text });
                }
            }
            "-s" | "--set" => wish.sets.push(Assignment::parse(&value(), Typing::Guess, false).expect("assignment")),
            "-d" | "--manifests" => manifests = Some(value()),
            "-r" | "--revision" => revision = Some(value()),
            "--force" | "--cluster-specific" | "--dry-run" => {}
            other => panic!("{}: flag {other}", case.display()),
        }
    }
    if let Some(path) = manifests {
        wish.sets.push(Assignment::parse(&format!("installPackagePath={path}"), Typing::Guess, false).expect("path"));
    }
    if let Some(revision) = revision.filter(|name| !name.is_empty() && name != "default") {
        wish.sets.push(Assignment::parse(&format!("revision={revision}"), Typing::Guess, false).expect("revision"));
    }
    wish
}

#[test]
fn documents_merge_as_recorded() {
    let Some(cases) = goldens() else { return };
    let mut wrong = Vec::new();
    let mut folders: Vec<PathBuf> =
        fs::read_dir(cases).expect("cases").map(|entry| entry.expect("case").path()).collect();
    folders.sort();
    for case in &folders {
        let name = case.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if DEFECTS.iter().any(|defect| name.ends_with(defect)) {
            continue;
        }
        let expected =
            yaml::from_str(&fs::read_to_string(case.join("merged.yaml")).expect("merged.yaml")).expect("YAML");
        match wish(case).merged() {
            Ok(operator) if yaml::to_string(&operator.document) == yaml::to_string(&expected) => {}
            Ok(operator) => {
                let (ours, theirs) = (yaml::to_string(&operator.document), yaml::to_string(&expected));
                let diff = similar::TextDiff::from_lines(&theirs, &ours).unified_diff().context_radius(1).to_string();
                wrong.push(format!("{name}:\n{diff}"));
            }
            Err(error) => wrong.push(format!("{name}: {error}")),
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), folders.len(), wrong.join("\n"));
}
