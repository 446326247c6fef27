//! `authz`: the place where a command used to be.

use super::{Context, Failure, Outcome};

/// Moved to `experimental authz`
#[derive(clap::Args, Debug)]
pub struct Authz {
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Authz {
    pub fn run(self, _context: &Context) -> Outcome {
        Err(Failure::new("authz is experimental: use `experimental authz check`"))
    }
}
