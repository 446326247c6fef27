//! Parse, dispatch, print the error, exit code. Nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    bowline::cli::main(std::env::args_os())
}
