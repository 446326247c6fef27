//! Laws that bind the parts together: both readers agree, what is written reads back, and the reference's own documents
//! come back byte for byte.

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::scan::Scanner;
use super::split::{is_blank, yaml_parts};
use super::*;

/// Every node as kind, span and text, in document order.
fn flat(document: &Document<'_>) -> Vec<(Kind, Span, String)> {
    fn walk(node: Node<'_>, out: &mut Vec<(Kind, Span, String)>) {
        out.push((node.kind(), node.span(), node.text().to_owned()));
        node.items().for_each(|item| walk(item, out));
        for (key, value) in node.entries() {
            walk(key, out);
            walk(value, out);
        }
    }
    let mut out = Vec::new();
    walk(document.root(), &mut out);
    out
}

/// Checks every document of a text that the scanner takes against the general reader; gives how many documents it took
/// and how many there are.
fn compare_readers(text: &str) -> Result<(usize, usize), String> {
    let (mut fast, mut all) = (0, 0);
    for part in yaml_parts(text).unwrap_or_default() {
        if is_blank(text.get(part.clone()).unwrap_or_default()) {
            continue;
        }
        all += 1;
        let Some(tree) = Scanner::tree(text, part.clone()) else { continue };
        fast += 1;
        let scanned = flat(&Document::new(text, part.clone(), tree));
        let general = events::read(text, part.clone(), part.start);
        let [Ok(general)] = general.as_slice() else {
            return Err(format!("scanner took what the general reader refuses: {general:?}\n{:?}", text.get(part)));
        };
        let general = flat(general);
        if let Some((scanned, general)) = scanned.iter().zip(&general).find(|(scanned, general)| scanned != general) {
            return Err(format!("scanned {scanned:?}\ngeneral {general:?}\nin {:?}", text.get(part)));
        }
        if scanned.len() != general.len() {
            return Err(format!("{} nodes against {} in {:?}", scanned.len(), general.len(), text.get(part)));
        }
    }
    Ok((fast, all))
}

/// The folder of recorded reference data, if this machine has it.
fn shared() -> Option<PathBuf> {
    let shared = std::env::var_os("BOWLINE_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let goldens = [shared.join("goldens"), Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/goldens")];
    let found = goldens.into_iter().find(|goldens| goldens.is_dir());
    if found.is_none() {
        println!("skipped: no recorded reference data (set BOWLINE_SHARED)");
    }
    found
}

fn files_below(folder: &Path, wanted: &dyn Fn(&Path) -> bool, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, wanted, out);
        } else if wanted(&path) {
            out.push(path);
        }
    }
}

#[test]
fn both_readers_agree_on_every_recorded_document() {
    let Some(goldens) = shared() else { return };
    let mut files = Vec::new();
    files_below(&goldens, &|path| path.extension().is_some_and(|ext| ext == "yaml" || ext == "yml"), &mut files);
    let (mut fast, mut all, mut bytes) = (0, 0, 0);
    for file in files {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        bytes += text.len();
        let counts = compare_readers(&text).unwrap_or_else(|difference| panic!("{}: {difference}", file.display()));
        fast += counts.0;
        all += counts.1;
    }
    println!("{fast} of {all} documents on the fast path, {bytes} bytes");
    assert!(fast * 10 > all * 7, "only {fast} of {all} documents were read by the scanner");
}

#[test]
fn documents_the_reference_printed_come_back_byte_for_byte() {
    let Some(goldens) = shared() else { return };
    let mut files = Vec::new();
    files_below(&goldens.join("manifest"), &|path| path.ends_with("expected.yaml"), &mut files);
    let mut count = 0;
    for file in files {
        let Ok(text) = std::fs::read_to_string(&file) else { continue };
        for part in split_documents(&text) {
            let document = part.text.strip_suffix('\n').filter(|text| text.ends_with('\n')).unwrap_or(part.text);
            if part.is_blank() {
                continue;
            }
            let value = from_str(document).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            assert_eq!(to_string(&value), document, "{}", file.display());
            count += 1;
        }
    }
    println!("{count} documents");
    assert!(count > 100);
}

