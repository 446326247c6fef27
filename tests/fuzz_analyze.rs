//! `analyze` under attack, on stable Rust: `BOWLINE_FUZZ_SECONDS=600 cargo test --release --test fuzz_analyze`.
//! The same promises are checked by the libFuzzer target in `fuzz/`.

#[path = "../fuzz/checks_analyze.rs"]
mod checks;
#[path = "support/mutation.rs"]
mod mutation;

const SEEDS: [&str; 4] = [
    include_str!("../testdata/analyze/shop.yaml"),
    include_str!("../testdata/analyze/fixable.yaml"),
    include_str!("../testdata/analyze/suppressed.yaml"),
    "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: networking.istio.io/v1, kind: Gateway, metadata: {name: g}, spec: {selector: {a: b}, servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: [\"*/*\"], tls: {mode: SIMPLE, credentialName: c}}]}}\n",
];

const WORDS: [&str; 32] = [
    "\n",
    "  ",
    "- ",
    ": ",
    "{",
    "}",
    "[",
    "]",
    "---\n",
    "*",
    "/",
    "~",
    ".",
    "'",
    "\"",
    "null",
    "-1",
    "99999999999999999999",
    "1.5",
    "true",
    "&a ",
    "*a",
    "<<: ",
    "kind: VirtualService\n",
    "kind: Service\n",
    "kind: List\n",
    "metadata: ",
    "spec: ",
    "hosts: ",
    "é",
    "\t",
    "# bowline: ignore IST0101\n",
];

#[test]
fn no_input_breaks_a_promise() {
    let count = mutation::run(&SEEDS, &WORDS, checks::check);
    println!("{count} inputs");
}
