//! `explain`: what a code of `analyze` means, or what a field of the Istio API is for.

use super::{Context, Exit, Failure, Outcome};
use crate::analysis::codes::{CODES, Code};
use crate::api::{self, docs, json_schema};
use crate::ui::nearest::nearest;

/// Explain a code of analyze or a field of the Istio API
///
/// A code is one like IST0101, or its name; without any, all codes are listed. A field is named by its path, such as
/// VirtualService.spec.http.retries; kinds have short names too, and MeshConfig counts as one.
#[derive(clap::Args, Debug)]
pub struct Explain {
    /// Codes, kinds, or paths of fields
    #[arg(value_name = "CODE|KIND[.FIELD...]")]
    words: Vec<String>,
    /// Print the JSON schema of a kind for editors; without a kind, one schema for all
    #[arg(long)]
    schema: bool,
}

impl Explain {
    pub fn run(self, _context: &Context) -> Outcome {
        if self.schema {
            return schemas(&self.words);
        }
        if self.words.is_empty() {
            let lines: String =
                CODES.iter().map(|code| format!("{}  {:7}  {}\n", code.id, code.level.name(), code.name)).collect();
            crate::ui::print(&lines)?;
            return Ok(Exit::OK);
        }
        for word in &self.words {
            let text = if docs::is_known(word) { field(word)? } else { find(word)?.page() };
            crate::ui::print(&text)?;
        }
        Ok(Exit::OK)
    }
}

/// The page of a kind or a field.
fn field(path: &str) -> Result<String, Failure> {
    docs::page(path).map_err(|error| match error {
        docs::Error::NoField { ref field, ref fields, .. } => {
            let failure = Failure::new(error.to_string());
            match nearest(field, fields.iter().copied()) {
                Some(near) => failure.hint(format!("did you mean {near}?")),
                None if fields.is_empty() => failure.hint("it is no message, so it has no fields"),
                None => failure.hint(format!("its fields are {}", fields.join(", "))),
            }
        }
        error => Failure::new(error.to_string()),
    })
}

fn schemas(words: &[String]) -> Outcome {
    if words.is_empty() {
        print_schema(&json_schema::of_all())?;
    }
    for word in words {
        let kind = api::find_by_word(word).ok_or_else(|| Failure::new(format!("there is no kind {word}")))?;
        print_schema(&json_schema::of_kind(kind))?;
    }
    Ok(Exit::OK)
}

fn print_schema(schema: &serde_json::Value) -> Result<(), Failure> {
    crate::ui::print(&format!("{schema:#}\n"))?;
    Ok(())
}

fn find(word: &str) -> Result<&'static Code, Failure> {
    Code::find(word).ok_or_else(|| {
        let names = CODES.iter().flat_map(|code| [code.id, code.name]).chain(docs::names());
        let failure = Failure::usage(format!("there is no code {word}"));
        match nearest(word, names) {
            Some(near) => failure.hint(format!("did you mean {near}?")),
            None => failure.hint("list them with explain"),
        }
    })
}
