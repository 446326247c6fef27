//! `manifest`, `profile` and `values`, as a person runs them.

mod support;

use std::fs;

use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    folder
}

/// What a command line prints and how it ends, in a folder with these files.
fn outcome(files: &[(&str, &str)], words: &[&str]) -> String {
    let folder = folder(files);
    support::outcome(support::bowline(words).current_dir(folder.path()))
}

fn stdout(files: &[(&str, &str)], words: &[&str]) -> String {
    let folder = folder(files);
    let output = support::bowline(words).current_dir(folder.path()).output().expect("the built binary starts");
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn mistakes_of_a_newcomer_are_explained() {
    let operator = "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec:\n";
    let file = |text: &str| format!("{operator}{text}");
    let cases: Vec<(&str, Vec<&str>, String)> = vec![
        ("a profile that does not exist", vec!["--set", "profile=dmeo"], String::new()),
        ("a field that does not exist", vec!["--set", "profil=demo"], String::new()),
        ("a value that does not exist", vec!["--set", "values.pilot.autoscaleMn=2"], String::new()),
        ("a component that does not exist", vec!["--set", "components.pilots.enabled=true"], String::new()),
        ("no equals sign", vec!["--set", "profile"], String::new()),
        ("text for a switch", vec!["--set", "components.pilot.enabled=maybe"], String::new()),
        ("text for a number", vec!["--set", "values.pilot.autoscaleMin=many"], String::new()),
        ("a quantity without sense", vec!["--set", "components.pilot.k8s.resources.requests.cpu=lots"], String::new()),
        ("an enumeration", vec!["--set", "meshConfig.outboundTrafficPolicy.mode=registry_only"], String::new()),
        ("a duration without unit", vec!["--set", "meshConfig.connectTimeout=10"], String::new()),
        (
            "a gateway that does not exist",
            vec!["--set", "components.ingressGateways.[name:public].enabled=true"],
            String::new(),
        ),
        ("a revision with capitals and dashes below", vec!["--revision", "My_Rev"], String::new()),
        ("an unknown platform", vec!["--set", "values.global.platform=azure"], String::new()),
        ("a version that is no compatibility version", vec!["--set", "compatibilityVersion=1.10"], String::new()),
        ("a file that does not exist", vec!["-f", "nope.yaml"], String::new()),
        ("a file that is no YAML", vec!["-f", "in.yaml"], file("  profile: [demo\n")),
        ("a file of values instead of an IstioOperator", vec!["-f", "in.yaml"], "pilot:\n  autoscaleMin: 2\n".into()),
        (
            "wrong indentation",
            vec!["-f", "in.yaml"],
            file("  components:\n    pilot:\n    k8s:\n      replicaCount: 2\n"),
        ),
        (
            "a port below 1024",
            vec!["-f", "in.yaml"],
            file(
                "  components:\n    ingressGateways:\n    - name: public\n      enabled: true\n      k8s: {service: {ports: [{port: 80}]}}\n",
            ),
        ),
        (
            "several at once",
            vec!["-f", "in.yaml"],
            file(
                "  hub: Docker.io/Istio\n  tag: latest!\n  values:\n    global:\n      proxy:\n        logLevl: debug\n        includeIPRanges: 10.0.0.0\n",
            ),
        ),
        ("a folder that is no package", vec!["--manifests", "."], String::new()),
        ("a component that is off", vec!["--component", "cni"], String::new()),
        ("a profile in capitals", vec!["--set", "profile=Demo"], String::new()),
        ("a file for a profile", vec!["--set", "profile=./in.yaml"], file("  profile: demo\n")),
        ("a profile for a file", vec!["-f", "profiles/ambient.yaml"], String::new()),
        ("a path from the top of the document", vec!["--set", "spec.values.global.hub=x"], String::new()),
        ("a number where text is wanted", vec!["--set", "values.pilot.resources.requests.cpu=1"], String::new()),
        ("two assignments behind one flag", vec!["--set", "hub=registry.corp/istio", "tag=1.30.3"], String::new()),
        ("tabs", vec!["-f", "in.yaml"], file("\tprofile: demo\n")),
        ("a colon too many", vec!["-f", "in.yaml"], file("  profile: demo\n    hub: registry.corp/istio\n")),
        (
            "a ConfigMap",
            vec!["-f", "in.yaml"],
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: mesh\ndata:\n  mesh: ''\n".into(),
        ),
        ("a map for a list", vec!["-f", "in.yaml"], file("  components:\n    ingressGateways:\n      name: public\n")),
        ("a folder", vec!["-f", "."], String::new()),
        ("a folder of charts that is not there", vec!["--manifests", "nowhere"], String::new()),
    ];
    let mut told = String::new();
    for (what, words, text) in &cases {
        let words: Vec<&str> = ["manifest", "generate"].into_iter().chain(words.iter().copied()).collect();
        let outcome = outcome(&[("in.yaml", text)], &words);
        let stderr = outcome.split("--- stderr\n").nth(1).unwrap_or_default();
        assert!(outcome.starts_with("exit 1\n--- stdout\n--- stderr\n"), "{what}: {outcome}");
        told.push_str(&format!("# {what}\n$ bowline {}\n{stderr}\n", words.join(" ")));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn settings_that_change_nothing_are_warned_of() {
    let text = "kind: IstioOperator
spec:
  profile: minimal
  meshConfig:
    accesLogFile: /dev/stdout
  components:
    base:
      k8s: {replicaCount: 2}
    pilot:
      k8s:
        podDisruptionBudget: {minAvailable: 1}
        overlays:
        - {kind: Deployment, name: istio, patches: [{path: spec.replicas, value: 1}]}
        - kind: Deployment
          name: istiod
          patches:
          - {path: 'spec.template.spec.containers.[name:proxy].image', value: x}
  values:
    pilot: {enabled: false}
";
    let outcome = outcome(&[("in.yaml", text)], &["manifest", "generate", "-f", "in.yaml"]);
    insta::assert_snapshot!(outcome.split("--- stderr\n").nth(1).unwrap_or_default());
}

#[test]
fn one_component_is_rendered_alone() {
    let gateway =
        stdout(&[], &["manifest", "generate", "--component", "ingressGateways", "--set", "values.global.tag=1.30.3"]);
    insta::assert_snapshot!("ingress_gateway", gateway);
    assert_eq!(stdout(&[], &["manifest", "generate", "--set", "profile=empty"]), "");
}

#[test]
fn the_same_input_gives_the_same_manifest_however_it_is_given() {
    let text = "kind: IstioOperator\nspec: {profile: minimal, values: {pilot: {env: {A: b=c}}}}\n";
    let by_file = stdout(&[("in.yaml", text)], &["manifest", "generate", "-f", "in.yaml"]);
    let by_set = stdout(&[], &["manifest", "generate", "-s=profile=minimal", "--set", "values.pilot.env.A=b=c"]);
    let by_json = stdout(
        &[],
        &["manifest", "generate", "--set", "profile=minimal", "--set-json", "values.pilot.env={\"A\":\"b=c\"}"],
    );
    assert!(by_file == by_set && by_set == by_json);
    assert!(by_file.contains("- name: A\n          value: b=c\n"));
}

#[test]
fn files_of_an_output_folder_hold_the_components() {
    let folder = folder(&[]);
    let words = ["manifest", "generate", "--set", "profile=demo", "-o", "out"];
    let output = support::bowline(&words).current_dir(folder.path()).output().expect("the built binary starts");
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b""[..]));
    let mut names: Vec<String> = fs::read_dir(folder.path().join("out"))
        .expect("out")
        .map(|entry| entry.expect("file").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["base.yaml", "istio-egressgateway.yaml", "istio-ingressgateway.yaml", "pilot.yaml"]);
}

#[test]
fn profiles_are_listed_printed_and_compared() {
    let told: String = [
        &["profile", "list"][..],
        &["profile", "dump", "minimal"],
        &["profile", "dump", "demo", "-p", "components", "-o", "flags"],
        &["profile", "dump", "ambient", "-p", "values.profile", "-o", "json"],
        &["profile", "dump", "nope"],
        &["profile", "diff", "default", "ambient"],
        &["profile", "diff", "demo", "demo"],
    ]
    .iter()
    .map(|words| format!("$ bowline {}\n{}\n", words.join(" "), outcome(&[], words)))
    .collect();
    insta::assert_snapshot!(told);
}

#[test]
fn manifests_are_compared_by_meaning() {
    let old = "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: web}\nspec:\n  type: ClusterIP\n  ports: [{name: http, port: 1}, {name: tls, port: 2}]\n---\nkind: Gone\nmetadata: {name: g}\n";
    let new = "kind: New\nmetadata: {name: g}\n---\napiVersion: v1\nkind: Service\nmetadata: {namespace: web, name: a}\nspec:\n  ports: [{port: 3, name: tls}, {name: http, port: 1}]\n";
    let files = [("old.yaml", old), ("new.yaml", new)];
    let told: String = [
        &["manifest", "diff", "old.yaml", "new.yaml"][..],
        &["manifest", "diff", "old.yaml", "old.yaml"],
        &["manifest", "diff", "old.yaml", "new.yaml", "--select", "Service::", "--ignore", "*:web:*"],
        &["manifest", "diff", "old.yaml"],
    ]
    .iter()
    .map(|words| format!("$ bowline {}\n{}\n", words.join(" "), outcome(&files, words)))
    .collect();
    insta::assert_snapshot!(told);
}

#[test]
fn values_are_explained() {
    let told: String = [
        &["values", "explain", "pilot.autoscaleMin"][..],
        &["values", "explain", "meshConfig.accessLogFile"],
        &["values", "explain", "global.proxy.tracer"],
        &["values", "explain", "components.pilot.k8s.replicaCount", "-o", "json"],
        &["values", "explain", "global.proxy"],
        &["values", "explain", "pilot.autoscalMin"],
    ]
    .iter()
    .map(|words| format!("$ bowline {}\n{}\n", words.join(" "), outcome(&[], words)))
    .collect();
    insta::assert_snapshot!(told);
}

/// The files `manifest translate` writes, and the commands of its scripts, are the recorded ones.
#[test]
fn installations_are_translated_as_recorded() {
    let Some(cases) = support::shared("goldens/manifest/translate") else { return };
    for case in fs::read_dir(cases).expect("cases") {
        let case = case.expect("case").path();
        let text = fs::read_to_string(case.join("result.json")).expect("result.json");
        let recorded: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let folder = folder(&[]);
        let args = recorded["args"].as_array().cloned().unwrap_or_default();
        let mut words = vec!["manifest", "translate", "-o", "."];
        words.extend(args.iter().filter_map(|word| word.as_str()));
        let output = support::bowline(&words).current_dir(folder.path()).output().expect("the built binary starts");
        assert_eq!(output.status.code(), Some(0), "{}: {}", case.display(), String::from_utf8_lossy(&output.stderr));
        let files = recorded["files"].as_object().expect("files");
        let mut written: Vec<String> = fs::read_dir(folder.path())
            .expect("folder")
            .map(|entry| entry.expect("file").file_name().to_string_lossy().into_owned())
            .collect();
        let mut expected: Vec<String> = files.keys().cloned().collect();
        written.sort();
        expected.sort();
        assert_eq!(written, expected, "{}", case.display());
        for (name, file) in files {
            let ours = fs::read_to_string(folder.path().join(name)).expect("our file");
            if name.ends_with("-values.yaml") {
                let theirs = fs::read_to_string(case.join(name)).expect("recorded values");
                assert_eq!(
                    bowline::yaml::from_str(&ours).unwrap(),
                    bowline::yaml::from_str(&theirs).unwrap(),
                    "{name}"
                );
            }
            if let Some(commands) = file["commands"].as_array() {
                let ours: Vec<&str> =
                    ours.lines().filter(|line| line.starts_with("kubectl") || line.starts_with("helm")).collect();
                let theirs: Vec<&str> = commands.iter().filter_map(|command| command.as_str()).collect();
                assert_eq!(ours, theirs, "{}/{name}", case.display());
            }
        }
    }
}
