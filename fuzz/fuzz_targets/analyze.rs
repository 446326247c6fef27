//! `cargo +nightly fuzz run analyze`

#![no_main]

#[path = "../checks_analyze.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check(bytes));
