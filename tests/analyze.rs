//! `analyze` against the reference's recorded runs, and in our own shapes.

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

use serde_json::Value;
use support::{bowline, shared};

/// Code and object of a finding.
type Found = Vec<(String, String)>;

fn records(root: &Path, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(root.join(name)).expect("the records are readable");
    serde_json::from_str(&text).expect("the records are JSON")
}

fn words(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|word| word.as_str().map(String::from)).collect()
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn run(root: &Path, words: &[String]) -> Output {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    bowline(&words).current_dir(root).output().expect("the built binary starts")
}

/// The findings in JSON output; log lines before it are passed over.
fn findings(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    let start = text.find("[\n").or_else(|| text.find("[]")).unwrap_or(0);
    serde_json::from_str(&text[start..]).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn pairs(list: &[Value], origin: &str) -> Found {
    list.iter().map(|entry| (text(entry, "code").to_string(), text(entry, origin).to_string())).collect()
}

fn sorted(mut found: Found) -> Found {
    found.sort();
    found
}

fn report(name: &str, wrong: &BTreeMap<String, String>) {
    let list: Vec<String> = wrong.iter().map(|(case, difference)| format!("{case}: {difference}")).collect();
    assert!(wrong.is_empty(), "{} cases of {name} differ:\n{}", wrong.len(), list.join("\n"));
}

#[test]
fn each_rule_alone_finds_what_the_reference_finds() {
    let Some(root) = shared("goldens/analyze") else { return };
    let mut wrong = BTreeMap::new();
    for case in records(&root, "cases.json").iter().filter(|case| case.get("inputs").is_some()) {
        let mut line: Vec<String> =
            ["analyze", "--use-kube=false", "-A", "-o", "json", "--compat=rules", "--analyzer", text(case, "analyzer")]
                .map(String::from)
                .to_vec();
        for (key, flag) in [("meshConfigFile", "--meshConfigFile"), ("meshNetworksFile", "--meshNetworksFile")] {
            if !text(case, key).is_empty() {
                line.extend([flag.to_string(), text(case, key).to_string()]);
            }
        }
        line.extend(words(&case["inputs"]));
        let got = findings(&run(&root, &line));
        let want = sorted(pairs(case["expected"].as_array().map_or(&[], Vec::as_slice), "resource"));
        let have = sorted(pairs(&got, "origin"));
        if have != want {
            wrong.insert(text(case, "name").to_string(), format!("want {want:?}, got {have:?}"));
        }
    }
    report("cases.json", &wrong);
}

/// One line too far in the reference, because the file begins with a separator.
const WRONG_LINES: &[&str] = &["realism/samples/security/spire/spire-quickstart.yaml:6"];

/// Code, object and line of each finding, in order.
fn references(list: &[Value]) -> Vec<[String; 3]> {
    let told = |entry: &Value| ["code", "origin", "reference"].map(|key| text(entry, key).to_string());
    list.iter().filter(|entry| !WRONG_LINES.contains(&text(entry, "reference"))).map(told).collect()
}

#[test]
fn the_command_line_is_the_reference_s_to_the_letter() {
    let Some(root) = shared("goldens/analyze") else { return };
    let mut wrong = BTreeMap::new();
    for file in ["cases_all.json", "realism.json", "extra.json"] {
        for case in records(&root, file) {
            let name = format!("{file} {}", text(&case, "name"));
            let mut line = words(&case["args"]);
            line.push("--compat=strict".into());
            let output = run(&root, &line);
            let got = findings(&output);
            let want = case["cli"].as_array().expect("a list");
            if pairs(&got, "origin") != pairs(want, "origin") {
                wrong
                    .insert(name.clone(), format!("want {:?}, got {:?}", pairs(want, "origin"), pairs(&got, "origin")));
            } else if references(&got) != references(want)
                && !WRONG_LINES.iter().any(|line| line.contains(text(&case, "name")))
            {
                wrong.insert(name.clone(), format!("lines: want {:?}, got {:?}", references(want), references(&got)));
            }
            let exit = |output: &Output| output.status.code().map(i64::from);
            if exit(&output) != case["exit_json"].as_i64() {
                wrong.insert(format!("{name} exit"), format!("want {}, got {:?}", case["exit_json"], exit(&output)));
            }
            let log: Vec<String> =
                line.iter().filter(|word| !matches!(word.as_str(), "-o" | "json")).cloned().collect();
            let output = run(&root, &log);
            if exit(&output) != case["exit_log"].as_i64() {
                wrong.insert(
                    format!("{name} exit of log"),
                    format!("want {}, got {:?}", case["exit_log"], exit(&output)),
                );
            }
            line.push("-A".into());
            let everywhere = findings(&run(&root, &line));
            let want = case["cli_all_namespaces"].as_array().expect("a list");
            if references(&everywhere) != references(want)
                && !WRONG_LINES.iter().any(|line| line.contains(text(&case, "name")))
            {
                wrong.insert(
                    format!("{name} -A"),
                    format!("want {:?}, got {:?}", references(want), references(&everywhere)),
                );
            }
        }
    }
    report("the command line", &wrong);
}

/// A recorded text as a pattern: `<text>` stands for any sentence, `<text: x>` for one that names x.
fn resembles(recorded: &str, actual: &str) -> bool {
    let mut pattern = String::from("(?s)^");
    let mut rest = recorded;
    while let Some(start) = rest.find('<') {
        pattern.push_str(&regex::escape(&rest[..start]));
        let Some(end) = rest[start..].find('>') else { break };
        pattern.push_str(match &rest[start..=start + end] {
            "<timestamp>" => r"\S+",
            // Long sentences are folded in YAML.
            _ => r"[^\n]*(?:\n    [^\n]*)*",
        });
        rest = &rest[start + end + 1..];
    }
    pattern.push_str(&regex::escape(rest));
    pattern.push('$');
    regex::Regex::new(&pattern).is_ok_and(|regex| regex.is_match(actual))
}

/// Lines that the reference counts one too far (a leading separator, an item of a list).
fn corrected(name: &str, recorded: &str) -> String {
    match name {
        "leading separator" => recorded.replace("lead.yaml:11", "lead.yaml:10"),
        "separators and a comment after ---" => recorded.replace("lead2.yaml:14", "lead2.yaml:13"),
        "List" => recorded.replace("list.yaml:13", "list.yaml:12"),
        "directory" | "directory json" => recorded.replace("b.yml:13", "b.yml:12"),
        _ => recorded.to_string(),
    }
}

#[test]
fn output_has_the_reference_s_shape() {
    let Some(root) = shared("goldens/analyze/output") else { return };
    let inputs = root.join("inputs");
    let mut wrong = BTreeMap::new();
    for case in records(&root, "analyze.json") {
        let name = text(&case, "name");
        let words = words(&case["args"]);
        let mut line: Vec<&str> = words.iter().map(String::as_str).collect();
        line.push("--compat=strict");
        let mut command = bowline(&line);
        command.current_dir(&inputs);
        if let Some(stdin) = case.get("stdin").and_then(Value::as_str) {
            command.stdin(std::fs::File::open(inputs.join(stdin)).expect("the input is there"));
        }
        let output = command.output().expect("the built binary starts");
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if output.status.code().map(i64::from) != case["exit"].as_i64() {
            wrong.insert(format!("{name} exit"), format!("want {}, got {:?}", case["exit"], output.status.code()));
        }
        if !resembles(&corrected(name, text(&case, "stdout")), &out) {
            wrong.insert(format!("{name} stdout"), format!("want {:?}, got {out:?}", text(&case, "stdout")));
        }
        if !resembles(text(&case, "stderr"), &err) {
            wrong.insert(format!("{name} stderr"), format!("want {:?}, got {err:?}", text(&case, "stderr")));
        }
    }
    report("output/analyze.json", &wrong);
}

/// Pages of the book are made from the rules. `BLESS=1 cargo test --test analyze` rewrites them.
#[test]
fn pages_of_the_codes_are_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
    let mut pages: BTreeMap<String, String> =
        bowline::analysis::codes::CODES.iter().map(|code| (format!("{}.md", code.id), code.page())).collect();
    pages.insert("README.md".into(), bowline::analysis::codes::Code::index());
    if std::env::var_os("BLESS").is_some() {
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        for (name, page) in &pages {
            std::fs::write(folder.join(name), page).expect("the page can be written");
        }
    }
    let files = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let written: BTreeMap<String, String> = files
        .map(|entry| {
            (
                entry.file_name().to_string_lossy().into_owned(),
                std::fs::read_to_string(entry.path()).unwrap_or_default(),
            )
        })
        .collect();
    let stale: Vec<&String> =
        pages.iter().filter(|(name, page)| written.get(*name) != Some(page)).map(|(name, _)| name).collect();
    assert!(stale.is_empty() && written.len() == pages.len(), "run BLESS=1 cargo test --test analyze: {stale:?}");
}

