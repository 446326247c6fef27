//! Parse, dispatch, print the error, exit code. Nothing else.

use std::process::ExitCode;

// Trees of many small parts, built and dropped on all cores: the C library's allocator takes a quarter more time for them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    bowline::cli::main(std::env::args_os())
}