fn line() -> impl Strategy<Value = String> {
    let indent = prop::sample::select(vec!["", "", "", "  ", "  ", "    ", "   ", "- ", "  - ", "- - ", "-   "]);
    let key = prop::sample::select(vec![
        "a: ", "b: ", "c:", "key:  ", "'q': ", "\"d\": ", "", "- ", "1: ", "a.b/c: ", "yes: ", "x : ", "-: ",
    ]);
    let value = prop::sample::select(vec![
        "",
        "",
        "1",
        "x",
        "a b",
        "\"q\"",
        "'s'",
        "'it''s'",
        "\"a\\n\"",
        "|",
        "|-",
        "|+",
        ">",
        "[]",
        "{}",
        "[a, 'b', \"c d\"]",
        "[1,2 ]",
        "[a: b]",
        "# note",
        "x # note",
        "x#y",
        "http://a:80/b",
        "a: b",
        "a:",
        "-",
        "- x",
        "-x",
        "?",
        ":x",
        "*a",
        "&a x",
        "yes",
        "010",
        "~",
        ".inf",
        "x  ",
        "é",
        "{a: 1}",
        "<<",
        "!t x",
        "\tx",
        "x\ty",
        "|2",
        "'s' # note",
        "\"q\" x",
        "[] # n",
        "[a b]",
        "@x",
        "%x",
        "#x",
    ]);
    (indent, key, value).prop_map(|(indent, key, value)| format!("{indent}{key}{value}"))
}

fn block_text() -> impl Strategy<Value = String> {
    let extra = prop::sample::select(vec!["", "  ", "# note", "  # note", "    text", "      text", "---"])
        .prop_map(str::to_owned);
    let lines = prop::collection::vec(prop_oneof![5 => line(), 1 => extra], 1..9);
    (lines, prop::bool::ANY).prop_map(|(lines, newline)| lines.join("\n") + if newline { "\n" } else { "" })
}

