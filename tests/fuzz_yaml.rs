//! The YAML module under attack, on stable Rust: `BOWLINE_FUZZ_SECONDS=600 cargo test --release --test fuzz_yaml`.
//! The same promises are checked by the libFuzzer target in `fuzz/`.

#[path = "../fuzz/checks_yaml.rs"]
mod checks;
#[path = "support/mutation.rs"]
mod mutation;

const SEEDS: [&str; 8] = [
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: web # note\n  labels: {app: web, tier: \"front\"}\nspec:\n  ports:\n  - name: http\n    port: 80\n",
    "a: |\n  one\n   two\n\n  three\nb: >-\n  folded\n  text\n\n  more\nc: |2+\n   x\n\n",
    "base: &base\n  a: 1\n  b: [x, 'y', \"z\\n\"]\nother:\n  <<: *base\n  b: {c: d, e: }\nlist: [*base, {<<: [*base]}]\n",
    "---\n# comment\n---\n- - a\n  - b: c\n    d:\n    - e\n-\n- ? complex key\n  : value\n---\n...\n",
    "n: [0, -1, 0x1F, 010, 1_000, 1.5e3, .5, 1:30, 2001-01-02, ~, yes, no, .nan]\ns: !!str 12\ni: !!int \"3\"\nb: !!binary aGk=\n",
    "{\"json\": {\"list\": [1, 2.5, true, null, \"\\u00e9\\t\"], \"empty\": {}}, \"text\": \"a/b\"}\n",
    "long: word word word word word word word word word word word word word word word word word word word\n  goes on\nq: 'it''s\n\n  here'\n",
    "%YAML 1.1\n%TAG ! tag:example.com,2000:\n---\na: !x b\n",
];

const WORDS: [&str; 40] = [
    "\n",
    "\n\n",
    " ",
    "  ",
    "\t",
    ": ",
    ":",
    "- ",
    "-",
    "? ",
    "#",
    " # ",
    "|",
    "|-",
    ">",
    "&a ",
    "*a",
    "<<: ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "'",
    "\"",
    "\\",
    "\\u00e9",
    "---\n",
    "...\n",
    "%YAML",
    "!!str ",
    "!x ",
    "\r\n",
    "\u{FEFF}",
    "\u{85}",
    "\u{2028}",
    "é",
    "\u{1F600}",
    "~",
    "0x",
];

#[test]
fn no_text_breaks_a_promise() {
    let count = mutation::run(&SEEDS, &WORDS, checks::check);
    println!("{count} inputs");
}
