//! The corpora of the reference's validation: the same verdict, the same number of messages, the same reasons.

mod support;

use std::fs;
use std::path::PathBuf;

use bowline::validation::{Options, Severity, validate_stream};
use bowline::yaml::Value;

fn corpora() -> Option<PathBuf> {
    support::shared("goldens/validation")
}

/// Verdict of a file: error codes and warning codes, sorted.
fn verdict(text: &str) -> (Vec<&'static str>, Vec<&'static str>) {
    let options = Options { namespace: "default", istio_namespace: "istio-system", compat: true };
    let (mut errors, mut warnings) = (Vec::new(), Vec::new());
    for problem in validate_stream(text, options).into_iter().flat_map(|document| document.problems) {
        match problem.severity {
            Severity::Error => errors.push(problem.code),
            Severity::Warning => warnings.push(problem.code),
            Severity::Notice => {}
        }
    }
    errors.sort_unstable();
    warnings.sort_unstable();
    (errors, warnings)
}

/// Codes of decode failures depend on the reference's parser and count as one.
fn class(code: &str) -> &str {
    match code {
        "json-type" | "decode" | "enum-value" | "duration-format" | "unknown-field" => "decode",
        other => other,
    }
}

fn codes(row: &Value, key: &str) -> Vec<String> {
    let mut codes: Vec<String> = row[key]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|code| class(code).to_owned())
        .collect();
    codes.sort_unstable();
    codes
}

struct Tally {
    wrong: Vec<String>,
    total: usize,
}

impl Tally {
    fn row(&mut self, id: &str, input: &str, expected: &Value, exit: i64) {
        if input.contains("install.istio.io/v1alpha1") {
            // An IstioOperator is judged by what installs it; the command's own corpus covers it.
            return;
        }
        self.total += 1;
        let (errors, warnings) = verdict(input);
        let ours = |codes: &[&str]| {
            let mut codes: Vec<String> = codes.iter().map(|code| class(code).to_owned()).collect();
            codes.sort_unstable();
            codes
        };
        let (errors, warnings) = (ours(&errors), ours(&warnings));
        let (want_errors, want_warnings) = (codes(expected, "reasons"), codes(expected, "warning_reasons"));
        let verdict = i64::from(!errors.is_empty()) == exit;
        if !verdict || errors != want_errors || warnings != want_warnings {
            let mark = if verdict { "" } else { "VERDICT " };
            self.wrong.push(format!("{mark}{id}: want {want_errors:?} {want_warnings:?}, got {errors:?} {warnings:?}"));
        }
    }

    fn finish(self, name: &str) {
        println!("{name}: {} of {} right", self.total - self.wrong.len(), self.total);
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
    }
}

fn tally() -> Tally {
    Tally { wrong: Vec::new(), total: 0 }
}

#[test]
fn tables() {
    let Some(folder) = corpora() else { return };
    let mut tally = tally();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") || path.ends_with("helpers.yaml") {
            continue;
        }
        let rows: Value = bowline::yaml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        for row in rows.as_array().unwrap() {
            let id = format!("{} {}", path.file_stem().unwrap().display(), row["name"].as_str().unwrap());
            tally.row(&id, row["input"].as_str().unwrap(), row, i64::from(!row["valid"].as_bool().unwrap()));
        }
    }
    tally.finish("tables");
}

fn lines(name: &str) {
    let Some(folder) = corpora() else { return };
    let mut tally = tally();
    for line in fs::read_to_string(folder.join(name)).unwrap().lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let exit = row["verdict"]["exit"].as_i64().unwrap();
        if exit < 2 {
            tally.row(row["id"].as_str().unwrap(), row["input"].as_str().unwrap(), &row["verdict"], exit);
        }
    }
    tally.finish(name);
}

#[test]
fn mutants() {
    lines("mutants.jsonl");
}

#[test]
fn extra() {
    lines("extra.jsonl");
}

#[test]
fn real_files() {
    lines("repo-files.jsonl");
}

/// Without `compat`, what the API server would refuse is an error too, and nothing that both accept is.
#[test]
fn our_own_mode_finds_what_the_crds_refuse() {
    let Some(folder) = corpora() else { return };
    let options = Options { namespace: "default", istio_namespace: "istio-system", compat: false };
    let (mut wrong, mut total, mut only_crd) = (Vec::new(), 0, 0);
    let mut judge = |id: &str, input: &str, valid: bool, crd: bool| {
        total += 1;
        only_crd += usize::from(valid && !crd);
        let errors: Vec<String> = validate_stream(input, options)
            .into_iter()
            .flat_map(|document| document.problems)
            .filter(|problem| problem.severity == Severity::Error)
            .map(|problem| format!("{} {}", problem.path, problem.code))
            .collect();
        if errors.is_empty() != (valid && crd) {
            wrong.push(format!("{id}: reference {valid}, CRD {crd}, ours {errors:?}"));
        }
    };
    for line in fs::read_to_string(folder.join("mutants.jsonl")).unwrap().lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let exit = row["verdict"]["exit"].as_i64().unwrap();
        if let Some(crd) = row["crd"]["valid"].as_bool() {
            judge(row["id"].as_str().unwrap(), row["input"].as_str().unwrap(), exit == 0, crd);
        }
    }
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "yaml") || path.ends_with("helpers.yaml") {
            continue;
        }
        let rows: Value = bowline::yaml::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        for row in rows.as_array().unwrap() {
            if let Some(crd) = row["crd_valid"].as_bool() {
                let id = format!("{} {}", path.file_stem().unwrap().display(), row["name"].as_str().unwrap());
                judge(&id, row["input"].as_str().unwrap(), row["valid"].as_bool().unwrap(), crd);
            }
        }
    }
    println!("{} of {total} right, {only_crd} of them only the CRD refuses", total - wrong.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
