//! `profile diff`: what differs between two profiles.

use std::path::Path;

use super::super::manifest::lines;
use super::super::operator::read_files;
use super::super::{Context, Exit, Failure, Outcome};
use super::merged;
use crate::install::render::compare::changes;
use crate::ui::{self, diff};

/// Compare two profiles or IstioOperator files
///
/// Exits 0 when they are the same and 1 when they differ.
#[derive(clap::Args, Debug)]
pub struct Diff {
    /// Folder with `profiles` and `charts` to use instead of the built-in ones
    #[arg(long, short = 'd', default_value = "")]
    manifests: String,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Diff {
    pub fn run(self, _context: &Context) -> Outcome {
        let [old, new] = self.words.as_slice() else {
            return Err(Failure::new("diff takes two profiles").hint("`profile list` names them; files work too"));
        };
        let document = |name: &String| {
            if Path::new(name).is_file() {
                merged("", read_files(std::slice::from_ref(name))?, &self.manifests)
            } else {
                merged(name, vec![], &self.manifests)
            }
        };
        let [mut old, mut new] = [document(old)?, document(new)?];
        for document in [&mut old, &mut new] {
            // The profile's own name is no difference.
            if let Some(spec) = document.get_mut("spec").and_then(|spec| spec.as_object_mut()) {
                spec.shift_remove("profile");
            }
        }
        let changes = changes(&old, &new);
        if changes.is_empty() {
            ui::print("Profiles are identical\n")?;
            return Ok(Exit::OK);
        }
        let colour = ui::colour();
        ui::print(&format!("The difference between profiles:\n{}", diff::tree(&lines(&changes), colour)))?;
        Ok(Exit::ERROR)
    }
}
