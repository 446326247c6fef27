//! `profile list`: names of the profiles.

use super::super::{Context, Exit, Failure, Outcome};
use crate::install::spec::package::Package;
use crate::ui;

/// List the profiles
#[derive(clap::Args, Debug)]
pub struct List {
    /// Folder with `profiles` and `charts` to use instead of the built-in ones
    #[arg(long, short = 'd', default_value = "")]
    manifests: String,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl List {
    pub fn run(self, _context: &Context) -> Outcome {
        if !self.words.is_empty() {
            return Err(Failure::new(format!("profile list takes no arguments, got {:?}", self.words)));
        }
        let names = Package::at(&self.manifests).profiles();
        let text = if names.is_empty() {
            "No profiles available.\n".to_owned()
        } else {
            format!(
                "Istio configuration profiles:\n{}",
                names.iter().map(|name| format!("    {name}\n")).collect::<String>()
            )
        };
        ui::print(&text)?;
        Ok(Exit::OK)
    }
}
