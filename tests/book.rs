//! The book is true: every command line in it is one that the program takes, and those that need no cluster are run.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use bowline::cli::normalize::{Defaults, Request, normalize};

/// Files that commands of the book speak of.
const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: example/web, ports: [{containerPort: 8080}]}]
";
const MESH: &str = "\
apiVersion: install.istio.io/v1alpha1
kind: IstioOperator
spec:
  profile: production
";

struct NoDefaults;

impl Defaults for NoDefaults {
    fn value(&self, _: &str) -> Option<String> {
        None
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pages, each with its name, `README.md` first; not those that are made from the code.
fn pages() -> Vec<(String, String)> {
    let mut names: Vec<String> = fs::read_dir(root().join("docs"))
        .expect("a folder")
        .map(|entry| format!("docs/{}", entry.expect("an entry").file_name().to_string_lossy()))
        .filter(|name| name.ends_with(".md") && name != "docs/cli.md")
        .collect();
    names.sort();
    names.insert(0, "README.md".to_owned());
    let read = |name: String| (fs::read_to_string(root().join(&name)).expect("text"), name);
    names.into_iter().map(read).collect()
}

/// The fenced blocks of a page that hold commands, with the word after the fence.
fn blocks(page: &str) -> Vec<(&str, Vec<&str>)> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if matches!(kind, "sh" | "console") {
                found.push((kind, block));
            }
        }
    }
    found
}

/// The command lines of the program in a line of shell, as words.
fn calls(line: &str) -> Vec<Vec<String>> {
    let mut calls = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let line = line.strip_prefix("$ ").unwrap_or(line);
    let mut ended = false;
    for c in line.chars().chain(['\n']) {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                word.get_or_insert_default();
                quote = Some(c);
            }
            (None, ' ' | '\n' | '|' | '&' | '>' | '#' | '(' | ')' | '<') => {
                words.extend(word.take().filter(|_| !ended));
                match c {
                    ' ' => {}
                    '>' | '<' | '#' | ')' => ended = true,
                    _ => {
                        calls.push(std::mem::take(&mut words));
                        ended = false;
                    }
                }
            }
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    calls.retain(|words| words.first().is_some_and(|first| first == "bowline"));
    calls
}

/// Why the program would not take a command line.
fn refused(words: &[String]) -> Option<String> {
    let tree = bowline::cli::command();
    match normalize(&tree, &words[1..], &NoDefaults) {
        Ok(Request::Run { words, .. }) => tree.try_get_matches_from(words).err().map(|error| error.to_string()),
        Ok(Request::Help { .. }) => None,
        Ok(other) => Some(format!("{other:?}")),
        Err(mistake) => Some(mistake.error.to_string()),
    }
}

#[test]
fn every_command_line_of_the_book_is_one() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (page, name) in pages() {
        let fenced = blocks(&page).into_iter().flat_map(|(_, lines)| lines).map(str::to_owned);
        // Spans of code in the text, as far as nothing is left out of them.
        let spans =
            page.split('`').skip(1).step_by(2).filter(|span| span.starts_with("bowline ") && !span.contains('…'));
        for line in fenced.chain(spans.map(str::to_owned)) {
            for call in calls(&line) {
                count += 1;
                wrong.extend(refused(&call).map(|why| format!("{name}: {}: {why}", call.join(" "))));
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    assert!(count > 80, "{count} command lines are found");
}

#[cfg(unix)]
#[test]
fn what_needs_no_cluster_is_run() {
    let good = fs::read_to_string(root().join("testdata/validate/good.yaml")).expect("text");
    let bin = Path::new(env!("CARGO_BIN_EXE_bowline")).parent().expect("a folder");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let mut wrong = Vec::new();
    for (page, name) in pages() {
        for (_, lines) in blocks(&page).into_iter().filter(|(kind, _)| *kind == "sh") {
            let scene = tempfile::tempdir().expect("a folder");
            for (file, text) in
                [("config/good.yaml", &*good), ("manifests/good.yaml", &*good), ("web.yaml", WEB), ("mesh.yaml", MESH)]
            {
                let file = scene.path().join(file);
                fs::create_dir_all(file.parent().expect("a folder")).expect("made");
                fs::write(file, text).expect("written");
            }
            for line in lines {
                let mut command = Command::new("bash");
                command.args(["-c", line]).current_dir(&scene).env("PATH", &path).env("HOME", scene.path());
                command.env("KUBECONFIG", "/nonexistent/config").env_remove("BOWLINE_COMPAT");
                let output = command.output().expect("bash starts");
                let told = String::from_utf8_lossy(&output.stderr);
                // 1 means a difference was found, 79 that there are findings.
                if !matches!(output.status.code(), Some(0 | 1 | 79)) || told.contains("Error: ") {
                    wrong.push(format!("{name}: {line}: {:?}: {told}", output.status.code()));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
