//! `upgrade rollback`: tags and namespaces go back to the old revision; the new istiod stays, unused.

use super::{Steering, stopped, under_way};
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::block_on;
use crate::ui;

/// Move tags and namespaces back to the old revision
#[derive(clap::Args, Debug)]
pub struct Rollback {
    #[command(flatten)]
    steering: Steering,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Rollback {
    pub fn run(self, context: &Context) -> Outcome {
        if !self.words.is_empty() {
            return Err(Failure::usage(format!("upgrade rollback takes no arguments, got {}", self.words.join(" "))));
        }
        let work = self.steering.steer(context, async |driver| {
            let mut upgrade = under_way(driver).await?;
            self.steering.confirm(&format!("All namespaces go back to {}. Proceed? (y/N)", upgrade.from))?;
            driver.rollback(&mut upgrade).await.map_err(stopped)?;
            ui::tell(format_args!("✔ Everything is back on {}", upgrade.from));
            ui::tell(format_args!(
                "  {} still runs: `upgrade canary` tries again, `upgrade abort` removes it",
                upgrade.to
            ));
            Ok(Exit::OK)
        });
        block_on(work)?
    }
}
