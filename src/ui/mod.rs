//! What a person sees: output that survives a closed pipe, tables, progress, colour, diffs, prompts, guesses.

pub mod diff;
pub mod log;
pub mod nearest;
pub mod prompt;
pub mod tabwriter;
pub mod unified;

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

/// Writes the result of a command to standard output.
///
/// A reader that closes the pipe early (`bowline … | head`) surfaces as [`io::ErrorKind::BrokenPipe`],
/// which `main` turns into a quiet success.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Whether the result may have colours: only on a terminal that knows them, and only for a person who did not ask for none.
pub fn colour() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var("TERM").is_ok_and(|term| term.eq_ignore_ascii_case("dumb"));
    io::stdout().is_terminal() && !refused && !dumb
}

/// Writes a message to standard error, on a line of its own.
///
/// Nobody reading there (`bowline … 2>&1 | head`) is no reason to stop the work, so a message that cannot be written is
/// let go.
pub fn tell(text: impl Display) {
    let mut line = text.to_string();
    if !line.ends_with('\n') {
        line.push('\n');
    }
    let _ = io::stderr().lock().write_all(line.as_bytes());
}
