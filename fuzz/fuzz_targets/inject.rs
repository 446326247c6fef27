//! `cargo +nightly fuzz run inject`: the first byte says whether the rest is a document or a template.

#![no_main]

#[path = "../checks_inject.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| match bytes.split_first() {
    Some((first, rest)) if first % 2 == 0 => checks::document(rest),
    Some((_, rest)) => checks::template(rest),
    None => {}
});
