//! Whole charts against what Helm 3.19 made of them, recorded in `testdata/chart/helm.json`, and single templates made at random
//! against what Helm 3.21 made of those, recorded in `testdata/chart/engine.json`.

use std::collections::BTreeMap;

use super::*;

/// Errors of these starts are told in our own words.
const OWN_WORDS: &[&str] =
    &["error converting YAML", "chart requires kubeVersion", "type mismatch on", "cannot load Chart.yaml"];

fn rendered(case: &serde_json::Value) -> Result<BTreeMap<String, String>, Error> {
    let files = case["files"].as_object().into_iter().flatten();
    let files = files.map(|(path, text)| (path.clone(), Bytes::Owned(text.as_str().unwrap_or("").into()))).collect();
    let chart = Chart::from_files(files)?;
    render::texts(&chart, &Release::helm("istio", "istio-system", false), &Capabilities::default(), &case["values"])
}

#[test]
fn helm_gives_the_same() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/chart/helm.json"))
        .expect("the recorded charts are there");
    let cases: Vec<serde_json::Value> = serde_json::from_str(&text).expect("the recorded charts are JSON");
    let mut wrong = Vec::new();
    for case in &cases {
        let name = case["name"].as_str().unwrap_or_default();
        let result = rendered(case).map_err(|error| error.to_string());
        let fine = match (&result, case["error"].as_str()) {
            (Ok(files), None) => {
                files
                    .iter()
                    .filter(|(_, text)| !text.trim().is_empty())
                    .all(|(path, text)| case["output"][path] == **text)
                    && case["output"].as_object().is_some_and(|all| {
                        all.iter().all(|(path, text)| {
                            text.as_str().unwrap_or("").trim().is_empty() || files.contains_key(path)
                        })
                    })
            }
            (Err(error), Some(expected)) => {
                error.trim_end() == expected.trim_end() || OWN_WORDS.iter().any(|own| expected.starts_with(own))
            }
            _ => false,
        };
        if !fine {
            let expected = case["error"].as_str().map_or_else(|| case["output"].to_string(), str::to_owned);
            let template = case["files"]["templates/a.yaml"].as_str().unwrap_or_default();
            wrong.push(format!("{name}: {template}\n  expected {expected}\n  got      {result:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn helm_gives_the_same_for_random_templates() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/chart/engine.json"))
        .expect("the recorded templates are there");
    let recorded: serde_json::Value = serde_json::from_str(&text).expect("the recorded templates are JSON");
    let cases = recorded["cases"].as_array().expect("a list");
    let file = |text: &serde_json::Value| Bytes::Owned(text.as_str().unwrap_or_default().into());
    let mut wrong = Vec::new();
    for case in cases {
        let files = BTreeMap::from([
            ("Chart.yaml".into(), Bytes::Borrowed(&b"apiVersion: v2\nname: c\nversion: 1.2.3\n"[..])),
            ("templates/_t.tpl".into(), file(&recorded["partial"])),
            ("templates/t.yaml".into(), file(&case["template"])),
        ]);
        let chart = Chart::from_files(files).expect("a chart");
        let release = Release::helm("rel", "ns", false);
        let rendered = render::texts(&chart, &release, &Capabilities::default(), &recorded["values"]);
        let got = match rendered {
            Ok(files) => ("output", files.get("c/templates/t.yaml").cloned().unwrap_or_default()),
            Err(error) => ("error", error.to_string()),
        };
        if case[got.0] != got.1 {
            wrong.push(format!("{case}\n  got {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn the_context_has_the_types_and_methods_of_helm() {
    for (template, expected) in [
        (
            "{{ typeOf . }} {{ typeOf .Values }} {{ typeOf .Values.a }} {{ typeOf .Template }}",
            "chartutil.Values chartutil.Values map[string]interface {} chartutil.Values",
        ),
        (
            "{{ .Values.AsMap | toJson }} {{ typeOf .Values.AsMap }} {{ .Values.YAML }}",
            "{\"a\":{\"b\":{\"c\":1}},\"s\":\"x\"} map[string]interface {} a:\n  b:\n    c: 1\ns: x\n",
        ),
        (
            "{{ (.Values.Table \"a.b\").c }} {{ typeOf (.Values.Table \"a\") }} {{ dig \"a\" \"b\" \"c\" 0 .Values.AsMap }}",
            "1 chartutil.Values 1",
        ),
        ("{{ .Values.Table \"s\" }}", "error calling Table: \"s\" is not a table"),
        ("{{ .Values.AsMap 1 }}", "wrong number of args for AsMap: want 0 got 1"),
        ("{{ .Values.Foo 1 }}", "Foo is not a method but has arguments"),
        ("{{ dig \"a\" 0 .Values }}", "interface {} is chartutil.Values, not map[string]interface {}"),
        (
            "{{ typeOf (deepCopy .Values) }} {{ typeOf (merge (dict) .Values) }} {{ typeOf (set .Values \"q\" 1) }} {{ .Values.q }}",
            "chartutil.Values map[string]interface {} map[string]interface {} 1",
        ),
        (
            "{{ with .Capabilities.APIVersions }}{{ .Has \"v1\" }} {{ has \"v1\" . }} {{ typeOf (slice . 0 1) }} {{ index . 0 }}{{ end }}",
            "true true chartutil.VersionSet v1",
        ),
        ("{{ .Files.Foo }} {{ .Chart }}", "[] {{c  [] 1.2.3  [] []  v2   4.5 false map[]  [] } true}"),
    ] {
        let files = [
            (
                "Chart.yaml".to_owned(),
                Bytes::Owned(b"{apiVersion: v2, name: c, version: 1.2.3, appVersion: '4.5'}".to_vec()),
            ),
            ("templates/NOTES.txt".to_owned(), Bytes::Owned(template.as_bytes().to_vec())),
        ];
        let chart = Chart::from_files(files.into_iter().collect()).expect("a chart");
        let values = serde_json::json!({"a": {"b": {"c": 1}}, "s": "x"});
        let release = Release::helm("istio", "istio-system", false);
        let got = render::texts(&chart, &release, &Capabilities::default(), &values);
        let got = got.map_or_else(|error| error.to_string(), |files| files.into_values().collect());
        assert!(
            got == expected || (got.starts_with("template: ") && got.trim_end().ends_with(expected)),
            "{template}\n  {got}"
        );
    }
}
