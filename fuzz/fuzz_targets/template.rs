//! `cargo +nightly fuzz run template`

#![no_main]

#[path = "../checks_template.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check(bytes));
