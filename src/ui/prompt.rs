//! Questions before something that is hard to undo.

use std::io::{self, BufRead, Write};

/// Asks until the answer is yes or no. An empty line or the end of the input is a no.
///
/// Of each line the first word counts, as scripts that pipe `yes` into istioctl expect.
pub fn confirm(question: &str) -> io::Result<bool> {
    let mut input = io::stdin().lock();
    loop {
        let mut out = io::stdout().lock();
        out.write_all(question.as_bytes())?;
        out.write_all(b" ")?;
        out.flush()?;
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Ok(false);
        }
        match line.split_whitespace().next().map(str::to_lowercase).as_deref() {
            Some("y" | "yes") => return Ok(true),
            Some("n" | "no") | None => return Ok(false),
            Some(_) => {}
        }
    }
}
