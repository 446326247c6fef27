//! `upgrade promote`: the new revision becomes the one that tags mean; on request the old one goes.

use super::{Steering, stopped, under_way};
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::block_on;
use crate::ui;

/// Move every tag to the new revision, the default last
#[derive(clap::Args, Debug)]
pub struct Promote {
    #[command(flatten)]
    steering: Steering,
    /// Then remove the old revision, if nothing uses it any more
    #[arg(long)]
    remove_old: bool,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Promote {
    pub fn run(self, context: &Context) -> Outcome {
        if !self.words.is_empty() {
            return Err(Failure::usage(format!("upgrade promote takes no arguments, got {}", self.words.join(" "))));
        }
        let steering = self.steering.clone();
        let work = steering.steer(context, async |driver| {
            let mut upgrade = under_way(driver).await?;
            let mesh = driver.look().await?;
            let old_is_there = mesh.istiod(&upgrade.from).is_some();
            if old_is_there {
                steering.confirm(&format!(
                    "Everything that used {} will use {}. Proceed? (y/N)",
                    upgrade.from, upgrade.to
                ))?;
                driver.promote(&mut upgrade).await.map_err(stopped)?;
                ui::tell(format_args!("✔ {} is promoted", upgrade.to));
            }
            if !self.remove_old {
                ui::tell(format_args!(
                    "  {} still runs: `upgrade rollback` goes back, `upgrade promote --remove-old` ends this",
                    upgrade.from
                ));
                return Ok(Exit::OK);
            }
            steering.confirm(&format!("Revision {} will be removed for good. Proceed? (y/N)", upgrade.from))?;
            driver.remove_old(&mut upgrade).await.map_err(stopped)?;
            ui::tell(format_args!("✔ {} is removed, the upgrade to {} is complete", upgrade.from, upgrade.to));
            Ok(Exit::OK)
        });
        block_on(work)?
    }
}
