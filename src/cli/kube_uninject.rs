//! `kube-uninject`: takes out of manifests what injection put in.

use super::inject::source::read;
use super::{Context, Exit, Failure, Outcome};
use crate::inject::documents;
use crate::ui::log;

/// Remove the sidecars that injection added to a manifest
///
/// What injection recorded in each pod decides what is removed; probes and the user's own settings come back.
/// Documents without a sidecar are passed through byte for byte.
#[derive(clap::Args, Debug)]
pub struct KubeUninject {
    /// Manifest to read; `-` is standard input
    #[arg(long, short = 'f', default_value = "")]
    filename: String,
    /// Where to write; standard output if absent
    #[arg(long, short = 'o', default_value = "")]
    output: String,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl KubeUninject {
    pub fn run(self, _context: &Context) -> Outcome {
        if let Some(word) = self.words.first() {
            return Err(Failure::usage(format!("kube-uninject takes no arguments, got {word}")));
        }
        if self.filename.is_empty() {
            return Err(Failure::usage("filename not specified (see --filename or -f)"));
        }
        let (text, changed) = documents::uninject(&read(&self.filename)?).map_err(|error| {
            let object = if error.object.is_empty() { String::new() } else { format!("{}: ", error.object) };
            Failure::new(format!(
                "{}:{}: document {}: {object}{}",
                self.filename, error.line, error.number, error.cause
            ))
        })?;
        if changed == 0 {
            log::warn(&format!("{}: no pod in it has been injected", self.filename));
        }
        if self.output.is_empty() {
            crate::ui::print(&text)?;
        } else {
            std::fs::write(&self.output, text).map_err(|error| Failure::new(format!("{}: {error}", self.output)))?;
        }
        Ok(Exit::OK)
    }
}
