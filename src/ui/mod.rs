//! What a person sees: output that survives a closed pipe, tables, progress, colour, diffs, prompts.

pub mod diff;
pub mod log;
pub mod prompt;
pub mod tabwriter;
pub mod unified;

use std::io::{self, Write};

/// Writes the result of a command to standard output.
///
/// A reader that closes the pipe early (`bowline … | head`) surfaces as [`io::ErrorKind::BrokenPipe`],
/// which `main` turns into a quiet success.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