/// A mapping or sequence whose value goes on over lines of any depth, with everything that may end or break it.
fn folded_text() -> impl Strategy<Value = String> {
    let head =
        prop::sample::select(vec!["a:", "- ", "- a:", "b:\n  a:", "b:\n- ", "a: x\nb:", "- - ", "a: |\n  x\nb:"]);
    let open = prop::sample::select(vec![
        "x", "'x", "\"x", "'", "\"x # y", "1", "true", "~", "x # y", "x ", "", "'x' ", "|", "[x]",
    ]);
    let line = (
        0_usize..5,
        prop::sample::select(vec![
            "y", "y: z", "y:", "y'", "y\"", "'", "''", "\"", "y''z", "y\\", "# y", "y # z", "- y", "-", "", " ", "#",
            "y ", "1", "? y", "' # z", "\" z", "': z", "[y]", "{}", "&y", "*y", "!y", "%y", "@y", "`y", "|", ">", ",",
            "---", "...", "y\tz", ": y", "é",
        ]),
    )
        .prop_map(|(depth, text)| format!("{}{text}", " ".repeat(depth)));
    (head, open, prop::collection::vec(line, 0..5), prop::bool::ANY).prop_map(|(head, open, lines, newline)| {
        let lines: String = lines.iter().map(|line| format!("\n{line}")).collect();
        format!("{head} {open}{lines}{}", if newline { "\n" } else { "" })
    })
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a",
        "word ",
        " ",
        "\n",
        "\t",
        "yes",
        "1",
        "0x1f",
        "1:30",
        "2001-01-02",
        "- ",
        ": ",
        "#",
        " #",
        "'",
        "\"",
        "\\",
        "é",
        "\u{1F600}",
        "---",
        "{",
        "[",
        "*",
        "&",
        "!",
        "|",
        ">",
        "%",
        "@",
        "`",
        "?",
        "~",
        "\r",
        "\u{85}",
        "\u{2028}",
        "\u{FEFF}",
        "\u{7F}",
        "long word ",
        "= ",
        "<<",
        ".",
    ]);
    prop_oneof![
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat()),
        prop::collection::vec("[a-z:#'é ]{1,9}", 0..40).prop_map(|words| words.join(" ")),
        any::<String>(),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let float = any::<f64>().prop_filter("JSON has no infinities, and integral floats become integers", |float| {
        float.is_finite() && float.fract() != 0.0
    });
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        float.prop_map(Value::from),
        text().prop_map(Value::String),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::vec((text(), inner), 0..6)
                .prop_map(|entries| Value::Object(entries.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_scanner_never_guesses(text in block_text()) {
        compare_readers(&text).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn lines_that_go_on_are_no_guess_either(text in folded_text()) {
        compare_readers(&text).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn what_is_written_reads_back(value in value()) {
        let written = to_string(&value);
        let read = from_str(&written).map_err(|error| TestCaseError::fail(format!("{error}\n{written}")))?;
        prop_assert_eq!(read, value, "{}", written);
        compare_readers(&written).map_err(TestCaseError::fail)?;
    }
}

#[test]
fn the_scanner_reads_what_goes_on_over_lines() {
    let text = "a: one\n  two\n\n  three # note\nb: 'x\n\n\n   y '\nc:\n- \"p\n  q\"\n- 1\n  2\nd: |\n  end";
    let document =
        Document::new(text, 0..text.len(), Scanner::tree(text, 0..text.len()).expect("the scanner takes it"));
    assert_eq!(document.to_value(), json!({"a": "one two\nthree", "b": "x\n\ny ", "c": ["p q", "1 2"], "d": "end"}));
    compare_readers(text).unwrap();
}

#[test]
fn positions_one_after_the_other_are_those_of_each() {
    let text = "a: é\n\nb:\n- ß c\n";
    let mut positions = Positions::new(text);
    for offset in
        (0..=text.len() + 1).filter(|offset| *offset > text.len() || text.is_char_boundary(*offset)).chain([3, 9])
    {
        assert_eq!(positions.of(offset), position(text, offset), "{offset}");
    }
}

#[test]
fn a_document_gives_values_and_places() {
    let text = "# top\nmetadata:\n  name: web # inline\n  labels: {app: 'x'}\nspec:\n  hosts:\n  - a\n  - \"b\\tc\"\n---\n# nothing\n---\nkind: List\n";
    let documents: Vec<Document> = parse_stream(text).into_iter().map(Result::unwrap).collect();
    assert_eq!(documents.len(), 2);
    let root = documents[0].root();
    let name = root.at(&["metadata", "name"]).unwrap();
    assert_eq!((name.as_str(), name.span().of(text)), (Some("web"), "web"));
    assert_eq!(position(text, name.span().start as usize), Position { line: 3, column: 9 });
    let hosts: Vec<_> = root.at(&["spec", "hosts"]).unwrap().items().map(|host| host.as_str().unwrap()).collect();
    assert_eq!(hosts, ["a", "b\tc"]);
    let (key, labels) = root.get("metadata").unwrap().entry("labels").unwrap();
    assert_eq!((key.span().of(text), labels.span().of(text), labels.len()), ("labels", "{app: 'x'}", 1));
    assert_eq!(documents[1].root().get("kind").unwrap().as_str(), Some("List"));
    assert_eq!((documents[1].line(), documents[1].text()), (12, "kind: List\n"));
    assert_eq!(
        documents[0].to_value(),
        json!({"metadata": {"name": "web", "labels": {"app": "x"}}, "spec": {"hosts": ["a", "b\tc"]}})
    );
}

fn read(text: &str) -> Result<Value, String> {
    from_str(text).map_err(|error| error.yaml_text())
}

#[test]
fn shapes_are_read_as_go_reads_them() {
    let rows = [
        ("", json!(null)),
        ("# only\n---\n", json!(null)),
        ("---\n---\na: b\n", json!(null)),
        ("a: 1\n---\nb: [", json!({"a": 1})),
        ("{\"a\": [1, 2.0, \"\\u00e9\"]}", json!({"a": [1, 2, "é"]})),
        ("a: 1\na: 2\n", json!({"a": 2})),
        (
            "1: a\n1.50: b\nyes: c\nno: d\n2001-01-02: e\n1.0: f\n",
            json!({"1": "f", "1.5": "b", "true": "c", "false": "d", "2001-01-02": "e"}),
        ),
        ("x: &x {b: 1}\nc:\n  b: 2\n  <<: *x\n  d: 3\n", json!({"x": {"b": 1}, "c": {"b": 1, "d": 3}})),
        ("<<: [{a: 1}, {a: 2, b: 3}]\nb: 4\n", json!({"a": 1, "b": 4})),
        ("\"<<\": 1\nv: <<\n", json!({"<<": 1, "v": "<<"})),
        ("&k a: &v [1]\nb: *v\n*k : 2\n", json!({"a": 2, "b": [1]})),
        (
            "s: !!str 1\ni: !!int \"1\"\nf: !!float 1\nb: !!binary aGk=\nw: ! 12\nu: !foo bar\ne: !b\nt: !!set {x}\n",
            json!({"s": "1", "i": 1, "f": 1, "b": "hi", "w": "12", "u": "bar", "e": "", "t": {"x": null}}),
        ),
        ("{x:1, y, z: }", json!({"x:1": null, "true": null, "z": null})),
        ("[b:1, c: d]", json!(["b:1", {"c": "d"}])),
        ("\u{FEFF}a:\tb\r\nc: |\r\n  d\r\n", json!({"a": "b", "c": "d\n"})),
        ("a: >\n  f\n  g\n\n  h\n   i\n  j\n", json!({"a": "f g\nh\n i\nj\n"})),
        ("a: \"\\x41\\u00e9\\U0001F600\\e\\_\\N\\L\\\n   b\"", json!({"a": "Aé\u{1F600}\u{1B}\u{A0}\u{85}\u{2028}b"})),
        ("? a\n: b\n? c\n", json!({"a": "b", "c": null})),
        ("%YAML 1.1\n---\na: b\n", json!({"a": "b"})),
        ("--- # old line ends\ra: 1\rb:\r- c\r", json!({"a": 1, "b": ["c"]})),
        // Comments right behind a token, text behind the end of the document.
        ("a: 'q'#x\nb: [1]#é\nc: |#z\n  d\n", json!({"a": "q", "b": [1], "c": "d\n"})),
        ("{a: 1} b", json!({"a": 1})),
        // Floats that are keys have the digits of 32 bits.
        ("685230.15: a\n1234567.5: b\n", json!({"685230.1": "a", "1.2345675e+06": "b"})),
        ("a: |1\n \tx\n", json!({"a": "\tx\n"})),
    ];
    for (text, value) in rows {
        assert_eq!(read(text), Ok(value), "{text:?}");
    }
}

#[test]
fn a_dash_in_a_flow_collection_is_a_text() {
    for (text, expected) in [
        ("x: [-]", json!({"x": ["-"]})),
        ("args: [cat, -, '-', d]", json!({"args": ["cat", "-", "-", "d"]})),
        ("{-, a: [-,-]}", json!({"-": null, "a": ["-", "-"]})),
    ] {
        assert_eq!(from_str(text).ok(), Some(expected), "{text}");
    }
}

#[test]
fn errors_say_what_gos_reader_says() {
    let rows = [
        ("a: b: c", "yaml: mapping values are not allowed in this context"),
        ("x: y\na: b: c", "yaml: line 2: mapping values are not allowed in this context"),
        ("a: - b", "yaml: block sequence entries are not allowed in this context"),
        ("a: 1\nb\nc: 2", "yaml: line 3: could not find expected ':'"),
        ("- a\nb: 1", "yaml: line 1: did not find expected '-' indicator"),
        ("a: b\n- c", "yaml: line 1: did not find expected key"),
        ("a: [1, 2", "yaml: line 1: did not find expected ',' or ']'"),
        ("a: {x: 1\n", "yaml: line 1: did not find expected ',' or '}'"),
        ("a: [", "yaml: line 1: did not find expected node content"),
        ("a: [1, # one\n", "yaml: line 1: did not find expected node content"),
        ("a: {b:", "yaml: line 1: did not find expected node content"),
        ("a: [{b: [", "yaml: line 1: did not find expected node content"),
        ("x: [- a]", "yaml: did not find expected node content"),
        ("- [\n- b", "yaml: line 1: did not find expected node content"),
        ("[a, , b]", "yaml: did not find expected node content"),
        ("a: @x", "yaml: found character that cannot start any token"),
        ("a:\n\t- b", "yaml: line 2: found character that cannot start any token"),
        ("\ta: 1", "yaml: found character that cannot start any token"),
        ("a:\n  \tb: c", "yaml: line 2: found character that cannot start any token"),
        ("- a\n-\tb", "yaml: line 2: found character that cannot start any token"),
        ("a: x\n\t\nb: 1", "yaml: line 2: found a tab character that violates indentation"),
        ("a: 'x", "yaml: found unexpected end of stream"),
        ("a: 'x\nb: y\n", "yaml: line 3: found unexpected end of stream"),
        ("a: |\n  \tx\n", "yaml: line 2: found a tab character where an indentation space is expected"),
        ("a: |\n\tx\n", "yaml: line 2: found a tab character where an indentation space is expected"),
        ("hosts:\n- *.example.com\n", "yaml: line 2: did not find expected alphabetic or numeric character"),
        ("x:\n  \"\\q\"", "yaml: line 2: found unknown escape character"),
        ("{\"a\": \"x\\/y\"}", "yaml: found unknown escape character"),
        ("\"\\ud83d\\ude00\"", "yaml: found invalid Unicode character escape code"),
        ("a: \u{7F}", "yaml: control characters are not allowed"),
        ("a: *x", "yaml: unknown anchor 'x' referenced"),
        ("a: &a [*a]", "yaml: anchor 'a' value contains itself"),
        ("<<: 3", "yaml: map merge requires map or sequence of maps as the value"),
        ("a: !!int x", "yaml: cannot decode !!str `x` as a !!int"),
        ("%YAML 1.2\n---\na: b", "yaml: found incompatible YAML document"),
        ("%FOO\n---\na: b", "yaml: found unknown directive name"),
        ("a: .inf", "json: unsupported value: +Inf"),
        ("~: 1", "unsupported map key of type: null"),
        ("[a]: 1", "yaml: invalid map key: a sequence or mapping"),
    ];
    for (text, message) in rows {
        assert_eq!(read(text), Err(message.to_owned()), "{text:?}");
    }
    let error = from_str("a:\n  b: c: d\n").unwrap_err();
    assert_eq!(
        error.to_string(),
        "error converting YAML to JSON: yaml: line 2: mapping values are not allowed in this context"
    );
    assert_eq!((error.line, error.column), (Some(2), Some(7)));
}

#[test]
fn strict_reading_names_every_repeated_key() {
    let text = "a: 1\nb:\n  \"c\": 1\n  c: 2\na: 3\n";
    let error = from_str_strict(text).unwrap_err();
    assert_eq!(
        error.yaml_text(),
        "yaml: unmarshal errors:\n  line 4: key \"c\" already set in map\n  line 5: key \"a\" already set in map"
    );
    let document = parse_document(text).unwrap();
    let lines: Vec<_> =
        document.duplicates().map(|duplicate| position(text, duplicate.key.start as usize).line).collect();
    assert_eq!(lines, [4, 5]);
}

#[test]
fn one_bad_document_does_not_hide_the_others() {
    let results = parse_stream("a: 1\n---\nb: [\n---\n# nothing\n---\nc: 3\n");
    assert!(matches!(results.as_slice(), [Ok(_), Err(error), Ok(_)] if error.line == Some(3)), "{results:?}");
}

#[test]
fn documents_ended_by_dots_have_texts_of_their_own() {
    let text = "# one\na: 1\n...\n# two\nb: {c: 2}\n--- # three\nd: 3\n# end\n";
    let documents: Vec<_> = parse_stream(text).into_iter().map(Result::unwrap).collect();
    let texts: Vec<_> = documents.iter().map(Document::text).collect();
    assert_eq!(texts, ["# one\na: 1\n...", "\n# two\nb: {c: 2}\n", " # three\nd: 3\n# end\n"]);
}

#[test]
fn a_large_stream_keeps_its_order_whichever_reader_takes_a_document() {
    let text: String = (0..40_000)
        .map(|index| format!("id: {index}\n{}---\n", if index % 7 == 0 { "f: {a: 1}\n" } else { "" }))
        .collect();
    let numbers: Vec<_> = parse_stream(&text)
        .iter()
        .map(|document| document.as_ref().unwrap().root().get("id").unwrap().as_i64().unwrap())
        .collect();
    assert!(numbers.into_iter().eq(0..40_000));
}

#[test]
fn hostile_depth_and_aliases_are_errors_not_crashes() {
    let depths: [fn(usize) -> String; 5] = [
        |depth| "[".repeat(depth) + &"]".repeat(depth),
        |depth| "{b: 1, b: ".repeat(depth) + &"}".repeat(depth),
        |depth| "{a: ".repeat(depth) + &"}".repeat(depth),
        |depth| "- ".repeat(depth) + "x",
        |depth| (0..depth).map(|level| format!("{}a:\n", " ".repeat(level))).collect(),
    ];
    for nested in depths {
        let value = from_str(&nested(900)).unwrap();
        assert_eq!(from_str(&to_string(&value)).as_ref(), Ok(&value));
        assert_eq!(read(&nested(3_000)), Err("yaml: exceeded max depth of 1000".to_owned()));
    }
    assert!(from_str(&"[".repeat(100_000)).is_err());
    let chain = "a0: &a0 ".to_owned()
        + &"[".repeat(900)
        + &"]".repeat(900)
        + "\na1: "
        + &"[".repeat(900)
        + "*a0"
        + &"]".repeat(900);
    assert_eq!(read(&chain), Err("yaml: exceeded max depth of 1000".to_owned()));
    let bomb: String = (1..12)
        .map(|level| format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", ")))
        .collect();
    assert_eq!(read(&format!("a0: &a0 x\n{bomb}")), Err("yaml: document contains excessive aliasing".to_owned()));
}

#[test]
fn parts_are_cut_as_line_readers_do() {
    let text = "a: |\n  x\n--- # c\n--- b\n---\n";
    let parts: Vec<_> =
        split_documents(text).into_iter().map(|part| (part.text, part.offset, part.is_blank())).collect();
    assert_eq!(parts, [("a: |\n  x\n", 0, false), ("--- b\n", 17, false), ("", 27, true)]);
}

#[path = "../../tests/support/mutation.rs"]
mod mutation;

#[test]
fn both_readers_agree_on_damaged_documents() {
    let seeds = [
        "kind: A\nmetadata:\n  name: web # note\n  labels:\n    app: \"x\"\n    tier: 'y'\nspec:\n  hosts:\n  - a\n  - b.c\n  list: [a, 'b', \"c\"]\n  none:\n  empty: {}\n",
        "a: |\n  one\n   two\n\n  three\nb: |-\n  x\nc:\n- - 1\n  - k: v\n    w:\n    - |+\n      z\n\n-\n",
        "# top\n-   a: b\n    c: d\n-\n  - e\n- f: # g\n  h: 1\n",
    ];
    let words = [
        "\n", " ", "  ", ": ", ":", "- ", "-", "#", " #", "|", "|-\n", "[", "]", "{}", ",", "'", "\"", "\t", "\\", "a",
        "é", "? ", "~", "yes", "1", "\u{85}",
    ];
    let count = mutation::run(&seeds, &words, |bytes| {
        if let Ok(text) = std::str::from_utf8(bytes) {
            compare_readers(text).unwrap_or_else(|difference| panic!("{difference}"));
        }
    });
    println!("{count} inputs");
}

#[test]
fn a_colon_before_the_end_of_a_flow_item_is_text() {
    let cases = [
        ("[1.2.3.4, 001:db8::]", r#"["1.2.3.4","001:db8::"]"#),
        ("[a:, b: c, d:]", r#"["a:",{"b":"c"},"d:"]"#),
        ("x: [a:]\nz: 1", r#"{"x":["a:"],"z":1}"#),
        ("{a:, b:}", r#"{"a:":null,"b:":null}"#),
    ];
    for (text, json) in cases {
        assert_eq!(super::from_str(text).unwrap().to_string(), json, "{text}");
    }
}
