//! `cargo +nightly fuzz run set`

#![no_main]

#[path = "../checks_set.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check(bytes));
