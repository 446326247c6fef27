//! `cargo +nightly fuzz run yaml`

#![no_main]

#[path = "../checks_yaml.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check(bytes));
