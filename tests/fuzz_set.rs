//! The `--set` readers under attack, on stable Rust: `BOWLINE_FUZZ_SECONDS=600 cargo test --release --test fuzz_set`.
//! The same promises are checked by the libFuzzer target in `fuzz/`.

#[path = "../fuzz/checks_set.rs"]
mod checks;
#[path = "support/mutation.rs"]
mod mutation;

const SEEDS: [&str; 8] = [
    "a.b=1,c=two,d=true,e=null",
    "a.l[0].v=x,a.l[2]={1,y,}",
    "a\\.b=x\\,y,s=",
    "a.l[name:x].v=2",
    "values.pilot.env.A=1.50",
    "a={\"b\":[1,null]},n=[1]",
    "a.l.[1]=z,a[0][1]=w",
    "profile=demo",
];

const WORDS: [&str; 28] = [
    "a",
    "l",
    "n",
    "s",
    ".",
    "..",
    "[",
    "]",
    "[0]",
    "[65535]",
    "[65536]",
    "[-1]",
    "[name:x]",
    "[:y]",
    "{",
    "}",
    ",",
    "=",
    "\\",
    "\\.",
    "null",
    "true",
    "1e400",
    "9223372036854775808",
    "NaN",
    " ",
    "é",
    "\"",
];

#[test]
fn no_setting_breaks_a_promise() {
    let count = mutation::run(&SEEDS, &WORDS, checks::check);
    println!("{count} inputs");
}
