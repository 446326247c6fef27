//! `upgrade`: the control plane that is there, brought to this program's release.

use super::install::{Goal, InstallFlags};
use super::{Context, Outcome};

/// Upgrade the control plane in place
#[derive(clap::Args, Debug)]
pub struct Upgrade {
    #[command(flatten)]
    flags: InstallFlags,
}

impl Upgrade {
    pub fn run(self, context: &Context) -> Outcome {
        self.flags.run(context, Goal::Upgrade)
    }
}
