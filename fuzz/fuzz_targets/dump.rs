//! `cargo +nightly fuzz run dump`

#![no_main]

#[path = "../checks_dump.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| checks::check(bytes));