/// A mesh in which everything needed to judge it is there.
const SHOP: &str = "testdata/analyze/shop.yaml";

fn here(words: &[&str]) -> Output {
    bowline(words).current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("the built binary starts")
}

#[test]
fn findings_point_at_the_line_and_say_what_was_meant() {
    let output = here(&["analyze", "--use-kube=false", "-o", "pretty", SHOP]);
    insta::assert_snapshot!(format!(
        "exit {:?}\n{}---\n{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ));
}

#[test]
fn every_format_ends_with_the_same_code() {
    for (format, _) in bowline::analysis::report::FORMATS {
        let output = here(&["analyze", "--use-kube=false", "-o", format, SHOP]);
        assert_eq!(output.status.code(), Some(79), "{format}");
    }
    let sarif = here(&["analyze", "--use-kube=false", "-o", "sarif", SHOP]);
    let document: Value = serde_json::from_slice(&sarif.stdout).expect("SARIF is JSON");
    let results = document["runs"][0]["results"].as_array().expect("results");
    let json = findings(&here(&["analyze", "--use-kube=false", "-o", "json", SHOP]));
    assert_eq!(results.len(), json.len());
    let region = &results[0]["locations"][0]["physicalLocation"]["region"];
    assert!(region["startLine"].as_u64().is_some_and(|line| line > 1), "{region}");
}

#[test]
fn fixes_keep_comments_and_layout() {
    let output = here(&["analyze", "--use-kube=false", "--diff", "testdata/analyze/fixable.yaml"]);
    insta::assert_snapshot!(format!(
        "exit {:?}\n{}---\n{}",
        output.status.code(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ));
}

#[test]
fn a_mended_file_has_nothing_left_to_mend() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("fixable.yaml");
    std::fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/analyze/fixable.yaml"), &path).expect("copied");
    let file = path.to_str().expect("a path");
    assert_eq!(here(&["analyze", "--use-kube=false", "--fix", file]).status.code(), Some(0));
    let again = here(&["analyze", "--use-kube=false", "--diff", file]);
    assert_eq!(
        (again.status.code(), again.stdout.as_slice()),
        (Some(0), &b""[..]),
        "{}",
        String::from_utf8_lossy(&again.stderr)
    );
}

#[test]
fn suppressions_of_every_kind_hold_and_leftovers_are_told() {
    let dotted = here(&[
        "analyze",
        "--use-kube=false",
        "-o",
        "log",
        "-S",
        "IST0101=VirtualService cart.shop",
        "testdata/analyze/suppressed.yaml",
    ]);
    assert_eq!(dotted.status.code(), Some(0), "{}", String::from_utf8_lossy(&dotted.stdout));
    let unused =
        here(&["analyze", "--use-kube=false", "-o", "log", "-S", "IST0132=*", "testdata/analyze/suppressed.yaml"]);
    let told = String::from_utf8_lossy(&unused.stderr).into_owned();
    assert!(told.contains("unused suppression: --suppress IST0132=*"), "{told}");
    assert!(told.contains("expired suppression: IST0101 at testdata/analyze/suppressed.yaml:"), "{told}");
}

#[test]
fn a_baseline_lets_only_new_findings_fail() {
    let folder = tempfile::tempdir().expect("a folder");
    let baseline = folder.path().join("known.json");
    let baseline = baseline.to_str().expect("a path");
    assert_eq!(
        here(&["analyze", "--use-kube=false", "--baseline", baseline, "--update-baseline", SHOP]).status.code(),
        Some(0)
    );
    assert_eq!(here(&["analyze", "--use-kube=false", "--baseline", baseline, SHOP]).status.code(), Some(0));
    let more = here(&["analyze", "--use-kube=false", "--baseline", baseline, SHOP, "testdata/analyze/suppressed.yaml"]);
    assert_eq!(more.status.code(), Some(79));
}

#[test]
fn planted_defects_are_found_and_nothing_else() {
    let Some(tool) = shared("tools/gen_mesh.py") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (mesh, expected) = (folder.path().join("mesh.yaml"), folder.path().join("expected.json"));
    for (services, namespaces) in [("250", "8"), ("2400", "30")] {
        let made = std::process::Command::new("python3")
            .args([
                tool.as_os_str(),
                "--services".as_ref(),
                services.as_ref(),
                "--namespaces".as_ref(),
                namespaces.as_ref(),
            ])
            .args(["--defects".as_ref(), "45".as_ref(), "--expect".as_ref(), expected.as_os_str()])
            .stdout(std::fs::File::create(&mesh).expect("a file"))
            .output();
        if !made.is_ok_and(|made| made.status.success()) {
            eprintln!("skipped: python3 is not here");
            return;
        }
        let output = here(&["analyze", "--use-kube=false", "-o", "json", mesh.to_str().expect("a path")]);
        let want: Vec<Value> =
            serde_json::from_str(&std::fs::read_to_string(&expected).expect("written")).expect("JSON");
        let origin =
            |entry: &Value| format!("{} {}/{}", text(entry, "kind"), text(entry, "namespace"), text(entry, "name"));
        let want = sorted(want.iter().map(|entry| (text(entry, "code").to_string(), origin(entry))).collect());
        let mut have = sorted(pairs(&findings(&output), "origin"));
        have.dedup();
        assert_eq!(have, want);
    }
}

/// Over real files, each looked at alone, our own profile says only what an operator would want to hear. Every line of the snapshot has
/// been judged; a new one must be too.
#[test]
fn real_files_give_no_noise() {
    let Some(root) = shared("goldens/analyze") else { return };
    let mut lines = Vec::new();
    for case in records(&root, "realism.json") {
        let mut line: Vec<String> = ["analyze", "--use-kube=false", "-o", "json"].map(String::from).to_vec();
        line.extend(words(&case["inputs"]));
        for entry in findings(&run(&root, &line)) {
            lines.push(["level", "code", "origin", "reference"].map(|key| text(&entry, key)).join(" "));
        }
    }
    insta::assert_snapshot!(lines.join("\n"));
}

/// One line of JSON has many findings in it, and istioctl, which does not count lines in JSON, tells equal ones once.
#[test]
fn equal_sentences_at_one_place_count_once_as_the_reference_has_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let route = r#"{"destination":{"host":"gone","subset":"v1"}}"#;
    let object = format!(
        r#"{{"apiVersion":"networking.istio.io/v1","kind":"VirtualService","metadata":{{"name":"a"}},"spec":{{"hosts":["a.example.com"],"http":[{{"route":[{route},{route}]}}]}}}}"#
    );
    let count = |name: &str, compat: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, &object).expect("written");
        let file = path.to_str().expect("a path");
        let found = findings(&here(&["analyze", "--use-kube=false", "-o", "json", "--complete", compat, file]));
        found.iter().filter(|entry| text(entry, "message").contains("destinationrule")).count()
    };
    assert_eq!((count("a.json", "--compat=strict"), count("a.yaml", "--compat=strict")), (1, 1));
    assert_eq!(count("a.json", "--compat=off"), 2);
}

#[test]
fn what_only_looks_wrong_is_passed_over() {
    let found = findings(&here(&["analyze", "--use-kube=false", "-o", "json", "testdata/analyze/reserve.yaml"]));
    let told: Vec<String> =
        found.iter().map(|entry| format!("{} {}", text(entry, "code"), text(entry, "origin"))).collect();
    assert_eq!(
        told,
        ["BOW0001 DestinationRule shop/cart", "BOW0005 AuthorizationPolicy amb/app", "BOW0014 Sidecar shop/default"]
    );
}
