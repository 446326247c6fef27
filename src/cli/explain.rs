//! `explain`: what a code of `analyze` means.

use super::{Context, Exit, Failure, Outcome};
use crate::analysis::codes::{CODES, Code};
use crate::analysis::nearest;

/// Explain a code of analyze, such as IST0101; without one, list them all
#[derive(clap::Args, Debug)]
pub struct Explain {
    /// A code or its name
    #[arg(value_name = "CODE")]
    words: Vec<String>,
}

impl Explain {
    pub fn run(self, _context: &Context) -> Outcome {
        if self.words.is_empty() {
            let lines: String =
                CODES.iter().map(|code| format!("{}  {:7}  {}\n", code.id, code.level.name(), code.name)).collect();
            crate::ui::print(&lines)?;
            return Ok(Exit::OK);
        }
        for word in &self.words {
            crate::ui::print(&page(find(word)?))?;
        }
        Ok(Exit::OK)
    }
}

fn find(word: &str) -> Result<&'static Code, Failure> {
    Code::find(word).ok_or_else(|| {
        let names = CODES.iter().flat_map(|code| [code.id, code.name]);
        let failure = Failure::usage(format!("there is no code {word}"));
        match nearest(word, names) {
            Some(near) => failure.hint(format!("did you mean {near}?")),
            None => failure.hint("list them with explain"),
        }
    })
}

fn page(code: &Code) -> String {
    format!("{} {} ({})\n\n{}\n\n", code.id, code.name, code.level, code.explanation())
}
