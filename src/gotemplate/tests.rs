//! The language as a chart sees it: whole templates against whole results.

use super::*;

/// Renders with Helm's functions and `.Values` from YAML; errors come as their text.
fn render(values: &str, template: &str) -> String {
    let values = Value::from_json(&crate::yaml::from_str(values).expect("the test's values are YAML"));
    let mut set = Set::new(helm::functions()).with_missing_key(MissingKey::Zero);
    if let Err(error) = set.parse("t", template) {
        return error.to_string();
    }
    let data = Value::map([("Values", values)]);
    set.execute("t", data).map(|text| text.replace("<no value>", "")).unwrap_or_else(|error| error.to_string())
}

/// Renders with Helm's functions and no values; errors come as their text.
pub(super) fn rendered(template: &str) -> String {
    render("{}", template)
}

#[track_caller]
fn assert_renders(values: &str, cases: &[(&str, &str)]) {
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(template, expected)| {
            let got = render(values, template);
            (got != *expected).then(|| format!("{template}\n  expected {expected:?}\n  got      {got:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn examples_of_the_specification_hold() {
    assert_renders(
        "{l: [1, a, true, null], i: 5, m: {a: null}, a: \"x\\ny\\n\"}",
        &[
            ("{{ .Values.missing }}", ""),
            (
                "{{ .Values.missing.deep }}",
                "template: t:1:10: executing \"t\" at <.Values.missing.deep>: nil pointer evaluating interface {}.deep",
            ),
            ("{{ ((.Values.missing).deep).er | default \"d\" }}", "d"),
            ("{{ .Values.missing | toYaml }}", "null"),
            ("{{ cat \"a\" 5 nil \"b\" }}", "a 5 b"),
            ("{{ list 1 nil \"a\" | join \",\" }}", "1,a"),
            ("{{ range $i, $v := .Values.l }}{{ $i }}:{{ $v }},{{ end }}", "0:1,1:a,2:true,3:,"),
            ("{{ and true .Values.missing }}|{{ and 5 \"s\" }}|{{ or (dict) \"z\" }}", "|s|z"),
            ("\"{{ coalesce nil nil }}\"", "\"\""),
            ("{{ split \",\" \"\" | len }}", "1"),
            ("{{ \"a\\nb\" | indent 2 }}", "  a\n  b"),
            ("{{ dict \"h\" \"<a>&b\" | toJson }}", "{\"h\":\"\\u003ca\\u003e\\u0026b\"}"),
            ("{{ toYaml (list \"a\" (dict \"b\" (list 1))) }}", "- a\n- b:\n  - 1"),
            ("{{- $x := 1 }}{{ if true }}{{ $x := 2 }}{{ end }}{{ $x }}", "1"),
            ("{{- $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
            ("{{ \"a\" -}}  \n  b", "ab"),
            ("{{ define \"t2\" }}[{{ . }}]{{ end }}{{ template \"t2\" }}", "[]"),
            (
                "{{ merge (dict \"a\" false \"l\" (list)) (dict \"a\" true \"l\" (list 1)) | toJson }}",
                "{\"a\":true,\"l\":[1]}",
            ),
            ("{{ mergeOverwrite (dict \"m\" (dict \"k\" 1)) (dict \"m\" (dict)) | toJson }}", "{\"m\":{\"k\":1}}"),
            ("{{ mergeOverwrite (dict \"a\" (dict \"k\" 1)) (dict \"a\" nil) | toJson }}", "{\"a\":null}"),
            ("{{ int \"7x\" }} {{ int nil }} {{ gt (int 5.0) 1 }}", "0 0 true"),
            ("{{ required \"need it\" 0 }}", "0"),
            ("{{ printf \"%d\" .Values.i }}", "%!d(float64=5)"),
            ("{{ hasKey .Values.m \"a\" }}", "true"),
            ("{{ .Values.a | nindent 4 }}", "\n    x\n    y\n    "),
            (
                "{{ merge (dict) .Values.missing }}",
                "template: t:1:23: executing \"t\" at <.Values.missing>: wrong type for value; expected map[string]interface {}; got interface {}",
            ),
            ("{{ merge (dict) nil }}", "map[]"),
            ("{{ merge (dict) (index .Values \"missing\") }}", "map[]"),
            ("{{ \"{{\" }}", "{{"),
            ("{{ define \"x\" }}{{ .a }}{{ end }}{{ include \"x\" (dict \"a\" 1) | quote }}", "\"1\""),
            ("{{ tpl \"{{ .Values.i }}{{ .Values.missing }}\" . }}", "5"),
            ("{{ $_ := set . \"Values\" (dict \"n\" 1) }}{{ .Values.n }}", "1"),
            (
                "{{ \"1\" | fromYaml | toJson }}",
                "{\"Error\":\"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal number into Go value of type map[string]interface {}\"}",
            ),
        ],
    );
}

#[test]
fn numbers_print_as_in_go() {
    let cases = [
        ("5", "5", "5", "5"),
        ("1.0", "1", "1", "1"),
        ("0.25", "0.25", "0.25", "0.25"),
        ("999999", "999999", "999999", "999999"),
        ("1000000", "1e+06", "1000000", "1000000"),
        ("2097152", "2.097152e+06", "2097152", "2097152"),
        ("1234567.5", "1.2345675e+06", "1234567.5", "1.2345675e+06"),
        ("100000.5", "100000.5", "100000.5", "100000.5"),
        ("123456789012345678", "1.2345678901234568e+17", "123456789012345680", "123456789012345680"),
        ("1e20", "1e+20", "100000000000000000000", "1e+20"),
        ("1e21", "1e+21", "1e+21", "1e+21"),
        ("0.00001", "1e-05", "0.00001", "1e-05"),
        ("0.0000001", "1e-07", "1e-7", "1e-07"),
    ];
    for (value, shown, json, yaml) in cases {
        let got =
            render(&format!("num: {value}"), "{{ .Values.num }}|{{ toJson .Values.num }}|{{ toYaml .Values.num }}");
        assert_eq!(got, format!("{shown}|{json}|{yaml}"), "{value}");
    }
}

#[test]
fn hostile_templates_end_with_an_error() {
    let nested = format!("{}{}", "{{ if 1 }}".repeat(100_000), "{{ end }}".repeat(100_000));
    assert!(render("{}", &nested).contains("max expression depth exceeded"));
    let parens = format!("{{{{ {}1{} }}}}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(render("{}", &parens).contains("max expression depth exceeded"));
    assert!(render("{}", "{{ define \"a\" }}{{ template \"a\" }}{{ end }}{{ template \"a\" }}").contains("depth"));
    assert!(!render("{}", "{{ define \"a\" }}{{ include \"a\" . }}{{ end }}{{ include \"a\" . }}").is_empty());
    assert!(render("{}", "{{ range until 100000000 }}{{ end }}").contains("too long"));
    assert!(render("{}", "{{ repeat 1000000000 \"ab\" }}").contains("too long"));
    assert!(
        render("{}", "{{ $x := dict }}{{ $_ := set $x \"x\" $x }}{{ toJson $x }}{{ len (print $x) | gt 1000000 }}")
            .contains("true")
    );
    let deep = "{{ $x := dict }}{{ range until 200000 }}{{ $x = dict \"a\" $x }}{{ end }}{{ len $x }}";
    assert_eq!(render("{}", deep), "1");
}

#[test]
fn regular_expressions_find_replace_and_split() {
    assert_renders(
        "{}",
        &[
            ("{{ regexMatch \"^a+$\" \"aa\" }} {{ regexMatch \"(\" \"(\" }}", "true false"),
            ("{{ regexFind \"[a-z][1-9]\" \"x a1 b2\" }}|{{ regexFind \"z\" \"a\" }}", "a1|"),
            (
                "{{ regexFindAll \"[2468]\" \"12345678\" -1 }} {{ regexFindAll \"[2468]\" \"12345678\" 2 }}",
                "[2 4 6 8] [2 4]",
            ),
            ("{{ regexReplaceAll \"a(x*)b\" \"-ab-axxb-\" \"${1}W\" }}", "-W-xxW-"),
            ("{{ regexReplaceAllLiteral \"a(x*)b\" \"-ab-axxb-\" \"${1}\" }}", "-${1}-${1}-"),
            (
                "{{ regexSplit \"z+\" \"pizza\" -1 }} {{ regexSplit \"z\" \"pizza\" 2 }} {{ regexSplit \"\" \"ab\" -1 }}",
                "[pi a] [pi za] [a b]",
            ),
            ("{{ regexQuoteMeta \"1.2.3\" }}", "1\\.2\\.3"),
        ],
    );
}

/// `testdata/gotemplate/sprig.json` was recorded from Go's text/template with Sprig 3.3.
#[test]
fn go_gives_the_same() {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/gotemplate/sprig.json"))
        .expect("the recorded cases are there");
    let cases: Vec<serde_json::Value> = serde_json::from_str(&text).expect("the recorded cases are JSON");
    let data: serde_json::Value = serde_json::json!({
        "s": "str", "i": 5, "f": 1.5, "big": 1_234_567, "list": ["a", "b", "c"], "map": {"a": 1, "b": "x"},
        "nested": {"x": {"y": "deep"}}, "nothing": null, "emptylist": [], "é": "acc",
    });
    let functions = Functions::new(SPRIG);
    let mut wrong = Vec::new();
    for case in &cases {
        let template = case["template"].as_str().expect("a template");
        let mut set = Set::new(functions.clone());
        let result = set
            .parse("t", template)
            .and_then(|()| set.execute("t", Value::from_json(&data)))
            .map_err(|e| e.to_string());
        let expected = match case["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(case["output"].as_str().unwrap_or_default().to_owned()),
        };
        if result != expected {
            wrong.push(format!("{template}\n  expected {expected:?}\n  got      {result:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn toml_is_read_as_it_is_written() {
    assert_renders(
        "{}",
        &[
            ("{{ fromToml \"a = 1\\n[b]\\nc = 'x'\" | toJson }}", "{\"a\":1,\"b\":{\"c\":\"x\"}}"),
            (
                "{{ fromToml \"[[x]]\\na=1\\n[[x]]\\nb=[1,2.5,true,'q',1979-05-27]\\nd={y=1}\" | toJson }}",
                "{\"x\":[{\"a\":1},{\"b\":[1,2.5,true,\"q\",\"1979-05-27T00:00:00Z\"],\"d\":{\"y\":1}}]}",
            ),
            ("{{ (fromToml \"x = 1\\na = \").Error | trunc 14 }}", "toml: line 2: "),
        ],
    );
}
