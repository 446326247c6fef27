//! Dumps of proxies under attack, on stable Rust: `BOWLINE_FUZZ_SECONDS=600 cargo test --release --test fuzz_dump`.
//! The same promises are checked by the libFuzzer target in `fuzz/`.

#[path = "../fuzz/checks_dump.rs"]
mod checks;
#[path = "support/mutation.rs"]
mod mutation;
#[path = "../fuzz/seeds_dump.rs"]
mod seeds;

use seeds::SEEDS;

const WORDS: [&str; 32] = [
    "null",
    "true",
    "0",
    "-1",
    "1e2",
    "1e400",
    "99999999999999999999",
    "0.5",
    "\"\"",
    "\"1\"",
    "\"NaN\"",
    "[]",
    "{}",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    "\"",
    "\\u0000",
    "\\ud800",
    "\\",
    "\"@type\":",
    "\"name\":",
    "\"1.5s\"",
    "\"staticClusters\":[",
    "\"type\":3,",
    "\"é\"",
    "\u{2028}",
    "\"/\"",
    "[[[[[[[[",
];

#[test]
fn no_dump_breaks_a_promise() {
    let count = mutation::run(&SEEDS, &WORDS, checks::check);
    println!("{count} inputs");
}
