//! `validate` as a person meets it: what it prints, and how it ends.

mod support;

use std::io::Write as _;
use std::process::Stdio;

use support::{bowline, outcome};

/// Runs `validate` in a folder of our own inputs.
fn validate(words: &[&str]) -> String {
    let mut command = bowline(&["validate"]);
    command.args(words).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/validate"));
    outcome(&mut command)
}

#[test]
fn every_problem_is_told_at_once_with_its_place() {
    insta::assert_snapshot!(validate(&["-f", "broken.yaml"]));
}

#[test]
fn as_the_reference_it_stops_where_the_reference_stops() {
    insta::assert_snapshot!(validate(&["-f", "broken.yaml", "--compat"]));
}

#[test]
fn good_files_are_listed() {
    insta::assert_snapshot!(validate(&["-f", "good.yaml,mesh"]));
}

#[test]
fn a_folder_is_read_with_everything_below_it() {
    insta::assert_snapshot!(validate(&["-f", "mesh", "--compat"]));
}

#[test]
fn mistakes_on_the_command_line() {
    let lines: [&[&str]; 4] = [&[], &["-f", "nowhere.yaml"], &["word"], &["-f", "good.yaml", "-x=false"]];
    let text: String =
        lines.iter().map(|line| format!("$ validate {}\n{}\n", line.join(" "), validate(line))).collect();
    insta::assert_snapshot!(text);
}

/// What `validate -f -` says of a text that is refused.
fn refusal(text: &str) -> String {
    let mut command = bowline(&["validate", "-f", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the built binary starts");
    child.stdin.take().expect("piped").write_all(text.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn standard_input_is_a_file_too() {
    let text = "apiVersion: networking.istio.io/v1\nkind: Gateway\nmetadata: {name: a}\nspec: {servers: []}\n";
    assert_eq!(
        refusal(text),
        "Error: 1 error occurred:\n\t* line 4:17: Gateway//a: spec.servers: the gateway has no servers [gw-servers-missing]\n"
    );
}

#[test]
fn a_problem_inside_a_list_names_the_item() {
    let text = "apiVersion: v1
kind: List
items:
- apiVersion: networking.istio.io/v1
  kind: Gateway
  metadata: {name: a, namespace: b}
  spec: {servers: []}
- apiVersion: v1
  kind: Service
  metadata: {name: c}
  spec: {ports: [{port: 80}]}
";
    let port = "the port needs a name that starts with its protocol, or an appProtocol [svc-port-unnamed]";
    assert_eq!(
        refusal(text),
        format!(
            "Error: 2 errors occurred:
\t* line 7:19: Gateway/b/a: items[0].spec.servers: the gateway has no servers [gw-servers-missing]
\t* line 11:18: Service//c: items[1].spec.ports[0]: {port}
"
        )
    );
}
