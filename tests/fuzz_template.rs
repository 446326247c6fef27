//! The template engine under attack, on stable Rust: `BOWLINE_FUZZ_SECONDS=600 cargo test --release --test fuzz_template`.
//! The same promises are checked by the libFuzzer target in `fuzz/`.

#[path = "../fuzz/checks_template.rs"]
mod checks;
#[path = "support/mutation.rs"]
mod mutation;

const SEEDS: [&str; 9] = [
    "{{- if and .Values.a (eq .Values.s \"text\") }}\na: {{ .Values.m.x.y | quote }}\n{{- else if .Values.n }}b{{ else }}c{{ end -}}\n",
    "{{ range $i, $v := .Values.l }}{{ $i }}={{ $v }}{{ if eq $i 2 }}{{ break }}{{ end }}{{ continue }}{{ else }}none{{ end }}",
    "{{ define \"t\" }}[{{ . | toJson }}]{{ end }}{{ template \"t\" .Values.m }}{{ include \"t\" (dict \"k\" (list 1 2)) | nindent 4 }}",
    "{{ $x := dict \"a\" 1 }}{{ $_ := set $x \"b\" (deepCopy .Values) }}{{ mergeOverwrite $x (dict \"a\" nil) | toYaml | indent 2 }}",
    "{{ printf \"%5d|%-8s|%q|%v|%x|%.2f\" 42 \"é\" .Values.s .Values.m \"hi\" .f }}{{ tpl \"{{ .Values.a }}\" . }}",
    "{{ with $m := .Values.m }}{{ (index $m \"x\").y }}{{ $.f }}{{ else with .f }}{{ . }}{{ end }}{{/* note */}}",
    "{{ splitList \",\" \"a,b\" | join \"-\" | upper | trunc 3 | b64enc | sha256sum }}{{ until 3 }}{{ seq 1 2 9 }}{{ regexReplaceAll \"a(x*)b\" \"axxb\" \"${1}W\" }}",
    "{{ dateInZone \"2006-01-02 15:04 MST\" 1136239445 \"UTC\" }}{{ semverCompare \">=1.2-0 <3 || ~4\" \"1.3.0\" }}{{ urlParse \"http://u@h:1/p?q#f\" | toJson }}",
    "{{ fromYaml \"a: [1, {b: c}]\" | toToml }}{{ block \"b\" . }}{{ `raw` }}{{ 'c' }}{{ 0x1F }}{{ end }}{{ fail \"no\" }}",
];

const WORDS: [&str; 48] = [
    "{{",
    "}}",
    "{{-",
    "-}}",
    " ",
    "|",
    "(",
    ")",
    ".",
    "$",
    "$x",
    ":=",
    "=",
    ",",
    "\"",
    "`",
    "'",
    "\\",
    "/*",
    "*/",
    "\n",
    "if ",
    "else ",
    "end",
    "range ",
    "with ",
    "define ",
    "template ",
    "block ",
    "break",
    "nil",
    "true",
    "0",
    "-1",
    "9223372036854775807",
    "1e400",
    ".Values",
    ".Values.l",
    "dict ",
    "list ",
    "set ",
    "merge ",
    "toYaml ",
    "printf ",
    "%v%d%s",
    "repeat 99999 ",
    "include ",
    "é",
];

#[test]
fn no_template_breaks_a_promise() {
    let count = mutation::run(&SEEDS, &WORDS, checks::check);
    println!("{count} inputs");
}
